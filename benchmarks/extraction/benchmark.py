"""tap-meta-ads beside tap-facebook and Airbyte's source, in one run and against one server."""

from __future__ import annotations

import argparse
import math
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.command import Benchmark, say
from benchmarks.extraction import report
from benchmarks.extraction.bounds import bound
from benchmarks.extraction.checks import truth
from benchmarks.extraction.figures import verdicts
from benchmarks.extraction.measure import Outcome, measure, startup_seconds, work_of
from benchmarks.extraction.scenarios import SCENARIOS, UNTIL
from benchmarks.extraction.server import serve
from benchmarks.extraction.tools import Airbyte, TapFacebook, TapMetaAds, ToolError
from benchmarks.peers import ensure_all, make_home, version_of
from benchmarks.report import Report, Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.extraction.measure import Measured
    from benchmarks.extraction.scenarios import Scenario
    from benchmarks.extraction.tools import Tool
    from benchmarks.peers import Peer

_PEERS: tuple[type[TapFacebook | Airbyte], ...] = (TapFacebook, Airbyte)
_OUR_LIMIT = 3600.0
_STARTS = 3
_LEFT_OUT = "left out by --no-peers"


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.extraction",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="scenarios")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each, for the median")
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument(
        "--peer-limit", type=float, default=200, metavar="S", help="seconds a peer gets for a run"
    )
    limit.add_argument(
        "--whole", dest="peer_limit", action="store_const", const=math.inf, help="no such limit"
    )
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="our tap alone")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: says nothing of speed")
    parser.add_argument(
        "--tap",
        type=machine.command,
        default=machine.program("tap-meta-ads"),
        metavar="COMMAND",
        help="the tap-meta-ads to measure",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report there too")
    options = parser.parse_args(arguments)
    if options.repeat < 1:
        parser.error("--repeat is at least 1.")
    return options


def _measure(options: argparse.Namespace) -> Report:
    run = _Measurement(options)
    scenarios = [s.quick() if options.quick else s for s in SCENARIOS if s.name in options.only]
    outcomes = list(run.outcomes(scenarios))
    return Report(
        how=report.HOW,
        verdicts=tuple(verdicts(scenarios, outcomes, run.absent)),
        sections=tuple(report.sections(outcomes, run.startups)),
        versions=tuple(run.versions()),
        problems=(*run.problems, *(p for outcome in outcomes for p in _problems(outcome))),
        is_tiny=options.quick,
    )


EXTRACTION = Benchmark("extraction", "Extraction", _parse, _measure)


class _Measurement:
    """One after the other, every tool in every scenario.

    Attributes:
        startups: How long each program takes to do nothing, in seconds.
        absent: The peers that do not take part, by the name of the tool, and why.
        problems: What went wrong with a whole program or a whole scenario, a sentence each.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.startups: dict[str, float] = {}
        self.absent: dict[str, str] = {}
        self.problems: list[str] = []
        self._options = options
        self._pythons: dict[Peer, Path] = {}
        self._folder = make_home() / "runs"

    def outcomes(self, scenarios: Sequence[Scenario]) -> Iterator[Outcome]:
        theirs = self._peers()
        modes = dict.fromkeys(mode for scenario in scenarios for mode in scenario.modes)
        ours = {mode: TapMetaAds(self._options.tap, mode) for mode in modes}
        self._start([*ours.values(), *theirs])
        for scenario in scenarios:
            tools: list[Tool] = [ours[mode] for mode in scenario.modes]
            tools += theirs if scenario.has_peers else []
            yield self._outcome(scenario, [t for t in tools if t.program in self.startups])

    def versions(self) -> Iterator[Version]:
        yield Version(
            TapMetaAds.program, machine.version_said_by(self._options.tap, TapMetaAds.program)
        )
        yield Version("meta-sandbox", version("meta-sandbox"))
        for tool in _PEERS:
            python = self._pythons.get(tool.peer)
            yield version_of(tool.peer, python, self.absent.get(tool.name, ""))

    def _peers(self) -> list[Tool]:
        if not self._options.peers:
            self.absent = dict.fromkeys((tool.name for tool in _PEERS), _LEFT_OUT)
            return []
        self._pythons, absent = ensure_all(tool.peer for tool in _PEERS)
        self.problems += absent.values()
        self.absent = {tool.name: "not installed" for tool in _PEERS if tool.peer in absent}
        return [tool(self._pythons[tool.peer]) for tool in _PEERS if tool.peer in self._pythons]

    def _start(self, tools: Sequence[Tool]) -> None:
        """Measure how long each program takes to do nothing; leave out what does not start."""
        scenario = SCENARIOS[0].quick()
        repeat = 1 if self._options.quick else _STARTS
        with serve(accounts=1, ads=10, days=10, latency_ms=0, job_seconds=0) as server:
            work = work_of(scenario, server)
            for tool in {tool.program: tool for tool in tools}.values():
                try:
                    seconds = startup_seconds(tool, work, self._folder / "startup", repeat)
                except ToolError as error:
                    self._complain(tool.program, error)
                    self.absent[tool.name] = "it does not start"
                    continue
                self.startups[tool.program] = seconds
                say(f"start-up of {tool.program}: {seconds:.2f} s")

    def _outcome(self, scenario: Scenario, tools: Sequence[Tool]) -> Outcome:
        say(f"{scenario.title}: {scenario.words}")
        with serve(
            accounts=scenario.accounts,
            ads=scenario.ads,
            days=scenario.history_days,
            latency_ms=scenario.latency_ms,
            job_seconds=scenario.job_seconds,
        ) as server:
            server.begin()
            least = bound(server, scenario)
            true = truth(server, scenario.streams, scenario.since, UNTIL)
            measured = []
            for tool in tools:
                try:
                    one = measure(
                        tool,
                        scenario,
                        server,
                        true,
                        self._folder / f"{scenario.name}-{tool.name.replace(' ', '-')}",
                        startup=self.startups[tool.program],
                        limit=self._options.peer_limit if tool.is_peer else _OUR_LIMIT,
                        repeat=self._options.repeat,
                    )
                except ToolError as error:
                    self._complain(f"{scenario.title}: {tool.name}", error)
                    continue
                say(_line(one))
                measured.append(one)
        return Outcome(scenario, least, sum(map(len, true.values())), tuple(measured))

    def _complain(self, about: str, error: ToolError) -> None:
        say(str(error))
        self.problems.append(f"{about} does not start, or lacks what it is asked for.")


def _line(one: Measured) -> str:
    more = "more than " if one.is_cut else ""
    words = one.checked.words if one.checked else one.failure or "not finished"
    return f"  {one.tool}: {more}{one.seconds:.2f} s, {one.calls:,} calls, {words}"


def _problems(outcome: Outcome) -> Iterator[str]:
    for one in outcome.measured:
        if not (one.is_right or (one.is_peer and one.is_cut)):
            words = one.checked.words if one.checked else "it did not come to its end"
            yield f"{outcome.scenario.title}: {one.tool}: {words}."
