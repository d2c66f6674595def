"""target-meta-ads beside condor-retl-meta, in one run and against a server that answers at once."""

from __future__ import annotations

import argparse
import os
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.command import Benchmark, say
from benchmarks.delivery import peer, report
from benchmarks.delivery.figures import (
    AGAIN,
    BESIDE,
    BESIDE_ALIKE,
    FRESH,
    PEER,
    SLOW,
    WIDE,
    verdicts,
)
from benchmarks.delivery.measure import OURS, Step, measure
from benchmarks.delivery.records import KINDS, PEOPLE, PEOPLE_OF_PEER
from benchmarks.peers import ensure_all, make_home, version_of
from benchmarks.report import Report, Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.delivery.measure import Measured
    from benchmarks.delivery.records import Kind

_CONCURRENCY = 16
_SMALL = {"people": 11_000, "events": 3_000, "peer_records": 2_000, "latency": 30.0}
_LEFT_OUT = "left out by --no-peers"


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.delivery",
        description=__doc__,
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
        "--target",
        type=machine.command,
        default=machine.program(OURS),
        metavar="COMMAND",
        help="the target-meta-ads to measure",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report there too")
    options = parser.parse_args(arguments)
    if options.small:
        vars(options).update(_SMALL)
    if min(options.people, options.events, options.peer_records) < 1:
        parser.error("Numbers of records are at least 1.")
    return options


def _measure(options: argparse.Namespace) -> Report:
    pythons, absent = ensure_all([peer.CONDOR] if options.peer else [])
    problems = list(absent.values())
    folder = make_home() / "runs" / f"delivery-{os.getpid()}"
    folder.mkdir(parents=True)
    steps = [step for name in options.only for step in _steps(KINDS[name], options)]
    try:
        measured = list(_taken(steps, folder, options.target, pythons.get(peer.CONDOR), problems))
    finally:
        # Gigabytes, with personal data of the made-up people.
        shutil.rmtree(folder, ignore_errors=True)
    why = _LEFT_OUT if not options.peer else "not installed" if absent else ""
    return Report(
        how=report.how(has_peer=any(one.step.is_peer for one in measured)),
        verdicts=tuple(verdicts(steps, measured, why)),
        sections=tuple(report.sections(measured)),
        versions=tuple(_versions(options.target, pythons.get(peer.CONDOR), why)),
        problems=tuple(problems),
        is_tiny=options.small,
    )


DELIVERY = Benchmark("delivery", "Delivery", _parse, _measure)


def _taken(
    steps: Sequence[Step], folder: Path, target: str, python: Path | None, problems: list[str]
) -> Iterator[Measured]:
    """Take all steps; those beside the peer only when there is its Python.

    What goes wrong is added to `problems`, and the next step is taken.
    """
    now = datetime.now(timezone.utc).replace(microsecond=0)
    written = None
    for step in steps:
        if step.name in {BESIDE, BESIDE_ALIKE, PEER} and not python:
            continue
        records = folder / f"{step.kind.name}.jsonl"
        if written != (step.kind, step.count):
            step.kind.write(records, step.count, now)
            written = step.kind, step.count
        about = f"{step.kind.name}: {step.tool}, {step.name}"
        try:
            one = measure(step, records, folder / step.kind.name, target=target, python=python)
        except RuntimeError as error:
            problems.append(f"{about}: {_short(str(error))}")
            say(problems[-1])
            continue
        if one.wrong:
            problems.append(f"{about}: {_short(one.wrong)}")
        say(report.line(one))
        yield one


def _short(words: str) -> str:
    return " ".join(words.split())[:200]


def _steps(kind: Kind, options: argparse.Namespace) -> list[Step]:
    count, few = getattr(options, kind.name), options.peer_records
    steps = [
        Step(kind, FRESH, count),
        Step(kind, AGAIN, count, is_again=True),
        Step(kind, WIDE, count, concurrency=_CONCURRENCY),
        Step(kind, SLOW, count, latency=options.latency, concurrency=_CONCURRENCY),
    ]
    if kind is PEOPLE:
        steps.append(Step(PEOPLE_OF_PEER, BESIDE_ALIKE, few))
    return [*steps, Step(kind, BESIDE, few), Step(kind, PEER, few, is_peer=True)]


def _versions(target: str, python: Path | None, absent: str) -> Iterator[Version]:
    yield Version(OURS, machine.version_said_by(target, OURS))
    yield version_of(peer.CONDOR, python, absent)
