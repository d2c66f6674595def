"""The benchmark of the star schema: its rows, its verdicts, what it tells; run by another test."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmarks.star_schema import report
from benchmarks.star_schema.dbt import Node, Step
from benchmarks.star_schema.figures import AGAIN, FULL, REFRESH, Outcome, verdicts
from benchmarks.star_schema.warehouses import Digest
from benchmarks.star_schema.world import ACCOUNTS, World

GIB = 1 << 30


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
    ("measured", "short_by"),
    [
        (outcome(step(FULL, 50), step(AGAIN, 10)), ["", "", ""]),
        (
            outcome(step(FULL, 50), step(AGAIN, 10), step(REFRESH, 40)),
            ["", "0.25 where 0.20 is the line: 2.0 s too long", ""],
        ),
        (
            outcome(step(FULL, 50, 3 * GIB, 3 * GIB), step(AGAIN, 1)),
            ["6.00 GiB where 4.00 is the line", "", ""],
        ),
        (
            outcome(step(FULL, 50), step(AGAIN, 10), refreshed=2),
            ["", "", "1 where 2 is the line: differ: fact"],
        ),
        (
            outcome(step(FULL, 50), replace(step(AGAIN, 10), failure="A test failed.")),
            ["dbt failed", "dbt failed", ""],
        ),
        (
            replace(outcome(step(FULL, 50), step(AGAIN, 10)), incremental={}, refreshed={}),
            ["", "", "nothing was built twice"],
        ),
    ],
    ids=[
        "all reached",
        "the faster full build counts",
        "both sides' memory",
        "a mart differs",
        "dbt fails",
        "no second full build",
    ],
)
def test_verdicts(measured: Outcome, short_by: list[str]) -> None:
    found = verdicts(measured)
    assert [verdict.short_by for verdict in found] == short_by
    assert [verdict.required for verdict in found][:2] == ["at most 4 GiB", "at most 0.2"]


def test_the_slowest_nodes_are_told_when_asked_for() -> None:
    nodes = tuple(Node(f"model m{number}", "success", number) for number in range(12))
    measured = outcome(replace(step(FULL, 50), nodes=nodes), step(AGAIN, 10))
    assert [each.heading for each in report.sections([measured], nodes=False)] == ["postgres"]
    told = list(report.sections([measured], nodes=True))
    assert [each.heading for each in told] == ["postgres", "postgres, slowest of: dbt build"]
    assert [line.split("|")[1].strip() for line in told[1].text.splitlines()[2:]] == [
        f"model m{number}" for number in range(11, 1, -1)
    ]


def test_the_figures_are_json() -> None:
    measured = outcome(step(FULL, 50), step(AGAIN, 20))
    found = json.loads(json.dumps(report.figures([measured], World(4000, 60, 3))))
    assert found["world"] == {"rows": 4000, "days": 60, "seed": 3}
    assert [one["is_reached"] for one in found["verdicts"]] == [True, False, True]
    assert found["engines"][0]["steps"][1]["seconds"] == 20
    assert found["engines"][0]["refreshed"] == {"dim_ad": [7, "1", "2"], "fact": [1, "1", "1"]}


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
