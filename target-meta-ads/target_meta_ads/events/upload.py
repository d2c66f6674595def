"""One pixel: from events to requests, and from answers to what is settled.

Meta refuses a request whole for one bad event. Such a request is searched for what is bad in it,
see `search`, and all others arrive.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from typing_extensions import override

from meta_graph import Failure, GraphError
from target_meta_ads.delivery import outcomes
from target_meta_ads.delivery.destinations import Destination, Request
from target_meta_ads.delivery.outcomes import Outcome
from target_meta_ads.events import calls
from target_meta_ads.events.calls import MOST_EVENTS
from target_meta_ads.events.checks import OLDEST_IN_A_STORE
from target_meta_ads.events.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from target_meta_ads.delivery.destinations import Entry, Shared
    from target_meta_ads.ledger import Claim

DEDUPLICATED = timedelta(hours=48)
"""For so long Meta takes an event with the same name and id for the same event."""

OUTCOME_UNKNOWN = "outcome_unknown"
"""Code of the reject of an event of which a run had no answer, too long ago."""

NOT_RECEIVED = "not_received"
"""Code of the reject of an event that Meta neither takes nor refuses."""

# As our own JSON has it. Meta takes such events for longer, so they are remembered for longer.
_IN_A_STORE = b'"action_source":"physical_store"'

_ALIKE = 20
"""Events refused one by one for the same reason, before any was taken: the pixel is wrong then."""


@dataclass(eq=False)
class Batch:
    """What goes into one request, and the search through it when Meta refuses it.

    Attributes:
        entries: The events.
        claim: The ledger's promise that nobody else sends them, once it is sent.
        part: The same for what a search has on its way, which is not all of them.
        is_kept: Whether Meta may have them: the claim then stays until it has accepted them, so
            that a later run knows, if this one never does.
        search: What is bad in it, once Meta has refused it.
        noted: How many of the bad ones are noted.
    """

    entries: list[Entry]
    claim: Claim | None = None
    part: Claim | None = None
    is_kept: bool = False
    search: Search[Entry, GraphError] | None = None
    noted: int = 0

    @property
    def request(self) -> Sequence[Entry]:
        """What is to be sent now."""
        return self.entries if self.search is None else self.search.request

    @property
    def first(self) -> int:
        """Number of the first event in it."""
        return min(entry.number for entry in self.entries)


class EventDelivery(Destination):
    """Brings events to a pixel.

    Args:
        pixel_id: The pixel, or data set.
        shared: What all destinations use.
        account: The account, whose limits it counts against.
        options: What requests say beside the events, as `test_event_code`.
        now: The instant that it is.
    """

    def __init__(
        self,
        pixel_id: str,
        shared: Shared,
        *,
        account: str | None,
        options: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(f"pixel {pixel_id}", shared)
        self.pixel_id = pixel_id
        self._account = account
        self._options = options
        self._now = now
        self._chunk: dict[bytes, Entry] = {}
        self._open: list[Entry] = []
        self._queue: deque[Batch] = deque()
        self._sent: set[Batch] = set()
        self._pending: set[bytes] = set()
        self._accepted_any = False
        self._doubtful: list[tuple[Entry, GraphError]] = []

    # Events in.

    def take(self, entry: Entry) -> bool:
        """Take in an event.

        Returns:
            Whether so many are together that they may go out.
        """
        if self.failed is not None:
            self._lose(entry)
            return False
        key = entry.key
        if key in self._chunk or key in self._pending:
            entry.source.report.unchanged += 1  # the same event, twice in the input
            return False
        self._chunk[key] = entry
        return len(self._chunk) >= MOST_EVENTS

    @property
    @override
    def held(self) -> int:
        return len(self._chunk) + len(self._open)

    def look_up(self) -> bool:
        """Ask the ledger about the chunk; what is new goes into the open batch."""
        chunk, self._chunk = self._chunk, {}
        if not chunk:
            return True
        known = self._shared.ledger.known_events(self.pixel_id, list(chunk))
        for key, entry in chunk.items():
            if key in known:
                entry.source.report.unchanged += 1
            else:
                self._open.append(entry)
                self._pending.add(key)
        while len(self._open) >= MOST_EVENTS:
            self._queue.append(Batch(self._open[:MOST_EVENTS]))
            self._open = self._open[MOST_EVENTS:]
        return True

    @override
    def close(self, number: int) -> None:
        if any(entry.number <= number for entry in self._chunk.values()):
            self.look_up()
        if any(entry.number <= number for entry in self._open):
            self._queue.append(Batch(self._open))
            self._open = []

    # Batches to requests.

    @property
    @override
    def waiting(self) -> int:
        return len(self._queue)

    @override
    def next(self) -> Request | None:
        while self._queue:
            batch = self._queue.popleft()
            if batch.claim is not None or self._claim(batch):
                if batch.search is not None and not batch.is_kept:
                    keys = [entry.key for entry in batch.request]
                    batch.part = self._shared.ledger.claim(self.pixel_id, keys)
                self._sent.add(batch)
                bodies = [entry.content for entry in batch.request]
                call = calls.events(self.pixel_id, bodies, self._options, self._account)
                return Request(call, self, batch)
        return None

    def _claim(self, batch: Batch) -> bool:
        """Have the ledger note what is about to be sent; False when nothing is left to send."""
        claim = self._shared.ledger.claim(self.pixel_id, [entry.key for entry in batch.entries])
        batch.claim = claim
        left: list[Entry] = []
        for entry in batch.entries:
            lost = claim.first_sent.get(entry.key)
            if entry.key in claim.held:  # another worker sends it: how that ends is seen later
                self._pending.discard(entry.key)
                self._chunk[entry.key] = entry
            elif entry.key in claim.done:
                self._pending.discard(entry.key)
                entry.source.report.unchanged += 1
            elif lost is not None and self._now() - lost > DEDUPLICATED:
                self._pending.discard(entry.key)
                self._shared.reject(
                    entry,
                    OUTCOME_UNKNOWN,
                    "A run that was cut off, or had no answer, may have sent it, more than 48 "
                    "hours ago: sent again, Meta would count it twice.",
                )
            else:
                left.append(entry)
        batch.entries = left
        if not left:
            self._release(batch)
        return bool(left)

    # Answers.

    @override
    def _values(self, about: Batch) -> Any:
        return [msgspec.json.decode(entry.content) for entry in about.request]

    @override
    def _answered(self, about: Batch, payload: Any, error: GraphError | None) -> None:
        request = about.request
        self._sent.discard(about)
        count = calls.received(payload)
        outcome: Outcome | None
        if error is None and count is not None and count < len(request):
            # Nothing tells which. Sent again they are the same events.
            words = f"Meta has received {count} of {len(request)} events"
            error = GraphError(Failure(words, was_left_open=True))
            outcome = Outcome.HALVE if len(request) > 1 else Outcome.SEARCH
        else:
            outcome = None if error is None else outcomes.of_events(error)
        if error is None:
            self._deliver(about, request)
        elif outcome is Outcome.HALVE and len(request) > 1:
            self._halve(about, request, error)
        elif outcome is Outcome.SEARCH:
            # An earlier try that was left open held the same bad event: Meta has taken none of it.
            self._search(about, error)
        else:
            if outcomes.may_be_done(error):
                self._keep(about)
            self._queue.appendleft(about)  # it is unsettled, and is dropped with the rest
            self.fail(error)

    def _keep(self, batch: Batch) -> None:
        """Leave what was sent claimed for good, and nothing else: Meta may have it."""
        if batch.part is not None:
            self._release_whole(batch)
            batch.claim, batch.part = batch.part, None
        batch.is_kept = True

    def _halve(self, batch: Batch, request: Sequence[Entry], error: GraphError) -> None:
        """Send a request in two."""
        rest = Batch(batch.search.left[len(request) :] if batch.search is not None else [])
        if batch.is_kept:
            rest.claim, rest.is_kept = batch.claim, True
        if outcomes.may_be_done(error):
            self._keep(batch)
        self._release(batch)
        middle = (len(request) + 1) // 2
        halves = [
            Batch([*some], batch.claim, is_kept=batch.is_kept)
            for some in (request[:middle], request[middle:])
        ]
        self._queue.extendleft(one for one in (rest, *reversed(halves)) if one.entries)

    def _deliver(self, batch: Batch, request: Sequence[Entry]) -> None:
        assert batch.claim is not None  # noqa: S101 - it was sent
        ledger = self._shared.ledger
        stores = {entry.key for entry in request if _IN_A_STORE in entry.content}
        keys = {entry.key for entry in request}
        ledger.accept_events(batch.claim, keys - stores)
        ledger.accept_events(batch.claim, stores, seconds=OLDEST_IN_A_STORE)
        for entry in request:
            entry.source.report.delivered += 1
        self._pending.difference_update(keys)
        self._release_part(batch)
        if not self._accepted_any:
            self._accepted_any = True
            self.conclude()
        if batch.search is not None:
            batch.search.accepted()
            self._go_on(batch)

    def _search(self, batch: Batch, error: GraphError) -> None:
        if batch.search is None:
            batch.search = Search(batch.entries, error)
        else:
            batch.search.refused(error)
        self._release_part(batch)
        self._go_on(batch)

    def _go_on(self, batch: Batch) -> None:
        """Note what is known to be bad by now, and send on what is not."""
        search = batch.search
        assert search is not None  # noqa: S101 - whoever calls has made it
        self._doubtful += search.bad[batch.noted :]
        batch.noted = len(search.bad)
        batch.entries = search.left
        if batch.entries:
            self._queue.appendleft(batch)
        else:
            self._release(batch)
        if self._accepted_any:
            self.conclude()
        elif len(self._doubtful) >= _ALIKE and len({_what(one) for _, one in self._doubtful}) == 1:
            self.fail(self._doubtful[0][1])

    @override
    def conclude(self) -> None:
        """Reject what Meta has refused.

        Not before Meta has taken something, or nothing more is to come: where it takes nothing,
        the pixel or a setting may be wrong, and no event.
        """
        for entry, error in self._doubtful:
            self._pending.discard(entry.key)
            self._reject(entry, error)
        self._doubtful = []

    def _reject(self, entry: Entry, error: GraphError) -> None:
        advice = f" {error.advice}" if error.advice else ""
        words = f"Meta refuses it: {error.failure.message}.{advice}"
        self._shared.reject(entry, _what(error), words)

    def _release(self, batch: Batch) -> None:
        """Give back the claims of what Meta does not have."""
        self._release_part(batch)
        if not batch.is_kept:
            self._release_whole(batch)

    def _release_whole(self, batch: Batch) -> None:
        if batch.claim is not None:
            self._shared.ledger.release(batch.claim)
            batch.claim = None

    def _release_part(self, batch: Batch) -> None:
        if batch.part is not None:
            self._shared.ledger.release(batch.part)
            batch.part = None

    @override
    def _numbers(self) -> Iterator[int]:
        yield from (entry.number for entry in self._chunk.values())
        yield from (entry.number for entry in self._open)
        yield from (entry.number for entry, _ in self._doubtful)
        for batch in (*self._queue, *self._sent):
            yield batch.first

    @override
    def _drop(self) -> Iterator[Entry]:
        for batch in self._queue:
            self._release(batch)
            yield from batch.entries
        yield from self._open
        yield from self._chunk.values()
        for entry, _ in self._doubtful:
            yield entry
        self._queue.clear()
        self._open.clear()
        self._chunk.clear()
        self._doubtful.clear()


def _what(error: GraphError) -> str:
    """Meta's code and subcode, as rejects name them."""
    if error.code is None:
        return NOT_RECEIVED
    return f"{error.code}" if error.subcode is None else f"{error.code}/{error.subcode}"
