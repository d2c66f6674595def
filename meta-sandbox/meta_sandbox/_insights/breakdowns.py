"""Breakdowns: which may be combined, which values they have, and how a day splits among them.

A day's atoms are dealt out so that the parts of every count add up to the whole exactly. ``age`` is
what ``age,gender`` gives, added up over ``gender``; so it is with the other members of a family.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from meta_sandbox._world import draw as d
from meta_sandbox._world import metrics as m

if TYPE_CHECKING:
    from meta_sandbox._world.objects import Ad

HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"
HOURLY_AUDIENCE = "hourly_stats_aggregated_by_audience_time_zone"
#: Meta gives these only to accounts that opted in; others get no rows.
OPT_IN = frozenset({"impression_device", "frequency_value", HOURLY_AUDIENCE})
#: Conversions that happen off Meta are not told for these.
WITHOUT_OFF_META = frozenset({"region", "comscore_market", HOURLY, HOURLY_AUDIENCE})

Keys = tuple[str, ...]


class Family(NamedTuple):
    """Breakdowns that are dealt out together.

    Attributes:
        names: The breakdowns.
        parts: (values in the order of ``names``, weight) for every part.
    """

    names: Keys
    parts: tuple[tuple[Keys, int], ...]


def _product(
    left: tuple[tuple[str, int], ...], right: tuple[tuple[str, int], ...]
) -> tuple[tuple[Keys, int], ...]:
    return tuple(((a, b), wa * wb) for a, wa in left for b, wb in right)


_AGES = (
    ("18-24", 150),
    ("25-34", 260),
    ("35-44", 230),
    ("45-54", 170),
    ("55-64", 110),
    ("65+", 70),
    ("unknown", 10),
)
_GENDERS = (("female", 50), ("male", 46), ("unknown", 4))
_REGIONS: tuple[tuple[Keys, int], ...] = (
    (("US", "California"), 24),
    (("US", "Hawaii"), 10),
    (("US", "New York"), 14),
    (("DE", "Bayern"), 8),
    (("DE", "Nordrhein-Westfalen"), 9),
    (("NZ", "Auckland"), 7),
    (("NZ", "Manawatū-Whanganui"), 3),
    (("JP", "Tokyo"), 9),
    (("JP", "Ōsaka"), 4),
    (("BR", "São Paulo (state)"), 5),
    (("GB", "England"), 5),
    (("unknown", "Unknown"), 2),
)
_POSITIONS: tuple[tuple[Keys, int], ...] = (
    (("facebook", "feed"), 30),
    (("facebook", "facebook_reels"), 9),
    (("facebook", "facebook_stories"), 5),
    (("facebook", "marketplace"), 4),
    (("facebook", "right_hand_column"), 2),
    (("instagram", "feed"), 17),
    (("instagram", "instagram_stories"), 12),
    (("instagram", "instagram_reels"), 11),
    (("instagram", "instagram_explore_grid_home"), 3),
    (("audience_network", "an_classic"), 4),
    (("messenger", "messenger_inbox"), 2),
    (("threads", "threads_feed"), 1),
)
_DEVICES = (("mobile_app", 80), ("mobile_web", 6), ("desktop", 13), ("unknown", 1))
_PUBLISHERS = (("facebook", 50), ("instagram", 43), ("audience_network", 4), ("messenger", 3))
_IMPRESSION_DEVICES = (
    ("android_smartphone", 45),
    ("iphone", 35),
    ("desktop", 12),
    ("ipad", 5),
    ("android_tablet", 2),
    ("other", 1),
)
_HOURS = tuple(((f"{h:02d}:00:00 - {h:02d}:59:59",), share) for h, share in enumerate(m._HOURS))  # noqa: SLF001 - one table of the day's course
_MARKETS = (
    ("New York", 30),
    ("Los Angeles", 25),
    ("Chicago", 15),
    ("Honolulu", 10),
    ("Unknown", 20),
)


def _single(values: tuple[tuple[str, int], ...]) -> tuple[tuple[Keys, int], ...]:
    return tuple(((value,), weight) for value, weight in values)


_FAMILIES = (
    Family(("age", "gender"), _product(_AGES, _GENDERS)),
    Family(("country", "region"), _REGIONS),
    Family(("publisher_platform", "platform_position"), _POSITIONS),
    Family(("device_platform",), _single(_DEVICES)),
    Family(("publisher_platform", "device_platform"), _product(_PUBLISHERS, _DEVICES)),
    Family(
        ("publisher_platform", "platform_position", "impression_device"),
        tuple(
            ((*position, device), weight * share)
            for position, weight in _POSITIONS
            for device, share in _IMPRESSION_DEVICES
        ),
    ),
    Family((HOURLY,), _HOURS),
    Family((HOURLY_AUDIENCE,), _HOURS),
    Family(("frequency_value",), _single((("1", 60), ("2", 25), ("3-5", 10), ("6-10", 5)))),
    Family(("comscore_market",), _single(_MARKETS)),
    Family(
        ("product_id",),
        _single(tuple((f"{n}, Article {n}", 10 + n) for n in (101, 102, 103, 104))),
    ),
)
ASSETS = frozenset(
    """
    ad_format_asset body_asset call_to_action_asset description_asset image_asset link_url_asset
    title_asset video_asset
    """.split()
)
#: Fields that go with an asset breakdown; Meta supports no others.
ASSET_FIELDS = frozenset({"impressions", "clicks", "spend", "reach", "actions", "action_values"})

# Meta's list of breakdowns that go together, those seen to work in practice added.
_ALLOWED = frozenset(
    frozenset(names.split(","))
    for names in f"""
    age gender age,gender country region country,region publisher_platform
    publisher_platform,platform_position publisher_platform,impression_device
    publisher_platform,platform_position,impression_device platform_position device_platform
    publisher_platform,device_platform product_id {HOURLY} {HOURLY_AUDIENCE} frequency_value
    comscore_market
    """.split()
)
_WITH_ASSET = frozenset({frozenset[str](), frozenset({"age"}), frozenset({"gender"})}) | {
    frozenset({"age", "gender"})
}
_CARDS = frozenset({"impression_device", "country", "age", "gender"})
# Action breakdown -> the breakdowns it may be joined with, where not all will do.
_ACTIONS_GO_WITH = {
    "action_device": frozenset({"publisher_platform", "platform_position", "impression_device"}),
    "action_carousel_card_id": _CARDS,
    "action_carousel_card_name": _CARDS,
    "action_reaction": frozenset[str](),
}
# Those that let ``impression_device`` stand without a platform.
_WITH_DEVICE = ("action_device", "action_carousel_card_id", "action_carousel_card_name")


def combines(breakdowns: Keys, action_breakdowns: Keys, *, wants_actions: bool) -> bool:
    """Tell whether Meta takes these breakdowns together.

    From Meta's list of permutations, and from what is known to fail although it looks alike:
    ``impression_device`` by itself, ``platform_position`` by itself when actions are asked for,
    ``action_device`` with ``country``.

    Args:
        breakdowns: As asked.
        action_breakdowns: As asked, or ``action_type`` when nothing was.
        wants_actions: Whether ``actions`` is among the fields.
    """
    asked = frozenset(breakdowns)
    more = frozenset(action_breakdowns) - {"action_type", "action_target_id", "action_destination"}
    if assets := asked & ASSETS:
        return len(assets) == 1 and asked - assets in _WITH_ASSET and not more
    if any(action in more and not asked <= others for action, others in _ACTIONS_GO_WITH.items()):
        return False
    if asked == {"platform_position"}:
        return not wants_actions
    if asked == {"impression_device"}:
        return not more.isdisjoint(_WITH_DEVICE)
    return len(asked) <= 1 or asked in _ALLOWED


def family_of(breakdowns: Keys) -> Family | None:
    """Return the family that deals out these breakdowns; None for those without any data here."""
    asked = frozenset(breakdowns) - ASSETS
    return next((family for family in _FAMILIES if asked <= frozenset(family.names)), None)


def values_of(breakdowns: Keys, family: Family) -> int:
    """Return into how many rows these breakdowns may split one, which is 1 without any."""
    places = [family.names.index(name) for name in breakdowns if name not in ASSETS]
    return len({tuple(values[place] for place in places) for values, _ in family.parts})


_BY_NAMES = {family.names: family for family in _FAMILIES}


@lru_cache(maxsize=8_192)
def _bounds(seed: int, number: int, names: Keys, hours: int) -> tuple[int, ...]:
    """Return the cumulative weights of a family's parts for one ad; the last one is the total."""
    family = _BY_NAMES[names]
    u = d.draws(seed, 105, number) + d.draws(seed, 106, number)
    total, bounds = 0, []
    for place, (_, weight) in enumerate(family.parts):
        if names == (HOURLY,):
            total += weight if place < hours else 0
        else:
            total += weight * (40 + (u[place % len(u)] * 120 >> 16))
        bounds.append(total)
    return tuple(bounds)


def split(
    seed: int, cell: m.Cell, breakdowns: Keys, family: Family, hours: int
) -> dict[Keys, list[int]]:
    """Deal out one ad's day.

    Args:
        seed: The world's seed.
        cell: The day.
        breakdowns: As asked; the keys of the answer have this order.
        family: The family these breakdowns belong to.
        hours: How many of the day's hours have passed; hourly parts beyond them get nothing.

    Returns:
        Values of the breakdowns -> atoms (``COUNTS`` of them), only parts with something in them.
        All parts together have exactly the cell's counts.
    """
    bounds = _bounds(seed, cell.ad.number, family.names, hours)
    total = bounds[-1]
    places = [family.names.index(name) for name in breakdowns]
    parts: dict[Keys, list[int]] = {}
    rows = []
    for values, _ in family.parts:
        key = tuple(values[place] for place in places)
        rows.append(parts.setdefault(key, [0] * m.COUNTS))
    conversions = not WITHOUT_OFF_META.intersection(breakdowns)
    salt = cell.salt
    for atom in range(m.COUNTS if conversions else m.FIRST_CONVERSION):
        count = cell.counts[atom]
        if not count:
            continue
        # The offset moves where fractions fall, so that lone events do not all land at the end.
        salt = salt * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        offset = salt % total
        before = 0
        for place, bound in enumerate(bounds):
            upto = (count * bound + offset) // total
            if upto != before:
                rows[place][atom] += upto - before
                before = upto
    return {key: counts for key, counts in parts.items() if any(counts)}


def asset_value(name: str, ad: Ad | None) -> object:
    """Return the value of an asset breakdown: an object, as Meta gives it."""
    if ad is None:
        return None
    number = str(6_051_000_000_000 + ad.creative.number)
    if name == "ad_format_asset":
        return "single_video_format" if ad.creative.has_video else "single_image_format"
    if name in {"image_asset", "video_asset"}:
        kind = "image" if name == "image_asset" else "video"
        return {
            f"{kind}_name": ad.creative.name,
            "id": number,
            "hash": f"{ad.creative.number:032x}",
        }
    if name == "link_url_asset":
        return {"website_url": "https://shop.example/", "id": number}
    if name == "call_to_action_asset":
        return {"name": "SHOP_NOW", "id": number}
    return {"text": ad.creative.name, "id": number}
