"""The Singer streams. What they fetch is decided in the pure modules; here it meets the SDK."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL, Metadata
from typing_extensions import override

from tap_meta_ads import bookmarks, compat
from tap_meta_ads.checks import HISTORY_DAYS
from tap_meta_ads.dates import subtract
from tap_meta_ads.entity_tracks import entity_track
from tap_meta_ads.insights import PAGE, InsightsTrack
from tap_meta_ads.listing import instant
from tap_meta_ads.meta_stream import MetaStream
from tap_meta_ads.windows import Answered, Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec
    from singer_sdk.singerlib import MetadataMapping

    from tap_meta_ads.accounts import Account
    from tap_meta_ads.bookmarks import Bookmark, Wanted
    from tap_meta_ads.dates import DateRange
    from tap_meta_ads.entities import Entity
    from tap_meta_ads.reports import Report
    from tap_meta_ads.tap import TapMetaAds
    from tap_meta_ads.tasks import Track


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
        needs_job = compat.needs_job(self.report, settings.api_version)
        mode = "async" if needs_job else settings.insights_mode
        aged = compat.aged(self.report, settings.api_version)
        aged_before = compat.aged_before(wanted.today, settings.api_version) if aged else None
        return InsightsTrack(
            account=account,
            report=self.report,
            columns=self.columns,
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


class EntityStream(MetaStream):
    """Campaigns, ads and other objects of an account.

    Args:
        tap: The tap.
        entity: Which.
    """

    def __init__(self, tap: TapMetaAds, entity: Entity) -> None:
        self.entity = entity
        super().__init__(tap, entity.name, entity.kinds(tap.settings.api_version), (entity.key,))
        if entity.is_incremental:
            self.replication_key = entity.replication_key
        else:
            self.state_partitioning_keys = []

    @property
    @override
    def metadata(self) -> MetadataMapping:
        metadata = super().metadata
        if self._tap_input_catalog is None:
            for name in self.entity.unselected:
                metadata["properties", name].selected_by_default = False
        return metadata

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        if not self.replication_key:
            return None
        return [{"account_id": account.id} for account in self.meta_tap.accounts.all]

    @override
    def track(self, account: Account) -> Track:
        settings = self.meta_tap.settings
        now = self.meta_tap.now()
        start = settings.start_date or (now - timedelta(days=HISTORY_DAYS)).date()
        return entity_track(
            self.entity,
            account=account,
            columns=self.entity.asked(self.columns, settings.api_version),
            since=self._bookmark(account),
            # The day begins where it begins first on Earth.
            start=datetime.combine(start, time(), timezone.utc) - timedelta(hours=14),
            started=now,
            include_deleted=settings.include_deleted,
            page=min(self.entity.page, settings.page_size or self.entity.page),
            left_out=self.tally(account).left_out,
            log=self.log_of(account),
        )

    def _bookmark(self, account: Account) -> datetime | None:
        """Where to go on; None to read all, as with `replication-method: FULL_TABLE`."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return None
        state = self.get_context_state({"account_id": account.id})
        known = state.get("report") == self._fingerprint
        return instant(state.get("replication_key_value")) if known else None

    @override
    def read(self, raws: list[msgspec.Raw], account: Account) -> Sequence[Any]:
        return self.fast.plain(raws, account.id)

    @override
    def done(self, account: Account, result: Any) -> None:
        if self.replication_method != REPLICATION_INCREMENTAL or result.read_to is None:
            return
        state = self.get_context_state({"account_id": account.id})
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = result.read_to.isoformat()
        state["report"] = self._fingerprint
        self.commit()

    @cached_property
    def _fingerprint(self) -> str:
        """Changes when objects read before would now have other columns, or be others."""
        definition = [sorted(self.columns), self.meta_tap.settings.include_deleted]
        return hashlib.sha256(json.dumps(definition).encode()).hexdigest()[:16]


def _reason(bookmark: Bookmark, left: list[DateRange]) -> str:
    """Why these days are read."""
    if not bookmark.synced:
        return "no state yet"
    new = subtract(left, bookmark.synced)
    return "what is missing, and the lookback window" if new else "the lookback window"
