"""The tap: settings in, streams out, and one clear sentence when it cannot go on."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from copy import deepcopy
from functools import cached_property
from importlib.metadata import version
from typing import IO, TYPE_CHECKING, Any

from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.metrics import Point
from singer_sdk.metrics import log as log_metric
from singer_sdk.plugin_base import _ConfigInput
from typing_extensions import override

from meta_graph import GraphClient, GraphError, log
from tap_meta_ads import settings as settings_
from tap_meta_ads.accounts import Accounts, NoAccountError
from tap_meta_ads.dates import DateRange, default_first_day, today_in
from tap_meta_ads.engine import memory
from tap_meta_ads.engine.engine import Engine
from tap_meta_ads.entities.definitions import ENTITIES
from tap_meta_ads.insights.bookmarks import StateError, Wanted
from tap_meta_ads.reports import compatibility
from tap_meta_ads.rows.casting import RowWithoutKeyError
from tap_meta_ads.streams.base import MetaStream
from tap_meta_ads.streams.entities import EntityStream
from tap_meta_ads.streams.insights import InsightsStream
from tap_meta_ads.streams.state_pace import Pace
from tap_meta_ads.summary.progress import Progress
from tap_meta_ads.summary.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    import click
    from singer_sdk import Stream

    from tap_meta_ads.accounts import Account
    from tap_meta_ads.reports.report import Report


EXPECTED = (GraphError, NoAccountError, RowWithoutKeyError, StateError)
"""What ends a run with a sentence, and no traceback."""


class TapMetaAds(Tap):
    """Singer tap for Meta ads: entities and Insights."""

    name = "tap-meta-ads"
    config_jsonschema = deepcopy(settings_.SCHEMA)  # the SDK adds to it in place
    message_writer_class = MsgSpecWriter
    # Not BATCH: its files are handed over at the end of a stream, and our states would be ahead.
    capabilities = [one for one in Tap.capabilities if one is not PluginCapabilities.BATCH]  # noqa: RUF012 - as in the SDK

    @cached_property
    def settings(self) -> settings_.Settings:
        """The settings, parsed. Without a token where only the streams are asked for."""
        return settings_.parse({"access_token": "", **self.config})

    @cached_property
    def client(self) -> GraphClient:
        """The client that all streams share."""
        settings = self.settings
        return GraphClient(
            settings.access_token,
            app_secret=settings.app_secret,
            api_version=settings.api_version,
            api_url=settings.api_url,
            request_timeout=settings.request_timeout,
            max_retry_seconds=settings.max_retry_seconds,
            max_concurrency=settings.max_concurrency,
            on_event=self.summary.listen,
            user_agent=f"{self.name}/{version(self.name)}",
        )

    @cached_property
    def accounts(self) -> Accounts:
        """The ad accounts of this run."""
        return Accounts(self.client, self.settings, self.summary)

    @cached_property
    def summary(self) -> Summary:
        """What this run counts."""
        return Summary(log.new_run_id())

    @cached_property
    def state_pace(self) -> Pace:
        """How often the state is written."""
        return Pace()

    @cached_property
    def _progress(self) -> Progress:
        return Progress()

    def tell_progress(self) -> None:
        """Say how far the run is, when nothing was said for a while."""
        if not self._progress.due():
            return
        track, jobs = self.engine.writing
        reading = self.summary.reading(track.account_id, track.stream, jobs) if track else None
        if line := self._progress.line(reading, self.summary.waiting()):
            self.logger.info("%s", line)

    @cached_property
    def engine(self) -> Engine:
        """What reads ahead of the streams."""
        settings = self.settings
        return Engine(
            self.client,
            max_concurrency=settings.max_concurrency,
            max_retry_seconds=settings.max_retry_seconds,
            summary=self.summary,
            on_wait=self.tell_progress,
        )

    def run(self) -> None:
        """Read all selected streams ahead; write them one after the other, as the SDK does.

        Accounts that had to wait while others could be read come last.
        """
        memory.steady()
        chosen = [stream for stream in self.streams.values() if stream.selected]
        meta_streams = [stream for stream in chosen if isinstance(stream, MetaStream)]
        try:
            for stream in meta_streams:
                stream.plan()
            if meta_streams:
                self.accounts.check_none_lost(_accounts_of(self.state))
            self.sync_all()
            while parked := [stream for stream in meta_streams if stream.is_parked]:
                for stream in parked:
                    stream.sync()
                    stream.finalize_state_progress_markers()
        except EXPECTED:
            for stream in meta_streams[:1]:  # the state is one for all
                stream.catch_up()
            raise
        finally:
            self.engine.close()
            self.client.close()

    def now(self) -> datetime:
        """The instant that it is at Meta, whose days are counted here."""
        return self.client.now()

    def wanted(self, report: Report, account: Account, columns: tuple[str, ...]) -> Wanted | None:
        """What this run asks of a report and an account; None when its days lie ahead."""
        settings = self.settings
        today = today_in(account.timezone_name, self.now())
        kept = compatibility.first_day(report, settings.api_version, today)
        given = report.start_date or settings.start_date
        by_default = default_first_day(today)
        first = given or by_default
        if first < kept or not given:
            # It moves with today; the first row of a week or a month must not.
            first = report.period.begin(first, kept)
        last = min(settings.end_date or today, today)
        if first > last:
            return None
        lookback = report.lookback_days
        return Wanted(
            days=DateRange(first, last),
            today=today,
            lookback_days=settings.insights_lookback_days if lookback is None else lookback,
            report=report.fingerprint(columns),
        )

    @override
    def discover_streams(self) -> list[Stream]:
        return [
            *(EntityStream(self, entity) for entity in ENTITIES),
            *(InsightsStream(self, report) for report in self.settings.insights_reports),
        ]

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings, with messages of our own.

        Without a token the streams can still be discovered; with anything else wrong they cannot.
        """
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        config = self._config if raise_errors else {"access_token": "-", **self._config}
        errors = settings_.problems(config, schema)
        if errors:
            raise ConfigValidationError("The settings are wrong", errors=errors, schema=schema)
        return errors

    def tell_summary(self) -> None:
        """Say what was done: a line for people, metrics, and a line of JSON for machines."""
        for (account_id, stream), reason in self.accounts.skipped.items():
            self.summary.of(account_id, stream).skipped(reason)
        for measure in self.summary.metrics():
            point = Point(measure.metric.metric_type, measure.metric, measure.value, measure.tags)  # type: ignore[arg-type] # its metrics are an Enum, as ours
            log_metric(self.metrics_logger, point)
        self.logger.info("SUMMARY: %s", json.dumps(self.summary.as_json(), separators=(",", ":")))
        self.logger.info("%s", self.summary.sentence())

    def finish(self) -> None:
        """Say what was left out; fail when that is everything."""
        for owner, words in zip(self.accounts.skipped, self.accounts.left_out, strict=True):
            self.summary.about(self.logger, *owner).warning("%s", words)
        self.accounts.check_any_read({s.name for s in self.streams.values() if s.selected})

    @classmethod
    @override
    def invoke(  # type: ignore[override] # as the SDK's own taps do
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run the tap, as the SDK does, and end with what was done and what was left out."""
        log.install(cls.name)
        log.quiet("singer_sdk.mapper")  # at debug level stream maps log the values they compute
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        config = config or _ConfigInput()
        with cls._failing_clearly():
            tap = cls(
                config=config.config,
                state=None if state is None else json.load(state),
                catalog=None if catalog is None else json.load(catalog),
                parse_env_config=config.parse_env,
            )
            try:
                tap.run()
            finally:
                tap.tell_summary()
            tap.finish()

    @classmethod
    @override
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:
        log.install(cls.name)
        super().cb_discover(ctx, param, value)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        log.install(cls.name)
        with cls._failing_clearly():
            super().cb_test(ctx, param, value)

    @classmethod
    @contextmanager
    def _failing_clearly(cls) -> Iterator[None]:
        """Expected failures end with their sentence as the last line, without a traceback."""
        try:
            yield
        except EXPECTED as error:
            cls.logger.error("%s", error)  # noqa: TRY400 - the sentence says it all
            sys.exit(1)


def _accounts_of(state: Mapping[str, Any]) -> set[str]:
    """Numbers of the accounts that a state knows, whichever stream read them."""
    return {
        str(part["context"]["account_id"])
        for stream in state.get("bookmarks", {}).values()
        for part in stream.get("partitions", ())
        if "account_id" in part.get("context", ())
    }
