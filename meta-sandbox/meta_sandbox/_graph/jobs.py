"""Report jobs: submitted, polled, read, and all the ways in which they go wrong at Meta."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from meta_sandbox._protocol.errors import GraphError, unsupported
from meta_sandbox._world import draw as d

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meta_sandbox._insights.query import Query

#: Seconds after which Meta forgets a job.
_EXPIRY = 30 * 86_400
_RACE_POLLS = 1
#: What a scripted fault can make of a job.
Outcome = Literal[
    "failed",
    "skipped",
    "stuck",
    "running_100",
    "unreadable",
    "lost",
    "expired",
    "late_visible",
]
OUTCOMES = frozenset(get_args(Outcome))
_FAILURE = {
    "error_code": 2601,
    "error_message": "There was an error running your report.",
    "error_subcode": 1487742,
    "error_user_title": "Report Unavailable",
    "error_user_msg": "The report could not be made. Please try again later.",
}

# (share of a job's time until which it lasts, status, percent); None is the share itself.
_COURSE = ((0.1, "Job Not Started", 0), (0.2, "Job Started", 0), (0.9, "Job Running", None))
_STUCK_FROM = 0.2
_ENDS = {"failed": ("Job Failed", 0), "skipped": ("Job Skipped", 0)}


@dataclass
class Job:
    """One report job.

    Attributes:
        id: Its ``report_run_id``.
        account_id: Whose figures it holds.
        query: What was asked for.
        submitted: Instant, in Unix seconds.
        outcome: One of ``OUTCOMES``; empty when all goes well.
        detail: What the script says beyond the outcome, for example ``error_code``.
        polls: How often it has been polled.
        reads: How often its results have been asked for.
    """

    id: str
    account_id: str
    query: Query
    submitted: float
    outcome: str
    detail: Mapping[str, object]
    polls: int = 0
    reads: int = 0


def progress(job: Job, elapsed: float, seconds: float) -> tuple[str, int]:
    """Return a job's (status, percent), some time after it was submitted.

    A job that goes well is ``Job Not Started`` for a tenth of its time, then ``Job Started``, then
    ``Job Running``, for its last tenth with 100 percent, and only then ``Job Completed``.

    Args:
        job: The job, for its scripted outcome.
        elapsed: Seconds since it was submitted.
        seconds: How long a job takes; 0 for done at once.
    """
    share = 1.0 if seconds <= 0 else elapsed / seconds
    if job.outcome == "stuck" and share >= _STUCK_FROM:
        return "Job Running", _count(job, "percent", 0)
    if share >= 1 and not _lingers(job):
        return _ENDS.get(job.outcome, ("Job Completed", 100))
    for until, status, percent in _COURSE:
        if share < until:
            return status, int(share * 100) if percent is None else percent
    return "Job Running", 100


def _lingers(job: Job) -> bool:
    return job.outcome == "running_100" and job.polls <= _count(job, "polls", 2)


def _count(job: Job, name: str, default: int) -> int:
    value = job.detail.get(name, default)
    return value if isinstance(value, int) else default


class Jobs:
    """All report jobs of a sandbox.

    Args:
        seed: The world's seed, for ids.
        seconds: How long a job takes, by the sandbox's clock.
    """

    def __init__(self, seed: int, seconds: float) -> None:
        self._seed = seed
        self._seconds = seconds
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def submit(
        self,
        account_id: str,
        query: Query,
        now: float,
        outcome: str = "",
        detail: Mapping[str, object] | None = None,
    ) -> Job:
        """Take on a job."""
        with self._lock:
            job_id = d.encode_id(self._seed, d.RUN, len(self._jobs))
            job = Job(job_id, account_id, query, now, outcome, detail or {})
            self._jobs[job_id] = job
        return job

    def get(self, job_id: str) -> Job | None:
        """Return a job by its id."""
        return self._jobs.get(job_id)

    def poll(self, job: Job, now: float) -> dict[str, object]:
        """Return what ``GET /{report_run_id}`` answers.

        Raises:
            GraphError: The job is unknown, for now or for good.
        """
        job.polls += 1
        self._check_known(job, now)
        status, percent = progress(job, now - job.submitted, self._seconds)
        running = status in {"Job Not Started", "Job Started", "Job Running"}
        values: dict[str, object] = {
            "id": job.id,
            "account_id": job.account_id,
            "time_ref": int(job.submitted),
            "async_status": status,
            "async_percent_completion": percent,
            "is_running": running,
            "is_async_export": False,
            "is_bookmarked": False,
        }
        if not running:
            values["time_completed"] = int(min(now, job.submitted + max(self._seconds, 1)))
        if status == "Job Failed":
            values |= {key: job.detail.get(key, value) for key, value in _FAILURE.items()}
        return values

    def check_readable(self, job: Job, now: float) -> bool:
        """Tell whether results are there; before completion Meta answers an empty list.

        Raises:
            GraphError: The job is unknown, or its results cannot be had.
        """
        job.reads += 1
        self._check_known(job, now)
        if job.outcome == "expired":
            raise unsupported(job.id)
        if job.outcome == "unreadable" and job.reads <= _count(job, "reads", job.reads):
            raise GraphError(2601, "(#2601) Error accessing adreport job.", subcode=1815107)
        return progress(job, now - job.submitted, self._seconds)[0] == "Job Completed"

    def _check_known(self, job: Job, now: float) -> None:
        unseen = job.outcome == "late_visible" and job.polls <= _count(job, "polls", _RACE_POLLS)
        if job.outcome == "lost" or unseen or now - job.submitted > _EXPIRY:
            raise unsupported(job.id)
