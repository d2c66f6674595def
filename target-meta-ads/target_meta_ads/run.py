"""One run: what the settings ask for, put together, from the first stream to the last state."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from meta_graph import GraphClient, RequestError, SkippableError
from target_meta_ads import report
from target_meta_ads.audiences.erasure import Erasure
from target_meta_ads.audiences.lookup import Audiences
from target_meta_ads.audiences.mirror import Mirror
from target_meta_ads.audiences.plan import MemberPlan
from target_meta_ads.audiences.removal import Removal
from target_meta_ads.audiences.replacement import Replacement
from target_meta_ads.audiences.upload import AudienceDelivery
from target_meta_ads.delivery.checkpoints import Checkpoints
from target_meta_ads.delivery.delivery import Delivery
from target_meta_ads.delivery.destinations import Request, Shared
from target_meta_ads.delivery.dry_run import DryRun
from target_meta_ads.delivery.rejects import Rejects
from target_meta_ads.delivery.senders import Senders
from target_meta_ads.errors import StoppedError, StreamError, TargetError
from target_meta_ads.events.plan import EventPlan
from target_meta_ads.events.upload import DEDUPLICATED, EventDelivery
from target_meta_ads.intakes import EventIntake, IgnoredIntake, MemberIntake
from target_meta_ads.ledger import Ledger
from target_meta_ads.normalisation import keys
from target_meta_ads.normalisation.quality import Quality
from target_meta_ads.report import StreamReport
from target_meta_ads.settings import FAIL
from target_meta_ads.streams.blocks import (
    ERASE,
    MIRROR,
    REMOVE,
    REPLACE,
    AudienceStream,
    match_stream,
)
from target_meta_ads.streams.checks import ONE_STREAM, check_stream

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping, Sequence

    from target_meta_ads.delivery.delivery import People, Sends
    from target_meta_ads.delivery.destinations import Source
    from target_meta_ads.intakes import Intake
    from target_meta_ads.settings import Settings
    from target_meta_ads.streams.blocks import EventStream

_ID_DIGITS = 10
"""A number of so many digits in `audience_column` is an id; Meta's have 15 to 18."""


class Run:
    """One run of the target.

    Args:
        settings: What was asked for.
        logger: Speaks to people.
        emit: Writes a state.

    Raises:
        TargetError: The ledger or the file of a dry run cannot be had.
    """

    def __init__(
        self, settings: Settings, logger: logging.Logger, emit: Callable[[Any], None]
    ) -> None:
        self._settings = settings
        self._logger = logger
        self.client = GraphClient(
            settings.access_token,
            app_secret=settings.app_secret,
            api_version=settings.api_version,
            api_url=settings.api_url,
            request_timeout=settings.request_timeout,
            # An event that is repeated later than that counts twice.
            max_retry_seconds=min(settings.max_retry_seconds, DEDUPLICATED.total_seconds() / 2),
            max_concurrency=settings.max_concurrency,
            user_agent=f"target-meta-ads/{version('target-meta-ads')}",
        )
        self._ledger = Ledger.open(
            settings.ledger_url, dry_run=settings.dry_run, clock=self.client.now
        )
        self._number = self._ledger.begin_run()
        self._rejects = Rejects(settings.rejects_path)
        self._dry_run = DryRun(settings.dry_run_path) if settings.dry_run else None
        self._senders: Sends = self._dry_run or Senders[Request](
            self.client, settings.max_concurrency
        )
        self.checkpoints = Checkpoints()
        self._is_sound = True
        self._delivery = Delivery(
            self._senders,
            self.checkpoints,
            emit=emit,
            may_emit=self._may_emit,
            pause=self.client.pause,
        )
        self._audiences = Audiences(
            self.client, self._ledger, settings.ad_account_id, dry_run=self._dry_run
        )
        self._shared = Shared(
            self._ledger, self._rejects, logger.warning, lambda: self.checkpoints.count
        )
        self._reports: dict[str, StreamReport] = {}
        self._intakes: dict[str, Intake] = {}
        # By what of a block says which audience is meant, and how it is filled.
        self._opened: dict[tuple[str, str, str | None, bool], People] = {}
        self._by_id: dict[str, tuple[AudienceStream, People]] = {}
        self._pixels: dict[str, EventDelivery] = {}
        self._plans: list[tuple[str, EventPlan]] = []
        self._sources: dict[str, Source] = {}
        # Each audience, and the streams that feed it.
        self._fed: dict[int, tuple[People, set[str]]] = {}

    @property
    def is_dry(self) -> bool:
        """Whether nothing is sent, and all that is told only would be so."""
        return self._dry_run is not None

    # Streams.

    def stream(self, name: str, schema: Mapping[str, Any], key_properties: Sequence[str]) -> Intake:
        """Prepare for the records of a stream.

        Args:
            name: The stream.
            schema: Its JSON Schema.
            key_properties: Its key; may be empty.

        Raises:
            StreamError: No block fits it, or the block does not fit the stream.
            StoppedError: Its audience cannot be had.
            GraphError: Meta refuses to show it.
        """
        block = match_stream(name, self._settings.streams)
        if name not in self._reports:
            self._reports[name] = StreamReport(name)
        if block is None:
            self._check_unmapped(name)
            intake: Intake = IgnoredIntake(self._reports[name], self.checkpoints)
        else:
            wrong = check_stream(block, schema, key_properties, name=name)
            if wrong:
                raise StreamError("\n".join(wrong))
            columns = schema.get("properties") or {}
            if isinstance(block, AudienceStream):
                intake = self._members(name, block, columns, key_properties)
            else:
                intake = self._events(name, block, columns, key_properties)
        self._intakes[name] = intake
        return intake

    def _check_unmapped(self, name: str) -> None:
        if self._settings.on_unmapped_stream == FAIL:
            known = ", ".join(repr(glob) for glob in self._settings.streams) or "nothing"
            raise StreamError(
                f"Nothing in `streams` maps the stream {name!r}; it names {known}. Add a block for "
                "it, deselect it in the tap, or set `on_unmapped_stream: ignore`."
            )
        self._logger.warning("Stream %r is ignored: nothing in `streams` maps it.", name)

    def _members(
        self,
        name: str,
        block: AudienceStream,
        columns: Mapping[str, Any],
        key_properties: Sequence[str],
    ) -> MemberIntake:
        quality = self._quality(name)
        today = self.client.now().date()
        country = self._settings.default_country
        plan = MemberPlan(block, columns, key_properties, quality, country, today)
        intake = MemberIntake(
            plan,
            lambda named: self._people(name, block, named),
            *self._common(name, block, key_properties),
        )
        self._sources[name] = intake.source
        if block.audience_column is None:
            intake.people_of(None)  # an audience that cannot be had is told before any record
        return intake

    def _events(
        self,
        name: str,
        block: EventStream,
        columns: Mapping[str, Any],
        key_properties: Sequence[str],
    ) -> EventIntake:
        quality = self._quality(name)
        country = self._settings.default_country
        try:
            plan = EventPlan(
                block,
                columns,
                key_properties,
                quality,
                country,
                self.client.now().date(),
                now=lambda: self.client.now().timestamp(),
            )
        except ValueError as error:  # a default that its column cannot be
            raise StreamError(f"Stream {name!r}: {error}") from None
        self._plans.append((name, plan))
        return EventIntake(plan, self._pixel, *self._common(name, block, key_properties))

    def _quality(self, name: str) -> Quality:
        one = self._reports[name]
        if one.quality is None:
            one.quality = Quality(name, ())
        return one.quality

    def _common(
        self, name: str, block: AudienceStream | EventStream, key_properties: Sequence[str]
    ) -> tuple[Any, ...]:
        return (
            self._reports[name],
            tuple(key_properties),
            keys.person_columns(block.fields),
            self._delivery,
            self.checkpoints,
            self._rejects,
        )

    def _people(self, stream: str, block: AudienceStream, named: str | None) -> People:
        """The audience of a record.

        Args:
            stream: The record's stream.
            block: The stream's block.
            named: Value of its `audience_column`.
        """
        named = named or block.audience_id or block.audience_name or ""
        meant = (block.sync_mode, named, block.page_id, block.value_based)
        people = self._opened.get(meant)
        if people is None:
            people = self._opened[meant] = self._open(block, named)
            if id(people) not in self._fed:
                self._delivery.destinations.append(people)
                self._fed[id(people)] = (people, set())
        fed = self._fed[id(people)][1]
        others = fed - {stream}
        if others and block.sync_mode not in {REMOVE, ERASE}:
            error = StoppedError(
                f"{people.label} gets people from the streams {min(others)!r} and {stream!r}. Give "
                f"each an audience of its own, or join them into one stream: {ONE_STREAM}."
            )
            if block.audience_column is None:
                raise error
            people.fail(error)
        fed.add(stream)
        return people

    def _open(self, block: AudienceStream, named: str) -> People:
        if block.sync_mode == ERASE:
            assert self._settings.ad_account_id is not None  # noqa: S101 - it was checked
            account = self._settings.ad_account_id
            return Erasure(account, self._shared, page_id=block.page_id)
        try:
            return self._audience(block, named)
        except (SkippableError, RequestError, StoppedError) as error:
            if block.audience_column is None:
                raise
            # One of many: the others are not concerned.
            failed = self._delivery_to("", named, block)
            failed.fail(error)
            return failed

    def _audience(self, block: AudienceStream, named: str) -> People:
        looks_like_id = named.isdigit() and len(named) >= _ID_DIGITS
        if block.audience_id is not None or (block.audience_column is not None and looks_like_id):
            try:
                audience = self._audiences.by_id(named, block)
            except SkippableError as error:
                words = f"Audience {named}: {error.failure.message}"
                raise error.about(message=words) from None
        else:
            audience = self._audiences.by_name(named, block)
        if audience.id not in self._by_id:
            people = self._delivery_to(audience.id, audience.name, block)
            self._by_id[audience.id] = (block, people)
        other, people = self._by_id[audience.id]
        for setting in ("sync_mode", "page_id", "value_based"):
            one, another = (str(getattr(stream, setting)).lower() for stream in (other, block))
            if one != another:
                raise StoppedError(
                    f"Audience {audience.name!r} ({audience.id}) is named by streams with "
                    f"`{setting}` {one} and {another}: give it one of them."
                )
        return people

    def _delivery_to(self, audience_id: str, name: str, block: AudienceStream) -> People:
        account = self._settings.ad_account_id
        kinds: dict[str, type[People]] = {REPLACE: Replacement, REMOVE: Removal}
        if audience_id:
            kinds[MIRROR] = Mirror
        return kinds.get(block.sync_mode, AudienceDelivery)(
            audience_id,
            name,
            self._shared,
            account=account,
            run=self._number,
            page_id=block.page_id,
        )

    def _pixel(self, pixel_id: str) -> EventDelivery:
        if pixel_id not in self._pixels:
            settings = self._settings
            options = {
                "test_event_code": settings.test_event_code,
                "partner_agent": settings.partner_agent,
            }
            pixel = EventDelivery(
                pixel_id,
                self._shared,
                account=settings.ad_account_id,
                options={name: value for name, value in options.items() if value},
                now=self.client.now,
            )
            self._pixels[pixel_id] = pixel
            self._delivery.destinations.append(pixel)
        return self._pixels[pixel_id]

    # States.

    def state(self, value: Any) -> None:  # noqa: ANN401 - JSON
        """Take in a state: it stands for all records before it."""
        for intake in self._intakes.values():
            intake.is_covered = True
        self._delivery.state(value)

    def version_activated(self, stream: str) -> None:
        """The tap has sent all of a stream."""
        if stream in self._intakes:
            self._intakes[stream].is_covered = True

    def _may_emit(self) -> bool:
        """Whether a state may go out: not from a dry run, nor past too many rejects."""
        if self._settings.dry_run or not self._is_sound:
            return False
        most = self._settings.max_reject_ratio
        return report.too_many_rejects(self._reports.values(), most) is None

    # The end.

    def finish(self, *, ended_whole: bool) -> None:
        """Send what is left, and end what only a complete input may end.

        Args:
            ended_whole: Whether the input ended behind a whole line.
        """
        self._delivery.settle()
        for people, streams in self._fed.values():
            if people.failed is None:
                is_complete = ended_whole and all(self._intakes[one].is_covered for one in streams)
                self._complete(people, min(streams), is_complete=is_complete)
        self._ledger.prune(self.client.now())

    def _complete(self, people: People, stream: str, *, is_complete: bool) -> None:
        if not isinstance(people, Mirror | Replacement):
            return
        done = "removed" if isinstance(people, Mirror) else "replaced"
        most = self._settings.max_reject_ratio
        # Of its own stream: those of the others say nothing about who is missing here.
        too_many = report.too_many_rejects([self._reports[stream]], most)
        if not is_complete:
            self._logger.warning(
                "%s: nobody was %s, since the input is not complete: no STATE came after the last "
                "record of stream %r, or its last line was cut off.",
                people.label,
                done,
                stream,
            )
            if isinstance(people, Replacement):
                people.fail(StoppedError(f"{people.label}: its members were not replaced."))
        elif too_many is not None:
            people.fail(
                StoppedError(
                    f"{people.label}: nobody was {done}, since rejected records count as missing. "
                    f"Of stream {stream!r} {too_many}"
                )
            )
        elif isinstance(people, Replacement):
            self._delivery.replace(people)
        else:
            self._delivery.mirror(people, self._sources[stream], self._settings.max_removal_ratio)

    def stop(self, *, is_sound: bool) -> None:
        """Send nothing more; what is on its way is still waited for, and noted.

        Args:
            is_sound: Whether it is known what became of each record: after an error, where a record
                may be in nobody's hands, no state goes out.
        """
        self._is_sound = is_sound
        if is_sound:
            self._delivery.finish_in_flight()
        else:
            with suppress(TargetError):  # the first error is the one to tell
                self._delivery.finish_in_flight()

    def remember(self) -> None:
        """Write into the ledger what was done; a dry run has done nothing."""
        if not self.is_dry:
            self._ledger.history.note(self._number, report.figures(self._reports.values()))

    def close(self) -> None:
        """Let go of everything."""
        self._senders.close()
        self._rejects.close()
        self._ledger.close()
        self.client.close()

    def failures(self) -> list[str]:
        """What has not been done, a sentence each."""
        most = self._settings.max_reject_ratio
        too_many = report.too_many_rejects(self._reports.values(), most)
        return [*self._delivery.failures, *([too_many] if too_many else [])]

    def notes(self) -> list[str]:
        """What is worth telling of what was sent, a sentence each."""
        return [f"Stream {name!r}: {note}." for name, plan in self._plans for note in plan.notes()]

    def table(self) -> list[str]:
        """The closing table; see `report.table`."""
        return report.table(self._reports.values())

    def metrics(self) -> list[report.Measure]:
        """The run as metrics; see `report.metrics`."""
        return list(report.metrics(self._reports.values()))
