"""The plugins' definitions, in the form of Meltano's Hub, from what `--about` says."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from click.testing import CliRunner

from hub.words import OWNER, REPOSITORY, WORDS
from tap_meta_ads import settings as tap_settings
from tap_meta_ads.tap import TapMetaAds
from target_meta_ads import settings as target_settings
from target_meta_ads.target import TargetMetaAds

if TYPE_CHECKING:
    from singer_sdk.plugin_base import PluginBase

WIDTH = 84
"""Characters after which a line of YAML breaks: PyYAML ends the word first."""


class HubPlugin(NamedTuple):
    """A plugin, its folder in the Hub, and the schema of the settings that are its own."""

    folder: str
    plugin: type[PluginBase]
    schema: dict[str, Any]


HUB_PLUGINS = {
    "tap-meta-ads": HubPlugin("extractors", TapMetaAds, tap_settings.SCHEMA),
    "target-meta-ads": HubPlugin("loaders", TargetMetaAds, target_settings.SCHEMA),
}

# Settings that the SDK gives to every target and that change nothing in ours.
_IDLE = {"add_record_metadata", "batch_size_rows", "load_method"}
_KINDS = {"array", "boolean", "integer", "object"}


@cache
def about(name: str) -> dict[str, Any]:
    """What a plugin answers to `--about --format=json`.

    Raises:
        RuntimeError: The plugin ended with an error.
    """
    answer = CliRunner().invoke(HUB_PLUGINS[name].plugin.cli, ["--about", "--format=json"])
    if answer.exit_code:
        raise RuntimeError(f"{name} --about: {answer.output}") from answer.exception
    told: dict[str, Any] = json.loads(answer.stdout)
    return told


def kind(name: str, schema: dict[str, Any]) -> str:
    """What Meltano calls the type of a setting.

    A choice is no `options`: Meltano answers a wrong one with a traceback, the plugin with a
    sentence. A fraction is no `decimal`: Meltano cannot write one from the environment into a
    configuration, and of a text the plugin makes a number.
    """
    types = {schema["type"]} if isinstance(schema["type"], str) else {*schema["type"]}
    if types & _KINDS and "string" not in types:
        (found,) = types & _KINDS
        return found
    if "number" in types and isinstance(schema.get("default"), int):
        return "integer"
    return "date_iso8601" if name.endswith("_date") else "string"


def setting(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The definition of one setting, from its JSON schema."""
    told: dict[str, Any] = {"name": name, "kind": kind(name, schema)}
    if schema.get("default") is not None:
        told["value"] = schema["default"]
    told["label"] = schema["title"]
    told["description"] = schema["description"]
    if schema.get("secret"):
        told["sensitive"] = True
    return told


def setting_definitions(name: str) -> list[dict[str, Any]]:
    """The definitions of a plugin's settings, the SDK's behind its own."""
    properties = about(name)["settings"]["properties"]
    return [setting(key, schema) for key, schema in properties.items() if key not in _IDLE]


@cache
def selection() -> tuple[str, ...]:
    """Everything, less what the tap leaves out by itself: columns first, then whole streams.

    Meltano selects every stream and column unless it is told otherwise.
    """
    tap = TapMetaAds(config={"access_token": "-"})
    columns = [
        f"!{stream.name}.{breadcrumb[1]}"
        for stream in tap.streams.values()
        for breadcrumb, metadata in stream.metadata.items()
        if breadcrumb and metadata.selected_by_default is False
    ]
    whole = [f"!{one.name}.*" for one in tap.streams.values() if not one.selected_by_default]
    return ("*.*", *columns, *whole)


def definition(name: str) -> dict[str, Any]:
    """A plugin's definition as the Hub wants it."""
    told, words = about(name), WORDS[name]
    made: dict[str, Any] = {
        "name": name,
        "namespace": name.replace("-", "_"),
        "variant": OWNER,
        "label": words.label,
        "description": words.description,
        "repo": REPOSITORY,
        "pip_url": name,
        "executable": name,
        "domain_url": words.domain_url,
        "logo_url": f"/assets/logos/{HUB_PLUGINS[name].folder}/meta-ads.svg",
        "keywords": list(words.keywords),
        # What the Hub's own rule gives to a plugin of the community that is built with the SDK.
        "quality": "silver",
        "maintenance_status": "active",
        "supported_python_versions": told["supported_python_versions"],
        "capabilities": sorted(told["capabilities"]),
        "log_parser": "singer-sdk",
        "prereq": words.prereq,
        "settings_preamble": words.settings_preamble,
        "settings": sorted(setting_definitions(name), key=lambda one: str(one["name"])),
        "settings_group_validation": [sorted(told["settings"]["required"])],
        "usage": words.usage,
    }
    if HUB_PLUGINS[name].folder == "extractors":
        made["select"] = list(selection())
    return made


def definition_yaml(name: str) -> str:
    """The same as the text of a file, with keys and settings in the Hub's order."""
    return dump(definition(name), sort_keys=True)


def lock(name: str) -> str:
    """The same as the lock file that `meltano add` writes when the Hub has the definition."""
    kept = {"plugin_type": HUB_PLUGINS[name].folder, **definition(name)}
    return json.dumps(kept, indent=2) + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(data: object, *, sort_keys: bool = False) -> str:
    """YAML as people write it."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=sort_keys, width=WIDTH))
