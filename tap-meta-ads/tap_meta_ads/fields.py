"""The fields of Meta's objects: a table of names and kinds for each API version.

The tables are data, made by `tools/make_fields.py` from Meta's specs; nothing here knows a field
by name.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from logging import Logger, LoggerAdapter

    from meta_graph import GraphError, UnknownFieldError

KINDS: Mapping[str, dict[str, Any]] = {
    "string": {"type": ["string", "null"]},
    "integer": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "object": {"type": ["object", "null"]},
    # No `items` in the lists: a loader that reads them makes an array of JSON documents of the
    # column, where one document is what every warehouse can unnest.
    "array": {"type": ["array", "null"]},
    "actions": {"type": ["array", "null"]},
    "histogram": {"type": ["array", "null"]},
    "results": {"type": ["array", "null"]},
}
"""Kinds of fields and their JSON schema. Times are strings, as Meta gives them, with their offset:
declared as `date-time`, the Postgres loader would write them without it."""

DESCRIPTIONS: Mapping[str, str] = {
    "actions": "List of objects: action_type, value, one number for each attribution window asked "
    "for that is not zero, and the action breakdowns.",
    "histogram": "List of objects: action_type and value, a list of counts.",
    "results": "List of objects: indicator and values, each with value and attribution_windows.",
}


@cache
def versions() -> tuple[str, ...]:
    """The API versions that have a table, oldest first."""
    files = (resources.files("tap_meta_ads") / "data").iterdir()
    names = [file.name.removesuffix(".json") for file in files if file.name.endswith(".json")]
    return tuple(sorted(names, key=lambda name: [int(part) for part in name[1:].split(".")]))


@cache
def table(version: str, class_name: str) -> Mapping[str, str]:
    """Field and kind, for one class of one API version.

    Args:
        version: One of `versions()`.
        class_name: Meta's name of the class, as `AdSet`.
    """
    text = (resources.files("tap_meta_ads") / "data" / f"{version}.json").read_text(
        encoding="utf-8"
    )
    kinds: dict[str, str] = json.loads(text)[class_name]
    return kinds


@cache
def action_lists() -> frozenset[str]:
    """The fields of Insights, of any version, that are lists of actions."""
    tables = [table(version, "AdsInsights") for version in versions()]
    return frozenset(name for kinds in tables for name, kind in kinds.items() if kind == "actions")


@cache
def values(version: str, enum: str) -> frozenset[str]:
    """The values of `breakdowns`, `action_breakdowns` or `action_attribution_windows`."""
    return frozenset(table(version, enum))


def without(
    columns: Iterable[str],
    refused: UnknownFieldError,
    needed: Collection[str],
    log: Logger | LoggerAdapter[Any],
) -> tuple[str, ...]:
    """The columns without those that Meta refuses, so that a run goes on without them.

    Args:
        columns: What was asked for.
        refused: Meta's refusal, which names fields.
        needed: Columns without which there are no rows: the key.
        log: Told what is left out.

    Raises:
        UnknownFieldError: The refusal names nothing that could be left out.
    """
    asked = tuple(columns)
    gone = [name for name in asked if name in refused.fields]
    if not gone or set(gone) & set(needed):
        raise refused
    log.warning("Meta refuses %s: left out. (%s)", ", ".join(gone), refused)
    return tuple(name for name in asked if name not in gone)


class Asked:
    """The columns that are asked of Meta for one account, fewer and fewer as it refuses some.

    Args:
        columns: What is asked for at first.
        needed: Columns without which there are no rows: the key.
        left_out: Told of each column that Meta refuses, and why.
        log: Told what is left out.

    Attributes:
        columns: What is asked for now.
        refused: What is not any more.
    """

    def __init__(
        self,
        columns: Iterable[str],
        *,
        needed: Iterable[str],
        left_out: Callable[[str, str], None],
        log: Logger | LoggerAdapter[Any],
    ) -> None:
        self.columns = tuple(columns)
        self.refused: set[str] = set()
        self._needed = frozenset(needed)
        self._left_out = left_out
        self._log = log

    def without(self, error: UnknownFieldError) -> None:
        """Leave out what Meta refuses. Another task may have been refused the same before.

        Raises:
            UnknownFieldError: The refusal names nothing that could be left out.
        """
        if error.fields and not set(error.fields) & set(self.columns):
            if not set(error.fields) & self.refused:
                raise error
            return
        self.keep(without(self.columns, error, self._needed, self._log), error)

    def keep(self, columns: Iterable[str], error: GraphError) -> None:
        """Ask for these alone from now on.

        Args:
            columns: Some of those that were asked for.
            error: Why the others are not.
        """
        kept = tuple(columns)
        for name in self.columns:
            if name not in kept:
                self.refused.add(name)
                self._left_out(name, str(error))
        self.columns = kept


def schema(kinds: Mapping[str, str], keys: Collection[str] = ()) -> dict[str, Any]:
    """The JSON schema of rows with these fields; only keys are never null."""
    properties = {}
    for name, kind in kinds.items():
        properties[name] = dict(KINDS[kind])
        if kind in DESCRIPTIONS:
            properties[name]["description"] = DESCRIPTIONS[kind]
        if name in keys:
            properties[name]["type"] = [KINDS[kind]["type"][0]]
    return {"type": "object", "properties": properties}
