"""Time, as a seam: the only thing that tests replace."""

from __future__ import annotations

import threading
import time
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
