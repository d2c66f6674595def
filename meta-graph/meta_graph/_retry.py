"""Should a failed call be made again, and when: one pure decision.

The pauses come from `backoff`: exponential, with full jitter, so that threads and machines that
failed together do not come back together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import backoff

from meta_graph._errors import (
    ConnectionFailedError,
    GraphError,
    RetryableError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_PAUSE = 60.0
"""Seconds. A longer one would only add to the time that the last try comes too late."""


@dataclass(frozen=True)
class Pause:
    """Wait this long, then ask again."""

    seconds: float


@dataclass(frozen=True)
class GiveUp:
    """Do not ask again; raise this."""

    error: GraphError


def pauses() -> Iterator[float]:
    """The growing pauses of one call, in seconds before jitter: 1, 2, 4 up to the longest."""
    schedule = backoff.expo(base=2, factor=1, max_value=LONGEST_PAUSE)
    next(schedule)  # the library primes its generators so: the first value is empty
    return cast("Iterator[float]", schedule)


def decide(
    error: GraphError, *, idempotent: bool, tries: int, waited: float, limit: float, pause: float
) -> Pause | GiveUp:
    """Whether to ask again after this error.

    Args:
        error: What the last try ended with.
        idempotent: Whether the call may be carried out twice.
        tries: Tries so far.
        waited: Seconds since the first failure.
        limit: Seconds that all waits together may last (`max_retry_seconds`).
        pause: What the schedule offers, jittered, where Meta states no wait of its own.
    """
    if not isinstance(error, RetryableError):
        return GiveUp(error)
    throttled = isinstance(error, ThrottledError)
    # A throttled call was refused whole. After any other failure nobody knows what was done.
    if not idempotent and not throttled:
        return GiveUp(error.about(advice=_unknown_outcome(error)))
    stated = error.wait_seconds if isinstance(error, ThrottledError) else None
    if stated is not None and waited + stated > limit:
        words = f"Meta asks to wait {span(stated)}, and `max_retry_seconds` allows {span(limit)}"
        return GiveUp(
            error.about(advice=f"{words}: run again later, or raise `max_retry_seconds`.")
        )
    # Threads that wait for one limit come back spread, but none later than its own limit.
    seconds = pause if stated is None else min(stated + pause, limit - waited)
    if waited + seconds > limit:
        count = "1 try" if tries == 1 else f"{tries} tries"
        words = f"Given up after {count} in {span(waited)}: run again later"
        return GiveUp(error.about(advice=f"{words}, or raise `max_retry_seconds`."))
    return Pause(seconds)


@dataclass
class Patience:
    """How long a call has been failing, and what that still allows.

    Attributes:
        limit: Seconds that it may spend so (`max_retry_seconds`).
    """

    limit: float
    _tries: int = 0
    _failed_at: float | None = None
    _pause: float = 0.0
    _schedule: Iterator[float] = field(default_factory=pauses)

    def allowed(self, now: float) -> float:
        """Seconds that are left for waiting."""
        return self.limit - self._waited(now)

    def fail(self, now: float) -> None:
        """Note that a try has failed."""
        self._tries += 1
        self._failed_at = now if self._failed_at is None else self._failed_at
        self._pause = backoff.full_jitter(next(self._schedule))

    def judge(self, error: GraphError, now: float, *, idempotent: bool) -> Pause | GiveUp:
        """What follows from an error of the last try."""
        return decide(
            error,
            idempotent=idempotent,
            tries=self._tries,
            waited=self._waited(now),
            limit=self.limit,
            pause=self._pause,
        )

    def _waited(self, now: float) -> float:
        return 0.0 if self._failed_at is None else now - self._failed_at


def span(seconds: float) -> str:
    """Seconds for people: `90 s`, `15 min`, `2 h`."""
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def _unknown_outcome(error: GraphError) -> str:
    if isinstance(error, ConnectionFailedError):
        return "Meta may have carried the request out, so it is not sent again by itself."
    return "The request is not sent again by itself, since it might be carried out twice."
