"""How far a long run is: when a line is due, and what it says. Pure, but for the clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tap_meta_ads.summary.wording import count, span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVERY = 30.0
"""Seconds between two lines."""

NAMED = 3
"""Waiting accounts that a line names."""


@dataclass(frozen=True)
class Reading:
    """How far one stream of one account is.

    Attributes:
        account_id: The account, without `act_`.
        stream: The stream.
        days: Days to read; 0 for an entity stream, which has none.
        days_done: Those that are read and written.
        rows: Rows written.
        jobs: Report jobs that are running, of any stream.
        seconds: How long it has been read.
    """

    account_id: str
    stream: str
    days: int = 0
    days_done: int = 0
    rows: int = 0
    jobs: int = 0
    seconds: float = 0.0


def line(reading: Reading | None, waits: Mapping[str, float], now: datetime) -> str:
    """A line of progress.

    Args:
        reading: What is being written; None where nothing is, as while all accounts wait.
        waits: Account and seconds for which it still waits for one of Meta's limits.
        now: The time of day, in the zone that it is to be told in.

    >>> when = datetime(2026, 11, 21, 14, 3, 10)
    >>> line(Reading("123", "ads_insights", 90, 61, 12400, 3, 120), {"456": 120}, when)
    "ads_insights of account 123: 61 of 90 days, 12,400 rows, 3 jobs running, 2 min; \
waiting until 14:05:10 for Meta's limit (account 456)"
    """
    clauses = [_reading(reading)] if reading else []
    # One account after the other where there are several: their limits end at different times.
    longest = sorted(waits.items(), key=lambda item: (-item[1], item[0]))
    for account_id, seconds in longest[:NAMED]:
        until = now + timedelta(seconds=seconds)
        # A day more, where it is one: `14:05:10` alone would be today.
        text = f"{until:%H:%M:%S}" if until.date() == now.date() else f"{until:%Y-%m-%d %H:%M:%S}"
        whose = f"account {account_id}" if account_id else "the app"
        clauses.append(f"waiting until {text} for Meta's limit ({whose})")
    if more := len(longest) - NAMED:
        clauses += [f"{count(more, 'account')} more waiting"] if more > 0 else []
    return "; ".join(clauses)


def _reading(reading: Reading) -> str:
    parts = [f"{reading.days_done:,} of {count(reading.days, 'day')}"] if reading.days else []
    parts.append(count(reading.rows, "row"))
    if reading.jobs:
        parts.append(f"{count(reading.jobs, 'job')} running")
    parts.append(span(reading.seconds))
    return f"{reading.stream} of account {reading.account_id}: {', '.join(parts)}"


def _local_time() -> datetime:
    """The time of day here: log lines begin with it."""
    return datetime.now(timezone.utc).astimezone()


@dataclass
class Progress:
    """When to tell how far a run is.

    Used by the thread that writes, which looks in while it writes and while it waits.

    Attributes:
        clock: Seconds of a monotonic clock.
        every: Seconds between two lines.
        local_time: The time of day.
    """

    clock: Callable[[], float] = time.monotonic
    every: float = EVERY
    local_time: Callable[[], datetime] = field(default=_local_time)
    _told_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._told_at = self.clock()

    def due(self, now: float | None = None) -> bool:
        """Whether nothing has been told for `every` seconds; cheap enough for every row.

        Args:
            now: The clock's time, where it is known already.
        """
        return (self.clock() if now is None else now) - self._told_at >= self.every

    def line(self, reading: Reading | None, waits: Mapping[str, float]) -> str:
        """The line that is due; the next one is due `every` seconds from now.

        Args:
            reading: What is being written, see `Summary.reading`.
            waits: Who waits for how long, see `Summary.waiting`.

        Returns:
            The line; empty when there is nothing to tell.
        """
        self._told_at = self.clock()
        return line(reading, waits, self.local_time())
