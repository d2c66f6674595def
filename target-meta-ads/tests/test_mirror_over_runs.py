"""Any sources, run by run, whatever goes wrong in them: the mirror shows its source in the end."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meta_graph import ConnectionFailedError, Failure
from target_meta_ads.errors import RunStoppedError
from target_meta_ads.ledger import without_doubt
from tests.fake_meta import GONE, TOO_MUCH, TOO_SMALL, FakeMeta, key, packed, read, refusal, rows_of
from tests.fake_run import Worker, working

if TYPE_CHECKING:
    import random

    from meta_graph import Call, GraphError
    from target_meta_ads.audiences.upload import AudienceDelivery
    from tests.fake_meta import Asked, Row

PEOPLE = "abcdef"
TROUBLES = ("too much", "gone", "too small", "cut off", "death")
_LIVES = 12
"""Answers that a worker takes at most before it dies."""


def content(person: str, version: int) -> bytes:
    """The rows of a person: other addresses, several of them, or other keys."""
    if version == 0:
        return packed(person, f"{person}@old")
    if version == 1:
        return packed(person, f"{person}@new")
    if version == 2:
        return packed(person, f"{person}@old", f"{person}@new")
    return packed(person, f"{person}@old", FN=person)


@dataclass(frozen=True)
class Step:
    """What is done in a run: records of people, each a version or None for a removal."""

    records: tuple[tuple[str, int | None], ...]
    is_closed: bool


versions = st.one_of(st.none(), st.integers(0, 3))
steps = st.builds(
    Step,
    st.lists(st.tuples(st.sampled_from(PEOPLE), versions), max_size=6).map(tuple),
    st.booleans(),
)
runs = st.lists(st.lists(steps, max_size=4), min_size=1, max_size=4)


class DiedError(Exception):
    """The worker is killed."""


@dataclass
class Unsteady(FakeMeta):
    """Meta behind a bad line, and a worker that may be killed.

    Attributes:
        chance: Decides what goes wrong.
        troubles: What may go wrong at all, see `TROUBLES`.
        stayed: People of whom it has refused a removal since the audience would be too small.
        lives: Answers until the worker dies; None while it does not.
    """

    chance: random.Random = field(kw_only=True)
    troubles: frozenset[str] = frozenset()
    stayed: set[str] = field(default_factory=set)
    lives: int | None = None

    def begin(self) -> None:
        """Begin a run."""
        self.stayed = set()
        self.lives = None
        if "death" in self.troubles and self.chance.random() < 0.5:
            self.lives = self.chance.randrange(_LIVES)

    def answer(self, call: Call) -> tuple[Any, GraphError | None]:
        """Carry a call out, or not, and maybe let nobody know."""
        asked = read(call)
        drawn = self.chance.random()
        is_cut_off = "cut off" in self.troubles and drawn > 0.9
        if is_cut_off and drawn > 0.95:
            return None, ConnectionFailedError(Failure("cut off on the way there"))
        trouble = self._trouble(asked, drawn)
        self.refuses = lambda _: trouble
        answered = super().answer(call)
        return (None, ConnectionFailedError(Failure("cut off"))) if is_cut_off else answered

    def _trouble(self, asked: Asked, drawn: float) -> GraphError | None:
        several = len(set(asked.ids))
        if "too much" in self.troubles and drawn < 0.2 and several > 1:
            return refusal(*TOO_MUCH)
        if "gone" in self.troubles and 0.2 <= drawn < 0.3:
            return refusal(*GONE)
        if "too small" in self.troubles and 0.3 <= drawn < 0.5 and asked.is_removal:
            self.stayed.update(asked.ids)
            return refusal(*TOO_SMALL)
        return None

    def pick(self, count: int) -> int | None:
        """Choose an answer, or die."""
        at = self.chance.randrange(-1, count)
        if at >= 0 and self.lives is not None:
            if not self.lives:
                raise DiedError
            self.lives -= 1
        return None if at < 0 else at

    def carry_out_some(self, flying: list[Any]) -> None:
        """Carry out some requests of a dead worker, in any order."""
        for call, _ in self.chance.sample(flying, self.chance.randint(0, len(flying))):
            self.answer(call)

    def rows(self, person: str) -> set[Row]:
        """What it has of a person."""
        return {row for row in self.members.get("1", ()) if dict(row)["EXTERN_ID"] == person}


def feed(run: Worker, people: AudienceDelivery, steps: list[Step]) -> None:
    """Feed a run, step by step."""
    for step in steps:
        for person, version in step.records:
            run.person(people, person, content(person, version or 0), is_removal=version is None)
        run.state(run.checkpoints.count)
        if step.is_closed:
            people.close(run.checkpoints.count)
            run.delivery.tick()


def source_of(steps: list[Step]) -> dict[str, set[Row]]:
    """The rows of each person of whom there is a record, none of whom it removes."""
    last = {person: version for step in steps for person, version in step.records}
    return {
        person: set() if version is None else rows_of(content(person, version))
        for person, version in last.items()
    }


def last_records(steps: list[Step]) -> dict[str, int]:
    """The number of the last record of each person."""
    records = [person for step in steps for person, _ in step.records]
    return {person: number for number, person in enumerate(records, 1)}


def assert_ledger_knows(run: Worker, meta: Unsteady, invalid: set[str]) -> None:
    """All that Meta has the ledger knows, and what it takes for certain Meta has."""
    known = run.ledger.known_members("1", [key(person) for person in PEOPLE])
    for person in PEOPLE:
        rows, there = known.get(key(person)), meta.rows(person)
        if rows is None or person in invalid:
            assert there == set(), person
        elif without_doubt(rows) != rows:
            assert there <= rows_of(without_doubt(rows)), person
        else:
            assert there == rows_of(rows), person


def assert_counted(run: Worker) -> None:
    report = run.report
    counted = report.delivered + report.unchanged + report.superseded + report.rejected
    assert counted + report.undelivered + report.not_removed == report.received


def one_run(folder: Path, meta: Unsteady, steps: list[Step], invalid: set[str]) -> bool:
    """Run over a source, and see that what is said of it is true.

    Returns:
        Whether it came to its end.
    """
    meta.begin()
    source = {
        person: set() if person in invalid else rows for person, rows in source_of(steps).items()
    }
    before = {person: meta.rows(person) for person in PEOPLE}
    with working(folder, meta, most=3, pick=meta.pick) as run:
        people = run.mirror()
        assert_ledger_knows(run, meta, invalid)
        died = False
        try:
            try:
                feed(run, people, steps)
                run.settle()
            except RunStoppedError:  # as the target does: it reads no more
                run.delivery.finish_in_flight()
            assert_counted(run)
            run.delivery.mirror(people, run.source, 1.0)
        except DiedError:
            died = True
        is_whole = not died and people.failed is None
        if is_whole:
            assert run.report.undelivered == 0
            assert run.states[-1:] == [run.checkpoints.count] * bool(steps)
            for person in PEOPLE:
                if person not in meta.stayed:
                    assert meta.rows(person) == source.get(person, set()), person
        # Whoever is before a state that went out is as the source has them, or stayed.
        for person, number in last_records(steps).items():
            if number <= max(run.states, default=0) and person not in meta.stayed:
                assert meta.rows(person) == source[person], person
        for person in meta.stayed:
            mine = [v for step in steps for one, v in step.records if one == person]
            may_be = [set() if v is None else rows_of(content(person, v)) for v in mine]
            assert meta.rows(person) in [before[person], set(), *may_be], person
        assert {one["key"]["id"] for one in run.rejects()} <= invalid
        meta.carry_out_some(run.sends.flying)
    return is_whole


@settings(max_examples=60)
@given(
    runs=runs,
    chance=st.randoms(use_true_random=False),
    troubles=st.frozensets(st.sampled_from(TROUBLES)),
    invalid=st.one_of(st.just(set()), st.sets(st.sampled_from(PEOPLE), max_size=3)),
    most_named=st.sampled_from([100, 1, 0]),
)
def test_a_mirror_shows_its_source(
    runs: list[list[Step]],
    chance: random.Random,
    troubles: frozenset[str],
    invalid: set[str],
    most_named: int,
) -> None:
    meta = Unsteady(
        is_invalid=lambda row: "bad" if row["EXTERN_ID"] in invalid else None,
        most_named=most_named,
        chance=chance,
        troubles=troubles,
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for steps in runs:
            one_run(folder, meta, steps, invalid)
        meta.troubles = frozenset()
        assert one_run(folder, meta, runs[-1], invalid)
        before = len(meta.log)
        with working(folder, meta) as run:
            people = run.mirror()
            assert_ledger_knows(run, meta, invalid)
            for step in runs[-1]:
                for person, version in step.records:
                    if person not in invalid and version is not None:
                        rows = rows_of(content(person, version))
                        if rows == source_of(runs[-1])[person]:
                            run.person(people, person, content(person, version))
            run.settle()
            run.delivery.mirror(people, run.source, 0.0)
            assert run.delivery.failures == []
        assert len(meta.log) == before  # nothing is left to do
