"""A million rows of Insights into the star schema: how long, and in how much memory.

    python -m benchmarks.star_schema                        a million rows, Postgres and DuckDB
    python -m benchmarks.star_schema --engine duckdb --nodes
    python -m benchmarks.star_schema --rows 2000 --days 40 --quick     to see that all of it works

Makes raw tables as target-postgres leaves them and builds them with dbt, in full; has the last 28
days sent again, some of their rows restated and some gone, and builds what has changed; then builds
in full again and compares every mart. The report goes to standard output, progress to standard
error. Exits with 1 when dbt fails or a mart differs; a figure that is not reached is in the report,
and no failure.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.star_schema import report
from benchmarks.star_schema.figures import (
    AGAIN,
    FIRST_PARSE,
    FULL,
    REFRESH,
    RUN_AGAIN,
    START_UP,
    Loaded,
    Outcome,
)
from benchmarks.star_schema.process import Dbt, Step
from benchmarks.star_schema.rows import Rows
from benchmarks.star_schema.warehouses import warehouse
from benchmarks.star_schema.world import ACCOUNTS, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.star_schema.warehouses import Digest, Warehouse

_PROJECT = Path(__file__).resolve().parents[2] / "transform"
_ENGINES = ("postgres", "duckdb")
# It tells how old the data is, and that grows between two builds.
_NOT_COMPARED = {"load_validation"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; returns the exit status."""
    options = _options(arguments)
    # An exception, so that dbt and the server that are running end with this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    world = World(options.rows, options.days, options.seed)
    command = f"python -m benchmarks.star_schema {shlex.join(arguments or sys.argv[1:])}".strip()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="meta-ads-star-"))
    # The server may run as another user, who has to get through to its own folder.
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    try:
        outcomes = [_Measurement(engine, world, folder, options).run() for engine in options.engine]
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(report.text(outcomes, world, command, nodes=options.nodes, is_quick=options.quick))
    if options.output:
        figures = report.as_json(outcomes, world, command)
        options.output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for outcome in outcomes:
        if outcome.failure:
            print(f"{outcome.engine}: dbt failed:\n{outcome.failure}", file=sys.stderr)
    return 1 if any(outcome.failure or outcome.differing() for outcome in outcomes) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.star_schema",
        description=(__doc__ or "").splitlines()[0],
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
        print(f"{self._engine}: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
