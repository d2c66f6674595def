"""Which days to ask for next, and how: the layout of one report of one account. Pure.

A direct answer that fits into one page costs one call and is a snapshot; a report job costs more
calls, and takes what is large. Which of both, and how many days, follows from how many rows a day
has turned out to hold:

*   `auto` asks for the first window directly, and lays out the rest by what it held.
*   `async` lays all out at once, each window four times as long as the one before, up to four
    weeks, so that Meta makes the jobs at the same time; what is laid out after the first answer
    follows that.
*   `sync` asks directly, page by page.

A window that Meta finds too large is halved, and what is laid out after it stays well below it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from tap_meta_ads.dates import DAY, DateRange, between, subtract

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_meta_ads.reports.periods import Period

LARGEST = 90
"""Days. More does not save many calls and makes what is lost by an interruption large."""

JOB_ROWS = 10_000
"""Rows of a job, about. Its pages are read one after the other, so several jobs are quicker."""

GROWTH = 4
"""So many times as long as a window is the next, while nothing is known of the rows of a day."""

BLIND = 28
"""Days. No window is longer before one has been answered."""

FILL = 0.7
"""How much of a page a direct answer is expected to fill, at most: no two weeks are equal."""


@dataclass(frozen=True)
class Window:
    """Days that are asked for at once.

    Attributes:
        days: The days.
        by_job: Whether only a report job can hold them.
        aged: Whether they begin so long ago that Meta tells less of them; see `compatibility.aged`.
    """

    days: DateRange
    by_job: bool = False
    aged: bool = False

    def __str__(self) -> str:
        return str(self.days)


@dataclass(frozen=True)
class Answered:
    """A window is complete: all of its rows have been handed on.

    Attributes:
        window: The window.
        rows: How many there were.
    """

    window: Window
    rows: int


@dataclass(frozen=True)
class Overflowing:
    """A window does not fit into one page; nothing of it has been handed on.

    Attributes:
        window: The window.
        rows: How many rows it has at least.
    """

    window: Window
    rows: int


@dataclass(frozen=True)
class TooLarge:
    """A window of several periods is more than Meta makes at once; what was handed on of it stays.

    Attributes:
        window: The window.
    """

    window: Window


@dataclass
class Layout:
    """Lays out the days of one report of one account.

    Attributes:
        left: The days that are still to be laid out, in order, in whole periods.
        period: Days of a row: no window cuts one.
        first_days: Size of the first window.
        mode: `auto`, `async` or `sync`.
        page: Rows of a page.
        aged_before: Windows that begin before this day are aged, and end before it too.
    """

    left: list[DateRange]
    period: Period
    first_days: int = 7
    mode: str = "auto"
    page: int = 1000
    aged_before: date | None = None
    _again: deque[Window] = field(default_factory=deque)
    _open: int = 0
    _last_days: int = 0
    _refused: int = LARGEST + 1
    _rows_a_day: float | None = None
    _is_known: bool = False
    _too_much_for_a_page: bool = False

    def __post_init__(self) -> None:
        if self.aged_before is None:
            return
        # A period that begins before that day is aged as a whole.
        aged = [DateRange(date.min, self.period.end(self.aged_before - DAY))]
        young = subtract(self.left, aged)
        self.left = [*subtract(self.left, young), *young]

    @property
    def is_over(self) -> bool:
        """Whether all has been laid out and answered."""
        return not (self.left or self._again or self._open)

    def next(self) -> Window | None:
        """The next window to ask for; None when none can be, for now or for good."""
        if self._again:
            self._open += 1
            return self._again.popleft()
        if not self.left or (self._open and self._waits_for_the_first):
            return None
        days = self.period.first(self.left[0], self._size())
        self.left = [*between(days.until + DAY, self.left[0].until), *self.left[1:]]
        self._last_days = days.days
        self._open += 1
        aged = self.aged_before is not None and days.since < self.aged_before
        return Window(days, by_job=self.mode == "async" or self._by_job, aged=aged)

    def take_in(self, result: Answered | Overflowing | TooLarge) -> None:
        """Learn from what became of a window."""
        self._open -= 1
        window = result.window
        if isinstance(result, TooLarge):
            self._refused = min(self._refused, window.days.days)
            self._again.extend(self._halves(window))
            return
        self._rows_a_day = max(self._rows_a_day or 0.0, result.rows / window.days.days)
        if isinstance(result, Answered):
            self._is_known = True
        else:
            is_small = window.days.days <= self.first_days or self.period.is_one(window.days)
            self._too_much_for_a_page |= is_small
            # Two more calls are quicker than a job, as long as a page holds days enough.
            self._again.extend(
                [replace(window, by_job=True)] if self._by_job or is_small else self._halves(window)
            )

    @property
    def _waits_for_the_first(self) -> bool:
        """A direct answer is quick, and tells how to ask for all others."""
        return self.mode != "async" and self._rows_a_day is None

    @property
    def _by_job(self) -> bool:
        """Whether even the first size does not fit into a page."""
        if self.mode == "sync":
            return False
        return self._too_much_for_a_page or self._days_of(FILL * self.page) < self.first_days

    def _size(self) -> int:
        """Days of the next window, about."""
        if not self._last_days:
            return self.first_days
        if self.mode == "async" or self._by_job:
            days = min(GROWTH * self._last_days, self._days_of(JOB_ROWS))
            days = days if self._is_known else min(days, max(BLIND, self.first_days))
        else:
            days = self._days_of(FILL * self.page)
        return max(min(days, LARGEST, self._bearable), 1)

    def _days_of(self, rows: float) -> int:
        """How many days hold so many rows, as far as is known."""
        if not self._rows_a_day:
            return LARGEST
        return int(min(rows / self._rows_a_day, LARGEST))

    @property
    def _bearable(self) -> int:
        """Of a size that was refused no more than three quarters are tried."""
        return self._refused * 3 // 4 if self._refused <= LARGEST else LARGEST

    def _halves(self, window: Window) -> Iterable[Window]:
        first = self.period.first(window.days, max(window.days.days // 2, 1))
        yield replace(window, days=first)
        for rest in between(first.until + DAY, window.days.until):
            yield replace(window, days=rest)
