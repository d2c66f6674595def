"""What the marts hold after first, second and partial builds, on Postgres and on DuckDB."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.transform import raw
from tests.transform.raw import (
    AD,
    CAMPAIGN,
    EURO,
    GONE_AD,
    GONE_CAMPAIGN,
    GONE_SET,
    NEW_AD,
    OTHER_AD,
    SET,
    STRANGER,
    YEN,
    YEN_AD,
    YEN_CAMPAIGN,
    YEN_SET,
    actions,
    insight,
)
from tests.transform.warehouses import PAID_MEDIA, UNTESTED, PostgresWarehouse, Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY, NEXT_DAY = "2026-03-01", "2026-03-02"
DAY_ID, NEXT_DAY_ID = 20260301, 20260302

MEASURES = ("spend", "impressions", "clicks", "click_source", "purchases", "purchase_value")

FOREIGN_KEYS = """
    select child.relname || '.' || columns.attname || ' -> ' || parent.relname as key
    from pg_constraint as keys
    inner join pg_class as child on child.oid = keys.conrelid
    inner join pg_class as parent on parent.oid = keys.confrelid
    inner join pg_attribute as columns
        on columns.attrelid = keys.conrelid and keys.conkey = array[columns.attnum]
    where keys.contype = 'f' and keys.connamespace = 'meta_ads'::regnamespace
"""


def load_first_run(warehouse: Warehouse) -> None:
    run = raw.FIRST_RUN
    account = {"timezone_name": "Europe/Berlin", "account_status": 1, "amount_spent": 123456}
    warehouse.load(
        "ad_accounts",
        run.rows(
            {"account_id": EURO, "name": "Shop ☕", "currency": "EUR", "business": None, **account},
            {
                "account_id": YEN,
                "name": "東京",
                "currency": "JPY",
                "business": {"id": "77", "name": "Ginza"},
                **account,
            },
        ),
    )
    warehouse.load(
        "campaigns",
        run.rows(
            {
                "id": CAMPAIGN,
                "account_id": EURO,
                "name": "Spring; 'sale'\n",
                "effective_status": "ACTIVE",
                "daily_budget": 21605,
                "start_time": "2026-02-08T14:18:45-0800",
                "special_ad_categories": ["HOUSING", "CREDIT"],
            },
            {
                "id": YEN_CAMPAIGN,
                "account_id": YEN,
                "name": "春",
                "effective_status": "DELETED",
                "daily_budget": 21605,
                "start_time": "1970-01-01T00:59:59+0100",
            },
        ),
    )
    warehouse.load(
        "ad_sets",
        run.rows(
            {"id": SET, "account_id": EURO, "campaign_id": CAMPAIGN, "name": "Set"},
            {"id": YEN_SET, "account_id": YEN, "campaign_id": YEN_CAMPAIGN, "name": "組"},
        ),
    )
    euro = {"account_id": EURO, "campaign_id": CAMPAIGN, "adset_id": SET}
    yen = {"account_id": YEN, "campaign_id": YEN_CAMPAIGN, "adset_id": YEN_SET}
    warehouse.load(
        "ads",
        run.rows(
            {"id": AD, "name": "One", "creative": {"id": "120210000000000901"}, **euro},
            {"id": OTHER_AD, "name": "Two", "creative": None, **euro},
            {"id": YEN_AD, "name": "三", **yen},
        ),
    )
    warehouse.load(
        "ads_insights",
        run.rows(
            insight(
                AD,
                DAY,
                impressions=1000,
                spend=Decimal("12.34"),
                clicks=30,
                inline_link_clicks=0,
                actions=actions(link_click=9, omni_purchase="2", purchase=2),
                action_values=actions(omni_purchase=59.97, purchase=59.97),
            ),
            insight(AD, NEXT_DAY, impressions=10, spend=Decimal("0.10"), clicks=1),
            insight(
                OTHER_AD,
                NEXT_DAY,
                impressions=20,
                spend=Decimal("0.20"),
                actions=actions(link_click="3"),
            ),
            insight(YEN_AD, DAY, YEN_CAMPAIGN, impressions=5, spend=Decimal(1500)),
            insight(GONE_AD, DAY, GONE_CAMPAIGN, impressions=7, spend=Decimal("1.07"), clicks=0),
        ),
    )


def load_second_run(warehouse: Warehouse) -> None:
    """Read the last day again: one ad has vanished, one is new, and one has grown."""
    warehouse.load(
        "ads_insights",
        raw.SECOND_RUN.rows(
            insight(AD, NEXT_DAY, impressions=11, spend=Decimal("0.11"), clicks=2),
            insight(NEW_AD, NEXT_DAY, impressions=4, spend=Decimal("0.04"), clicks=1),
        ),
    )


def facts(warehouse: Warehouse) -> dict[tuple[int, str], tuple[Any, ...]]:
    found = warehouse.rows(
        f"select date_id, cast(ad_id as text) as ad, {', '.join(MEASURES)} "
        "from meta_ads.fact_core_metrics"
    )
    return {(row["date_id"], row["ad"]): tuple(row[name] for name in MEASURES) for row in found}


def members(warehouse: Warehouse, dimension: str, *columns: str) -> dict[str, tuple[Any, ...]]:
    key = dimension.replace("dim_", "") + "_id"
    found = warehouse.rows(f"select cast({key} as text) as key, * from meta_ads.{dimension}")
    return {row["key"]: tuple(row[name] for name in columns) for row in found}


def declared_foreign_keys(warehouse: Warehouse) -> set[str]:
    """Read out of the project what it says; rules for that stand in test_project.py."""
    path = warehouse.scratch / "target" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    return {
        f"{node['name']}.{column} -> {target.split('.')[0]}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "meta_ads"
        for column, target in node["config"]["meta"].get("foreign_keys", {}).items()
    }


def foreign_keys(warehouse: Warehouse) -> set[str]:
    return {row["key"] for row in warehouse.rows(FOREIGN_KEYS)}


def checks(warehouse: Warehouse) -> dict[str, str]:
    found = warehouse.rows("select check_name, status from meta_ads.load_validation")
    return {row["check_name"]: row["status"] for row in found}


def not_passed(statuses: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: status for name, status in statuses if status != "pass"}


FIRST_FACTS = {
    (DAY_ID, AD): (
        Decimal("12.34"),
        1000,
        0,
        "inline_link_clicks",
        Decimal(2),
        Decimal("59.97"),
    ),
    (NEXT_DAY_ID, AD): (Decimal("0.10"), 10, 1, "clicks", None, None),
    (NEXT_DAY_ID, OTHER_AD): (Decimal("0.20"), 20, 3, "link_clicks", None, None),
    (DAY_ID, YEN_AD): (Decimal(1500), 5, None, None, None, None),
    (DAY_ID, GONE_AD): (Decimal("1.07"), 7, 0, "clicks", None, None),
}
SECOND_FACTS = {
    **{key: row for key, row in FIRST_FACTS.items() if key[0] == DAY_ID},
    (NEXT_DAY_ID, AD): (Decimal("0.11"), 11, 2, "clicks", None, None),
    (NEXT_DAY_ID, NEW_AD): (Decimal("0.04"), 4, 1, "clicks", None, None),
}


def test_builds_follow_the_raw_tables(warehouse: Warehouse) -> None:
    load_first_run(warehouse)
    first = warehouse.build(*PAID_MEDIA)
    assert first.code == 0, first.output
    assert facts(warehouse) == FIRST_FACTS
    check_dimensions(warehouse)
    # made-up loads are old; one row of Insights has impressions and no click field
    assert not_passed(checks(warehouse).items()) == {
        "clicks_where_impressions": "warn",
        "loaded_lately": "warn",
    }

    load_second_run(warehouse)
    second = warehouse.build(*PAID_MEDIA)
    assert second.code == 0, second.output
    assert facts(warehouse) == SECOND_FACTS
    assert members(warehouse, "dim_ad", "ad_name", "is_inferred")[NEW_AD] == ("Ad 5", True)
    check_tables_for_people(warehouse)


def check_dimensions(warehouse: Warehouse) -> None:
    account = ("account_name", "currency", "amount_spent", "is_inferred")
    assert members(warehouse, "dim_account", *account) == {
        "0": ("Unknown", None, None, False),
        EURO: ("Shop ☕", "EUR", Decimal("1234.56"), False),
        YEN: ("東京", "JPY", Decimal(123456), False),
        STRANGER: ("Stranger", "USD", None, True),
    }
    campaign = ("campaign_name", "daily_budget", "special_ad_categories", "is_deleted")
    assert members(warehouse, "dim_campaign", *campaign) == {
        "0": ("Unknown", None, None, False),
        CAMPAIGN: ("Spring; 'sale'\n", Decimal("216.05"), "HOUSING, CREDIT", False),
        YEN_CAMPAIGN: ("春", Decimal(21605), None, True),
        GONE_CAMPAIGN: ("Campaign 3", None, None, False),
    }
    instants = warehouse.rows(
        "select campaign_id, cast(extract(epoch from start_at) as bigint) as instant "
        "from meta_ads.dim_campaign where start_at is not null"
    )
    assert instants == [{"campaign_id": int(CAMPAIGN), "instant": 1770589125}]
    assert members(warehouse, "dim_adset", "adset_name", "is_inferred") == {
        "0": ("Unknown", False),
        SET: ("Set", False),
        YEN_SET: ("組", False),
        GONE_SET: ("Set 3", True),
    }
    assert members(warehouse, "dim_ad", "ad_name", "creative_id", "meta_ad_id", "is_inferred") == {
        "0": ("Unknown", 0, None, False),
        AD: ("One", 120210000000000901, AD, False),
        OTHER_AD: ("Two", 0, OTHER_AD, False),
        YEN_AD: ("三", 0, YEN_AD, False),
        GONE_AD: ("Ad 4", 0, GONE_AD, True),
    }
    # no creative was loaded, and one of the ads has one
    creative = ("creative_name", "account_id", "is_inferred")
    assert members(warehouse, "dim_creative", *creative) == {
        "0": ("Unknown", 0, False),
        "120210000000000901": (None, int(EURO), True),
    }
    dates = warehouse.rows(
        "select date_id, cast(date_day as text) as day, day_name, iso_week, is_month_end, "
        "cast(week_start_day as text) as monday "
        "from meta_ads.dim_date where date_id in (0, 20260301, 20260331) order by 1"
    )
    assert [tuple(row.values()) for row in dates] == [
        (0, None, None, None, None, None),
        (DAY_ID, DAY, "Sunday", 9, False, "2026-02-23"),
        (20260331, "2026-03-31", "Tuesday", 14, True, "2026-03-30"),
    ]


def check_tables_for_people(warehouse: Warehouse) -> None:
    """Look at the wide table and the aggregate after the second run."""
    wide = warehouse.rows(
        "select cast(date_day as text) as day, cast(ad_id as text) as ad, account_name, "
        "campaign_name, adset_name, ad_name, creative_id, spend, ctr, cpm, roas, cost_per_purchase "
        "from meta_ads.obt_ad_daily order by date_id, ad_id"
    )
    assert [(row["day"], row["ad"], row["ad_name"]) for row in wide] == [
        (DAY, AD, "One"),
        (DAY, YEN_AD, "三"),
        (DAY, GONE_AD, "Ad 4"),
        (NEXT_DAY, AD, "One"),
        (NEXT_DAY, NEW_AD, "Ad 5"),
    ]
    assert tuple(wide[0].values())[2:] == (
        "Shop ☕",
        "Spring; 'sale'\n",
        "Set",
        "One",
        120210000000000901,
        Decimal("12.34"),
        Decimal(0),
        Decimal("12.34"),
        Decimal("4.859806"),
        Decimal("6.17"),
    )
    campaigns = warehouse.rows(
        "select date_id, campaign_name, account_currency, spend, clicks, click_source, ctr, cpc, "
        "cpm, roas, cpa, cost_per_lead "
        "from meta_ads.agg_campaign_daily order by date_id, campaign_id"
    )
    assert [tuple(row.values())[1:6] for row in campaigns] == [
        ("Spring; 'sale'\n", "EUR", Decimal("12.34"), 0, "inline_link_clicks"),
        ("春", "JPY", Decimal(1500), None, None),
        ("Campaign 3", "USD", Decimal("1.07"), 0, "clicks"),
        ("Spring; 'sale'\n", "EUR", Decimal("0.15"), 3, "clicks"),
    ]
    # 0.15 for 3 of 15
    assert tuple(campaigns[3].values())[6:] == (20, Decimal("0.05"), 10, None, None, None)


def test_an_empty_warehouse_builds_and_all_unit_tests_pass(warehouse: Warehouse) -> None:
    """No raw schema at all: every source is an empty relation of its type."""
    outcome = warehouse.dbt("build")
    assert outcome.code == 0, outcome.output
    assert not outcome.failures()
    assert outcome.statuses["clicks_fall_through_on_null_only"] == "pass"
    for dimension in ("dim_account", "dim_campaign", "dim_adset", "dim_ad", "dim_creative"):
        assert list(members(warehouse, dimension)) == ["0"]
    assert facts(warehouse) == {}
    assert checks(warehouse)["facts_present"] == "warn"


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_foreign_keys_outlive_every_kind_of_build(warehouse: Warehouse) -> None:
    assert isinstance(warehouse, PostgresWarehouse)
    load_first_run(warehouse)
    assert warehouse.build(*PAID_MEDIA).code == 0
    declared = declared_foreign_keys(warehouse)
    assert "fact_core_metrics.ad_id -> dim_ad" in declared
    assert foreign_keys(warehouse) == declared
    versions = "select ad_id, date_id, xmin::text as version from meta_ads.fact_core_metrics"
    first = {(row["ad_id"], row["date_id"]): row["version"] for row in warehouse.rows(versions)}

    load_second_run(warehouse)
    # A dimension alone is replaced, and with it go the keys that point to it.
    assert warehouse.build("--select", "dim_ad").code == 0
    assert foreign_keys(warehouse) == declared

    # The fact alone brings an ad that dim_ad lacks: its row is kept, the key is missing, and dbt
    # says so.
    alone = warehouse.dbt("run", "--select", "path:models/intermediate/meta_ads fact_core_metrics")
    assert alone.code == 0, alone.output
    assert facts(warehouse) == SECOND_FACTS
    missing = {"fact_core_metrics.ad_id -> dim_ad"}
    assert foreign_keys(warehouse) == declared - missing
    assert "dbt build --select +dim_ad" in alone.output

    assert warehouse.build("--select", "+dim_ad").code == 0
    assert foreign_keys(warehouse) == declared

    # Days that no run has read again were not written again either.
    second = {(row["ad_id"], row["date_id"]): row["version"] for row in warehouse.rows(versions)}
    day = {key for key in first if key[1] == DAY_ID}
    assert {key: second[key] for key in day} == {key: first[key] for key in day}
    assert second[int(AD), NEXT_DAY_ID] != first[int(AD), NEXT_DAY_ID]


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_what_is_wrong_fails_the_build_and_named_days_are_read_again(warehouse: Warehouse) -> None:
    load_first_run(warehouse)
    assert warehouse.build(*PAID_MEDIA, *UNTESTED).code == 0
    warehouse.execute([("update meta_ads.fact_core_metrics set spend = 0 where spend < 2", [])])
    select = ("--select", "fact_core_metrics load_validation")

    # Nothing was loaded, so nothing is read again, and the reconciliations tell.
    wrong = warehouse.build(*select)
    assert wrong.code == 1
    assert wrong.failures() == {"equals_its_source_fact_core_metrics_ads_insights": "fail"}

    named = warehouse.build(*select, "--vars", f"{{start_date: '{NEXT_DAY}'}}")
    assert named.code == 1
    found = facts(warehouse)
    assert found[NEXT_DAY_ID, AD] == FIRST_FACTS[NEXT_DAY_ID, AD]
    assert found[DAY_ID, GONE_AD][0] == 0

    # The row of the first run that the second did not bring is still raw, and stays out.
    load_second_run(warehouse)
    stale = f"select 1 from tap_meta_ads.ads_insights where ad_id = '{OTHER_AD}'"
    assert len(warehouse.rows(stale)) == 1
    healed = warehouse.build("--full-refresh", *PAID_MEDIA)
    assert healed.code == 0, healed.output
    assert facts(warehouse) == SECOND_FACTS
