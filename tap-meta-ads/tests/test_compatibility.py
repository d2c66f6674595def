"""What Meta allows: the tables, and what is read from them."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from tap_meta_ads import fields
from tap_meta_ads.reports import compatibility
from tap_meta_ads.reports.report import LEVELS, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

V = "v26.0"
TODAY = date(2026, 11, 21)
HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"
AUDIENCE = "hourly_stats_aggregated_by_audience_time_zone"

every_version = pytest.mark.parametrize("version", fields.versions())


def is_listed(report: Report, version: str) -> bool:
    """Whether what it combines is one of the known combinations."""
    return frozenset(compatibility.together(report)) in map(
        frozenset, [(), *compatibility.known_parts(report, version)]
    )


class TestTables:
    @every_version
    def test_every_version_has_one(self, version: str) -> None:
        assert compatibility.table(version).retention.months == 37

    def test_one_may_be_that_of_another_version(self) -> None:
        assert compatibility.table("v25.0") is compatibility.table("v26.0")

    def breakdowns(self) -> Iterator[str]:
        table = compatibility.table(V)
        rules = table.combinations
        for text in (*rules.documented, *rules.accepted, *rules.refused):
            yield from text.rstrip("*").split(",")
        for names in rules.one_of:
            yield from names
        for need in rules.needs:
            yield need.breakdown
            yield from need.one_of
        for rule in (*table.fields.without, *table.fields.only):
            yield from rule.breakdowns
        for listed in table.levels.breakdowns.values():
            yield from listed
        yield from (*rules.joins, *table.only_by_job, *table.retention.breakdowns)

    def test_breakdowns_are_metas(self) -> None:
        known = fields.values(V, "breakdowns") | fields.values(V, "action_breakdowns")
        assert {*self.breakdowns()} <= known

    def test_fields_are_metas(self) -> None:
        table = compatibility.table(V)
        known = fields.table(V, "AdsInsights")
        patterns = [*table.retention.with_breakdowns.fields]
        for rule in (*table.fields.without, *table.fields.only):
            patterns += rule.fields
        for names in table.levels.fields.values():
            patterns += names
        patterns += [need.with_field for need in table.combinations.needs if need.with_field]
        for pattern in patterns:
            assert any(fnmatchcase(name, pattern) for name in known), pattern

    def test_levels_are_metas(self) -> None:
        levels = compatibility.table(V).levels
        assert {*levels.fields, *levels.breakdowns} <= {*LEVELS}

    def test_what_is_retired_still_stands_among_the_names(self) -> None:
        # Once Meta's own names drop it, the hint at what to use instead can go.
        for setting, values in compatibility.table(V).retired.items():
            assert values.keys() <= fields.values(V, setting)

    def test_nothing_is_both_known_to_work_and_to_fail(self) -> None:
        rules = compatibility.table(V).combinations
        for text in (*rules.documented, *rules.accepted):
            names = {*text.rstrip("*").split(",")}
            assert not any({*other.split(",")} <= names for other in rules.refused)
            assert all(len(names & {*group}) <= 1 for group in rules.one_of)
            assert all(
                need.breakdown not in names or names & {*need.one_of} for need in rules.needs
            )


def combined(breakdowns: str, actions: str = "") -> Report:
    asked = tuple(breakdowns.split())
    return Report("r", breakdowns=asked, action_breakdowns=tuple(actions.split()))


@pytest.mark.parametrize(
    ("breakdowns", "actions"),
    [
        ("", ""),
        ("", "action_type"),
        ("", "action_type action_target_id action_destination"),
        ("age", ""),
        ("gender age", ""),
        ("age gender", "action_type action_destination action_target_id"),
        ("publisher_platform platform_position impression_device", "action_device"),
        ("publisher_platform", "action_device action_target_id"),
        ("", "action_reaction action_type"),
        ("app_id skan_conversion_id", ""),
        ("age gender", "action_carousel_card_name"),
        # Not on Meta's list, and seen to work.
        ("device_platform", ""),
        ("country region", ""),
        ("body_asset age gender", ""),
    ],
)
@every_version
def test_listed_combinations(breakdowns: str, actions: str, version: str) -> None:
    assert is_listed(combined(breakdowns, actions), version)


@pytest.mark.parametrize(
    ("breakdowns", "actions"),
    [
        # No star in Meta's list.
        ("", "action_reaction action_target_id"),
        ("app_id", ""),
        ("region", "action_carousel_card_name"),
        ("body_asset country", ""),
        ("gender publisher_platform", ""),
    ],
)
@every_version
def test_combinations_that_nobody_lists(breakdowns: str, actions: str, version: str) -> None:
    assert not is_listed(combined(breakdowns, actions), version)


@pytest.mark.parametrize(
    ("breakdowns", "actions", "parts"),
    [
        ("age publisher_platform gender", "", "age gender; publisher_platform"),
        ("platform_position country publisher_platform", "",
         "platform_position publisher_platform; country"),
        ("country age", "action_device action_target_id",
         "country action_target_id; age action_target_id; action_device action_target_id"),
        ("zip", "", ""),
    ],
)  # fmt: skip
def test_parts_of_a_combination_in_the_users_order(
    breakdowns: str, actions: str, parts: str
) -> None:
    found = compatibility.known_parts(combined(breakdowns, actions), V)
    assert "; ".join(" ".join(part) for part in found) == parts


@pytest.mark.parametrize(
    ("breakdowns", "first"),
    [
        ("", "2023-10-22"),
        ("age gender", "2023-10-22"),
        (HOURLY, "2025-10-22"),
        (AUDIENCE, "2025-10-22"),
        ("frequency_value", "2026-05-22"),
        (f"{HOURLY} frequency_value", "2026-05-22"),
    ],
)
@every_version
def test_first_day(breakdowns: str, first: str, version: str) -> None:
    assert compatibility.first_day(combined(breakdowns), version, TODAY) == date.fromisoformat(
        first
    )


class TestAged:
    names = (
        "spend reach frequency cpp cpm clicks unique_clicks cost_per_unique_click unique_actions "
        "cost_per_unique_action_type actions full_view_reach"
    )

    def test_fields_that_count_people_are_when_they_are_broken_down(self) -> None:
        report = Report("r", fields=tuple(self.names.split()), breakdowns=("country",))
        assert compatibility.aged(report, V) == {
            *"reach frequency cpp unique_clicks cost_per_unique_click unique_actions".split(),
            "cost_per_unique_action_type",
        }

    def test_nothing_is_without_breakdowns(self) -> None:
        report = Report("r", fields=tuple(self.names.split()), action_breakdowns=("action_device",))
        assert compatibility.aged(report, V) == frozenset()

    def test_never_is_a_key(self) -> None:
        report = Report("r", fields=("reach",), breakdowns=("age", HOURLY, "body_asset"))
        assert compatibility.aged(report, V).isdisjoint(report.keys)

    def test_from_a_day_on(self) -> None:
        assert compatibility.aged_before(TODAY) == date(2025, 10, 22)
        assert compatibility.aged_before(TODAY, "v25.0") == date(2025, 10, 22)


@pytest.mark.parametrize(
    "breakdowns", [AUDIENCE, "frequency_value", "mmm", "publisher_platform impression_device"]
)
def test_some_breakdowns_need_a_job(breakdowns: str) -> None:
    assert compatibility.needs_job(combined(breakdowns), V)


@pytest.mark.parametrize("breakdowns", ["", "age", HOURLY, "publisher_platform platform_position"])
def test_most_do_not(breakdowns: str) -> None:
    assert not compatibility.needs_job(combined(breakdowns), V)


@pytest.mark.parametrize(
    ("level", "breakdowns", "asked", "told"),
    [
        ("ad", "", "spend ad_name quality_ranking", "spend ad_name quality_ranking"),
        ("adset", "", "spend ad_name quality_ranking adset_end", "spend adset_end"),
        ("campaign", "", "spend adset_id adset_name adset_end campaign_name",
         "spend campaign_name"),
        ("account", "", "spend campaign_name account_name", "spend account_name"),
        ("ad", HOURLY, "spend reach video_play_actions unique_clicks cost_per_thruplay",
         "spend cost_per_thruplay"),
        ("ad", "region", "video_play_actions video_p25_watched_actions reach",
         "video_play_actions reach"),
        ("ad", "frequency_value", "spend reach objective", "reach"),
        ("ad", "age title_asset", "ctr spend objective actions", "spend actions"),
        ("ad", "app_id skan_conversion_id", "spend total_postbacks", "total_postbacks"),
    ],
)  # fmt: skip
@every_version
def test_fields_that_are_told(
    level: str, breakdowns: str, asked: str, told: str, version: str
) -> None:
    report = Report("r", level, breakdowns=tuple(breakdowns.split()))
    assert " ".join(compatibility.told(report, asked.split(), version)) == told
