"""Reading one window of one report: directly, or by a report job.

A direct answer of one page is a snapshot. Over several pages it is none: its cursors count rows,
and Meta refreshes figures every quarter of an hour, so a row could slip through. What does not fit
into one page is therefore read from a job, whose rows stand still.
"""

from __future__ import annotations

import enum
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meta_graph import (
    Failure,
    NotFoundError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
)
from tap_meta_ads import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meta_graph import GraphClient
    from tap_meta_ads.accounts import Account
    from tap_meta_ads.dates import DateRange
    from tap_meta_ads.reports import Report

PAGE = 1000
"""Rows of a page, at first; halved where Meta refuses it."""

SUBMISSIONS = 3
"""How often a job is submitted, when it fails without a reason that tells more."""

FIRST_POLL_SECONDS = 1.0
LONGEST_POLL_SECONDS = 30.0

STATUS_FIELDS = (
    "id",
    "async_status",
    "async_percent_completion",
    "error_code",
    "error_subcode",
    "error_message",
    "error_user_msg",
)

_TOO_LARGE = {(-3, 1504045), (100, 1487534), (2, 1504038)}

_logger = logging.getLogger("tap-meta-ads")


class JobState(enum.Enum):
    """Where a report job is, by what can be done about it."""

    RUNNING = "running"
    DONE = "done"
    AGAIN = "submit it again"
    TOO_LARGE = "ask for less"


def job_state(status: Mapping[str, Any]) -> JobState:
    """What the status of a report job means.

    `Job Running` with 100 percent is not done yet: Meta is still writing the result.
    """
    match status.get("async_status"):
        case "Job Completed" if status.get("async_percent_completion", 100) == 100:  # noqa: PLR2004
            return JobState.DONE
        case "Job Failed" if (status.get("error_code"), status.get("error_subcode")) in _TOO_LARGE:
            return JobState.TOO_LARGE
        case "Job Failed" | "Job Skipped":
            return JobState.AGAIN
        case _:
            return JobState.RUNNING


@dataclass
class InsightsReader:
    """Reads windows of one report of one account.

    Attributes:
        client: Client of the Graph API.
        account: Whose figures.
        report: Which figures.
        columns: The selected columns; a field that Meta refuses is taken out.
        mode: `auto`, `async` or `sync`.
        page_size: Upper bound of rows a page.
        max_retry_seconds: How long a job may stand still.
    """

    client: GraphClient
    account: Account
    report: Report
    columns: tuple[str, ...]
    mode: str = "auto"
    page_size: int | None = None
    max_retry_seconds: float = 3600.0

    @property
    def page(self) -> int:
        """Rows of a page, at first."""
        return min(PAGE, self.page_size or PAGE)

    def pages(self, window: DateRange) -> Iterator[list[dict[str, Any]]]:
        """The rows of a window, page by page.

        Raises:
            TooMuchDataError: Before the first row: the window must be smaller.
            GraphError: What else Meta answers.
        """
        while True:
            try:
                yield from self._pages(window)
            except UnknownFieldError as error:
                self.columns = fields.without(self.columns, error, self.report.keys)
            else:
                return

    def _pages(self, window: DateRange) -> Iterator[list[dict[str, Any]]]:
        if self.mode == "sync":
            for page in self.client.pages(self._path, self._params(window), limit=self.page):
                yield page.data
            return
        rows = self._one_page(window) if self.mode == "auto" else None
        if rows is not None:
            yield rows
        else:
            yield from self._by_job(window)

    @property
    def _path(self) -> str:
        return f"{self.account.path}/insights"

    def _one_page(self, window: DateRange) -> list[dict[str, Any]] | None:
        """The rows of a window that fits into one page; None for a larger one."""
        try:
            answer = self.client.get(self._path, self._params(window) | {"limit": self.page})
        except TooMuchDataError:
            return None
        if (answer.get("paging") or {}).get("next"):
            return None
        rows: list[dict[str, Any]] = answer["data"]
        return rows

    def _by_job(self, window: DateRange) -> Iterator[list[dict[str, Any]]]:
        run_id = self._finished_job(window)
        for page in self.client.pages(
            f"{run_id}/insights", limit=self.page, account=self.account.id
        ):
            yield page.data

    def _finished_job(self, window: DateRange) -> str:
        status: Mapping[str, Any] = {}
        for _ in range(SUBMISSIONS):
            run_id = self._submit(window)
            status = self._watch(run_id, window)
            match job_state(status):
                case JobState.DONE:
                    return run_id
                case JobState.TOO_LARGE:
                    raise TooMuchDataError(self._failure(status, window))
                case _:
                    _logger.warning("%s Submitting it again.", self._words(status, window))
        raise UnavailableError(self._failure(status, window))

    def _submit(self, window: DateRange) -> str:
        # A job that is submitted twice costs a call and changes nothing.
        answer = self.client.post(self._path, self._params(window), idempotent=True)
        return str(answer["report_run_id"])

    def _watch(self, run_id: str, window: DateRange) -> Mapping[str, Any]:
        """Poll with growing pauses until the job ends, or stands still for too long."""
        pause, still, seen = FIRST_POLL_SECONDS, 0.0, object()
        while True:
            try:
                status: Mapping[str, Any] = self.client.get(
                    run_id, {"fields": STATUS_FIELDS}, account=self.account.id
                )
            except NotFoundError:
                # Right after its submission a job may not be known everywhere at Meta.
                status = {}
            if job_state(status) is not JobState.RUNNING:
                return status
            progress = (status.get("async_status"), status.get("async_percent_completion"))
            still = 0.0 if progress != seen else still + pause
            seen = progress
            if still > self.max_retry_seconds:
                stuck = {**status, "error_message": "it has stood still for `max_retry_seconds`"}
                raise UnavailableError(self._failure(stuck, window))
            self.client.pause(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)

    def _params(self, window: DateRange) -> dict[str, Any]:
        return self.report.params(window, self.columns)

    def _words(self, status: Mapping[str, Any], window: DateRange) -> str:
        reason = status.get("error_user_msg") or status.get("error_message") or "no reason given"
        name = status.get("async_status", "Job Failed")
        return f"{name} for {self.report.name}, {window}: {reason}."

    def _failure(self, status: Mapping[str, Any], window: DateRange) -> Failure:
        return Failure(
            self._words(status, window),
            "Run again later; what is complete is kept.",
            code=status.get("error_code"),
            subcode=status.get("error_subcode"),
            account=self.account.id,
            edge="insights",
        )
