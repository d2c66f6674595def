"""Any sources, run by run, with refusals here and there: the mirror shows the source in the end."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fake_meta import GONE, TOO_MUCH, FakeMeta, packed, refusal, rows_of, working

if TYPE_CHECKING:
    from meta_graph import GraphError
    from target_meta_ads.audience_delivery import AudienceDelivery
    from tests.fake_meta import Asked, Worker

PEOPLE = "abcdef"


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


def fed(
    run: Worker, people: AudienceDelivery, steps: list[Step], *, has_removals: bool
) -> dict[str, int]:
    """Feed a run, and give the source that it was fed from."""
    source: dict[str, int] = {}
    for step in steps:
        for person, version in step.records:
            is_removal = version is None
            if is_removal and not has_removals:
                continue
            if version is None:
                source.pop(person, None)
            else:
                source[person] = version
            run.person(people, person, content(person, version or 0), is_removal=is_removal)
        run.state(run.checkpoints.count)
        if step.is_closed:
            for destination in run.delivery.destinations:
                destination.close(run.checkpoints.count)
            run.delivery.tick()
    return source


@settings(max_examples=40)
@given(runs=runs, data=st.data())
def test_a_mirror_shows_its_source(runs: list[list[Step]], data: st.DataObject) -> None:
    chance = data.draw(st.randoms(use_true_random=False))

    may_be_gone = chance.random() < 0.5

    def pick(count: int) -> int | None:
        at: int = chance.randrange(-1, count)
        return None if at < 0 else at

    def refuses(asked: Asked) -> GraphError | None:
        drawn = chance.random()
        if len(set(asked.ids)) > 1 and drawn < 0.2:
            return refusal(*TOO_MUCH)
        is_gone = may_be_gone and 0.2 <= drawn < 0.25 and not asked.is_removal
        return refusal(*GONE) if is_gone else None

    invalid = set(chance.sample(PEOPLE, chance.choice([0, 0, 1, 3])))
    meta = FakeMeta(
        refuses=refuses,
        is_invalid=lambda row: "bad" if row["EXTERN_ID"] in invalid else None,
        most_named=100 if may_be_gone else chance.choice([0, 1, 100]),
    )
    with tempfile.TemporaryDirectory() as folder:
        for number, steps in enumerate([*runs, runs[-1]]):
            if number == len(runs):  # the last one again, and Meta refuses nothing
                meta.refuses = lambda _: None
            with working(Path(folder), meta, most=3, pick=pick) as run:
                people = run.audience(is_mirror=True)
                source = fed(run, people, steps, has_removals=not may_be_gone)
                run.settle()
                run.delivery.mirror(people, run.source, 1.0)
                if people.failed is not None:
                    continue
                shown = {
                    row
                    for person, version in source.items()
                    if person not in invalid
                    for row in rows_of(content(person, version))
                }
                assert meta.members.get("1", set()) == shown
                assert run.report.undelivered == 0
                assert run.states[-1:] == [run.checkpoints.count] * bool(steps)
                report = run.report
                counted = report.delivered + report.unchanged + report.superseded + report.rejected
                assert counted == report.received
                assert {one["key"]["id"] for one in run.rejects()} <= invalid
        assert people.failed is None
        before = len(meta.log)
        with working(Path(folder), meta) as run:
            people = run.audience(is_mirror=True)
            for person, version in source.items():
                if person not in invalid:
                    run.person(people, person, content(person, version))
            run.settle()
            run.delivery.mirror(people, run.source, 0.0)
        assert len(meta.log) == before  # nothing is left to do
