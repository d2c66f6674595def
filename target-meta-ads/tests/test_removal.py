"""Streams that only remove, over a real ledger: keys that are not those of whom they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_meta_ads.report import StreamReport
from tests.fake_meta import FakeMeta, packed, rows_of
from tests.fake_run import Worker, working

if TYPE_CHECKING:
    from pathlib import Path


def filled(folder: Path, meta: FakeMeta) -> None:
    """An audience whose stream has the keys 1 and 2."""
    with working(folder, meta) as run:
        people = run.audience()
        for key, person in (("1", "a"), ("2", "b")):
            run.person(people, key, packed(person, f"{person}@x"))
        run.settle()


def known(run: Worker) -> int:
    """How many members the ledger has."""
    return run.ledger.counts("1", 99)[0]


def test_a_key_that_is_somebody_elses_takes_nobody_out(tmp_path: Path) -> None:
    meta = FakeMeta()
    filled(tmp_path, meta)
    with working(tmp_path, meta) as run:
        run.person(run.removal(), "1", packed("b", "b@x"), is_removal=True)
        run.settle()
        assert run.counts() == {"received": 1, "delivered": 1}
        assert known(run) == 2  # nobody can say under which key `b` was added
    assert meta.ids("1") == ["a"]


def test_what_somebody_was_goes_with_them(tmp_path: Path) -> None:
    meta = FakeMeta()
    filled(tmp_path, meta)
    with working(tmp_path, meta) as run:
        run.person(run.removal(), "1", packed("a", "a@new"), is_removal=True)
        run.settle()
        assert known(run) == 1
    assert meta.ids("1") == ["b"]
    with working(tmp_path, meta) as run:  # and who comes again is added again
        run.person(run.audience(), "1", packed("a", "a@x"))
        run.settle()
        assert run.counts() == {"received": 1, "delivered": 1}
    assert meta.ids("1") == ["a", "b"]


def test_two_streams_with_the_same_keys(tmp_path: Path) -> None:
    meta = FakeMeta()
    filled(tmp_path, meta)
    other = StreamReport("others")
    with working(tmp_path, meta) as run:
        people = run.removal()
        run.person(people, "1", packed("a", "a@x"), is_removal=True)
        run.person(people, "1", packed("b", "b@x"), is_removal=True, source=run.source_of(other))
        run.person(people, "1", packed("a", "a@x"), is_removal=True)
        run.state(1)
        run.settle()
        assert run.counts() == {"received": 2, "delivered": 1, "superseded": 1}
        assert (other.received, other.delivered) == (1, 1)
        assert run.states == [1]
    assert meta.members["1"] == set()


def test_who_is_invalid_takes_nobody_out_of_the_ledger(tmp_path: Path) -> None:
    meta = FakeMeta()
    filled(tmp_path, meta)
    meta.is_invalid = lambda row: "bad" if row["EXTERN_ID"] == "z" else None
    with working(tmp_path, meta) as run:
        run.person(run.removal(), "1", packed("z", "z@x"), is_removal=True)
        run.settle()
        assert run.counts() == {"received": 1, "rejected": 1}
        assert known(run) == 2
    assert meta.members["1"] == rows_of(packed("a", "a@x")) | rows_of(packed("b", "b@x"))
