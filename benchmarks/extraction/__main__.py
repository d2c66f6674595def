"""tap-meta-ads beside tap-facebook and Airbyte's source, in one run and against one server.

    python -m benchmarks.extraction                    all scenarios, peers up to 200 s a run
    python -m benchmarks.extraction --whole            however long the peers take
    python -m benchmarks.extraction --quick            tiny, to see that all of it works
    python -m benchmarks.extraction --only cpu --repeat 5 --output RESULTS.md

Writes the report to standard output, and progress to standard error. The peers are installed into
`.bench` the first time. Exits with 1 when a tool fails, or does not find the rows that there are;
a figure that is not reached is in the report, and no failure.
"""

from __future__ import annotations

import argparse
import math
import shlex
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.extraction import peers
from benchmarks.extraction.bounds import bound
from benchmarks.extraction.checks import truth
from benchmarks.extraction.measure import Outcome, measure, startup_seconds, work_of
from benchmarks.extraction.report import markdown
from benchmarks.extraction.scenarios import SCENARIOS, UNTIL
from benchmarks.extraction.server import serve
from benchmarks.extraction.tools import Airbyte, TapFacebook, TapMetaAds, ToolError
from benchmarks.peers import HOME, PeerError, ensure, make_home

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.extraction.measure import Measured
    from benchmarks.extraction.scenarios import Scenario
    from benchmarks.extraction.tools import Tool

_PEERS = (peers.TAP_FACEBOOK, peers.AIRBYTE)
_OUR_LIMIT = 3600.0
_STARTS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; returns the exit status."""
    options = _options(arguments)
    # An exception, so that the tool and the sandbox that are running end with this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    make_home()
    try:
        return _run(options, shlex.join(arguments or sys.argv[1:]))
    except (PeerError, ToolError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: argparse.Namespace, arguments: str) -> int:
    theirs = _peer_tools() if options.peers else []
    scenarios = [s.quick() if options.quick else s for s in SCENARIOS if s.name in options.only]
    modes = dict.fromkeys(mode for scenario in scenarios for mode in scenario.modes)
    ours = {mode: TapMetaAds(options.tap, mode) for mode in modes}
    startups = _startups([*ours.values(), *theirs])
    outcomes = []
    for scenario in scenarios:
        tools: list[Tool] = [ours[mode] for mode in scenario.modes]
        tools += theirs if scenario.has_peers else []
        outcomes.append(_outcome(scenario, tools, startups, options))
    text = markdown(
        outcomes,
        _PEERS if theirs else (),
        startups,
        f"python -m benchmarks.extraction {arguments}".strip(),
        tap=options.tap,
        is_quick=options.quick,
    )
    print(text)
    if options.output:
        options.output.write_text(text)
    return 0 if all(_is_right(one) for outcome in outcomes for one in outcome.measured) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.extraction",
        description=(__doc__ or "").splitlines()[0],
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
        "--tap", default=_our_command(), metavar="COMMAND", help="the tap-meta-ads to measure"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report there too")
    options = parser.parse_args(arguments)
    if options.repeat < 1:
        parser.error("--repeat is at least 1.")
    return options


def _our_command() -> str:
    """The command beside the Python that runs this, else the one on the PATH."""
    beside = Path(sys.executable).with_name("tap-meta-ads")
    return str(beside) if beside.exists() else shutil.which("tap-meta-ads") or "tap-meta-ads"


def _peer_tools() -> list[Tool]:
    facebook, airbyte = map(ensure, _PEERS)
    return [TapFacebook(facebook), Airbyte(airbyte)]


def _startups(tools: Sequence[Tool]) -> dict[str, float]:
    """How long each tool takes to do nothing, on a server that answers at once."""
    scenario = SCENARIOS[0].quick()
    found: dict[str, float] = {}
    with serve(accounts=1, ads=10, days=10, latency_ms=0, job_seconds=0) as server:
        work = work_of(scenario, server)
        for tool in {tool.program: tool for tool in tools}.values():
            seconds = startup_seconds(tool, work, HOME / "runs" / "startup", _STARTS)
            found[tool.program] = seconds
            _say(f"start-up of {tool.program}: {seconds:.2f} s")
    return found


def _outcome(
    scenario: Scenario,
    tools: Sequence[Tool],
    startups: Mapping[str, float],
    options: argparse.Namespace,
) -> Outcome:
    _say(f"{scenario.title}: {scenario.words}")
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
            one = measure(
                tool,
                scenario,
                server,
                true,
                HOME / "runs" / f"{scenario.name}-{tool.name.replace(' ', '-')}",
                startup=startups[tool.program],
                limit=options.peer_limit if tool.is_peer else _OUR_LIMIT,
                repeat=options.repeat,
            )
            _say(_line(one))
            measured.append(one)
    return Outcome(scenario, least, sum(map(len, true.values())), tuple(measured))


def _line(one: Measured) -> str:
    more = "more than " if one.is_cut else ""
    words = one.checked.words if one.checked else one.failure or "not finished"
    return f"  {one.tool}: {more}{one.seconds:.2f} s, {one.calls:,} calls, {words}"


def _is_right(one: Measured) -> bool:
    return (one.is_peer and one.is_cut) or bool(one.checked and one.checked.is_right)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
