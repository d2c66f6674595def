"""Time, as a seam: the only thing that tests replace."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock that can be waited on."""

    def now(self) -> float:
        """Seconds since some moment in the past."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait; True when `stop` ended it early."""
        ...

    def stop(self) -> None:
        """End all waits, now and from now on."""
        ...


class SystemClock:
    """The machine's clock. Waits end at once when it is stopped, so that no thread outlives us."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Wait, unless stopped."""
        return self._stopped.wait(seconds)

    def stop(self) -> None:
        """End all waits."""
        self._stopped.set()


def ahead(date: str | None, now: datetime) -> timedelta | None:
    """How far an answer's `Date` is ahead of our time; None where it tells no time.

    >>> ahead("Sat, 21 Nov 2026 02:00:00 GMT", datetime(2026, 11, 20, 2, tzinfo=timezone.utc))
    datetime.timedelta(days=1)
    """
    try:
        told = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    # A zone written as -0000 is read as none; HTTP knows no other than GMT.
    return (told if told.tzinfo else told.replace(tzinfo=timezone.utc)) - now
