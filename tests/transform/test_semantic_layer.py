"""The metrics of the semantic layer, computed as they are declared, against agg_campaign_daily."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.transform.test_build import load_first_run, load_second_run
from tests.transform.warehouses import UNTESTED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.transform.warehouses import Warehouse

Node = dict[str, Any]

SUMS = ("spend", "impressions", "clicks", "purchases", "purchase_value")
RATIOS = ("ctr", "cpc", "cpm", "roas", "cpa")
GRAIN = "account_id, date_id, campaign_id"
FACT = "meta_ads.fact_core_metrics"


def semantics(parsed: Path) -> Node:
    text = (parsed / "semantic_manifest.json").read_text(encoding="utf-8")
    read: Node = json.loads(text)
    return read


def by_name(nodes: list[Node]) -> dict[str, Node]:
    return {node["name"]: node for node in nodes}


class Metrics:
    """SQL of the declared metrics: measures as sums, all others of such sums."""

    def __init__(self, declared: Node) -> None:
        self._metrics = by_name(declared["metrics"])
        [core] = [m for m in declared["semantic_models"] if m["name"] == "core_metrics"]
        assert core["node_relation"]["alias"] == "fact_core_metrics"
        self._measures = by_name(core["measures"])
        self.names = set(self._metrics)

    def sql(self, name: str) -> str:
        """Write a metric as an expression over the columns that `inputs` make."""
        metric = self._metrics[name]
        given = metric["type_params"]
        if metric["type"] == "simple":
            return str(given["measure"]["name"])
        if metric["type"] == "ratio":
            parts = (self.sql(given[part]["name"]) for part in ("numerator", "denominator"))
            return "cast({} as double) / nullif(cast({} as double), 0)".format(*parts)
        assert metric["type"] == "derived"
        assert {part["name"] for part in given["metrics"]} <= self.names
        return str(given["expr"])

    def inputs(self, metric_sums: tuple[str, ...]) -> str:
        """Write the measures behind simple metrics as sums over rows of the fact."""
        columns = []
        for name in metric_sums:
            measure = self._measures[self._metrics[name]["type_params"]["measure"]["name"]]
            assert measure["agg"] == "sum", name
            columns.append(f"sum({measure['expr'] or measure['name']}) as {name}")
        return ", ".join(columns)


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_metrics_are_what_the_aggregate_says(warehouse: Warehouse, parsed: Path) -> None:
    load_first_run(warehouse)
    load_second_run(warehouse)
    built = warehouse.build("--select", "+agg_campaign_daily", *UNTESTED)
    assert built.code == 0, built.output
    metrics = Metrics(semantics(parsed))
    assert metrics.names == {*SUMS, *RATIOS}
    computed = ", ".join(f"{metrics.sql(name)} as {name}" for name in (*SUMS, *RATIOS))

    def declared(group: str) -> list[dict[str, Any]]:
        sums = f"select {group}, {metrics.inputs(SUMS)} from {FACT} group by all"
        return warehouse.rows(f"select {group}, {computed} from ({sums}) as sums order by all")

    wanted = ", ".join((*SUMS, *RATIOS))
    table = warehouse.rows(
        f"select {GRAIN}, {wanted} from meta_ads.agg_campaign_daily order by {GRAIN}"
    )
    assert len(table) == 4
    for row, expected in zip(declared(GRAIN), table, strict=True):
        assert_same(row, expected)

    # Over days and campaigns: the sums of the aggregate, and the quotients of those.
    totals = declared("account_currency")
    for row in totals:
        [expected] = warehouse.rows(
            "select "
            + ", ".join(f"sum({name}) as {name}" for name in SUMS)
            + " from meta_ads.agg_campaign_daily"
            + f" where account_currency = '{row['account_currency']}'"
        )
        assert_same(row, {**quotients(expected), **expected})
    assert {row["account_currency"] for row in totals} == {"EUR", "JPY", "USD"}
    [euros] = [row for row in totals if row["account_currency"] == "EUR"]
    # 0 + 2 + 1 clicks of 1000 + 11 + 4 impressions
    assert round(euros["ctr"], 6) == 0.295567

    [day] = [
        d for d in semantics(parsed)["semantic_models"][0]["dimensions"] if d["type"] == "time"
    ]
    days = warehouse.rows(
        f"select distinct cast({day['expr']} as text) as day from "
        f"(select date_id from {FACT} union all select 0) as ids order by 1 nulls last"
    )
    assert [row["day"] for row in days] == ["2026-03-01", "2026-03-02", None]


def quotients(sums: dict[str, Any]) -> dict[str, Decimal | None]:
    def over(numerator: str, denominator: str, times: int) -> Decimal | None:
        if sums[numerator] is None or not sums[denominator]:
            return None
        return times * Decimal(sums[numerator]) / Decimal(sums[denominator])

    return {
        "ctr": over("clicks", "impressions", 100),
        "cpc": over("spend", "clicks", 1),
        "cpm": over("spend", "impressions", 1000),
        "roas": over("purchase_value", "spend", 1),
        "cpa": over("spend", "purchases", 1),
    }


def assert_same(row: dict[str, Any], expected: dict[str, Any]) -> None:
    for name in SUMS:
        assert row[name] == expected[name], name
    for name in RATIOS:
        if expected[name] is None:
            assert row[name] is None, name
        else:
            # a semantic layer divides as floats, the table exactly to six digits
            assert abs(Decimal(row[name]) - expected[name]) < Decimal("0.000001"), name


def test_money_is_never_without_its_currency(parsed: Path) -> None:
    declared = semantics(parsed)
    core = by_name(declared["semantic_models"])["core_metrics"]
    assert {"account_currency", "click_source", "metric_day"} == set(by_name(core["dimensions"]))
    for metric in declared["metrics"]:
        if metric["name"] in {"spend", "purchase_value", "cpc", "cpm", "roas", "cpa"}:
            assert "currenc" in metric["description"], metric["name"]
    [spine] = declared["project_configuration"]["time_spines"]
    assert spine["primary_column"] == {"name": "date_day", "time_granularity": "day"}
