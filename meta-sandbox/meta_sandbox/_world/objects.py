"""The advertiser's objects: accounts, campaigns, ad sets, ads and creatives, and how they change.

An object carries the list of its changes, each with its instant, and says what it was, is or will
be at any instant of the clock. Nothing but a client's renaming ever adds to that list.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_NOON = 12
_GOALS = {
    "OUTCOME_SALES": "OFFSITE_CONVERSIONS",
    "OUTCOME_LEADS": "LEAD_GENERATION",
    "OUTCOME_TRAFFIC": "LINK_CLICKS",
    "OUTCOME_ENGAGEMENT": "POST_ENGAGEMENT",
    "OUTCOME_AWARENESS": "REACH",
}


@lru_cache(maxsize=65_536)
def _stamp(zone: ZoneInfo, seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=zone).strftime("%Y-%m-%dT%H:%M:%S%z")


@dataclass(frozen=True)
class Change:
    """One change of an object.

    Attributes:
        at: Instant, in Unix seconds.
        attribute: ``name`` or ``status``.
        value: What it is from then on.
    """

    at: int
    attribute: str
    value: str


@dataclass(frozen=True, eq=False)
class Account:
    """An ad account.

    Attributes:
        number: Its place in the world, from 0.
        account_id: 15 to 18 digits, without ``act_``.
        zone: The account's time zone; its days are this zone's days.
        currency: ISO 4217.
        minor_digits: Decimal digits of the currency: 2, or 0 as for JPY.
        created: Unix seconds.
        first_day: First day with any delivery, as a proleptic ordinal.
    """

    number: int
    account_id: str
    name: str
    zone: ZoneInfo
    currency: str
    minor_digits: int
    created: int
    first_day: int
    page_id: str
    pixel_id: str

    @property
    def id(self) -> str:
        """The id with its prefix: ``act_<account_id>``."""
        return f"act_{self.account_id}"

    def day(self, seconds: float) -> int:
        """Return the account's calendar day at an instant, as a proleptic ordinal."""
        return datetime.fromtimestamp(seconds, tz=self.zone).toordinal()

    def instant(self, day: int, hour: int = 0) -> int:
        """Return the Unix seconds at which an hour of one of the account's days begins."""
        base = date.fromordinal(day)
        return int(datetime(base.year, base.month, base.day, hour, tzinfo=self.zone).timestamp())

    def offset(self, seconds: float) -> int:
        """Return how far the account's clocks are ahead of UTC at an instant, in seconds."""
        ahead = datetime.fromtimestamp(seconds, tz=self.zone).utcoffset()
        return 0 if ahead is None else int(ahead.total_seconds())

    def stamp(self, seconds: float) -> str:
        """Write an instant as Meta does: the account's local time and offset, without a colon."""
        return _stamp(self.zone, int(seconds))

    def local_date(self, seconds: float) -> str:
        """Write the account's calendar date at an instant: ``YYYY-MM-DD``."""
        return datetime.fromtimestamp(seconds, tz=self.zone).strftime("%Y-%m-%d")


@dataclass(frozen=True, eq=False)
class Changing:
    """What campaigns, ad sets and ads have in common.

    Attributes:
        number: Place among all objects of its kind in the world.
        id: 18 digits.
        created: Unix seconds.
        changes: In the order of their instants.
    """

    number: int
    id: str
    account: Account
    name: str
    created: int
    changes: tuple[Change, ...]

    def _value(self, attribute: str, now: float, initial: str) -> str:
        value = initial
        for change in self.changes:
            if change.at > now:
                break
            if change.attribute == attribute:
                value = change.value
        return value

    def name_at(self, now: float) -> str:
        """Return the name at an instant."""
        return self._value("name", now, self.name) if self.changes else self.name

    def status_at(self, now: float) -> str:
        """Return the configured status at an instant: ACTIVE, PAUSED, ARCHIVED or DELETED."""
        return self._value("status", now, "ACTIVE") if self.changes else "ACTIVE"

    def updated_at(self, now: float) -> int:
        """Return the instant of the last change that had happened by an instant."""
        made = bisect_right([change.at for change in self.changes], now)
        return self.changes[made - 1].at if made else self.created

    def rename(self, at: int, name: str) -> None:
        """Give it another name from an instant on, whatever was scripted for its name later."""
        kept = (one for one in self.changes if one.attribute != "name" or one.at <= at)
        changes = sorted([*kept, Change(at, "name", name)], key=lambda change: change.at)
        object.__setattr__(self, "changes", tuple(changes))

    @cached_property
    def active_days(self) -> tuple[tuple[int, int], ...]:
        """The days on which the object itself is ACTIVE at local noon: (first, last) ordinals."""
        spans: list[tuple[int, int]] = []
        since: int | None = self._noon_day(self.created)
        for change in self.changes:
            if change.attribute != "status":
                continue
            day = self._noon_day(change.at)
            if change.value == "ACTIVE":
                since = day if since is None else since
            elif since is not None:
                spans.append((since, day - 1))
                since = None
        if since is not None:
            spans.append((since, date.max.toordinal()))
        return tuple(span for span in spans if span[0] <= span[1])

    def _noon_day(self, seconds: int) -> int:
        local = datetime.fromtimestamp(seconds, tz=self.account.zone)
        return local.toordinal() + (local.hour >= _NOON)


def overlap(
    left: tuple[tuple[int, int], ...], right: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    """Return the days that stand in both lists of closed intervals."""
    return tuple(
        (max(a, c), min(b, d)) for a, b in left for c, d in right if max(a, c) <= min(b, d)
    )


@dataclass(frozen=True, eq=False)
class Campaign(Changing):
    """A campaign; ``objective`` is one of Meta's ``OUTCOME_*`` values."""

    objective: str
    budget_minor: int

    def effective_status(self, now: float) -> str:
        """Return the status at an instant as Meta's ``effective_status``."""
        return self.status_at(now)


@dataclass(frozen=True, eq=False)
class AdSet(Changing):
    """An ad set; ``attribution`` is its attribution setting, for example ``7d_click_1d_view``."""

    campaign: Campaign
    attribution: str
    budget_minor: int
    end: int | None

    @property
    def optimization_goal(self) -> str:
        """The ``optimization_goal`` that goes with the campaign's objective."""
        return _GOALS[self.campaign.objective]

    def effective_status(self, now: float) -> str:
        """Return the status at an instant, with that of the campaign taken into account."""
        own, above = self.status_at(now), self.campaign.status_at(now)
        for verdict in ("DELETED", "ARCHIVED"):
            if verdict in (own, above):
                return verdict
        if own == "PAUSED":
            return own
        return "CAMPAIGN_PAUSED" if above == "PAUSED" else own


@dataclass(frozen=True, eq=False)
class Creative:
    """An ad creative."""

    number: int
    id: str
    account: Account
    name: str
    created: int
    has_video: bool


@dataclass(frozen=True, eq=False)
class Ad(Changing):
    """An ad.

    Attributes:
        listed: False for an ad that was deleted for good: only Insights still knows it.
        review: ``DISAPPROVED`` or ``PENDING_REVIEW`` for ads that never delivered, else empty.
        trait: Bits of ``metrics`` for the click fields that Meta does not report for this ad.
    """

    ad_set: AdSet
    creative: Creative
    listed: bool
    review: str
    trait: int
    flight: tuple[tuple[int, int], ...]

    @property
    def campaign(self) -> Campaign:
        """The campaign of the ad's ad set."""
        return self.ad_set.campaign

    def effective_status(self, now: float) -> str:
        """Return the status at an instant, with those of ad set and campaign taken into account."""
        own, ad_set, campaign = (
            self.status_at(now),
            self.ad_set.status_at(now),
            self.campaign.status_at(now),
        )
        for verdict in ("DELETED", "ARCHIVED"):
            if verdict in (own, ad_set, campaign):
                return verdict
        if own == "PAUSED":
            return own
        if campaign == "PAUSED":
            return "CAMPAIGN_PAUSED"
        if ad_set == "PAUSED":
            return "ADSET_PAUSED"
        return self.review or own

    @cached_property
    def delivery_days(self) -> tuple[tuple[int, int], ...]:
        """The days on which the ad may deliver: all three active, within the account's history."""
        if self.review:
            return ()
        open_end = ((self.account.first_day, date.max.toordinal()),)
        days = overlap(overlap(self.active_days, self.ad_set.active_days), open_end)
        return overlap(overlap(days, self.campaign.active_days), self.flight)


def utc_stamp(seconds: float) -> str:
    """Write an instant in UTC as Meta does for activities: ``2026-11-20T07:00:00+0000``."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+0000")
