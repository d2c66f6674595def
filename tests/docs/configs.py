"""What is wrong with the settings that a page shows: pure functions of the text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from tap_meta_ads import settings as tap_settings
from target_meta_ads import settings as target_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

_GIVEN: dict[str, dict[str, Any]] = {
    "tap-meta-ads": {"access_token": "made-up"},
    "target-meta-ads": {
        "access_token": "made-up",
        "ad_account_id": "1234567890",
        "streams": {"people": {"destination": "custom_audience", "audience_id": "2345678901"}},
    },
}
_CHECKS: dict[str, tuple[Callable[..., list[str]], dict[str, Any]]] = {
    "tap-meta-ads": (tap_settings.problems, tap_settings.SCHEMA),
    "target-meta-ads": (target_settings.problems, target_settings.SCHEMA),
}
# Keys of a plugin's entry that need no definition of their own.
_KEYS = {"name", "config", "select", "metadata", "inherit_from", "env", "load_schema"}
_TYPES = ("extractors", "loaders", "utilities")


def of_meltano(text: str, project: Mapping[str, Any]) -> list[str]:
    """What is wrong with a part of a `meltano.yml`.

    Args:
        text: The part, with the keys that lead to it.
        project: The whole `meltano.yml` of this repository.
    """
    part = yaml.safe_load(text)
    plugins = {one["name"]: one for kind in project["plugins"].values() for one in kind}
    wrong = [f"{key} is no key of meltano.yml" for key in part if key not in project]
    for kind, entry in _entries(part):
        name = entry["name"]
        base = entry.get("inherit_from", name)
        if base not in plugins or plugins[base] not in project["plugins"].get(kind, []):
            wrong.append(f"{name} is none of the {kind}")
            continue
        wrong += [f"{name}: {key} is no key of a plugin" for key in entry.keys() - _KEYS]
        wrong += _settings(name, base, entry.get("config", {}), plugins[base])
    known = plugins.keys() | {one["name"] for _, one in _entries(part)}
    jobs = {one["name"]: one for one in (*project["jobs"], *part.get("jobs", []))}
    for job in part.get("jobs", []):
        for task in job["tasks"]:
            blocks = task.split() if isinstance(task, str) else task
            wrong += [
                f"job {job['name']}: {block} is no plugin"
                for block in blocks
                if block.partition(":")[0] not in known
            ]
    for schedule in part.get("schedules", []):
        if schedule["job"] not in jobs:
            wrong.append(f"schedule {schedule['name']}: no job {schedule['job']}")
    return wrong


def of_environment(text: str, project: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """What is wrong with a part of a `.env`.

    Args:
        text: Its lines.
        project: The whole `meltano.yml` of this repository.
        known: The variables that exist.
    """
    wrong = []
    given: dict[str, dict[str, Any]] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if not line.strip() or line.startswith("#"):
            continue
        if not equals or name not in known:
            wrong.append(f"{name} is no variable")
        for plugin, (_, schema) in _CHECKS.items():
            prefix = f"{plugin.replace('-', '_')}_".upper()
            setting = name.removeprefix(prefix).lower()
            if value and name.startswith(prefix) and setting in schema["properties"]:
                given.setdefault(plugin, {})[setting] = _typed(value, schema, setting)
    plugins = {one["name"]: one for kind in project["plugins"].values() for one in kind}
    for plugin, config in given.items():
        wrong += _settings(plugin, plugin, config, plugins[plugin])
    return wrong


def variables(text: str, project: Mapping[str, Any]) -> set[str]:
    """The variables of plugins that a part of a `meltano.yml` makes of others.

    Args:
        text: The part.
        project: The whole `meltano.yml` of this repository.
    """
    plugins = {one["name"]: one for kind in project["plugins"].values() for one in kind}
    return {
        f"{entry['name'].replace('-', '_')}_{setting['name']}".upper()
        for _, entry in _entries(yaml.safe_load(text))
        if entry.get("inherit_from") in plugins
        for setting in plugins[entry["inherit_from"]]["settings"]
    }


def _entries(part: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each plugin that a part speaks of, in environments too, with its kind."""
    parts = [part.get("plugins", {})]
    parts += [one.get("config", {}).get("plugins", {}) for one in part.get("environments", [])]
    for one in parts:
        for kind, entries in one.items():
            for entry in entries:
                yield kind, entry


def _settings(
    name: str, base: str, config: Mapping[str, Any], plugin: Mapping[str, Any]
) -> list[str]:
    known = {setting["name"] for setting in plugin["settings"]}
    wrong = [f"{name} has no setting {key}" for key in config if key.partition(".")[0] not in known]
    if base in _CHECKS and not wrong:
        problems, schema = _CHECKS[base]
        # A variable stands for an id, or for something else of a plugin's own check.
        filled = re.sub(r"\$\{\w+\}", "1234567890", json.dumps(config))
        given = {**_GIVEN[base], **json.loads(filled)}
        wrong += [f"{name}: {problem}" for problem in problems(given, schema)]
    return wrong


def _typed(value: str, schema: Mapping[str, Any], setting: str) -> object:
    """A variable's text as Meltano hands it on."""
    kinds = schema["properties"][setting]["type"]
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if {"array", "object", "integer", "boolean", "number"} & set(kinds) and "string" not in kinds:
        return json.loads(value)
    return value
