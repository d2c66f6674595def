"""The required figures, and what has become of them. Pure: measurements in, verdicts out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.star_schema.process import Step
    from benchmarks.star_schema.warehouses import Digest

GIB = 1 << 30
MEMORY_LIMIT = 4 * GIB
INCREMENTAL_SHARE = 1 / 5

FULL, REFRESH = "dbt build", "dbt build --full-refresh"
AGAIN = "dbt build, 28 days sent again"
RUN_AGAIN = "dbt run, 28 days sent again"
FIRST_PARSE, START_UP = "first parse", "start-up of dbt"


@dataclass(frozen=True)
class Loaded:
    """One load of raw rows.

    Attributes:
        rows: How many.
        seconds: How long it took, which says nothing of dbt.
    """

    rows: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What was measured on one engine.

    Attributes:
        engine: `postgres` or `duckdb`.
        loads: The loads, in order.
        raw_bytes: Size of the raw tables on disk after the first.
        steps: The dbt commands, in order.
        incremental: Digest of each mart after the incremental builds.
        refreshed: The same after the full refresh.
    """

    engine: str
    loads: tuple[Loaded, ...]
    raw_bytes: int
    steps: tuple[Step, ...]
    incremental: Mapping[str, Digest]
    refreshed: Mapping[str, Digest]

    @property
    def failure(self) -> str:
        """What dbt said last when it failed; empty when it did not."""
        return "".join(step.failure for step in self.steps)

    def step(self, name: str) -> Step | None:
        """The step of this name."""
        return next((step for step in self.steps if step.name == name), None)

    def differing(self) -> list[str]:
        """The marts that the incremental builds left other than the full refresh."""
        names = sorted(self.incremental.keys() | self.refreshed.keys())
        return [name for name in names if self.incremental.get(name) != self.refreshed.get(name)]


@dataclass(frozen=True)
class Verdict:
    """One required figure.

    Attributes:
        figure: What it is about.
        required: The figure, with its unit.
        found: What was measured.
        is_reached: Whether that is enough.
        short_by: By how much it is not; empty when it is.
    """

    figure: str
    required: str
    found: str
    is_reached: bool
    short_by: str = ""


def verdicts(outcome: Outcome) -> list[Verdict]:
    """Judge one engine; what could not be measured is not judged."""
    found = [_memory(outcome)]
    full = min(
        (step.seconds for name in (FULL, REFRESH) if (step := outcome.step(name))), default=0.0
    )
    if (again := outcome.step(AGAIN)) and full:
        start_up = step.seconds if (step := outcome.step(START_UP)) else 0.0
        found.append(_share(outcome.engine, again.seconds, full, start_up))
    if outcome.refreshed:
        found.append(_equality(outcome))
    return found


def _memory(outcome: Outcome) -> Verdict:
    peak = max((step.peak_bytes + step.server_peak_bytes for step in outcome.steps), default=0)
    is_reached = peak <= MEMORY_LIMIT
    return Verdict(
        f"{outcome.engine}: memory of dbt and server",
        f"at most {MEMORY_LIMIT / GIB:g} GiB",
        f"{peak / GIB:.2f} GiB",
        is_reached,
        "" if is_reached else f"{100 * (peak / MEMORY_LIMIT - 1):.0f} % too much",
    )


def _share(engine: str, again: float, full: float, start_up: float) -> Verdict:
    """Against the faster of the two full builds: the stricter, and less a matter of chance.

    What it would be without the start-up of dbt, the same for both, is told beside it.
    """
    share = again / full
    beside = f" ({(again - start_up) / (full - start_up):.2f} without start-up)" if start_up else ""
    is_reached = share <= INCREMENTAL_SHARE
    return Verdict(
        f"{engine}: incremental build in parts of the full one",
        f"at most {INCREMENTAL_SHARE:g}",
        f"{share:.2f}{beside}",
        is_reached,
        "" if is_reached else f"{again - full * INCREMENTAL_SHARE:.1f} s too long",
    )


def _equality(outcome: Outcome) -> Verdict:
    differing = outcome.differing()
    total = len(outcome.refreshed)
    return Verdict(
        f"{outcome.engine}: marts alike after incremental and full build",
        f"all {total}",
        f"{total - len(differing)}",
        not differing,
        f"differ: {', '.join(differing)}" if differing else "",
    )


def seconds_by_kind(step: Step) -> dict[str, tuple[int, float]]:
    """Number and summed seconds of a step's nodes of each kind, the dearest first."""
    numbers: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for node in step.nodes:
        kind = node.name.partition(" ")[0]
        numbers[kind] += 1
        seconds[kind] += node.seconds  # type: ignore[assignment]  # a Counter of floats adds up too
    return {kind: (numbers[kind], total) for kind, total in seconds.most_common()}
