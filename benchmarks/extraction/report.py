"""The report: Markdown whose tables can be read on a terminal too."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.extraction.figures import MIB, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.extraction.measure import Measured, Outcome
    from benchmarks.peers import Peer
    from benchmarks.verdict import Verdict

_HOW = """\
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
_QUICK = """\
**Made with `--quick`: the sizes are tiny, and no figure here says anything of speed.**
"""


def markdown(
    outcomes: Sequence[Outcome],
    peers: Sequence[Peer],
    startups: Mapping[str, float],
    command: str,
    *,
    tap: str,
    is_quick: bool,
) -> str:
    """Write the report.

    Args:
        outcomes: What was measured.
        peers: Who took part.
        startups: Name of each tool and its start-up, in seconds.
        command: The command that made it.
        tap: Our tap's command, which is asked for its version.
        is_quick: Whether the sizes are those of `--quick`.
    """
    parts = [
        "# Extraction, side by side\n",
        *([_QUICK] if is_quick else []),
        "\n".join(f"* {line}" for line in _circumstances(peers, command, tap)) + "\n",
        _HOW,
        "## Required figures\n",
        _table(
            ["figure", "required", "found", "", "short by"], map(_verdict_row, verdicts(outcomes))
        ),
        "## Start-up\n",
        _table(["tool", "s"], ([name, f"{s:.2f}"] for name, s in startups.items())),
    ]
    for outcome in outcomes:
        parts += [f"## {outcome.scenario.title}\n", _about(outcome), _measurements(outcome)]
    return "\n".join(parts)


def _verdict_row(verdict: Verdict) -> list[str]:
    reached = "reached" if verdict.is_reached else "falls short"
    return [verdict.figure, verdict.required, verdict.found, reached, verdict.short_by]


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
    head = [
        "tool",
        "s",
        "net s",
        "runs",
        "CPU s",
        "server s",
        "calls",
        "MiB",
        "rows",
        "fields",
        "check",
    ]
    return _table(head, (_measured_row(one) for one in outcome.measured))


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


def _table(head: Sequence[str], rows: Iterator[list[str]] | map[list[str]]) -> str:
    body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in [head, *body]) for at in range(len(head))]
    rule = ["-" * max(3, width) for width in widths]
    lines = [
        "| " + " | ".join(c.ljust(max(3, w)) for c, w in zip(r, widths, strict=True)) + " |"
        for r in [head, rule, *body]
    ]
    return "\n".join(lines) + "\n"


def _circumstances(peers: Sequence[Peer], command: str, tap: str) -> Iterator[str]:
    yield f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, `{command}`"
    yield f"{machine.processor()}, {os.cpu_count()} cores, {_memory()}{platform.system()}"
    yield f"Python {platform.python_version()}{machine.commit()}"
    yield machine.said_by([tap, "--version"])
    for peer in peers:
        yield f"{peer.name} {peer.version} ({', '.join(peer.pins)})"


def _memory() -> str:
    if "SC_PHYS_PAGES" not in os.sysconf_names:
        return ""
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / (1 << 30):.0f} GiB, "
