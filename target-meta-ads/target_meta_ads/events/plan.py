"""Records into events of the Conversions API. Pure.

A plan is made once per stream. A record is read into `user_data`, `custom_data` and the event
around them, checked, and encoded once. It runs for each of millions of records, so that the loops
ask for `type` and call few small functions.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING, Any

from target_meta_ads.events.checks import WARNINGS, check, warnings
from target_meta_ads.events.parts import CUSTOM_PARTS, EVENT_PARTS, UNREADABLE, reader
from target_meta_ads.events.slots import event_slot
from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.normalisation.hashing import DIGEST_LENGTH, already
from target_meta_ads.normalisation.keys import KEYS
from target_meta_ads.normalisation.slots import LISTS, country_of, read_all
from target_meta_ads.normalisation.values import Unreadable
from target_meta_ads.records import (
    ENCODER,
    KEY_BYTES,
    Event,
    Reject,
    encoded,
    without_run,
)
from target_meta_ads.streams.columns import EVENT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date

    from target_meta_ads.events.parts import Reader
    from target_meta_ads.normalisation.quality import Quality
    from target_meta_ads.streams.blocks import EventStream


_EVENT_ID_LENGTH = 32
_EMAIL_NOTE = "email_in_custom_data"
_NOTHING: tuple[Any, ...] = ("", [], {})

_NO_ROUTE = Reject("no_route", "No pixel is set for events of that name in event_routes.")
_UNWRITABLE = Reject("unwritable", "The event holds something that JSON cannot.")

_EMAIL = re.compile(rb"[^\s\"\\<>(),;:@]@[^\s\"\\<>(),;:@]+\.\w")


class _NotAnEventError(Exception):
    """A needed cell cannot be read."""

    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.code)
        self.reject = reject


class EventPlan:
    """How the records of one stream become events.

    Args:
        stream: The stream's block.
        properties: The columns of its SCHEMA.
        key_properties: Its key properties; may be empty.
        quality: Counts what was filled and dropped; gets a line for each column that is read. Its
            name of the stream goes into the event ids that are made here.
        default_country: Two letters, for phones, states and ZIP codes without a country.
        today: Birth dates end here.
        now: Gives the seconds since 1970.

    Raises:
        ValueError: A default is none of its column; the text is a sentence.
    """

    def __init__(
        self,
        stream: EventStream,
        properties: Collection[str],
        key_properties: Sequence[str],
        quality: Quality,
        default_country: str | None,
        today: date,
        now: Callable[[], float],
    ) -> None:
        self._quality = quality
        self._keys = tuple(key_properties)
        self._default_country = default_country.lower() if default_country else None
        self._pixel_id = stream.pixel_id
        self._routes = dict(stream.event_routes)
        self._now = now
        self._notes: Counter[str] = Counter()
        columns = {name: stream.fields.get(name, name) for name in EVENT_COLUMNS}
        asked = {
            name for name in EVENT_COLUMNS if columns[name] in properties or name in stream.defaults
        }
        self._country_column = columns["country"]
        self._slots = tuple(
            event_slot(
                key,
                columns[key.column],
                is_external_id_hashed=stream.external_id == "sha256",
                quality=quality,
                today=today,
                default=stream.defaults.get(key.column),
            )
            for key in KEYS
            if key.event and key.column in asked
        )
        self._event_parts, self._custom_parts = (
            [
                reader(part, columns[part.column], stream.defaults)
                for part in parts
                if part.column in asked
            ]
            for parts in (EVENT_PARTS, CUSTOM_PARTS)
        )
        known = {*EVENT_COLUMNS, *columns.values()}
        self._unused: list[str] = []
        if stream.custom_data == "remaining":
            listed = [name for name in properties if not name.startswith("_sdc_")]
            self._unused = [name for name in listed if name in known - {*columns.values()}]
        else:
            listed = [] if stream.custom_data == "none" else [*stream.custom_data]
        self._remaining = tuple(name for name in listed if name not in known)

    def event(self, record: Mapping[str, Any]) -> Event | Reject:
        """Make an event of a record, check it, or say why it is none."""
        get = record.get
        identity = tuple([get(name) for name in self._keys])
        try:
            event = self._read_parts(record, self._event_parts, {})
            event["user_data"] = self._user_data(record)
            custom_data = self._read_parts(record, self._custom_parts, {})
        except _NotAnEventError as error:
            return error.reject
        if self._remaining:
            self._add_remaining(record, custom_data)
        if custom_data:
            event["custom_data"] = custom_data
        if event.get("data_processing_options"):
            # 0 and 0 ask Meta to find the place out by the address.
            event.setdefault("data_processing_options_country", 0)
            event.setdefault("data_processing_options_state", 0)
        return check(event, self._now()) or self._made(record, identity, event)

    def _made(
        self, record: Mapping[str, Any], identity: tuple[Any, ...], event: dict[str, Any]
    ) -> Event | Reject:
        """Make the checked event what is kept until it is sent."""
        name = event["event_name"]
        pixel_id = self._routes.get(name, self._pixel_id)
        if pixel_id is None:
            return _NO_ROUTE
        event_id = event.get("event_id")
        if event_id is None:
            event_id = event["event_id"] = self._event_id(record, identity)
        try:
            key = sha256(f"{name}\0{event_id}".encode()).digest()[:KEY_BYTES]
            body = ENCODER.encode(event)
        except (OverflowError, TypeError, ValueError):
            return _UNWRITABLE
        if event["action_source"] == "website":
            for code in warnings(event):
                self._notes[code] += 1
        return Event(key, identity, pixel_id, body)

    def notes(self) -> list[str]:
        """What is worth telling of the columns and of the events that were read, a clause each."""
        return [
            *(
                f"the column {name} goes nowhere, since `fields.{name}` takes another one for it"
                for name in self._unused
            ),
            *(f"{many} {_note(code)}" for code, many in sorted(self._notes.items())),
        ]

    def _read_parts(
        self, record: Mapping[str, Any], parts: Sequence[Reader], found: dict[str, Any]
    ) -> dict[str, Any]:
        get = record.get
        for column, key, read, default, failed in parts:
            cell = get(column)
            value = None
            if cell is not None:
                try:
                    value = read(cell)
                except Unreadable:
                    if not isinstance(failed, str):
                        raise _NotAnEventError(failed) from None
                    self._notes[failed] += 1
            if value is None:
                value = default
            if value is not None:
                found[key] = value
        return found

    def _user_data(self, record: Mapping[str, Any]) -> dict[str, Any]:
        self._quality.records += 1
        get = record.get
        country = country_of(get(self._country_column), self._default_country)
        user_data: dict[str, Any] = {}
        for slot in self._slots:
            column, normalise, is_by_country, encode, place, _, quality, default = slot
            cell = get(column)
            if cell is None:
                if default is None:
                    quality.blank += 1
                    continue
                cell = default
            if cell[:1] == "[" if type(cell) is str else isinstance(cell, LISTS):
                found = read_all(slot, cell, country)
                if found:
                    user_data[place] = _together(found)
                continue
            read = normalise(cell, country) if is_by_country else normalise(cell)
            if isinstance(read, Drop):
                if read is Drop.EMPTY and default is not None:
                    user_data[place] = encode(str(default))
                else:
                    quality.drop(read)
                continue
            if len(read) == DIGEST_LENGTH and already(read):
                quality.hashed_already += 1
            user_data[place] = encode(read)
        return user_data

    def _add_remaining(self, record: Mapping[str, Any], custom_data: dict[str, Any]) -> None:
        """Add the columns that have no meaning of their own, but for e-mail addresses.

        Meta takes plain personal data in no column, and of those that nobody has named for a person
        an e-mail address is what can be told for sure.
        """
        get = record.get
        for name in self._remaining:
            value = get(name)
            if value is None or value in _NOTHING:
                continue
            if type(value) is str:
                if "@" in value and _EMAIL.search(value.encode("utf-8", "replace")):
                    self._notes[_EMAIL_NOTE] += 1
                    continue
            elif isinstance(value, (Decimal, float)):
                # NaN and the infinities are no numbers of JSON, and float() takes not every NaN.
                if not (value.is_finite() if isinstance(value, Decimal) else isfinite(value)):
                    continue
            elif isinstance(value, (dict, *LISTS)) and _EMAIL.search(encoded(value)):
                self._notes[_EMAIL_NOTE] += 1
                continue
            custom_data[name] = value

    def _event_id(self, record: Mapping[str, Any], identity: tuple[Any, ...]) -> str:
        """Make an id of what is the same on every run: the record's key, else all of it."""
        of_key = identity and None not in identity
        source = identity if of_key else without_run(record)
        return sha256(encoded([self._quality.stream, source])).hexdigest()[:_EVENT_ID_LENGTH]


def _together(found: Sequence[Any]) -> Any:  # noqa: ANN401 - what `encode` of the key gives
    """Several values of one key: all where Meta takes a list, else the first."""
    if isinstance(found[0], list):
        return [item for items in found for item in items]
    return found[0]


def _note(code: str) -> str:
    if code in WARNINGS:
        return WARNINGS[code]
    if code == _EMAIL_NOTE:
        return "cells of custom_data left out, for they hold an e-mail address"
    return f"without {code.removeprefix(UNREADABLE)}, which could not be read"
