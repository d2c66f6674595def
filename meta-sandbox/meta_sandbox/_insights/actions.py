"""The action lists of Insights: types that overlap, windows inside each entry, more splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meta_sandbox._insights.facts import UNIQUE_SHARE, Facts, ceil_share, decimal, money
from meta_sandbox._world import metrics as m

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: (default, 1d_click, 7d_click, 28d_click, 1d_view, 1d_ev)
Windows = tuple[int, int, int, int, int, int]
Tally = list[tuple[str, Windows]]
Entry = dict[str, object]
_NONE: Windows = (0, 0, 0, 0, 0, 0)

#: The windows Meta still fills. ``7d_view`` and ``28d_view`` are taken and bring nothing.
WINDOW_PLACES = {"1d_click": 1, "7d_click": 2, "28d_click": 3, "1d_view": 4, "1d_ev": 5}

# Every conversion appears under several names, which repeat each other: they must not be summed.
_NAMES: dict[str, tuple[str, ...]] = {
    "purchase": (
        "omni_purchase",
        "purchase",
        "offsite_conversion.fb_pixel_purchase",
        "onsite_web_purchase",
        "onsite_web_app_purchase",
    ),
    "add_to_cart": (
        "omni_add_to_cart",
        "add_to_cart",
        "offsite_conversion.fb_pixel_add_to_cart",
    ),
    "initiate_checkout": (
        "omni_initiated_checkout",
        "initiate_checkout",
        "offsite_conversion.fb_pixel_initiate_checkout",
    ),
    "view_content": (
        "omni_view_content",
        "view_content",
        "offsite_conversion.fb_pixel_view_content",
    ),
    "lead": ("offsite_conversion.fb_pixel_lead",),
    "complete_registration": (
        "omni_complete_registration",
        "complete_registration",
        "offsite_conversion.fb_pixel_complete_registration",
    ),
    "contact": (),
}
_DEVICES = (("iphone", 50), ("android_smartphone", 38), ("desktop", 12))
_REACTIONS = (("like", 80), ("love", 15), ("wow", 5))
# Other action breakdowns put one value on every entry that has one.
_SINGLE = {
    "action_destination": "shop.example",
    "action_target_id": "100000000000001",
    "action_carousel_card_id": "0",
    "action_carousel_card_name": "Card 1",
    "action_canvas_component_name": "Header",
    "action_video_sound": "sound_off",
    "action_video_type": "total",
}


def _on_meta(count: int) -> Windows:
    """On Meta a click counts for every click window alike."""
    return count, count, count, count, 0, 0


def _plus(left: Windows, right: Windows) -> Windows:
    a, b, c, d, e, f = (x + y for x, y in zip(left, right, strict=True))
    return a, b, c, d, e, f


def tally_actions(facts: Facts) -> Tally:
    """Return ``actions``: on-Meta types, then conversions, those without any left out."""
    a = facts.atoms
    engagement = facts.post_engagement
    form_leads = a[m.FORM_LEAD]
    found: Tally = [
        (name, _on_meta(count))
        for name, count in (
            ("link_click", facts.link_clicks),
            ("landing_page_view", a[m.LANDING]),
            ("comment", a[m.COMMENT]),
            ("post_reaction", a[m.REACTION]),
            ("post", a[m.SHARE]),
            ("like", a[m.LIKE]),
            ("onsite_conversion.post_save", a[m.SAVE]),
            ("photo_view", a[m.PHOTO]),
            ("video_view", facts.viewers(m.THREE_SECONDS)),
            ("post_engagement", engagement),
            ("page_engagement", engagement + a[m.LIKE]),
            ("onsite_conversion.lead_grouped", form_leads),
        )
        if count
    ]
    for place, conversion in enumerate(m.CONVERSIONS):
        counts = facts.windows(place)
        if conversion == "lead" and (counts or form_leads):
            found.append(("lead", _plus(counts or _NONE, _on_meta(form_leads))))
        if counts:
            found.extend((name, counts) for name in _NAMES[conversion])
    return found


def tally_values(facts: Facts) -> Tally:
    """Return ``action_values`` in minor units."""
    values = facts.windows(len(m.CONVERSIONS))
    return [(name, values) for name in _NAMES["purchase"]] if values else []


def tally_conversions(facts: Facts) -> Tally:
    """Return ``conversions``: those Meta counts apart from the standard events."""
    counts = facts.windows(m.CONVERSIONS.index("contact"))
    return [("contact_total", counts), ("contact_website", counts)] if counts else []


def uniques(tally: Tally, *, windows: bool) -> Tally:
    """Return the people behind a tally, who are never more than the actions.

    Args:
        tally: The actions.
        windows: Whether any window but the default is going to be read.
    """
    if not windows:
        return [(name, (_people(counts[0]), 0, 0, 0, 0, 0)) for name, counts in tally]
    return [
        (name, (_people(a), _people(b), _people(c), _people(d), _people(e), _people(f)))
        for name, (a, b, c, d, e, f) in tally
    ]


def _people(count: int) -> int:
    return ceil_share(count, UNIQUE_SHARE) if count else 0


def render(
    tally: Tally,
    windows: tuple[str, ...],
    breakdowns: tuple[str, ...],
    write: Callable[[int], str] = str,
) -> list[Entry] | None:
    """Write a tally as Meta does.

    Args:
        tally: What to write.
        windows: Requested windows; each is a key of an entry where it is not zero.
        breakdowns: Requested action breakdowns other than ``action_type``.
        write: Turns a count or an amount into text.

    Returns:
        Meta's list, or None when there is nothing: the field is then left out of the row.
    """
    if not windows and not breakdowns:
        return [
            {"action_type": name, "value": write(counts[0])} for name, counts in tally if counts[0]
        ] or None
    places = [(name, WINDOW_PLACES[name]) for name in windows if name in WINDOW_PLACES]
    entries: list[Entry] = []
    for name, counts, extra in _divided(tally, breakdowns):
        if counts[0] or any(counts[place] for _, place in places):
            entry: Entry = {"action_type": name, **extra, "value": write(counts[0])}
            for window, place in places:
                if counts[place]:
                    entry[window] = write(counts[place])
            entries.append(entry)
    return entries or None


def _divided(
    tally: Tally, breakdowns: tuple[str, ...]
) -> Iterable[tuple[str, Windows, dict[str, str]]]:
    if not breakdowns:
        return ((name, counts, {}) for name, counts in tally)
    found: list[tuple[str, Windows, dict[str, str]]] = [(n, counts, {}) for n, counts in tally]
    for breakdown in breakdowns:
        if breakdown in _SINGLE:
            found = [(n, c, {**extra, breakdown: _SINGLE[breakdown]}) for n, c, extra in found]
        elif breakdown == "action_device":
            found = [part for entry in found for part in _dealt(entry, breakdown, _DEVICES)]
        elif breakdown == "action_reaction":
            found = [
                part
                for entry in found
                for part in (
                    _dealt(entry, breakdown, _REACTIONS) if entry[0] == "post_reaction" else [entry]
                )
            ]
    return found


def _dealt(
    entry: tuple[str, Windows, dict[str, str]], breakdown: str, shares: tuple[tuple[str, int], ...]
) -> list[tuple[str, Windows, dict[str, str]]]:
    """Deal one entry out by percentages; the parts add up to it, window by window."""
    name, counts, extra = entry
    parts = []
    before, bound = (0,) * len(counts), 0
    for value, share in shares:
        bound += share
        upto = tuple(count * bound // 100 for count in counts)
        a, b, c, d, e, f = (x - y for x, y in zip(upto, before, strict=True))
        parts.append((name, (a, b, c, d, e, f), {**extra, breakdown: value}))
        before = upto
    return parts


def cost_per(
    tally: Tally, spend: int, digits: int, windows: tuple[str, ...], breakdowns: tuple[str, ...]
) -> list[Entry] | None:
    """Write what each action of a tally cost.

    Args:
        tally: The actions.
        spend: In minor units.
        digits: Decimal digits of the currency.
        windows: Requested windows.
        breakdowns: Requested action breakdowns other than ``action_type``.
    """
    scale = 10**digits
    return render(
        [entry for entry in tally if entry[1][0]],
        windows,
        breakdowns,
        lambda count: decimal(spend, count * scale),
    )


def return_on_spend(
    values: Tally, spend: int, windows: tuple[str, ...], breakdowns: tuple[str, ...], only: str
) -> list[Entry] | None:
    """Write the purchase value per unit of money spent, for one action type."""
    if not spend:
        return None
    chosen = [entry for entry in values if entry[0] == only]
    return render(chosen, windows, breakdowns, lambda minor: decimal(minor, spend))


def amounts(
    tally: Tally, digits: int, windows: tuple[str, ...], breakdowns: tuple[str, ...]
) -> list[Entry] | None:
    """Write a tally of money."""
    return render(tally, windows, breakdowns, lambda minor: money(minor, digits))
