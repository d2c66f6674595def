"""Date ranges of Insights: presets, increments, and how far back Meta keeps figures.

Days are proleptic ordinals in the account's own calendar.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Range = tuple[int, int]

#: Nothing older than this many months can be asked for at all.
RETENTION_MONTHS = 37
#: Hourly figures, unique counts with breakdowns, and reach with breakdowns.
SHORT_RETENTION_MONTHS = 13
FREQUENCY_RETENTION_MONTHS = 6
_MONTHS = 12
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_QUARTER = 3


def months_before(day: int, months: int) -> int:
    """Return the same day of the month some months earlier; that month's 1st if it has none."""
    base = date.fromordinal(day)
    years, month = divmod(base.year * _MONTHS + base.month - 1 - months, _MONTHS)
    try:
        return base.replace(year=years, month=month + 1).toordinal()
    except ValueError:
        return date(years, month + 1, 1).toordinal()


def _first_of_month(day: int) -> int:
    return date.fromordinal(day).replace(day=1).toordinal()


def _first_of_quarter(day: int) -> int:
    base = date.fromordinal(day)
    month = base.month - (base.month - 1) % _QUARTER
    return base.replace(month=month, day=1).toordinal()


def _first_of_year(day: int) -> int:
    return date.fromordinal(day).replace(month=1, day=1).toordinal()


def _last_monday(day: int) -> int:
    return day - date.fromordinal(day).weekday()


def _last_sunday(day: int) -> int:
    return day - date.fromordinal(day).isoweekday() % 7


def _last_days(count: int) -> Callable[[int], Range]:
    return lambda today: (today - count, today - 1)


def _whole_history(today: int) -> Range:
    return months_before(today, RETENTION_MONTHS), today


#: Preset -> (first, last) day for a given today. ``last_Nd`` leaves today out.
PRESETS: dict[str, Callable[[int], Range]] = {
    "today": lambda today: (today, today),
    "yesterday": _last_days(1),
    "last_3d": _last_days(3),
    "last_7d": _last_days(7),
    "last_14d": _last_days(14),
    "last_28d": _last_days(28),
    "last_30d": _last_days(30),
    "last_90d": _last_days(90),
    "this_month": lambda today: (_first_of_month(today), today),
    "last_month": lambda today: (
        _first_of_month(_first_of_month(today) - 1),
        _first_of_month(today) - 1,
    ),
    "this_quarter": lambda today: (_first_of_quarter(today), today),
    "last_quarter": lambda today: (
        _first_of_quarter(_first_of_quarter(today) - 1),
        _first_of_quarter(today) - 1,
    ),
    "this_year": lambda today: (_first_of_year(today), today),
    "last_year": lambda today: (
        _first_of_year(_first_of_year(today) - 1),
        _first_of_year(today) - 1,
    ),
    "this_week_mon_today": lambda today: (_last_monday(today), today),
    "this_week_sun_today": lambda today: (_last_sunday(today), today),
    "last_week_mon_sun": lambda today: (_last_monday(today) - 7, _last_monday(today) - 1),
    "last_week_sun_sat": lambda today: (_last_sunday(today) - 7, _last_sunday(today) - 1),
    "maximum": _whole_history,
    "data_maximum": _whole_history,
}


def periods(since: int, until: int, increment: int | str) -> tuple[Range, ...]:
    """Cut a range into the periods that ``time_increment`` asks for.

    Args:
        since: First day.
        until: Last day.
        increment: Number of days, ``monthly`` or ``all_days``.

    Returns:
        (first, last) of each period; the last one ends with the range, months are calendar months
        cut by the range's ends.
    """
    if increment == "all_days":
        return ((since, until),)
    found = []
    while since <= until:
        if isinstance(increment, int):
            following = since + increment
        else:
            following = _first_of_month(_first_of_month(since) + 31)
        found.append((since, min(until, following - 1)))
        since = following
    return tuple(found)


def iso(day: int) -> str:
    """Write a day as ``YYYY-MM-DD``."""
    return date.fromordinal(day).isoformat()


def day_of(text: str) -> int:
    """Read ``YYYY-MM-DD``.

    Raises:
        ValueError: The text is no such date.
    """
    # Later Pythons read more forms than this one, which is all that Meta takes.
    if _DATE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no date such as 2026-11-20.")
    return date.fromisoformat(text).toordinal()
