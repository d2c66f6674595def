"""What becomes of a record: a member, an event, or a reject; and what of it may be shown."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

KEY_BYTES = 16
"""Bytes of a person's or an event's key."""

ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)
"""Writes what is sent: decimals as numbers with their own digits."""

# Sorted, for a hash has to stay what it was when a tap's columns change their order.
_SORTED = msgspec.json.Encoder(decimal_format="number", enc_hook=str, order="deterministic")

# Taps and the SDK add these; they tell of the run and differ from one to the next.
_SDC = "_sdc_"

_EMAIL_LIKE = re.compile(r"\S@\S")
_PHONE_LIKE = re.compile(r"(?:\+|\(|00)?[\d\s().+/-]{7,}")
_DATE_LIKE = re.compile(r"\d{4}-\d\d-\d\d")
_PHONE_DIGITS = range(7, 16)
_BARE_PHONE_DIGITS = range(10, 16)


class Reject(NamedTuple):
    """Why a record is not sent.

    Attributes:
        code: In snake_case.
        message: One sentence, without personal data.
    """

    code: str
    message: str


class Member(NamedTuple):
    """A record for an audience.

    Attributes:
        key: The person, 16 bytes; the same on every run. Of an erasure, their rows.
        identity: The values of the stream's key properties, for a reject later.
        audience: Value of `audience_column`; None for a stream with one audience.
        is_removal: Whether the person leaves.
        packed: The person's rows, see `rows`. Those of a removal hold only what it goes by; they
            are empty where that is the key alone.
    """

    key: bytes
    identity: tuple[Any, ...]
    audience: str | None
    is_removal: bool
    packed: bytes


class Event(NamedTuple):
    """A record for the Conversions API.

    Attributes:
        key: The event, 16 bytes of event name and event id; the same on every run.
        identity: The values of the stream's key properties, for a reject later.
        pixel_id: Where it goes.
        body: The event as JSON text.
    """

    key: bytes
    identity: tuple[Any, ...]
    pixel_id: str
    body: bytes


def encoded(value: object) -> bytes:
    """Write anything as JSON text that stays the same from run to run; for hashes only."""
    try:
        return _SORTED.encode(value)
    except (OverflowError, TypeError, ValueError):  # a number of 65 bits, half a surrogate pair
        return repr(value).encode("utf-8", "backslashreplace")


def key_of(values: Sequence[object]) -> bytes:
    """Make the key of the values of a record's key properties."""
    return sha256(encoded(values)).digest()[:KEY_BYTES]


def without_run(record: Mapping[str, object]) -> dict[str, object]:
    """Give a record without the columns that tell of the run, which differ on the next one."""
    return {name: value for name, value in record.items() if not name.startswith(_SDC)}


def safe_key(
    names: Sequence[str], identity: tuple[Any, ...], person_columns: Collection[str], key: bytes
) -> dict[str, Any]:
    """Tell which record it was, without personal data.

    Args:
        names: The stream's key properties.
        identity: Their values; empty when the stream has none.
        person_columns: Columns whose values are personal data, see `keys.person_columns`.
        key: The key of the record, shown when there are no key properties.

    Returns:
        The key properties with their values. A value of a personal column, or one that looks like
        an e-mail address or a phone number, is "sha256:" and the 64 digits of its hash.
    """
    if not identity:
        return {"sha256": key.hex()}
    return {
        name: _hidden(value) if name in person_columns or _looks_personal(value) else value
        for name, value in zip(names, identity, strict=True)
    }


def _hidden(value: object) -> object:
    if value is None:
        return None
    text = value if isinstance(value, str) else encoded(value).decode()
    return "sha256:" + sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _looks_personal(value: object) -> bool:
    """Whether a value looks like an e-mail address or a phone number.

    Up to nine bare digits are taken for a number that counts something. What is no single value is
    taken for personal when a part of it is.
    """
    if value is None or isinstance(value, bool):
        return False
    text = value if isinstance(value, str) else encoded(value).decode()
    if _EMAIL_LIKE.search(text):
        return True
    if not _PHONE_LIKE.fullmatch(text) or _DATE_LIKE.match(text):
        return False
    digits = sum(sign.isdecimal() for sign in text)
    return digits in (_BARE_PHONE_DIGITS if digits == len(text) else _PHONE_DIGITS)
