"""What exists, by the packages' and projects' own declarations."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from docgen import marts
from meta_sandbox import Options
from meta_sandbox._flags import parser
from tap_meta_ads import fields
from tap_meta_ads.reports import compatibility
from tap_meta_ads.settings import REPORT_SCHEMA
from tap_meta_ads.tap import TapMetaAds
from target_meta_ads.audiences import plan as audience_plan
from target_meta_ads.audiences.upload import INVALID_ENTRY
from target_meta_ads.events import checks
from target_meta_ads.events import plan as event_plan
from target_meta_ads.events.parts import CUSTOM_PARTS, EVENT_PARTS
from target_meta_ads.events.upload import NOT_RECEIVED, OUTCOME_UNKNOWN
from target_meta_ads.normalisation import keys
from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.records import Reject
from target_meta_ads.report import TargetMetric
from target_meta_ads.streams.blocks import AUDIENCE_SCHEMA, EVENTS_SCHEMA
from target_meta_ads.streams.columns import ACTION_SOURCES
from target_meta_ads.target import TargetMetaAds
from tests.docs.pages import ROOT
from tests.docs.words import Known

if TYPE_CHECKING:
    from collections.abc import Iterator

# Meltano's own, and those that it makes of the name of any plugin.
_MELTANO = {
    "MELTANO_DATABASE_URI",
    "TAP_META_ADS__SELECT",
    "TAP_META_ADS__SELECT_FILTER",
    "TAP_META_ADS__LOAD_SCHEMA",
}
_SCHEMAS = (
    "tap_meta_ads meta_ads activation meta_ads_staging meta_ads_snapshots crm_example".split()
)


@cache
def known() -> Known:
    """Everything that documentation may name."""
    tap = TapMetaAds(config={"access_token": "-"}, validate_config=False)
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    plugins = [one for kind in project["plugins"].values() for one in kind]
    own = {name: set(plugin.config_jsonschema["properties"]) for name, plugin in _OURS.items()}
    of_dbt = set(_names_of_dbt())
    flags = parser()
    (commands,) = (one.choices for one in flags._actions if isinstance(one.choices, dict))
    words = {
        *tap.streams,
        *(name for stream in tap.streams.values() for name in stream.schema["properties"]),
        *(name for names in own.values() for name in names),
        *(setting["name"] for plugin in plugins for setting in plugin.get("settings", [])),
        *of_dbt,
        *_words_of_the_tap(),
        *_words_of_the_target(),
        *(name for name in vars(Options) if name[0] != "_"),
        *Options.__dataclass_fields__,
        *_SCHEMAS,
        *(plugin["namespace"] for plugin in plugins),
        *(path.name for path in ROOT.glob("*/*") if (path / "__init__.py").exists()),
    }
    return Known(
        frozenset(words),
        {
            "tap_meta_ads": frozenset(tap.streams),
            **{
                schema: frozenset(m.name for m in marts.read().values() if m.schema == schema)
                for schema in ("meta_ads", "activation")
            },
            "meta_ads_staging": frozenset(name for name in of_dbt if name[:4] in {"stg_", "int_"}),
            "meta_ads_snapshots": frozenset(name for name in of_dbt if name[:5] == "snap_"),
        },
        frozenset(_variables(own) | _MELTANO),
        frozenset(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)),
        frozenset(one["name"] for one in (*plugins, *project["jobs"], *project["schedules"])),
        {
            **{
                name: frozenset(option for one in plugin.cli.params for option in one.opts)
                for name, plugin in _OURS.items()
            },
            "meta-sandbox": frozenset(
                option
                for command in commands.values()
                for action in command._actions
                for option in action.option_strings
            ),
        },
        frozenset(_paths()),
    )


_OURS: dict[str, Any] = {"tap-meta-ads": TapMetaAds, "target-meta-ads": TargetMetaAds}


def _variables(own: dict[str, set[str]]) -> set[str]:
    """Those of our settings, and those that Meltano and dbt are told the warehouse by."""
    found = {
        f"{plugin.replace('-', '_')}_{name}".upper()
        for plugin, names in own.items()
        for name in names
    }
    for path in ("meltano.yml", "transform/profiles/profiles.yml", "transform/dbt_project.yml"):
        found |= set(re.findall(r"\bMETA_ADS_[A-Z0-9_]+", (ROOT / path).read_text()))
    return found


def _paths() -> Iterator[str]:
    """Files and folders of the repository; those of tools and environments are not looked at."""
    for top in ROOT.iterdir():
        if top.name[0] != "." or top.name in {".ci", ".github"}:
            yield top.name
            for path in top.rglob("*") if top.is_dir() else ():
                yield str(path.relative_to(ROOT))


def _words_of_the_tap() -> Iterator[str]:
    yield from REPORT_SCHEMA["properties"]
    for version in fields.versions():
        yield from fields.table(version, "AdsInsights")
        table = compatibility.table(version)
        yield from (*table.only_by_job, *table.retention.breakdowns)
        for text in (*table.combinations.documented, *table.combinations.accepted):
            for name in text.rstrip("*").split(","):
                yield from (name, f"{name}_id") if name.endswith("_asset") else (name,)
    # Lengths of a row, and parts of the summary and the state.
    yield from "all_days run_id seconds_waited left_out new_fields as_of".split()


def _words_of_the_target() -> Iterator[str]:
    yield from (*AUDIENCE_SCHEMA["properties"], *EVENTS_SCHEMA["properties"])
    for key in keys.KEYS:
        yield from (key.column, *key.audience, key.event or "")
    yield from (part.column for part in EVENT_PARTS + CUSTOM_PARTS)
    yield from (drop.value for drop in Drop)
    for module in (audience_plan, event_plan, checks):
        yield from (one.code for one in vars(module).values() if isinstance(one, Reject))
    yield from (INVALID_ENTRY, OUTCOME_UNKNOWN)
    yield NOT_RECEIVED
    yield from (metric.value for metric in TargetMetric)
    yield from ACTION_SOURCES
    # Values of settings.
    for schema in (AUDIENCE_SCHEMA, EVENTS_SCHEMA):
        for setting in schema["properties"].values():
            yield from (value for value in setting.get("enum", []) if value)


def _names_of_dbt() -> Iterator[str]:
    """Models, columns, seeds, snapshots, variables and checks of the dbt project."""
    folder = ROOT / "transform"
    for path in [*folder.glob("models/**/*.yml"), *folder.glob("s*/**/*.yml")]:
        yield from re.findall(r"\bname: \"?(\w+)", path.read_text(encoding="utf-8"))
    definition = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    yield from definition["vars"]
    yield from definition["vars"]["action_measures"]
    for path in folder.glob("seeds/meta_*.csv"):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from line.partition(",")[0].split(".")
    yield from (path.stem for path in folder.glob("tests/**/*.sql"))
    # A test of the star schema compares these with the table.
    text = (folder / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## load_validation") : text.index("## Activation")]
    yield from re.findall(r"`(\w+_\w+)`", section)
