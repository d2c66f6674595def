"""One audience over a real ledger: whom Meta calls invalid, what it refuses, and the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_meta_ads.audiences import calls
from target_meta_ads.delivery.checkpoints import EVERY
from tests.fake_meta import GONE, TOO_MUCH, TOO_SMALL, FakeMeta, key, packed, read, refusal, rows_of
from tests.fake_run import working

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


MANY = calls.MOST_ROWS


def once(at: int) -> Callable[[int], int | None]:
    """Choose this answer, and no other."""
    left = [at]
    return lambda _: left.pop() if left else None


def names(count: int, prefix: str = "p") -> list[str]:
    return [f"{prefix}{number:05}" for number in range(count)]


# What Meta calls invalid.


def test_an_invalid_person_is_rejected_and_not_remembered(tmp_path: Path) -> None:
    meta = FakeMeta(is_invalid=lambda row: "empty e-mail" if row["EXTERN_ID"] == "b" else None)
    for _ in range(2):
        with working(tmp_path, meta) as run:
            run.people(run.audience(), ["a", "b", "c"])
            run.state(1)
            run.settle()
            assert run.states == [1]
            assert run.rejects() == [
                {
                    "stream": "people",
                    "key": {"id": "b"},
                    "code": "invalid_entry",
                    "message": "Meta refuses it: empty e-mail.",
                }
            ]
            assert run.counts()["rejected"] == 1
            assert run.ledger.known_members("1", [key("b")]) == {}
    assert [len(asked.data) for asked in meta.requests()] == [3, 1]


def test_metas_words_about_an_invalid_person_are_without_their_values(tmp_path: Path) -> None:
    meta = FakeMeta(is_invalid=lambda row: f"{row['EXTERN_ID']}, {row['EMAIL']} is bad.")
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["customer-17"])
        run.settle()
        assert run.rejects()[0]["message"] == "Meta refuses it: (left out), (left out) is bad."


@pytest.mark.parametrize(("bad", "most_requests"), [(101, 20), (350, 80)])
def test_more_are_invalid_than_meta_names(tmp_path: Path, bad: int, most_requests: int) -> None:
    all_names = names(2_000)
    wrong = set(all_names[::-1][: bad * 5 : 5])
    meta = FakeMeta(is_invalid=lambda row: "bad" if row["EXTERN_ID"] in wrong else None)
    with working(tmp_path, meta, pick=lambda count: count - 1) as run:
        run.people(run.audience(), all_names)
        run.state(1)
        run.settle()
        assert {one["key"]["id"] for one in run.rejects()} == wrong
        assert len(run.rejects()) == bad
        assert run.counts() == {"received": 2_000, "delivered": 2_000 - bad, "rejected": bad}
        assert run.states == [1]
        known = run.ledger.known_members("1", [key(name) for name in all_names])
        assert set(known) == {key(name) for name in all_names if name not in wrong}
    assert len(meta.log) <= most_requests


def test_meta_names_nobody_and_all_invalid_are_found_all_the_same(tmp_path: Path) -> None:
    wrong = {"p00003", "p00004", "p00040"}
    meta = FakeMeta(
        is_invalid=lambda row: "bad" if row["EXTERN_ID"] in wrong else None, most_named=0
    )
    with working(tmp_path, meta) as run:
        run.people(run.audience(), names(64))
        run.settle()
        assert {one["key"]["id"] for one in run.rejects()} == wrong
        assert run.counts() == {"received": 64, "delivered": 61, "rejected": 3}
    assert set(meta.ids("1")) == set(names(64)) - wrong


def test_a_person_with_one_bad_row_of_two_is_rejected_and_remembered(tmp_path: Path) -> None:
    bad = dict(next(iter(rows_of(packed("b", "bad")))))["EMAIL"]
    meta = FakeMeta(is_invalid=lambda row: "bad" if row["EMAIL"] == bad else None)
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.people(people, ["a"])
        run.person(people, "b", packed("b", "bad", "good"))
        run.settle()
        assert run.counts() == {"received": 2, "delivered": 1, "rejected": 1}
        # So that the good row can be removed one day.
        assert set(run.ledger.known_members("1", [key("a"), key("b")])) == {key("a"), key("b")}
    with working(tmp_path, meta) as run:
        run.person(run.audience(), "b", packed("b", "bad", "good"), is_removal=True)
        run.settle()
    assert meta.ids("1") == ["a"]


# What Meta refuses.


def test_a_request_that_is_too_large_is_halved(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda asked: refusal(*TOO_MUCH) if len(asked.data) > 300 else None)
    with working(tmp_path, meta, pick=lambda count: count - 1) as run:
        run.people(run.audience(), names(1_000), "@old")
        run.state(1)
        run.settle()
        assert run.counts() == {"received": 1_000, "delivered": 1_000}
        assert run.states == [1]
    with working(tmp_path, meta, pick=lambda count: count - 1) as run:
        run.people(run.audience(), names(1_000), "@new")
        run.settle()
        assert run.counts() == {"received": 1_000, "delivered": 1_000}
    assert meta.members["1"] == {
        row for name in names(1_000) for row in rows_of(packed(name, name + "@new"))
    }


def test_one_person_whom_meta_calls_too_much_ends_it(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda _: refusal(*TOO_MUCH))
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.people(people, ["a", "b"])
        run.state(1)
        run.settle()
        assert people.failed is not None
        assert run.states == []
        assert run.counts() == {"received": 2, "undelivered": 2}


def test_a_removal_from_a_small_audience_is_left_and_lets_the_state_pass(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a", "b"])
        run.settle()
    meta.refuses = lambda asked: refusal(*TOO_SMALL) if asked.is_removal else None
    for _ in range(2):  # it is not remembered as done, and so tried again
        with working(tmp_path, meta) as run:
            people = run.audience()
            run.person(people, "a", packed("a", "a@a.example"), is_removal=True)
            run.state(1)
            run.settle()
            assert run.states == [1]
            assert people.failed is None
            assert run.counts() == {"received": 1, "not_removed": 1}
            assert len(run.warnings) == 1
            assert "audience 1" in run.warnings[0]
            assert "1870047" in run.warnings[0]
            assert run.ledger.counts("1", 99) == (2, 2)
    assert [asked.method for asked in meta.requests()] == ["POST", "DELETE", "DELETE"]
    assert meta.ids("1") == ["a", "b"]


@pytest.mark.parametrize("code", [10, 190], ids=["the audience", "the token"])
def test_an_audience_fails_in_words_without_the_values_of_its_people(
    tmp_path: Path, code: int
) -> None:
    words = "customer-17 of ada@a.example is bad"
    meta = FakeMeta(refuses=lambda _: refusal(code, None, words))
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["customer-17"])
        run.settle()
        (failure,) = run.delivery.failures
    assert "(left out) of (left out) is bad" in failure


def test_a_removal_that_is_left_is_told_in_words_without_values(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda _: refusal(*TOO_SMALL, "customer-17 stays"))
    with working(tmp_path, meta) as run:
        run.person(run.audience(), "customer-17", packed("customer-17", "x"), is_removal=True)
        run.settle()
        (warning,) = run.warnings
    assert "(left out) stays" in warning


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_person_who_is_to_change_and_may_not_leave_stays_as_before(
    tmp_path: Path, *, is_refused: bool
) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a"], "@old")
        run.settle()
    meta.refuses = lambda asked: refusal(*TOO_SMALL) if asked.is_removal and is_refused else None
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a"], "@new")
        run.state(1)
        run.settle()
        assert run.states == [1]
        assert run.counts() == {"received": 1, "not_removed" if is_refused else "delivered": 1}
        assert len(run.warnings) == is_refused
    email = "a@old" if is_refused else "a@new"
    assert meta.members["1"] == rows_of(packed("a", email))
    meta.refuses = lambda _: None
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a"], "@new")
        run.settle()
        assert run.counts() == {"received": 1, "delivered" if is_refused else "unchanged": 1}
    assert meta.members["1"] == rows_of(packed("a", "a@new"))


def test_a_removal_waits_for_that_of_the_old_rows(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.person(run.audience(), "a", packed("a", "x", FN="f"))
        run.settle()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.person(people, "a", packed("a", "y"), is_removal=True)
        people.close(1)
        run.delivery.tick()
        assert [read(call).schema for call, _ in run.sends.flying] == [["EXTERN_ID", "EMAIL", "FN"]]
        run.settle()
    assert [asked.method for asked in meta.requests()] == ["POST", "DELETE", "DELETE"]


def test_a_removal_whose_old_rows_were_refused_comes_again(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.person(run.audience(), "a", packed("a", "x", FN="f"))
        run.settle()
    meta.refuses = lambda asked: refusal(*GONE) if asked.is_removal else None
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.person(people, "a", packed("a", "y"), is_removal=True)
        run.state(1)
        run.settle()
        assert people.failed is not None
        assert run.states == []
        assert run.counts() == {"received": 1, "undelivered": 1}
        assert run.ledger.counts("1", 99) == (1, 1)
    meta.refuses = lambda _: None
    with working(tmp_path, meta) as run:
        run.person(run.audience(), "a", packed("a", "y"), is_removal=True)
        run.settle()
        assert run.ledger.counts("1", 99) == (0, 0)
    assert meta.ids("1") == []


def test_a_removal_is_not_noted_while_the_old_rows_are_there(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.person(run.audience(), "a", packed("a", "x", "y"))
        run.settle()
    # One request has both, and is halved; only the half with the old rows is refused then.
    refused = {3: TOO_MUCH, 2: TOO_SMALL}
    meta.refuses = lambda asked: (
        refusal(*refused[len(asked.data)]) if len(asked.data) in refused else None
    )
    with working(tmp_path, meta) as run:
        run.person(run.audience(), "a", packed("a", "z"), is_removal=True)
        run.settle()
        # What would follow stays unsent: the person is still there.
        assert [len(asked.data) for asked in meta.requests()] == [2, 3, 2]
        assert run.counts()["not_removed"] == 1
        assert run.ledger.counts("1", 99) == (1, 1)
    assert meta.members["1"] == rows_of(packed("a", "x", "y"))


def test_a_removal_of_which_the_last_try_alone_was_refused_may_be_done(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a", "b"])
        run.settle()
    dead = refusal(190).about(was_left_open=True)
    meta.refuses = lambda asked: dead if asked.is_removal else None
    with working(tmp_path, meta) as run:
        run.person(run.audience(), "a", packed("a", "a@a.example"), is_removal=True)
        run.settle()
        assert run.counts() == {"received": 1, "undelivered": 1}
    meta.members["1"] -= rows_of(packed("a", "a@a.example"))  # the try before was carried out
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a", "b"])
        run.settle()
        assert run.counts() == {"received": 2, "delivered": 1, "unchanged": 1}
    assert meta.ids("1") == ["a", "b"]


def test_a_failed_audience_holds_the_state_while_others_go_on(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda asked: refusal(*GONE) if asked.target == "1" else None)
    with working(tmp_path, meta) as run:
        gone, good = run.audience("1"), run.audience("2")
        run.people(good, ["a"])
        run.state("before")
        run.people(gone, ["b"])
        run.state("behind")
        run.people(good, ["c"])
        run.settle()
        run.people(gone, ["d"])
        run.people(good, ["e"])
        run.state("end")
        run.settle()
        assert run.states == ["before"]
        assert meta.ids("2") == ["a", "c", "e"]
        assert gone.failed is not None
        assert good.failed is None
        assert run.counts() == {"received": 5, "delivered": 3, "undelivered": 2}
        (failure,) = run.delivery.failures
        assert failure.startswith("audience 1: ")
        assert "100/33" in failure
        assert run.ledger.known_members("1", [key("b"), key("d")]) == {}
    assert len(meta.requests("1/users")) == 1
    meta.refuses = lambda _: None
    with working(tmp_path, meta) as run:  # what was not delivered comes again
        run.people(run.audience("1"), ["b", "d"])
        run.settle()
    assert meta.ids("1") == ["b", "d"]


def test_a_dead_token_stops_everything(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda asked: refusal(190) if "b" in asked.ids else None)
    with working(tmp_path, meta, most=1) as run:
        first, second, pixel = run.audience("1"), run.audience("2"), run.pixel()
        run.people(second, ["a"])
        run.settle()
        run.state("before")
        run.people(first, ["b"])
        run.people(second, ["c"])
        run.event(pixel, "d")
        run.state("end")
        run.settle()
        assert run.states == ["before"]
        assert run.delivery.stopped is not None
        assert len(list(run.delivery.failures)) == 1
        assert [asked.ids for asked in meta.requests()] == [["a"], ["b"]]
        run.people(second, ["e"])
        run.settle()
        assert len(meta.log) == 2
        assert run.counts() == {"received": 5, "delivered": 1, "undelivered": 4}


def test_what_is_on_its_way_is_noted_after_the_audience_has_failed(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda asked: refusal(*GONE) if "FN" in asked.schema else None)
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.person(people, "bad", packed("bad", "x", FN="y"))
        run.people(people, ["good"])
        run.state(1)
        run.settle()
        assert people.failed is not None
        assert run.states == []
        assert run.counts() == {"received": 2, "delivered": 1, "undelivered": 1}
        assert set(run.ledger.known_members("1", [key("bad"), key("good")])) == {key("good")}


# States.


def test_a_state_that_waits_for_long_has_its_records_sent(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        rare, frequent = run.audience("1"), run.audience("2")
        run.people(rare, ["a"])
        run.state("early")
        run.people(frequent, names(EVERY - 1))
        run.delivery.tick()
        assert run.sends.in_flight == 0
        run.people(frequent, ["last"])
        run.sends.pick = lambda _: 0
        run.delivery.tick()
        assert "early" in run.states
        assert meta.ids("1") == ["a"]


def test_what_is_on_its_way_holds_the_state(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.audience()
        for turn in range(3):
            run.people(people, [f"p{turn}"])
            run.state(turn)
            people.close(turn + 1)
            run.delivery.tick()
        assert run.sends.in_flight == 3
        for at, released in ((2, []), (0, [0]), (0, [0, 2])):
            run.sends.pick = once(at)
            run.delivery.tick()
            assert run.states == released


def test_after_a_signal_only_what_is_on_its_way_is_waited_for(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta, most=1) as run:
        people = run.audience()
        run.people(people, ["a"])
        run.state("a")
        people.close(1)
        run.delivery.tick()
        run.people(people, ["b"])
        run.state("b")
        people.close(2)
        run.delivery.tick()
        run.delivery.finish_in_flight()
        assert run.states == ["a"]
    assert meta.ids("1") == ["a"]
