"""The presets, and what a report of the settings becomes."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from tap_meta_ads import fields
from tap_meta_ads.dates import DateRange
from tap_meta_ads.reports import compatibility
from tap_meta_ads.reports.presets import PRESETS, own
from tap_meta_ads.reports.report import DEFAULT_WINDOWS, Report

V = "v26.0"
WINDOW = DateRange(date(2026, 11, 1), date(2026, 11, 7))
FILTER = {"field": "ad.id", "operator": "IN", "value": ["1", "2"]}
HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"

every_preset = pytest.mark.parametrize("report", PRESETS, ids=lambda report: report.name)


class TestPresets:
    def test_names_keys_and_selection(self) -> None:
        day, days = "date_start", "date_start date_stop"
        expected = {
            "ads_insights": (f"ad_id {day}", True),
            "ads_insights_age_and_gender": (f"ad_id {day} age gender", True),
            "ads_insights_country": (f"ad_id {day} country", True),
            "ads_insights_region": (f"ad_id {day} region", True),
            "ads_insights_placement": (
                f"ad_id {day} publisher_platform platform_position",
                True,
            ),
            "ads_insights_device": (f"ad_id {day} device_platform", True),
            "ads_insights_hourly": (f"ad_id {day} {HOURLY}", False),
            "campaigns_insights_weekly": (f"campaign_id {days}", False),
            "campaigns_insights_monthly": (f"campaign_id {days}", False),
            "accounts_insights_monthly": (days, False),
        }
        assert {
            report.name: (" ".join(report.keys[1:]), report.selected) for report in PRESETS
        } == expected
        assert all(report.keys[0] == "account_id" for report in PRESETS)

    @every_preset
    @pytest.mark.parametrize("version", fields.versions())
    def test_ask_for_nothing_that_meta_does_not_tell(self, report: Report, version: str) -> None:
        assert compatibility.told(report, report.fields, version) == report.fields
        # All that it combines is one of the combinations that Meta lists.
        parts = compatibility.known_parts(report, version)
        assert compatibility.together(report) in [frozenset(), *map(frozenset, parts)]
        assert not compatibility.needs_job(report, version)
        assert len(set(report.fields)) == len(report.fields)

    @every_preset
    def test_have_what_every_fact_needs(self, report: Report) -> None:
        assert {"spend", "impressions", "clicks", "actions"} <= set(report.columns)
        assert {"inline_link_clicks", "outbound_clicks"} <= set(report.columns)
        assert report.level == "account" or f"{report.level}_name" in report.columns

    @pytest.mark.parametrize(
        "name",
        ["campaigns_insights_weekly", "campaigns_insights_monthly", "accounts_insights_monthly"],
    )
    def test_periods_have_what_cannot_be_summed(self, name: str) -> None:
        (report,) = (one for one in PRESETS if one.name == name)
        assert {"reach", "frequency", "unique_clicks", "unique_actions"} <= set(report.columns)

    def test_people_are_counted_wherever_meta_counts_them(self) -> None:
        without = [report.name for report in PRESETS if "reach" not in report.columns]
        assert without == ["ads_insights_hourly"]


class TestOwn:
    def test_the_least(self) -> None:
        report = own({"name": "mine"}, None, V)
        assert report == Report("mine", fields=PRESETS[0].fields)
        assert report.level == "ad"
        assert report.action_attribution_windows == DEFAULT_WINDOWS
        assert report.selected

    def test_null_and_absent_are_the_same(self) -> None:
        nulls = dict.fromkeys(
            "level fields breakdowns action_breakdowns action_attribution_windows time_increment "
            "filtering lookback_days start_date".split()
        )
        assert own({"name": "mine", **nulls}, None, V) == own({"name": "mine"}, None, V)

    def test_the_most(self) -> None:
        start = date(2026, 1, 1)
        report = own(
            {
                "name": "mine",
                "level": "campaign",
                "fields": ["spend", "reach"],
                "breakdowns": ["country"],
                "action_breakdowns": ["action_device"],
                "action_attribution_windows": ["1d_click"],
                "time_increment": 1,
                "filtering": [FILTER],
                "lookback_days": 0,
                "start_date": "2026-01-01T00:00:00Z",
            },
            start,
            V,
        )
        assert report == Report(
            "mine",
            "campaign",
            ("spend", "reach"),
            ("country",),
            ("action_device",),
            ("1d_click",),
            1,
            (FILTER,),
            0,
            start,
        )

    def test_what_is_named_twice_is_one_column_and_one_key(self) -> None:
        report = own({"name": "mine", "breakdowns": ["age", "gender", "age"]}, None, V)
        assert report.keys == ("account_id", "ad_id", "date_start", "age", "gender")

    def test_no_fields_are_those_of_the_preset(self) -> None:
        assert own({"name": "mine", "fields": []}, None, V).fields == PRESETS[0].fields

    def test_the_users_own_object_is_not_shared(self) -> None:
        config: dict[str, Any] = {"name": "mine", "filtering": [dict(FILTER)]}
        report = own(config, None, V)
        before = report.fingerprint(())
        config["filtering"][0]["operator"] = "NOT_IN"
        assert report.fingerprint(()) == before

    def test_can_be_written_as_json(self) -> None:
        report = own({"name": "mine", "filtering": [FILTER]}, date(2026, 1, 1), V)
        json.dumps(report.params(WINDOW, report.columns))
        assert len(report.fingerprint(report.columns)) == 16

    @pytest.mark.parametrize(
        ("config", "missing"),
        [
            ({}, ""),
            ({"level": "campaign"}, "quality_ranking"),
            ({"breakdowns": ["region"]}, "video_p25_watched_actions"),
            ({"breakdowns": [HOURLY]}, "reach unique_clicks video_play_actions"),
        ],
    )
    def test_fields_that_are_not_named_are_those_that_meta_tells(
        self, config: dict[str, Any], missing: str
    ) -> None:
        report = own({"name": "mine", **config}, None, V)
        assert set(report.fields) <= set(PRESETS[0].fields)
        assert {*missing.split()} <= set(PRESETS[0].fields) - set(report.fields)
        assert {"spend", "impressions", "actions"} <= set(report.fields)
        assert compatibility.told(report, report.fields, V) == report.fields

    @pytest.mark.parametrize(
        ("breakdown", "expected"),
        [
            ("frequency_value", ("reach",)),
            ("body_asset", ("impressions", "reach", "spend", "clicks", "actions", "action_values")),
        ],
    )
    def test_few_figures_go_with_some_breakdowns(
        self, breakdown: str, expected: tuple[str, ...]
    ) -> None:
        assert own({"name": "mine", "breakdowns": [breakdown]}, None, V).fields == expected
