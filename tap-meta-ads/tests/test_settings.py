"""Right configurations, and what becomes of them."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from meta_graph.settings import account_number
from tap_meta_ads import fields
from tap_meta_ads.reports.presets import PRESETS
from tap_meta_ads.settings import SCHEMA, Settings, parse, problems

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
TOKEN = "made-up-token"
LEAST = {"access_token": TOKEN}


def parsed(**config: Any) -> Settings:  # noqa: ANN401 - what a file may hold
    whole = {**LEAST, **config}
    before = deepcopy(whole)
    assert problems(whole, SCHEMA, NOW) == []
    settings = parse(whole)
    assert whole == before
    return settings


def test_a_token_is_enough() -> None:
    assert parsed() == Settings(TOKEN)


def test_defaults_are_those_of_the_schema() -> None:
    settings = parsed()
    for name, about in SCHEMA["properties"].items():
        if "default" in about:
            assert getattr(settings, name) == about["default"], name
    assert settings.insights_reports == PRESETS


def test_every_setting_is_an_attribute() -> None:
    # Read on its own: what the SDK adds to the schema is the SDK's.
    added = {"stream_maps", "stream_map_config", "faker_config", "batch_config"}
    names = {name for name in SCHEMA["properties"] if not name.startswith("flattening_")} - added
    assert names == set(Settings.__dataclass_fields__)


def test_null_is_the_default() -> None:
    nulls = dict.fromkeys(set(Settings.__dataclass_fields__) - {"access_token"})
    assert parsed(**nulls) == Settings(TOKEN)


def test_the_schema_is_one() -> None:
    for name in Settings.__dataclass_fields__:
        about = SCHEMA["properties"][name]
        jsonschema.Draft7Validator.check_schema(about)
        assert about["description"].endswith(".")


def test_no_secret_is_shown() -> None:
    settings = parsed(app_secret="made-up-secret")
    assert "made-up" not in repr(settings)
    assert settings.access_token == TOKEN
    assert settings.app_secret == "made-up-secret"


class TestAccounts:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("123", "123"),
            ("act_123", "123"),
            (" act_123 ", "123"),
            (120210000000000001, "120210000000000001"),
            ("act_act_1", "act_1"),
        ],
    )
    def test_with_and_without_act(self, text: str | int, number: str) -> None:
        assert account_number(text) == number

    def test_each_once_in_the_order_given(self) -> None:
        settings = parsed(account_ids=["act_3", "1", 3, "act_1", "2"])
        assert settings.account_ids == ("3", "1", "2")

    def test_none_are_all(self) -> None:
        assert parsed(account_ids=[]).account_ids == ()


class TestDates:
    @pytest.mark.parametrize(
        "text",
        ["2026-01-31", "2026-01-31T00:00:00Z", "2026-01-31 00:00:00", "2026-01-31T08:00:00-08:00"],
    )
    def test_as_days_and_as_meltanos_times(self, text: str) -> None:
        settings = parsed(
            start_date=text,
            end_date=text,
            insights_reports=[{"name": "mine", "start_date": text}],
        )
        day = date(2026, 1, 31)
        assert settings.start_date == settings.end_date == day
        assert settings.insights_reports[0].start_date == day

    @pytest.mark.parametrize(
        "config",
        [
            # Where it is latest on Earth, the 22nd has begun.
            {"start_date": "2026-11-22"},
            {"start_date": "2026-11-21", "end_date": "2026-11-21"},
            # The first day that Meta keeps.
            {"start_date": "2023-10-22"},
            {"start_date": "2023-10-22", "end_date": "2023-10-22"},
            {"end_date": "2030-01-01"},
            # The first day without `start_date`, 450 days ago.
            {"end_date": "2025-08-28"},
            {
                "end_date": "2025-01-31",
                "insights_reports": [{"name": "mine", "start_date": "2025-01-01"}],
            },
            {"end_date": "2025-01-31", "insights_reports": []},
        ],
        ids=str,
    )
    def test_at_the_edges(self, config: dict[str, Any]) -> None:
        parsed(**config)

    @pytest.mark.parametrize(
        ("now", "first"),
        [
            ("2027-03-29", "2024-03-01"),
            ("2027-03-28", "2024-02-29"),
            ("2026-03-31", "2023-03-01"),
            ("2028-02-29", "2025-01-30"),
            ("2026-12-31", "2023-12-01"),
        ],
    )
    def test_retention_around_short_months(self, now: str, first: str) -> None:
        moment = datetime.fromisoformat(now).replace(hour=12, tzinfo=timezone.utc)
        kept = date.fromisoformat(first)
        assert problems({**LEAST, "start_date": first}, SCHEMA, moment) == []
        before = str(date.fromordinal(kept.toordinal() - 1))
        (sentence,) = problems({**LEAST, "start_date": before}, SCHEMA, moment)
        # What it proposes is right, tomorrow too.
        proposed = sentence.split("Choose ")[1].split(" ")[0]
        assert problems({**LEAST, "start_date": proposed}, SCHEMA, moment) == []
        assert date.fromisoformat(proposed) > kept


class TestNumbers:
    def test_whole_numbers_written_with_a_point_are_whole(self) -> None:
        settings = parsed(
            insights_window_days=7.0,
            max_concurrency=4.0,
            insights_reports=[{"name": "mine", "lookback_days": 3.0, "time_increment": 1.0}],
        )
        assert (settings.insights_window_days, settings.max_concurrency) == (7, 4)
        (report,) = settings.insights_reports
        assert (report.lookback_days, report.time_increment) == (3, 1)
        whole = (
            settings.insights_window_days,
            settings.max_concurrency,
            report.lookback_days,
            report.time_increment,
        )
        assert {type(number) for number in whole} == {int}

    def test_seconds_may_have_fractions(self) -> None:
        settings = parsed(request_timeout=0.5, max_retry_seconds=0)
        assert (settings.request_timeout, settings.max_retry_seconds) == (0.5, 0)

    @pytest.mark.parametrize(
        "config",
        [
            {"insights_lookback_days": 0},
            {"insights_window_days": 1},
            {"insights_window_days": 90},
            {"max_concurrency": 1},
            {"max_concurrency": 64},
            {"page_size": 1},
            {"page_size": 5000},
        ],
        ids=str,
    )
    def test_at_their_bounds(self, config: dict[str, int]) -> None:
        ((name, value),) = config.items()
        assert getattr(parsed(**config), name) == value


class TestReports:
    def test_replace_the_presets(self) -> None:
        settings = parsed(insights_reports=[{"name": "a"}, {"name": "b", "level": "account"}])
        assert [(one.name, one.level) for one in settings.insights_reports] == [
            ("a", "ad"),
            ("b", "account"),
        ]
        assert parsed(insights_reports=[]).insights_reports == ()

    def test_one_may_have_the_name_of_a_preset(self) -> None:
        (report,) = parsed(insights_reports=[{"name": "ads_insights"}]).insights_reports
        assert report.name == "ads_insights"

    def test_with_everything(self) -> None:
        (report,) = parsed(
            insights_reports=[
                {
                    "name": "mine_2",
                    "level": "campaign",
                    "fields": ["spend", "actions", "campaign_name", "date_start"],
                    "breakdowns": ["age", "gender"],
                    "action_breakdowns": ["action_type", "action_device"],
                    "action_attribution_windows": ["1d_click", "7d_click", "default"],
                    "time_increment": 1,
                    "filtering": [
                        {"field": "campaign.id", "operator": "IN", "value": ["1"]},
                        {"field": "spend", "operator": "GREATER_THAN", "value": 0},
                        {"field": "campaign.adlabels", "operator": "NONE"},
                    ],
                    "lookback_days": 7,
                    "start_date": "2026-01-31",
                }
            ]
        ).insights_reports
        assert report.keys == ("account_id", "campaign_id", "date_start", "age", "gender")
        assert len(report.filtering) == 3

    def test_those_of_the_readme(self) -> None:
        text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
        block = text[text.index('{"insights_reports": [') :].split("\n```")[0]
        settings = parsed(**json.loads(block))
        assert [report.keys for report in settings.insights_reports] == [
            ("account_id", "campaign_id", "date_start", "country"),
            ("account_id", "ad_id", "date_start"),
            ("account_id", "date_start", "date_stop"),
        ]

    @pytest.mark.parametrize(
        ("given", "increment"),
        [(1, 1), (90, 90), (7.0, 7), ("weekly", 7), ("monthly", "monthly"), (None, 1)],
    )
    def test_days_of_a_row(self, given: float | str | None, increment: int | str) -> None:
        (report,) = parsed(
            insights_reports=[{"name": "mine", "time_increment": given}]
        ).insights_reports
        assert report.period.increment == increment
        assert type(report.period.increment) is type(increment)

    def test_fields_follow_the_version(self) -> None:
        reports = [{"name": "mine", "level": "campaign", "breakdowns": ["region"]}]
        for version in fields.versions():
            (report,) = parsed(api_version=version, insights_reports=reports).insights_reports
            assert "spend" in report.fields
            assert set(report.columns) <= fields.table(version, "AdsInsights").keys()

    def test_hourly_figures_of_the_last_months(self) -> None:
        parsed(
            insights_reports=[
                {
                    "name": "hours",
                    "fields": ["spend", "impressions", "clicks"],
                    "breakdowns": ["hourly_stats_aggregated_by_advertiser_time_zone"],
                    "start_date": "2025-10-22",
                }
            ]
        )


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.facebook.com",
        "https://graph.facebook.com/",
        "https://proxy.example.com/meta",
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://[::1]:8080",
    ],
)
def test_addresses_that_keep_the_token_safe(url: str) -> None:
    assert parsed(api_url=url).api_url == url


@pytest.mark.parametrize("mode", ["auto", "async", "sync"])
def test_modes(mode: str) -> None:
    assert parsed(insights_mode=mode).insights_mode == mode
