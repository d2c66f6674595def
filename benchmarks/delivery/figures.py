"""The required figures, and what has become of them. Pure: measurements in, verdicts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.delivery.measure import Measured, Step

MIB = 1 << 20
RATE = 20_000
MEMORY_MIB = 300
LATENCY_TIMES = 1.3
PEER_TIMES = 5.0
# Memory that grows with the records would have grown fivefold.
FLAT_TIMES = 1.1

FRESH = "fresh ledger"
AGAIN = "the same again"
WIDE = "fresh ledger, 16 at once"
SLOW = "fresh ledger, 16 at once, with latency"
BESIDE = "beside the peer"
BESIDE_ALIKE = "beside the peer, its match keys alone"
PEER = "the peer"


def verdicts(measured: Sequence[Measured]) -> list[Verdict]:
    """Judge all figures for which there are measurements."""
    kinds = dict.fromkeys(one.step.kind.name for one in measured)
    found: list[Verdict] = []
    for name in kinds:
        of_kind = [one for one in measured if one.step.kind.name == name]
        found += _of_kind(name, of_kind)
    return found


def _of_kind(name: str, measured: Sequence[Measured]) -> Iterator[Verdict]:
    by_name = {one.step.name: one for one in measured}
    ours = [one for one in measured if not one.step.is_peer]
    if fresh := by_name.get(FRESH):
        yield _at_least(
            f"{name}: records a second, whole process", f"{RATE:,}", fresh.rate, RATE, digits=0
        )
    yield _memory(name, ours)
    if fresh and fresh.run.peak_of_fifth(0):
        yield _flat(name, fresh)
    yield from _requests(name, ours)
    if (wide := by_name.get(WIDE)) and (slow := by_name.get(SLOW)):
        times = slow.run.seconds / wide.run.seconds
        yield _at_most(
            f"{name}: time with {slow.step.latency:g} ms a request, in times of that without",
            LATENCY_TIMES,
            times,
        )
    for beside in (by_name.get(BESIDE), by_name.get(BESIDE_ALIKE)):
        if beside and (peer := by_name.get(PEER)):
            alike = ", the same match keys" if beside.step.name == BESIDE_ALIKE else ""
            yield _at_least(
                f"{name}: times faster than {peer.step.tool}, {beside.step.count:,} records{alike}",
                f"{PEER_TIMES:g}",
                peer.run.seconds / beside.run.seconds,
                PEER_TIMES,
                digits=1,
            )


def _memory(name: str, ours: Sequence[Measured]) -> Verdict:
    largest = max(ours, key=lambda one: one.run.peak_bytes)
    found = largest.run.peak_bytes / MIB
    is_reached = found < MEMORY_MIB
    return Verdict(
        f"{name}: memory, the most of all our runs",
        f"less than {MEMORY_MIB} MiB",
        f"{found:.0f} MiB ({largest.step.name})",
        is_reached,
        "" if is_reached else f"{100 * (found / MEMORY_MIB - 1):.0f} % too much",
    )


def _flat(name: str, fresh: Measured) -> Verdict:
    first, last = (fresh.run.peak_of_fifth(fifth) / MIB for fifth in (0, 4))
    times = last / first
    is_reached = times <= FLAT_TIMES
    return Verdict(
        f"{name}: memory in the last fifth of the time, in times of the first",
        f"at most {FLAT_TIMES:g}",
        f"{times:.2f} ({first:.0f} and {last:.0f} MiB)",
        is_reached,
        "" if is_reached else f"{last - first * FLAT_TIMES:.0f} MiB too much",
    )


def _requests(name: str, ours: Sequence[Measured]) -> Iterator[Verdict]:
    """The fewest that the limits allow, in every run; none where nothing is new."""
    by_need: dict[tuple[int, bool], list[Measured]] = {}
    for one in ours:
        by_need.setdefault((one.step.count, one.step.is_again), []).append(one)
    for (count, is_again), among in by_need.items():
        least = least_requests(among[0].step)
        found = max(one.requests for one in among)
        unchanged = ", unchanged" if is_again else ""
        yield Verdict(
            f"{name}: requests for {count:,} records{unchanged}",
            f"{least:,}",
            f"{found:,}",
            found <= least,
            "" if found <= least else f"{found - least:,} too many",
        )


def least_requests(step: Step) -> int:
    """The fewest requests with records that a step needs."""
    return 0 if step.is_again else step.kind.requests(step.count)


def _at_least(figure: str, words: str, found: float, required: float, *, digits: int) -> Verdict:
    is_reached = found >= required
    return Verdict(
        figure,
        f"at least {words}",
        f"{found:,.{digits}f}",
        is_reached,
        "" if is_reached else f"{100 * (1 - found / required):.0f} % too few",
    )


def _at_most(figure: str, required: float, found: float) -> Verdict:
    is_reached = found <= required
    return Verdict(
        figure,
        f"at most {required:g}",
        f"{found:.2f}",
        is_reached,
        "" if is_reached else f"{100 * (found / required - 1):.0f} % too much",
    )
