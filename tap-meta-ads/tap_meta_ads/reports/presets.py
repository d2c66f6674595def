"""The reports that the tap makes by itself, and what a report of the user's settings becomes.

A preset asks for nothing that Meta refuses, or never tells, with its breakdowns and level;
`compatibility` holds the rules, and a test compares.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_meta_ads.reports import compatibility
from tap_meta_ads.reports.report import Report, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

DELIVERY = """
    impressions reach frequency spend social_spend cpm cpp
    clicks unique_clicks ctr unique_ctr cpc cost_per_unique_click
    inline_link_clicks unique_inline_link_clicks inline_link_click_ctr cost_per_inline_link_click
    inline_post_engagement cost_per_inline_post_engagement
    outbound_clicks unique_outbound_clicks outbound_clicks_ctr cost_per_outbound_click website_ctr
    full_view_impressions full_view_reach
""".split()

RESULTS = """
    actions action_values unique_actions cost_per_action_type cost_per_unique_action_type
    conversions conversion_values cost_per_conversion purchase_roas website_purchase_roas
    results cost_per_result
""".split()

VIDEO = """
    video_play_actions video_thruplay_watched_actions video_30_sec_watched_actions
    video_avg_time_watched_actions video_p25_watched_actions video_p50_watched_actions
    video_p75_watched_actions video_p95_watched_actions video_p100_watched_actions
""".split()

ABOUT_THE_AD = """
    objective optimization_goal buying_type attribution_setting created_time updated_time
    quality_ranking engagement_rate_ranking conversion_rate_ranking
""".split()

# Ratios of these can be calculated, so they are not asked for part by part.
PARTS = """
    spend impressions clicks inline_link_clicks outbound_clicks inline_post_engagement
    actions action_values conversions conversion_values purchase_roas website_purchase_roas
""".split()

PEOPLE = "reach frequency".split()

PLAYS = "video_play_actions video_thruplay_watched_actions".split()

# What counts people or is divided by them: of two days' figures nobody can make those of both.
NOT_SUMMED = """
    impressions reach frequency spend cpm cpp
    clicks unique_clicks ctr unique_ctr cpc cost_per_unique_click
    inline_link_clicks unique_inline_link_clicks inline_link_click_ctr unique_inline_link_click_ctr
    cost_per_unique_inline_link_click
    outbound_clicks unique_outbound_clicks unique_outbound_clicks_ctr
    cost_per_unique_outbound_click full_view_impressions full_view_reach
    actions action_values unique_actions cost_per_unique_action_type
    conversions unique_conversions conversion_values purchase_roas website_purchase_roas
    estimated_ad_recallers estimated_ad_recall_rate
""".split()

ABOUT_THE_CAMPAIGN = "objective buying_type".split()

HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"

PRESETS = (
    Report("ads_insights", fields=(*DELIVERY, *RESULTS, *VIDEO, *ABOUT_THE_AD)),
    Report(
        "ads_insights_age_and_gender",
        fields=(*PARTS, *PEOPLE, *PLAYS),
        breakdowns=("age", "gender"),
    ),
    Report("ads_insights_country", fields=(*PARTS, *PEOPLE, *PLAYS), breakdowns=("country",)),
    Report("ads_insights_region", fields=(*PARTS, *PEOPLE, *PLAYS), breakdowns=("region",)),
    Report(
        "ads_insights_placement",
        fields=(*PARTS, *PEOPLE, *PLAYS),
        breakdowns=("publisher_platform", "platform_position"),
    ),
    Report(
        "ads_insights_device", fields=(*PARTS, *PEOPLE, *PLAYS), breakdowns=("device_platform",)
    ),
    Report("ads_insights_hourly", fields=tuple(PARTS), breakdowns=(HOURLY,), selected=False),
    Report(
        "campaigns_insights_weekly",
        "campaign",
        fields=(*NOT_SUMMED, *ABOUT_THE_CAMPAIGN),
        time_increment="weekly",
        selected=False,
    ),
    Report(
        "campaigns_insights_monthly",
        "campaign",
        fields=(*NOT_SUMMED, *ABOUT_THE_CAMPAIGN),
        time_increment="monthly",
        selected=False,
    ),
    Report(
        "accounts_insights_monthly",
        "account",
        fields=tuple(NOT_SUMMED),
        time_increment="monthly",
        selected=False,
    ),
)
"""The reports when `insights_reports` is not set."""


def own(config: Mapping[str, Any], start_date: date | None, version: str) -> Report:
    """A report of the setting `insights_reports`.

    Where it names no fields, it has those of `ads_insights` that Meta tells with its level and
    breakdowns.

    Args:
        config: The report's settings, their shapes checked.
        start_date: Its `start_date`.
        version: The API version.
    """
    given = {name: value for name, value in config.items() if value is not None}
    for name in ("fields", "breakdowns", "action_breakdowns", "action_attribution_windows"):
        if name in given:
            # What is named twice is one column, and one part of the key.
            given[name] = tuple(dict.fromkeys(given[name]))
    if "filtering" in given:
        given["filtering"] = tuple(plain(given["filtering"]))
    report = Report(**(given | {"start_date": start_date}))
    if report.fields:
        return report
    return replace(report, fields=compatibility.told(report, PRESETS[0].fields, version))
