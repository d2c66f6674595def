"""Days and closed ranges of days."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

DAY = timedelta(days=1)

RETENTION_MONTHS = 37
"""What Meta keeps of Insights."""

HISTORY_DAYS = 450
"""How far back Insights begin where no `start_date` says so."""

_DAY = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)


@dataclass(frozen=True, order=True)
class DateRange:
    """Days from `since` to `until`, both inclusive, as Meta counts a `time_range`."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise ValueError(f"A range of days ends before it begins: {self}")

    def __str__(self) -> str:
        return f"{self.since}..{self.until}"

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.until - self.since).days + 1

    def first(self, days: int) -> DateRange:
        """The first days of the range, at most all."""
        if days >= self.days:
            return self
        return DateRange(self.since, self.since + (days - 1) * DAY)


def between(since: date, until: date) -> list[DateRange]:
    """The range of these days, or nothing when there are none."""
    return [DateRange(since, until)] if since <= until else []


def days_before(day: date, days: int) -> date:
    """The day so many days earlier; the first day of all where the calendar ends before it."""
    return date.fromordinal(max(day.toordinal() - days, 1))


def union(ranges: Iterable[DateRange]) -> list[DateRange]:
    """The same days in order, in as few ranges as possible: neighbours are one."""
    merged: list[DateRange] = []
    for item in sorted(ranges):
        if merged and item.since - merged[-1].until <= DAY:
            last = merged.pop()
            item = DateRange(last.since, max(last.until, item.until))  # noqa: PLW2901 - grown
        merged.append(item)
    return merged


def subtract(ranges: Iterable[DateRange], taken: Iterable[DateRange]) -> list[DateRange]:
    """The days of `ranges` that are in none of `taken`."""
    left = union(ranges)
    for hole in taken:
        left = [piece for item in left for piece in _without(item, hole)]
    return left


def _without(item: DateRange, hole: DateRange) -> list[DateRange]:
    if hole.until < item.since or item.until < hole.since:
        return [item]
    # The comparisons keep the steps of a day within the calendar.
    return [
        *([DateRange(item.since, hole.since - DAY)] if item.since < hole.since else []),
        *([DateRange(hole.until + DAY, item.until)] if hole.until < item.until else []),
    ]


def intersect(ranges: Iterable[DateRange], within: DateRange) -> list[DateRange]:
    """The days of `ranges` that are in `within`."""
    return [
        piece
        for item in union(ranges)
        for piece in between(max(item.since, within.since), min(item.until, within.until))
    ]


def day(text: str) -> date:
    """The day of a date or of a time; Meltano writes dates as times.

    >>> day("2026-01-31T00:00:00Z")
    datetime.date(2026, 1, 31)

    Raises:
        ValueError: It is neither.
    """
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text[:10])


def default_first_day(today: date) -> date:
    """Where reading begins when `start_date` is not set and there is no state."""
    return today - timedelta(days=HISTORY_DAYS)


def first_kept_day(today: date, months: int = RETENTION_MONTHS) -> date:
    """The first day that Meta still keeps Insights of.

    Args:
        today: The account's day, now.
        months: What Meta keeps.
    """
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    # The day after the same day of that month, since Meta's clock may be ahead of ours; where that
    # month is too short to have it, the first day of the next.
    return date(year, month + 1, min(today.day, last)) + DAY


def today_in(timezone_name: str | None, now: datetime) -> date:
    """The day that it is now in a time zone; UTC where the zone is not known.

    Args:
        timezone_name: As Meta's `timezone_name`: `Pacific/Auckland`.
        now: An instant with an offset.
    """
    return now.astimezone(_zone(timezone_name)).date()


def _zone(name: str | None) -> tzinfo:
    if name:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            # Newer than our tables, not a zone's name at all, or the name of a folder of zones.
            pass
    return timezone.utc
