"""What happens in the demo: a first day, yesterday, and a second one, today, with some news."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from demo import sandbox
from meta_sandbox import DEFAULT_TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from pathlib import Path

    import psycopg

_NEW_NAME = "Autumn launch"
_MOST_SEEN = """
    select campaign_id
    from meta_ads.agg_campaign_daily
    inner join meta_ads.dim_campaign using (campaign_id)
    where not is_inferred
    group by 1
    order by sum(impressions) desc, 1
    limit 1
"""


@dataclass(frozen=True)
class Day:
    """One run of the demo.

    Attributes:
        title: What people see above it.
        at: The instant at Meta.
        crm_today: The day that the example CRM counts back from, the same for all runs.
        is_first: Whether it is the first of the two days.
    """

    title: str
    at: datetime
    crm_today: date
    is_first: bool

    def environment(self) -> dict[str, str]:
        """Return what dbt has to know of the day."""
        days = {"META_ADS_CRM_EXAMPLE_TODAY": self.crm_today.isoformat()}
        if self.is_first:
            days["META_ADS_ACTIVATION_TODAY"] = self.at.date().isoformat()
        return days


class Story:
    """The advertiser's days, and what happens between them; remembered beside the data."""

    def __init__(self, home: Path, wanted: Mapping[str, int | None], now: datetime) -> None:
        """Go on with the story, or begin it with the day before.

        Args:
            home: The folder of the demo's data.
            wanted: Which advertiser; see `sandbox.advertiser`.
            now: This instant, with an offset.

        Raises:
            SandboxError: The data at hand is of an advertiser made otherwise.
        """
        file = home / "advertiser.json"
        # There until the first day is over, however often it is begun.
        self._first_day_ahead = home / "first-day-ahead"
        self._renamed = home / "renamed.json"
        if not file.exists():
            self._first_day_ahead.touch()
        self.advertiser = sandbox.advertiser(file, wanted, now - timedelta(days=1))
        self._now = now

    def options(self) -> list[str]:
        """Return the options of `meta-sandbox serve` for the beginning of the first day."""
        return self.advertiser.options(self.days()[0].at)

    def days(self) -> list[Day]:
        """Return the days that this call of the demo plays."""
        crm_today = self.advertiser.day_one.date()

        def day(name: str, at: datetime, *, is_first: bool) -> Day:
            return Day(f"{name}, {at:%Y-%m-%d}", at, crm_today, is_first)

        if not self._first_day_ahead.exists():
            return [day("Today", self._now, is_first=False)]
        return [
            day("The first day", self.advertiser.day_one, is_first=True),
            day("The second day", self._now, is_first=False),
        ]

    def begin(self, day: Day, api_url: str, connection: psycopg.Connection) -> None:
        """Set Meta's clock, and on all days but the first have one campaign renamed there.

        Args:
            day: One of `days`.
            api_url: The sandbox's address.
            connection: The warehouse, which knows the campaigns.

        Raises:
            SandboxError: The sandbox does not answer.
        """
        if day.is_first:
            return
        sandbox.ask(api_url, "POST", "__sandbox/clock", {"now": day.at.isoformat()})
        try:
            renamed: dict[str, str] = json.loads(self._renamed.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            renamed = {str(campaign): _NEW_NAME for (campaign,) in connection.execute(_MOST_SEEN)}
            self._renamed.write_text(json.dumps(renamed), encoding="utf-8")
        for campaign, name in renamed.items():
            # Each process of the sandbox has to be told anew.
            sandbox.ask(api_url, "POST", f"v26.0/{campaign}", {"name": name}, token=DEFAULT_TOKEN)

    def end(self, day: Day) -> None:
        """Note that a day is over."""
        if day.is_first:
            self._first_day_ahead.unlink()
