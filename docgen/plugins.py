"""Settings of both plugins; streams, columns and reports of the tap: made from the plugins."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from docgen.tables import code, lines, table
from meta_graph import API_VERSION
from tap_meta_ads import settings as tap_settings
from tap_meta_ads.reports import compatibility
from tap_meta_ads.reports.presets import PRESETS
from tap_meta_ads.settings import REPORT_SCHEMA
from tap_meta_ads.tap import TapMetaAds
from target_meta_ads import settings as target_settings

if TYPE_CHECKING:
    from singer_sdk import Stream

    from tap_meta_ads.reports.report import Report

_SCHEMAS = {"tap-meta-ads": tap_settings.SCHEMA, "target-meta-ads": target_settings.SCHEMA}
# A plugin that is made adds the SDK's settings, which the SDK's documentation tells of.
_OWN = {plugin: dict(schema["properties"]) for plugin, schema in _SCHEMAS.items()}
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "object": "object",
    "array": "list",
}
# What a row of an entity stream is. A stream that lacks here stops `make docs`.
_ROWS = {
    "ad_accounts": "An ad account: name, currency, time zone, status, spending limits.",
    "campaigns": "A campaign: objective, status, budget, schedule.",
    "ad_sets": "An ad set: targeting, bid, budget, schedule, optimisation goal.",
    "ads": "An ad: status, its creative by id, tracking.",
    "ad_creatives": "What an ad shows: texts, links, images, videos.",
    "ad_images": "An image of the account's library.",
    "ad_videos": "A video of the account's library.",
    "ad_labels": "A label for campaigns, ad sets, ads and creatives.",
    "ad_pixels": "A pixel, which Meta also calls a dataset.",
    "custom_audiences": "A Custom Audience: kind, size, state; not its members.",
    "custom_conversions": "A conversion that is defined by a rule over events.",
    "activities": "A change that somebody made in the account, and who made it.",
    "leads": "A person who filled in a lead form. Personal data; needs `leads_retrieval`.",
}


def settings(plugin: str = "tap-meta-ads") -> str:
    """A row for each setting of a plugin: name, default, description."""
    return settings_table(_OWN[plugin], _SCHEMAS[plugin]["required"])


def variables(plugin: str = "tap-meta-ads") -> str:
    """A row for each setting of a plugin: name, environment variable, how a value is written."""
    prefix = plugin.replace("-", "_")
    rows = []
    for name, setting in _OWN[plugin].items():
        kinds = setting["type"] if isinstance(setting["type"], list) else [setting["type"]]
        kind = next(kind for kind in kinds if kind != "null")
        written = "JSON" if kind in {"array", "object"} else _TYPES[kind]
        rows.append([f"`{name}`", f"`{prefix}_{name}`".upper(), written])
    return table(["Setting", "Environment variable", "Written as"], rows)


def settings_table(properties: dict[str, Any], required: list[str]) -> str:
    """A row for each setting of a schema: name, default, description."""
    rows = []
    for name, setting in properties.items():
        notes = [setting["description"]]
        notes += ["Required."] if name in required else []
        notes += ["Secret."] if setting.get("secret") else []
        default = setting.get("default")
        shown = str(default).lower() if isinstance(default, bool) else default
        rows.append([f"`{name}`", "" if default is None else f"`{shown}`", " ".join(notes)])
    return table(["Setting", "Default", ""], rows)


@cache
def _streams() -> dict[str, Stream]:
    return dict(TapMetaAds(config={"access_token": "-"}).streams)


def streams(*, linked: bool = False) -> str:
    """A row for each stream: name, key, how it is replicated, number of columns.

    Args:
        linked: Whether names lead to the sections of `stream_columns` on the same page.
    """
    rows = []
    for stream in _streams().values():
        by = f"incremental by `{stream.replication_key}`" if stream.replication_key else "full"
        columns = str(len(stream.schema["properties"]))
        name = f"[`{stream.name}`](#{stream.name})" if linked else f"`{stream.name}`"
        rows.append([name, code(stream.primary_keys), by, columns])
    return table(["Stream", "Key", "Replication", "Columns"], rows)


def stream_columns() -> str:
    """A section for each stream: what a row is, how it is read, and a row for each column."""
    about = {report.name: _about(report) for report in PRESETS} | _ROWS
    made = []
    for name, stream in _streams().items():
        off = "" if stream.selected_by_default else " Not selected by default."
        read = f"Read by `{stream.replication_key}`." if stream.replication_key else "Read whole."
        key = code(stream.primary_keys)
        made += [f"\n## {name}\n\n{about[name]} Key: {key}. {read}{off}"]
        made += [table(["Column", "Type", ""], _columns(stream)).rstrip("\n")]
    return lines(made)


def _columns(stream: Stream) -> list[list[str]]:
    rows = []
    for name, column in stream.schema["properties"].items():
        kind = next(kind for kind in column["type"] if kind != "null")
        shown = column.get("format", _TYPES[kind])
        selected = stream.metadata["properties", name].selected_by_default
        notes = ["Part of the key."] if name in stream.primary_keys else []
        notes += ["To select."] if selected is False else []
        rows.append([f"`{name}`", shown, " ".join(notes)])
    return rows


def _about(report: Report) -> str:
    parts = f", broken down by {code(report.breakdowns)}" if report.breakdowns else ""
    return f"Insights: a row for each {report.level} and {_SPANS[report.time_increment]}{parts}."


_SPANS = {1: "day", "weekly": "week", "monthly": "month"}


def report_settings() -> str:
    """A row for each setting of a report: name, description."""
    rows = []
    for name, setting in REPORT_SCHEMA["properties"].items():
        required = " Required." if name in REPORT_SCHEMA["required"] else ""
        rows.append([f"`{name}`", f"{setting['description']}{required}"])
    return table(["Setting", ""], rows)


def presets() -> str:
    """A row for each preset: name, what a row is about, breakdowns, whether it is selected."""
    rows = []
    for report in PRESETS:
        about = f"{report.level} and {_SPANS[report.time_increment]}"
        selected = "" if report.selected else "to select"
        rows.append([f"`{report.name}`", about, code(report.breakdowns), selected])
    return table(["Report", "A row for each", "Broken down by", ""], rows)


def combinations(version: str = API_VERSION) -> str:
    """The breakdowns that go together, a line for each combination of several figures'."""
    known = compatibility.table(version).combinations
    found = []
    for text in (*known.documented, *known.accepted):
        names = text.rstrip("*").split(",")
        if not any(name.startswith("action_") or name.endswith("_asset") for name in names):
            found.append(names)
    return lines([f"- {code(names)}" for names in found if len(names) > 1])
