"""The star schema of what the tap really writes, on both engines, and that it adds up."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from demo import table
from demo.meltano import Meltano
from meta_sandbox import Sandbox
from tests.docs import pages
from tests.transform import marts
from tests.transform.warehouses import UNTESTED, DuckDBWarehouse, PostgresWarehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.postgres import Postgres
    from tests.transform.warehouses import Dbt, Outcome, Warehouse

pytestmark = pytest.mark.long  # the fixture of all

# Fixed, so that what documentation shows of it stays so. Every day of two months, and then some.
NOW = datetime(2026, 7, 3, 11, 30, tzinfo=timezone.utc)
DAYS = 64
FIRST = (NOW - timedelta(days=DAYS - 1)).date()
LATER = NOW + timedelta(days=3)
# One day for all, so that what is reckoned from today is the same on both engines.
TODAY = "{activation_today: '2026-07-06'}"


@dataclass(frozen=True)
class Built:
    """One advertiser in two warehouses: loaded and built, and again three days later.

    Attributes:
        sandbox: The advertiser, as Meta has it now.
        warehouses: PostgreSQL and DuckDB.
        outcomes: What dbt said, first and second time, by engine.
        incremental: All marts after the second, incremental build, by engine.
    """

    sandbox: Sandbox
    warehouses: dict[str, Warehouse]
    outcomes: dict[str, list[Outcome]]
    incremental: dict[str, dict[str, marts.Rows]]


@pytest.fixture(scope="module")
def built(
    repository: Path, postgres: Postgres, dbt: Dbt, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """Run Meltano from the sandbox into PostgreSQL, copy the raw tables, build both; twice."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    database = postgres.at(name)
    scratch = tmp_path_factory.mktemp("star")
    for engine in ("postgres", "duckdb"):
        (scratch / engine).mkdir()
    first = PostgresWarehouse(dbt, scratch / "postgres", database)
    second = DuckDBWarehouse(dbt, scratch / "duckdb")
    outcomes: dict[str, list[Outcome]] = {"postgres": [], "duckdb": []}
    with Sandbox(seed=3, accounts=2, ads=8, days=DAYS, now=NOW) as sandbox:
        meltano = Meltano(
            repository,
            scratch,
            {
                **database.environment(),
                "TAP_META_ADS_API_URL": sandbox.url,
                "TAP_META_ADS_ACCESS_TOKEN": sandbox.token,
                "TAP_META_ADS_APP_SECRET": sandbox.app_secret,
                "TAP_META_ADS_START_DATE": FIRST.isoformat(),
                # the reports that are not selected by default as well
                "TAP_META_ADS__SELECT": json.dumps(["*.*"]),
            },
        )
        meltano.install(lambda _: None)
        for now in (NOW, LATER):
            sandbox.set_now(now)
            meltano.run(("tap-meta-ads", "target-postgres"), lambda _: None)
            marts.copy_raw_tables(first, second, scratch)
            for warehouse in (first, second):
                outcomes[warehouse.engine].append(warehouse.build("--vars", TODAY))
        yield Built(
            sandbox,
            {"postgres": first, "duckdb": second},
            outcomes,
            {"postgres": marts.marts(first), "duckdb": marts.marts(second)},
        )
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        drop = sql.SQL("drop database {} with (force)")
        connection.execute(drop.format(sql.Identifier(name)))


@pytest.fixture(params=["postgres", "duckdb"])
def warehouse(request: pytest.FixtureRequest, built: Built) -> Warehouse:
    return built.warehouses[request.param]


def test_every_model_and_test_passes(built: Built) -> None:
    for engine, outcomes in built.outcomes.items():
        for outcome in outcomes:
            assert outcome.code == 0, f"{engine}: {outcome.output}"
            assert not outcome.failures()
            assert "load_validation: " in outcome.output


def test_both_engines_make_the_same_marts(built: Built) -> None:
    postgres, duckdb = built.incremental["postgres"], built.incremental["duckdb"]
    assert postgres.keys() == duckdb.keys()
    assert marts.differences(postgres, duckdb) == {}
    empty = {table for table, rows in postgres.items() if not rows}
    assert empty == set()


def test_a_full_refresh_makes_the_same_marts_as_the_runs_before(
    built: Built, warehouse: Warehouse
) -> None:
    # The tests of the data have passed on these very marts.
    refreshed = warehouse.build("--full-refresh", *UNTESTED, "--vars", TODAY)
    assert refreshed.code == 0, refreshed.output
    assert marts.differences(built.incremental[warehouse.engine], marts.marts(warehouse)) == {}


def test_no_column_is_a_float(warehouse: Warehouse) -> None:
    kinds = Counter(
        kind
        for table in marts.columns(warehouse, *marts.SCHEMAS).values()
        for kind in table.values()
    )
    assert kinds
    assert not [kind for kind in kinds if kind.startswith(("double", "real", "float"))]


_PRIMARY_KEYS = {
    "postgres": """
        select constraint_schema || '.' || table_name as name
        from information_schema.table_constraints where constraint_type = 'PRIMARY KEY'
    """,
    "duckdb": """
        select schema_name || '.' || table_name as name
        from duckdb_constraints() where constraint_type = 'PRIMARY KEY'
    """,
}


def test_every_mart_has_its_primary_key_in_the_database(warehouse: Warehouse) -> None:
    keyed = {row["name"] for row in warehouse.rows(_PRIMARY_KEYS[warehouse.engine])}
    assert set(marts.columns(warehouse, *marts.SCHEMAS)) <= keyed


BREAKDOWNS = ("age_gender", "country", "region", "placement", "device")
_SUMS = """
    select account_id, date_id, sum(spend) as spend, sum(impressions) as impressions,
        sum(all_clicks) as all_clicks
    from meta_ads.fact_{name}_metrics group by 1, 2
"""


def sums(warehouse: Warehouse, name: str) -> dict[tuple[int, int], tuple[Decimal, int, int]]:
    return {
        (row["account_id"], row["date_id"]): (
            Decimal(row["spend"]),
            int(row["impressions"]),
            int(row["all_clicks"] or 0),
        )
        for row in warehouse.rows(_SUMS.format(name=name))
    }


@pytest.mark.parametrize("breakdown", BREAKDOWNS)
def test_a_breakdown_adds_up_to_the_core_fact(warehouse: Warehouse, breakdown: str) -> None:
    core = sums(warehouse, "core")
    assert len(core) > DAYS
    assert sums(warehouse, breakdown) == core


def test_the_core_fact_is_what_meta_has(built: Built, warehouse: Warehouse) -> None:
    rows = built.sandbox.truth_insights(
        level="ad", since=FIRST.isoformat(), until=(LATER + timedelta(days=1)).date().isoformat()
    )
    truth: Counter[str] = Counter()
    for row in rows:
        truth[str(row["ad_id"])] += int(Decimal(str(row["spend"])) * 10000)
    found = warehouse.rows(
        "select cast(ad_id as text) as ad, sum(spend) as spend "
        "from meta_ads.fact_core_metrics group by 1"
    )
    assert {row["ad"]: int(row["spend"] * 10000) for row in found} == truth


def test_wider_attribution_windows_hold_more(warehouse: Warehouse) -> None:
    found = warehouse.rows("""
        select types.action_type, windows.attribution_window, sum(facts.actions) as actions
        from meta_ads.fact_action_metrics as facts
        inner join meta_ads.dim_action_type as types using (action_type_id)
        inner join meta_ads.dim_attribution_window as windows using (attribution_window_id)
        where windows.attribution_window in ('1d_click', '7d_click', '28d_click')
        group by 1, 2
    """)
    counted = {(row["action_type"], row["attribution_window"]): row["actions"] for row in found}
    types = {kind for kind, _ in counted}
    assert len(types) > 10
    grew = 0
    for kind in types:
        one, seven, month = (
            counted.get((kind, window), 0) for window in ("1d_click", "7d_click", "28d_click")
        )
        assert one <= seven <= month, kind
        grew += one < month
    assert grew


def test_a_purchase_is_counted_once_without_roll_ups(warehouse: Warehouse) -> None:
    (counted,) = warehouse.rows("""
        select
            sum(case when not types.is_rollup then facts.actions end) as once,
            sum(case when types.action_type = 'omni_purchase' then facts.actions end) as purchases,
            sum(facts.actions) as every_name
        from meta_ads.fact_action_metrics as facts
        inner join meta_ads.dim_action_type as types using (action_type_id)
        inner join meta_ads.dim_attribution_window as windows using (attribution_window_id)
        where types.family = 'purchase' and windows.attribution_window = 'default'
    """)
    (core,) = warehouse.rows("select sum(purchases) as sold from meta_ads.fact_core_metrics")
    assert counted["once"] == counted["purchases"] == core["sold"]
    assert counted["every_name"] > 3 * core["sold"]


def test_reach_lies_between_the_most_of_an_ad_and_the_sum_of_all(warehouse: Warehouse) -> None:
    found = warehouse.rows("""
        select months.campaign_id, months.date_id, max(months.reach) as campaign_reach,
            max(ad_days.reach) as most, sum(ad_days.reach) as added
        from meta_ads.fact_reach as months
        inner join meta_ads.dim_date as ends on ends.date_day = months.date_stop
        inner join meta_ads.fact_reach as ad_days
            on ad_days.level = 'ad'
            and ad_days.campaign_id = months.campaign_id
            and ad_days.date_id between months.date_id and ends.date_id
        where months.level = 'campaign' and months.period = 'month'
        group by 1, 2
    """)
    assert len(found) > 3
    for row in found:
        assert row["most"] <= row["campaign_reach"] <= row["added"]
    assert any(row["most"] < row["campaign_reach"] < row["added"] for row in found)


def test_the_readme_explains_every_check(project: Path, warehouse: Warehouse) -> None:
    text = (project / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## load_validation") : text.index("## Activation")]
    found = warehouse.rows("select check_name from meta_ads.load_validation")
    assert {row["check_name"] for row in found} == set(re.findall(r"`(\w+_\w+)`", section)) - {
        "check_name",
        "max_hours_since_load",
        "fact_core_metrics",
    }


def test_staging_describes_its_columns(warehouse: Warehouse) -> None:
    path = warehouse.scratch / "target" / "manifest.json"
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"].values()
    real = marts.columns(warehouse, "meta_ads_staging")
    described = {
        f"meta_ads_staging.{node['name']}": node["columns"]
        for node in nodes
        if node["name"].startswith("stg_")
    }
    assert len(described) > 15
    for table_name, columns in described.items():
        assert set(columns) == set(real[table_name]), table_name
        assert all(column["description"].strip() for column in columns.values()), table_name


_EXAMPLE = re.compile(r"```sql\n(?P<query>.*?)```\n\n```text\n(?P<shown>.*?)```\n", re.DOTALL)


def test_queries_of_the_documentation_give_what_is_shown(
    repository: Path, warehouse: Warehouse, request: pytest.FixtureRequest
) -> None:
    """With `--write-docs` what is shown is written anew instead."""
    seen = 0
    for page in pages.every():
        path, text = repository / page.path, page.text
        for example in _EXAMPLE.finditer(page.text):
            seen += 1
            rows = warehouse.rows(example["query"])
            assert rows, example["query"]
            shown = table.render(
                list(rows[0]), [[plain(cell) for cell in row.values()] for row in rows]
            )
            written = "".join(f"{line}\n" for line in shown)
            if request.config.getoption("--write-docs"):
                block = f"```sql\n{example['query']}```\n\n```text\n{written}```\n"
                text = text.replace(example[0], block)
                path.write_text(text, encoding="utf-8")
            else:
                assert example["shown"] == written, page.path
    assert seen > 5


def test_every_other_query_of_the_documentation_runs(built: Built) -> None:
    warehouse = built.warehouses["postgres"]
    shown = {example["query"] for page in pages.every() for example in _EXAMPLE.finditer(page.text)}
    fences = [one for page in pages.every() for one in page.fences]
    # One with a title is a model or changes the warehouse: tests/docs/test_commands.py has it.
    queries = [one for one in fences if one.language == "sql" and not one.title]
    others = [query for query in queries if query.text not in shown]
    assert others
    failed = {}
    for query in others:
        try:
            warehouse.rows(query.text)
        except psycopg.Error as error:
            failed[str(query)] = str(error)
    assert failed == {}


def plain(cell: object) -> object:
    """A cell as people write it: no zeros behind the last figure but cents, days as text.

    DuckDB answers a division of decimals by a float, Postgres by a decimal.
    """
    if isinstance(cell, (Decimal, float)):
        short = Decimal(str(cell)).normalize()
        return short if -int(short.as_tuple().exponent) > 2 else short.quantize(Decimal("0.01"))
    return str(cell) if isinstance(cell, date) else cell
