"""Closed ranges of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = timedelta(days=1)


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
        return DateRange(self.since, min(self.until, self.since + (days - 1) * DAY))


def between(since: date, until: date) -> list[DateRange]:
    """The range of these days, or nothing when there are none."""
    return [DateRange(since, until)] if since <= until else []


def union(ranges: Iterable[DateRange]) -> list[DateRange]:
    """The same days in order, in as few ranges as possible: neighbours are one."""
    merged: list[DateRange] = []
    for item in sorted(ranges):
        if merged and item.since <= merged[-1].until + DAY:
            last = merged.pop()
            item = DateRange(last.since, max(last.until, item.until))  # noqa: PLW2901 - grown
        merged.append(item)
    return merged


def subtract(ranges: Iterable[DateRange], taken: Iterable[DateRange]) -> list[DateRange]:
    """The days of `ranges` that are in none of `taken`."""
    left = union(ranges)
    for hole in taken:
        left = [
            piece
            for item in left
            for piece in (
                *between(item.since, min(item.until, hole.since - DAY)),
                *between(max(item.since, hole.until + DAY), item.until),
            )
        ]
    return left


def intersect(ranges: Iterable[DateRange], within: DateRange) -> list[DateRange]:
    """The days of `ranges` that are in `within`."""
    return [
        piece
        for item in union(ranges)
        for piece in between(max(item.since, within.since), min(item.until, within.until))
    ]


def today_in(timezone_name: str | None, now: datetime) -> date:
    """The day that it is now in a time zone; UTC where the zone is not known.

    Args:
        timezone_name: As Meta's `timezone_name`: `Pacific/Auckland`.
        now: An instant with an offset.
    """
    zone = ZoneInfo(timezone_name) if timezone_name else timezone.utc
    return now.astimezone(zone).date()
