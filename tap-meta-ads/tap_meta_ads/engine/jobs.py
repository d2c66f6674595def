"""Report jobs: what a status means, and when to look again. Pure.

Meta's jobs go from `Job Not Started` over `Job Started` and `Job Running` to `Job Completed`,
`Job Failed` or `Job Skipped` (expired before it ran). Around that there is more than its reference
tells: a job that was just submitted may not be found, one at 100 percent may still be running, one
may stand still for good.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from meta_graph import Call, GiveUp, GraphError, NotFoundError, UnknownFieldError, decide

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_LOOK = 0.3
"""Seconds after its submission: a small job is done by then."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
GROWTH = 1.3
"""Each pause is so much longer than the one before: what took long will take longer."""

UNKNOWN_SECONDS = 10.0
"""For how long a job may not be found: right after its submission not all of Meta knows it."""

STATUS_FIELDS = (
    "id",
    "async_status",
    "async_percent_completion",
    "error_code",
    "error_subcode",
    "error_message",
    "error_user_title",
    "error_user_msg",
)

STUCK = "it has stood still for longer than `max_retry_seconds`"


def look_at(job: Job) -> Call:
    """The call that shows how far a job is."""
    return Call(
        "GET",
        job.run_id,
        {"fields": job.fields},
        account=job.account_id,
        use_case="ads_insights",
    )


class JobState(enum.Enum):
    """Where a report job is."""

    RUNNING = "running"
    DONE = "done"
    OVER = "failed or skipped"


def job_state(status: Mapping[str, Any]) -> JobState:
    """What the status of a report job means.

    `Job Running` with 100 percent is not done yet: Meta is still writing the result.
    """
    match status.get("async_status"):
        case "Job Completed" if status.get("async_percent_completion", 100) == 100:  # noqa: PLR2004
            return JobState.DONE
        case "Job Failed" | "Job Skipped":
            return JobState.OVER
        case _:
            return JobState.RUNNING


@dataclass(frozen=True)
class Job:
    """A job that is being watched. Times are seconds of any monotonic clock.

    Attributes:
        run_id: The job.
        account_id: Whose figures it makes.
        stream: For which stream.
        since: When it was submitted.
        moved_at: When its progress was last seen to change.
        next_look: When to look again.
        pause: Seconds between the last look and the next.
        progress: Status and percentage, as last seen.
        failures: Looks that have failed since one was good.
        failed_at: When the first of them did.
        fields: What is asked of it; without what Meta refuses.
    """

    run_id: str
    account_id: str
    stream: str
    since: float
    moved_at: float
    next_look: float
    pause: float = FIRST_PAUSE / GROWTH
    progress: tuple[object, object] = (None, None)
    failures: int = 0
    failed_at: float | None = None
    fields: tuple[str, ...] = STATUS_FIELDS

    @classmethod
    def submitted(cls, run_id: str, account_id: str, stream: str, now: float) -> Job:
        """A job that was just submitted."""
        return cls(run_id, account_id, stream, now, now, now + FIRST_LOOK)

    def is_due(self, now: float) -> bool:
        """Whether to look now.

        Also when its time comes soon: one look at many jobs costs one exchange.
        """
        return self.next_look - now <= self.pause / 4

    def seen(
        self, look: Mapping[str, Any] | GraphError, now: float, limit: float
    ) -> Job | Mapping[str, Any] | GraphError:
        """What follows from a look: the job to watch on, or what the watching ended with.

        Args:
            look: Its status, or the error that the look ended with.
            now: The time.
            limit: Seconds that a job may stand still (`max_retry_seconds`).

        Returns:
            The job as it is watched on; or its last status; or the error.
        """
        if isinstance(look, GraphError):
            return self._not_seen(look, now, limit)
        if job_state(look) is not JobState.RUNNING:
            return look
        progress = (look.get("async_status"), look.get("async_percent_completion"))
        moved_at = self.moved_at if progress == self.progress else now
        if now - moved_at > limit:
            return {**look, "error_message": STUCK}
        return replace(self._later(now), progress=progress, moved_at=moved_at)

    def _not_seen(self, error: GraphError, now: float, limit: float) -> Job | GraphError:
        if isinstance(error, NotFoundError):
            is_young = now - self.since <= min(UNKNOWN_SECONDS, limit)
            return self._later(now) if is_young and self.progress == (None, None) else error
        if isinstance(error, UnknownFieldError):
            fields = tuple(name for name in self.fields if name not in error.fields)
            is_less = "async_status" in fields and fields != self.fields
            return replace(self, next_look=now, fields=fields) if is_less else error
        failed_at = now if self.failed_at is None else self.failed_at
        step = decide(
            error,
            idempotent=True,
            tries=self.failures + 1,
            waited=now - failed_at,
            limit=limit,
            pause=self.pause,
        )
        if isinstance(step, GiveUp):
            return step.error
        later = now + step.seconds
        return replace(self, next_look=later, failed_at=failed_at, failures=self.failures + 1)

    def _later(self, now: float) -> Job:
        pause = min(self.pause * GROWTH, LONGEST_PAUSE)
        return replace(self, pause=pause, next_look=now + pause, failures=0, failed_at=None)
