"""What happens to one request: its turn, its exchange, what its answer means, and tries again."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from meta_graph import _retry
from meta_graph._calls import Call, encode
from meta_graph._classify import classify, parse
from meta_graph._clock import ahead
from meta_graph._errors import ClientClosedError, Failure, GraphError, ThrottledError
from meta_graph._events import Event, Exchange, Wait
from meta_graph._pacing import Pacer
from meta_graph._transport import Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from meta_graph._clock import Clock
    from meta_graph._pacing import Hold
    from meta_graph._redact import Redactor
    from meta_graph._transport import Incoming, Transport
    from meta_graph._usage import Usage

# Pacing below a limit is routine; only a wait that a person could notice is worth a line.
_WORTH_A_LINE = 10.0

# More threads than a program has, and few enough to be woken one by one at once.
_EVERYBODY = 4096

logger = logging.getLogger("meta_graph")


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
    """

    base: str
    proof: str | None
    redact: Redactor
    transport: Transport
    clock: Clock
    decode: Callable[[bytes], Any]
    on_event: Callable[[Event], None]
    max_retry_seconds: float
    max_concurrency: int
    _pacer: Pacer = field(default_factory=Pacer)
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

    def send(self, call: Call, check: Callable[[Any], GraphError | None] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Make a call until it works, cannot work, or has taken too long.

        Args:
            call: The call.
            check: What is wrong with a good answer's JSON, if anything; counts as a failed try.
        """
        patience = _retry.Patience(self.max_retry_seconds)
        while True:
            try:
                allowed = patience.allowed(self.clock.now())
                form = None if call.method == "GET" or call.json is not None else call.params
                return self.exchange(call, [call], form, allowed, check)
            except GraphError as error:
                failed = error
            # Out here, so that no later error drags this one along as its context.
            now = self.clock.now()
            patience.fail(now)
            step = patience.judge(failed, now, idempotent=call.idempotent)
            if isinstance(step, _retry.GiveUp):
                raise step.error
            logger.warning("%s Trying again in %s.", failed, _retry.span(step.seconds))
            self.wait(Wait(call, step.seconds, failed))

    def exchange(
        self,
        call: Call,
        parts: Sequence[Call],
        form: Mapping[str, Any] | None,
        allowed: float,
        check: Callable[[Any], GraphError | None] | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """Send one request and return its JSON.

        Args:
            call: The request.
            parts: What Meta counts: the calls of a batch, else the call itself.
            form: Its form, None to send the parameters as a query.
            allowed: Seconds that it may wait for its turn.
            check: See `send`.

        Raises:
            GraphError: See the tree in `meta_graph`.
        """
        self._take_turn(call, parts, allowed)
        query = {} if form is not None else encode(call.params)
        body = None if form is None else encode(form)
        if self.proof:
            (query if body is None else body)["appsecret_proof"] = self.proof
        url = f"{self.base}/{call.path}".rstrip("/")
        with self._slots:
            self._check_open()
            started = self.clock.now()
            answer = self._send(call, Outgoing(call.method, url, query, body, call.json))
            seconds = self.clock.now() - started
        if isinstance(answer, GraphError):
            self.on_event(Exchange(call, seconds, None, len(parts), answer))
            raise answer
        if self._ahead is None:
            self._ahead = ahead(answer.headers.get("Date"), datetime.now(timezone.utc))
        payload, failed = self._read(call, answer)
        if failed is None and check and (wrong := check(payload)):
            failed = wrong.about(account=call.account, edge=call.edge)
        usages = tuple(self.tell(answer.headers, call, failed))
        self.on_event(Exchange(call, seconds, answer.status, len(parts), failed, usages))
        if failed is not None:
            raise failed
        return payload

    def tell(
        self, headers: Mapping[str, str], call: Call, error: GraphError | None
    ) -> Sequence[Usage]:
        """Take in what an answer's headers told of Meta's limits."""
        refused = isinstance(error, ThrottledError)
        return self._pacer.tell(self.clock.now(), headers, call.account, refused=refused)

    def wait(self, wait: Wait) -> None:
        """Wait, and say so to whoever listens."""
        self.on_event(wait)
        self.pause(wait.seconds)

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            ClientClosedError: The client was closed meanwhile.
        """
        self._check_open(stopped=self.clock.wait(seconds))

    def _check_open(self, *, stopped: bool = False) -> None:
        if self._closed or stopped:
            raise ClientClosedError("The client is closed, and takes and repeats no call")

    def _send(self, call: Call, request: Outgoing) -> Incoming | GraphError:
        try:
            return self.transport.send(request)
        except GraphError as error:
            # A transport knows nothing of accounts, and one of the user's own nothing of secrets.
            words = self.redact(error.failure.message)
            return error.about(message=words, account=call.account, edge=call.edge)

    def _read(self, call: Call, answer: Incoming) -> tuple[Any, GraphError | None]:
        payload = parse(self.redact.scrub(answer.body), self.decode)
        error = classify(
            answer.status,
            payload,
            answer.headers,
            account=call.account,
            edge=call.edge,
            use_case=call.use_case,
            redact=self.redact,
        )
        return payload, error

    def _take_turn(self, call: Call, parts: Sequence[Call], allowed: float) -> None:
        """Wait until the limits of a request let it through."""
        began = self.clock.now()
        while True:
            now = self.clock.now()
            left = allowed - (now - began)
            hold = self._pacer.take(now, parts, left)
            if hold is None:
                return
            if hold.refused and hold.seconds > left:
                raise self._refused(call, hold)
            if hold.seconds >= _WORTH_A_LINE:
                logger.info(
                    "Account %s: Meta's limit for %s is used up or nearly so, waiting %s.",
                    call.account or "any",
                    call.use_case,
                    _retry.span(hold.seconds),
                )
            self.wait(Wait(call, hold.seconds))

    def _refused(self, call: Call, hold: Hold) -> ThrottledError:
        words = f"Meta takes no {call.use_case} call for {_retry.span(hold.seconds)}"
        failure = Failure(words, account=call.account, edge=call.edge)
        return ThrottledError(failure, hold.seconds)
