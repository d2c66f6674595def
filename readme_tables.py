"""Tables of the READMEs, made from the plugins themselves; `make docs` puts them in place.

Those of the target's columns and rejects are in `readme_columns`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from meta_graph import API_VERSION
from tap_meta_ads import compat
from tap_meta_ads import settings as tap_settings
from tap_meta_ads.presets import PRESETS
from tap_meta_ads.settings import REPORT_SCHEMA
from tap_meta_ads.tap import TapMetaAds
from target_meta_ads import settings as target_settings

_SCHEMAS = {"tap-meta-ads": tap_settings.SCHEMA, "target-meta-ads": target_settings.SCHEMA}
# A plugin that is made adds the SDK's settings, which the SDK's documentation tells of.
_OWN = {plugin: dict(schema["properties"]) for plugin, schema in _SCHEMAS.items()}


def settings(plugin: str = "tap-meta-ads") -> str:
    """A row for each setting of a plugin: name, default, description."""
    return settings_table(_OWN[plugin], _SCHEMAS[plugin]["required"])


def settings_table(properties: dict[str, Any], required: list[str]) -> str:
    """A row for each setting of a schema: name, default, description."""
    rows = ["| Setting | Default | |", "| --- | --- | --- |"]
    for name, setting in properties.items():
        notes = [setting["description"]]
        notes += ["Required."] if name in required else []
        notes += ["Secret."] if setting.get("secret") else []
        default = setting.get("default")
        shown = (
            ""
            if default is None
            else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        )
        rows.append(f"| `{name}` | {shown} | {' '.join(notes)} |")
    return lines(rows)


def streams() -> str:
    """A row for each stream: name, key, how it is replicated, number of columns."""
    tap = TapMetaAds(config={"access_token": "-"})
    rows = ["| Stream | Key | Replication | Columns |", "| --- | --- | --- | --- |"]
    for stream in tap.streams.values():
        key = ", ".join(f"`{name}`" for name in stream.primary_keys)
        by = f"incremental by `{stream.replication_key}`" if stream.replication_key else "full"
        rows.append(f"| `{stream.name}` | {key} | {by} | {len(stream.schema['properties'])} |")
    return lines(rows)


def report_settings() -> str:
    """A row for each setting of a report: name, description."""
    rows = ["| Setting | |", "| --- | --- |"]
    for name, setting in REPORT_SCHEMA["properties"].items():
        required = " Required." if name in REPORT_SCHEMA["required"] else ""
        rows.append(f"| `{name}` | {setting['description']}{required} |")
    return lines(rows)


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
    return lines(rows)


def combinations(version: str = API_VERSION) -> str:
    """The breakdowns that go together, a line for each combination of several figures'."""
    known = compat.table(version).combinations
    found = []
    for text in (*known.documented, *known.accepted):
        names = text.rstrip("*").split(",")
        if not any(name.startswith("action_") or name.endswith("_asset") for name in names):
            found.append(f"- {', '.join(f'`{name}`' for name in names)}")
    return lines([line for line in found if "," in line])


def marts() -> str:
    """A row for each mart of the dbt project: name, primary key, first sentence about it."""
    rows = ["| Table | One row per | |", "| --- | --- | --- |"]
    for path in sorted(Path("transform/models/marts").rglob("_*__models.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            key = ", ".join(f"`{name}`" for name in _primary_key(model))
            about = re.split(r"(?<=\.)\s", " ".join(model["description"].split()))[0]
            rows.append(f"| `{model['name']}` | {key} | {about} |")
    return lines(rows)


def _primary_key(model: dict[str, Any]) -> list[str]:
    for constraint in model.get("constraints", []):
        if constraint["type"] == "primary_key":
            return list(constraint["columns"])
    return [
        column["name"]
        for column in model["columns"]
        if {"type": "primary_key"} in column.get("constraints", [])
    ]


def lines(rows: list[str]) -> str:
    """Lines as cog puts them between its markers."""
    return "\n".join(["", *rows, ""])
