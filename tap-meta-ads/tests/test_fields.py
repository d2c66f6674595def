"""The tables of Meta's fields, and the schemas made of them."""

from __future__ import annotations

import logging
import re

import jsonschema
import pytest

from meta_graph import API_VERSION, UnknownFieldError
from tap_meta_ads import fields
from tap_meta_ads.entities.definitions import ENTITIES, Entity
from tap_meta_ads.reports.presets import PRESETS

LOG = logging.LoggerAdapter(logging.getLogger("test"))

CLASSES = (
    "AdAccount",
    "Campaign",
    "AdSet",
    "Ad",
    "AdCreative",
    "CustomAudience",
    "CustomConversion",
    "AdImage",
    "AdVideo",
    "AdLabel",
    "AdsPixel",
    "AdActivity",
    "Lead",
    "AdsInsights",
)
ENUMS = ("breakdowns", "action_breakdowns", "action_attribution_windows")

every_class = pytest.mark.parametrize(
    ("version", "class_name"), [(v, name) for v in fields.versions() for name in CLASSES]
)


def test_the_default_version_has_a_table() -> None:
    assert API_VERSION in fields.versions()
    assert all(re.fullmatch(r"v[0-9]+\.0", version) for version in fields.versions())


def test_versions_are_in_the_order_of_their_numbers() -> None:
    numbers = [float(version[1:]) for version in fields.versions()]
    assert numbers == sorted(numbers)


@every_class
def test_every_kind_is_known(version: str, class_name: str) -> None:
    table = fields.table(version, class_name)
    assert table
    assert set(table.values()) <= fields.KINDS.keys()
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in table)


@pytest.mark.parametrize(
    ("class_name", "count"),
    # As in Meta's specs; a creative's `creative_id` only repeats its id.
    [
        ("AdsInsights", 219),
        ("AdAccount", 77),
        ("Campaign", 48),
        ("AdSet", 88),
        ("Ad", 41),
        ("AdCreative", 78),
        ("CustomAudience", 43),
        ("CustomConversion", 19),
        ("AdImage", 17),
        ("AdVideo", 49),
        ("AdLabel", 5),
        ("AdsPixel", 34),
        ("AdActivity", 13),
        ("Lead", 19),
    ],
)
def test_counts_of_v26(class_name: str, count: int) -> None:
    assert len(fields.table("v26.0", class_name)) == count


@pytest.mark.parametrize(
    ("enum", "count"),
    [("breakdowns", 89), ("action_breakdowns", 16), ("action_attribution_windows", 26)],
)
def test_counts_of_values_of_v26(enum: str, count: int) -> None:
    assert len(fields.values("v26.0", enum)) == count


def test_insights_of_v26_by_kind() -> None:
    kinds = list(fields.table("v26.0", "AdsInsights").values())
    assert kinds.count("actions") == 83
    assert kinds.count("histogram") == 4
    assert kinds.count("results") == 11
    # What is left are single values, texts on Meta's wire.
    singles = {"string", "integer", "number", "date"}
    assert sum(kind in singles for kind in kinds) == 121


@pytest.mark.parametrize("version", fields.versions())
def test_no_breakdown_is_a_field(version: str) -> None:
    assert not fields.values(version, "breakdowns") & fields.table(version, "AdsInsights").keys()


@pytest.mark.parametrize(
    ("class_name", "name", "kind"),
    [
        ("AdsInsights", "spend", "number"),
        ("AdsInsights", "ctr", "number"),
        ("AdsInsights", "frequency", "number"),
        ("AdsInsights", "impressions", "integer"),
        ("AdsInsights", "reach", "integer"),
        ("AdsInsights", "clicks", "integer"),
        ("AdsInsights", "ad_id", "string"),
        ("AdsInsights", "account_currency", "string"),
        ("AdsInsights", "quality_ranking", "string"),
        ("AdsInsights", "date_start", "date"),
        ("AdsInsights", "created_time", "date"),
        ("AdsInsights", "actions", "actions"),
        ("AdsInsights", "purchase_roas", "actions"),
        ("AdsInsights", "results", "results"),
        ("AdsInsights", "video_play_curve_actions", "histogram"),
        ("Campaign", "id", "string"),
        ("Campaign", "daily_budget", "number"),
        ("Campaign", "updated_time", "string"),
        ("AdSet", "targeting", "object"),
        ("AdSet", "bid_amount", "integer"),
        ("Ad", "creative", "object"),
        ("AdAccount", "account_status", "integer"),
        ("AdAccount", "amount_spent", "number"),
        ("CustomAudience", "time_updated", "integer"),
        ("CustomAudience", "operation_status", "object"),
        ("CustomAudience", "pixel_id", "string"),
        ("CustomAudience", "seed_audience", "string"),
        ("CustomConversion", "default_conversion_value", "number"),
        ("AdImage", "id", "string"),
        ("AdVideo", "length", "number"),
        ("AdVideo", "embed_html", "string"),
        ("AdActivity", "extra_data", "string"),
        ("AdActivity", "event_time", "string"),
        ("Lead", "field_data", "array"),
    ],
)
def test_kinds_that_a_warehouse_relies_on(class_name: str, name: str, kind: str) -> None:
    assert fields.table("v26.0", class_name)[name] == kind


def test_lists_of_actions_of_any_version() -> None:
    assert {"actions", "action_values", "video_6_sec_watched_actions"} <= fields.action_lists()
    assert fields.action_lists().isdisjoint({"spend", "results", "video_play_curve_actions"})


class TestSchema:
    @every_class
    def test_is_valid_and_nullable_but_for_keys(self, version: str, class_name: str) -> None:
        kinds = fields.table(version, class_name)
        key = next(iter(kinds))
        schema = fields.schema(kinds, (key,))
        jsonschema.Draft7Validator.check_schema(schema)
        assert list(schema["properties"]) == list(kinds)
        nullable = {name for name, about in schema["properties"].items() if "null" in about["type"]}
        assert nullable == kinds.keys() - {key}

    def test_one_schema_does_not_change_another(self) -> None:
        with_key = fields.schema({"a": "string"}, ("a",))
        with_key["properties"]["a"]["type"].append("integer")
        assert fields.schema({"a": "string"}) == {
            "type": "object",
            "properties": {"a": {"type": ["string", "null"]}},
        }

    @pytest.mark.parametrize("kind", ["actions", "histogram", "results"])
    def test_lists_say_what_they_hold(self, kind: str) -> None:
        assert "List of objects" in fields.schema({"x": kind})["properties"]["x"]["description"]

    @pytest.mark.parametrize("name", ["account_id", "campaign_id", "adset_id", "ad_id", "id"])
    def test_ids_are_texts(self, name: str) -> None:
        for class_name in CLASSES:
            assert fields.table("v26.0", class_name).get(name, "string") == "string"


class TestWhatTheTapNames:
    @pytest.mark.parametrize("version", fields.versions())
    def test_presets_ask_for_known_fields(self, version: str) -> None:
        known = fields.table(version, "AdsInsights").keys()
        for report in PRESETS:
            assert set(report.columns) <= known
            assert set(report.breakdowns) <= fields.values(version, "breakdowns")
            windows = fields.values(version, "action_attribution_windows")
            assert set(report.action_attribution_windows) <= windows
            assert report.kinds(version).keys() >= set(report.keys)

    @pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
    def test_entities_name_known_fields(self, entity: Entity) -> None:
        tables = [fields.table(version, entity.class_name) for version in fields.versions()]
        # A field may be newer than the oldest version.
        assert entity.left_out | entity.unselected <= set().union(*tables)
        assert all({*entity.identity} <= table.keys() for table in tables)
        assert all(entity.key in table or entity.identity for table in tables)
        assert entity.key not in entity.left_out | entity.unselected
        assert not entity.left_out & entity.unselected


def test_refused_columns_are_left_out_in_order() -> None:
    refused = UnknownFieldError("(#100) b, d are not valid for fields param", ("b", "d", "z"))
    assert fields.without(("a", "b", "c", "d"), refused, {"a"}, LOG) == ("a", "c")


@pytest.mark.parametrize("names", [(), ("z",), ("a",), ("a", "b")])
def test_a_refusal_that_leaves_nothing_to_do_is_raised(names: tuple[str, ...]) -> None:
    refused = UnknownFieldError("(#100) not valid for fields param", names)
    with pytest.raises(UnknownFieldError):
        fields.without(("a", "b"), refused, {"a"}, LOG)
