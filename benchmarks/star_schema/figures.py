"""The required figures, and what has become of them. Pure: measurements in, verdicts out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.verdict import Found, Limit, NotMeasuredError, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.star_schema.dbt import Step
    from benchmarks.star_schema.warehouses import Digest
    from benchmarks.verdict import Verdict

GIB = 1 << 30
_MEMORY = Limit("at most", 4, " GiB")
_SHARE = Limit("at most", 0.2)

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
        incremental_models: Names of the models that a run does not make whole.
        version: The engine's.
    """

    engine: str
    loads: tuple[Loaded, ...]
    raw_bytes: int
    steps: tuple[Step, ...]
    incremental: Mapping[str, Digest]
    refreshed: Mapping[str, Digest]
    incremental_models: frozenset[str] = frozenset()
    version: str = ""

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


def verdicts(outcome: Outcome) -> list[Verdict]:
    """Judge one engine."""
    total = len(outcome.refreshed)
    marts = Limit("at least", total, digits=0, words=f"all {total}" if total else "all")
    engine = outcome.engine
    return [
        judge(f"{engine}: memory of dbt and server", _MEMORY, lambda: _memory(outcome)),
        judge(
            f"{engine}: incremental build in parts of the full one", _SHARE, lambda: _share(outcome)
        ),
        judge(
            f"{engine}: marts alike after incremental and full build",
            marts,
            lambda: _equality(outcome),
        ),
    ]


def _memory(outcome: Outcome) -> Found:
    if outcome.failure:
        raise NotMeasuredError("dbt failed")
    return Found(max(step.peak_bytes + step.server_peak_bytes for step in outcome.steps) / GIB)


def _share(outcome: Outcome) -> Found:
    """Against the faster of the two full builds: the stricter, and less a matter of chance.

    Beside it, where the rest goes: without the start-up of dbt, which is the same for both, and in
    the incremental models alone, without all that is small and made whole.
    """
    again = outcome.step(AGAIN)
    full = min(
        (step for name in (FULL, REFRESH) if (step := outcome.step(name))),
        key=lambda step: step.seconds,
        default=None,
    )
    if outcome.failure or not again or not full:
        raise NotMeasuredError("dbt failed")
    beside = []
    if start_up := outcome.step(START_UP):
        without = (again.seconds - start_up.seconds) / (full.seconds - start_up.seconds)
        beside.append(f"{without:.2f} without start-up")
    if of_full := _seconds_in(full, outcome.incremental_models):
        within = _seconds_in(again, outcome.incremental_models) / of_full
        beside.append(f"{within:.2f} in the incremental models")
    excess = f"{again.seconds - full.seconds * _SHARE.value:.1f} s too long"
    return Found(again.seconds / full.seconds, ", ".join(beside), excess)


def _seconds_in(step: Step, models: frozenset[str]) -> float:
    return sum(node.seconds for node in step.nodes if node.name.removeprefix("model ") in models)


def _equality(outcome: Outcome) -> Found:
    if not outcome.refreshed:
        raise NotMeasuredError("nothing was built twice")
    differing = outcome.differing()
    rows = sum(digest.rows for digest in outcome.refreshed.values())
    alike = len(outcome.refreshed) - len(outcome.refreshed.keys() & differing)
    return Found(alike, f"{rows:,} rows", f"differ: {', '.join(differing)}")


def seconds_by_kind(step: Step) -> dict[str, tuple[int, float]]:
    """Number and summed seconds of a step's nodes of each kind, the dearest first."""
    numbers: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for node in step.nodes:
        kind = node.name.partition(" ")[0]
        numbers[kind] += 1
        seconds[kind] += node.seconds  # type: ignore[assignment]  # a Counter of floats adds up too
    return {kind: (numbers[kind], total) for kind, total in seconds.most_common()}
