"""The Singer streams. What they fetch is decided in the pure modules; here it meets the SDK."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from meta_graph import TooMuchDataError, UnknownFieldError
from tap_meta_ads import bookmarks, fields
from tap_meta_ads.casting import row_caster
from tap_meta_ads.dates import DateRange, subtract
from tap_meta_ads.insights import InsightsReader
from tap_meta_ads.windows import WindowSize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import MetadataMapping

    from tap_meta_ads.accounts import Account
    from tap_meta_ads.entities import Entity
    from tap_meta_ads.reports import Report
    from tap_meta_ads.tap import TapMetaAds

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far our clock and Meta's may differ."""


class RowWithoutKeyError(Exception):
    """Meta sent a row without a part of its key; written, it would replace other rows."""


class MetaStream(Stream):
    """What all streams share: rows cast once to the selected columns, bookmarks of our own.

    Args:
        tap: The tap.
        name: Name of the stream.
        kinds: Column and kind.
        keys: Primary key.
    """

    # Rows come out of `row_caster` with exactly the columns of the schema, so the SDK's own pass
    # over every value would find nothing to do.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(
        self, tap: TapMetaAds, name: str, kinds: Mapping[str, str], keys: tuple[str, ...]
    ) -> None:
        self.meta_tap = tap
        self.kinds = kinds
        super().__init__(tap, schema=fields.schema(kinds, keys), name=name)
        self.primary_keys = keys
        self._told: set[tuple[str, str]] = set()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The selected columns: only these are asked of Meta."""
        return tuple(name for name in self.kinds if self.mask.get(("properties", name), True))

    def rows(self, objects: Iterable[Mapping[str, Any]], account: Account) -> Iterator[Record]:
        """Meta's objects as rows, each with its account and its whole key.

        Raises:
            RowWithoutKeyError: A part of the key is missing.
        """
        known = self.kinds.keys()
        for item in objects:
            if not item.keys() <= known:
                self._tell_new(item.keys() - known)
            row = self._cast(item)
            row["account_id"] = account.id
            for key in self.primary_keys:
                if row[key] is None:
                    raise RowWithoutKeyError(
                        f"Meta sent a row of {self.name} for account {account.id} without {key}. "
                        "Run again; if it stays so, deselect the stream and open an issue."
                    )
            yield row

    @cached_property
    def _cast(self) -> Any:  # noqa: ANN401 - the function that row_caster makes
        selected = {name: self.kinds[name] for name in self.columns}
        return row_caster(selected, self._tell_misfit)

    def _tell_misfit(self, name: str, _value: object) -> None:
        self._tell("misfit", name, "a value of another kind came, and was left empty")

    def _tell_new(self, names: Iterable[str]) -> None:
        for name in names:
            self._tell("new", name, "a field that Meta newly sends, and that has no column")

    def _tell(self, what: str, name: str, words: str) -> None:
        """Say it once a run. The value is not shown: it may be anything."""
        if (what, name) not in self._told:
            self._told.add((what, name))
            self.logger.warning("%s.%s: %s.", self.name, name, words)

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


class EntityStream(MetaStream):
    """Campaigns, ads and other objects of an account.

    Args:
        tap: The tap.
        entity: Which.
    """

    def __init__(self, tap: TapMetaAds, entity: Entity) -> None:
        kinds = {
            "account_id": "string",
            **{
                name: kind
                for name, kind in fields.table(tap.settings.api_version, entity.class_name).items()
                if name not in entity.left_out
            },
        }
        self.entity = entity
        super().__init__(tap, entity.name, kinds, (entity.key,))
        if entity.is_incremental:
            self.replication_key = "updated_time"

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
    def get_records(self, context: Context | None) -> Iterator[Record]:
        accounts = self.meta_tap.accounts
        chosen = [accounts[context["account_id"]]] if context else accounts.all
        for account in chosen:
            with accounts.guard(account.id, self.name):
                if self.replication_key and context:
                    yield from self._changed(account, context)
                else:
                    yield from self._listed(account, None)

    def _changed(self, account: Account, context: Context) -> Iterator[Record]:
        """What changed since the bookmark; all with `replication-method: FULL_TABLE`."""
        state = self.get_context_state(context)
        started = self.meta_tap.now()
        known = state.get("report") == self._fingerprint
        incremental = self.replication_method == REPLICATION_INCREMENTAL
        bookmark = state.get("replication_key_value") if known and incremental else None
        newest = _instant(bookmark)
        for row in self._listed(account, newest):
            changed = _instant(row["updated_time"])
            newest = max(newest, changed) if newest and changed else newest or changed
            yield row
        if incremental and newest:
            # An object that changed while its neighbours were listed may have been read before
            # it changed; the next run lists it again.
            safe = min(newest, started - CLOCK_TOLERANCE)
            state["replication_key"] = "updated_time"
            state["replication_key_value"] = safe.isoformat()
            state["report"] = self._fingerprint
        self.commit()

    def _listed(self, account: Account, since: datetime | None) -> Iterator[Record]:
        columns = self.columns
        while True:
            try:
                yield from self.rows(self._objects(account, columns, since), account)
            except UnknownFieldError as error:
                needed = {*self.primary_keys, self.replication_key or ""}
                columns = fields.without(columns, error, needed)
            else:
                return

    def _objects(
        self, account: Account, columns: tuple[str, ...], since: datetime | None
    ) -> Iterator[dict[str, Any]]:
        settings = self.meta_tap.settings
        client = self.meta_tap.client
        if not self.entity.edge:
            yield client.get(account.path, {"fields": columns})
            return
        filtering = self.entity.filtering(
            include_deleted=settings.include_deleted,
            updated_since=int(since.timestamp()) if since else None,
        )
        limit = min(self.entity.page, settings.page_size or self.entity.page)
        params = {"fields": columns, "filtering": filtering}
        for page in client.pages(f"{account.path}/{self.entity.edge}", params, limit=limit):
            yield from page.data

    @cached_property
    def _fingerprint(self) -> str:
        """Changes when objects read before would now have other columns, or be others."""
        definition = [sorted(self.columns), self.meta_tap.settings.include_deleted]
        return hashlib.sha256(json.dumps(definition).encode()).hexdigest()[:16]


class InsightsStream(MetaStream):
    """One Insights report.

    Args:
        tap: The tap.
        report: Which.
    """

    def __init__(self, tap: TapMetaAds, report: Report) -> None:
        self.report = report
        self.selected_by_default = report.selected
        super().__init__(tap, report.name, report.kinds(tap.settings.api_version), report.keys)
        self.replication_key = "date_start"

    @property
    @override
    def partitions(self) -> list[dict[str, Any]]:
        return [{"account_id": account.id} for account in self.meta_tap.accounts.all]

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        if context is None:
            return
        account = self.meta_tap.accounts[context["account_id"]]
        with self.meta_tap.accounts.guard(account.id, self.name):
            yield from self._missing(account, context)

    def _missing(self, account: Account, context: Context) -> Iterator[Record]:
        settings = self.meta_tap.settings
        wanted = self.meta_tap.wanted(self.report, account, self.columns)
        if wanted is None:
            self.logger.info("%s of account %s: the days lie ahead.", self.name, account.id)
            return
        partition = self.get_context_state(context)
        before = bookmarks.read(partition)
        bookmark = bookmarks.current(before, wanted)
        if before.report and bookmark != before:
            self.logger.info(
                "%s of account %s: the report's definition has changed, so all is fetched anew.",
                self.name,
                account.id,
            )
        reader = InsightsReader(
            self.meta_tap.client,
            account,
            self.report,
            self.columns,
            settings.insights_mode,
            settings.page_size,
            settings.max_retry_seconds,
        )
        left = bookmarks.missing(bookmark, wanted)
        self._announce(account, bookmark, left)
        size = WindowSize(settings.insights_window_days)
        while left:
            window = size.next(left[0])
            count = 0
            try:
                for page in reader.pages(window):
                    count += len(page)
                    yield from self.rows(page, account)
            except TooMuchDataError:
                smaller = size.shrunk(window)
                if count or smaller is None:
                    raise
                self.logger.info("%s of account %s: %s is too much.", self.name, account.id, window)
                size = smaller
                continue
            # Here, all rows of the window have been written.
            bookmark = bookmarks.completed(bookmark, window, wanted)
            left = subtract(left, [window])
            if not left:
                bookmark = bookmarks.finished(bookmark, wanted)
            bookmarks.write(bookmark, partition, wanted.days.since)
            self.commit()
            size = size.grown(window, count, reader.page)

    def _announce(
        self, account: Account, bookmark: bookmarks.Bookmark, left: list[DateRange]
    ) -> None:
        why = "the lookback window" if bookmark.synced else "no state yet"
        new = subtract(left, bookmark.synced)
        if bookmark.synced and new:
            why = "what is missing, and the lookback window"
        self.logger.info(
            "%s of account %s: reading %s (%s).",
            self.name,
            account.id,
            ", ".join(map(str, left)) or "nothing",
            why,
        )


def _instant(text: object) -> datetime | None:
    """The instant of one of Meta's times, as `2026-03-08T14:18:45-0800`, or of our bookmark."""
    if not isinstance(text, str):
        return None
    for pattern in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"):
        try:
            return datetime.strptime(text, pattern).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            continue
    return None
