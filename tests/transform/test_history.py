"""Versions of what Meta lets people change over several loads, and budgets as of each day."""

from __future__ import annotations

import ast
import re
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from tests.transform import raw
from tests.transform.raw import AD, CAMPAIGN, EURO, SET, YEN, YEN_AD, YEN_CAMPAIGN, YEN_SET, insight
from tests.transform.test_macros import key
from tests.transform.warehouses import UNTESTED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.transform.warehouses import Warehouse

HISTORIES = {"account": "accounts", "campaign": "campaigns", "adset": "ad_sets", "ad": "ads"}
SELECT = ("--select", "+path:models/marts/paid_media/history", "+fact_budget_daily")

OLD: dict[str, Any] = {
    "id": CAMPAIGN,
    "account_id": EURO,
    "name": "Spring",
    "status": "ACTIVE",
    "effective_status": "ACTIVE",
    "daily_budget": 1000,
    "start_time": "2026-02-01T00:00:00+0100",
    "updated_time": "2026-02-20T00:00:00+0100",
}
NEW: dict[str, Any] = {
    **OLD,
    "name": "Summer",
    "status": "PAUSED",
    "effective_status": "PAUSED",
    "daily_budget": 2500,
    # between the first two readings, on 3 March in the account's calendar and 2 March in UTC
    "updated_time": "2026-03-03T00:30:00-1200",
}
CHANGED_AT = datetime(2026, 3, 3, 12, 30, tzinfo=timezone.utc)
READ_AT = datetime(2026, 3, 3, 4, 5, 7, 500000, tzinfo=timezone.utc)

FIRST_DAYS = {
    # budgets of campaigns as they were read on 3 March, for want of an older reading
    (20260301, CAMPAIGN, "0"): ("ACTIVE", True, Decimal(10), Decimal("4.00"), Decimal("0.4")),
    (20260302, CAMPAIGN, "0"): ("ACTIVE", True, Decimal(10), Decimal(0), Decimal(0)),
    # 4000 whole yen over 1 to 4 March, with nothing spent on the second day
    (20260301, YEN_CAMPAIGN, YEN_SET): (
        "ACTIVE",
        True,
        Decimal(1000),
        Decimal(1500),
        Decimal("1.5"),
    ),
}
SECOND_DAYS = {
    **FIRST_DAYS,
    (20260303, CAMPAIGN, "0"): ("PAUSED", False, Decimal(25), Decimal("5.00"), Decimal("0.2")),
}


def load_first(warehouse: Warehouse) -> None:
    run = raw.FIRST_RUN
    zone = {"timezone_offset_hours_utc": Decimal(1)}
    warehouse.load(
        "ad_accounts",
        run.rows(
            {"account_id": EURO, "name": "Shop", "currency": "EUR", **zone},
            {"account_id": YEN, "name": "東京", "currency": "JPY", **zone},
        ),
    )
    warehouse.load(
        "campaigns", run.rows(OLD, {"id": YEN_CAMPAIGN, "account_id": YEN, "name": "春"})
    )
    warehouse.load(
        "ad_sets",
        run.rows(
            {"id": SET, "account_id": EURO, "campaign_id": CAMPAIGN, "name": "Set"},
            {
                "id": YEN_SET,
                "account_id": YEN,
                "campaign_id": YEN_CAMPAIGN,
                "effective_status": "ACTIVE",
                "lifetime_budget": 4000,
                "start_time": "2026-03-01T09:00:00+0100",
                "end_time": "2026-03-05T00:00:00+0100",
            },
        ),
    )
    warehouse.load(
        "ads", run.rows({"id": AD, "account_id": EURO, "campaign_id": CAMPAIGN, "adset_id": SET})
    )
    warehouse.load(
        "ads_insights",
        run.rows(
            insight(AD, "2026-03-01", impressions=10, spend=Decimal("4.00"), clicks=1),
            insight(AD, "2026-03-02", impressions=10, spend=Decimal(0), clicks=0),
            insight(YEN_AD, "2026-03-01", YEN_CAMPAIGN, impressions=5, spend=Decimal(1500)),
        ),
    )


def load_second(warehouse: Warehouse) -> None:
    """Bring one more day and a campaign whose name, status and budget were changed."""
    run = raw.SECOND_RUN
    warehouse.load("campaigns", run.rows(NEW))
    warehouse.load(
        "ads_insights",
        run.rows(insight(AD, "2026-03-03", impressions=10, spend=Decimal("5.00"), clicks=1)),
    )


def build(warehouse: Warehouse, *arguments: str, tested: bool = False) -> None:
    untested = () if tested else UNTESTED
    outcome = warehouse.build(*SELECT, *untested, *arguments)
    assert outcome.code == 0, outcome.output
    # such as about the types of a snapshot's times
    assert "[WARNING]: Data type" not in outcome.output


def versions(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    found = warehouse.rows(
        "select campaign_history_id, cast(campaign_id as text) as id, version_number, is_current, "
        "campaign_name, status, daily_budget, changed_columns from meta_ads.dim_campaign_history "
        "order by 2, 3"
    )
    return [tuple(row.values()) for row in found]


def snapshots(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    return {
        name: warehouse.rows(
            f"select * from meta_ads_snapshots.snap_meta_ads__{name} order by dbt_scd_id"
        )
        for name in HISTORIES.values()
    }


def budgets(warehouse: Warehouse) -> dict[tuple[int, str, str], tuple[Any, ...]]:
    found = warehouse.rows(
        "select date_id, cast(campaign_id as text) as campaign, cast(adset_id as text) as adset, "
        "effective_status, is_backcast, planned_spend, spend, pacing "
        "from meta_ads.fact_budget_daily"
    )
    rows = [tuple(row.values()) for row in found]
    assert len({row[:3] for row in rows}) == len(rows)
    return {row[:3]: row[3:] for row in rows}


def history_id(entity: str, begun: datetime) -> int:
    since = begun - datetime(1970, 1, 1, tzinfo=timezone.utc)
    microseconds = (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
    return int(key(f"{entity}|{microseconds}"))


UNKNOWN = (0, "0", 0, True, "Unknown", None, None, None)


def test_versions_follow_the_readings(warehouse: Warehouse) -> None:
    load_first(warehouse)

    # `dbt run` does not take snapshots either
    build(warehouse, "--exclude-resource-type", "snapshot")
    for level in HISTORIES:
        count = f"select {level}_history_id as id from meta_ads.dim_{level}_history"
        assert warehouse.rows(count) == [{"id": 0}]
    assert budgets(warehouse) == {}

    build(warehouse)
    old = (history_id(CAMPAIGN, READ_AT), CAMPAIGN, 1, True, "Spring", "ACTIVE", Decimal(10), None)
    # the second row of the load, received a millisecond later
    yen_id = history_id(YEN_CAMPAIGN, READ_AT.replace(microsecond=501000))
    yen = (yen_id, YEN_CAMPAIGN, 1, True, "春", None, None, None)
    assert versions(warehouse) == [UNKNOWN, old, yen]
    assert budgets(warehouse) == FIRST_DAYS

    load_second(warehouse)
    build(warehouse, tested=True)
    changed = "campaign_name, status, effective_status, daily_budget"
    new_id = history_id(CAMPAIGN, CHANGED_AT)
    new = (new_id, CAMPAIGN, 2, True, "Summer", "PAUSED", Decimal(25), changed)
    second = [UNKNOWN, (*old[:3], False, *old[4:]), new, yen]
    assert versions(warehouse) == second
    assert budgets(warehouse) == SECOND_DAYS
    taken = snapshots(warehouse)
    assert {name: len(rows) for name, rows in taken.items()} == {
        "accounts": 2,
        "campaigns": 3,
        "ad_sets": 2,
        "ads": 1,
    }

    # the same rows again, read once more or not, are no news; nor does --full-refresh forget
    build(warehouse)
    assert snapshots(warehouse) == taken
    warehouse.load("campaigns", raw.THIRD_RUN.rows(NEW))
    build(warehouse, "--full-refresh")
    assert snapshots(warehouse) == taken
    assert versions(warehouse) == second
    assert budgets(warehouse) == SECOND_DAYS


def test_a_missing_table_ends_no_version_and_deleted_is_a_version(warehouse: Warehouse) -> None:
    load_first(warehouse)
    unstamped = {"id": YEN_CAMPAIGN, "account_id": YEN, "name": "夏", "_sdc_extracted_at": None}
    warehouse.load("campaigns", [{**raw.FIRST_RUN.rows({})[0], **unstamped}])
    build(warehouse)
    taken = snapshots(warehouse)
    before = versions(warehouse)

    # as if the stream had not been selected for once; Insights still knows the campaign
    warehouse.execute([("drop table tap_meta_ads.campaigns cascade", [])])
    build(warehouse, tested=True)
    assert snapshots(warehouse) == taken
    assert [row[:6] for row in versions(warehouse)] == [row[:6] for row in before]
    assert budgets(warehouse) == FIRST_DAYS

    # back again, one as it was and without a stamp, the other deleted at Meta
    deleted = {**OLD, "effective_status": "DELETED", "updated_time": None}
    warehouse.load("campaigns", raw.THIRD_RUN.rows(deleted))
    warehouse.load("campaigns", [{**raw.THIRD_RUN.rows({})[0], **unstamped}])
    build(warehouse)
    found = warehouse.rows(
        "select cast(campaign_id as text) as id, version_number, is_deleted, changed_columns "
        "from meta_ads.dim_campaign_history where campaign_id <> 0 order by 1, 2"
    )
    assert [tuple(row.values()) for row in found] == [
        (CAMPAIGN, 1, False, None),
        (CAMPAIGN, 2, True, "effective_status, is_deleted"),
        (YEN_CAMPAIGN, 1, False, None),
    ]


def test_each_snapshot_checks_what_its_history_shows(project: Path) -> None:
    """Types stand in the dimension and names in the snapshot; the view between gives both."""
    written = (project / "snapshots" / "_snapshots.yml").read_text(encoding="utf-8")
    declared = {
        snapshot["name"]: snapshot
        for snapshot in yaml.safe_load(written)["snapshots"]
        if snapshot["name"].startswith("snap_meta_ads__")
    }
    assert set(declared) == {f"snap_meta_ads__{name}" for name in HISTORIES.values()}
    moving = {"updated_at", "created_at", "read_at", "extracted_at", "amount_spent_minor_units"}
    for level, name in HISTORIES.items():
        snapshot = declared[f"snap_meta_ads__{name}"]
        assert snapshot["relation"] == f"ref('int_meta_ads__{name}_tracked')"
        config = snapshot["config"]
        checked = config.pop("check_cols")
        assert config == {
            "unique_key": f"{level}_id",
            "strategy": "check",
            "updated_at": "read_at",
            "hard_deletes": "ignore",
            "dbt_valid_to_current": "cast('9999-12-31' as timestamp)",
        }
        assert "is_deleted" in checked
        assert not moving.intersection(checked)

        history = f"models/marts/paid_media/history/dim_{level}_history.sql"
        code = (project / history).read_text(encoding="utf-8")
        literal = re.search(r"set tracked = (\{.*?\n\})", code, flags=re.DOTALL)
        assert literal is not None
        assert list(ast.literal_eval(literal[1])) == checked, name
