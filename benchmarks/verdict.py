"""A figure that was asked for, its limit, and what has become of it. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "at least": operator.ge,
    "at most": operator.le,
    "less than": operator.lt,
}
# Decimals beyond which nobody wants to know by how much it was missed.
_MOST_DIGITS = 6


class NotMeasuredError(Exception):
    """There is nothing to judge; the message says why, in a few words."""


class Limit(NamedTuple):
    """What is asked of a figure.

    Attributes:
        rule: How the figure has to stand to the value.
        value: The line.
        unit: Follows both, with its blank.
        digits: Decimals of what was found.
        words: What stands in the tables in place of rule, value and unit.
    """

    rule: Literal["at least", "at most", "less than"]
    value: float
    unit: str = ""
    digits: int = 2
    words: str = ""

    def __str__(self) -> str:
        return self.words or f"{self.rule} {self.value:,.10g}{self.unit}"


class Found(NamedTuple):
    """What was measured.

    Attributes:
        value: The figure, in the unit of its limit.
        beside: More about it, for brackets.
        excess: The same distance from the limit in other words, for a figure that falls short.
        prefix: "at least ", say, where only a bound is known.
    """

    value: float
    beside: str = ""
    excess: str = ""
    prefix: str = ""


@dataclass(frozen=True)
class Verdict:
    """One required figure.

    Attributes:
        figure: What it is about.
        required: The limit, with its unit.
        found: What was measured; empty when nothing was.
        is_reached: Whether that is enough; None when nothing was measured.
        ratio: What was measured, in times of the limit; None where there is none, or it is 0.
        short_by: By how much it falls short, or why it was not measured; empty when reached.
    """

    figure: str
    required: str
    found: str
    is_reached: bool | None
    ratio: float | None = None
    short_by: str = ""

    @property
    def state(self) -> str:
        """The verdict in a word or two."""
        if self.is_reached is None:
            return "not measured"
        return "reached" if self.is_reached else "falls short"


def judge(figure: str, limit: Limit, measure: Callable[[], Found]) -> Verdict:
    """Hold a figure against its limit.

    Args:
        figure: What it is about.
        limit: What is asked of it.
        measure: Gives what was measured, or raises `NotMeasuredError`.
    """
    try:
        found = measure()
    except NotMeasuredError as error:
        return Verdict(figure, str(limit), "", None, None, str(error))
    is_reached = _HOLDS[limit.rule](found.value, limit.value)
    digits = limit.digits if is_reached else _telling_digits(found.value, limit)
    text = f"{found.prefix}{found.value:,.{digits}f}{limit.unit}"
    short_by = "" if is_reached else f"{text} where {limit.value:,.{digits}f} is the line"
    if short_by and found.excess:
        short_by += f": {found.excess}"
    return Verdict(
        figure,
        str(limit),
        f"{text} ({found.beside})" if found.beside else text,
        is_reached,
        found.value / limit.value if limit.value else None,
        short_by,
    )


def _telling_digits(found: float, limit: Limit) -> int:
    """As many decimals as it takes to tell the two apart: "1.10 where 1.10 is the line" does not.

    A limit is never rounded either.
    """
    digits = limit.digits
    if found == limit.value:
        return digits
    while digits < _MOST_DIGITS and (
        f"{found:.{digits}f}" == f"{limit.value:.{digits}f}"
        or round(limit.value, digits) != limit.value
    ):
        digits += 1
    return digits
