"""Made-up action lists, as JSON text in the shapes that the tap writes.

Written row by row they would take longer than all else, so there is a stock of ready ones; only
`actions` gets its own counts, so that hardly two rows are equal and no engine can keep them as one.
"""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

from benchmarks.star_schema.tables import CORE_LISTS, LISTS

if TYPE_CHECKING:
    from collections.abc import Callable

STOCK = 499
"""How many ready ones: a prime, so that they do not keep step with anything."""

NULL = "\\N"

_ON_META = """
    landing_page_view comment post_reaction post onsite_conversion.post_save video_view
    post_engagement page_engagement
""".split()
_PURCHASE = "omni_purchase purchase offsite_conversion.fb_pixel_purchase".split()
_CART = "omni_add_to_cart add_to_cart offsite_conversion.fb_pixel_add_to_cart".split()
_VIDEO = """
    video_play_actions video_thruplay_watched_actions video_30_sec_watched_actions
    video_avg_time_watched_actions video_p25_watched_actions video_p50_watched_actions
    video_p75_watched_actions video_p95_watched_actions video_p100_watched_actions
""".split()

Entry = dict[str, object]


def on_meta(action_type: str, value: float) -> Entry:
    """An action on Meta, which counts for every click window alike."""
    clicks = dict.fromkeys(("1d_click", "7d_click", "28d_click"), value)
    return {"action_type": action_type, "value": value, **clicks}


def _conversion(action_type: str, value: int, unit: float = 1) -> Entry:
    """A conversion off Meta: the later the more, and some after a mere view."""
    return {
        "action_type": action_type,
        "value": round(value * unit, 2),
        "1d_click": round((value - value // 3) * unit, 2),
        "7d_click": round((value - value // 9) * unit, 2),
        "28d_click": round((value + value // 5) * unit, 2),
        "1d_view": round((1 + value // 8) * unit, 2),
    }


def _text(entries: list[Entry]) -> str:
    return json.dumps(entries) if entries else NULL


class Stock:
    """Ready lists for one report."""

    def __init__(self, *, is_core: bool, seed: int) -> None:
        """Make them.

        Args:
            is_core: Whether for `ads_insights`, whose lists are more and longer.
            seed: Of all that is drawn.
        """
        drawn = Random(f"lists/{is_core}/{seed}")
        columns = (CORE_LISTS if is_core else LISTS).split()
        made = [_made(drawn, is_core=is_core) for _ in range(STOCK)]
        self._actions = [_text(lists["actions"])[1:] for lists in made]
        self._others = [
            "\t".join(_text(lists.get(column, [])) for column in columns[1:]) for lists in made
        ]

    def cells(self, variant: int, link_clicks: int) -> str:
        """The cells of all list columns."""
        place = variant % STOCK
        first = json.dumps(on_meta("link_click", link_clicks)) if link_clicks else ""
        others = self._actions[place]
        return f"[{first}{', ' if first else ''}{others}\t{self._others[place]}"


def _made(drawn: Random, *, is_core: bool) -> dict[str, list[Entry]]:
    def some(most: int) -> int:
        return 1 + int(drawn.random() ** 2 * most)

    lists: dict[str, list[Entry]] = {}
    types = _ON_META if is_core else _ON_META[:3] + _ON_META[-2:]
    lists["actions"] = [on_meta(action_type, some(400)) for action_type in types]
    has_purchases = drawn.random() < (0.6 if is_core else 0.3)
    if has_purchases:
        purchases, price = some(30), 20 + drawn.random() * 80
        lists["actions"] += [_conversion(name, purchases) for name in _PURCHASE]
        lists["action_values"] = [_conversion(name, purchases, price) for name in _PURCHASE]
        lists["purchase_roas"] = [_conversion("omni_purchase", purchases, price / 300)]
        lists["website_purchase_roas"] = [_conversion(_PURCHASE[2], purchases, price / 300)]
    if is_core and drawn.random() < 0.8:  # noqa: PLR2004 - a share like the others here
        carts = some(80)
        lists["actions"] += [_conversion(name, carts) for name in _CART]
    if is_core and drawn.random() < 0.1:  # noqa: PLR2004 - a share like the others here
        contacts = some(5)
        lists["conversions"] = [_conversion("contact_total", contacts)]
    lists["outbound_clicks"] = [on_meta("outbound_click", some(200))]
    has_video = drawn.random() < 0.6  # noqa: PLR2004 - a share like the others here
    for name in _VIDEO if has_video else ():
        lists[name] = [on_meta("video_view", some(900))]
    if is_core:
        _derive(lists, lambda value: value - value // 12, "unique_actions")
        _derive(lists, lambda value: round(300 / value, 6), "cost_per_action_type")
        _derive(lists, lambda value: round(320 / value, 6), "cost_per_unique_action_type")
        lists["unique_outbound_clicks"] = [on_meta("outbound_click", some(180))]
        lists["outbound_clicks_ctr"] = [on_meta("outbound_click", round(drawn.random() * 5, 6))]
        lists["cost_per_outbound_click"] = [on_meta("outbound_click", round(drawn.random(), 6))]
        lists["website_ctr"] = [on_meta("link_click", round(drawn.random() * 5, 6))]
        lists["results"] = [{"indicator": "actions:offsite_conversion.fb_pixel_purchase"}]
        lists["cost_per_result"] = [{"indicator": "actions:offsite_conversion.fb_pixel_purchase"}]
    return lists


def _derive(lists: dict[str, list[Entry]], change: Callable[[float], float], name: str) -> None:
    lists[name] = [
        {key: change(value) if isinstance(value, (int, float)) else value for key, value in each}
        for each in (entry.items() for entry in lists["actions"])
    ]
