"""What the report tells of the star schema, beside the required figures; the same for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from benchmarks.report import Section, table
from benchmarks.star_schema.figures import FULL, seconds_by_kind, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from benchmarks.star_schema.dbt import Step
    from benchmarks.star_schema.figures import Outcome
    from benchmarks.star_schema.world import World

_MIB = 1 << 20
_HOW = """\
Times are from start to end of the dbt process, tests included where it is a build. CPU is the
processor time of dbt and of the server; memory is the most at once, looked at every 50 ms, with
what the server's processes share counted once. The project was parsed before, as it is for
everybody but the first build after a change.
"""


def how(world: World) -> str:
    """Tell how it was measured."""
    rows = f"{world.rows:,} rows of Insights over {world.days} days, seed {world.seed}."
    return f"{rows}\n\n{_HOW}"


def sections(outcomes: Sequence[Outcome], *, nodes: bool) -> Iterator[Section]:
    """Write all that was measured.

    Args:
        outcomes: What was measured.
        nodes: Whether to list the slowest nodes of every step.
    """
    for outcome in outcomes:
        parts = (_loads(outcome), _steps(outcome), _kinds(outcome))
        yield Section(outcome.engine, "\n".join(parts))
        if nodes:
            for step in outcome.steps:
                if step.nodes:
                    yield Section(f"{outcome.engine}, slowest of: {step.name}", _slowest(step))


def figures(outcomes: Sequence[Outcome], world: World) -> dict[str, Any]:
    """Give the figures, all that was measured included."""
    return {
        "world": asdict(world),
        "verdicts": [asdict(each) for outcome in outcomes for each in verdicts(outcome)],
        "engines": [
            {**asdict(outcome), "incremental_models": sorted(outcome.incremental_models)}
            for outcome in outcomes
        ],
    }


def _loads(outcome: Outcome) -> str:
    loads = ", ".join(f"{load.rows:,} in {load.seconds:.0f} s" for load in outcome.loads)
    return f"Raw rows loaded: {loads}; {outcome.raw_bytes / _MIB:,.0f} MiB on disk.\n"


def _steps(outcome: Outcome) -> str:
    full = outcome.step(FULL)

    def row(step: Step) -> list[str]:
        cpu = step.cpu_seconds + step.server_cpu_seconds
        shares = ["", ""]
        if full and step.nodes:
            of_full = full.cpu_seconds + full.server_cpu_seconds
            shares = [f"{step.seconds / full.seconds:.2f}", f"{cpu / of_full:.2f}"]
        return [
            step.name,
            f"{step.seconds:.1f}",
            shares[0],
            f"{step.cpu_seconds:.1f}",
            f"{step.server_cpu_seconds:.1f}",
            shares[1],
            f"{step.peak_bytes / _MIB:,.0f}",
            f"{step.server_peak_bytes / _MIB:,.0f}",
            "failed" if step.failure else "",
        ]

    head = ["step", "s", "of full", "CPU s dbt", "server", "of full", "MiB dbt", "server", ""]
    return table(head, map(row, outcome.steps))


def _kinds(outcome: Outcome) -> str:
    """What the nodes took, by kind. They run side by side, so the sums exceed the time."""
    steps = [step for step in outcome.steps if step.nodes]
    found = [seconds_by_kind(step) for step in steps]
    kinds = dict.fromkeys(kind for each in found for kind in each)

    def row(kind: str) -> list[str]:
        cells = [each.get(kind, (0, 0.0)) for each in found]
        return [kind, *(f"{number}: {seconds:.1f}" if number else "" for number, seconds in cells)]

    head = ["nodes: summed s", *(step.name for step in steps)]
    return table(head, map(row, kinds))


def _slowest(step: Step) -> str:
    nodes = sorted(step.nodes, key=lambda node: -node.seconds)[:10]
    rows = ([node.name, f"{node.seconds:.2f}", node.status] for node in nodes)
    return table(["node", "s", "status"], rows)
