"""Meta's JSON into rows of a schema, once, value by value.

Meta writes Insights figures as strings. Counts become integers; money and ratios become `Decimal`,
which keeps every digit and is written as a JSON number. What is absent stays null, never 0. What
does not fit its kind becomes null too and is reported: one odd value must not stop a run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Cast = Callable[[Any], Any]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


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
    """A count."""
    if isinstance(value, bool):
        raise DoesNotFitError
    if isinstance(value, int):
        return value
    exact = number(value)
    whole = int(exact)
    if whole != exact:
        raise DoesNotFitError
    return whole


def number(value: object) -> Decimal | int:
    """Money or a ratio, with Meta's own digits."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise DoesNotFitError
    if isinstance(value, int):
        return value
    try:
        exact = Decimal(value)
    except InvalidOperation:
        raise DoesNotFitError from None
    if not exact.is_finite():
        raise DoesNotFitError
    return exact


def boolean(value: object) -> bool:
    """A truth value, also where Meta writes it as 0 and 1 or as a word."""
    if isinstance(value, bool):
        return value
    words = {"true": True, "1": True, "false": False, "0": False}
    if (word := str(value).lower()) in words:
        return words[word]
    raise DoesNotFitError


def date(value: object) -> str:
    """A day, as `2026-11-21`."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        return value
    raise DoesNotFitError


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


# What stands beside the figures of an action: the breakdowns of actions, and ids.
_NO_FIGURE = re.compile(r"action_|interactive_component_|promoted_product_|attribution_windows$")


def _action(item: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value if _NO_FIGURE.match(key) or not isinstance(value, str) else _figure(value)
        for key, value in item.items()
    }


def _figure(value: str) -> Decimal | str:
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return value
    return exact if exact.is_finite() else value


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
                except DoesNotFitError:
                    misfit(name, value)
                    value = None
            row[name] = value
        return row

    return cast
