"""What happens to one request: it is sent, and what its answer means. See `_attempts` for more."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from meta_graph._calls import Call, Decode, encode
from meta_graph._classify import understand
from meta_graph._clock import ahead
from meta_graph._errors import ClientClosedError, GraphError, ThrottledError
from meta_graph._events import Event, Exchange
from meta_graph._pacing import Pacer
from meta_graph._transport import Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from meta_graph._clock import Clock
    from meta_graph._redact import Redactor
    from meta_graph._transport import Incoming, Transport
    from meta_graph._usage import Usage

# More threads than a program has, and few enough to be woken one by one at once.
_EVERYBODY = 4096


@dataclass(repr=False)  # the proof is one of its attributes
class Engine:
    """Carries out calls. Safe to share between threads.

    Attributes:
        base: Address with the version.
        proof: `appsecret_proof`, or None.
        redact: Takes secrets out of texts and bodies.
        transport: What sends.
        clock: Time.
        decode: Parses JSON bodies.
        on_event: Is told of each exchange and each wait.
        max_retry_seconds: Seconds that one call may spend waiting and failing.
        max_concurrency: Requests in flight at once.
        pacer: What is known of Meta's limits.
    """

    base: str
    proof: str | None
    redact: Redactor
    transport: Transport
    clock: Clock
    decode: Decode
    on_event: Callable[[Event], None]
    max_retry_seconds: float
    max_concurrency: int
    pacer: Pacer = field(default_factory=Pacer)
    _closed: bool = False
    _ahead: timedelta | None = None

    def __post_init__(self) -> None:
        self._slots = threading.Semaphore(self.max_concurrency)

    def now(self) -> datetime:
        """The instant that it is at Meta, by the `Date` of its first answer; ours before it."""
        return datetime.now(timezone.utc) + (self._ahead or timedelta())

    def close(self) -> None:
        """End all waits: for a moment in time, for a turn, for a free slot."""
        self._closed = True
        self.clock.stop()
        # Whoever waits for a slot gets one, and finds the client closed.
        self._slots.release(_EVERYBODY)
        self.transport.close()

    def exchange(self, call: Call, check: Callable[[Any], GraphError | None] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Send a call, whose turn it is, and return its payload.

        Args:
            call: The call.
            check: What is wrong with a good answer's payload, if anything.

        Raises:
            GraphError: See the tree in `meta_graph`.
        """
        form = None if call.method == "GET" or call.json is not None else call.params
        payload, event = self.round_trip(call, (call,), form, check)
        self.on_event(event)
        if event.error is not None:
            raise event.error
        return payload

    def round_trip(
        self,
        call: Call,
        parts: tuple[Call, ...],
        form: Mapping[str, Any] | None,
        check: Callable[[Any], GraphError | None] | None = None,
    ) -> tuple[Any, Exchange]:
        """Send one request, and tell how it went.

        Args:
            call: The request.
            parts: What Meta counts: the calls of a batch, else the call itself.
            form: Its form, None to send the parameters as a query.
            check: See `exchange`.

        Returns:
            The payload, and what is to be told to whoever listens; its `error` says if it failed.

        Raises:
            ClientClosedError: The client is closed.
        """
        query = {} if form is not None else encode(call.params)
        body = None if form is None else encode(form)
        if self.proof:
            (query if body is None else body)["appsecret_proof"] = self.proof
        url = f"{self.base}/{call.path}".rstrip("/")
        with self._slots:
            self.check_open()
            started = self.clock.now()
            answer = self._send(call, Outgoing(call.method, url, query, body, call.json))
            seconds = self.clock.now() - started
        if isinstance(answer, GraphError):
            return None, Exchange(call, parts, seconds, error=answer)
        if self._ahead is None:
            self._ahead = ahead(answer.headers.get("Date"), datetime.now(timezone.utc))
        text = self.redact.scrub(answer.body)
        payload, failed = understand(
            call, answer.status, answer.headers, text, self.decode, self.redact
        )
        if failed is None and check and (wrong := check(payload)):
            failed = wrong.about(account=call.account, edge=call.edge)
        usages = tuple(self.tell(answer.headers, call, failed))
        return payload, Exchange(call, parts, seconds, answer.status, failed, usages)

    def tell(
        self, headers: Mapping[str, str], call: Call, error: GraphError | None
    ) -> Sequence[Usage]:
        """Take in what an answer's headers told of Meta's limits."""
        refused = isinstance(error, ThrottledError)
        return self.pacer.tell(self.clock.now(), headers, call.account, refused=refused)

    def hold(self, call: Call) -> float:
        """Seconds that a call would have to wait now."""
        held = self.pacer.hold(self.clock.now(), call, self.max_retry_seconds)
        return held.seconds if held else 0.0

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            ClientClosedError: The client was closed meanwhile.
        """
        self.check_open(stopped=self.clock.wait(seconds))

    def check_open(self, *, stopped: bool = False) -> None:
        """Do nothing, unless the client is closed.

        Raises:
            ClientClosedError: It is.
        """
        if self._closed or stopped:
            raise ClientClosedError("The client is closed, and takes and repeats no call")

    def _send(self, call: Call, request: Outgoing) -> Incoming | GraphError:
        try:
            return self.transport.send(request)
        except GraphError as error:
            # A transport knows nothing of accounts, and one of the user's own nothing of secrets.
            words = self.redact(error.failure.message)
            return error.about(message=words, account=call.account, edge=call.edge)
