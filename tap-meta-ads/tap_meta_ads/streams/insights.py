"""The streams of Insights reports. Which days they read is decided in the pure modules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import Metadata
from typing_extensions import override

from tap_meta_ads.dates import subtract
from tap_meta_ads.fields import Asked
from tap_meta_ads.insights import bookmarks
from tap_meta_ads.insights.track import PAGE, InsightsTrack
from tap_meta_ads.insights.windows import Answered, Layout
from tap_meta_ads.reports import compatibility
from tap_meta_ads.streams.base import MetaStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.singerlib import MetadataMapping

    from tap_meta_ads.accounts import Account
    from tap_meta_ads.dates import DateRange
    from tap_meta_ads.engine.tasks import Track
    from tap_meta_ads.insights.bookmarks import Bookmark, Wanted
    from tap_meta_ads.reports.report import Report
    from tap_meta_ads.tap import TapMetaAds


@dataclass
class _Reading:
    """How far a report of an account is.

    Attributes:
        wanted: What the run asks for.
        bookmark: What is complete.
        left: What is still to be written.
    """

    wanted: Wanted
    bookmark: Bookmark
    left: list[DateRange]


class InsightsStream(MetaStream):
    """One Insights report.

    Args:
        tap: The tap.
        report: Which.
    """

    def __init__(self, tap: TapMetaAds, report: Report) -> None:
        self.report = report
        self.selected_by_default = report.selected
        self._readings: dict[str, _Reading] = {}
        super().__init__(
            tap,
            report.name,
            report.kinds(tap.settings.api_version),
            report.keys,
            derived=report.derived,
            members=(*report.action_attribution_windows, *report.action_breakdowns),
        )
        self.replication_key = "date_start"

    @property
    @override
    def partitions(self) -> list[dict[str, Any]]:
        return [{"account_id": account.id} for account in self.meta_tap.accounts.all]

    @property
    @override
    def metadata(self) -> MetadataMapping:
        metadata = super().metadata
        for source, _ in self.report.derived.values():
            # A part of the key is made of it.
            metadata["properties", source].inclusion = Metadata.InclusionType.AUTOMATIC
        return metadata

    @override
    def track(self, account: Account) -> Track | None:
        settings = self.meta_tap.settings
        wanted = self.meta_tap.wanted(self.report, account, self.columns)
        if wanted is None:
            self.logger.info("%s of account %s: the days lie ahead.", self.name, account.id)
            return None
        partition = self.get_context_state({"account_id": account.id})
        before = bookmarks.read(partition)
        bookmark = bookmarks.current(before, wanted)
        self.tally(account).begin(query_hash=wanted.report)
        log = self.log_of(account)
        if before.report and bookmark != before:
            log.info("%s: the report's definition has changed, so all is fetched anew.", self.name)
        period = self.report.period
        left = period.whole(bookmarks.missing(bookmark, wanted), wanted.days)
        log.info(
            "%s: reading %s (%s).",
            self.name,
            ", ".join(map(str, left)) or "nothing",
            _reason(bookmark, left),
        )
        self.tally(account).begin(sum(item.days for item in left))
        self._readings[account.id] = _Reading(wanted, bookmark, left)
        page = min(PAGE, settings.page_size or PAGE)
        needs_job = compatibility.needs_job(self.report, settings.api_version)
        mode = "async" if needs_job else settings.insights_mode
        aged = compatibility.aged(self.report, settings.api_version)
        aged_before = (
            compatibility.aged_before(wanted.today, settings.api_version) if aged else None
        )
        return InsightsTrack(
            account=account,
            report=self.report,
            asked=Asked(
                self.columns,
                needed=self.report.keys,
                left_out=self.tally(account).left_out,
                log=log,
            ),
            layout=Layout(
                left, period, settings.insights_window_days, mode, page, aged_before=aged_before
            ),
            aged=aged,
            mode=mode,
            page=page,
            count=self.tally(account).add,
            left_out=self.tally(account).left_out,
            log=log,
        )

    @override
    def done(self, account: Account, result: Any) -> None:
        if not isinstance(result, Answered):
            return
        reading = self._readings[account.id]
        wanted = reading.wanted
        reading.bookmark = bookmarks.completed(reading.bookmark, result.window.days, wanted)
        reading.left = subtract(reading.left, [result.window.days])
        self.tally(account).read_days(result.window.days.days)
        if not reading.left:
            reading.bookmark = bookmarks.finished(reading.bookmark, wanted)
        partition = self.get_context_state({"account_id": account.id})
        bookmarks.write(reading.bookmark, partition, wanted.days.since)
        self.commit()

    @override
    def prepare(self, rows: Sequence[Any], account: Account) -> None:
        super().prepare(rows, account)
        if self.report.time_increment == 1:
            return
        period, end_date = self.report.period, self.meta_tap.settings.end_date
        last = self._readings[account.id].wanted.days.until
        for row in rows:
            if isinstance(row, dict):
                start = date.fromisoformat(row["date_start"])
                stop = date.fromisoformat(row["date_stop"])
                row["date_stop"] = period.stop(start, stop, last, end_date).isoformat()
            else:
                row.date_stop = period.stop(row.date_start, row.date_stop, last, end_date)


def _reason(bookmark: Bookmark, left: list[DateRange]) -> str:
    """Why these days are read."""
    if not bookmark.synced:
        return "no state yet"
    new = subtract(left, bookmark.synced)
    return "what is missing, and the lookback window" if new else "the lookback window"
