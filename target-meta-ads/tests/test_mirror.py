"""Mirrors over a real ledger: whom the input lacks is removed, and nobody by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_meta_ads.audiences import batches, calls, mirror
from tests.fake_meta import GONE, START, TOO_SMALL, FakeMeta, packed, refusal, rows_of
from tests.fake_run import Worker, working

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from meta_graph import GraphError
    from target_meta_ads.audiences.mirror import Mirror
    from tests.fake_meta import Asked

MANY = calls.MOST_ROWS


def once(at: int) -> Callable[[int], int | None]:
    """Choose this answer, and no other."""
    left = [at]
    return lambda _: left.pop() if left else None


def names(count: int, prefix: str = "p") -> list[str]:
    return [f"{prefix}{number:05}" for number in range(count)]


def mirrored(run: Worker, people: Mirror, most: float = 0.5) -> None:
    run.settle()
    run.delivery.mirror(people, run.source, most)


def test_a_mirror_removes_whom_the_input_lacks(tmp_path: Path) -> None:
    meta = FakeMeta()
    for inputs in (["a", "b", "c", "d"], ["b", "c", "e"]):
        with working(tmp_path, meta) as run:
            people = run.mirror()
            run.people(people, inputs)
            run.state(1)
            mirrored(run, people)
            assert run.states == [1]
            assert run.delivery.failures == []
    assert meta.ids("1") == ["b", "c", "e"]
    assert run.counts() == {"received": 3, "delivered": 1, "unchanged": 2, "removed": 2}


@pytest.mark.parametrize(
    ("stay", "most", "is_done"),
    [(5, 0.5, True), (4, 0.5, False), (0, 0.5, False), (0, 1.0, True), (9, 0.0, False)],
)
def test_a_mirror_that_would_remove_too_many_removes_nobody(
    tmp_path: Path, stay: int, most: float, *, is_done: bool
) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.mirror(), names(10))
        run.settle()
    with working(tmp_path, meta) as run:
        people = run.mirror()
        run.people(people, names(stay))
        run.people(people, names(100, "new"))  # no excuse: the share is of those from before
        mirrored(run, people, most)
        failures = list(run.delivery.failures)
        assert (failures == []) is is_done
        if not is_done:
            assert "`max_removal_ratio`" in failures[0]
            assert "10 members" in failures[0]
    left = [name for name in meta.ids("1") if not name.startswith("new")]
    assert left == (names(stay) if is_done else names(10))


def test_the_first_run_of_a_mirror_removes_nobody(tmp_path: Path) -> None:
    meta = FakeMeta(members={"1": rows_of(packed("of others", "x"))})
    with working(tmp_path, meta) as run:
        people = run.mirror()
        run.people(people, ["a"])
        mirrored(run, people, 0.0)
        assert run.delivery.failures == []
    assert meta.ids("1") == ["a", "of others"]


def test_a_mirror_of_which_a_part_may_not_be_removed(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.mirror(), names(10))
        run.settle()
    meta.refuses = lambda asked: refusal(*TOO_SMALL) if asked.is_removal else None
    with working(tmp_path, meta) as run:
        people = run.mirror()
        run.people(people, names(8))
        run.state(1)
        mirrored(run, people)
        assert run.states == [1]
        assert run.delivery.failures == []
        assert run.counts() == {"received": 8, "unchanged": 8, "not_removed": 2}
        assert run.ledger.counts("1", run.number) == (10, 2)
    meta.refuses = lambda _: None
    with working(tmp_path, meta) as run:
        people = run.mirror()
        run.people(people, names(8))
        mirrored(run, people)
    assert meta.ids("1") == names(8)


def test_a_mirror_removes_whom_a_dead_worker_was_adding(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.mirror()
        run.people(people, names(4))
        mirrored(run, people)
        run.people(people, ["lost", "kept"], "@late")
        people.close(99)
        run.delivery.tick()
        assert run.sends.in_flight == 1
        # Meta has carried it out, and the worker dies before it hears of it.
        meta.answer(run.sends.flying[0][0])
    assert meta.ids("1") == ["kept", "lost", *names(4)]
    with working(tmp_path, meta) as run:
        people = run.mirror()
        run.people(people, names(4))
        run.people(people, ["kept"], "@late")
        run.state(1)
        mirrored(run, people)
        assert run.delivery.failures == []
        # Whoever was on the way is added again, since nobody knows how that ended.
        assert run.counts() == {"received": 5, "unchanged": 4, "delivered": 1, "removed": 1}
        assert run.states == [1]
    assert meta.ids("1") == ["kept", *names(4)]


def test_a_changed_person_whose_add_died_is_removed_as_what_they_were_becoming(
    tmp_path: Path,
) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a"], "@old")
        run.settle()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.people(people, ["a"], "@new")
        people.close(1)
        run.sends.pick = once(0)
        run.delivery.tick()
        assert [request.about.is_removal for _, request in run.sends.flying] == [False]
        meta.answer(run.sends.flying[0][0])
    with working(tmp_path, meta, START) as run:
        run.people(run.audience(), ["a"], "@newest")
        run.settle()
        assert run.counts() == {"received": 1, "delivered": 1}
    assert meta.members["1"] == rows_of(packed("a", "a@newest"))


@pytest.mark.parametrize(("next_email", "is_removal"), [("@old", True), ("@new", False)])
@pytest.mark.parametrize("is_carried_out", [False, True])
def test_who_was_on_the_way_when_a_worker_died_is_sent_again(
    tmp_path: Path, next_email: str, *, is_removal: bool, is_carried_out: bool
) -> None:
    """A removal, or that of old rows: nobody knows whether they are members any more."""
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a", "b"], "@old")
        run.settle()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.person(people, "a", packed("a", f"a{next_email}"), is_removal=is_removal)
        people.close(1)
        run.delivery.tick()
        assert [request.about.is_removal for _, request in run.sends.flying] == [True]
        if is_carried_out:
            meta.answer(run.sends.flying[0][0])
    assert meta.ids("1") == (["b"] if is_carried_out else ["a", "b"])
    with working(tmp_path, meta) as run:
        run.people(run.audience(), ["a", "b"], "@old")
        run.settle()
        assert run.counts() == {"received": 2, "delivered": 1, "unchanged": 1}
    assert meta.members["1"] == {
        row for name in "ab" for row in rows_of(packed(name, f"{name}@old"))
    }


def test_a_mirror_removes_whom_it_may_have_added_before_it_failed(tmp_path: Path) -> None:
    meta = FakeMeta(is_invalid=lambda row: "bad" if row["EXTERN_ID"] == "b" else None, most_named=0)
    meta.refuses = lambda asked: refusal(*GONE) if len(asked.data) == 1 else None
    with working(tmp_path, meta) as run:
        run.people(run.mirror(), ["a", "b"])
        run.settle()
        assert run.counts() == {"received": 2, "undelivered": 2}
    assert meta.ids("1") == ["a"]  # of the first request; the halves were refused
    meta.refuses = lambda _: None
    with working(tmp_path, meta) as run:
        people = run.mirror()
        run.people(people, ["c"])
        mirrored(run, people, 1.0)
        assert run.delivery.failures == []
    assert meta.ids("1") == ["c"]


def test_who_was_taken_along_is_added_by_the_next_run_of_a_worker_that_died(tmp_path: Path) -> None:
    """Somebody has a new key and all else in common with whom they were, as without a key."""
    meta = FakeMeta()
    before, now = packed("a", "a@x"), packed("a", "a@x", FN="anna")

    def dies_behind_a_removal(_: int) -> None:
        if any(asked.is_removal for asked in meta.requests()):
            raise KeyboardInterrupt

    def feed(run: Worker, person: str, content: bytes) -> Mirror:
        people = run.mirror()
        run.person(people, person, content)
        run.people(people, names(9))
        return people

    with working(tmp_path, meta) as run:
        mirrored(run, feed(run, "before", before))
    with working(tmp_path, meta, pick=dies_behind_a_removal) as run:
        people = feed(run, "now", now)
        with pytest.raises(KeyboardInterrupt):
            mirrored(run, people)
    assert "a" not in meta.ids("1")
    with working(tmp_path, meta) as run:
        mirrored(run, feed(run, "now", now))
        assert run.counts() == {"received": 10, "delivered": 1, "unchanged": 9}
    assert rows_of(now) <= meta.members["1"]
    assert len(meta.ids("1")) == 10


@pytest.mark.parametrize("stage", ["removal", "addition"])
def test_a_mirror_that_fails_amid_its_end_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Many requests were to come behind the one that is refused."""
    for module in (batches, mirror):
        monkeypatch.setattr(module, "MOST_ROWS", 5)
    meta = FakeMeta()
    before = {name: packed(name, f"{name}@x") for name in names(100)}
    now = {name: packed(name, f"{name}@x", FN=name) for name in before}
    with working(tmp_path, meta) as run:
        people = run.mirror()
        for name, content in before.items():
            run.person(people, name, content)
        mirrored(run, people)

    def refuses(asked: Asked) -> GraphError | None:
        is_late = stage == "removal" or any(one.is_removal for one in meta.requests())
        return refusal(*GONE) if is_late and asked.is_removal is (stage == "removal") else None

    meta.refuses = refuses
    with working(tmp_path, meta) as run:
        people = run.mirror()
        for name, content in now.items():
            run.person(people, f"{name} anew", content)
        mirrored(run, people, 1.0)
        assert len(list(run.delivery.failures)) == 1
    meta.refuses = lambda _: None
    with working(tmp_path, meta) as run:
        people = run.mirror()
        for name, content in now.items():
            run.person(people, f"{name} anew", content)
        mirrored(run, people, 1.0)
        assert run.delivery.failures == []
    assert meta.members["1"] == {row for content in now.values() for row in rows_of(content)}
