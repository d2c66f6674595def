"""The raw tables as target-postgres leaves those of tap-meta-ads: keys, columns, kinds of type.

Columns stand in the order in which `world` and `entities` write their cells. Of the entities only
what the star schema reads is here; of Insights everything, since wide rows cost time to read past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "tap_meta_ads"


@dataclass(frozen=True)
class Table:
    """A raw table.

    Attributes:
        key: Columns of its primary key.
        columns: Name of each column and its kind: text, bigint, numeric, date, time or json.
    """

    key: tuple[str, ...]
    columns: Mapping[str, str]


def _columns(**kinds: str) -> dict[str, str]:
    """Columns by kind, as words; each is what its cell is, in this order."""
    return {name: kind for kind, names in kinds.items() for name in names.split()}


_METADATA = {
    "_sdc_extracted_at": "time",
    "_sdc_received_at": "time",
    "_sdc_batched_at": "time",
    "_sdc_deleted_at": "time",
    "_sdc_sequence": "bigint",
    "_sdc_table_version": "bigint",
    "_sdc_sync_started_at": "bigint",
}

ABOUT = """
    account_id account_name account_currency campaign_id campaign_name adset_id adset_name
    ad_id ad_name
"""
COUNTS = "impressions reach clicks inline_link_clicks inline_post_engagement"
RATES = "spend frequency"

# `actions` first: it is written row by row, the others come ready-made.
LISTS = """
    actions action_values outbound_clicks conversions conversion_values purchase_roas
    website_purchase_roas video_play_actions video_thruplay_watched_actions
"""
CORE_COUNTS = f"""
    {COUNTS} unique_clicks unique_inline_link_clicks full_view_impressions full_view_reach
"""
CORE_RATES = f"""
    {RATES} social_spend cpm cpp ctr unique_ctr cpc cost_per_unique_click inline_link_click_ctr
    cost_per_inline_link_click cost_per_inline_post_engagement
"""
CORE_LISTS = f"""
    {LISTS} unique_outbound_clicks outbound_clicks_ctr cost_per_outbound_click website_ctr
    unique_actions cost_per_action_type cost_per_unique_action_type cost_per_conversion
    results cost_per_result video_30_sec_watched_actions video_avg_time_watched_actions
    video_p25_watched_actions video_p50_watched_actions video_p75_watched_actions
    video_p95_watched_actions video_p100_watched_actions
"""
CORE_TEXTS = """
    objective optimization_goal buying_type attribution_setting quality_ranking
    engagement_rate_ranking conversion_rate_ranking
"""

BREAKDOWNS: Mapping[str, tuple[str, ...]] = {
    "ads_insights_age_and_gender": ("age", "gender"),
    "ads_insights_placement": ("publisher_platform", "platform_position"),
    "ads_insights_region": ("region",),
    "ads_insights_country": ("country",),
    "ads_insights_device": ("device_platform",),
}


def _core() -> Table:
    return Table(
        ("account_id", "ad_id", "date_start"),
        {
            "date_start": "date",
            "date_stop": "date",
            **_columns(text=ABOUT),
            **_columns(bigint=CORE_COUNTS, numeric=CORE_RATES),
            **_columns(json=CORE_LISTS),
            **_columns(text=CORE_TEXTS, date="created_time updated_time"),
            **_METADATA,
        },
    )


def _breakdown(keys: tuple[str, ...]) -> Table:
    return Table(
        ("account_id", "ad_id", "date_start", *keys),
        {
            "date_start": "date",
            "date_stop": "date",
            **_columns(text=ABOUT),
            **dict.fromkeys(keys, "text"),
            **_columns(bigint=COUNTS, numeric=RATES, json=LISTS),
            **_METADATA,
        },
    )


def _entity(key: str, **kinds: str) -> Table:
    return Table((key,), {key: "text", **_columns(**kinds), **_METADATA})


_STATUSES = "name status effective_status"
_TIMES = "created_time updated_time"

TABLES: Mapping[str, Table] = {
    "ad_accounts": _entity(
        "account_id",
        text=f"name currency timezone_name business_name business_country_code {_TIMES}",
        bigint="account_status",
        numeric="timezone_offset_hours_utc spend_cap amount_spent min_daily_budget",
        json="business",
    ),
    "campaigns": _entity(
        "id",
        text=f"account_id {_STATUSES} objective buying_type bid_strategy start_time stop_time "
        + _TIMES,
        numeric="daily_budget lifetime_budget spend_cap",
        json="special_ad_categories",
    ),
    "ad_sets": _entity(
        "id",
        text=f"account_id campaign_id {_STATUSES} optimization_goal billing_event bid_strategy "
        f"destination_type start_time end_time {_TIMES}",
        numeric="daily_budget lifetime_budget",
        bigint="bid_amount",
        json="promoted_object",
    ),
    "ads": _entity(
        "id",
        text=f"account_id campaign_id adset_id {_STATUSES} conversion_domain {_TIMES}",
        json="creative",
    ),
    "ad_creatives": _entity(
        "id",
        text="account_id name status title body object_type call_to_action_type link_url url_tags "
        "image_url thumbnail_url video_id effective_object_story_id",
        json="object_story_spec",
    ),
    "ads_insights": _core(),
    **{stream: _breakdown(keys) for stream, keys in BREAKDOWNS.items()},
}
