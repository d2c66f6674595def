"""target-meta-ads beside condor-retl-meta, in one run and against a server that answers at once.

    python -m benchmarks.delivery                         a million people and a million events
    python -m benchmarks.delivery --small --no-peers       tiny, to see that all of it works
    python -m benchmarks.delivery --only events --output RESULTS.md

Each kind of records is delivered with a fresh ledger; the same again, of which nothing is new; with
16 requests at once, without and with latency; and, in smaller numbers, beside the peer. The report
goes to standard output, progress to standard error. The peer is installed into `.bench` the first
time. Exits with 1 when a tool fails, or when other records have arrived than there are; a figure
that is not reached is in the report, and no failure.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.delivery import peer, report
from benchmarks.delivery.figures import AGAIN, BESIDE, BESIDE_ALIKE, FRESH, PEER, SLOW, WIDE
from benchmarks.delivery.measure import Step, measure
from benchmarks.delivery.records import KINDS, PEOPLE, PEOPLE_OF_PEER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.delivery.measure import Measured
    from benchmarks.delivery.records import Kind

_CONCURRENCY = 16
_SMALL = {"people": 11_000, "events": 3_000, "peer_records": 2_000, "latency": 30.0}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; returns the exit status."""
    options = _options(arguments)
    # An exception, so that the tool and the server that are running end with this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = peers.make_home() / "runs" / f"delivery-{os.getpid()}"
    folder.mkdir(parents=True)
    try:
        python = peers.ensure(peer.CONDOR) if options.peer else None
        measured = [
            one for name in options.only for one in _kind(KINDS[name], folder, options, python)
        ]
    except (peers.PeerError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        # Gigabytes, with personal data of the made-up people.
        shutil.rmtree(folder, ignore_errors=True)
    command = f"python -m benchmarks.delivery {shlex.join(arguments or sys.argv[1:])}".strip()
    text = report.text(measured, command, target=options.target, is_small=options.small)
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return 1 if any(one.wrong for one in measured) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.delivery",
        description=(__doc__ or "").splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--people", type=int, default=1_000_000, help="rows of an audience")
    parser.add_argument("--events", type=int, default=1_000_000, help="events")
    parser.add_argument(
        "--peer-records", type=int, default=300_000, help="of each kind, beside the peer"
    )
    parser.add_argument("--latency", type=float, default=300.0, help="milliseconds a request")
    parser.add_argument("--only", nargs="+", choices=list(KINDS), default=list(KINDS), help="kinds")
    parser.add_argument("--no-peers", dest="peer", action="store_false", help="our target alone")
    parser.add_argument("--small", action="store_true", help="tiny sizes: says nothing of speed")
    parser.add_argument(
        "--target", default=_our_command(), metavar="COMMAND", help="the target-meta-ads to measure"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report there too")
    options = parser.parse_args(arguments)
    if options.small:
        vars(options).update(_SMALL)
    if min(options.people, options.events, options.peer_records) < 1:
        parser.error("Numbers of records are at least 1.")
    return options


def _our_command() -> str:
    """The command beside the Python that runs this, else the one on the PATH."""
    beside = Path(sys.executable).with_name("target-meta-ads")
    return str(beside) if beside.exists() else shutil.which("target-meta-ads") or "target-meta-ads"


def _kind(
    kind: Kind, folder: Path, options: argparse.Namespace, python: Path | None
) -> list[Measured]:
    """All steps of one kind of records."""
    measured = []
    now = datetime.now(timezone.utc).replace(microsecond=0)
    written = None
    records = folder / f"{kind.name}.jsonl"
    for step in _steps(kind, getattr(options, kind.name), options):
        if written != (step.kind, step.count):
            step.kind.write(records, step.count, now)
            written = step.kind, step.count
        place = folder / kind.name
        one = measure(step, records, place, target=options.target, python=python)
        print(report.line(one), file=sys.stderr, flush=True)
        measured.append(one)
    return measured


def _steps(kind: Kind, count: int, options: argparse.Namespace) -> list[Step]:
    steps = [
        Step(kind, FRESH, count),
        Step(kind, AGAIN, count, is_again=True),
        Step(kind, WIDE, count, concurrency=_CONCURRENCY),
        Step(kind, SLOW, count, latency=options.latency, concurrency=_CONCURRENCY),
    ]
    if options.peer:
        few = options.peer_records
        if kind is PEOPLE:
            steps.append(Step(PEOPLE_OF_PEER, BESIDE_ALIKE, few))
        steps += [Step(kind, BESIDE, few), Step(kind, PEER, few, is_peer=True)]
    return steps


if __name__ == "__main__":
    sys.exit(main())
