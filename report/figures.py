"""Rows of the warehouse into what the page shows: sums, ratios of sums, lists cut short. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

MONTH = 28
"""Days that tiles and audiences tell of: whole weeks, so that no Saturday more changes a figure."""


@dataclass(frozen=True)
class Sums:
    """What can be added up, and the ratios of it. A measure that nothing told is None, not 0.

    Attributes:
        spend: In the account's currency.
        impressions: How often ads were seen.
        clicks: By the cascade of the star schema.
        purchases: In the attribution setting of the ad set.
        purchase_value: What those were worth.
    """

    spend: Decimal | None = None
    impressions: int | None = None
    clicks: int | None = None
    purchases: Decimal | None = None
    purchase_value: Decimal | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Sums:
        """Take the measures out of a row."""
        return cls(**{one.name: row[one.name] for one in fields(cls)})

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            *(_plus(getattr(self, one.name), getattr(other, one.name)) for one in fields(self))
        )

    @property
    def ctr(self) -> Decimal | None:
        """Clicks per hundred impressions."""
        return _ratio(self.clicks, self.impressions, 100)

    @property
    def cpc(self) -> Decimal | None:
        """What a click cost."""
        return _ratio(self.spend, self.clicks)

    @property
    def roas(self) -> Decimal | None:
        """What purchases were worth, per unit of spend."""
        return _ratio(self.purchase_value, self.spend)

    @property
    def cpa(self) -> Decimal | None:
        """What a purchase cost."""
        return _ratio(self.spend, self.purchases)


@dataclass(frozen=True)
class Named:
    """The sums of a campaign, a country or the like.

    Attributes:
        name: Its name; empty where there is none.
        of: What it belongs to, such as the campaign's account.
        sums: What came together.
        share: Its part of the list's spend, from 0 to 1.
    """

    name: str
    of: str
    sums: Sums
    share: Decimal


def total(sums: Iterable[Sums]) -> Sums:
    """Add up."""
    found = Sums()
    for one in sums:
        found += one
    return found


def listed(rows: Sequence[Mapping[str, Any]], places: int = 10) -> list[Named]:
    """Return the first places of a list, and all others as one that is named for their number."""
    spent = total(map(Sums.of, rows)).spend or Decimal(0)

    def named(name: str, of: str, sums: Sums) -> Named:
        return Named(name, of, sums, (sums.spend or Decimal(0)) / spent if spent else Decimal(0))

    # A list that is one longer than its places needs no line for others.
    cut = places if len(rows) > places + 1 else len(rows)
    found = [named(row["name"] or "", str(row.get("of") or ""), Sums.of(row)) for row in rows[:cut]]
    if rest := rows[cut:]:
        found.append(named(f"{len(rest)} others", "", total(map(Sums.of, rest))))
    return found


def rolling(days: Sequence[tuple[date, Sums]], length: int) -> Iterator[tuple[date, Sums]]:
    """Yield for each day the sums of the days up to it, `length` days of the calendar at most.

    Args:
        days: Days in their order; days on which nothing ran may be missing.
        length: Days of the calendar.
    """
    held: deque[tuple[date, Sums]] = deque()
    for day, sums in days:
        held.append((day, sums))
        while (day - held[0][0]).days >= length:
            held.popleft()
        # A short window at the beginning would jump about as the single days do.
        if (day - days[0][0]).days >= length - 1:
            yield day, total(one for _, one in held)


def halves(
    days: Sequence[tuple[date, Sums]], through: date, length: int
) -> tuple[Sums, Sums | None]:
    """Return the sums of the last days, and of as many before them.

    Args:
        days: Days in any order.
        through: The last day.
        length: Days of the calendar.

    Returns:
        The second is None where the days do not reach back so far.
    """
    ages = [((through - day).days, sums) for day, sums in days]
    last = total(sums for age, sums in ages if 0 <= age < length)
    if not ages or max(age for age, _ in ages) < 2 * length - 1:
        return last, None
    return last, total(sums for age, sums in ages if length <= age < 2 * length)


def change(now: Decimal | int | None, before: Decimal | int | None) -> Decimal | None:
    """Return by how many per cent a figure grew; None where that says nothing."""
    if now is None or not before:
        return None
    return (Decimal(now) / Decimal(before) - 1) * 100


def _plus(one: Any, other: Any) -> Any:  # noqa: ANN401  # int or Decimal, and back what it was
    return other if one is None else one if other is None else one + other


def _ratio(part: Any, whole: Any, times: int = 1) -> Decimal | None:  # noqa: ANN401  # int or Decimal
    return None if part is None or not whole else Decimal(part) * times / Decimal(whole)
