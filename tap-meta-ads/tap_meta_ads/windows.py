"""How many days to ask for at once. Pure: sizes in, sizes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_meta_ads.dates import DateRange

LARGEST = 90
"""Days. More does not save many calls and makes what is lost by an interruption large."""


@dataclass(frozen=True)
class WindowSize:
    """The size of the next window.

    Attributes:
        days: What to ask for next.
        refused: The smallest size that Meta refused, so that growing does not run into it again.
    """

    days: int
    refused: int = LARGEST + 1

    def next(self, left: DateRange) -> DateRange:
        """The next window of what is left."""
        return left.first(self.days)

    def grown(self, window: DateRange, rows: int, page: int) -> WindowSize:
        """The size after a window that was answered: twice as many days while one page holds them.

        Of a size that was refused no more than three quarters are tried: to come close to it day by
        day would cost a refusal each.

        Args:
            window: What was asked for.
            rows: Rows that came.
            page: Rows that fit into one page.
        """
        fits = rows * 2 <= page and window.days >= self.days
        bigger = min(self.days * 2, self._bearable, LARGEST)
        return WindowSize(max(bigger, self.days), self.refused) if fits else self

    @property
    def _bearable(self) -> int:
        return self.refused * 3 // 4 if self.refused <= LARGEST else LARGEST

    def shrunk(self, window: DateRange) -> WindowSize | None:
        """The size after a window that was too large; None when it cannot be smaller."""
        if window.days == 1:
            return None
        return WindowSize(max(window.days // 2, 1), min(window.days, self.refused))
