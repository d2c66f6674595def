"""The required figures, and what has become of them. Pure: measurements in, verdicts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.delivery.peer import CONDOR
from benchmarks.verdict import Found, Limit, NotMeasuredError, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.delivery.measure import Measured, Step
    from benchmarks.verdict import Verdict

MIB = 1 << 20

_RATE = Limit("at least", 20_000, digits=0)
_MEMORY = Limit("less than", 300, " MiB", digits=0)
# Memory that grows with the records would have grown fivefold.
_FLAT = Limit("at most", 1.1)
_LATENCY = Limit("at most", 1.3)
_PEER = Limit("at least", 5, digits=1)

FRESH = "fresh ledger"
AGAIN = "the same again"
WIDE = "fresh ledger, 16 at once"
SLOW = "fresh ledger, 16 at once, with latency"
BESIDE = "beside the peer"
BESIDE_ALIKE = "beside the peer, its match keys alone"
PEER = "the peer"


def verdicts(steps: Sequence[Step], measured: Sequence[Measured], absent: str) -> list[Verdict]:
    """Judge all figures of some steps.

    Args:
        steps: Those that were to be taken.
        measured: Those that were.
        absent: Why the peer did not take part, in a few words; empty when it did.
    """
    found: list[Verdict] = []
    for name in dict.fromkeys(step.kind.name for step in steps):
        judge_ = _Judge(
            name,
            [step for step in steps if step.kind.name == name],
            [one for one in measured if one.step.kind.name == name],
            absent,
        )
        found += judge_.verdicts()
    return found


def least_requests(step: Step) -> int:
    """The fewest requests with records that a step needs."""
    return 0 if step.is_again else step.kind.requests(step.count)


class _Judge:
    """Judges one kind of records."""

    def __init__(
        self, name: str, steps: Sequence[Step], measured: Sequence[Measured], absent: str
    ) -> None:
        self._name = name
        self._steps = {step.name: step for step in steps}
        self._measured = {one.step.name: one for one in measured}
        self._absent = absent

    def verdicts(self) -> Iterator[Verdict]:
        """All figures."""
        yield judge(f"{self._name}: records a second, whole process", _RATE, self._rate)
        yield judge(f"{self._name}: memory, the most of all our runs", _MEMORY, self._memory)
        figure = f"{self._name}: memory in the last fifth of the time, in times of the first"
        yield judge(figure, _FLAT, self._flat)
        yield from self._requests()
        if slow := self._steps.get(SLOW):
            latency = f"{slow.latency:g} ms a request"
            figure = f"{self._name}: time with {latency}, in times of that without"
            yield judge(figure, _LATENCY, self._latency)
        for name, alike in ((BESIDE, ""), (BESIDE_ALIKE, ", the same match keys")):
            if name in self._steps:
                yield self._peer(name, alike)

    def _rate(self) -> Found:
        return Found(self._one(FRESH).rate)

    def _memory(self) -> Found:
        ours = [one for one in self._measured.values() if not one.step.is_peer and not one.wrong]
        if not ours:
            raise NotMeasuredError("no run was as it should be")
        largest = max(ours, key=lambda one: one.run.peak_bytes)
        return Found(largest.run.peak_bytes / MIB, largest.step.name)

    def _flat(self) -> Found:
        fresh = self._one(FRESH)
        first, last = (fresh.run.peak_of_fifth(fifth) / MIB for fifth in (0, 4))
        if not first or not last:
            raise NotMeasuredError("it was too short, or nobody tells")
        return Found(last / first, f"{last:.0f} MiB / {first:.0f} MiB")

    def _requests(self) -> Iterator[Verdict]:
        """The fewest that the limits allow, in every run; none where nothing is new."""
        by_need: dict[tuple[int, bool], list[Step]] = {}
        for step in self._steps.values():
            if not step.is_peer:
                by_need.setdefault((step.count, step.is_again), []).append(step)
        for (count, is_again), among in by_need.items():

            def measure(among: Sequence[Step] = among) -> Found:
                return Found(max(self._one(step.name).requests for step in among))

            unchanged = ", unchanged" if is_again else ""
            figure = f"{self._name}: requests for {count:,} records{unchanged}"
            least = least_requests(among[0])
            yield judge(figure, Limit("at most", least, digits=0, words=f"{least:,}"), measure)

    def _latency(self) -> Found:
        wide, slow = (self._one(name).run.seconds for name in (WIDE, SLOW))
        return Found(slow / wide, f"{slow:.1f} s / {wide:.1f} s")

    def _peer(self, name: str, alike: str) -> Verdict:
        def measure() -> Found:
            theirs, ours = (self._one(each).run.seconds for each in (PEER, name))
            return Found(theirs / ours, f"{theirs:.1f} s / {ours:.1f} s")

        count = f"{self._steps[name].count:,}"
        figure = f"{self._name}: times faster than {CONDOR.name}, {count} records{alike}"
        return judge(figure, _PEER, measure)

    def _one(self, name: str) -> Measured:
        """A step; only one whose records have all arrived counts."""
        one = self._measured.get(name)
        if not one:
            why = self._absent if name in {BESIDE, BESIDE_ALIKE, PEER} else ""
            raise NotMeasuredError(f"{CONDOR.name}: {why}" if why else f'"{name}" did not run')
        if one.wrong:
            raise NotMeasuredError(f'"{name}" was not as it should be')
        return one
