"""How often the state is written. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL = 500
"""Bookmarks. A state of no more is written each time; one has some 250 bytes."""


@dataclass
class Pace:
    """Writes the state when asked, or every so many times where it is large.

    A state message holds every account of every stream. Of a few accounts it costs nothing; of
    hundreds it has megabytes, and after each window it would be most of what is written.

    Attributes:
        asked: How often it was asked for since it was last done.
    """

    asked: int = 0

    def ask(self, action: Callable[[], None], bookmarks: int) -> None:
        """Do it now, or leave it to a later time, or to `catch_up`.

        Args:
            action: What to do.
            bookmarks: How many the state holds.
        """
        self.asked += 1
        if self.asked * SMALL >= bookmarks:
            self.catch_up(action)

    def catch_up(self, action: Callable[[], None]) -> None:
        """Do what was left."""
        if self.asked:
            action()
            self.asked = 0
