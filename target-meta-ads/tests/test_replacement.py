"""All members of an audience replaced, over a real ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_meta_ads.audiences import calls
from target_meta_ads.report import StreamReport
from tests.fake_meta import GONE, FakeMeta, Row, key, packed, refusal, rows_of
from tests.fake_run import Worker, working

if TYPE_CHECKING:
    from pathlib import Path

    from demo.database import Database
    from target_meta_ads.audiences.replacement import Replacement

MANY = calls.MOST_ROWS


def names(count: int, prefix: str = "p") -> list[str]:
    return [f"{prefix}{number:05}" for number in range(count)]


def held(*contents: bytes) -> set[Row]:
    return {row for content in contents for row in rows_of(content)}


def finish(run: Worker, *audiences: Replacement) -> None:
    """End a run whose input was complete."""
    run.settle()
    for audience in audiences:
        run.delivery.replace(audience)


def test_nothing_is_sent_before_the_input_is_complete(tmp_path: Path) -> None:
    meta = FakeMeta(members={"1": held(packed("of others", "x"))})
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.people(audience, names(MANY + 1))
        run.state(1)
        run.settle()
        assert (meta.log, run.states) == ([], [])
        run.delivery.replace(audience)
        assert run.states == [1]
        assert run.counts() == {"received": MANY + 1, "delivered": MANY + 1}
        assert run.ledger.counts("1", run.number) == (MANY + 1, 0)
    assert meta.ids("1") == names(MANY + 1)


def test_all_of_one_session_in_order(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.people(audience, names(2 * MANY + 5))
        run.settle()
        audience.begin()
        run.delivery.tick()
        assert run.sends.in_flight == 1  # the next one only behind the answer
        finish_sending(run)
    sessions = [asked.body["session"] for asked in meta.requests("1/usersreplace")]
    assert [one["batch_seq"] for one in sessions] == [1, 2, 3]
    assert [one["last_batch_flag"] for one in sessions] == [False, False, True]
    assert {one["estimated_num_total"] for one in sessions} == {2 * MANY + 5}
    assert len({one["session_id"] for one in sessions}) == 1
    assert all(len(asked.data) <= MANY for asked in meta.requests())
    assert len(meta.members["1"]) == 2 * MANY + 5


def finish_sending(run: Worker) -> None:
    for _ in range(10):
        run.sends.pick = lambda _: 0
        run.delivery.tick()


def test_a_second_replacement_leaves_only_its_own(tmp_path: Path) -> None:
    meta = FakeMeta()
    for inputs in (["a", "b"], ["b", "c"]):
        with working(tmp_path, meta) as run:
            audience = run.replacement()
            run.people(audience, inputs)
            finish(run, audience)
            known = run.ledger.known_members("1", [key(name) for name in "abc"])
            assert set(known) == {key(name) for name in inputs}
    assert meta.ids("1") == ["b", "c"]
    assert all(asked.path == "1/usersreplace" for asked in meta.requests())


def test_people_with_other_keys_are_added_behind_the_session(tmp_path: Path) -> None:
    meta = FakeMeta(members={"1": held(packed("before", "x"))})
    people = [packed(name, name) for name in names(5)]
    people += [packed(name, name, FN=name) for name in names(3, "q")]
    people += [packed("both", "m1", "m2", LN="x", FN="y")]
    with working(tmp_path, meta, most=8) as run:
        audience = run.replacement()
        for number, content in enumerate(people):
            run.person(audience, str(number), content)
        run.state(1)
        finish(run, audience)
        assert run.counts() == {"received": 9, "delivered": 9}
        assert run.states == [1]
        assert run.ledger.counts("1", 99) == (9, 9)
    assert [(asked.path, len(asked.data)) for asked in meta.requests()] == [
        ("1/usersreplace", 5),  # the most frequent keys
        ("1/users", 3),
        ("1/users", 2),
    ]
    assert meta.members["1"] == held(*people)


@pytest.mark.parametrize("is_removed", [True, False])
def test_an_empty_input_replaces_nobody(tmp_path: Path, *, is_removed: bool) -> None:
    meta = FakeMeta(members={"1": held(packed("kept", "x"))})
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        if is_removed:
            run.people(audience, ["a"])
            run.person(audience, "a", packed("a", "x"), is_removal=True)
        run.state(1)
        finish(run, audience)
        (failure,) = run.delivery.failures
        assert "has nobody for it" in failure
        assert failure.startswith("audience 1: ")
    assert meta.log == []
    assert meta.ids("1") == ["kept"]


def test_the_last_record_of_a_person_counts(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.person(audience, "a", packed("a", "old"))
        run.person(audience, "b", packed("b", "old"))
        audience.look_up()  # as when a chunk is full
        run.person(audience, "a", packed("a", "new"))
        run.person(audience, "b", packed("b", "old"), is_removal=True)
        run.person(audience, "c", packed("c", "old"), is_removal=True)
        run.person(audience, "c", packed("c", "new"))
        finish(run, audience)
        assert run.counts() == {"received": 6, "delivered": 2, "superseded": 4}
    assert meta.members["1"] == held(packed("a", "new"), packed("c", "new"))


def test_an_invalid_person_is_rejected(tmp_path: Path) -> None:
    meta = FakeMeta(is_invalid=lambda row: "empty" if row["EXTERN_ID"] == "b" else None)
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.people(audience, ["a", "b", "c"])
        run.state(1)
        finish(run, audience)
        assert run.states == [1]
        assert run.counts() == {"received": 3, "delivered": 2, "rejected": 1}
        assert [(one["key"], one["code"], one["message"]) for one in run.rejects()] == [
            ({"id": "b"}, "invalid_entry", "Meta refuses it: empty.")
        ]
        known = run.ledger.known_members("1", [key(name) for name in "abc"])
        assert set(known) == {key("a"), key("c")}
    assert meta.ids("1") == ["a", "c"]


def test_more_are_invalid_than_meta_names(tmp_path: Path) -> None:
    wrong = set(names(300)[::2])
    meta = FakeMeta(is_invalid=lambda row: "bad" if row["EXTERN_ID"] in wrong else None)
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.people(audience, names(300))
        finish(run, audience)
        assert {one["key"]["id"] for one in run.rejects()} == wrong
        assert run.counts() == {"received": 300, "delivered": 150, "rejected": 150}
    assert set(meta.ids("1")) == set(names(300)) - wrong


@pytest.mark.parametrize("at", [1, 2])
def test_a_session_that_fails_holds_the_state_and_changes_nothing_in_the_ledger(
    tmp_path: Path, at: int
) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.people(audience, ["before"])
        finish(run, audience)
    meta.refuses = lambda asked: (
        refusal(*GONE) if asked.body["session"]["batch_seq"] == at else None
    )
    with working(tmp_path, meta) as run:
        audience, other = run.replacement(), run.audience("2")
        run.people(audience, names(MANY + 1))
        run.state(1)
        if at != 1:
            run.people(other, ["of another"])
        finish(run, audience)
        assert run.states == []
        assert run.counts().get("delivered", 0) <= MANY + 1
        assert [line.split(":")[0] for line in run.delivery.failures] == ["audience 1"]
        assert set(run.ledger.known_members("1", [key("before")])) == {key("before")}
        assert run.ledger.counts("1", 99)[0] == 1
    if at != 1:
        assert meta.ids("2") == ["of another"]


def test_a_run_that_dies_before_the_end_leaves_the_audience_as_it_is(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.replacement(), ["a", "b"])
        run.settle()
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.people(audience, ["c"])
        finish(run, audience)
    assert meta.ids("1") == ["c"]  # what the dead run had staged is no part of it


def test_two_streams_of_one_audience(tmp_path: Path) -> None:
    meta = FakeMeta()
    other = StreamReport("others")
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.people(audience, ["a", "b"])
        run.person(audience, "c", packed("c", "x"), source=run.source_of(other))
        run.person(audience, "b", packed("b", "x"), source=run.source_of(other))
        finish(run, audience)
        assert run.counts()["delivered"] == 1
        assert (other.received, other.delivered) == (2, 2)
    assert meta.ids("1") == ["a", "b", "c"]


def test_a_stream_of_two_replacements_counts_each_of_its_records_once(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        audiences = [run.replacement("1"), run.replacement("2")]
        for audience in audiences:
            run.people(audience, ["a", "b", "c"])
        finish(run, *audiences)
        assert run.counts() == {"received": 6, "delivered": 6}
    assert meta.ids("1") == meta.ids("2") == ["a", "b", "c"]


def test_a_session_fails_in_words_without_the_values_of_its_people(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda _: refusal(*GONE, "customer-17 of ada@a.example is bad"))
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.people(audience, ["customer-17"])
        finish(run, audience)
        (failure,) = run.delivery.failures
    assert "(left out) of (left out) is bad" in failure


def test_whom_a_refused_session_held_is_undelivered_once(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda _: refusal(*GONE))
    with working(tmp_path, meta) as run:
        audience = run.replacement()
        run.people(audience, ["a", "b", "c"])
        run.state(1)
        finish(run, audience)
        assert run.states == []
        assert run.counts() == {"received": 3, "undelivered": 3}
        assert len(list(run.delivery.failures)) == 1
    meta.refuses = lambda _: None
    with working(tmp_path, meta) as run:  # nobody holds the audience any more
        audience = run.replacement()
        run.people(audience, ["a", "b", "c"])
        finish(run, audience)
        assert run.delivery.failures == []
    assert meta.ids("1") == ["a", "b", "c"]


def test_of_two_runs_at_once_the_second_fails(tmp_path: Path, database: Database) -> None:
    meta = FakeMeta()
    url = database.url()
    with working(tmp_path, meta, url=url) as first, working(tmp_path, meta, url=url) as second:
        audience, late = first.replacement(), second.replacement()
        first.people(audience, ["a", "b"])
        first.settle()
        second.people(late, ["b", "c"])
        second.state(1)
        second.settle()
        assert second.counts() == {"received": 2, "undelivered": 2}
        assert second.states == []
        (failure,) = second.delivery.failures
        assert failure == "audience 1: another run replaces its members: run again."
        finish(first, audience)
        assert first.counts() == {"received": 2, "delivered": 2}
    assert meta.ids("1") == ["a", "b"]
    for inputs in (["c"], ["d"]):  # nobody holds it any more, be it replaced or not
        with working(tmp_path, meta, url=url) as run:
            run.people(run.replacement("2"), ["half an input"])
            audience = run.replacement()
            run.people(audience, inputs)
            finish(run, audience)
            assert run.delivery.failures == []
            assert meta.ids("1") == inputs
