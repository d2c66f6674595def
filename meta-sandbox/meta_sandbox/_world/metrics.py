"""What one ad did on one day: a pure function of the seed, the ad, the day and how late one looks.

The figures are kept as *atoms*: counts that do not overlap. ``clicks`` is the sum of four of them,
``impressions`` of five. Whatever is done to atoms, adding up days or splitting by age, keeps every
inequality of the real thing: outbound clicks never exceed link clicks, these never exceed clicks,
and so on; and parts always add up to the whole.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from meta_sandbox._world import draw as d

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meta_sandbox._world.objects import Ad

# Clicks and impressions, from the innermost to the outermost.
LANDING, OUTBOUND_REST, LINK_REST, CLICK_REST, VIEW_REST = range(5)
REACH, SPEND, COMMENT, REACTION, LIKE, SHARE, SAVE, PHOTO = range(5, 13)
# Video views: those who saw all of it, then each time those who saw less.
P100, P95, P75, P50, P25, THREE_SECONDS, TWO_SECONDS, PLAY, WATCHED = range(13, 22)
FORM_LEAD = 22
#: Conversions on the advertiser's own site, each as five atoms: within a day of a click, within
#: 7 days, within 28 days, within a day of a view, within a day of an engaged view.
CONVERSIONS = (
    "purchase",
    "add_to_cart",
    "initiate_checkout",
    "view_content",
    "lead",
    "complete_registration",
    "contact",
)
FIRST_CONVERSION = 23
WINDOW_ATOMS = 5
COUNTS = FIRST_CONVERSION + len(CONVERSIONS) * WINDOW_ATOMS
#: After the counts: purchase value in minor units, by the same five atoms.
VALUE = COUNTS
#: After that, per conversion and for the value: what the ad set's own attribution setting counts.
DEFAULT = VALUE + WINDOW_ATOMS
ATOMS = DEFAULT + len(CONVERSIONS) + 1

#: Bits of ``Ad.trait``: fields that Meta does not report for the ad.
NO_INLINE, NO_LINK_CLICK, NO_OUTBOUND, NO_CLICKS = 1, 2, 4, 8

#: Days after which a day's figures are final.
FINAL_AGE = 28
_WEEKDAYS = (96, 92, 94, 98, 104, 112, 106)
# Share of a day's delivery that each hour brings, in FULLths; the last hour takes the rest.
_HOURS = (2, 1, 1, 1, 1, 2, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 7, 8, 7, 5, 3)


def _ramp(points: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """Draw straight lines between (age, percent) points; in FULLths, one per age to FINAL_AGE."""
    values = [
        percent + (next_percent - percent) * step // (next_age - age)
        for (age, percent), (next_age, next_percent) in pairwise(points)
        for step in range(next_age - age)
    ]
    values += [100] * (FINAL_AGE + 1 - len(values))
    return tuple(d.FULL * value // 100 for value in values)


# How much of each kind of conversion is known some days later: nobody has converted within
# 28 days of a click of yesterday.
_RAMPS = (
    _ramp(((0, 40), (1, 85), (3, 96), (7, 100))),
    _ramp(((0, 10), (1, 35), (7, 85), (28, 100))),
    _ramp(((0, 0), (7, 5), (28, 100))),
    _ramp(((0, 40), (2, 95), (5, 100))),
    _ramp(((0, 40), (2, 95), (5, 100))),
)
# An account delivers nothing on one day in so many.
_REST_EVERY = 29
# How often an ad rests for a day.
_REST_RATE = d.FULL * 6 // 100
# Clicks found invalid are paid back: the first days show a little too much spend.
_OVERSPEND = (0, d.FULL * 15 // 1000, d.FULL * 6 // 1000)


def hours_begun(hours: int) -> int:
    """Return the share of a day's delivery, in FULLths, that its first hours bring."""
    return d.FULL if hours >= len(_HOURS) else d.FULL * sum(_HOURS[:hours]) // 100


class Profile(NamedTuple):
    """How an ad behaves on all of its days; rates are in FULLths."""

    impressions: int
    click_rate: int
    link_share: int
    outbound_share: int
    price_per_mille: int
    video_rate: int
    funnel: tuple[int, ...]
    value: int
    reach_rate: int


@lru_cache(maxsize=16_384)
def _profile(seed: int, number: int, objective: str, minor_digits: int, *, video: bool) -> Profile:
    u = d.draws(seed, 100, number)
    full = d.FULL
    unit = 1 if minor_digits == 2 else 2  # noqa: PLR2004 - a yen is worth about a cent, give or take
    sales = objective == "OUTCOME_SALES"
    leads = objective == "OUTCOME_LEADS"
    funnel = (
        (full * 4 // 10, full // 4, full * 5 // 10, full * 8 // 10, 0, 0, 0)
        if sales
        else (0, 0, 0, full // 3, full // 5, full // 9, full // 15)
        if leads
        else (0, 0, 0, full // 2, 0, 0, 0)
    )
    return Profile(
        impressions=d.pick((60, 150, 400, 900, 1_800, 3_500, 7_000, 16_000), u[0])
        * d.between(70, 150, u[1])
        // 100,
        click_rate=full * d.between(8, 45, u[2]) // 1000,
        link_share=full * d.between(55, 90, u[3]) // 100,
        outbound_share=full * d.between(60, 97, u[4]) // 100,
        price_per_mille=d.between(280, 2_600, u[5]) // unit,
        video_rate=full * d.between(25, 70, u[6]) // 100 if video else 0,
        funnel=funnel,
        value=d.between(3_000, 22_000, u[7]) // unit,
        reach_rate=full * d.between(55, 93, u[8]) // 100,
    )


def profile(seed: int, ad: Ad) -> Profile:
    """Return how an ad behaves."""
    return _profile(
        seed,
        ad.number,
        ad.campaign.objective,
        ad.account.minor_digits,
        video=ad.creative.has_video,
    )


def _may_deliver(seed: int, ad: Ad, day: int) -> bool:
    """Tell whether an ad is running on a day; some days an account delivers nothing at all."""
    for first, last in ad.delivery_days:
        if first <= day <= last:
            return not _account_rests(seed, ad.account.number, day)
    return False


@lru_cache(maxsize=65_536)
def _account_rests(seed: int, account: int, day: int) -> bool:
    return (day + d.draws(seed, 102, account)[0]) % _REST_EVERY == 0


class Cell(NamedTuple):
    """One ad on one day.

    Attributes:
        counts: The atoms that can be split, ``COUNTS`` of them.
        price: Purchase value per purchase on that day, in minor units.
        salt: An integer that decides how splits fall.
    """

    ad: Ad
    counts: tuple[int, ...]
    price: int
    salt: int


def cell(seed: int, ad: Ad, day: int, now_day: int, now_hour: int) -> Cell | None:
    """Return what an ad did on a day, as far as it is known by now.

    Args:
        seed: The world's seed.
        ad: The ad.
        day: Proleptic ordinal of the day, in the account's calendar.
        now_day: The account's current day.
        now_hour: The account's current hour, 0 to 23; today counts for its finished hours.

    Returns:
        The figures, or None when there was no delivery.
    """
    age = now_day - day
    if age < 0 or not _may_deliver(seed, ad, day):
        return None
    final = _final(seed, ad, day)
    if final is None:
        return None
    counts, price, salt = final
    if age >= FINAL_AGE:
        return Cell(ad, counts, price, salt)
    shown = list(counts)
    if age == 0:
        done = hours_begun(now_hour)
        shown = [count * done >> 16 for count in shown]
        if not any(shown[:REACH]):
            return None
        shown[REACH] = max(1, shown[REACH])
    elif age < len(_OVERSPEND):
        shown[SPEND] += shown[SPEND] * _OVERSPEND[age] >> 16
    ramp = [table[age] for table in _RAMPS]
    for first in range(FIRST_CONVERSION, COUNTS, WINDOW_ATOMS):
        if any(counts[first : first + WINDOW_ATOMS]):
            for step in range(WINDOW_ATOMS):
                shown[first + step] = shown[first + step] * ramp[step] >> 16
    return Cell(ad, tuple(shown), price, salt)


@lru_cache(maxsize=20_000)
def _final(seed: int, ad: Ad, day: int) -> tuple[tuple[int, ...], int, int] | None:
    """Return a day's (counts, price, salt) when all is known; None when the ad rested that day."""
    u = d.draws(seed, 103, ad.number, day)
    if u[29] < _REST_RATE:
        return None
    v = d.draws(seed, 104, ad.number, day)
    how = profile(seed, ad)
    part = d.portion
    views = max(1, how.impressions * _WEEKDAYS[day % 7] * d.between(55, 145, u[0]) // 10_000)
    clicks = part(views, how.click_rate * d.between(70, 130, u[1]) // 100, u[2])
    link = part(clicks, how.link_share, u[3])
    outbound = part(link, how.outbound_share, u[4])
    landing = part(outbound, d.FULL * 82 // 100, u[5])
    spend = (views * how.price_per_mille * d.between(75, 130, u[6]) // 100 + u[7] % 1000) // 1000
    counts = [
        landing,
        outbound - landing,
        link - outbound,
        clicks - link,
        views - clicks,
        max(1, part(views, how.reach_rate, u[8])),
        spend,
        part(clicks, d.FULL // 40, u[9]),
        part(clicks, d.FULL // 6, u[10]),
        part(clicks, d.FULL // 60, u[11]),
        part(clicks, d.FULL // 50, u[12]),
        part(clicks, d.FULL // 90, u[13]),
        0 if how.video_rate else part(clicks, d.FULL // 12, u[14]),
        *_video(views, how.video_rate, u),
        part(outbound, d.FULL // 14, u[25]) if how.funnel[4] else 0,
        *_conversions(landing, views, how.funnel, v),
    ]
    return tuple(counts), max(1, how.value * d.between(60, 160, u[26]) // 100), u[27] << 16 | u[28]


def _video(views: int, rate: int, u: tuple[int, ...]) -> list[int]:
    if not rate:
        return [0] * 9
    kept = [part := d.portion(views, rate, u[15])]
    for share, draw in zip((80, 62, 45, 60, 65, 70, 75), u[16:23], strict=True):
        kept.append(part := d.portion(part, d.FULL * share // 100, draw))
    kept.reverse()
    rest = [kept[0], *(wider - narrower for narrower, wider in pairwise(kept))]
    return [*rest, kept[-1] * d.between(3, 9, u[23])]


def _conversions(
    landing: int, views: int, funnel: tuple[int, ...], v: tuple[int, ...]
) -> list[int]:
    content = d.portion(landing, funnel[3], v[0])
    cart = d.portion(content, funnel[1], v[1])
    checkout = d.portion(cart, funnel[2], v[2])
    totals = (
        d.portion(checkout, funnel[0], v[3]),
        cart,
        checkout,
        content,
        d.portion(landing, funnel[4], v[4]),
        d.portion(landing, funnel[5], v[5]),
        d.portion(landing, funnel[6], v[6]),
    )
    atoms: list[int] = []
    for place, (total, rate) in enumerate(zip(totals, funnel, strict=True)):
        if not rate:
            atoms += (0, 0, 0, 0, 0)
            continue
        w = v[7 + place * 3 : 10 + place * 3]
        first = d.portion(total, d.FULL * 62 // 100, w[0])
        week = d.portion(total - first, d.FULL * 70 // 100, w[1])
        seen = d.portion(total, d.FULL // 6, w[2]) + (views * 3 + w[0] >> 16)
        atoms += (first, week, total - first - week, seen, d.portion(seen, d.FULL // 3, w[1]))
    return atoms


def complete(ad: Ad, counts: Sequence[int], price: int) -> tuple[int, ...]:
    """Append to split or whole counts what follows from them: values and default attribution.

    Args:
        ad: The ad; its ad set's attribution setting decides what ``default`` counts.
        counts: ``COUNTS`` atoms.
        price: Value of one purchase in minor units.

    Returns:
        ``ATOMS`` atoms.
    """
    if not any(counts[FIRST_CONVERSION:COUNTS]):
        return (*counts, *_NO_CONVERSIONS)
    values = tuple(count * price for count in counts[FIRST_CONVERSION : FIRST_CONVERSION + 5])
    return (
        *counts,
        *values,
        *(
            default_of(ad.ad_set.attribution, counts, first)
            for first in range(FIRST_CONVERSION, COUNTS, WINDOW_ATOMS)
        ),
        default_of(ad.ad_set.attribution, values, 0),
    )


_NO_CONVERSIONS = (0,) * (ATOMS - COUNTS)


def default_of(attribution: str, atoms: Sequence[int], first: int) -> int:
    """Return what an attribution setting counts of five atoms that begin at ``first``."""
    if attribution == "1d_click":
        return atoms[first]
    if attribution == "7d_click":
        return atoms[first] + atoms[first + 1]
    return atoms[first] + atoms[first + 1] + atoms[first + 3]
