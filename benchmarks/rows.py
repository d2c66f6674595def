"""What a row costs the tap's main thread: from Meta's bytes to a line of Singer's.

The rows are the sandbox's: a small report and the whole of `ads_insights`. Measured are the fast
way (`codec`), the slow way (`casting`), which all rows take that are not as usual, and what the
standard library needs to parse and write the same rows without casting anything. Then how much
memory a row takes while it waits to be written: as Meta's bytes, as structs, as dicts.

Each figure is processor time, the best of several rounds: a busy machine only ever adds to it.

Run: ``python benchmarks/rows.py [--ads 300] [--rounds 7]``.
Prints a table to standard error and the figures as JSON to standard output.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import requests

from tap_meta_ads.engine.tasks import decode_page
from tap_meta_ads.reports.presets import PRESETS
from tap_meta_ads.rows.codec import RowCodec

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_meta_ads.reports.report import Report

_VERSION = "v26.0"
_SMALL = replace(
    PRESETS[0],
    name="small_report",
    fields=tuple(
        "impressions clicks spend reach frequency ctr cpc cpm inline_link_clicks actions".split()
    ),
    action_attribution_windows=(),
)
_REPORTS = (_SMALL, PRESETS[0])


class Figures(NamedTuple):
    """What was measured of one report.

    Attributes:
        report: Its name.
        rows: How many rows.
        bytes_in: Length of a row as Meta writes it.
        bytes_out: Length of its line.
        microseconds: Way and time of a row.
        memory: Form and bytes of a row that waits.
    """

    report: str
    rows: int
    bytes_in: int
    bytes_out: int
    microseconds: dict[str, float]
    memory: dict[str, int]


def _bodies(reports: tuple[Report, ...], ads: int) -> list[bytes]:
    """A page of each report, as the sandbox answers it."""
    command = [sys.executable, "-m", "meta_sandbox.cli", "serve", "--port", "0", "--accounts", "1"]
    command += ["--ads", str(ads), "--days", "30", "--exit-with-stdin"]
    command += ["--max-sync-points", "100000000"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError("The sandbox has no pipes.")
        ready = json.loads(server.stdout.readline())
        bodies = []
        for report in reports:
            answer = requests.get(
                f"{ready['url']}/{_VERSION}/act_{ready['accounts'][0]}/insights",
                headers={"Authorization": f"Bearer {ready['token']}"},
                params={
                    "level": report.level,
                    "fields": ",".join(report.columns),
                    "action_attribution_windows": json.dumps(report.action_attribution_windows),
                    "date_preset": "last_30d",
                    "time_increment": "1",
                    "limit": "1000",
                },
                timeout=120,
            )
            answer.raise_for_status()
            bodies.append(answer.content)
        server.stdin.close()
        server.wait(timeout=30)
    return bodies


def _fail(*told: object) -> None:
    raise RuntimeError(f"The sandbox's rows are not as usual: {told}")


def _best(work: Callable[[], object], rows: int, rounds: int) -> float:
    """Microseconds of a row, in the best round."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best / rows * 1e6


def _held(make: Callable[[], object], rows: int) -> int:
    """Bytes of a row of what `make` returns, and of all that it keeps alive."""
    gc.collect()
    tracemalloc.start()
    kept = make()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return size // rows


def measure(report: Report, body: bytes, rounds: int) -> Figures:
    """Measure one report on one page of it."""
    reader = RowCodec(
        report.name,
        report.kinds(_VERSION),
        report.keys,
        _VERSION,
        members=report.action_attribution_windows,
        misfit=_fail,
        unknown=_fail,
    )
    page, now, account = decode_page(body), datetime.now(timezone.utc), "1"
    raws = page.data
    count = len(raws)
    rows = reader.read(raws, account)
    if reader.slow:
        _fail(f"{reader.slow} of {count} went the slow way")
    plain = reader.plain(raws, account)
    parsed = json.loads(body)["data"]

    def fast() -> object:
        return reader.lines(reader.read(raws, account), now)

    def collecting_nothing() -> object:
        gc.disable()
        try:
            return fast()
        finally:
            gc.enable()

    ways: dict[str, Callable[[], object]] = {
        "split page": lambda: decode_page(body),
        "fast: read": lambda: reader.read(raws, account),
        "fast: write": lambda: reader.lines(rows, now),
        "fast: both": fast,
        "fast: both, gc off": collecting_nothing,
        "sum of spend": lambda: reader.spend(rows),
        "slow: read": lambda: reader.plain(raws, account),
        "slow: write": lambda: reader.lines(plain, now),
        "json: loads": lambda: json.loads(body),
        "json: dumps": lambda: _dumps(parsed),
    }
    forms: dict[str, Callable[[], object]] = {
        "Raw": lambda: decode_page(bytes(bytearray(body))),
        "struct": lambda: reader.read(raws, account),
        "dict": lambda: msgspec.json.decode(body),
        "line": lambda: reader.lines(rows, now),
    }
    return Figures(
        report.name,
        count,
        len(body) // count,
        len(reader.lines(rows, now)) // count,
        {name: round(_best(work, count, rounds), 2) for name, work in ways.items()},
        {name: _held(make, count) for name, make in forms.items()},
    )


def _dumps(rows: list[dict[str, Any]]) -> list[str]:
    return [json.dumps({"type": "RECORD", "stream": "x", "record": row}) for row in rows]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ads", type=int, default=300, help="ads of the advertiser")
    parser.add_argument("--rounds", type=int, default=7, help="of which the best counts")
    arguments = parser.parse_args()
    bodies = _bodies(_REPORTS, arguments.ads)
    figures = [
        measure(report, body, arguments.rounds)
        for report, body in zip(_REPORTS, bodies, strict=True)
    ]
    sys.stderr.write("\n".join([*_table(figures), ""]))
    print(json.dumps([figure._asdict() for figure in figures]))


def _table(figures: list[Figures]) -> list[str]:
    head = f"{'':28}" + "".join(f"{figure.report:>16}" for figure in figures)

    def line(name: str, cells: list[object]) -> str:
        return f"{name:28}" + "".join(f"{cell:>16}" for cell in cells)

    return [
        head,
        line("rows", [figure.rows for figure in figures]),
        line("bytes of a row, from Meta", [figure.bytes_in for figure in figures]),
        line("bytes of a row, written", [figure.bytes_out for figure in figures]),
        "microseconds of a row",
        *(
            line(f"  {name}", [figure.microseconds[name] for figure in figures])
            for name in figures[0].microseconds
        ),
        "bytes of a row that waits",
        *(
            line(f"  {name}", [figure.memory[name] for figure in figures])
            for name in figures[0].memory
        ),
    ]


if __name__ == "__main__":
    main()
