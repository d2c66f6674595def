"""What all tools are asked for: fields that each of them knows, and the same parameters."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

INSIGHTS = "insights"
"""Name of the Insights stream here, whatever each tool calls it."""

WINDOWS = ("1d_click", "7d_click", "28d_click", "1d_view")
"""What Airbyte always sends. tap-facebook adds 7d_view and 28d_view, for which Meta, and so the
sandbox, has no data any more. It also always splits actions by target and destination, for which
its rows are about a sixth longer than those of the others; there are as many."""

INSIGHTS_FIELDS = tuple(
    """
    account_id account_name campaign_id campaign_name adset_id adset_name ad_id ad_name objective
    impressions reach frequency spend social_spend clicks ctr cpc cpm cpp cost_per_unique_click
    inline_link_clicks unique_inline_link_clicks inline_link_click_ctr cost_per_inline_link_click
    inline_post_engagement cost_per_inline_post_engagement website_ctr
    outbound_clicks action_values video_p25_watched_actions video_p50_watched_actions
    video_p75_watched_actions video_p100_watched_actions
    """.split()
)
"""33 fields, about 1.1 kB a row. `actions` is left out: it alone doubles a row, and triples it as
tap-facebook asks for it; then 48,000 rows no longer fit into what the sandbox keeps ready."""

ENTITY_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "campaigns": (
            *("id", "account_id", "name", "objective", "effective_status", "buying_type"),
            *("spend_cap", "start_time", "updated_time"),
        ),
        "ad_sets": (
            *("id", "account_id", "campaign_id", "name", "effective_status", "daily_budget"),
            *("lifetime_budget", "budget_remaining", "start_time", "end_time", "targeting"),
            *("created_time", "updated_time"),
        ),
        "ads": (
            *("id", "account_id", "campaign_id", "adset_id", "name", "status", "effective_status"),
            *("created_time", "updated_time", "creative", "tracking_specs", "conversion_specs"),
        ),
        "ad_creatives": (
            *("id", "account_id", "name", "status", "title", "body", "object_type", "image_url"),
            *("effective_object_story_id", "thumbnail_url", "link_url", "call_to_action_type"),
        ),
    }
)


def fields_of(stream: str) -> tuple[str, ...]:
    """The fields of a stream, by its name here."""
    return INSIGHTS_FIELDS if stream == INSIGHTS else ENTITY_FIELDS[stream]
