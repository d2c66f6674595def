"""The sandbox's clock: runs like a real one, from any instant, and can be moved."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone


class Clock:
    """A clock that ticks in real time from a chosen instant.

    Everything that depends on time asks it: what has been delivered, how much of the late
    conversions has come in, how far a report job is, when a throttle lifts. Moving it is how a
    test waits 28 days or an hour.

    Args:
        now: The instant to start from, with a time zone; the real time when left out.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0
        if now is not None:
            self.set(now)

    def seconds(self) -> float:
        """Return the current instant as seconds since the Unix epoch."""
        return time.time() + self._offset

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        return datetime.fromtimestamp(self.seconds(), tz=timezone.utc)

    def set(self, now: datetime) -> None:
        """Move the clock to an instant, forwards or backwards.

        Args:
            now: The new current instant; it must carry a time zone.

        Raises:
            ValueError: The instant has no time zone.
        """
        if now.tzinfo is None:
            raise ValueError("The sandbox's clock needs an instant with a time zone.")
        with self._lock:
            self._offset = now.timestamp() - time.time()

    def advance(self, seconds: float) -> None:
        """Move the clock by a number of seconds.

        Args:
            seconds: How far; negative goes back.
        """
        with self._lock:
            self._offset += seconds
