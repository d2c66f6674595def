"""Tables of the READMEs, made from the plugins themselves; `make docs` puts them in place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from meta_graph import API_VERSION
from tap_meta_ads import compat
from tap_meta_ads.presets import PRESETS
from tap_meta_ads.settings import REPORT_SCHEMA, SCHEMA
from tap_meta_ads.tap import TapMetaAds

# A tap that is made adds the SDK's settings, which the SDK's documentation tells of.
_OWN = dict(SCHEMA["properties"])


def settings() -> str:
    """A row for each setting: name, default, description."""
    rows = ["| Setting | Default | |", "| --- | --- | --- |"]
    for name, setting in _OWN.items():
        notes = [setting["description"]]
        notes += ["Required."] if name in SCHEMA["required"] else []
        notes += ["Secret."] if setting.get("secret") else []
        default = setting.get("default")
        shown = (
            ""
            if default is None
            else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        )
        rows.append(f"| `{name}` | {shown} | {' '.join(notes)} |")
    return _lines(rows)


def streams() -> str:
    """A row for each stream: name, key, how it is replicated, number of columns."""
    tap = TapMetaAds(config={"access_token": "-"})
    rows = ["| Stream | Key | Replication | Columns |", "| --- | --- | --- | --- |"]
    for stream in tap.streams.values():
        key = ", ".join(f"`{name}`" for name in stream.primary_keys)
        by = f"incremental by `{stream.replication_key}`" if stream.replication_key else "full"
        rows.append(f"| `{stream.name}` | {key} | {by} | {len(stream.schema['properties'])} |")
    return _lines(rows)


def report_settings() -> str:
    """A row for each setting of a report: name, description."""
    rows = ["| Setting | |", "| --- | --- |"]
    for name, setting in REPORT_SCHEMA["properties"].items():
        required = " Required." if name in REPORT_SCHEMA["required"] else ""
        rows.append(f"| `{name}` | {setting['description']}{required} |")
    return _lines(rows)


def presets() -> str:
    """A row for each preset: name, what a row is about, breakdowns, whether it is selected."""
    rows = ["| Report | A row for each | Broken down by | |", "| --- | --- | --- | --- |"]
    spans = {1: "day", "weekly": "week", "monthly": "month"}
    for report in PRESETS:
        parts = ", ".join(f"`{name}`" for name in report.breakdowns)
        about = f"{report.level} and {spans[report.time_increment]}"
        rows.append(
            f"| `{report.name}` | {about} | {parts} | {'' if report.selected else 'to select'} |"
        )
    return _lines(rows)


def combinations(version: str = API_VERSION) -> str:
    """The breakdowns that go together, a line for each combination of several figures'."""
    known = compat.table(version).combinations
    lines = []
    for text in (*known.documented, *known.accepted):
        names = text.rstrip("*").split(",")
        if not any(name.startswith("action_") or name.endswith("_asset") for name in names):
            lines.append(f"- {', '.join(f'`{name}`' for name in names)}")
    return _lines([line for line in lines if "," in line])


def marts() -> str:
    """A row for each mart of the dbt project: name, primary key, first sentence about it."""
    rows = ["| Table | One row per | |", "| --- | --- | --- |"]
    for path in sorted(Path("transform/models/marts").rglob("_*__models.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            key = ", ".join(f"`{name}`" for name in _primary_key(model))
            about = re.split(r"(?<=\.)\s", " ".join(model["description"].split()))[0]
            rows.append(f"| `{model['name']}` | {key} | {about} |")
    return _lines(rows)


def _primary_key(model: dict[str, Any]) -> list[str]:
    for constraint in model.get("constraints", []):
        if constraint["type"] == "primary_key":
            return list(constraint["columns"])
    return [
        column["name"]
        for column in model["columns"]
        if {"type": "primary_key"} in column.get("constraints", [])
    ]


def _lines(rows: list[str]) -> str:
    return "\n".join(["", *rows, ""])
