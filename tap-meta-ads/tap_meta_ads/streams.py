"""The Singer streams. What they fetch is decided in the pure modules; here it meets the SDK."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL, Metadata
from typing_extensions import override

from tap_meta_ads import bookmarks, compat, fields
from tap_meta_ads.casting import RowWithoutKeyError
from tap_meta_ads.checks import HISTORY_DAYS
from tap_meta_ads.dates import subtract
from tap_meta_ads.entity_tracks import entity_track
from tap_meta_ads.insights import PAGE, InsightsTrack
from tap_meta_ads.listing import instant
from tap_meta_ads.schedule import Rows
from tap_meta_ads.structs import FastRows
from tap_meta_ads.windows import Answered, Layout

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    import msgspec
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import MetadataMapping

    from tap_meta_ads.accounts import Account
    from tap_meta_ads.bookmarks import Bookmark, Wanted
    from tap_meta_ads.counting import Counter
    from tap_meta_ads.dates import DateRange
    from tap_meta_ads.entities import Entity
    from tap_meta_ads.log import About
    from tap_meta_ads.reports import Report
    from tap_meta_ads.schedule import Lane
    from tap_meta_ads.tap import TapMetaAds
    from tap_meta_ads.tasks import Track


class MetaStream(Stream):
    """What all streams share: lanes of the engine, rows cast once, bookmarks of our own.

    Args:
        tap: The tap.
        name: Name of the stream.
        kinds: Column and kind.
        keys: Primary key.
        derived: Columns that Meta does not send; see `Report.derived`.
        members: What actions were asked for; see `FastRows`.
    """

    # Rows come out of `FastRows` with exactly the columns of the schema, so the SDK's own pass
    # over every value would find nothing to do.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(
        self,
        tap: TapMetaAds,
        name: str,
        kinds: Mapping[str, str],
        keys: tuple[str, ...],
        *,
        derived: Mapping[str, tuple[str, str]] | None = None,
        members: Iterable[str] = (),
    ) -> None:
        self.meta_tap = tap
        self.kinds = kinds
        self._derived = derived or {}
        self._members = tuple(members)
        super().__init__(tap, schema=fields.schema(kinds, keys), name=name)
        self.primary_keys = keys
        self._lanes: dict[str, Lane] | None = None
        self._told: set[tuple[str, str]] = set()
        self._account: Account | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The selected columns: only these are asked of Meta."""
        return tuple(name for name in self.kinds if self.mask.get(("properties", name), True))

    # What to read, and what was read.

    def track(self, account: Account) -> Track | None:
        """What is to be read of an account; None for nothing."""
        raise NotImplementedError

    def done(self, account: Account, result: Any) -> None:  # noqa: ANN401 - what the track's tasks return
        """Take in that a task has ended; all of its rows have been written."""
        raise NotImplementedError

    def read(self, raws: list[msgspec.Raw], account: Account) -> Sequence[Any]:
        """Meta's rows as ours: structs, or dicts."""
        return self.fast.read(raws, account.id)

    def plan(self) -> None:
        """Hand to the engine what is to be read, once."""
        if self._lanes is not None:
            return
        self._lanes = {}
        for account in self.meta_tap.accounts.all:
            self.meta_tap.summary.pays_in(account.id, account.currency)
            track = self.track(account)
            if track is not None:
                self._lanes[account.id] = self.meta_tap.engine.add(track)

    @property
    def is_parked(self) -> bool:
        """Whether accounts are left that had to wait while others were read."""
        return bool(self._lanes)

    def tally(self, account: Account) -> Counter:
        """What is counted for an account."""
        return self.meta_tap.summary.of(account.id, self.name)

    def log_of(self, account: Account) -> About:
        """A logger whose lines say what they are about."""
        return self.meta_tap.summary.about(self.logger, account.id, self.name)

    @cached_property
    def fast(self) -> FastRows:
        """What makes rows, and their lines."""
        return FastRows(
            self.name,
            self.kinds,
            [key for key in self.primary_keys if key not in self._derived],
            self.meta_tap.settings.api_version,
            columns=self.columns,
            members=self._members,
            misfit=self._tell_misfit,
            unknown=self._tell_new,
        )

    def _tell_misfit(self, name: str, _value: object) -> None:
        self._tell(name, "a value of another kind came, and was left empty").misfit(name)

    def _tell_new(self, names: Iterable[str]) -> None:
        words = "a field that Meta newly sends, and that has no column"
        for name in names:
            self._tell(name, words).new_field(name)

    def _tell(self, name: str, words: str) -> Counter:
        """Say it once a run; what is counted is the caller's. The value is not shown."""
        account_id = self._account.id if self._account else ""
        if (name, words) not in self._told:
            self._told.add((name, words))
            log = self.meta_tap.summary.about(self.logger, account_id, self.name)
            log.warning("%s.%s: %s.", self.name, name, words)
        return self.meta_tap.summary.of(account_id, self.name)

    # How it is written.

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Write what the accounts bring, whichever brings something first."""
        self.plan()
        try:
            while self._lanes and (lane := self.meta_tap.engine.choose([*self._lanes.values()])):
                if self._is_written_as_it_is and write_messages:
                    self._write(lane)
                else:
                    partition = {"account_id": lane.track.account_id}
                    yield from super()._sync_records(partition, write_messages=write_messages)
        finally:
            if sys.exc_info()[0] is not None:  # `--test` wants one record
                self._give_up()

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        self.plan()
        lanes = self._lanes or {}
        chosen = [context["account_id"]] if context else list(lanes)
        for account_id in chosen:
            while account_id in lanes:
                yield from self._records(lanes[account_id])
                if context:
                    break

    def _records(self, lane: Lane) -> Iterator[Record]:
        account = self.meta_tap.accounts[lane.track.account_id]
        for raws in self._pages(lane):
            rows = self.fast.plain(raws, account.id)
            self._count(rows, account)
            yield from rows

    def _write(self, lane: Lane) -> None:
        """Write a lane's rows, page by page, past the SDK's passes over each record.

        They have nothing to do: the columns are the selected ones, no map changes them.
        """
        account = self.meta_tap.accounts[lane.track.account_id]
        counter, timer = self.get_record_counter(), self.get_sync_timer()
        counter.with_context({"account_id": account.id})
        timer.with_context({"account_id": account.id})
        with counter, timer:
            for raws in self._pages(lane):
                rows = self.read(raws, account)
                self._count(rows, account)
                sys.stdout.buffer.write(self.fast.lines(rows, datetime.now(timezone.utc)))
                sys.stdout.flush()
                self.state_manager.is_flushed = False
                counter.increment(len(rows))

    def _count(self, rows: Sequence[Any], account: Account) -> None:
        self.prepare(rows, account)
        spend = self.fast.spend(rows) if "spend" in self.columns else None
        self.tally(account).wrote(len(rows), spend)

    def prepare(self, rows: Sequence[Any], account: Account) -> None:
        """Set what only all columns of a row together tell."""
        for name, (source, member) in self._derived.items():
            for row in rows:
                value = (_get(row, source) or {}).get(member)
                if value is None:
                    raise RowWithoutKeyError(
                        f"Meta sent a row of {self.name} for account {account.id} without "
                        f"{source}.{member}. Run again; if it stays so, remove the breakdown."
                    )
                _set(row, name, str(value))

    def _pages(self, lane: Lane) -> Iterator[list[msgspec.Raw]]:
        """The rows of a lane, as long as it has some; then what that means for the state."""
        lanes = self._lanes or {}
        account = self.meta_tap.accounts[lane.track.account_id]
        with self.meta_tap.accounts.guard(account.id, self.name):
            for item in self.meta_tap.engine.items(lane, lanes.values()):
                if isinstance(item, Rows):
                    self._account = account
                    yield item.rows
                    self.meta_tap.tell_progress()
                else:
                    self.done(account, item.result)
        if lane.is_over and not lane.output:
            lanes.pop(account.id, None)

    def _give_up(self) -> None:
        for lane in (self._lanes or {}).values():
            self.meta_tap.engine.drop(lane)
        self._lanes = {}

    @cached_property
    def _is_written_as_it_is(self) -> bool:
        """Whether nothing changes or counts the records on their way."""
        return (
            self.selected
            and self.ABORT_AT_RECORD_COUNT is None
            and all(type(one) is SameRecordTransform for one in self.stream_maps)
            and not any(one.flattening_enabled for one in self.stream_maps)
        )

    # State: ours says more than the SDK's.

    def commit(self) -> None:
        """Write the state: all rows handed to the SDK so far have been written."""
        self.state_manager.is_flushed = False
        self._write_state_message()

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Keep the SDK's own marks out of the state: our bookmarks say more."""

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Bookmarks move by what is complete, not by the largest value seen."""


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
            start, stop = _get(row, "date_start"), _get(row, "date_stop")
            if isinstance(row, dict):
                days = date.fromisoformat(start), date.fromisoformat(stop)
                row["date_stop"] = period.stop(*days, last, end_date).isoformat()
            else:
                row.date_stop = period.stop(start, stop, last, end_date)


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


def _get(row: Any, name: str) -> Any:  # noqa: ANN401 - a struct or a dict
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _set(row: Any, name: str, value: Any) -> None:  # noqa: ANN401 - a struct or a dict
    if isinstance(row, dict):
        row[name] = value
    else:
        setattr(row, name, value)
