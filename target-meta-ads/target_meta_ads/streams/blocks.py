"""The `streams` blocks: where the records of a Singer stream go, and how. Pure.

A block is named by a stream or by a glob. `match_stream` finds the block of a stream; what is wrong
with blocks is said in `checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from meta_graph.settings import plain_number
from target_meta_ads.errors import StreamError
from target_meta_ads.streams.columns import AUDIENCE_COLUMNS, DEFAULTS, EVENT_COLUMNS, ID, TEXT

AUDIENCE = "custom_audience"
EVENTS = "events"

UPSERT, MIRROR, REPLACE, REMOVE, ERASE = "upsert", "mirror", "replace", "remove", "erase"
SYNC_MODES = (UPSERT, MIRROR, REPLACE, REMOVE, ERASE)

AUDIENCE_NAMES = ("audience_id", "audience_name", "audience_column")
"""The ways to name an audience, of which a block takes one."""

FILE_SOURCES = ("USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED")

_IDS = {"audience_id", "pixel_id", "page_id", "ig_account_id"}

_DESTINATION: dict[str, Any] = {
    "type": "string",
    "enum": [AUDIENCE, EVENTS],
    "description": "custom_audience or events.",
}


def _name(description: str) -> dict[str, Any]:
    return {**TEXT, "description": description}


def _id(description: str) -> dict[str, Any]:
    return {**ID, "description": description}


def _choice(choices: tuple[str, ...], description: str) -> dict[str, Any]:
    return {
        "type": ["string", "null"],
        "enum": [*choices, None],
        "default": choices[0],
        "description": description,
    }


def _columns(known: tuple[str, ...]) -> dict[str, Any]:
    column = {"type": ["string", "null"], "minLength": 1, "errorMessage": "Name a column."}
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": dict.fromkeys(known, column),
        "description": "The stream's own name of a column, for each that has another one.",
    }


AUDIENCE_SCHEMA: dict[str, Any] = {
    "additionalProperties": False,
    "properties": {
        "destination": _DESTINATION,
        "audience_id": _id(
            "The audience's id. One of audience_id, audience_name and audience_column is set; none "
            "with sync_mode erase."
        ),
        "audience_name": _name("Its name in the ad account, where it is found or created."),
        "audience_column": _name(
            "The column that holds its name or its id, where a stream has many audiences."
        ),
        "sync_mode": _choice(
            SYNC_MODES,
            "upsert adds people, mirror makes the audience equal to the stream by differences, "
            "replace does so in one swap at Meta, remove takes people out, erase takes them out of "
            "every audience of the account.",
        ),
        "operation_column": _name(
            "The column that says add or remove, with sync_mode upsert. All rows are added if not "
            "set, but for those with _sdc_deleted_at."
        ),
        "fields": _columns(AUDIENCE_COLUMNS),
        "external_id": _choice(
            ("plain", "sha256"), "Whether external_id goes as it is or as its hash."
        ),
        "page_id": _id("The page of the ids in page_scoped_user_id."),
        "customer_file_source": _choice(
            FILE_SOURCES, "Whom the data comes from; Meta asks for it when an audience is created."
        ),
        "value_based": {
            "type": ["boolean", "null"],
            "default": False,
            "description": "Whether the audience is value-based; each person needs a value then.",
        },
        "description": _name("What Meta shows about an audience that is created."),
    },
}

EVENTS_SCHEMA: dict[str, Any] = {
    "additionalProperties": False,
    "properties": {
        "destination": _DESTINATION,
        "pixel_id": _id("The pixel (dataset) that gets the events. It or event_routes is set."),
        "event_routes": {
            "type": ["object", "null"],
            "minProperties": 1,
            "errorMessage": "Name an event and its pixel, as {Purchase: 123}.",
            "additionalProperties": {**ID, "type": ["string", "integer"]},
            "description": "A pixel for each event_name.",
        },
        "defaults": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": DEFAULTS,
            "description": "Values for columns that a record lacks, as action_source and currency.",
        },
        "fields": _columns(EVENT_COLUMNS),
        "custom_data": {
            "type": ["string", "array", "null"],
            "anyOf": [
                {"enum": ["remaining", "none", None]},
                {"type": "array", "items": {"type": "string"}},
            ],
            "errorMessage": "Set remaining, none or a list of columns.",
            "default": "remaining",
            "description": "Which columns without a meaning of their own go into custom_data: "
            "remaining (all), none, or a list.",
        },
        "external_id": _choice(
            ("sha256", "plain"), "Whether external_id goes as it is or as its hash."
        ),
    },
}


def _when(destination: str) -> dict[str, Any]:
    return {"required": ["destination"], "properties": {"destination": {"const": destination}}}


STREAMS_SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "propertyNames": {
        "minLength": 1,
        "errorMessage": "A block is named by a stream or a glob, as *-audience_members.",
    },
    "additionalProperties": {
        "type": "object",
        "required": ["destination"],
        "properties": {"destination": _DESTINATION},
        "if": _when(AUDIENCE),
        "then": AUDIENCE_SCHEMA,
        "else": {"if": _when(EVENTS), "then": EVENTS_SCHEMA},
    },
}


@dataclass(frozen=True)
class AudienceStream:
    """Records that are people of Custom Audiences.

    The attributes are the settings of the block, and `pattern` its name. With `sync_mode` erase
    there is no audience, else exactly one of `audience_id`, `audience_name` and `audience_column`.
    `fields` maps our names of columns to the stream's.
    """

    pattern: str
    audience_id: str | None = None
    audience_name: str | None = None
    audience_column: str | None = None
    sync_mode: str = UPSERT
    operation_column: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    external_id: str = "plain"
    page_id: str | None = None
    customer_file_source: str = FILE_SOURCES[0]
    value_based: bool = False
    description: str | None = None


@dataclass(frozen=True)
class EventStream:
    """Records that are events of the Conversions API.

    The attributes are the settings of the block, and `pattern` its name. Exactly one of
    `pixel_id` and `event_routes` is set. `custom_data` is "remaining", "none" or the columns.
    """

    pattern: str
    pixel_id: str | None = None
    event_routes: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    custom_data: str | tuple[str, ...] = "remaining"
    external_id: str = "sha256"


Stream = AudienceStream | EventStream


class AmbiguousStreamError(StreamError):
    """Two blocks are as near to a stream; the message is a sentence that names both."""


def parse_streams(blocks: Mapping[str, Mapping[str, Any]]) -> dict[str, Stream]:
    """The blocks of a configuration in which nothing is wrong."""
    return {pattern: _parsed(pattern, block) for pattern, block in blocks.items()}


def _parsed(pattern: str, block: Mapping[str, Any]) -> Stream:
    made = _with_ids(_plain(block))
    destination = made.pop("destination")
    if destination == AUDIENCE:
        return AudienceStream(pattern, **made)
    if "event_routes" in made:
        made["event_routes"] = {name: str(pixel) for name, pixel in made["event_routes"].items()}
    if "defaults" in made:
        made["defaults"] = _with_ids(made["defaults"])
    if isinstance(made.get("custom_data"), list):
        made["custom_data"] = tuple(made["custom_data"])
    return EventStream(pattern, **made)


def _with_ids(values: Mapping[str, Any]) -> dict[str, Any]:
    """Ids as texts: YAML makes a number of one that is not quoted."""
    return {name: str(value) if name in _IDS else value for name, value in values.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """JSON with plain numbers; what is null in an object is left out, as if it had not been set."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return plain_number(value)


def match_stream(name: str, streams: Mapping[str, Stream]) -> Stream | None:
    """The block of a stream: of its very name, else of the longest glob that fits; None if none.

    Globs know `*`, `?` and `[...]`, and tell upper from lower case.

    Raises:
        AmbiguousStreamError: Two globs of the same length fit.
    """
    if name in streams:
        return streams[name]
    fitting = sorted((glob for glob in streams if fnmatchcase(name, glob)), key=len)
    if not fitting:
        return None
    *_, best = fitting
    others = [glob for glob in fitting[:-1] if len(glob) == len(best)]
    if others:
        raise AmbiguousStreamError(
            f"Stream {name!r} fits {others[-1]!r} and {best!r} in `streams` alike. "
            "Make one of them longer, or add a block of the stream's own name."
        )
    return streams[best]
