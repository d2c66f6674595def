"""What the report tells of the extraction, beside the required figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.extraction.figures import MIB
from benchmarks.report import Section, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.extraction.measure import Measured, Outcome

HOW = """\
One run, one after the other, against one server per scenario: `meta-sandbox` in a process of its
own. Times are medians from start to end of the command; "net" is without the start-up, which is
the time of the same command with no stream selected. "CPU" is the tool's processor time, "server"
the sandbox's. Memory is the peak of what was resident. Calls are counted by the sandbox as Meta
counts them: each part of a batch is one. Rows are compared with the sandbox's truth: each key once,
and the same spend; "fields" is how many of those asked for have a value in any row. "More than"
marks a run that was ended by the time limit of the peers. All tools are asked for the same fields
and days; tap-facebook cannot be kept from splitting action lists by target and destination, for
which its rows are about a sixth longer. Peers have their defaults in all else.
"""


def sections(outcomes: Sequence[Outcome], startups: Mapping[str, float]) -> Iterator[Section]:
    """Write all that was measured.

    Args:
        outcomes: What was measured.
        startups: Name of each tool and its start-up, in seconds.
    """
    rows = ([name, f"{seconds:.2f}"] for name, seconds in startups.items())
    yield Section("Start-up", table(["tool", "s"], rows))
    for outcome in outcomes:
        text = f"{_about(outcome)}\n{_measurements(outcome)}"
        yield Section(outcome.scenario.title, text)


def _about(outcome: Outcome) -> str:
    bound = outcome.bound
    lines = [f"{outcome.scenario.words}. There are {outcome.rows:,} rows to read."]
    lines.append(f"The server's own latencies: {bound.latency:.2f} s ({bound.words}).")
    if bound.json:
        lines.append(
            f"The standard library's JSON, reading and writing the same rows of "
            f"{bound.row_bytes:,.0f} bytes: {bound.json:.2f} s."
        )
    return "\n".join(lines) + "\n"


def _measurements(outcome: Outcome) -> str:
    head = ["tool", "s", "net s", "runs", "CPU s", "server s", "calls", "MiB", "rows", "fields"]
    head.append("check")
    return table(head, (_measured_row(one) for one in outcome.measured))


def _measured_row(one: Measured) -> list[str]:
    more = "more than " if one.is_cut else ""
    times = [run.seconds for run in one.runs]
    spread = f"{len(times)}: {min(times):.2f} to {max(times):.2f}" if len(times) > 1 else "1"
    rows, fields, check = "", "", "not finished"
    if one.checked:
        rows, fields = f"{one.checked.rows:,}", str(one.checked.filled)
        check = one.checked.words
    elif one.failure:
        check = f"failed: {' '.join(one.failure.split())[:200]}"
    return [
        one.tool,
        f"{more}{one.seconds:.2f}",
        f"{more}{one.net_seconds:.2f}",
        spread,
        f"{one.cpu_seconds:.2f}",
        f"{one.server_seconds:.2f}",
        f"{more}{one.calls:,}",
        f"{one.peak_bytes / MIB:.0f}",
        rows,
        fields,
        check,
    ]
