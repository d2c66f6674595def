"""The made-up advertiser: which objects there are. What they delivered: ``metrics``."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from meta_sandbox._world import draw as d
from meta_sandbox._world import names
from meta_sandbox._world.audiences import Audiences
from meta_sandbox._world.clock import Clock
from meta_sandbox._world.objects import Account, Ad, AdSet, Campaign, Change, Creative

if TYPE_CHECKING:
    from collections.abc import Iterable

_DAY = 86_400
_HOUR = 3_600

#: (time zone, currency, minor digits). The first ones lie as far apart as calendars can.
PLACES = (
    ("Pacific/Honolulu", "USD", 2),
    ("Pacific/Auckland", "NZD", 2),
    ("Asia/Tokyo", "JPY", 0),
    ("Europe/Berlin", "EUR", 2),
    ("America/New_York", "USD", 2),
    ("Asia/Kolkata", "INR", 2),
    ("America/Sao_Paulo", "BRL", 2),
    ("Europe/London", "GBP", 2),
)
_ACCOUNT_DIGITS = (18, 15, 17, 16)
_OBJECTIVES = (
    "OUTCOME_SALES",
    "OUTCOME_LEADS",
    "OUTCOME_TRAFFIC",
    "OUTCOME_SALES",
    "OUTCOME_ENGAGEMENT",
    "OUTCOME_SALES",
    "OUTCOME_AWARENESS",
)
_ATTRIBUTIONS = ("7d_click_1d_view", "7d_click_1d_view", "7d_click_1d_view", "1d_click", "7d_click")
# By place in the list, so that small worlds hold each kind too.
_CAMPAIGN_FATES = {2: "PAUSED", 7: "ARCHIVED", 11: "DELETED"}
_AD_SET_FATES = {5: "PAUSED", 10: "ARCHIVED", 15: "DELETED"}
_AD_FATES = {3: "PAUSED", 5: "ARCHIVED", 7: "DELETED", 13: "PAUSED"}
_AD_TRAITS = {6: 1, 11: 3, 16: 7, 21: 15}
_AD_REVIEWS = {9: "DISAPPROVED", 29: "PENDING_REVIEW"}
# How far beyond its first instant the world knows what will happen: new ads, renames, pauses.
_SCRIPT_DAYS = 60


class World:
    """A made-up advertiser, the same for the same arguments, on every machine.

    Objects follow from the seed and from the UTC date the world is made for. Moving the clock later
    reveals what was scripted to happen; it never changes the past, save for late conversions.

    Args:
        seed: Any integer.
        accounts: How many ad accounts, at least 1.
        ads: How many ads each account has at ``now``; a few more appear when the clock moves on.
        days: Days of history before that date.
        now: The instant that the clock starts from; the real one when left out.
        made_at: The instant the world is made for, ``now`` when left out; only its UTC date counts.
            Give an earlier run's with a later ``now`` to meet the same advertiser later.
        unlisted_share: Share of the ads that only Insights still knows, from 0 to 1. When it is
            above 0, an account of ten ads or more has at least one.

    Attributes:
        seed: As given.
        clock: What the world takes for the current instant.
        accounts: All ad accounts.
        audiences: All custom audiences; what is uploaded goes there.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        accounts: int = 3,
        ads: int = 200,
        days: int = 90,
        now: datetime | None = None,
        made_at: datetime | None = None,
        unlisted_share: float = 0.02,
    ) -> None:
        if accounts < 1 or ads < 0 or days < 1:
            raise ValueError("A world needs at least one account, no fewer than 0 ads, and 1 day.")
        if not 0 <= unlisted_share <= 1:
            raise ValueError("The share of unlisted ads lies between 0 and 1.")
        self.seed = seed
        self.clock = Clock(now)
        self.anchor = int((made_at or self.clock.now()).timestamp()) // _DAY * _DAY
        self.days = days
        self._ads_each = ads
        self._unlisted_share = unlisted_share
        self.accounts = tuple(self._account(number) for number in range(accounts))
        self._by_account_id = {account.account_id: account for account in self.accounts}
        self._campaigns: dict[int, list[Campaign]] = {}
        self._ad_sets: dict[int, list[AdSet]] = {}
        self._ads: dict[int, list[Ad]] = {}
        self._creatives: dict[int, list[Creative]] = {}
        for account in self.accounts:
            self._populate(account)
        self.audiences = Audiences(self)

    @property
    def size(self) -> int:
        """Number of (ad, day) pairs, with delivery or without."""
        return len(self.accounts) * self._ads_each * self.days

    # ---------------------------------------------------------------- looking things up

    def account(self, account_id: str) -> Account | None:
        """Return the account with an id, with or without ``act_``."""
        return self._by_account_id.get(account_id.removeprefix("act_"))

    def campaigns(self, account: Account | None = None) -> list[Campaign]:
        """Return the campaigns that exist at the clock's instant, of one account or of all."""
        return self._existing(self._campaigns, account)

    def ad_sets(self, account: Account | None = None) -> list[AdSet]:
        """Return the ad sets that exist at the clock's instant, of one account or of all."""
        return self._existing(self._ad_sets, account)

    def ads(self, account: Account | None = None, *, unlisted: bool = False) -> list[Ad]:
        """Return the ads that exist at the clock's instant, of one account or of all.

        Args:
            account: Whose ads; everyone's when left out.
            unlisted: Also those that were deleted for good, which only Insights still knows.
        """
        return [ad for ad in self._existing(self._ads, account) if unlisted or ad.listed]

    def creatives(self, account: Account | None = None) -> list[Creative]:
        """Return the creatives that exist at the clock's instant, of one account or of all."""
        return self._existing(self._creatives, account)

    def _existing(self, table: dict[int, list[d.T]], account: Account | None) -> list[d.T]:
        now = self.clock.seconds()
        groups: Iterable[list[d.T]] = (
            table.values() if account is None else (table.get(account.number, []),)
        )
        return [thing for group in groups for thing in group if thing.created <= now]  # type: ignore[attr-defined] # all four kinds have it

    @cached_property
    def by_id(self) -> dict[str, Campaign | AdSet | Ad | Creative]:
        """Every campaign, ad set, ad and creative that is or will be, by id."""
        table: dict[str, Campaign | AdSet | Ad | Creative] = {}
        for number in range(len(self.accounts)):
            for group in (self._campaigns, self._ad_sets, self._ads, self._creatives):
                table.update((thing.id, thing) for thing in group[number])
        return table

    # ---------------------------------------------------------------- making them

    def _draws(self, kind: int, number: int) -> tuple[int, ...]:
        return d.draws(self.seed, kind, number)

    def _account(self, number: int) -> Account:
        zone_name, currency, digits = PLACES[number % len(PLACES)]
        zone = ZoneInfo(zone_name)
        u = self._draws(d.ACCOUNT, number)
        length = _ACCOUNT_DIGITS[number % len(_ACCOUNT_DIGITS)]
        text = "1" + "".join(f"{draw:05d}" for draw in u[:8])
        today = datetime.fromtimestamp(self.anchor, tz=zone).toordinal()
        return Account(
            number=number,
            account_id=text[: length - 3] + f"{number:03d}",
            name=names.ACCOUNT_NAMES[number % len(names.ACCOUNT_NAMES)],
            zone=zone,
            currency=currency,
            minor_digits=digits,
            created=self.anchor - (self.days + 40) * _DAY,
            first_day=today - self.days,
            page_id=d.encode_id(self.seed, d.PAGE, number),
            pixel_id=d.encode_id(self.seed, d.PIXEL, number),
        )

    def _populate(self, account: Account) -> None:
        wanted = self._ads_each
        later = max(1, wanted // 20) if wanted else 0
        campaigns = min(wanted, max(3, wanted // 10))
        ad_sets = min(wanted, max(campaigns, wanted // 4))
        base = account.number * 1_000_000
        self._campaigns[account.number] = [
            self._campaign(account, base + n, n) for n in range(campaigns)
        ]
        self._ad_sets[account.number] = [
            self._ad_set(self._campaigns[account.number][n % campaigns], base + n, n)
            for n in range(ad_sets)
        ]
        creatives = self._creatives[account.number] = [
            self._creative(account, base + n, n) for n in range(max(1, wanted * 4 // 5))
        ]
        unlisted = round(wanted * self._unlisted_share)
        if wanted >= 10 and self._unlisted_share > 0:  # noqa: PLR2004 - as the docstring says
            unlisted = max(1, unlisted)
        step = wanted // unlisted if unlisted else 0
        hidden = {i * step + step // 2 for i in range(unlisted)}
        self._ads[account.number] = [
            self._ad(
                self._ad_sets[account.number][n % ad_sets],
                creatives[n % len(creatives)],
                base + n,
                n,
                listed=n not in hidden,
                later=n >= wanted,
            )
            for n in range(wanted + later)
        ]

    def _campaign(self, account: Account, number: int, place: int) -> Campaign:
        u = self._draws(d.CAMPAIGN, number)
        created = account.created + d.between(0, 20 * 24, u[0]) * _HOUR
        return Campaign(
            number=number,
            id=d.encode_id(self.seed, d.CAMPAIGN, number),
            account=account,
            name=names.numbered(names.CAMPAIGN_THEMES, place, "C"),
            created=created,
            changes=self._changes(
                created, u, _CAMPAIGN_FATES.get(place % 12), names.CAMPAIGN_THEMES, f"C{place + 1}"
            ),
            objective=_OBJECTIVES[place % len(_OBJECTIVES)],
            budget_minor=d.between(20, 400, u[1]) * 10 ** (2 + account.minor_digits // 2),
        )

    def _ad_set(self, campaign: Campaign, number: int, place: int) -> AdSet:
        u = self._draws(d.AD_SET, number)
        created = campaign.created + d.between(0, 10 * 24, u[0]) * _HOUR
        return AdSet(
            number=number,
            id=d.encode_id(self.seed, d.AD_SET, number),
            account=campaign.account,
            name=names.numbered(names.AD_SET_THEMES, place, "S"),
            created=created,
            changes=self._changes(
                created, u, _AD_SET_FATES.get(place % 16), names.AD_SET_THEMES, f"S{place + 1}"
            ),
            campaign=campaign,
            attribution=_ATTRIBUTIONS[place % len(_ATTRIBUTIONS)],
            budget_minor=d.between(5, 150, u[1]) * 10 ** (2 + campaign.account.minor_digits // 2),
            end=self.anchor + d.between(5, 90, u[2]) * _DAY if place % 4 == 1 else None,
        )

    def _creative(self, account: Account, number: int, place: int) -> Creative:
        u = self._draws(d.CREATIVE, number)
        return Creative(
            number=number,
            id=d.encode_id(self.seed, d.CREATIVE, number),
            account=account,
            name=names.numbered(names.AD_THEMES, place, "Creative "),
            created=account.created + d.between(0, 39 * 24, u[0]) * _HOUR,
            has_video=place % 3 == 1,
        )

    def _ad(
        self,
        ad_set: AdSet,
        creative: Creative,
        number: int,
        place: int,
        *,
        listed: bool,
        later: bool,
    ) -> Ad:
        u = self._draws(d.AD, number)
        account = ad_set.account
        history = self.days * 24
        fate = None if later else _AD_FATES.get(place % 20)
        if not listed:
            fate = "DELETED"
        if later:
            created = self.anchor + d.between(24, _SCRIPT_DAYS * 24, u[0]) * _HOUR
        elif place % 3 == 0 or fate:  # runs from the first day on
            created = max(ad_set.created, account.created + d.between(0, 24, u[0]) * _HOUR)
        else:
            began = account.instant(account.first_day)
            created = max(ad_set.created, began + d.between(0, history * 4 // 5, u[0]) * _HOUR)
        # A third of the ads runs for a while and ends by itself, the status untouched.
        first = account.day(created)
        last = first + d.between(5, 120, u[3]) if place % 3 == 1 else date.max.toordinal()
        return Ad(
            number=number,
            id=d.encode_id(self.seed, d.AD, number),
            account=account,
            name=names.numbered(names.AD_THEMES, place, "#"),
            created=created,
            changes=self._changes(created, u, fate, names.AD_THEMES, f"#{place + 1}"),
            ad_set=ad_set,
            creative=creative,
            listed=listed,
            review="" if fate or later else _AD_REVIEWS.get(place % 40, ""),
            trait=_AD_TRAITS.get(place % 25, 0),
            flight=((first, last),),
        )

    def _changes(
        self,
        created: int,
        u: tuple[int, ...],
        fate: str | None,
        themes: tuple[str, ...],
        suffix: str,
    ) -> tuple[Change, ...]:
        """Script an object's life: its fate before the anchor, surprises on both sides of it."""
        changes: list[Change] = []
        horizon = self.anchor + _SCRIPT_DAYS * _DAY
        if fate is not None:
            # In the last third of the object's life so far, at least an hour before the anchor.
            earliest = created + (self.anchor - created) * 2 // 3
            at = d.between(earliest // _HOUR, max(earliest, self.anchor - _HOUR) // _HOUR, u[20])
            if fate in ("ARCHIVED", "DELETED"):
                pause = created + (at * _HOUR - created) * 9 // 10
                changes.append(Change(pause, "status", "PAUSED"))
            changes.append(Change(at * _HOUR, "status", fate))
            if fate == "PAUSED" and u[21] % 2:
                back = d.between(self.anchor // _HOUR + 1, horizon // _HOUR, u[22]) * _HOUR
                changes.append(Change(back, "status", "ACTIVE"))
        elif u[21] % 8 == 0:
            stop = d.between(self.anchor // _HOUR + 1, horizon // _HOUR, u[22]) * _HOUR
            changes.append(Change(max(stop, created + _HOUR), "status", "PAUSED"))
        if u[23] % 5 == 0 and fate in (None, "PAUSED"):
            at = d.between(created // _HOUR + 1, horizon // _HOUR, u[24]) * _HOUR
            changes.append(Change(at, "name", f"{d.pick(themes, u[25])} {suffix} (renamed)"))
        return tuple(sorted(changes, key=lambda change: change.at))
