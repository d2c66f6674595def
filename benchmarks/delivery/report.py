"""The report: Markdown whose tables can be read on a terminal too."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.delivery import peer
from benchmarks.delivery.figures import MIB, least_requests, verdicts
from benchmarks.delivery.records import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.delivery.measure import Measured

_HOW = """\
One run, one after the other, each against a server in a process of its own on the same machine,
which takes everything and answers at once, or after the latency that stands there. Seconds are from
start to end of the command, imports included. target-meta-ads reads the records from a file on its
standard input, with a STATE after every thousand, and keeps its ledger in an SQLite file; settings
are the defaults, but for `max_concurrency` where it says "16 at once". "MiB" is the most that was
resident, and "by fifths" the most in each fifth of the time. "Arrived" is what the server has
counted in the bodies; what target-meta-ads says of itself has to be the same, and every record has
to have every match key. "Least" is the number of requests that Meta's limits allow: 10,000 rows,
1,000 events.

A row has external_id (the key, sent too), email, phone, first_name, last_name, zip and country:
seven match keys, six of them hashed. An event, a Purchase on a website, has email, phone,
external_id, fbp, client_ip_address and client_user_agent, its own id, event_source_url, value,
currency, order_id and num_items. One address of ten is written in upper and lower case and with
blanks, and two phone numbers of three as people of the country write them.
"""
_PEER = """\
condor-retl-meta reads a table: the same records were put into DuckDB before, which is not measured.
Its URL is changed to that of the server, nothing else. It runs as its guide says, with its own
ledger in the same file, and its defaults. It has less to do: of people it takes email, phone and
device ids alone, so that its rows have two match keys where ours have seven ("its match keys alone"
is our target with rows of the same two); its events have the same columns as ours. It hashes what
is there, trimmed and in lower case: phone numbers with their brackets and without their country.
It sends one request at a time, each over a new connection.
"""
_SMALL = """\
**Made with `--small`: the sizes are tiny, and no figure here says anything of speed or memory.**
"""


def text(measured: Sequence[Measured], command: str, *, target: str, is_small: bool) -> str:
    """Write the report.

    Args:
        measured: What was measured.
        command: The command that made it.
        target: Our command, which is asked for its version.
        is_small: Whether the sizes are those of `--small`.
    """
    has_peer = any(one.step.is_peer for one in measured)
    parts = [
        "# Delivery, side by side\n",
        *([_SMALL] if is_small else []),
        "\n".join(f"* {line}" for line in _circumstances(command, target, has_peer=has_peer))
        + "\n",
        _HOW,
        *([_PEER] if has_peer else []),
        "## Required figures\n",
        _table(
            ["figure", "required", "found", "", "short by"],
            (
                [
                    one.figure,
                    one.required,
                    one.found,
                    "reached" if one.is_reached else "falls short",
                    one.short_by,
                ]
                for one in verdicts(measured)
            ),
        ),
    ]
    for name in KINDS:
        if of_kind := [one for one in measured if one.step.kind.name == name]:
            parts += [f"## {name}\n", _measurements(of_kind)]
    return "\n".join(parts)


def line(one: Measured) -> str:
    """One measurement, for the progress."""
    found = one.wrong or f"{one.arrived:,} arrived in {one.requests:,} requests"
    return (
        f"{one.step.kind.name}, {one.step.tool}, {one.step.name}: {one.run.seconds:.1f} s, "
        f"{one.rate:,.0f}/s, {one.run.peak_bytes / MIB:.0f} MiB, {found}"
    )


def _measurements(measured: Iterable[Measured]) -> str:
    head = ["tool", "run", "records", "ms", "s", "records/s", "CPU s", "server s", "MiB"]
    head += ["by fifths", "MB sent", "requests", "least", "other", "arrived", ""]
    return _table(head, map(_row, measured))


def _row(one: Measured) -> list[str]:
    fifths = [one.run.peak_of_fifth(fifth) / MIB for fifth in range(5)]
    return [
        one.step.tool,
        one.step.name,
        f"{one.step.count:,}",
        f"{one.step.latency:g}",
        f"{one.run.seconds:.2f}",
        f"{one.rate:,.0f}",
        f"{one.run.cpu_seconds:.2f}",
        f"{one.server_seconds:.2f}",
        f"{one.run.peak_bytes / MIB:.0f}",
        " ".join(f"{fifth:.0f}" for fifth in fifths),
        f"{one.sent_bytes / 1e6:,.0f}",
        f"{one.requests:,}",
        f"{least_requests(one.step):,}",
        f"{one.other_requests:,}",
        f"{one.arrived:,}",
        f"wrong: {' '.join(one.wrong.split())[:200]}" if one.wrong else "",
    ]


def _table(head: Sequence[str], rows: Iterable[list[str]]) -> str:
    body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(3, *(len(row[at]) for row in [head, *body])) for at in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in [head, ["-" * width for width in widths], *body]
    ]
    return "\n".join(lines) + "\n"


def _circumstances(command: str, target: str, *, has_peer: bool) -> Iterator[str]:
    yield f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, `{command}`"
    cores = f"{os.cpu_count()} cores, {platform.system()}"
    yield f"{machine.processor()}, {cores}, load {_load()} at the end"
    yield f"Python {platform.python_version()}{machine.commit()}"
    yield machine.said_by([target, "--version"])
    if has_peer:
        pins = ", ".join(peer.CONDOR.pins)
        yield f"{peer.CONDOR.name} {peer.CONDOR.version} ({pins}), Python 3.{peer.CONDOR.minors[0]}"


def _load() -> str:
    """Of the last minute: one busy program makes about 1, and this one is measured."""
    return f"{os.getloadavg()[0]:.1f}"
