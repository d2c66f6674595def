"""A made-up advertiser: which ads exist, what each did on each day, and when it was loaded.

All of it follows from the seed. Every day has as many ads as the others; an ad lives for `_LIFE`
days and is followed by another one. Load 0 brings all days, each later one the last `RESENT` days
again: some ad-days restated, some gone, as Meta does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

RESENT = 28
"""Days that a later load brings again: the tap's default lookback."""

LAST_DAY = date(2026, 10, 31)
_LIFE = 45
_ADS_OF_A_SET, _ADS_OF_A_CAMPAIGN = 3, 12
# In a later load one of so many ad-days has vanished, and those with these remainders are restated.
_VANISHED, _RESTATED = 100, (1, 2, 3)
_GENERATION = 1_000_000  # more ads than there are on one day

_FULL = 1_000_000
_MIX = {
    "ads_insights": 150_000,
    "ads_insights_age_and_gender": 350_000,
    "ads_insights_placement": 200_000,
    "ads_insights_region": 120_000,
    "ads_insights_country": 110_000,
    "ads_insights_device": 70_000,
}
# Of how many of the accounts a report was asked for. An ad-day has a row in it or none, so a report
# with fewer rows than there are ad-days cannot be one of all accounts and still add up.
_ACCOUNTS_OF = {"ads_insights_region": 2, "ads_insights_country": 2, "ads_insights_device": 1}


class Account(NamedTuple):
    """An ad account; `minor_units` of its currency make one."""

    id: str
    name: str
    currency: str
    minor_units: int
    zone: str
    offset: int


ACCOUNTS = (
    Account("1000000000000101", "Kitchen & Co.", "EUR", 100, "Europe/Berlin", 1),
    Account("1000000000000102", "Outfitters", "USD", 100, "America/Los_Angeles", -8),
    Account("1000000000000103", "東京スニーカー", "JPY", 1, "Asia/Tokyo", 9),
    Account("1000000000000104", "Papírbolt", "HUF", 1, "Europe/Budapest", 1),
)


class Ad(NamedTuple):
    """An ad and what it belongs to, by running numbers that tell them apart."""

    account: Account
    campaign: int
    adset: int
    ad: int


class AdDay(NamedTuple):
    """What an ad did on a day.

    Attributes:
        ad: The ad.
        day: The day.
        impressions: Times it was on screen; the other counts are smaller.
        clicks: Clicks of every kind.
        link_clicks: Those on its link.
        engagement: Interactions.
        spend: In ten-thousandths of the currency's unit.
        variant: Which of the made-up action lists it has.
    """

    ad: Ad
    day: date
    impressions: int
    clicks: int
    link_clicks: int
    engagement: int
    spend: int
    variant: int


@dataclass(frozen=True)
class World:
    """The advertiser.

    Attributes:
        rows: Rows of Insights over all reports, after load 0.
        days: Days with Insights.
        seed: Of all that is drawn.
    """

    rows: int
    days: int
    seed: int

    def rows_of(self, stream: str) -> int:
        """How many rows of a report load 0 brings."""
        if stream == "ads_insights":
            return self.rows - sum(self.rows_of(name) for name in _MIX if name != stream)
        return self.rows * _MIX[stream] // _FULL

    def started(self, load: int) -> datetime:
        """When a load started: on the day after the last with Insights, then a week later, daily.

        In the days after the first load some models look through all of it once more, for they
        allow for loads that overlap. That passes; what comes back every day is measured.
        """
        first = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 4, tzinfo=timezone.utc)
        return first + timedelta(days=1 + (load + 6 if load else 0))

    def ads(self) -> Iterator[Ad]:
        """Every ad that there is, each once."""
        seen = set()
        for day in range(self.days):
            for slot in range(self._slots(day)):
                ad = self._ad(slot, day)
                if ad.ad not in seen:
                    seen.add(ad.ad)
                    yield ad

    def life(self, ad: Ad) -> tuple[date, date]:
        """First and last day of an ad, its ad set and its campaign, which live side by side."""
        generation, number = divmod(ad.ad, _GENERATION)
        first = generation * _LIFE - _lag(number // len(ACCOUNTS))
        begin = LAST_DAY - timedelta(days=self.days - 1 - first)
        return begin, begin + timedelta(days=_LIFE - 1)

    def ad_days(self, load: int) -> Iterator[list[AdDay]]:
        """What a load brings of the core report, day by day."""
        for day in range(max(0, self.days - RESENT) if load else 0, self.days):
            yield list(self._ad_days(day, load))

    def parts(self, stream: str, load: int) -> Iterator[list[tuple[AdDay, int]]]:
        """Into how many rows a report splits each ad-day that it has, day by day.

        The parts are dealt out evenly over the ad-days of load 0, so that the number of rows comes
        out exactly; a later load splits an ad-day as load 0 did.
        """
        among = {account.id for account in ACCOUNTS[: _ACCOUNTS_OF.get(stream, len(ACCOUNTS))]}
        rows, covered = self.rows_of(stream), self._covered(len(among))
        position = 0
        for number in range(self.days):
            wanted = {found.ad.ad: found for found in self._ad_days(number, load)}
            if load and number < self.days - RESENT:
                wanted = {}
            split = []
            for slot in range(self._slots(number)):
                ad = self._ad(slot, number)
                if ad.account.id in among:
                    count = (position + 1) * rows // covered - position * rows // covered
                    position += 1
                    if count and ad.ad in wanted:
                        split.append((wanted[ad.ad], count))
            yield split

    def _covered(self, accounts: int) -> int:
        return sum(
            len(range(self._slots(day))[place :: len(ACCOUNTS)])
            for day in range(self.days)
            for place in range(accounts)
        )

    def _slots(self, day: int) -> int:
        """How many ads a day has: as even as it can be."""
        rows = self.rows_of("ads_insights")
        return rows * (day + 1) // self.days - rows * day // self.days

    def _ad(self, slot: int, day: int) -> Ad:
        place = slot // len(ACCOUNTS)
        account = slot % len(ACCOUNTS)
        generation = (day + _lag(place)) // _LIFE

        def number(size: int) -> int:
            return generation * _GENERATION + place // size * len(ACCOUNTS) + account

        return Ad(ACCOUNTS[account], number(_ADS_OF_A_CAMPAIGN), number(_ADS_OF_A_SET), number(1))

    def _ad_days(self, day: int, load: int) -> Iterator[AdDay]:
        when = LAST_DAY - timedelta(days=self.days - 1 - day)
        drawn = Random(f"{self.seed}/{day}")
        restated = Random(f"{self.seed}/{day}/{load}")
        for slot in range(self._slots(day)):
            bits = drawn.getrandbits(64)
            change = restated.getrandbits(32) if load else 0
            if load and change % _VANISHED == 0:
                continue
            more = change // 100 % 40 if change // 100 % 10 in _RESTATED else 0
            impressions = 200 + bits % 7919 + more
            ad = self._ad(slot, day)
            link_clicks = impressions * (bits >> 16 & 31) // 1000
            cents = impressions * (20 + (bits >> 24 & 63)) // 100
            yield AdDay(
                ad,
                when,
                impressions,
                link_clicks + impressions * (bits >> 32 & 15) // 1000,
                link_clicks,
                link_clicks * 2 + impressions // 50,
                cents * 100 if ad.account.minor_units > 1 else cents * 10_000,
                (bits >> 40) + more,
            )


def _lag(place: int) -> int:
    """Days by which an ad ends before the first one: not all campaigns end on the same day."""
    return 17 * (place // _ADS_OF_A_CAMPAIGN)
