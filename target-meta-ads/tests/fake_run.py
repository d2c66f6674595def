"""A run of the target over a real ledger and the Meta of `fake_meta`."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from target_meta_ads.audiences.erasure import Erasure
from target_meta_ads.audiences.mirror import Mirror
from target_meta_ads.audiences.removal import Removal
from target_meta_ads.audiences.replacement import Replacement
from target_meta_ads.audiences.upload import AudienceDelivery
from target_meta_ads.delivery.checkpoints import Checkpoints
from target_meta_ads.delivery.delivery import Delivery
from target_meta_ads.delivery.destinations import Entry, Shared, Source
from target_meta_ads.delivery.rejects import Rejects
from target_meta_ads.events.upload import EventDelivery
from target_meta_ads.ledger import Ledger
from target_meta_ads.report import COUNTED, COUNTED_IF_ANY, StreamReport
from tests.fake_meta import ACCOUNT, HANGS, START, ChosenSends, FakeMeta, event, key, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from target_meta_ads.delivery.delivery import People

Audience = TypeVar("Audience", bound=AudienceDelivery)


class Worker:
    """One run over a ledger, as `Run` puts it together.

    Args:
        folder: Where the ledger and the rejects are.
        meta: Meta.
        now: The time.
        most: Requests on their way at once.
        pick: See `ChosenSends`.
        url: The ledger's database; a file in the folder where it is None.
    """

    def __init__(
        self,
        folder: Path,
        meta: FakeMeta,
        now: datetime = START,
        *,
        most: int = 4,
        pick: Callable[[int], int | None] | None = None,
        url: str | None = None,
    ) -> None:
        self.now = now
        url = url or f"sqlite:///{folder / 'ledger.sqlite'}"
        self.ledger = Ledger.open(url, clock=lambda: self.now)
        self.number = self.ledger.begin_run()
        self.rejects_path = folder / f"rejects-{self.number}.jsonl"
        self.sends = ChosenSends(meta, most, pick)
        self.states: list[Any] = []
        self.warnings: list[str] = []
        self.pauses: list[float] = []
        self.checkpoints = Checkpoints()
        self.delivery = Delivery(
            self.sends,
            self.checkpoints,
            emit=self.states.append,
            may_emit=lambda: True,
            pause=self._paused,
        )
        self._rejects = Rejects(str(self.rejects_path))
        self.shared = Shared(
            self.ledger, self._rejects, self.warnings.append, lambda: self.checkpoints.count
        )
        self.report = StreamReport("people")
        self.source = self.source_of(self.report)

    @staticmethod
    def source_of(report: StreamReport) -> Source:
        return Source(report, lambda identity, _: {"id": identity[0]})

    def _paused(self, seconds: float) -> None:
        self.pauses.append(seconds)
        assert len(self.pauses) < HANGS, "nobody else is at work"

    def audience(self, audience_id: str = "1") -> AudienceDelivery:
        return self._opened(AudienceDelivery, audience_id)

    def mirror(self, audience_id: str = "1") -> Mirror:
        return self._opened(Mirror, audience_id)

    def removal(self, audience_id: str = "1") -> Removal:
        return self._opened(Removal, audience_id)

    def _opened(self, kind: type[Audience], audience_id: str) -> Audience:
        made = kind(audience_id, None, self.shared, account=ACCOUNT, run=self.number)
        self.delivery.destinations.append(made)
        return made

    def pixel(self, pixel_id: str = "9") -> EventDelivery:
        made = EventDelivery(
            pixel_id, self.shared, account=ACCOUNT, options={}, now=lambda: self.now
        )
        self.delivery.destinations.append(made)
        return made

    def replacement(self, audience_id: str = "1") -> Replacement:
        made = Replacement(audience_id, None, self.shared, account=ACCOUNT, run=self.number)
        self.delivery.destinations.append(made)
        return made

    def erasure(self) -> Erasure:
        made = Erasure(ACCOUNT, self.shared)
        self.delivery.destinations.append(made)
        return made

    def person(
        self,
        people: People,
        person: str,
        content: bytes,
        *,
        is_removal: bool = False,
        source: Source | None = None,
    ) -> None:
        """Take in a record about a person."""
        entry = self._entry(person, content, source)
        self.delivery.member(people, entry, is_removal=is_removal)

    def people(self, people: People, names: Iterable[str], email: str = "@a.example") -> None:
        """Take in people with one row each."""
        for name in names:
            self.person(people, name, packed(name, name + email))

    def event(self, pixel: EventDelivery, event_id: str, content: bytes | None = None) -> None:
        """Take in an event."""
        self.delivery.event(pixel, self._entry(event_id, content or event(event_id), None))

    def events(self, pixel: EventDelivery, ids: Iterable[str]) -> None:
        for event_id in ids:
            self.event(pixel, event_id)

    def _entry(self, name: str, content: bytes, source: Source | None) -> Entry:
        self.checkpoints.count += 1
        source = source or self.source
        source.report.received += 1
        return Entry(self.checkpoints.count, source, key(name), (name,), content)

    def state(self, value: Any) -> None:  # noqa: ANN401 - JSON
        self.delivery.state(value)

    def settle(self) -> None:
        self.delivery.settle()

    def rejects(self) -> list[dict[str, Any]]:
        """What was rejected so far."""
        if not self.rejects_path.exists():
            return []
        return [json.loads(line) for line in self.rejects_path.read_bytes().splitlines()]

    def counts(self) -> dict[str, int]:
        """What is counted, without what is 0."""
        named = (*COUNTED, *COUNTED_IF_ANY)
        return {name: count for name in named if (count := getattr(self.report, name))}

    def close(self) -> None:
        """End, or die: what is on its way is never answered."""
        self._rejects.close()
        self.ledger.close()


@contextmanager
def working(
    folder: Path,
    meta: FakeMeta,
    now: datetime = START,
    **more: Any,  # noqa: ANN401
) -> Iterator[Worker]:
    """A run, closed in the end."""
    worker = Worker(folder, meta, now, **more)
    try:
        yield worker
    finally:
        worker.close()
