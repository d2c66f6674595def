"""Where the records of one stream go in: each becomes a person, an event, or a reject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from target_meta_ads.delivery.destinations import Entry, Source
from target_meta_ads.records import Reject, key_of, safe_key, without_run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from target_meta_ads.audiences.plan import MemberPlan
    from target_meta_ads.delivery.checkpoints import Checkpoints
    from target_meta_ads.delivery.delivery import Delivery, People
    from target_meta_ads.delivery.rejects import Rejects
    from target_meta_ads.events.plan import EventPlan
    from target_meta_ads.events.upload import EventDelivery
    from target_meta_ads.report import StreamReport

_TICK = 1024
"""Records between two looks at whether a state waits for too long. A power of two."""


class Intake(Protocol):
    """Takes the records of a stream.

    Attributes:
        is_covered: Whether a state has come after all its records: what was read is all of it.
    """

    is_covered: bool

    def take(self, record: Mapping[str, Any]) -> None:
        """Take in a record."""


class IgnoredIntake:
    """A stream that nothing maps; its records are only counted.

    Args:
        report: Counts.
        checkpoints: Counts all records.
    """

    def __init__(self, report: StreamReport, checkpoints: Checkpoints) -> None:
        self.is_covered = False
        self._report = report
        self._checkpoints = checkpoints

    def take(self, record: Mapping[str, Any]) -> None:  # noqa: ARG002 - as all intakes
        """Count a record."""
        self._checkpoints.count += 1
        self._report.received += 1
        self._report.ignored += 1


class _Intake:
    """What the intakes of people and of events have in common.

    Args:
        report: Counts for the stream.
        key_properties: The stream's.
        person_columns: Columns whose values are personal.
        delivery: Takes what the records become.
        checkpoints: Counts all records.
        rejects: Takes the others.
    """

    def __init__(
        self,
        report: StreamReport,
        key_properties: Sequence[str],
        person_columns: Collection[str],
        delivery: Delivery,
        checkpoints: Checkpoints,
        rejects: Rejects,
    ) -> None:
        self.is_covered = False
        self.source = Source(
            report, lambda identity, key: safe_key(key_properties, identity, person_columns, key)
        )
        self._report = report
        self._key_properties = key_properties
        self._delivery = delivery
        self._checkpoints = checkpoints
        self._rejects = rejects

    def _number(self) -> int:
        """Count a record; the number that it has."""
        self.is_covered = False
        self._report.received += 1
        self._checkpoints.count = number = self._checkpoints.count + 1
        if not number & (_TICK - 1):
            self._delivery.tick()
        return number

    def _reject(self, record: Mapping[str, Any], reject: Reject) -> None:
        self._report.reasons[reject.code] += 1
        identity = tuple([record.get(name) for name in self._key_properties])
        key = self.source.safe_key(identity, key_of(identity or [without_run(record)]))
        self._rejects.write(self._report.stream, key, reject.code, reject.message)


class MemberIntake(_Intake):
    """Takes records that are people of audiences.

    Args:
        plan: Makes members of records.
        people_of: The audience of a record, by the value of its `audience_column`; None where it
            cannot be had.
        more: What all intakes take.
    """

    def __init__(
        self,
        plan: MemberPlan,
        people_of: Callable[[str | None], People],
        *more: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*more)
        self._member = plan.member
        self.people_of = people_of
        self._people: dict[str | None, People] = {}

    def take(self, record: Mapping[str, Any]) -> None:
        """Take in a record."""
        number = self._number()
        member = self._member(record)
        if isinstance(member, Reject):
            self._reject(record, member)
            return
        key, identity, audience, is_removal, packed = member
        people = self._people.get(audience)
        if people is None:
            people = self._people[audience] = self.people_of(audience)
        entry = Entry(number, self.source, key, identity, packed)
        self._delivery.member(people, entry, is_removal=is_removal)


class EventIntake(_Intake):
    """Takes records that are events.

    Args:
        plan: Makes events of records.
        pixel_of: The pixel of an id.
        more: What all intakes take.
    """

    def __init__(
        self,
        plan: EventPlan,
        pixel_of: Callable[[str], EventDelivery],
        *more: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*more)
        self._event = plan.event
        self._pixel_of = pixel_of
        self._pixels: dict[str, EventDelivery] = {}

    def take(self, record: Mapping[str, Any]) -> None:
        """Take in a record."""
        number = self._number()
        event = self._event(record)
        if isinstance(event, Reject):
            self._reject(record, event)
            return
        key, identity, pixel_id, body = event
        pixel = self._pixels.get(pixel_id)
        if pixel is None:
            pixel = self._pixels[pixel_id] = self._pixel_of(pixel_id)
        self._delivery.event(pixel, Entry(number, self.source, key, identity, body))
