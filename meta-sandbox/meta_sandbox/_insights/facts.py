"""Figures added up: the atoms of any number of (ad, day) cells, and the metrics they make."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING

from meta_sandbox._world import metrics as m

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meta_sandbox._world.objects import Ad

# What two ads reach together lies between the greater of both and their sum; this share of the way.
_REACH_SHARE = 45
# How many of a hundred clicks come from people who had not clicked yet.
UNIQUE_SHARE = 93


def ceil_share(count: int, percent: int) -> int:
    """Return a share of a count, rounded up, so that one stays one."""
    return -(-count * percent // 100)


class Facts:
    """A sum of cells. Counts add up; reach does not.

    Reach of a sum is ``max + 45 % of (sum - max)`` over its cells. That keeps it between the
    greatest part and the sum of the parts, whichever way cells are grouped: an ad's month, a
    campaign's day, an account's week.

    Attributes:
        atoms: Sums of the cells' atoms, ``ATOMS`` of them; empty before the first cell.
        first_ad: The ad of the first cell.
        kept: For what several fields of a row need, so that it is worked out once.
    """

    def __init__(self) -> None:
        self.atoms: list[int] = []
        self.first_ad: Ad | None = None
        self.kept: dict[str, object] = {}
        self._most_reach = 0
        self._shown = 0
        self._hidden = [0, 0, 0, 0]

    def add(self, ad: Ad, counts: Sequence[int], price: int) -> None:
        """Add one cell, or its part.

        Args:
            ad: The ad, whose trait says which click fields Meta keeps quiet about.
            counts: ``COUNTS`` atoms.
            price: Purchase value per purchase, in minor units.
        """
        atoms = m.complete(ad, counts, price)
        if self.first_ad is None:
            self.first_ad = ad
            self.atoms = list(atoms)
        else:
            self.atoms = list(map(add, self.atoms, atoms))
        self._most_reach = max(self._most_reach, counts[m.REACH])
        self._shown |= ~ad.trait
        if ad.trait:
            link = counts[0] + counts[1] + counts[2]
            hidden = (link, link, counts[0] + counts[1], link + counts[3])
            for place in range(4):
                if ad.trait >> place & 1:
                    self._hidden[place] += hidden[place]

    @property
    def impressions(self) -> int:
        """Times an ad was on a screen."""
        return sum(self.atoms[:5])

    @property
    def reach(self) -> int:
        """People who saw an ad at least once."""
        beyond = self.atoms[m.REACH] - self._most_reach
        return min(self._most_reach + ceil_share(beyond, _REACH_SHARE), self.impressions)

    @property
    def spend(self) -> int:
        """Money spent, in minor units of the account's currency."""
        return self.atoms[m.SPEND]

    @property
    def clicks(self) -> int | None:
        """All clicks; None when Meta reports none of the ads' clicks."""
        return self._unless(3, sum(self.atoms[:4]))

    @property
    def inline_link_clicks(self) -> int | None:
        """Link clicks; None when the field is not reported for any of the ads."""
        return self._unless(0, sum(self.atoms[:3]))

    @property
    def link_clicks(self) -> int:
        """The action ``link_click``."""
        return self._unless(1, sum(self.atoms[:3])) or 0

    @property
    def outbound_clicks(self) -> int:
        """Clicks that lead away from Meta."""
        return self._unless(2, sum(self.atoms[:2])) or 0

    @property
    def post_engagement(self) -> int:
        """All that people did with the post, link clicks and video views included."""
        a = self.atoms
        return (
            sum(a[:3])
            + a[m.COMMENT]
            + a[m.REACTION]
            + a[m.SHARE]
            + a[m.SAVE]
            + a[m.PHOTO]
            + self.viewers(m.THREE_SECONDS)
        )

    def viewers(self, least: int) -> int:
        """Return how often a video was seen at least as far as ``P100`` .. ``PLAY`` says."""
        return sum(self.atoms[m.P100 : least + 1])

    def windows(self, conversion: int) -> tuple[int, int, int, int, int, int] | None:
        """Return a conversion's counts: default, 1d_click, 7d_click, 28d_click, 1d_view, 1d_ev.

        Args:
            conversion: Place in ``CONVERSIONS``; one beyond the last for the purchase value.

        Returns:
            The counts; None when there is nothing in any of them.
        """
        first = m.FIRST_CONVERSION + conversion * m.WINDOW_ATOMS
        c1, c7, c28, view, engaged = self.atoms[first : first + m.WINDOW_ATOMS]
        if not (c1 or c7 or c28 or view or engaged):
            return None
        default = self.atoms[m.DEFAULT + conversion]
        return default, c1, c1 + c7, c1 + c7 + c28, view, engaged

    def _unless(self, place: int, count: int) -> int | None:
        return count - self._hidden[place] if self._shown >> place & 1 else None


def money(minor: int, digits: int) -> str:
    """Write an amount of money as Meta does: major units, no trailing zeros.

    Args:
        minor: The amount in minor units.
        digits: Decimal digits of the currency.
    """
    return decimal(minor, 10**digits, digits)


def decimal(numerator: int, denominator: int, digits: int = 6) -> str:
    """Write a quotient with up to ``digits`` decimals, rounded half up, no trailing zeros."""
    scale = 10**digits
    whole, rest = divmod((2 * numerator * scale + denominator) // (2 * denominator), scale)
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)
