"""What is wrong with a `streams` block, by itself and for the SCHEMA of a stream. Pure.

Nothing is sent before both are right. Each sentence names the stream, the setting, its value and
the fix.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import pycountry

from meta_graph.settings import Quoter, close_to
from target_meta_ads.normalisation.keys import person_columns
from target_meta_ads.streams.blocks import (
    AUDIENCE,
    AUDIENCE_NAMES,
    ERASE,
    MIRROR,
    REMOVE,
    REPLACE,
    UPSERT,
    AudienceStream,
    EventStream,
    parse_streams,
)
from target_meta_ads.streams.columns import CUSTOM_DATA, EVENT_COLUMNS, IDENTIFIERS, MATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from target_meta_ads.streams.blocks import Stream

SHOWN_COLUMNS = 20
"""Columns of a SCHEMA that a sentence lists: a line for people."""

_EVERY_ROW = {
    MIRROR: "every row is a member, and who is missing is removed",
    REPLACE: "every row is a member, and who is missing is removed",
    REMOVE: "every row is a removal",
    ERASE: "every row is a removal",
}


def wrong_blocks(given: Mapping[str, Any], quote: Quoter) -> Iterator[str]:
    """What is wrong with the blocks of a configuration in which the schema found nothing.

    Args:
        given: What of the configuration is not null.
        quote: Writes its values.
    """
    for pattern, block in given.get("streams", {}).items():
        is_set = {name: value for name, value in block.items() if value is not None}
        if block["destination"] == AUDIENCE:
            found = _wrong_audience(is_set, "ad_account_id" in given, quote)
        else:
            found = _wrong_events(is_set, quote)
        for sentence in found:
            yield f"Stream {quote(pattern)}: {sentence}"
    yield from rivals(parse_streams(given.get("streams", {})), quote)


ONE_STREAM = (
    "a record's key may be that of somebody else in the other stream, and who leaves the one may "
    "be in the other still"
)
"""Why an audience takes one stream."""


def rivals(streams: Mapping[str, Stream], quote: Quoter) -> Iterator[str]:
    """Which blocks fill one audience though one of them makes it equal to its stream.

    Each run of theirs would remove the people of the other.

    Args:
        streams: The blocks by name.
        quote: Writes names.
    """
    fixed = {
        name: block
        for name, block in streams.items()
        if isinstance(block, AudienceStream) and (block.audience_id or block.audience_name)
    }
    for (name, block), (other, another) in combinations(fixed.items(), 2):
        modes = [one for one in (block.sync_mode, another.sync_mode) if one in {MIRROR, REPLACE}]
        both = (block.audience_id, block.audience_name)
        if modes and both == (another.audience_id, another.audience_name):
            yield (
                f"Streams {quote(name)} and {quote(other)} share the audience "
                f"{quote(block.audience_id or block.audience_name)}, and `sync_mode` {modes[0]} "
                "removes who is in one only. Give each an audience of its own, or join them into "
                "one stream."
            )


def _wrong_audience(block: Mapping[str, Any], has_account: bool, quote: Quoter) -> Iterator[str]:  # noqa: FBT001 - private
    mode = block.get("sync_mode", UPSERT)
    named = [name for name in AUDIENCE_NAMES if name in block]
    if mode == ERASE and named:
        yield (
            f"`{named[0]}` is {quote(block[named[0]])}, and `sync_mode` erase takes people out of "
            f"every audience of the account. Remove `{named[0]}`."
        )
    elif mode != ERASE and not named:
        yield "`audience_id` is missing. Set it, or `audience_name` or `audience_column`."
    elif len(named) > 1:
        listed = " and ".join(f"`{name}` ({quote(block[name])})" for name in named)
        yield f"{listed} all name the audience. Keep one of them."
    elif named != ["audience_id"] and not has_account:
        reason = f"`{named[0]}` is {quote(block[named[0]])}" if named else "`sync_mode` is erase"
        yield f"{reason}, which needs the ad account of the audiences. Set `ad_account_id`."
    if "operation_column" in block and mode != UPSERT:
        yield (
            f"`operation_column` is {quote(block['operation_column'])}, and with `sync_mode` "
            f"{mode} {_EVERY_ROW[mode]}. Remove it, or set `sync_mode` to upsert."
        )


def _wrong_events(block: Mapping[str, Any], quote: Quoter) -> Iterator[str]:
    pixel, routes, defaults = (
        block.get("pixel_id"),
        block.get("event_routes", {}),
        block.get("defaults", {}),
    )
    if pixel is not None and routes:
        yield f"`pixel_id` is {quote(pixel)} beside `event_routes`. Keep one of them."
    elif pixel is None and not routes:
        yield "`pixel_id` is missing. Set it, or `event_routes`."
    event = defaults.get("event_name")
    if routes and event is not None and event not in routes:
        yield (
            f"`defaults.event_name` is {quote(event)}, which `event_routes` has no pixel for. "
            "Add it there."
        )
    currency = defaults.get("currency")
    if currency is not None and not pycountry.currencies.get(alpha_3=currency.upper()):
        yield (
            f"`defaults.currency` is {quote(currency)}, which is no currency. Write its ISO 4217 "
            "code, as EUR."
        )
    columns = block.get("custom_data")
    if isinstance(columns, list):
        fields = {ours: column for ours, column in (block.get("fields") or {}).items() if column}
        for place, column in enumerate(columns):
            why = _why_not_custom(column, fields)
            if why:
                yield f"`custom_data[{place}]` is {quote(column)}, {why}. Remove it."


def _why_not_custom(column: str, fields: Mapping[str, str]) -> str | None:
    """Why a column cannot be listed for `custom_data`; None where it can.

    Args:
        column: The record's column.
        fields: The stream's `fields`: our name to the record's.
    """
    ours = next((name for name, theirs in fields.items() if theirs == column), column)
    if ours not in EVENT_COLUMNS:
        return None
    if column in person_columns(fields):
        return "which tells who a person is and must not leave in the clear"
    if ours != column:
        return f"which goes as `{ours}` already"
    if ours in fields:
        return f"and `fields.{ours}` takes another column for it"
    return None if ours in CUSTOM_DATA else "which has a place of its own in an event"


def check_stream(
    block: Stream, schema: Mapping[str, Any], key_properties: Sequence[str], *, name: str = ""
) -> list[str]:
    """What is wrong with a block for a stream, a sentence each; nothing when it is right.

    Args:
        block: The stream's block.
        schema: The stream's SCHEMA, after stream maps.
        key_properties: Its key.
        name: The stream; the block's name when not given.
    """
    quote = Quoter({}, ())
    columns = list(schema.get("properties", {}))
    check: Callable[[Any, Collection[str]], Iterator[str]] = (
        _unfit_audience if isinstance(block, AudienceStream) else _unfit_events
    )
    return [
        quote.redact(f"Stream {quote(name or block.pattern)}: {sentence}")
        for sentence in (
            *_lacking(_named_columns(block), columns, quote),
            *_lacking_key(key_properties, columns, quote),
            *check(block, columns),
        )
    ]


def _named_columns(block: Stream) -> Iterator[tuple[str, str]]:
    """The settings that name a column of the record, with the column."""
    for ours, column in block.fields.items():
        yield f"fields.{ours}", column
    if isinstance(block, EventStream):
        if isinstance(block.custom_data, tuple):
            for place, column in enumerate(block.custom_data):
                yield f"custom_data[{place}]", column
        return
    for setting in ("audience_column", "operation_column"):
        column = getattr(block, setting)
        if column is not None:
            yield setting, column


def _lacking(
    named: Iterator[tuple[str, str]], columns: Collection[str], quote: Quoter
) -> Iterator[str]:
    for setting, column in named:
        if column not in columns:
            hint = close_to(column, columns, _listed(columns))
            yield f"`{setting}` is {quote(column)}, which its SCHEMA lacks. {hint}"


def _lacking_key(
    key_properties: Sequence[str], columns: Collection[str], quote: Quoter
) -> Iterator[str]:
    for key in key_properties:
        if key not in columns:
            yield (
                f"its key holds {quote(key)}, which its SCHEMA lacks. Select that column in the "
                "tap, or correct `__key_properties__` of its stream map."
            )


def _listed(columns: Collection[str]) -> str:
    if not columns:
        return "It has no columns: select some in the tap."
    shown = sorted(columns)[:SHOWN_COLUMNS]
    return f"Columns: {', '.join(shown)}{', ...' if len(columns) > len(shown) else ''}."


def _has(block: Stream, ours: str, columns: Collection[str]) -> bool:
    """Whether the stream tells what one of our columns is for.

    One that `fields` maps counts even if the column is missing: that has a sentence of its own.
    """
    return ours in block.fields or ours in columns


def _unfit_audience(block: AudienceStream, columns: Collection[str]) -> Iterator[str]:
    if not any(_has(block, name, columns) for name in (*IDENTIFIERS, "page_scoped_user_id")):
        yield (
            "its SCHEMA has no column that a person is matched by, as email. Name them by "
            f"`fields`. {_listed(columns)}"
        )
    if _has(block, "page_scoped_user_id", columns) and block.page_id is None:
        yield (
            "`page_id` is missing, and the ids in `page_scoped_user_id` are those of one page. "
            "Set it."
        )
    is_adding = block.sync_mode not in {REMOVE, ERASE}
    if block.value_based and is_adding and not _has(block, "value", columns):
        yield (
            "`value_based` is true, and its SCHEMA has no column `value`. Name it by "
            "`fields.value`, or remove `value_based`."
        )


def _unfit_events(block: EventStream, columns: Collection[str]) -> Iterator[str]:
    for ours in ("event_name", "action_source"):
        if not _has(block, ours, columns) and ours not in block.defaults:
            yield (
                f"its SCHEMA has no column `{ours}`. Name it by `fields.{ours}`, or set "
                f"`defaults.{ours}`."
            )
    if not _has(block, "event_time", columns):
        yield "its SCHEMA has no column `event_time`. Name it by `fields.event_time`."
    if not any(_has(block, name, columns) for name in MATCH_KEYS):
        yield (
            "its SCHEMA has no column that a person is matched by, as email. Name them by "
            f"`fields`. {_listed(columns)}"
        )
