r"""The cells of raw rows: lines of text with tabs between them, as both engines read them.

A null is `\N`, and nothing here holds a tab, a backslash or a line break.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.star_schema.lists import NULL, Stock
from benchmarks.star_schema.tables import BREAKDOWNS
from benchmarks.star_schema.world import LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from benchmarks.star_schema.world import Account, Ad, AdDay, World

CAMPAIGN, ADSET, AD, CREATIVE = (120_210_000_000_000_000 + n * 10**12 for n in (1, 2, 3, 4))

_AGES = "18-24 25-34 35-44 45-54 55-64 65+ unknown".split()
_CELLS = {
    "ads_insights_age_and_gender": [
        f"{age}\t{gender}" for gender in ("female", "male", "unknown") for age in _AGES
    ],
    "ads_insights_placement": [
        "facebook\tfeed",
        "instagram\tfeed",
        "instagram\tinstagram_stories",
        "facebook\tfacebook_reels",
        "instagram\tinstagram_reels",
        "facebook\tmarketplace",
        "audience_network\tan_classic",
        "messenger\tmessenger_inbox",
        "facebook\tright_hand_column",
        "threads\tthreads_feed",
    ],
    "ads_insights_region": [
        *("Bavaria", "California", "Berlin", "Texas", "Tokyo", "Budapest", "Île-de-France"),
        *("New York", "Hamburg", "unknown", "Ōsaka", "Pest megye", "Saxony", "Florida"),
    ],
    "ads_insights_country": ["DE", "US", "JP", "HU", "AT", "CH", "FR", "GB", "unknown"],
    "ads_insights_device": ["mobile_app", "mobile_web", "desktop", "unknown"],
}
_RANKINGS = "AVERAGE\tABOVE_AVERAGE\tUNKNOWN"
_AT_ONCE = 100  # rows that the loader receives in the same instant
_GONE = 50  # of so many ads one is not in its own stream any more, only in Insights
_CHANGED = 20  # of so many campaigns and ad sets a later load finds one changed


class Rows:
    """The rows that one load brings.

    Attributes:
        load: Number of the load, from 0.
    """

    def __init__(self, world: World, load: int) -> None:
        """Describe them.

        Args:
            world: What they are about.
            load: Number of the load, from 0.
        """
        self._world = world
        self.load = load
        self._about: dict[int, str] = {}

    def of(self, stream: str) -> Iterator[str]:
        """The rows of a stream as text, many lines at a time."""
        if stream == "ads_insights":
            return self._core()
        if stream in BREAKDOWNS:
            return self._breakdown(stream)
        return iter(["".join(self._entities(stream))])

    # -- Insights -----------------------------------------------------------------------------

    def _core(self) -> Iterator[str]:
        stock = Stock(is_core=True, seed=self._world.seed)
        number = 0
        for day in self._world.ad_days(self.load):
            lines = []
            for found in day:
                lines.append(
                    f"{found.day}\t{found.day}\t{self._names(found.ad)}\t{_counts(found)}"
                    f"\t{_core_figures(found)}\t{stock.cells(found.variant, found.link_clicks)}"
                    f"\tOUTCOME_SALES\tOFFSITE_CONVERSIONS\tAUCTION\t7d_click_1d_view\t{_RANKINGS}"
                    f"\t{found.day}\t{found.day}\t{self._metadata(number)}\n"
                )
                number += 1
            yield "".join(lines)

    def _breakdown(self, stream: str) -> Iterator[str]:
        stock = Stock(is_core=False, seed=self._world.seed)
        cells = _CELLS[stream]
        number = 0
        for day in self._world.parts(stream, self.load):
            lines = []
            for whole, count in day:
                names = self._names(whole.ad)
                for part in range(count):
                    found = _part(whole, part, count)
                    cell = cells[(whole.variant + part) % len(cells)]
                    lines.append(
                        f"{found.day}\t{found.day}\t{names}\t{cell}\t{_counts(found)}"
                        f"\t{_figures(found)}\t{stock.cells(found.variant, found.link_clicks)}"
                        f"\t{self._metadata(number)}\n"
                    )
                    number += 1
            yield "".join(lines)

    def _names(self, ad: Ad) -> str:
        about = self._about.get(ad.ad)
        if about is None:
            account = ad.account
            about = (
                f"{account.id}\t{account.name}\t{account.currency}"
                f"\t{CAMPAIGN + ad.campaign}\tCampaign {ad.campaign} 🛍️"
                f"\t{ADSET + ad.adset}\tWomen 25-44 S{ad.adset}\t{AD + ad.ad}\tVideo #{ad.ad}"
            )
            self._about[ad.ad] = about
        return about

    def _metadata(self, number: int) -> str:
        started = self._world.started(self.load)
        received = started + timedelta(milliseconds=1500 + number // _AT_ONCE * 100)
        return _metadata(received, started)

    # -- entities -----------------------------------------------------------------------------

    def _entities(self, stream: str) -> Iterator[str]:
        make = {
            "campaigns": self._campaign,
            "ad_sets": self._adset,
            "ads": self._ad,
            "ad_creatives": self._creative,
            "ad_accounts": self._account,
        }[stream]
        seen = set()
        for ad in self._world.ads():
            line = make(ad)
            key = line.partition("\t")[0]
            if key not in seen and not (stream == "ads" and ad.ad % _GONE == 0):
                seen.add(key)
                yield f"{line}\t{self._metadata(0)}\n"

    def _account(self, ad: Ad) -> str:
        account: Account = ad.account
        business = json.dumps({"id": "120222887442241031", "name": "Holding"})
        return (
            f"{account.id}\t{account.name}\t{account.currency}\t{account.zone}\tHolding\tDE"
            f"\t2020-01-01T00:00:00+0000\t{NULL}\t1\t{account.offset}\t0\t{100 + self.load}\t100"
            f"\t{business}"
        )

    def _state(self, ad: Ad, number: int) -> tuple[str, int, str]:
        """Status, budget and the cells of start, end and creation.

        What has ended is not active any more; of the rest a later load finds some changed.
        """
        first, last = self._world.life(ad)
        times = f"{first}T00:00:00+0000\t{last}T23:59:59+0000\t{first}T00:00:00+0000"
        if last < LAST_DAY:
            return "ARCHIVED", 10_000, times
        is_changed = self.load and (number + self.load) % _CHANGED == 0
        return ("PAUSED", 20_000, times) if is_changed else ("ACTIVE", 10_000, times)

    def _campaign(self, ad: Ad) -> str:
        status, budget, times = self._state(ad, ad.campaign)
        # Every other campaign leaves the budget to its ad sets.
        budgets = f"{budget if ad.campaign % 2 else NULL}\t{NULL}\t{NULL}"
        return (
            f"{CAMPAIGN + ad.campaign}\t{ad.account.id}\tCampaign {ad.campaign} 🛍️\t{status}"
            f"\t{status}\tOUTCOME_SALES\tAUCTION\tLOWEST_COST_WITHOUT_CAP"
            f"\t{times}\t2026-01-01T00:00:00+0000\t{budgets}\t[]"
        )

    def _adset(self, ad: Ad) -> str:
        status, budget, times = self._state(ad, ad.adset)
        promoted = json.dumps({"pixel_id": "120287887442241031", "custom_event_type": "PURCHASE"})
        return (
            f"{ADSET + ad.adset}\t{ad.account.id}\t{CAMPAIGN + ad.campaign}"
            f"\tWomen 25-44 S{ad.adset}\t{status}\t{status}\tOFFSITE_CONVERSIONS\tIMPRESSIONS"
            f"\tLOWEST_COST_WITHOUT_CAP\tWEBSITE\t{times}\t2026-01-01T00:00:00+0000"
            f"\t{NULL if ad.campaign % 2 else budget}\t{NULL}\t{NULL}\t{promoted}"
        )

    def _ad(self, ad: Ad) -> str:
        creative = json.dumps({"id": str(CREATIVE + ad.ad // 2)})
        return (
            f"{AD + ad.ad}\t{ad.account.id}\t{CAMPAIGN + ad.campaign}\t{ADSET + ad.adset}"
            f"\tVideo #{ad.ad}\tACTIVE\tACTIVE\tshop.example\t2024-01-01T00:00:00+0000"
            f"\t2026-01-01T00:00:00+0000\t{creative}"
        )

    def _creative(self, ad: Ad) -> str:
        number = ad.ad // 2
        link = f"https://shop.example/{number}?utm_source=meta&utm_campaign=c{ad.campaign}"
        video = {"message": "Only this week.", "call_to_action": {"value": {"link": link}}}
        story = json.dumps({"page_id": "120248887442241031", "video_data": video})
        return (
            f"{CREATIVE + number}\t{ad.account.id}\tCreative {number}\tACTIVE\tTitle {number}"
            f"\tOnly this week.\tVIDEO\tSHOP_NOW\t{NULL}\tutm_medium=paid&utm_content={{{{ad.id}}}}"
            f"\t{NULL}\thttps://images.example/{number}.jpg\t{CREATIVE + number}"
            f"\t120248887442241031_{CREATIVE + number}\t{story}"
        )


def _metadata(received: datetime, started: datetime) -> str:
    time = received.strftime("%Y-%m-%d %H:%M:%S.%f")
    sequence = int(received.timestamp() * 1000)
    return f"{time}\t{time}\t{time}\t{NULL}\t{sequence}\t{NULL}\t{int(started.timestamp() * 1000)}"


def _part(whole: AdDay, part: int, count: int) -> AdDay:
    """One of `count` parts of an ad-day, which add up to it exactly."""

    def share(total: int) -> int:
        return total * (part + 1) // count - total * part // count

    return whole._replace(
        impressions=share(whole.impressions),
        # not of the clicks themselves, or a part could have fewer than its link clicks
        clicks=share(whole.link_clicks) + share(whole.clicks - whole.link_clicks),
        link_clicks=share(whole.link_clicks),
        engagement=share(whole.engagement),
        spend=share(whole.spend),
        variant=whole.variant + 7 * part,
    )


def _counts(found: AdDay) -> str:
    return (
        f"{found.impressions}\t{found.impressions * 4 // 5}\t{found.clicks}"
        f"\t{found.link_clicks}\t{found.engagement}"
    )


def _figures(found: AdDay) -> str:
    """Spend and frequency."""
    return f"{found.spend / 10_000:.4f}\t1.25"


def _core_figures(found: AdDay) -> str:
    """The counts that only the core report has, then its rates."""
    spend, shown, clicks = found.spend / 10_000, found.impressions, found.clicks
    people = f"{clicks * 9 // 10}\t{found.link_clicks * 9 // 10}\t{shown // 2}\t{shown // 3}"
    a_click = f"{spend / clicks:.6f}" if clicks else NULL
    a_link_click = f"{spend / found.link_clicks:.6f}" if found.link_clicks else NULL
    return (
        f"{people}\t{_figures(found)}\t{spend / 50:.2f}\t{spend / shown * 1000:.6f}"
        f"\t{spend / shown * 1250:.6f}\t{clicks / shown * 100:.6f}\t{clicks / shown * 112:.6f}"
        f"\t{a_click}\t{a_click}\t{found.link_clicks / shown * 100:.6f}\t{a_link_click}"
        f"\t{spend / max(found.engagement, 1):.6f}"
    )
