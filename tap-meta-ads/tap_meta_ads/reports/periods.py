"""The periods of a report's rows: days, runs of days, weeks, months, or one over everything. Pure.

A row that spans several days has its first and its last day in its key. So that a run does not
write it a second time under another key, periods lie still: months are the calendar's, weeks go
from Monday to Sunday, and runs of N days are counted from one Monday, whatever day a run begins or
ends with.

Meta itself counts a `time_increment` of N days from the first day asked for, and cuts calendar
months by the ends of the range. What is asked for must therefore begin where a period begins; a
period whose first days are not wanted is asked for alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tap_meta_ads.dates import DAY, DateRange, intersect, union

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS = ("weekly", "monthly", "all_days")
"""What `time_increment` may be besides a number of days."""

LONGEST_DAYS = 90
"""The largest number of days that Meta takes."""

ANCHOR = date(1970, 1, 5)
"""A Monday, from which runs of days are counted."""

_WEEK = 7


@dataclass(frozen=True)
class Period:
    """How days fall into rows.

    Attributes:
        increment: Days of a row, `monthly` or `all_days`: Meta's `time_increment`.
    """

    increment: int | str = 1

    @classmethod
    def of(cls, time_increment: int | str) -> Period:
        """The periods of a report.

        Args:
            time_increment: The report's: 1 to 90 days or one of `WORDS`. Meta has no word for
                weeks; they are seven days that begin on a Monday.
        """
        return cls(_WEEK if time_increment == "weekly" else time_increment)

    def start(self, day: date) -> date:
        """First day of the period that holds a day; of `all_days` the first day of all."""
        if isinstance(self.increment, int):
            # Python's remainder is never negative, so days before the anchor are counted too.
            into = (day - ANCHOR).days % self.increment
            return date.fromordinal(max(day.toordinal() - into, 1))
        return day.replace(day=1) if self.increment == "monthly" else date.min

    def end(self, day: date) -> date:
        """Last day of the period that holds a day; of `all_days` the last day of all."""
        if isinstance(self.increment, int):
            left = self.increment - 1 - (day - ANCHOR).days % self.increment
            return date.fromordinal(min(day.toordinal() + left, date.max.toordinal()))
        if self.increment == "all_days" or (day.year, day.month) == (date.max.year, 12):
            return date.max
        # 31 days after its first day the next month has begun, and is not over.
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY

    def whole(self, ranges: Iterable[DateRange], within: DateRange) -> list[DateRange]:
        """The ranges grown to whole periods, since a row tells of all its days or of none.

        Args:
            ranges: Days that are to be read.
            within: All days asked for: these alone cut a period.
        """
        grown = [
            DateRange(self.start(item.since), self.end(item.until))
            for item in intersect(ranges, within)
        ]
        return intersect(union(grown), within)

    def first(self, left: DateRange, days: int) -> DateRange:
        """The first piece of a range: as many whole periods as `days` hold, at least one.

        Args:
            left: A range as `whole` makes it; what remains of it is one again.
            days: Days that the piece should have.
        """
        end = self.end(left.since)
        # Meta would count its N days from the middle of this period on.
        alone = isinstance(self.increment, int) and self.start(left.since) != left.since
        while not alone and end < left.until and self._until(end, left) <= days:
            end = self.end(end + DAY)
        return DateRange(left.since, min(end, left.until))

    def _until(self, end: date, left: DateRange) -> int:
        """Days of a piece that ends with the period after `end`."""
        return (min(self.end(end + DAY), left.until) - left.since).days + 1

    def is_one(self, window: DateRange) -> bool:
        """Whether a window holds one period only, so that it cannot be cut by date."""
        return window.until <= self.end(window.since)

    def begin(self, first: date, kept: date) -> date:
        """The first day of a range whose beginning nobody has stated, and which moves with today.

        It lies where a period begins, so that the first row has the same key tomorrow: before
        `first` or on it, or as soon after as Meta's memory reaches.

        Args:
            first: The day so many days ago.
            kept: The first day that Meta keeps.
        """
        if self.increment == "all_days":
            return max(first, kept)
        start = self.start(first)
        if start >= kept:
            return start
        return kept if self.start(kept) == kept else self.end(kept) + DAY

    def stop(
        self, date_start: date, date_stop: date, last_asked: date, end_date: date | None = None
    ) -> date:
        """The last day of a row's period, as its key tells it.

        Meta ends a running period with the last day asked for, which is another one tomorrow. Its
        row keeps one key, with the day on which the period will end. Over `all_days` without an
        `end_date` there is no such day; then Meta's stays.

        Args:
            date_start: The row's first day.
            date_stop: The row's last day, as Meta tells it.
            last_asked: The last day asked for.
            end_date: The setting: a period that it cuts ends with it.
        """
        if date_stop != last_asked:
            return date_stop
        end = min(self.end(date_start), end_date or date.max)
        return date_stop if end == date.max else end
