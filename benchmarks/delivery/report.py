"""What the report tells of the delivery, beside the required figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.delivery.figures import MIB, least_requests
from benchmarks.delivery.records import KINDS
from benchmarks.report import Section, table

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


def how(*, has_peer: bool) -> str:
    """Tell how it was measured."""
    return f"{_HOW}\n{_PEER}" if has_peer else _HOW


def sections(measured: Sequence[Measured]) -> Iterator[Section]:
    """Write all that was measured."""
    for name in KINDS:
        if of_kind := [one for one in measured if one.step.kind.name == name]:
            yield Section(name, _measurements(of_kind))


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
    return table(head, map(_row, measured))


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
