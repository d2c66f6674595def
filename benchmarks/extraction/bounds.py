"""What no tool can beat: the server's own latencies, and the standard library's JSON."""

from __future__ import annotations

import json
import os
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.extraction.fields import (
    INSIGHTS,
    INSIGHTS_FIELDS,
    WINDOWS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.extraction.scenarios import Scenario
    from benchmarks.extraction.server import Server

_PAGE = 1000
_PROBES = 5
# A job is submitted, asked about once, read in one page.
_INSIGHTS_CALLS = 3
# The account, a page of ads, and a second one: as many ads do not fit into one page.
_ENTITY_CALLS = 3


@dataclass(frozen=True)
class Bound:
    """The least time, in seconds.

    Attributes:
        latency: Calls that have to come one after the other, and a job.
        json: `json.loads` and `json.dumps` of the rows, written to the null device; 0 where that
            is not what takes the time.
        words: How the first one comes about.
        row_bytes: Length of a row as Meta sends it; 0 where `json` is.
    """

    latency: float
    json: float
    words: str
    row_bytes: float


def bound(server: Server, scenario: Scenario) -> Bound:
    """Measure the bounds of a scenario on its own server."""
    call = statistics.median(_call_seconds(server) for _ in range(_PROBES))
    count = _INSIGHTS_CALLS if INSIGHTS in scenario.streams else _ENTITY_CALLS
    seconds = count * call + scenario.job_seconds
    words = f"{count} calls of {1000 * call:.0f} ms"
    if scenario.job_seconds:
        words += f" and a job of {scenario.job_seconds:g} s"
    if not scenario.is_warm:
        return Bound(seconds, 0.0, words, 0.0)
    taken, rows, size = 0.0, 0, 0
    with Path(os.devnull).open("w", encoding="utf-8") as out:
        for page in _pages(server, scenario):
            began = time.perf_counter()
            data = json.loads(page)["data"]
            out.writelines(json.dumps(row) + "\n" for row in data)
            taken += time.perf_counter() - began
            rows += len(data)
            size += len(page)
    return Bound(seconds, taken, words, size / max(1, rows))


def _call_seconds(server: Server) -> float:
    began = time.perf_counter()
    server.get("/v25.0/me", fields="id")
    return time.perf_counter() - began


def _pages(server: Server, scenario: Scenario) -> Iterator[bytes]:
    """The rows as all tools get them, in pages; a day at a time, so that none is too large."""
    for account in server.accounts:
        for number in range(scenario.days):
            day = str(scenario.since + timedelta(days=number))
            after: dict[str, str] | None = {}
            while after is not None:
                page = server.get(
                    f"/v25.0/act_{account}/insights",
                    level="ad",
                    fields=",".join(INSIGHTS_FIELDS),
                    time_range={"since": day, "until": day},
                    time_increment=1,
                    action_attribution_windows=WINDOWS,
                    limit=_PAGE,
                    **after,
                )
                yield page
                paging = json.loads(page).get("paging", {})
                after = {"after": paging["cursors"]["after"]} if "next" in paging else None
