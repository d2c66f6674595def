"""Meta's JSON into rows of a schema, once, value by value.

Meta writes Insights figures as strings. Counts become integers; money and ratios become numbers
that keep every digit and are written as JSON numbers. What is absent stays null, never 0. What
does not fit its kind becomes null too and is reported: one odd value must not stop a run.

These functions say what a row is. `codec` makes the same rows faster, where all is as usual.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Cast = Callable[[Any], Any]

# `Decimal` and `float` take more: NaN, underscores, white space, other scripts' digits.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)

_LARGEST_INTEGER = 2**63 - 1
"""What a warehouse's `bigint` holds: a larger count would stop the load of all others."""

_LARGEST_EXPONENT = 308
"""Of the numbers that a double holds. A larger one is an infinity to a loader, and as a whole
number it would fill the memory."""


class RowWithoutKeyError(Exception):
    """Meta sent a row without a part of its key; written, it would replace other rows."""


class DoesNotFitError(ValueError):
    """A value is not of the kind that Meta's specs give its field."""


def string(value: object) -> str:
    """A text. Ids that come as numbers keep all their digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise DoesNotFitError
    return str(value)


def integer(value: object) -> int:
    """A count, of 64 bits."""
    exact = number(value)
    whole = int(exact)
    if whole != exact or not -_LARGEST_INTEGER <= whole <= _LARGEST_INTEGER:
        raise DoesNotFitError
    return whole


def number(value: object) -> Decimal | int:
    """Money or a ratio, with Meta's own digits; with an exponent, as `exact` reads it."""
    if isinstance(value, str):
        if value.isdecimal() and value.isascii():
            return int(value)  # the most frequent, and three times as fast
        read: object = exact(value) if _NUMBER.fullmatch(value) else value
    else:
        read = value
    if isinstance(read, Decimal):
        if read.is_finite() and read.adjusted() <= _LARGEST_EXPONENT:
            return read
    elif isinstance(read, int) and not isinstance(read, bool):
        return read
    raise DoesNotFitError


def exact(text: str) -> Decimal | str:
    """A JSON number that is no plain integer, with all its digits: a decoder's `float_hook`.

    With an exponent it is what a double makes of it. Meta writes none; were one to come, it would
    be a double that somebody's code printed. What no double holds stays a text.
    """
    if "e" not in text and "E" not in text:
        return Decimal(text)
    nearest = float(text)
    return text if math.isinf(nearest) else Decimal(repr(nearest))


_WORDS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False, "-0": False}


def boolean(value: object) -> bool:
    """A truth value, also where Meta writes it as 0 and 1 or as a word."""
    if isinstance(value, bool):
        return value
    word = _WORDS.get(string(value).lower())
    if word is None:
        raise DoesNotFitError
    return word


def date(value: object) -> str:
    """A day, as `2026-11-21`."""
    if not isinstance(value, str) or not _is_date(value):
        raise DoesNotFitError
    return value


@lru_cache(maxsize=1024)
def _is_date(text: str) -> bool:
    try:
        # 0000-00-00 is none, at which a loader would stop; later Pythons read 2026-W01-1 too.
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def json_object(value: object) -> dict[str, Any]:
    """An object as Meta gives it."""
    if isinstance(value, dict):
        return value
    raise DoesNotFitError


def array(value: object) -> list[Any]:
    """A list in Meta's order. Meta gives a lone object in place of a list at times."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    raise DoesNotFitError


def actions(value: object) -> list[Any]:
    """Action objects with numbers in place of digits; names and ids stay texts."""
    return [_action(item) if isinstance(item, dict) else item for item in array(value)]


def results(value: object) -> list[Any]:
    """Result objects with numbers in place of digits."""
    made = []
    for item in array(value):
        if isinstance(item, dict) and isinstance(item.get("values"), list):
            values = [_action(v) if isinstance(v, dict) else v for v in item["values"]]
            made.append({**item, "values": values})
        else:
            made.append(item)
    return made


# The figures of an action: its value, and one for each attribution window. All else are the
# breakdowns of actions: names, and ids that must stay texts.
_FIGURE = re.compile(
    r"(value|default|inline|custom|dda)$|\d+d_|incrementality|skan_(click|view)", re.ASCII
)


@lru_cache(maxsize=256)
def _is_figure(key: str) -> bool:
    return _FIGURE.match(key) is not None


def _action(item: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _figure(value) if isinstance(value, str) and _is_figure(key) else value
        for key, value in item.items()
    }


def _figure(text: str) -> Decimal | int | str:
    try:
        return number(text)
    except ValueError:  # DoesNotFitError, and an int of more digits than Python reads
        return text


CASTS: Mapping[str, Cast] = {
    "string": string,
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "date": date,
    "object": json_object,
    "array": array,
    "actions": actions,
    "histogram": array,
    "results": results,
}


def row_caster(
    kinds: Mapping[str, str], misfit: Callable[[str, Any], None]
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A function from Meta's objects to rows with exactly these fields.

    Args:
        kinds: Field and kind.
        misfit: Told the field and the value that did not fit.
    """
    casts = [(name, CASTS[kind]) for name, kind in kinds.items()]

    def cast(source: Mapping[str, Any]) -> dict[str, Any]:
        row = {}
        for name, to_kind in casts:
            value = source.get(name)
            if value is not None:
                try:
                    value = to_kind(value)
                except ValueError:  # DoesNotFitError, and an int of more digits than Python writes
                    if not _is_null(value):
                        misfit(name, value)
                    value = None
            row[name] = value
        return row

    return cast


def _is_null(value: object) -> bool:
    """Whether it is the word for nothing, which is no misfit where a text has no place."""
    return isinstance(value, str) and value.lower() == "null"
