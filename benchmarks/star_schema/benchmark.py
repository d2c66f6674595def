"""A million rows of Insights into the star schema: how long, and in how much memory."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import Benchmark, say
from benchmarks.report import Report, Version
from benchmarks.star_schema import report
from benchmarks.star_schema.dbt import Dbt, Step
from benchmarks.star_schema.figures import (
    AGAIN,
    FIRST_PARSE,
    FULL,
    REFRESH,
    RUN_AGAIN,
    START_UP,
    Loaded,
    Outcome,
    verdicts,
)
from benchmarks.star_schema.rows import Rows
from benchmarks.star_schema.warehouses import warehouse
from benchmarks.star_schema.world import ACCOUNTS, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.star_schema.warehouses import Digest, Warehouse

_PROJECT = Path(__file__).resolve().parents[2] / "transform"
_ENGINES = ("postgres", "duckdb")
# It tells how old the data is, and that grows between two builds.
_NOT_COMPARED = {"load_validation"}


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.star_schema",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of Insights in all")
    parser.add_argument("--days", type=int, default=450, help="days that they are of")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn")
    parser.add_argument("--engine", nargs="+", choices=_ENGINES, default=_ENGINES, help="where")
    parser.add_argument("--project", type=Path, default=_PROJECT, help="the dbt project")
    parser.add_argument("--nodes", action="store_true", help="the ten slowest nodes of each step")
    parser.add_argument("--select", nargs="+", default=[], help="dbt's selection, in every step")
    parser.add_argument("--exclude", nargs="+", default=[], help="dbt's exclusion, in every step")
    parser.add_argument(
        "--quick", action="store_true", help="no dbt run, no start-up: says nothing of speed"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the warehouses there")
    options = parser.parse_args(arguments)
    if options.days < 1:
        parser.error("--days is at least 1.")
    # Below that, a report of one account has days without a row, and nothing adds up.
    if options.rows < options.days * 10 * len(ACCOUNTS):
        parser.error(f"--rows is at least {10 * len(ACCOUNTS)} for each of the days.")
    return options


def _measure(options: argparse.Namespace) -> Report:
    world = World(options.rows, options.days, options.seed)
    folder = (options.keep or Path(tempfile.mkdtemp(prefix="meta-ads-star-"))).resolve()
    # The server may run as another user, who has to get through to its own folder.
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    try:
        outcomes = [_Measurement(engine, world, folder, options).run() for engine in options.engine]
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return Report(
        how=report.how(world),
        verdicts=tuple(one for outcome in outcomes for one in verdicts(outcome)),
        sections=tuple(report.sections(outcomes, nodes=options.nodes)),
        versions=tuple(_versions(outcomes)),
        problems=tuple(_problems(outcomes)),
        is_tiny=options.quick,
        figures=report.figures(outcomes, world),
    )


STAR_SCHEMA = Benchmark("star_schema", "Star schema", _parse, _measure)


def _problems(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        if outcome.failure:
            say(f"{outcome.engine}: dbt failed:\n{outcome.failure}")
            yield f"{outcome.engine}: {outcome.steps[-1].name} failed."
        if differing := outcome.differing():
            yield f"{outcome.engine}: marts differ: {', '.join(differing)}."


def _versions(outcomes: Sequence[Outcome]) -> Iterator[Version]:
    for name in ("dbt-core", *(f"dbt-{outcome.engine}" for outcome in outcomes)):
        yield Version(name, version(name))
    for outcome in outcomes:
        yield Version(outcome.engine, outcome.version)


class _Measurement:
    """All steps on one engine."""

    def __init__(
        self, engine: str, world: World, folder: Path, options: argparse.Namespace
    ) -> None:
        self._engine = engine
        self._world = world
        self._folder = folder / engine
        self._options = options
        self._selected: list[str] = []
        for flag in ("select", "exclude"):
            if given := getattr(options, flag):
                self._selected += [f"--{flag}", *given]
        self._loads: list[Loaded] = []
        self._steps: list[Step] = []

    def run(self) -> Outcome:
        shutil.rmtree(self._folder, ignore_errors=True)
        scratch = self._folder / "dbt"
        scratch.mkdir(parents=True)
        incremental: dict[str, Digest] = {}
        refreshed: dict[str, Digest] = {}
        with warehouse(self._engine, self._folder) as place:
            dbt = Dbt(self._options.project.resolve(), place.environment(), scratch, self._engine)
            engine_version = place.version()
            self._load(place)
            raw_bytes = place.raw_bytes()
            if self._measure(place, dbt):
                incremental = self._digests(place, dbt)
                if self._step(place, dbt, REFRESH, "build", "--full-refresh"):
                    refreshed = self._digests(place, dbt)
        return Outcome(
            self._engine,
            tuple(self._loads),
            raw_bytes,
            tuple(self._steps),
            incremental,
            refreshed,
            dbt.incremental_models() if incremental else frozenset(),
            engine_version,
        )

    def _measure(self, place: Warehouse, dbt: Dbt) -> bool:
        """Go through the steps up to the last incremental build; False when one fails."""
        is_quick = self._options.quick
        if not is_quick and not all(
            self._step(place, dbt, name, "parse") for name in (FIRST_PARSE, START_UP)
        ):
            return False
        if not self._step(place, dbt, FULL, "build"):
            return False
        self._load(place)
        if not is_quick:
            if not self._step(place, dbt, RUN_AGAIN, "run"):
                return False
            self._load(place)
        return self._step(place, dbt, AGAIN, "build")

    def _load(self, place: Warehouse) -> None:
        began = time.perf_counter()
        count = place.load(Rows(self._world, len(self._loads)))
        self._loads.append(Loaded(count, time.perf_counter() - began))
        self._say(f"{count:,} rows loaded in {self._loads[-1].seconds:.0f} s")

    def _step(self, place: Warehouse, dbt: Dbt, name: str, *command: str) -> bool:
        arguments = list(command)
        if command[0] != "parse":
            arguments += self._selected
        if command[0] == "build":  # as the documented nightly command does: they need no data
            arguments += ["--exclude-resource-type", "unit_test"]
        step = dbt.run(name, *arguments, server=place.server())
        self._steps.append(step)
        self._say(f"{name}: {step.seconds:.1f} s{', failed' if step.failure else ''}")
        return not step.failure

    def _digests(self, place: Warehouse, dbt: Dbt) -> dict[str, Digest]:
        built = {node.name for node in self._steps[-1].nodes}
        return {
            name: place.digest(relation)
            for name, relation in dbt.marts().items()
            if f"model {name}" in built and name not in _NOT_COMPARED
        }

    def _say(self, words: str) -> None:
        say(f"{self._engine}: {words}")
