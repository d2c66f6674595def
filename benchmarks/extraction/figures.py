"""The required figures, and what has become of them. Pure: measurements in, verdicts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.extraction.fields import INSIGHTS
from benchmarks.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.extraction.measure import Measured, Outcome

MIB = 1 << 20
# Two measurements of the same thing differ by as much, on a machine that does nothing else.
_NOISE = 1.05
# Memory that grows with the rows would be more than ten times as much.
_SAME_MEMORY = 1.10

_TIMES_FASTER = {"latency": 8.0, "accounts": 18.0, "cpu": 8.0, "entities": 2.5}
_OF_THE_BOUND = 1.5
_ROWS_A_SECOND = 40_000
_MEMORY_MIB = 150
_FEWER_CALLS = 5


def verdicts(outcomes: Sequence[Outcome]) -> list[Verdict]:
    """Judge all figures for which there are measurements."""
    by_name = {outcome.scenario.name: outcome for outcome in outcomes}
    return [
        *(verdict for outcome in outcomes for verdict in _of_one(outcome)),
        *_same_memory(by_name),
    ]


def _of_one(outcome: Outcome) -> Iterator[Verdict]:
    name = outcome.scenario.name
    ours = [one for one in outcome.measured if not one.is_peer and one.checked]
    peers = [one for one in outcome.measured if one.is_peer]
    for one in ours:
        about = f"{outcome.scenario.title}: {one.tool}"
        if name in _TIMES_FASTER and (fastest := _fastest(peers)):
            yield _times(about, _TIMES_FASTER[name], fastest, one)
        if name == "latency" and one.tool.endswith("async"):
            yield _at_most(
                f"{about}, after start-up, in times of the bound of {outcome.bound.latency:.2f} s",
                _OF_THE_BOUND,
                one.net_seconds / outcome.bound.latency,
                "",
            )
        if name == "cpu":
            yield _at_least(
                f"{about}, rows a second after start-up",
                _ROWS_A_SECOND,
                outcome.rows / max(one.net_seconds, 1e-9),
            )
        if name in {"cpu", "memory"}:
            about_rows = f"{about}, memory with {outcome.rows:,} rows"
            yield _at_most(about_rows, _MEMORY_MIB, one.peak_bytes / MIB, " MiB")
        if fewest := min((p.calls for p in peers if p.checked), default=0):
            share = _FEWER_CALLS if INSIGHTS in outcome.scenario.streams else 1
            about_calls = f"{about}, calls, where the best peer makes {fewest:,}"
            yield _at_most(about_calls, fewest // share, one.calls, "")
    if name == "latency" and (modes := _modes(ours)):
        waited, chosen = modes
        yield _at_most(
            f"{outcome.scenario.title}: auto in times of async",
            _NOISE,
            chosen.seconds / waited.seconds,
            "",
        )


def _modes(ours: Sequence[Measured]) -> tuple[Measured, Measured] | None:
    """Our tap with `async` and with `auto`."""
    found = {one.tool.rpartition(" ")[2]: one for one in ours}
    return (found["async"], found["auto"]) if {"async", "auto"} <= found.keys() else None


def _fastest(peers: Sequence[Measured]) -> Measured | None:
    """The fastest peer; one that was cut counts with the time it was given, if none was faster."""
    usable = [one for one in peers if not one.failure]
    return min(usable, key=lambda one: one.seconds, default=None)


def _times(about: str, required: float, peer: Measured, ours: Measured) -> Verdict:
    times = peer.seconds / ours.seconds
    # Against a peer that was cut, the figure can be reached, but not missed: it is a lower bound.
    least = "at least " if peer.is_cut else ""
    is_reached = times >= required
    return Verdict(
        f"{about}, times faster than {peer.tool}",
        f"at least {required:g}",
        f"{least}{times:.1f}",
        is_reached,
        "" if is_reached else _missed_times(required, times, is_cut=peer.is_cut),
    )


def _missed_times(required: float, times: float, *, is_cut: bool) -> str:
    if is_cut:
        return "not known: the peer was cut; give it more time"
    return f"needs {100 * (1 - times / required):.0f} % less time"


def _at_least(figure: str, required: float, found: float) -> Verdict:
    is_reached = found >= required
    short = f"{100 * (1 - found / required):.0f} % too few"
    return Verdict(
        figure,
        f"at least {required:,.0f}",
        f"{found:,.0f}",
        is_reached,
        "" if is_reached else short,
    )


def _at_most(figure: str, required: float, found: float, unit: str) -> Verdict:
    is_reached = found <= required
    short = f"{100 * (found / required - 1):.0f} % too much" if required else "too much"
    return Verdict(
        figure,
        f"at most {_number(required)}{unit}",
        f"{_number(found)}{unit}",
        is_reached,
        "" if is_reached else short,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - from there on, decimals tell nothing


def _same_memory(outcomes: Mapping[str, Outcome]) -> Iterator[Verdict]:
    peaks = {
        name: one.peak_bytes
        for name in ("cpu", "memory")
        if name in outcomes
        for one in outcomes[name].measured
        if not one.is_peer and one.checked
    }
    if len(peaks) == len(("cpu", "memory")):
        few, many = (outcomes[name].rows for name in ("cpu", "memory"))
        yield _at_most(
            f"Memory with {many:,} rows in times of that with {few:,}",
            _SAME_MEMORY,
            peaks["memory"] / peaks["cpu"],
            "",
        )
