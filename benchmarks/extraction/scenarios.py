"""What is measured. The sizes are those of the required figures; `--quick` shrinks them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from benchmarks.extraction.fields import ENTITY_FIELDS, INSIGHTS
from benchmarks.extraction.server import NOW

UNTIL: date = datetime.fromisoformat(NOW.replace("Z", "+00:00")).date() - timedelta(days=2)
"""Last day asked for: over in every time zone, so that all tools mean the same days."""

_ENTITIES = tuple(ENTITY_FIELDS)
_SPARE_DAYS = 3


@dataclass(frozen=True)
class Scenario:
    """One load.

    Attributes:
        name: Its name on the command line.
        title: Its title in the report.
        accounts: Ad accounts.
        ads: Ads in each.
        days: Days of Insights.
        latency_ms: Milliseconds of every call.
        job_seconds: Seconds of every report job.
        streams: What is read, by the names in `fields`.
        modes: `insights_mode` of our tap, a measurement each.
        has_peers: Whether the peers take part.
        is_warm: Whether each tool runs once before, unmeasured, so that the sandbox has the
            answers to its questions ready and is not what is measured.
    """

    name: str
    title: str
    accounts: int
    ads: int
    days: int
    latency_ms: float = 0
    job_seconds: float = 0
    streams: tuple[str, ...] = (INSIGHTS,)
    modes: tuple[str, ...] = ("async", "auto")
    has_peers: bool = True
    is_warm: bool = False

    @property
    def since(self) -> date:
        """First day of Insights."""
        return UNTIL - timedelta(days=self.days - 1)

    @property
    def history_days(self) -> int:
        """Days of history that the sandbox needs."""
        return self.days + _SPARE_DAYS

    @property
    def words(self) -> str:
        """What a person wants to know of it."""
        days = f", {self.days} days" if INSIGHTS in self.streams else ""
        parts = [f"{self.accounts} account{'s' * (self.accounts > 1)}, {self.ads:,} ads each{days}"]
        parts.append(f"{self.latency_ms:g} ms a call" if self.latency_ms else "no latency")
        if self.job_seconds:
            parts.append(f"{self.job_seconds:g} s a job")
        return "; ".join(parts)

    def quick(self) -> Scenario:
        """The same, so small that it says nothing of speed but passes through all the code."""
        return replace(
            self,
            accounts=min(self.accounts, 2),
            ads=min(self.ads, 40),
            days=min(self.days, 3),
            latency_ms=min(self.latency_ms, 10),
            # A job that is done at once, or the peers sleep for 10 and for 30 seconds.
            job_seconds=0,
        )


SCENARIOS = (
    Scenario(
        "latency",
        "Insights of one account, slow calls and jobs",
        accounts=1,
        ads=60,
        days=90,
        latency_ms=150,
        job_seconds=4,
    ),
    Scenario(
        "accounts",
        "Insights of many accounts, slow calls and jobs",
        accounts=8,
        ads=30,
        days=30,
        latency_ms=150,
        job_seconds=4,
    ),
    # Not every ad delivers on every day: so many make 48,000 rows.
    Scenario(
        "cpu",
        "Insights without latency",
        accounts=1,
        ads=3200,
        days=30,
        modes=("auto",),
        is_warm=True,
    ),
    Scenario(
        "memory",
        "Insights of a long backfill",
        accounts=1,
        ads=3400,
        days=390,
        modes=("auto",),
        has_peers=False,
    ),
    Scenario(
        "entities",
        "Campaigns, ad sets, ads and creatives",
        accounts=1,
        ads=1500,
        days=90,
        latency_ms=100,
        streams=_ENTITIES,
        modes=("auto",),
    ),
)
