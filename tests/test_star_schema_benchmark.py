"""The benchmark of the star schema, so small that it says nothing of speed, but runs through."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.star_schema.figures import AGAIN, FULL, REFRESH, Outcome, verdicts
from benchmarks.star_schema.process import Step
from benchmarks.star_schema.warehouses import Digest
from benchmarks.star_schema.world import ACCOUNTS, World

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1 << 30


def test_incremental_and_full_build_agree(repository: Path, tmp_path: Path) -> None:
    output = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.star_schema", "--engine", "duckdb", "--quick"]
    command += ["--rows", "2000", "--days", "40", "--nodes", "--output", str(output)]
    # The core fact and what it needs: more would take dbt longer and tell no more.
    command += ["--select", "+fact_core_metrics", "--exclude", "resource_type:test"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    figures = json.loads(output.read_text(encoding="utf-8"))
    engine = figures["engines"][0]
    # Were nothing compared, nothing could differ.
    assert engine["refreshed"]["fact_core_metrics"][0] > 290
    assert engine["refreshed"] == engine["incremental"]
    assert [load["rows"] for load in engine["loads"]] == [2023, 1409]
    assert [step["name"] for step in engine["steps"]] == [FULL, AGAIN, REFRESH]
    assert all(step["seconds"] > 0 and step["peak_bytes"] > 0 for step in engine["steps"])

    for figure in ("memory of dbt and server", "incremental build in parts of the full one"):
        assert f"duckdb: {figure}" in done.stdout
    assert "| reached" in done.stdout
    assert "Slowest of: dbt build --full-refresh" in done.stdout
    assert "model fact_core_metrics" in done.stdout


def step(name: str, seconds: float, peak: int = GIB, server_peak: int = 0) -> Step:
    return Step(name, seconds, seconds, 0, peak, server_peak, (), "")


def outcome(*steps: Step, refreshed: int = 1) -> Outcome:
    same = {"dim_ad": Digest(7, "1", "2")}
    return Outcome(
        "postgres",
        (),
        0,
        steps,
        {**same, "fact": Digest(1, "1", "1")},
        {**same, "fact": Digest(refreshed, "1", "1")},
    )


@pytest.mark.parametrize(
    ("measured", "reached", "short_by"),
    [
        (outcome(step(FULL, 50), step(AGAIN, 10)), [True, True, True], ["", "", ""]),
        (
            outcome(step(FULL, 50), step(AGAIN, 10), step(REFRESH, 40)),
            [True, False, True],
            ["", "2.0 s too long", ""],
        ),
        (
            outcome(step(FULL, 50, 3 * GIB, 3 * GIB), step(AGAIN, 1)),
            [False, True, True],
            ["50 % too much", "", ""],
        ),
        (
            outcome(step(FULL, 50), step(AGAIN, 10), refreshed=2),
            [True, True, False],
            ["", "", "differ: fact"],
        ),
    ],
    ids=["all reached", "the faster full build counts", "both sides' memory", "a mart differs"],
)
def test_verdicts(measured: Outcome, reached: list[bool], short_by: list[str]) -> None:
    found = verdicts(measured)
    assert [verdict.is_reached for verdict in found] == reached
    assert [verdict.short_by for verdict in found] == short_by


def test_a_breakdown_adds_up_to_the_core_report() -> None:
    world = World(4000, 60, 3)
    core = {
        (found.ad.ad, found.day): found
        for day in world.ad_days(1)
        for found in day
        if found.ad.account in ACCOUNTS[:2]
    }
    split = {
        (found.ad.ad, found.day): (found, count)
        for day in world.parts("ads_insights_country", 1)
        for found, count in day
    }
    assert split.keys() == core.keys()
    assert all(found == core[key] and count for key, (found, count) in split.items())
    whole = [count for day in world.parts("ads_insights_country", 0) for _, count in day]
    assert sum(whole) == world.rows_of("ads_insights_country") == 440
    assert sum(map(len, world.ad_days(0))) == world.rows_of("ads_insights") == 600
