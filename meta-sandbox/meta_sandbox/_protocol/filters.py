"""``filtering``: the operators, and parsing of the list of conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.params import json_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Scalar = str | int | float


@dataclass(frozen=True)
class Condition:
    """One ``{field, operator, value}``.

    Attributes:
        field: As given, for example ``campaign.id``.
        operator: As given, upper-case.
        values: The value or values, as text.
    """

    field: str
    operator: str
    values: tuple[str, ...]

    @property
    def number(self) -> float:
        """The first value as a number.

        Raises:
            GraphError: It is none.
        """
        return _number(self.values[0])

    def holds(self, actual: Scalar) -> bool:
        """Tell whether an actual value meets the condition."""
        return OPERATORS[self.operator](actual, self.values)


def _number(value: Scalar) -> float:
    try:
        return float(value)
    except ValueError:
        raise GraphError(100, "(#100) Filtering value must be a number") from None


def _compare(test: Callable[[float, float], bool]) -> Callable[[Scalar, tuple[str, ...]], bool]:
    return lambda actual, values: test(_number(actual), _number(values[0]))


def _one_of(actual: Scalar, values: tuple[str, ...]) -> bool:
    return str(actual) in values


def _in_range(actual: Scalar, values: tuple[str, ...]) -> bool:
    return _number(values[0]) <= _number(actual) <= _number(values[-1])


def _contains(actual: Scalar, values: tuple[str, ...]) -> bool:
    return any(value.casefold() in str(actual).casefold() for value in values)


_after = _compare(lambda actual, bound: actual > bound)
_before = _compare(lambda actual, bound: actual < bound)
_not_before = _compare(lambda actual, bound: actual >= bound)
_not_after = _compare(lambda actual, bound: actual <= bound)

#: Operator -> whether (actual value, condition's values) meet it.
OPERATORS: dict[str, Callable[[Scalar, tuple[str, ...]], bool]] = {
    "EQUAL": _one_of,
    "NOT_EQUAL": lambda actual, values: not _one_of(actual, values),
    "IN": _one_of,
    "NOT_IN": lambda actual, values: not _one_of(actual, values),
    "ANY": _one_of,
    "ALL": lambda actual, values: all(str(actual) == value for value in values),
    "NONE": lambda actual, values: not _one_of(actual, values),
    "GREATER_THAN": _after,
    "GREATER_THAN_OR_EQUAL": _not_before,
    "LESS_THAN": _before,
    "LESS_THAN_OR_EQUAL": _not_after,
    "AFTER": _after,
    "BEFORE": _before,
    "ON_OR_AFTER": _not_before,
    "ON_OR_BEFORE": _not_after,
    "IN_RANGE": _in_range,
    "NOT_IN_RANGE": lambda actual, values: not _in_range(actual, values),
    "CONTAIN": _contains,
    "NOT_CONTAIN": lambda actual, values: not _contains(actual, values),
    "CONTAINS_ANY": _contains,
    "CONTAINS_ALL": lambda actual, values: all(_contains(actual, (value,)) for value in values),
    "NOT_CONTAINS_ANY": lambda actual, values: not _contains(actual, values),
    "STEM_MATCH": _contains,
    "STARTS_WITH": lambda actual, values: str(actual).startswith(values),
    "ENDS_WITH": lambda actual, values: str(actual).endswith(values),
}


def parse_filtering(params: Mapping[str, object]) -> tuple[Condition, ...]:
    """Parse the parameter ``filtering``.

    Raises:
        GraphError: It is no list of conditions, or an operator does not exist.
    """
    found = json_of(params, "filtering")
    if found is None:
        return ()
    if not isinstance(found, list):
        raise GraphError(100, "(#100) Param filtering must be an array.")
    return tuple(_condition(place, item) for place, item in enumerate(found))


def _condition(place: int, item: object) -> Condition:
    if not isinstance(item, dict) or not {"field", "operator", "value"} <= item.keys():
        raise GraphError(
            100, f"(#100) The parameter filtering[{place}] needs field, operator and value"
        )
    operator = str(item["operator"]).upper()
    if operator not in OPERATORS:
        choices = ", ".join(OPERATORS)
        raise GraphError(
            100,
            f"(#100) filtering[{place}][operator] must be one of the following values: {choices}",
        )
    value = item["value"]
    values = value if isinstance(value, list) else [value]
    if not values:
        raise GraphError(100, f"(#100) filtering[{place}][value] must be non-empty")
    return Condition(str(item["field"]), operator, tuple(str(v) for v in values))
