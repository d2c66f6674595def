"""How often something may be done that costs more and more. Pure, but for the clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SHARE = 0.1
"""Of the time, at most."""

FREE_SECONDS = 0.005
"""What takes no longer is done whenever it is asked for."""


@dataclass
class Pace:
    """Does something when asked, unless that would take more than a tenth of the time.

    A state message holds every account of every stream. After each window of a few accounts it
    costs nothing; with hundreds of accounts it has megabytes, and would be most of what is written.

    Attributes:
        clock: Seconds of a monotonic clock.
        is_due: Whether something was asked for and is still to be done.
    """

    clock: Callable[[], float] = time.monotonic
    is_due: bool = False
    _not_before: float = 0.0

    def ask(self, action: Callable[[], None]) -> None:
        """Do it now, or leave it to the next time, or to `catch_up`."""
        self.is_due = True
        if self.clock() >= self._not_before:
            self._do(action)

    def catch_up(self, action: Callable[[], None]) -> None:
        """Do what was left."""
        if self.is_due:
            self._do(action)

    def _do(self, action: Callable[[], None]) -> None:
        began = self.clock()
        action()
        self.is_due = False
        took = self.clock() - began
        if took > FREE_SECONDS:
            self._not_before = began + took / SHARE
