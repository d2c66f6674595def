"""The required figures, and what has become of them. Pure: measurements in, verdicts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.extraction.fields import INSIGHTS
from benchmarks.extraction.tools import Airbyte, TapFacebook, TapMetaAds
from benchmarks.verdict import Found, Limit, NotMeasuredError, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.extraction.measure import Measured, Outcome
    from benchmarks.extraction.scenarios import Scenario
    from benchmarks.verdict import Verdict

MIB = 1 << 20
PEERS = (TapFacebook.name, Airbyte.name)

_TIMES_FASTER = {"latency": 8, "accounts": 18, "cpu": 8, "entities": 2.5}
_OF_THE_LATENCIES = Limit("at most", 1.5)
_ROWS_A_SECOND = Limit("at least", 40_000, digits=0)
_MEMORY = Limit("at most", 150, " MiB", digits=0)
# Memory that grows with the rows would be more than ten times as much.
_SAME_MEMORY = Limit("at most", 1.1)
_CALLS_OF_INSIGHTS = Limit("at most", 1 / 5, words="at most 1/5")
_CALLS_OF_ENTITIES = Limit("at most", 1)
# Two measurements of the same thing differ by as much, on a machine that does nothing else.
_AUTO = Limit("at most", 1.05)


def verdicts(
    scenarios: Sequence[Scenario], outcomes: Sequence[Outcome], absent: Mapping[str, str]
) -> list[Verdict]:
    """Judge all figures of some scenarios.

    Args:
        scenarios: Those that were to be measured.
        outcomes: What was measured.
        absent: The tools that did not take part, and why, in a few words.
    """
    judge_ = _Judge(outcomes, absent)
    found = [verdict for scenario in scenarios for verdict in judge_.scenario(scenario)]
    by_name = {scenario.name: scenario for scenario in scenarios}
    if {"cpu", "memory"} <= by_name.keys():
        found.append(judge_.same_memory(by_name["cpu"], by_name["memory"]))
    return found


class _Judge:
    """Judges by what was measured."""

    def __init__(self, outcomes: Sequence[Outcome], absent: Mapping[str, str]) -> None:
        self._outcomes = {outcome.scenario.name: outcome for outcome in outcomes}
        self._absent = absent

    def scenario(self, scenario: Scenario) -> Iterator[Verdict]:
        """All figures of one scenario."""
        for mode in scenario.modes:
            tool = f"{TapMetaAds.program} {mode}"
            if scenario.has_peers:
                for peer in PEERS:
                    yield self._times(scenario, tool, peer)
                for peer in PEERS:
                    yield self._calls(scenario, tool, peer)
            if scenario.name == "latency" and mode == "async":
                yield self._net(scenario, tool)
            if scenario.name == "cpu":
                yield self._rate(scenario, tool)
            if scenario.name in {"cpu", "memory"}:
                yield self._memory(scenario, tool)
        if scenario.name == "latency":
            yield self._auto(scenario)

    def same_memory(self, few: Scenario, many: Scenario) -> Verdict:
        """Memory with many rows, in times of that with few."""

        def measure() -> Found:
            peaks = [
                self._ours(scenario, f"{TapMetaAds.program} {scenario.modes[0]}").peak_bytes
                for scenario in (few, many)
            ]
            rows = " / ".join(f"{self._outcomes[one.name].rows:,}" for one in (many, few))
            return Found(peaks[1] / peaks[0], f"{rows} rows")

        figure = f"{many.title}: memory in times of that with fewer rows"
        return judge(figure, _SAME_MEMORY, measure)

    def _times(self, scenario: Scenario, tool: str, peer: str) -> Verdict:
        limit = Limit("at least", _TIMES_FASTER[scenario.name], digits=1)

        def measure() -> Found:
            ours, theirs = self._ours(scenario, tool), self._peer(scenario, peer)
            times = theirs.seconds / ours.seconds
            # A peer that was cut may have needed any time more.
            if theirs.is_cut and times < limit.value:
                raise NotMeasuredError(f"{peer} was ended after {theirs.seconds:.0f} s")
            beside = f"{theirs.seconds:.2f} s / {ours.seconds:.2f} s"
            return Found(times, beside, prefix="at least " if theirs.is_cut else "")

        return judge(f"{scenario.title}: {tool}, times faster than {peer}", limit, measure)

    def _calls(self, scenario: Scenario, tool: str, peer: str) -> Verdict:
        limit = _CALLS_OF_INSIGHTS if INSIGHTS in scenario.streams else _CALLS_OF_ENTITIES

        def measure() -> Found:
            ours, theirs = self._ours(scenario, tool), self._peer(scenario, peer)
            share = ours.calls / max(1, theirs.calls)
            if theirs.is_cut and share > limit.value:
                raise NotMeasuredError(f"{peer} was ended after {theirs.calls:,} calls")
            beside = f"{ours.calls:,} / {theirs.calls:,}"
            return Found(share, beside, prefix="at most " if theirs.is_cut else "")

        return judge(f"{scenario.title}: {tool}, calls in times of {peer}'s", limit, measure)

    def _net(self, scenario: Scenario, tool: str) -> Verdict:
        def measure() -> Found:
            ours, bound = self._ours(scenario, tool), self._outcomes[scenario.name].bound
            beside = f"{ours.net_seconds:.2f} s / {bound.latency:.2f} s"
            return Found(ours.net_seconds / bound.latency, beside)

        figure = f"{scenario.title}: {tool} after start-up, in times of the server's own latencies"
        return judge(figure, _OF_THE_LATENCIES, measure)

    def _rate(self, scenario: Scenario, tool: str) -> Verdict:
        def measure() -> Found:
            seconds = self._ours(scenario, tool).net_seconds
            if not seconds:
                raise NotMeasuredError("it took no longer than its start-up")
            return Found(self._outcomes[scenario.name].rows / seconds)

        figure = f"{scenario.title}: {tool}, rows a second after start-up"
        return judge(figure, _ROWS_A_SECOND, measure)

    def _memory(self, scenario: Scenario, tool: str) -> Verdict:
        def measure() -> Found:
            ours = self._ours(scenario, tool)
            return Found(ours.peak_bytes / MIB, f"{self._outcomes[scenario.name].rows:,} rows")

        return judge(f"{scenario.title}: {tool}, memory", _MEMORY, measure)

    def _auto(self, scenario: Scenario) -> Verdict:
        def measure() -> Found:
            waited, chosen = (
                self._ours(scenario, f"{TapMetaAds.program} {mode}") for mode in ("async", "auto")
            )
            beside = f"{chosen.seconds:.2f} s / {waited.seconds:.2f} s"
            return Found(chosen.seconds / waited.seconds, beside)

        return judge(f"{scenario.title}: auto in times of async", _AUTO, measure)

    def _ours(self, scenario: Scenario, tool: str) -> Measured:
        """What was measured of our tap; only a run that found what there is counts."""
        one = self._any(scenario, tool)
        if not one.is_right:
            raise NotMeasuredError("it did not find the rows that there are")
        return one

    def _peer(self, scenario: Scenario, tool: str) -> Measured:
        """The same of a peer, of which one that was cut counts too: it was no faster than that."""
        one = self._any(scenario, tool)
        if not (one.is_right or one.is_cut):
            raise NotMeasuredError(f"{tool} did not find the rows that there are")
        return one

    def _any(self, scenario: Scenario, tool: str) -> Measured:
        outcome = self._outcomes.get(scenario.name)
        for one in outcome.measured if outcome else ():
            if one.tool == tool:
                return one
        raise NotMeasuredError(f"{tool}: {self._absent.get(tool, 'it did not run')}")
