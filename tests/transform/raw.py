"""Made-up raw rows, as a Singer loader leaves those of tap-meta-ads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_METADATA = {
    "_sdc_extracted_at": "time",
    "_sdc_received_at": "time",
    "_sdc_deleted_at": "time",
    "_sdc_sync_started_at": "bigint",
}


@dataclass(frozen=True)
class Table:
    """A raw table: its key and its columns with the loader's kind of type."""

    key: tuple[str, ...]
    columns: Mapping[str, str]


def _table(*key: str, **columns: str) -> Table:
    return Table(key, {**dict.fromkeys(key, "text"), **columns, **_METADATA})


def _insights(*breakdowns: str) -> Table:
    columns = _table(
        "account_id",
        "ad_id",
        *breakdowns,
        date_start="date",
        date_stop="date",
        account_name="text",
        account_currency="text",
        campaign_id="text",
        campaign_name="text",
        adset_id="text",
        adset_name="text",
        ad_name="text",
        impressions="bigint",
        spend="numeric",
        clicks="bigint",
        inline_link_clicks="bigint",
        reach="bigint",
        frequency="numeric",
        # two ways in which loaders write lists
        actions="json",
        action_values="list",
        conversions="list",
    ).columns
    return Table(("account_id", "ad_id", "date_start", *breakdowns), columns)


TABLES = {
    "ad_accounts": _table(
        "account_id",
        name="text",
        account_status="bigint",
        currency="text",
        timezone_name="text",
        timezone_offset_hours_utc="numeric",
        amount_spent="numeric",
        business="json",
    ),
    "campaigns": _table(
        "id",
        account_id="text",
        name="text",
        status="text",
        effective_status="text",
        daily_budget="numeric",
        start_time="text",
        updated_time="text",
        special_ad_categories="json",
    ),
    "ad_sets": _table(
        "id",
        account_id="text",
        campaign_id="text",
        name="text",
        effective_status="text",
        lifetime_budget="numeric",
        start_time="text",
        end_time="text",
        updated_time="text",
    ),
    "ads": _table(
        "id", account_id="text", campaign_id="text", adset_id="text", name="text", creative="json"
    ),
    # Of the entities `ad_creatives` has no table here: a stream that was not selected.
    "ads_insights": _insights(),
    "ads_insights_country": _insights("country"),
    "ads_insights_region": _insights("region"),
    "ads_insights_placement": _insights("publisher_platform", "platform_position"),
    "campaigns_insights_monthly": Table(
        ("account_id", "campaign_id", "date_start", "date_stop"),
        _table(
            "account_id",
            "campaign_id",
            date_start="date",
            date_stop="date",
            account_name="text",
            account_currency="text",
            campaign_name="text",
            impressions="bigint",
            spend="numeric",
            clicks="bigint",
            reach="bigint",
            frequency="numeric",
            unique_clicks="bigint",
        ).columns,
    ),
    "custom_conversions": _table("id", account_id="text", name="text", is_archived="boolean"),
}


@dataclass(frozen=True)
class Run:
    """One run of the loader. Its rows share the start, and each has its own time of receipt."""

    started: datetime

    def metadata(self, position: int) -> dict[str, Any]:
        received = self.started + timedelta(milliseconds=1500 + position)
        return {
            "_sdc_extracted_at": received.replace(tzinfo=None),
            "_sdc_received_at": received.replace(tzinfo=None),
            "_sdc_deleted_at": None,
            "_sdc_sync_started_at": int(self.started.timestamp() * 1000),
        }

    def rows(self, *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{**row, **self.metadata(position)} for position, row in enumerate(rows)]


FIRST_RUN = Run(datetime(2026, 3, 3, 4, 5, 6, tzinfo=timezone.utc))
SECOND_RUN = Run(datetime(2026, 3, 4, 4, 5, 6, tzinfo=timezone.utc))
THIRD_RUN = Run(datetime(2026, 3, 5, 4, 5, 6, tzinfo=timezone.utc))

EURO, YEN, STRANGER = "1000000000000001", "1000000000000002", "999999999999999999"
CAMPAIGN, YEN_CAMPAIGN, GONE_CAMPAIGN = (
    "120210000000000001",
    "120210000000000002",
    "120210000000000003",
)
SET, YEN_SET, GONE_SET = "120210000000000011", "120210000000000012", "120210000000000013"
# Floats cannot tell these from each other.
AD, OTHER_AD, YEN_AD, GONE_AD, NEW_AD = (f"12021000000000010{n}" for n in (1, 2, 3, 4, 5))

ACCOUNT_OF = {CAMPAIGN: EURO, YEN_CAMPAIGN: YEN, GONE_CAMPAIGN: STRANGER}
NAMES = {EURO: "Shop ☕", YEN: "東京", STRANGER: "Stranger"}
CURRENCIES = {EURO: "EUR", YEN: "JPY", STRANGER: "USD"}


def insight(ad: str, day: str, campaign: str = CAMPAIGN, **figures: object) -> dict[str, Any]:
    """One row of Insights; the ad set is the campaign's only one."""
    account = ACCOUNT_OF[campaign]
    adset = {CAMPAIGN: SET, YEN_CAMPAIGN: YEN_SET, GONE_CAMPAIGN: GONE_SET}[campaign]
    return {
        "account_id": account,
        "account_name": NAMES[account],
        "account_currency": CURRENCIES[account],
        "campaign_id": campaign,
        "campaign_name": f"Campaign {campaign[-1]}",
        "adset_id": adset,
        "adset_name": f"Set {adset[-1]}",
        "ad_id": ad,
        "ad_name": f"Ad {ad[-1]}",
        "date_start": day,
        "date_stop": day,
        **figures,
    }


def month(campaign: str, day: str, last_day: str, **figures: object) -> dict[str, Any]:
    """One row of Insights of a campaign and a month."""
    ad_row = insight(AD, day, campaign)
    kept = ("account_id", "account_name", "account_currency", "campaign_id", "campaign_name")
    return {name: ad_row[name] for name in (*kept, "date_start")} | {
        "date_stop": last_day,
        **figures,
    }


def actions(**values: float | str) -> list[dict[str, Any]]:
    """A list of action objects; a text stays a text."""
    return [{"action_type": name, "value": value} for name, value in values.items()]


def action(action_type: str, value: float | str, **windows: float | str) -> dict[str, Any]:
    """One action object; `d7_click` is the window `7d_click`."""
    named = {f"{name[1:].replace('_', 'd_', 1)}": figure for name, figure in windows.items()}
    return {"action_type": action_type, "value": value, **named}
