"""The tool that makes the tables of fields, on small specs in both of Meta's notations."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_meta_ads import fields

if TYPE_CHECKING:
    from types import ModuleType


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_fields", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load(Path(__file__).parent.parent / "tools" / "make_fields.py")


def spec(*named: tuple[str, str], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"fields": [{"name": name, "type": kind} for name, kind in named], **more}


def folder_of(path: Path, files: dict[str, Any]) -> Path:
    path.mkdir()
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return path


# Made up, in the notation of the Java SDK: enums stand in the class, breakdowns among its fields.
JAVA: dict[str, Any] = {
    "AdAccount": spec(("account_id", "String"), ("age", "Double"), ("balance", "String")),
    "Campaign": spec(("id", "String"), ("status", "EnumStatus"), ("daily_budget", "Long")),
    "AdSet": spec(("labels", "List<AdLabel>"), ("targeting", "Targeting"), ("bid", "Long")),
    "Ad": spec(("is_new", "Boolean"), ("sums", "Map<String, Long>")),
    "AdCreative": spec(("id", "String"), ("creative_id", "String")),
    "CustomAudience": spec(("time_created", "Long"), ("seed_audience", "Long")),
    "CustomConversion": spec(("default_conversion_value", "Long"), ("rule", "String")),
    "AdImage": spec(("hash", "String"), ("status", "EnumStatus")),
    "AdVideo": spec(("length", "Double"), ("embed_html", "Object"), ("from", "Object")),
    "AdLabel": spec(("account", "AdAccount")),
    "AdsPixel": spec(("event_time_max", "Long")),
    "AdActivity": spec(("extra_data", "String"), ("event_type", "EnumEventType")),
    "Lead": spec(("field_data", "List<UserLeadGenFieldData>"), ("is_organic", "Boolean")),
    "AdsInsights": spec(
        ("spend", "String"),
        ("impressions", "String"),
        ("campaign_name", "String"),
        ("date_start", "String"),
        ("actions", "List<AdsActionStats>"),
        ("curve", "List<AdsHistogramStats>"),
        ("results", "List<Object>"),
        ("age", "String"),
        ("body_asset", "AdAssetBody"),
        enums={
            "EnumActionAttributionWindows": ["7d_click", "1d_view"],
            "EnumActionBreakdowns": ["action_type"],
            "EnumBreakdowns": ["body_asset", "age"],
        },
    ),
}

# The same in the notation of the code generator: lower-case types, and all enums in one file.
CODEGEN: dict[str, Any] = {
    "AdAccount": spec(("account_id", "string"), ("age", "float"), ("balance", "string")),
    "Campaign": spec(("id", "string"), ("status", "Campaign_status"), ("daily_budget", "string")),
    "AdSet": spec(("labels", "list<AdLabel>"), ("targeting", "Targeting"), ("bid", "unsigned int")),
    "Ad": spec(("is_new", "bool"), ("sums", "map<string, int>")),
    "AdCreative": spec(("id", "string"), ("creative_id", "string")),
    "CustomAudience": spec(("time_created", "unsigned int"), ("seed_audience", "int")),
    "CustomConversion": spec(("default_conversion_value", "int"), ("rule", "string")),
    "AdImage": spec(("hash", "string"), ("status", "AdImage_status")),
    "AdVideo": spec(("length", "float"), ("embed_html", "Object"), ("from", "Object")),
    "AdLabel": spec(("account", "AdAccount")),
    "AdsPixel": spec(("event_time_max", "int")),
    "AdActivity": spec(("extra_data", "string"), ("event_type", "AdActivity_event_type")),
    "Lead": spec(("field_data", "list<UserLeadGenFieldData>"), ("is_organic", "bool")),
    "AdsInsights": spec(
        ("spend", "string"),
        ("impressions", "string"),
        ("campaign_name", "string"),
        ("date_start", "string"),
        ("actions", "list<AdsActionStats>"),
        ("curve", "list<AdsHistogramStats>"),
        ("results", "list<Object>"),
    ),
    "enum_types": [
        {"name": "Campaign_status", "node": "Campaign", "values": ["ACTIVE"]},
        {"name": "AdImage_status", "node": "AdImage", "values": ["ACTIVE"]},
        {"name": "AdActivity_event_type", "node": "AdActivity", "values": ["ad_paused"]},
        {
            "name": "adaccountinsights_action_attribution_windows_enum_param",
            "node": "adaccountinsights",
            "values": ["7d_click", "1d_view"],
        },
        {
            "name": "adaccountinsights_action_breakdowns_enum_param",
            "node": "adaccountinsights",
            "values": ["action_type"],
        },
        {
            "name": "adaccountinsights_breakdowns_enum_param",
            "node": "adaccountinsights",
            "values": ["body_asset", "age"],
        },
    ],
}

TABLE = {
    "AdAccount": {"account_id": "string", "age": "number", "balance": "number"},
    "Campaign": {"daily_budget": "number", "id": "string", "status": "string"},
    "AdSet": {"bid": "integer", "labels": "array", "targeting": "object"},
    "Ad": {"is_new": "boolean", "sums": "object"},
    "AdCreative": {"id": "string"},
    # Instants in seconds are numbers; an id is a text, whatever it is called; HTML is one too.
    "CustomAudience": {"seed_audience": "string", "time_created": "integer"},
    "CustomConversion": {"default_conversion_value": "number", "rule": "string"},
    "AdImage": {"hash": "string", "status": "string"},
    "AdVideo": {"embed_html": "string", "from": "object", "length": "number"},
    "AdLabel": {"account": "object"},
    "AdsPixel": {"event_time_max": "integer"},
    "AdActivity": {"event_type": "string", "extra_data": "string"},
    "Lead": {"field_data": "array", "is_organic": "boolean"},
    "AdsInsights": {
        "actions": "actions",
        "campaign_name": "string",
        "curve": "histogram",
        "date_start": "date",
        "impressions": "integer",
        "results": "results",
        "spend": "number",
    },
    "action_attribution_windows": {"1d_view": "", "7d_click": ""},
    "action_breakdowns": {"action_type": ""},
    "breakdowns": {"age": "", "body_asset": ""},
}


def test_the_java_notation(tmp_path: Path) -> None:
    made = tool.table(folder_of(tmp_path / "specs", JAVA))
    assert made == TABLE
    # Sorted, so that a new version is a difference that can be read.
    assert all(list(names) == sorted(names) for names in made.values())


def test_the_code_generators_notation(tmp_path: Path) -> None:
    assert tool.table(folder_of(tmp_path / "specs", CODEGEN)) == TABLE


@pytest.mark.parametrize(
    ("type_name", "name", "class_name", "kind"),
    [
        # Both notations of one type are one kind.
        *[(text, "name", "Ad", "string") for text in ("String", "string", "datetime")],
        *[(text, "x", "Ad", "integer") for text in ("Long", "unsigned int", "int")],
        *[(text, "x", "Ad", "number") for text in ("Double", "float")],
        *[(text, "x", "Ad", "boolean") for text in ("Boolean", "bool")],
        *[(text, "x", "Ad", "array") for text in ("List<Ad>", "list<Ad>", "vector<string>")],
        *[(text, "x", "Ad", "object") for text in ("Targeting", "Map<String, Long>", "map")],
        *[(text, "x", "Ad", "string") for text in ("EnumStatus", "ad_status_enum_param")],
        # Money comes as text of the smallest unit.
        ("String", "daily_budget", "Campaign", "number"),
        ("string", "budget_remaining", "AdSet", "number"),
        ("String", "amount_spent", "AdAccount", "number"),
        ("String", "spend_cap", "AdAccount", "number"),
        ("Long", "min_daily_budget", "AdAccount", "number"),
        ("String", "budget_name", "Campaign", "string"),
        ("List<String>", "budget", "Campaign", "array"),
        # Insights are texts on the wire, whatever they count.
        ("String", "reach", "AdsInsights", "integer"),
        ("string", "ctr", "AdsInsights", "number"),
        ("String", "updated_time", "AdsInsights", "date"),
        ("String", "objective", "AdsInsights", "string"),
        ("AdAssetBody", "some", "AdsInsights", "object"),
    ],
)
def test_kinds(type_name: str, name: str, class_name: str, kind: str) -> None:
    assert tool.kind_of(type_name, name, class_name) == kind
    assert kind in fields.KINDS


def test_differences_tell_new_gone_and_changed() -> None:
    new = {
        **TABLE,
        "Ad": {"is_new": "string", "name": "string"},
        "breakdowns": {"age": "", "country": ""},
    }
    assert tool.differences(TABLE, new) == [
        "Ad.is_new: boolean -> string",
        "Ad.name: new -> string",
        "Ad.sums: object -> gone",
        "breakdowns.body_asset: a value -> gone",
        "breakdowns.country: new -> a value",
    ]
    assert tool.differences(TABLE, TABLE) == []
    assert tool.differences({}, {"Ad": {"id": "string"}}) == ["Ad.id: new -> string"]


def test_the_command_writes_the_table_and_says_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "DATA", tmp_path)
    first = folder_of(tmp_path / "first", JAVA)
    monkeypatch.setattr(sys, "argv", ["make_fields.py", str(first), "v99.0"])
    tool.main()
    written = (tmp_path / "v99.0.json").read_text(encoding="utf-8")
    assert json.loads(written) == TABLE
    assert written.endswith("}\n")
    assert "Campaign.status: new -> string" in capsys.readouterr().out.splitlines()

    changed = {**JAVA, "Ad": spec(("is_new", "Boolean"), ("fresh", "List<String>"))}
    second = folder_of(tmp_path / "second", changed)
    monkeypatch.setattr(sys, "argv", ["make_fields.py", str(second), "v99.0"])
    tool.main()
    assert capsys.readouterr().out.splitlines() == [
        "Ad.fresh: new -> array",
        "Ad.sums: object -> gone",
    ]
    assert json.loads((tmp_path / "v99.0.json").read_text())["Ad"] == {
        "fresh": "array",
        "is_new": "boolean",
    }


def test_a_folder_without_a_class_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "DATA", tmp_path)
    kept = {name: content for name, content in JAVA.items() if name not in {"Lead", "Ad"}}
    folder = folder_of(tmp_path / "specs", kept)
    monkeypatch.setattr(sys, "argv", ["make_fields.py", str(folder), "v99.0"])
    with pytest.raises(SystemExit):
        tool.main()
    assert capsys.readouterr().err.endswith(f"{folder} has no spec of Ad, Lead\n")
    assert not (tmp_path / "v99.0.json").exists()
