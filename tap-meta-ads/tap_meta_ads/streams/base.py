"""What all Singer streams of the tap share: where the engine meets the SDK."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.exceptions import AbortedSyncExceptionBase
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

from meta_graph import GraphError
from tap_meta_ads import fields
from tap_meta_ads.engine.schedule import Rows
from tap_meta_ads.rows.casting import RowWithoutKeyError
from tap_meta_ads.rows.codec import RowCodec

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    import msgspec
    from singer_sdk.helpers.types import Context, Record

    from meta_graph.log import About
    from tap_meta_ads.accounts import Account
    from tap_meta_ads.engine.schedule import Lane
    from tap_meta_ads.engine.tasks import Track
    from tap_meta_ads.summary.counters import Counter
    from tap_meta_ads.tap import TapMetaAds


class MetaStream(Stream):
    """What all streams share: lanes of the engine, rows cast once, bookmarks of our own.

    Args:
        tap: The tap.
        name: Name of the stream.
        kinds: Column and kind.
        keys: Primary key.
        derived: Columns that Meta does not send; see `Report.derived`.
        members: What actions were asked for; see `RowCodec`.
    """

    # Rows come out of `RowCodec` with exactly the columns of the schema, so the SDK's own pass
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
    def fast(self) -> RowCodec:
        """What makes rows, and their lines."""
        return RowCodec(
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
        except AbortedSyncExceptionBase:
            # `--test` has its record, a good end; the SDK would log it as an unhandled error.
            self._give_up()
        except BaseException:
            self._give_up()
            raise

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
                _put(row, name, str(value))

    def _pages(self, lane: Lane) -> Iterator[list[msgspec.Raw]]:
        """The rows of a lane, as long as it has some; then what that means for the state."""
        lanes = self._lanes or {}
        account = self.meta_tap.accounts[lane.track.account_id]
        try:
            with self.meta_tap.accounts.guard(account.id, self.name):
                for item in self.meta_tap.engine.items(lane, lanes.values()):
                    if isinstance(item, Rows):
                        self._account = account
                        yield item.rows
                        self.meta_tap.tell_progress()
                    else:
                        self.done(account, item.result)
        except GraphError as error:
            raise error.about(message=f"{self.name}: {error.failure.message}") from None
        if lane.is_written:
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
        streams = self.tap_state.get("bookmarks", {}).values()
        size = sum(len(stream.get("partitions", ())) for stream in streams)
        self.meta_tap.state_pace.ask(self._write_state_message, size)

    def catch_up(self) -> None:
        """Write the state that `commit` has left to later, whichever stream it was of."""
        # Each stream has a flag of its own, and this one may have ended before the others moved.
        self.state_manager.is_flushed = False
        self.meta_tap.state_pace.catch_up(self._write_state_message)

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Keep the SDK's own marks out of the state: our bookmarks say more."""

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Bookmarks move by what is complete, not by the largest value seen."""


def _get(row: Any, name: str) -> Any:  # noqa: ANN401 - a struct or a dict
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _put(row: Any, name: str, value: Any) -> None:  # noqa: ANN401 - a struct or a dict
    if isinstance(row, dict):
        row[name] = value
    else:
        setattr(row, name, value)
