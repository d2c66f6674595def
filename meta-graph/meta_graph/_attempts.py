"""One call, tried step by step. Nothing in here waits: a step says how long to stay away.

Whoever has one thread a call lets `finish` wait in it. Whoever schedules many calls takes the
steps itself, so that a call that must wait costs no thread.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from meta_graph import _retry
from meta_graph._errors import (
    ConnectionFailedError,
    Failure,
    GraphError,
    ThrottledError,
    UnavailableError,
)
from meta_graph._events import Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meta_graph._calls import Call
    from meta_graph._engine import Engine
    from meta_graph._pacing import Hold

# Pacing below a limit is routine; only a wait that a person could notice is worth a line.
_WORTH_A_LINE = 10.0

LEFT_OPEN = (ConnectionFailedError, UnavailableError)
"""Errors of a try that leave open whether Meta has carried the call out."""

logger = logging.getLogger("meta_graph")

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """A call has been answered.

    Attributes:
        payload: Its JSON, or what the call's own `decode` made of it.
    """

    payload: Any = field(repr=False)


@dataclass(frozen=True)
class Later:
    """A call cannot go on yet.

    Attributes:
        seconds: When to ask again, counted from now. Asking sooner is allowed: where a limit holds
            the call back it is told again, after a failure it is sent at once.
        error: What the last try failed with; None when a limit holds the call back.
    """

    seconds: float
    error: GraphError | None = None


Steps = Generator[Later, None, T]
"""The waits of a call, one by one; what it returns is the answer."""


class Attempts:
    """One call, tried step by step by whoever schedules it; see `GraphClient.attempts`.

    Any thread may take the next step, but one at a time.
    """

    def __init__(self, steps: Steps[Any]) -> None:
        self._steps = steps
        self._is_over = False

    def next(self) -> Answer | Later:
        """Go on with the call: send it, unless it must wait.

        It does not wait itself, but for the answer, and for one of the client's
        `max_concurrency` requests to end before it is sent.

        Returns:
            The answer, behind which there is nothing more to ask for; or how long to stay away.

        Raises:
            GraphError: The call is given up; see the tree in `meta_graph`.
            RuntimeError: It was over before.
        """
        if self._is_over:
            raise RuntimeError("The call is over: it was answered, or given up")
        self._is_over = True  # unless there is a later
        try:
            later = next(self._steps)
        except StopIteration as done:
            return Answer(done.value)
        self._is_over = False
        return later


def finish(engine: Engine, steps: Steps[T]) -> T:
    """Take all steps, waiting between them.

    Raises:
        GraphError: The call was given up, or the client closed.
    """
    while True:
        try:
            later = next(steps)
        except StopIteration as done:
            answer: T = done.value
            return answer
        engine.pause(later.seconds)


def attempts(
    engine: Engine, call: Call, check: Callable[[Any], GraphError | None] | None = None
) -> Steps[Any]:
    """Make a call until it works, cannot work, or has taken too long.

    Args:
        engine: What sends.
        call: The call.
        check: What is wrong with a good answer's payload, if anything; counts as a failed try.
    """
    patience = _retry.Patience(engine.max_retry_seconds)
    was_left_open = False
    while True:
        try:
            yield from turn(engine, call, [call], patience.allowed(engine.clock.now()))
            return engine.exchange(call, check)
        except GraphError as error:
            failed = error.about(was_left_open=True) if was_left_open else error
        # Out here, so that no later error drags this one along as its context.
        now = engine.clock.now()
        patience.fail(now)
        step = patience.judge(failed, now, idempotent=call.idempotent)
        if isinstance(step, _retry.GiveUp):
            raise step.error
        logger.warning("%s Trying again in %s.", failed, _retry.span(step.seconds))
        was_left_open = was_left_open or isinstance(failed, LEFT_OPEN)
        engine.on_event(Wait(call, step.seconds, failed))
        yield Later(step.seconds, failed)


def turn(engine: Engine, call: Call, parts: Sequence[Call], allowed: float) -> Steps[None]:
    """Wait until the limits of a request let it through.

    Args:
        engine: What knows the limits.
        call: The request.
        parts: What Meta counts: the calls of a batch, else the call itself.
        allowed: Seconds that it may wait for its turn.

    Raises:
        ThrottledError: Meta has refused such calls for longer than that.
        ClientClosedError: The client is closed.
    """
    began = engine.clock.now()
    while True:
        engine.check_open()
        now = engine.clock.now()
        left = allowed - (now - began)
        hold = engine.pacer.take(now, parts, left)
        if hold is None:
            return
        if hold.refused and hold.seconds > left:
            raise refused(call, hold)
        if hold.seconds >= _WORTH_A_LINE:
            logger.info(
                "Account %s: Meta's limit for %s is used up or nearly so, waiting %s.",
                call.account or "any",
                call.use_case,
                _retry.span(hold.seconds),
            )
        engine.on_event(Wait(call, hold.seconds))
        yield Later(hold.seconds)


def refused(call: Call, hold: Hold) -> ThrottledError:
    """The error of a call that a limit holds back, and that is not to wait for it."""
    words = f"Meta takes no {call.use_case} call for {_retry.span(hold.seconds)}"
    return ThrottledError(Failure(words, account=call.account, edge=call.edge), hold.seconds)
