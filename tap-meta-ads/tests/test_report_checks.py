"""What is wrong with a report, in whole sentences; and what is not wrong with it."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Any

import pytest

from meta_graph.settings import Quoter
from tap_meta_ads import fields
from tap_meta_ads.reports import compatibility
from tap_meta_ads.reports.checks import wrong_report

V = "v26.0"
TODAY = date(2026, 11, 21)
HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"
QUOTE = Quoter({}, ())


def said(report: dict[str, Any], version: str = V, **around: Any) -> list[str]:  # noqa: ANN401 - JSON
    return list(wrong_report({"name": "mine", **report}, around, version, TODAY, QUOTE))


SENTENCES: list[tuple[dict[str, Any], str]] = [
    (
        {"breakdowns": ["publisher_platform", "age"]},
        """
        `breakdowns` holds 'publisher_platform', 'age', which Meta does not combine. Make a report
        of each: publisher_platform; age.
        """,
    ),
    (
        {"breakdowns": ["age", "country", "gender"]},
        """
        `breakdowns` holds 'age', 'country', 'gender', which Meta does not combine. Make a report of
        each: age, gender; country.
        """,
    ),
    # What clashes is named, what does not stays in the proposal.
    (
        {"breakdowns": ["title_asset", "age", "body_asset"]},
        """
        `breakdowns` holds 'title_asset', 'body_asset', which Meta does not combine. Make a report
        of each: title_asset, age; age, body_asset.
        """,
    ),
    (
        {
            "breakdowns": ["country"],
            "action_breakdowns": ["action_type", "action_device"],
            "fields": ["actions"],
        },
        """
        `breakdowns` holds 'country' and `action_breakdowns` holds 'action_device', which Meta does
        not combine. Make a report of each: country; action_device.
        """,
    ),
    (
        {"breakdowns": ["impression_device"]},
        """
        `breakdowns` holds 'impression_device', which Meta does not tell by itself. Add
        `publisher_platform` (or to `action_breakdowns` `action_device` or
        `action_carousel_card_id` or `action_carousel_card_name`), or remove it.
        """,
    ),
    (
        {"breakdowns": ["platform_position"]},
        """
        `breakdowns` holds 'platform_position', which Meta does not tell by itself with 'actions' in
        `fields`. Add `publisher_platform`, or remove it.
        """,
    ),
    (
        {"level": "account", "breakdowns": ["image_asset"]},
        """
        `breakdowns` holds 'image_asset', which Meta does not tell at level account. Set `level` to
        campaign or lower, or remove it.
        """,
    ),
    (
        {"level": "account", "fields": ["adset_name"]},
        """
        `fields` holds 'adset_name', which Meta does not tell at level account. Remove it, or set
        `level` to adset or lower.
        """,
    ),
    (
        {"level": "campaign", "fields": ["engagement_rate_ranking"]},
        """
        `fields` holds 'engagement_rate_ranking', which Meta does not tell at level campaign. Remove
        it, or set `level` to ad.
        """,
    ),
    (
        {"breakdowns": ["body_asset"], "fields": ["spend", "cpc"]},
        """
        `fields` holds 'cpc', and with `body_asset` Meta tells only impressions, clicks, spend,
        reach, actions, action_values. Remove it.
        """,
    ),
    (
        {"action_breakdowns": ["action_type", "action_device"], "fields": ["conversions"]},
        """
        `action_breakdowns` holds 'action_device', and `fields` does not hold 'actions', without
        which Meta takes none. Add it, or remove `action_breakdowns`.
        """,
    ),
    (
        {"filtering": [{"field": "effective_status", "operator": "IN", "value": ["ACTIVE"]}]},
        """
        `filtering[0].field` is 'effective_status', by which Meta does not filter. Write
        campaign.effective_status, adset.effective_status or ad.effective_status.
        """,
    ),
    (
        {
            "breakdowns": ["country"],
            "fields": ["reach", "unique_clicks", "spend"],
            "start_date": "2025-10-21",
        },
        """
        `start_date` is 2025-10-21, and with breakdowns Meta keeps 13 months of 'reach',
        'unique_clicks' in `fields`. Choose 2025-10-23 or later, or remove them.
        """,
    ),
    (
        {"breakdowns": ["frequency_value"], "start_date": "2026-05-21"},
        """
        `start_date` is 2026-05-21 with `frequency_value`, and Meta keeps 6 months. Choose
        2026-05-23 or later.
        """,
    ),
    (
        {"fields": ["marketing_messages_website_purchase"]},
        """
        `fields` holds 'marketing_messages_website_purchase', which v26.0 does not have. Remove it,
        or set `api_version` to v25.0.
        """,
    ),
]


@pytest.mark.parametrize(("report", "sentence"), SENTENCES)
def test_sentences(report: dict[str, Any], sentence: str) -> None:
    assert said(report) == [" ".join(sentence.split())]


@pytest.mark.parametrize(
    "report",
    [
        {},
        # Documented, or seen to work.
        {"breakdowns": ["age", "gender"]},
        {"breakdowns": ["gender", "age"], "action_breakdowns": ["action_destination"]},
        {"breakdowns": ["country", "region"]},
        {"breakdowns": ["publisher_platform", "device_platform"]},
        {"breakdowns": ["publisher_platform", "platform_position", "impression_device"]},
        {"breakdowns": ["impression_device"], "action_breakdowns": ["action_device"]},
        {"breakdowns": ["platform_position"], "fields": ["spend"]},
        {"breakdowns": ["body_asset", "age"]},
        {"level": "account", "breakdowns": ["title_asset"]},
        # Nobody has written that these fail: Meta decides.
        {"breakdowns": ["gender", "publisher_platform"]},
        {"breakdowns": ["comscore_market", "age"]},
        {"breakdowns": ["media_creator", "media_type"]},
        # What describes an object is no figure.
        {"breakdowns": ["frequency_value"], "fields": ["reach", "objective", "ad_name"]},
        {"action_breakdowns": ["action_type"], "fields": ["spend"]},
        {"level": "adset", "fields": ["adset_start", "campaign_name", "spend"]},
        # Fields that the tap has chosen are left out where Meta no longer tells them.
        {"breakdowns": ["country"], "start_date": "2024-01-01"},
        {"breakdowns": [HOURLY], "start_date": "2025-10-22"},
        {"breakdowns": ["country"], "fields": ["spend"], "start_date": "2024-01-01"},
        {"breakdowns": ["country"], "fields": ["reach"], "start_date": "2025-10-22"},
        {"fields": ["reach", "unique_clicks"], "start_date": "2024-01-01"},
        {"breakdowns": ["country"], "fields": ["reach"]},
    ],
)
@pytest.mark.parametrize("version", fields.versions())
def test_nothing_is_wrong(report: dict[str, Any], version: str) -> None:
    assert said(report, version) == []


@pytest.mark.parametrize("mode", [None, "auto", "async", "sync"])
def test_a_report_by_jobs_only_and_the_mode(mode: str | None) -> None:
    found = said({"breakdowns": ["frequency_value"], "fields": ["reach"]}, insights_mode=mode)
    assert len(found) == (mode == "sync")


HOURS: dict[str, Any] = {"breakdowns": [HOURLY], "fields": ["spend"]}


class TestDaysOfAllReports:
    def test_bind_this_one(self) -> None:
        (sentence,) = said(HOURS, start_date="2025-01-01")
        assert sentence.startswith(f"`start_date` is 2025-01-01 with `{HOURLY}`, and Meta keeps 13")

    def test_yield_to_its_own(self) -> None:
        report = {**HOURS, "start_date": "2025-11-01"}
        assert said(report, start_date="2025-01-01") == []

    def test_end_before_meta_remembers(self) -> None:
        (sentence,) = said(HOURS, start_date="2025-01-01", end_date="2025-10-21")
        assert sentence == (
            f"`end_date` is 2025-10-21 with `{HOURLY}`, and Meta keeps 13 months. "
            "Choose 2025-10-23 or later."
        )

    @pytest.mark.parametrize("day", ["2020-01-01", "soon"])
    def test_are_not_judged_twice(self, day: str) -> None:
        assert said(HOURS, start_date=day) == []


@pytest.mark.parametrize(
    "pair", [*combinations(("age", "country", "publisher_platform", "device_platform", HOURLY), 2)]
)
def test_what_is_proposed_is_right(pair: tuple[str, str]) -> None:
    for sentence in said({"breakdowns": [*pair], "fields": ["spend"]}):
        proposed = sentence.split("Make a report of each: ")[1].rstrip(".").split("; ")
        assert {*", ".join(proposed).split(", ")} == {*pair}
        for part in proposed:
            assert said({"breakdowns": part.split(", "), "fields": ["spend"]}) == []
    assert compatibility.table(V).combinations.refused
