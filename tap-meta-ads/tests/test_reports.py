"""Reports: keys, columns, parameters, fingerprints."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from tap_meta_ads import fields
from tap_meta_ads.dates import DateRange
from tap_meta_ads.reports.report import EVERY_STATUS, LEVELS, Report

WINDOW = DateRange(date(2026, 11, 1), date(2026, 11, 7))
FILTER = {"field": "ad.id", "operator": "IN", "value": ["1", "2"]}
OTHER_FILTER = {"field": "spend", "operator": "GREATER_THAN", "value": 0}
RANGE = {"field": "impressions", "operator": "IN_RANGE", "value": [100, 1]}


class TestKeys:
    @pytest.mark.parametrize(
        ("level", "increment", "breakdowns", "expected"),
        [
            ("ad", 1, (), "account_id ad_id date_start"),
            ("adset", 1, (), "account_id adset_id date_start"),
            ("campaign", 1, (), "account_id campaign_id date_start"),
            ("account", 1, (), "account_id date_start"),
            ("ad", 1, ("age", "gender"), "account_id ad_id date_start age gender"),
            ("account", 1, ("country",), "account_id date_start country"),
            ("ad", 7, (), "account_id ad_id date_start date_stop"),
            ("campaign", "monthly", (), "account_id campaign_id date_start date_stop"),
            ("account", "all_days", ("age",), "account_id date_start date_stop age"),
            ("campaign", "weekly", (), "account_id campaign_id date_start date_stop"),
            # A value that is an object cannot be a key: its id is.
            ("ad", 1, ("body_asset", "age"), "account_id ad_id date_start body_asset_id age"),
            ("ad", 1, ("ad_format_asset",), "account_id ad_id date_start ad_format_asset"),
        ],
    )
    def test_of_levels_days_and_breakdowns(
        self, level: str, increment: int | str, breakdowns: tuple[str, ...], expected: str
    ) -> None:
        report = Report("r", level, breakdowns=breakdowns, time_increment=increment)
        assert report.keys == tuple(expected.split())
        assert set(report.keys) <= report.kinds("v26.0").keys()


class TestColumns:
    @pytest.mark.parametrize(
        ("level", "expected"),
        [
            ("account", "account_id account_name account_currency"),
            ("campaign", "account_id account_name account_currency campaign_id campaign_name"),
            (
                "ad",
                """
                account_id account_name account_currency campaign_id campaign_name
                adset_id adset_name ad_id ad_name
                """,
            ),
        ],
    )
    def test_begin_with_the_levels(self, level: str, expected: str) -> None:
        report = Report("r", level, fields=("spend", "account_id", "clicks", "spend"))
        assert report.columns == (*expected.split(), "spend", "clicks")

    def test_no_level_names_what_is_below_it(self) -> None:
        ids = [f"{level}_id" for level in LEVELS]
        for place, level in enumerate(LEVELS):
            named = [name for name in Report("r", level).columns if name.endswith("_id")]
            assert named == ids[: place + 1]

    def test_kinds_are_those_of_the_table_the_days_and_the_breakdowns(self) -> None:
        report = Report("r", "account", fields=("spend", "actions"), breakdowns=("age",))
        assert report.kinds("v26.0") == {
            "account_id": "string",
            "account_name": "string",
            "account_currency": "string",
            "spend": "number",
            "actions": "actions",
            "date_start": "date",
            "date_stop": "date",
            "age": "string",
        }

    @pytest.mark.parametrize(
        ("breakdown", "kind"),
        [
            ("body_asset", "object"),
            ("image_asset", "object"),
            ("call_to_action_asset", "object"),
            ("ad_format_asset", "string"),
            ("creative_automation_asset_id", "string"),
            ("flexible_format_asset_type", "string"),
            ("region", "string"),
        ],
    )
    def test_assets_are_objects(self, breakdown: str, kind: str) -> None:
        report = Report("r", breakdowns=(breakdown,))
        kinds = report.kinds("v26.0")
        assert kinds[breakdown] == kind
        derived = {f"{breakdown}_id": (breakdown, "id")} if kind == "object" else {}
        assert report.derived == derived
        assert all(kinds[name] == "string" for name in derived)
        assert set(report.keys) <= kinds.keys()


BASE = Report(
    "r",
    "ad",
    fields=("spend", "actions"),
    breakdowns=("age", "gender"),
    action_breakdowns=("action_type", "action_device"),
    action_attribution_windows=("7d_click", "1d_view"),
    filtering=(FILTER, OTHER_FILTER),
)


class TestFingerprint:
    @pytest.mark.parametrize(
        "change",
        [
            {"level": "adset"},
            {"breakdowns": ("age",)},
            {"breakdowns": ()},
            {"action_breakdowns": ("action_type",)},
            {"action_attribution_windows": ("7d_click",)},
            {"action_attribution_windows": ("7d_click", "1d_view", "28d_click")},
            {"time_increment": 7},
            {"time_increment": "weekly"},
            {"time_increment": "monthly"},
            {"time_increment": "all_days"},
            {"filtering": ()},
            {"filtering": (FILTER,)},
            {"filtering": (FILTER, {**OTHER_FILTER, "value": 1})},
            {"filtering": (FILTER, {**OTHER_FILTER, "operator": "LESS_THAN"})},
            {"filtering": ({**FILTER, "value": ["1", "3"]}, OTHER_FILTER)},
            # Of a range the order says which end is which.
            {"filtering": (RANGE, OTHER_FILTER)},
        ],
        ids=str,
    )
    def test_changes_with_what_makes_other_rows(self, change: dict[str, Any]) -> None:
        changed = replace(BASE, **change)
        assert changed.fingerprint(BASE.columns) != BASE.fingerprint(BASE.columns)

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "another"},
            {"lookback_days": 3},
            {"start_date": date(2026, 1, 1)},
            {"selected": False},
            {"breakdowns": ("gender", "age")},
            {"action_breakdowns": ("action_device", "action_type")},
            {"action_attribution_windows": ("1d_view", "7d_click")},
            {"action_breakdowns": ("action_device",)},
            {"filtering": (OTHER_FILTER, FILTER)},
            {"filtering": ({**FILTER, "value": ["2", "1"]}, OTHER_FILTER)},
            {"filtering": (dict(reversed(FILTER.items())), OTHER_FILTER)},
            {"filtering": (MappingProxyType({**FILTER, "value": ("1", "2")}), OTHER_FILTER)},
        ],
        ids=str,
    )
    def test_stays_with_what_does_not(self, change: dict[str, Any]) -> None:
        changed = replace(BASE, **change)
        assert changed.fingerprint(BASE.columns) == BASE.fingerprint(BASE.columns)

    def test_follows_the_selected_columns_and_not_their_order(self) -> None:
        whole = BASE.fingerprint(BASE.columns)
        assert BASE.fingerprint(BASE.columns[::-1]) == whole
        assert BASE.fingerprint(BASE.columns[:-1]) != whole
        assert BASE.fingerprint((*BASE.columns, "reach")) != whole
        # What the report offers and nobody has selected changes no row.
        assert replace(BASE, fields=("reach",)).fingerprint(BASE.columns) == whole

    def test_seven_days_are_a_week(self) -> None:
        seven, weekly = Report("r", time_increment=7), Report("r", time_increment="weekly")
        assert seven.fingerprint(()) == weekly.fingerprint(())

    def test_a_range_and_a_list_differ_in_what_their_order_says(self) -> None:
        other = {**RANGE, "value": [1, 100]}
        one, two = (replace(BASE, filtering=(item,)) for item in (RANGE, other))
        assert one.fingerprint(()) != two.fingerprint(())

    @pytest.mark.parametrize("columns", [(), ("spend",), ("spend", "results", "age")])
    def test_action_breakdowns_say_nothing_of_rows_without_actions(
        self, columns: tuple[str, ...]
    ) -> None:
        without = replace(BASE, action_breakdowns=())
        assert BASE.fingerprint(columns) == without.fingerprint(columns)
        with_actions = (*columns, "conversions")
        assert BASE.fingerprint(with_actions) != without.fingerprint(with_actions)

    def test_a_larger_table_of_fields_changes_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = BASE.fingerprint(BASE.columns)
        larger = {**fields.table("v26.0", "AdsInsights"), "brand_new": "actions"}
        monkeypatch.setattr(fields, "table", lambda *_: larger)
        fields.action_lists.cache_clear()
        try:
            assert "brand_new" in fields.action_lists()
            assert BASE.fingerprint(BASE.columns) == before
        finally:
            monkeypatch.undo()
            fields.action_lists.cache_clear()

    def test_is_the_same_in_every_process_and_release(self) -> None:
        # Where this value changes, every user's tap fetches everything anew.
        report = Report("r", action_attribution_windows=("7d_click",), filtering=(FILTER,))
        assert report.fingerprint(("spend",)) == "678afcd14fd5a2c5"


class TestParams:
    def test_are_metas(self) -> None:
        assert BASE.params(WINDOW, (*BASE.columns, "date_start", "date_stop", "age", "gender")) == {
            "level": "ad",
            "fields": list(BASE.columns),
            "time_range": {"since": "2026-11-01", "until": "2026-11-07"},
            "time_increment": 1,
            "breakdowns": ["age", "gender"],
            "action_breakdowns": ["action_type", "action_device"],
            "action_attribution_windows": ["7d_click", "1d_view"],
            "filtering": [FILTER, OTHER_FILTER, EVERY_STATUS["ad"]],
        }

    @pytest.mark.parametrize(
        ("filtering", "only", "is_added"),
        [
            ((FILTER,), (), True),
            ((), (FILTER,), True),
            ((OTHER_FILTER,), (FILTER,), True),
            ((), (), False),
            (({**FILTER, "field": "campaign.effective_status"},), (), False),
            (({**FILTER, "field": "adset.delivery_info"},), (FILTER,), False),
            (({**FILTER, "field": "ad.configured_status"},), (), True),
        ],
    )
    def test_a_filter_leaves_archived_and_deleted_ads_in(
        self, filtering: tuple[Any, ...], only: tuple[Any, ...], *, is_added: bool
    ) -> None:
        report = Report("r", filtering=filtering)
        added = [EVERY_STATUS["ad"]] if is_added else []
        made = report.params(WINDOW, ("spend",), only)["filtering"]
        assert made == ([*filtering, *only, *added] or None)

    @pytest.mark.parametrize("level", LEVELS)
    def test_the_status_is_that_of_the_level(self, level: str) -> None:
        *_, added = Report("r", level, filtering=(FILTER,)).params(WINDOW, ())["filtering"]
        of, _, name = added["field"].partition(".")
        assert (of, name) == ("ad" if level == "account" else level, "effective_status")
        assert {"ACTIVE", "PAUSED", "ARCHIVED", "DELETED"} < {*added["value"]}

    def test_what_is_not_set_is_not_asked(self) -> None:
        report = Report("r", "account", action_attribution_windows=())
        asked = {name for name, value in report.params(WINDOW, ()).items() if value is not None}
        assert asked == {"level", "fields", "time_range", "time_increment"}

    def test_only_selected_columns_are_asked_for(self) -> None:
        assert BASE.params(WINDOW, ("spend", "ad_id"))["fields"] == ["spend", "ad_id"]

    @pytest.mark.parametrize(
        ("increment", "metas"),
        [(1, 1), (90, 90), ("weekly", 7), ("monthly", "monthly"), ("all_days", "all_days")],
    )
    def test_increments_are_those_that_meta_has(
        self, increment: int | str, metas: int | str
    ) -> None:
        report = Report("r", time_increment=increment)
        assert report.params(WINDOW, ())["time_increment"] == metas

    @pytest.mark.parametrize(
        ("columns", "asked", "action_breakdowns"),
        [
            (("spend",), ["spend"], None),
            (("actions",), ["actions"], ["action_type", "action_device"]),
            # Meta takes none without `actions`.
            (("spend", "conversions"), ["spend", "conversions", "actions"],
             ["action_type", "action_device"]),
        ],
    )  # fmt: skip
    def test_action_breakdowns_go_with_actions(
        self, columns: tuple[str, ...], asked: list[str], action_breakdowns: list[str] | None
    ) -> None:
        params = BASE.params(WINDOW, columns)
        assert params["fields"] == asked
        assert params["action_breakdowns"] == action_breakdowns

    def test_what_meta_never_takes_as_a_field_is_not_asked_for(self) -> None:
        report = Report("r", fields=("spend",), breakdowns=("body_asset",))
        params = report.params(WINDOW, tuple(report.kinds("v26.0")))
        assert params["fields"] == list(report.columns)
        assert params["breakdowns"] == ["body_asset"]

    @pytest.mark.parametrize(
        "filtering",
        [
            (FILTER,),
            (MappingProxyType(FILTER),),
            (MappingProxyType({**FILTER, "value": ("1", "2")}),),
            (MappingProxyType({**FILTER, "value": MappingProxyType({"a": (1, 2)})}),),
        ],
        ids=["dict", "frozen", "frozen with a tuple", "frozen within"],
    )
    def test_can_be_written_as_json(self, filtering: tuple[Any, ...]) -> None:
        report = replace(BASE, filtering=filtering)
        made = json.loads(json.dumps(report.params(WINDOW, report.columns)))
        assert made["filtering"][0]["field"] == "ad.id"
        assert made["filtering"][0]["value"] in (["1", "2"], {"a": [1, 2]})
