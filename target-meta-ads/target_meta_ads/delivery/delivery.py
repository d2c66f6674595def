"""The whole of a run's delivery: destinations, requests on their way, and the state behind them.

All of it happens on the main thread, but for the sending: so nothing is locked, and whatever the
ledger says holds until the next line of code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from target_meta_ads.delivery import outcomes
from target_meta_ads.delivery.outcomes import Outcome
from target_meta_ads.errors import RunStoppedError, StoppedError, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from meta_graph import Call, GraphError
    from target_meta_ads.audiences.mirror import Mirror
    from target_meta_ads.audiences.replacement import Replacement
    from target_meta_ads.audiences.upload import AudienceDelivery
    from target_meta_ads.delivery.checkpoints import Checkpoints
    from target_meta_ads.delivery.destinations import Destination, Entry, Request, Source
    from target_meta_ads.delivery.senders import Answered
    from target_meta_ads.events.upload import EventDelivery

    People = AudienceDelivery | Replacement

MOST_HELD = 50_000
"""Records that are held at once over all destinations, until they fill a request."""

MOST_WAITING = 2
"""Closed batches that wait while all senders are busy. Reading on would only take memory."""

_TICK = 256
"""Records between two looks at what can be sent, at least."""

_OTHERS = 0.5
"""Seconds until another worker's records are looked at again."""


class Sends(Protocol):
    """What `Senders` and `DryRun` have in common."""

    @property
    def has_room(self) -> bool:
        """Whether another request would be sent at once."""
        ...

    @property
    def in_flight(self) -> int:
        """Requests whose answers were not taken yet."""
        ...

    def send(self, call: Call, about: Request) -> None:
        """Send a call."""
        ...

    def answers(self, *, wait: bool = False) -> Iterator[Answered[Request]]:
        """The answers that are there; with `wait` at least one, if anything is in flight."""
        ...

    def close(self) -> None:
        """Send nothing more."""
        ...


class Delivery:
    """Takes records to their destinations, and lets the state out behind them.

    Args:
        senders: Sends; a `Senders` or a `DryRun`.
        checkpoints: Counts records and keeps states.
        emit: Writes a state.
        may_emit: Whether a state may go out at all, as things stand.
        pause: Waits for some seconds.

    Attributes:
        destinations: Where records go, each once.
        stopped: Why nothing is sent any more, to any destination.
    """

    def __init__(
        self,
        senders: Sends,
        checkpoints: Checkpoints,
        *,
        emit: Callable[[Any], None],
        may_emit: Callable[[], bool],
        pause: Callable[[float], None],
    ) -> None:
        self._senders = senders
        self._checkpoints = checkpoints
        self._emit = emit
        self._may_emit = may_emit
        self._pause = pause
        self._sent = 0
        self._ticked_at = 0
        self.destinations: list[Destination] = []
        self.stopped: GraphError | None = None

    # Records in.

    def member(self, people: People, entry: Entry, *, is_removal: bool) -> None:
        """Take in a person."""
        if people.take(entry, is_removal=is_removal):
            while not people.look_up():
                self._send_all(people)
            self._go_on()

    def event(self, pixel: EventDelivery, entry: Entry) -> None:
        """Take in an event."""
        if pixel.take(entry):
            pixel.look_up()
            self._go_on()

    def state(self, value: Any) -> None:  # noqa: ANN401 - JSON
        """Take in a state."""
        self._checkpoints.state(value)
        if self._checkpoints.count - self._ticked_at >= _TICK:
            self.tick()  # not behind each: some taps write a state after each record

    def tick(self) -> None:
        """Now and then: close what keeps a state waiting for long, and take answers."""
        self._ticked_at = self._checkpoints.count
        overdue = self._checkpoints.overdue
        if overdue is not None:
            for destination in self.destinations:
                destination.close(overdue)
        while sum(destination.held for destination in self.destinations) > MOST_HELD:
            fullest = max(self.destinations, key=lambda one: one.held)
            before = fullest.held
            fullest.close(self._checkpoints.count)
            if fullest.held >= before:
                self._send_all(fullest)
        self._go_on()

    def _go_on(self) -> None:
        """Send what can be sent, before more is read.

        Raises:
            RunStoppedError: Meta takes nothing any more.
        """
        self._keep_up()
        if self.stopped is not None:
            raise RunStoppedError(told(self.stopped))

    # Requests out, answers in.

    def _keep_up(self) -> None:
        """Send what can be sent; wait only where too much would wait."""
        self._pump()
        while self._waiting() > MOST_WAITING and self._senders.in_flight:
            self._pump(wait=True)

    def _waiting(self) -> int:
        return sum(destination.waiting for destination in self.destinations)

    def _pump(self, *, wait: bool = False) -> None:
        """Send what can be sent, and take in the answers that are there."""
        self._send()
        for answered in self._senders.answers(wait=wait):
            self._take(answered)
        self._send()
        self._release()

    def _send(self) -> None:
        for destination in self.destinations:
            while self._senders.has_room and destination.failed is None:
                request = destination.next()
                if request is None:
                    break
                self._senders.send(request.call, request)
                self._sent += 1

    def _take(self, answered: Answered[Request]) -> None:
        request, payload, error = answered
        if error is not None:
            error = request.destination.cleaned(request.about, error)
        request.destination.answered(request.about, payload, error)
        if error is not None and outcomes.of_any(error) is Outcome.STOP:
            self._stop(error)

    def _stop(self, error: GraphError) -> None:
        """Nothing is sent any more; what is on its way is still waited for."""
        self.stopped = self.stopped or error
        for destination in self.destinations:
            if destination.failed is None:
                destination.fail(error)

    def _send_all(self, destination: Destination) -> None:
        """Send everything that a destination has, and wait for the answers."""
        self._pump()
        while destination.waiting or self._senders.in_flight:
            self._pump(wait=True)

    def _release(self) -> None:
        unsettled = [one.unsettled() for one in self.destinations]
        if not self._may_emit():
            return
        value = self._checkpoints.release([one for one in unsettled if one is not None])
        if value is not None:
            self._emit(value)

    # The end.

    def settle(self) -> None:
        """Send everything that is left, and wait until it is settled."""
        while True:
            before = self._sent, bool(self._senders.in_flight)
            for destination in self.destinations:
                if destination.failed is None:
                    destination.close(self._checkpoints.count)
            self._pump()
            while self._waiting() or self._senders.in_flight:
                self._pump(wait=True)
            if not any(one.held for one in self.destinations if one.failed is None):
                break
            if (self._sent, False) == before:
                # Another worker has them: they are looked at again when it had time to send them.
                self._pause(_OTHERS)
        for destination in self.destinations:
            destination.conclude()
        self._release()

    def mirror(self, audience: Mirror, source: Source, most: float) -> None:
        """Remove from a mirror whom the complete input no longer has.

        Args:
            audience: The mirror.
            source: The stream that it shows.
            most: Share of its members that may be removed.
        """
        if audience.failed is None:
            audience.check_unseen(most)
        for step in (audience.remove_unseen, audience.bring_back):
            if audience.failed is not None:
                return
            for _ in step(source):
                self._keep_up()
                if audience.failed is not None:
                    break
            self.settle()

    def replace(self, audience: Replacement) -> None:
        """Replace the members of an audience by those of the complete input."""
        audience.begin()
        self._send_all(audience)
        self._release()

    def finish_in_flight(self) -> None:
        """Send nothing more; wait for what is on its way, and let the state out behind it."""
        while self._senders.in_flight:
            for answered in self._senders.answers(wait=True):
                self._take(answered)
        for destination in self.destinations:
            destination.conclude_early()
        self._release()

    @property
    def failures(self) -> Iterable[str]:
        """What went wrong, a sentence each, none of them twice."""
        said = {told(self.stopped): None} if self.stopped is not None else {}
        for destination in self.destinations:
            failed = destination.failed
            if failed is not None and failed is not self.stopped:
                words = (
                    told(failed)
                    if isinstance(failed, StoppedError)
                    else f"{destination.label}: {told(failed)}"
                )
                said[words] = None
        return list(said)
