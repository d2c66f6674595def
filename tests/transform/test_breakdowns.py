"""What the facts and dimensions of the breakdowns hold after builds, on Postgres and on DuckDB."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.transform import raw
from tests.transform.raw import (
    AD,
    EURO,
    GONE_AD,
    GONE_CAMPAIGN,
    OTHER_AD,
    STRANGER,
    YEN_AD,
    YEN_CAMPAIGN,
    actions,
    insight,
)
from tests.transform.warehouses import PAID_MEDIA, UNTESTED

if TYPE_CHECKING:
    from tests.transform.warehouses import Warehouse

DAY, NEXT_DAY = "2026-03-01", "2026-03-02"
DAY_BEFORE_ID, DAY_ID, NEXT_DAY_ID = 20260228, 20260301, 20260302

# md5('facebook|feed') and so on, 15 digits of it
FEED = {"publisher_platform": "facebook", "platform_position": "feed"}
STORIES = {"publisher_platform": "instagram", "platform_position": "instagram_stories"}
THREADS = {"publisher_platform": "threads", "platform_position": "threads_feed"}
FEED_ID, STORIES_ID, THREADS_ID = 13246091492272698, 625462645633335001, 305833710346359040
CALIFORNIA_ID, OSAKA_ID = 240511136004740721, 141280663176815145

OFF_META = {"leads", "purchases", "purchase_value", "landing_page_views"}


def load_first_run(warehouse: Warehouse) -> None:
    """Load reports of two days that add up to each other, but for the stranger's."""
    run = raw.FIRST_RUN
    sold: dict[str, Any] = {
        "actions": actions(link_click=9, omni_purchase="2"),
        "action_values": actions(omni_purchase=59.97),
    }
    warehouse.load(
        "ads_insights",
        run.rows(
            insight(AD, DAY, impressions=100, spend=Decimal("1.00"), clicks=9, **sold),
            insight(AD, NEXT_DAY, impressions=30, spend=Decimal("0.30"), clicks=3),
            insight(OTHER_AD, NEXT_DAY, impressions=20, spend=Decimal("0.20"), clicks=2),
            insight(YEN_AD, DAY, YEN_CAMPAIGN, impressions=5, spend=Decimal(1500)),
        ),
    )
    warehouse.load(
        "ads_insights_country",
        run.rows(
            insight(AD, DAY, country="NA", impressions=60, spend=Decimal("0.60"), **sold),
            insight(AD, DAY, country="unknown", impressions=30, spend=Decimal("0.31")),
            insight(AD, DAY, country="ZZ", impressions=10, spend=Decimal("0.09")),
            insight(AD, NEXT_DAY, country="DE", impressions=30, spend=Decimal("0.30")),
            insight(OTHER_AD, NEXT_DAY, country="FR", impressions=20, spend=Decimal("0.20")),
            insight(YEN_AD, DAY, YEN_CAMPAIGN, country="JP", impressions=5, spend=Decimal(1500)),
            # an ad, a campaign and an account that only this report has
            insight(GONE_AD, DAY, GONE_CAMPAIGN, country="US", impressions=7, spend=Decimal(1)),
        ),
    )
    warehouse.load(
        "ads_insights_placement",
        run.rows(
            insight(AD, DAY, impressions=100, spend=Decimal("1.00"), **FEED),
            insight(AD, NEXT_DAY, impressions=30, spend=Decimal("0.30"), **FEED),
            insight(OTHER_AD, NEXT_DAY, impressions=20, spend=Decimal("0.20"), **STORIES),
        ),
    )
    warehouse.load(
        "ads_insights_region",
        run.rows(
            insight(AD, DAY, region="California", impressions=70, spend=Decimal("0.70"), **sold),
            insight(AD, DAY, region="unknown", impressions=30, spend=Decimal("0.30")),
            insight(AD, NEXT_DAY, region="Ōsaka", impressions=30, spend=Decimal("0.30")),
            insight(OTHER_AD, NEXT_DAY, region="Ōsaka", impressions=20, spend=Decimal("0.20")),
        ),
    )


def load_second_run(warehouse: Warehouse) -> None:
    """Read the last day again: a country and a placement have vanished, a placement is new."""
    run = raw.SECOND_RUN
    figures: dict[str, Any] = {"impressions": 50, "spend": Decimal("0.50")}
    warehouse.load("ads_insights", run.rows(insight(AD, NEXT_DAY, clicks=5, **figures)))
    warehouse.load("ads_insights_country", run.rows(insight(AD, NEXT_DAY, country="DE", **figures)))
    warehouse.load(
        "ads_insights_placement",
        run.rows(
            insight(AD, NEXT_DAY, impressions=10, spend=Decimal("0.10"), **FEED),
            insight(AD, NEXT_DAY, impressions=40, spend=Decimal("0.40"), **THREADS),
        ),
    )


def facts(warehouse: Warehouse, breakdown: str, *columns: str) -> dict[tuple[Any, ...], Any]:
    found = warehouse.rows(
        f"select date_id, cast(ad_id as text) as ad, {breakdown}_id as member, "
        f"{', '.join(columns)} from meta_ads.fact_{breakdown}_metrics"
    )
    return {
        (row["date_id"], row["ad"], row["member"]): tuple(row[name] for name in columns)
        for row in found
    }


def members(warehouse: Warehouse, breakdown: str, *columns: str) -> dict[int, tuple[Any, ...]]:
    found = warehouse.rows(f"select * from meta_ads.dim_{breakdown}")
    return {row[f"{breakdown}_id"]: tuple(row[name] for name in columns) for row in found}


def checked(warehouse: Warehouse, check: str) -> str:
    (row,) = warehouse.rows(
        f"select status from meta_ads.load_validation where check_name = '{check}'"
    )
    return str(row["status"])


def test_breakdowns_follow_the_raw_tables(warehouse: Warehouse) -> None:
    load_first_run(warehouse)
    first = warehouse.build(*PAID_MEDIA)
    assert first.code == 0, first.output
    check_countries(warehouse)
    check_placements(warehouse)
    check_regions(warehouse)
    # the account that only one report has is compared with nothing
    assert {checked(warehouse, f"{name}_matches_core") for name in ALL} == {"pass"}

    load_second_run(warehouse)
    second = warehouse.build(*PAID_MEDIA)
    assert second.code == 0, second.output
    countries = facts(warehouse, "country", "spend")
    assert {key: row for key, row in countries.items() if key[0] == NEXT_DAY_ID} == {
        (NEXT_DAY_ID, AD, 276): (Decimal("0.50"),)
    }
    assert facts(warehouse, "placement", "spend") == {
        (DAY_ID, AD, FEED_ID): (Decimal("1.00"),),
        (NEXT_DAY_ID, AD, FEED_ID): (Decimal("0.10"),),
        (NEXT_DAY_ID, AD, THREADS_ID): (Decimal("0.40"),),
    }
    assert members(warehouse, "placement", "placement_name")[THREADS_ID] == ("Threads Feed",)
    # regions were not read again, and stay as they were
    assert len(facts(warehouse, "region", "spend")) == 4


ALL = ("age_gender", "country", "device", "placement", "region")


def check_countries(warehouse: Warehouse) -> None:
    columns = ("spend", "impressions", "clicks", "purchases", "purchase_value", "source_rows")
    assert facts(warehouse, "country", *columns) == {
        (DAY_ID, AD, 516): (Decimal("0.60"), 60, 9, Decimal(2), Decimal("59.97"), 1),
        (DAY_ID, AD, 0): (Decimal("0.40"), 40, None, None, None, 2),
        (NEXT_DAY_ID, AD, 276): (Decimal("0.30"), 30, None, None, None, 1),
        (NEXT_DAY_ID, OTHER_AD, 250): (Decimal("0.20"), 20, None, None, None, 1),
        (DAY_ID, YEN_AD, 392): (Decimal(1500), 5, None, None, None, 1),
        (DAY_ID, GONE_AD, 840): (Decimal(1), 7, None, None, None, 1),
    }
    countries = members(warehouse, "country", "country_code", "country_alpha3", "country_name")
    assert len(countries) == 251
    assert countries[0] == (None, None, "Unknown")
    assert countries[4] == ("AF", "AFG", "Afghanistan")
    assert countries[384] == ("CI", "CIV", "Côte d'Ivoire")
    assert countries[516] == ("NA", "NAM", "Namibia")
    assert countries[535] == ("BQ", "BES", "Bonaire, Sint Eustatius and Saba")
    assert countries[983] == ("XK", "XKX", "Kosovo")
    ages = members(warehouse, "age_group", "age_group", "min_age", "max_age")
    assert (ages[1], ages[7]) == (("13-17", 13, 17), ("65+", 65, None))
    ads = warehouse.rows(
        "select cast(ad_id as text) as ad, ad_name, is_inferred from meta_ads.dim_ad"
    )
    assert {"ad": GONE_AD, "ad_name": "Ad 4", "is_inferred": True} in ads
    assert members(warehouse, "account", "account_name")[int(STRANGER)] == ("Stranger",)
    unlisted = "select * from meta_ads_staging.int_meta_ads__unlisted_values"
    assert warehouse.rows(unlisted) == [{"breakdown": "country", "value": "ZZ", "source_rows": 1}]


def check_placements(warehouse: Warehouse) -> None:
    assert facts(warehouse, "placement", "spend") == {
        (DAY_ID, AD, FEED_ID): (Decimal("1.00"),),
        (NEXT_DAY_ID, AD, FEED_ID): (Decimal("0.30"),),
        (NEXT_DAY_ID, OTHER_AD, STORIES_ID): (Decimal("0.20"),),
    }
    assert members(warehouse, "placement", "placement_name", "surface") == {
        0: ("Unknown", None),
        FEED_ID: ("Facebook Feed", "feed"),
        STORIES_ID: ("Instagram Stories", "stories"),
    }


def check_regions(warehouse: Warehouse) -> None:
    assert facts(warehouse, "region", "spend", "clicks") == {
        (DAY_ID, AD, CALIFORNIA_ID): (Decimal("0.70"), 9),
        (DAY_ID, AD, 0): (Decimal("0.30"), None),
        (NEXT_DAY_ID, AD, OSAKA_ID): (Decimal("0.30"), None),
        (NEXT_DAY_ID, OTHER_AD, OSAKA_ID): (Decimal("0.20"), None),
    }
    assert members(warehouse, "region", "region_name") == {
        0: ("Unknown",),
        CALIFORNIA_ID: ("California",),
        OSAKA_ID: ("Ōsaka",),
    }
    columns = {
        fact: {
            row["column_name"]
            for row in warehouse.rows(
                "select column_name from information_schema.columns "
                f"where table_schema = 'meta_ads' and table_name = 'fact_{fact}_metrics'"
            )
        }
        for fact in ALL
    }
    shared = columns["country"] - {"country_id"}
    assert shared > OFF_META
    assert columns["region"] - {"region_id"} == shared - OFF_META
    assert columns["age_gender"] - {"age_group_id", "gender_id"} == shared


def test_facts_outlive_their_raw_rows_and_keep_their_members(warehouse: Warehouse) -> None:
    """The raw tables may be pruned; neither a build nor a dimension built anew loses a member."""
    load_first_run(warehouse)
    long_ago = raw.FIRST_RUN.rows(insight(AD, "2023-03-01", impressions=1, spend=Decimal("0.01")))
    warehouse.load("ads_insights", long_ago)
    assert warehouse.build(*PAID_MEDIA, *UNTESTED).code == 0
    for report, gone in [
        ("ads_insights_placement", f"= '{DAY}'"),
        ("ads_insights_region", f"= '{DAY}'"),
        ("ads_insights", "< '2024-01-01'"),
    ]:
        warehouse.execute([(f"delete from tap_meta_ads.{report} where date_start {gone}", [])])
    pruned = warehouse.build(*PAID_MEDIA)
    assert pruned.code == 0, pruned.output
    years = warehouse.rows("select year_number, count(*) as days from meta_ads.dim_date group by 1")
    assert {(2023, 365), (2024, 366)} <= {(row["year_number"], row["days"]) for row in years}
    rebuilt = warehouse.build("--full-refresh", "--select", "+dim_region +dim_placement")
    assert rebuilt.code == 0, rebuilt.output
    assert CALIFORNIA_ID in members(warehouse, "region", "region_name")
    assert (DAY_ID, AD, CALIFORNIA_ID) in facts(warehouse, "region", "spend")
    assert FEED_ID in members(warehouse, "placement", "placement_name")


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_a_breakdown_that_does_not_add_up_warns(warehouse: Warehouse) -> None:
    """Half a hundredth a row is rounding; more, an impression or a day is a warning, no failure."""
    load_first_run(warehouse)
    assert warehouse.build(*PAID_MEDIA, *UNTESTED).code == 0
    fact = "meta_ads.fact_placement_metrics"
    # a day before the first of the account in the breakdown is not compared
    warehouse.execute([(f"delete from {fact} where date_id = {DAY_ID}", [])])

    def changed(change: str) -> str:
        update = f"update {fact} set {change} where date_id = {NEXT_DAY_ID}"
        warehouse.execute([(f"{update} and account_id = {EURO}", [])])
        outcome = warehouse.dbt("run", "--select", "load_validation")
        assert outcome.code == 0, outcome.output
        return checked(warehouse, "placement_matches_core")

    assert changed("spend = spend + 0.01") == "pass"
    assert changed("spend = spend + 0.01") == "warn"
    assert changed("spend = spend - 0.02") == "pass"
    assert changed("impressions = impressions - 1") == "warn"
    # the breakdown began before either day, and has neither
    assert changed(f"date_id = {DAY_BEFORE_ID}") == "warn"
