"""The report: tables that can be read on a terminal and as Markdown, and the same as JSON."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.star_schema.figures import FULL, seconds_by_kind, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from benchmarks.star_schema.figures import Outcome
    from benchmarks.star_schema.process import Step
    from benchmarks.star_schema.world import World

_MIB = 1 << 20
_HOW = """\
Times are from start to end of the dbt process, tests included where it is a build. CPU is the
processor time of dbt and of the server; memory is the most at once, looked at every 50 ms, with
what the server's processes share counted once. The project was parsed before, as it is for
everybody but the first build after a change.
"""


def text(
    outcomes: Sequence[Outcome], world: World, command: str, *, nodes: bool, is_quick: bool
) -> str:
    """Write the report.

    Args:
        outcomes: What was measured.
        world: The rows that it was measured with.
        command: The command that made it.
        nodes: Whether to list the slowest nodes of every step.
        is_quick: Whether it was made with `--quick`.
    """
    parts = [
        "# The star schema\n",
        f"* `{command}`\n* {_machine()}\n* {_size(world)}\n",
        *(["**Made with `--quick`: no figure here says anything of speed.**\n"] * is_quick),
        _HOW,
        "## Required figures\n",
        _table(["figure", "required", "found", "", "short by"], _verdict_rows(outcomes)),
    ]
    for outcome in outcomes:
        parts += [f"## {outcome.engine}\n", _loads(outcome), _steps(outcome), _kinds(outcome)]
        if nodes:
            parts += [_slowest(step) for step in outcome.steps if step.nodes]
    return "\n".join(parts)


def as_json(outcomes: Sequence[Outcome], world: World, command: str) -> dict[str, Any]:
    """Give the figures, all that was measured included."""
    return {
        "command": command,
        "machine": _machine(),
        "world": asdict(world),
        "verdicts": [asdict(each) for outcome in outcomes for each in verdicts(outcome)],
        "engines": [
            {**asdict(outcome), "incremental_models": sorted(outcome.incremental_models)}
            for outcome in outcomes
        ],
    }


def _size(world: World) -> str:
    return f"{world.rows:,} rows of Insights over {world.days} days, seed {world.seed}"


def _verdict_rows(outcomes: Sequence[Outcome]) -> Iterator[list[str]]:
    for outcome in outcomes:
        for each in verdicts(outcome):
            reached = "reached" if each.is_reached else "falls short"
            yield [each.figure, each.required, each.found, reached, each.short_by]


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
    return _table(head, map(row, outcome.steps))


def _kinds(outcome: Outcome) -> str:
    """What the nodes took, by kind. They run side by side, so the sums exceed the time."""
    steps = [step for step in outcome.steps if step.nodes]
    found = [seconds_by_kind(step) for step in steps]
    kinds = dict.fromkeys(kind for each in found for kind in each)

    def row(kind: str) -> list[str]:
        cells = [each.get(kind, (0, 0.0)) for each in found]
        return [kind, *(f"{number}: {seconds:.1f}" if number else "" for number, seconds in cells)]

    head = ["nodes: summed s", *(step.name for step in steps)]
    return _table(head, map(row, kinds))


def _slowest(step: Step) -> str:
    nodes = sorted(step.nodes, key=lambda node: -node.seconds)[:10]
    rows = ([node.name, f"{node.seconds:.2f}", node.status] for node in nodes)
    return f"### Slowest of: {step.name}\n\n" + _table(["node", "s", "status"], rows)


def _table(head: Sequence[str], rows: Iterable[list[str]]) -> str:
    body = list(rows)
    widths = [max(3, *(len(row[at]) for row in [head, *body])) for at in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in [head, ["-" * width for width in widths], *body]
    ]
    return "\n".join(lines) + "\n"


def _machine() -> str:
    cores = f"{os.cpu_count()} cores, {platform.system()}"
    return f"{machine.processor()}, {cores}, Python {platform.python_version()}"
