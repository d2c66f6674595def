"""An event's own cells as Meta wants them: one pure function per kind of cell.

Each takes a cell and gives what is sent, or None when there is nothing to send. What holds
something else raises `Unreadable`, whose text is never shown: it may be anything.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from math import floor
from typing import TYPE_CHECKING, Any

import msgspec

from target_meta_ads.normalisation.cells import NOTHING_WORDS, Drop, text

if TYPE_CHECKING:
    from collections.abc import Callable

_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode

_SPACED_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T]?(\d\d:\d\d)?(:\d\d(?:\.\d+)?)?(?: ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_LARGEST_EXPONENT = 30

# Seconds that a point in time may be; what is larger counts milliseconds or microseconds.
_LARGEST_SECONDS = 10**11

_FLAGS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
_LIMITED = "LDU"
_NO_OPTIONS = frozenset({"[]", "{}"})


class Unreadable(ValueError):  # noqa: N818 - it says what a cell is; nobody sees it as an error
    """A cell holds something that its column cannot mean."""


def words(value: object) -> str | None:
    """Read a text, trimmed. A number is written out; a word for "nothing" is nothing."""
    found = text(value)
    if isinstance(found, Drop):
        if found is Drop.EMPTY:
            return None
        raise Unreadable
    if len(found) < 16 and found.lower() in NOTHING_WORDS:  # noqa: PLR2004 - longer than any
        return None
    return found


def word(value: object) -> str | None:
    """Read a word of Meta's own, which is in lower case."""
    found = words(value)
    return found and found.lower()


def of_few(read: Callable[[object], str | None]) -> Callable[[object], str | None]:
    """Make a reader of texts that keep coming again remember them."""
    known = lru_cache(maxsize=1024)(read)

    def reader(value: object) -> str | None:
        return known(value) if type(value) is str else read(value)

    return reader


def currency(value: object) -> str | None:
    """Read the code of a currency, in upper case."""
    found = words(value)
    return found and found.upper()


def number(value: object) -> Decimal | int | None:
    """Read a number with the digits that it has; a text may hold one. NaN is nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**_LARGEST_EXPONENT:
            raise Unreadable
        return value
    if isinstance(value, (Decimal, float)):
        return _decimal(value if isinstance(value, Decimal) else Decimal(repr(value)))
    found = words(value)
    if found is None:
        return None
    if not _NUMBER.fullmatch(found):
        raise Unreadable
    return _decimal(Decimal(found))


def _decimal(value: Decimal) -> Decimal | None:
    if value.is_nan():
        return None
    if value.is_infinite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
        raise Unreadable
    return value


def whole(value: object) -> int | None:
    """Read a whole number; 3.0 is one."""
    found = number(value)
    if found is None:
        return None
    if found != int(found):
        raise Unreadable
    return int(found)


def flag(value: object) -> bool | None:
    """Read a yes or a no."""
    if isinstance(value, bool):
        return value
    found = words(value)
    if found is None:
        return None
    if found.lower() not in _FLAGS:
        raise Unreadable
    return _FLAGS[found.lower()]


def seconds(value: object) -> int | None:
    """Read a point in time: seconds since 1970 in UTC.

    Takes a datetime, a date (its midnight in UTC), an ISO 8601 text with or without an offset (UTC
    then), or a count of seconds, or of thousandths, millionths or billionths of them, by its size.
    """
    if type(value) is str:
        try:
            return _instant(msgspec.convert(value, dt.datetime))
        except msgspec.ValidationError:
            pass
    if isinstance(value, dt.datetime):
        return _instant(value)
    if isinstance(value, dt.date):
        return _instant(dt.datetime.combine(value, dt.time()))
    try:
        found = number(value)
    except Unreadable:
        return _spaced(value)
    if found is None:
        return None
    count = floor(found)
    while abs(count) >= _LARGEST_SECONDS:
        count //= 1000
    return count


def _instant(value: dt.datetime) -> int:
    if value.tzinfo is None:
        value = value.replace(tzinfo=dt.timezone.utc)
    try:
        return int(value.timestamp() // 1)
    except (OverflowError, ValueError):  # an offset beyond the years that there are
        raise Unreadable from None


def _spaced(value: object) -> int:
    """Read what databases write: with a blank, a short offset, or a date alone."""
    found = _SPACED_INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Unreadable
    day, clock, second, offset = found.groups()
    offset = (offset or "Z").upper()
    if offset in {"UTC", "GMT"}:
        offset = "Z"
    if len(offset) == 3:  # noqa: PLR2004 - hours alone
        offset += ":00"
    try:
        return _instant(
            msgspec.convert(f"{day}T{clock or '00:00'}{second or ':00'}{offset}", dt.datetime)
        )
    except msgspec.ValidationError:
        raise Unreadable from None


def structure(value: object) -> dict[str, Any] | None:
    """Read an object, or one as JSON text."""
    found = _decoded(value)
    if found is None or isinstance(found, dict):
        return found or None
    raise Unreadable


def items(value: object) -> list[Any] | None:
    """Read a list of ids or of objects, one as JSON text, or a single one, which makes a list."""
    found = _decoded(value)
    if isinstance(found, (list, tuple)):
        return [item for item in found if item is not None] or None
    return None if found is None else [found]


def ids(value: object) -> list[str] | None:
    """Read a list of ids like `items`; numbers are written out."""
    found = [words(item) for item in items(value) or ()]
    return [item for item in found if item] or None


def _decoded(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, (dict, list, tuple)):
        return value
    found = words(value)
    if found is None or found[0] not in "[{":
        return found
    try:
        return _DECODE(found)
    except (ValueError, RecursionError):
        raise Unreadable from None


def options(value: object) -> list[str] | None:
    """Read data processing options: a list, one as text, or whether data use is limited.

    An empty list says that nothing is limited, None that nothing is said.
    """
    if isinstance(value, bool):
        return [_LIMITED] if value else []
    if isinstance(value, str) and value.strip() in _NO_OPTIONS:
        return []
    found = [] if isinstance(value, (list, tuple)) and not value else items(value)
    if found is None:
        return None
    said = [item.strip().upper() if isinstance(item, str) else item for item in found]
    if any(not isinstance(item, str) or item not in {"", _LIMITED} for item in said):
        raise Unreadable
    return [_LIMITED] if _LIMITED in said else []


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """The codes of ISO 4217, read when first asked for."""
    import pycountry  # noqa: PLC0415 - its tables are read from a file

    return frozenset(item.alpha_3 for item in pycountry.currencies)
