"""One audience over a real ledger: who is sent, when, and what is remembered of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_meta_ads.audiences import calls
from tests.fake_meta import FakeMeta, packed, row_of, rows_of
from tests.fake_run import working

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fake_run import Worker


MANY = calls.MOST_ROWS


def names(count: int, prefix: str = "p") -> list[str]:
    return [f"{prefix}{number:05}" for number in range(count)]


def test_people_are_added_and_the_state_follows(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.people(people, names(3))
        run.state("after 3")
        assert (run.states, meta.log) == ([], [])
        run.settle()
        assert run.states == ["after 3"]
        assert run.counts() == {"received": 3, "delivered": 3}
        assert run.rejects() == []
    assert meta.ids("1") == names(3)
    (asked,) = meta.requests("1/users")
    assert asked.body["session"].keys() == {
        *("session_id", "batch_seq", "last_batch_flag", "estimated_num_total"),
    }
    assert asked.body["session"]["estimated_num_total"] == 3


def test_unchanged_people_are_not_sent_again(tmp_path: Path) -> None:
    meta = FakeMeta()
    for turn in range(3):
        with working(tmp_path, meta) as run:
            run.people(run.audience(), names(3))
            run.state(turn)
            run.settle()
            assert run.states == [turn]
            assert run.counts() == {"received": 3, ("unchanged" if turn else "delivered"): 3}
    assert len(meta.log) == 1


def test_a_full_request_leaves_at_once_and_is_no_larger_than_meta_takes(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta, most=10) as run:
        people = run.audience()
        run.people(people, names(MANY - 1))
        assert run.sends.in_flight == 0
        run.people(people, ["one more"])
        assert run.sends.in_flight == 1
        run.people(people, names(MANY + 5, "q"))
        assert run.sends.in_flight == 2
        run.settle()
    assert [len(asked.data) for asked in meta.requests()] == [MANY, MANY, 5]
    sessions = [asked.body["session"] for asked in meta.requests()]
    assert len({session["session_id"] for session in sessions}) == 3
    assert all((one["batch_seq"], one["last_batch_flag"]) == (1, True) for one in sessions)
    assert len(meta.members["1"]) == 2 * MANY + 5


def test_rows_are_counted_and_not_people(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.audience()
        for name in names(MANY):
            run.person(people, name, packed(name, f"{name}@a", f"{name}@b", f"{name}@c"))
        run.settle()
    sizes = [len(asked.data) for asked in meta.requests()]
    assert sum(sizes) == 3 * MANY
    assert max(sizes) <= MANY
    assert len(sizes) == 4  # 3 * 3,333 rows leave one row over each time


def test_rows_of_other_keys_go_in_requests_of_their_own(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.audience()
        for name in names(6):
            more = {"FN": name} if name > "p00002" else {}
            run.person(people, name, packed(name, name, **more))
        run.settle()
    schemas = [(asked.schema, len(asked.data)) for asked in meta.requests()]
    assert sorted(schemas) == [(["EXTERN_ID", "EMAIL"], 3), (["EXTERN_ID", "EMAIL", "FN"], 3)]


def test_the_later_record_of_a_person_wins(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.person(people, "a", packed("a", "old"))
        run.person(people, "b", packed("b", "old"))
        run.person(people, "a", packed("a", "new"))
        run.person(people, "b", packed("b", "old"), is_removal=True)
        run.person(people, "c", packed("c", "old"), is_removal=True)
        run.person(people, "c", packed("c", "new"))
        run.state(1)
        run.settle()
        assert run.counts() == {"received": 6, "delivered": 3, "superseded": 3}
        assert run.states == [1]
    assert meta.members["1"] == rows_of(packed("a", "new")) | rows_of(packed("c", "new"))


@pytest.mark.parametrize("is_first_in_flight", [True, False])
def test_a_later_record_waits_for_the_one_on_its_way(
    tmp_path: Path, *, is_first_in_flight: bool
) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.person(people, "a", packed("a", "old"))
        if is_first_in_flight:
            people.close(1)
            run.delivery.tick()
            assert run.sends.in_flight == 1
        run.person(people, "a", packed("a", "new"))
        run.person(people, "a", packed("a", "newer"))
        run.settle()
    assert meta.members["1"] == rows_of(packed("a", "newer"))
    if is_first_in_flight:
        assert [asked.method for asked in meta.requests()] == ["POST", "DELETE", "POST"]
        assert {row_of(one) for one in meta.requests()[1].people} == rows_of(packed("a", "old"))


def test_a_changed_person_is_removed_before_they_are_added(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a", "b"], "@old")
        run.settle()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.person(people, "a", packed("a", "a@new"))
        run.person(people, "b", packed("b", "b@old"))
        run.person(people, "c", packed("c", "c@new"))
        run.state(1)
        people.close(3)
        run.delivery.tick()
        # Only the removal: an add that overtook it would be undone by it.
        assert [request.about.is_removal for _, request in run.sends.flying] == [True]
        assert run.states == []
        run.settle()
        assert run.counts() == {"received": 3, "delivered": 2, "unchanged": 1}
        assert run.states == [1]
    first, removal, add = meta.requests()
    assert not first.is_removal
    assert removal.is_removal
    assert {row_of(one) for one in removal.people} == rows_of(packed("a", "a@old"))
    assert add.ids == ["a", "c"]
    assert meta.members["1"] == {
        row
        for name, email in (("a", "a@new"), ("b", "b@old"), ("c", "c@new"))
        for row in rows_of(packed(name, email))
    }


def test_a_changed_value_is_no_part_of_what_removes(tmp_path: Path) -> None:
    meta = FakeMeta()
    for value in ("1", "2"):
        with working(tmp_path, meta) as run:
            run.person(run.audience(), "a", packed("a", "a@old", LOOKALIKE_VALUE=value))
            run.settle()
    schemas = [(asked.method, asked.schema) for asked in meta.requests()]
    assert schemas == [
        ("POST", ["EXTERN_ID", "LOOKALIKE_VALUE", "EMAIL"]),
        ("DELETE", ["EXTERN_ID", "EMAIL"]),
        ("POST", ["EXTERN_ID", "LOOKALIKE_VALUE", "EMAIL"]),
    ]
    assert meta.requests()[-1].people[0]["LOOKALIKE_VALUE"] == "2"
    assert meta.members["1"] == rows_of(packed("a", "a@old"))


def test_people_change_while_others_are_removed_in_full_batches(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.audience(), names(MANY), "@old")
        run.settle()
    with working(tmp_path, meta, pick=lambda count: count - 1) as run:
        people = run.audience()
        run.people(people, names(MANY), "@new")
        run.settle()
        assert run.counts() == {"received": MANY, "delivered": MANY}
    assert [asked.method for asked in meta.requests()] == ["POST", "DELETE", "POST"]
    assert meta.members["1"] == {
        row for name in names(MANY) for row in rows_of(packed(name, name + "@new"))
    }


def test_removals_go_by_what_is_given_and_by_what_is_known(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a", "b"], "@old")
        run.settle()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.person(people, "a", packed("a", "a@other"), is_removal=True)
        run.person(people, "b", packed("b", "b@old"), is_removal=True)
        run.person(people, "unknown", packed("unknown", "x"), is_removal=True)
        run.settle()
        assert run.counts() == {"received": 3, "delivered": 3}
        assert run.ledger.counts("1", 99) == (0, 0)
    asked = meta.requests()[-1]
    assert asked.is_removal
    assert {row_of(one) for one in asked.people} == {
        row
        for name, email in (("a", "a@other"), ("a", "a@old"), ("b", "b@old"), ("unknown", "x"))
        for row in rows_of(packed(name, email))
    }
    assert meta.members["1"] == set()


def test_a_removal_that_comes_again_is_sent_again(tmp_path: Path) -> None:
    # The ledger knows only what it has added: others may have added them again.
    meta = FakeMeta()
    for _ in range(2):
        with working(tmp_path, meta) as run:
            run.person(run.audience(), "a", packed("a", "x"), is_removal=True)
            run.settle()
            assert run.counts() == {"received": 1, "delivered": 1}
    assert [asked.method for asked in meta.requests()] == ["DELETE", "DELETE"]


def test_removals_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Of one person the ledger has a key that the record lacks, of the next it is the reverse."""
    meta = FakeMeta()

    def feed(run: Worker, *, is_removal: bool) -> None:
        people = run.audience()
        for number, name in enumerate(names(6)):
            more = {"FN": name} if number % 2 == is_removal else {}
            run.person(people, name, packed(name, name, **more), is_removal=is_removal)
        run.state(1)
        run.settle()
        assert run.counts() == {"received": 6, "delivered": 6}
        assert run.states == [1]

    with working(tmp_path, meta) as run:
        feed(run, is_removal=False)
    with working(tmp_path, meta) as run:
        feed(run, is_removal=True)
        assert run.ledger.counts("1", 99) == (0, 0)
    assert meta.members["1"] == set()
    # What they were goes first, in as few requests as there are schemas.
    sizes = [len(asked.data) for asked in meta.requests() if asked.is_removal]
    assert sizes == [3, 3, 3, 3]


def test_a_removal_without_rows_takes_out_what_the_ledger_has_under_the_key(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a", "b"])
        run.settle()
    for is_first in (True, False):  # a deletion may come again
        with working(tmp_path, meta) as run:
            people = run.audience()
            for name in ("a", "never added"):
                run.person(people, name, b"", is_removal=True)
            run.state(1)
            run.settle()
            done = {"delivered": 1, "unchanged": 1} if is_first else {"unchanged": 2}
            assert run.counts() == {"received": 2, **done}
            assert run.states == [1]
            assert run.ledger.counts("1", 99)[0] == 1
    assert meta.ids("1") == ["b"]
    assert len(meta.requests()) == 2


def test_of_an_addition_and_its_deletion_nothing_is_sent(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.people(people, ["a"])
        run.person(people, "a", b"", is_removal=True)
        run.settle()
        assert run.counts() == {"received": 2, "unchanged": 1, "superseded": 1}
    assert meta.log == []


def test_a_deletion_waits_for_the_addition_on_its_way(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.people(people, ["a"])
        people.close(1)
        run.delivery.tick()
        run.person(people, "a", b"", is_removal=True)
        run.settle()
        assert run.counts() == {"received": 2, "delivered": 2}
    assert meta.members["1"] == set()
