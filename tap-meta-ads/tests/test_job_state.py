"""What the status of a report job means."""

from __future__ import annotations

from typing import Any

import pytest

from tap_meta_ads.insights import JobState, job_state


def status(name: str, percent: int | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    done = {} if percent is None else {"async_percent_completion": percent}
    return {"id": "120", "async_status": name, **done, **more}


def failed(code: int | None, subcode: int | None = None) -> dict[str, Any]:
    return status("Job Failed", 0, error_code=code, error_subcode=subcode)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (status("Job Not Started", 0), JobState.RUNNING),
        (status("Job Started", 0), JobState.RUNNING),
        (status("Job Running", 57), JobState.RUNNING),
        # Meta is still writing the result.
        (status("Job Running", 100), JobState.RUNNING),
        (status("Job Completed", 99), JobState.RUNNING),
        (status("Job Completed", 100), JobState.DONE),
        (status("Job Completed"), JobState.DONE),
        # Expired: it is submitted again.
        (status("Job Skipped", 0), JobState.AGAIN),
        (status("Job Skipped", 100), JobState.AGAIN),
        (status("Job Failed"), JobState.AGAIN),
        (status("Job Failed", 100), JobState.AGAIN),
        (failed(None), JobState.AGAIN),
        (failed(-2, 2490547), JobState.AGAIN),
        (failed(2, 1504043), JobState.AGAIN),
        (failed(2601, 1487742), JobState.AGAIN),
        # Too much is a question of code and subcode together.
        (failed(-3, 1504045), JobState.TOO_LARGE),
        (failed(100, 1487534), JobState.TOO_LARGE),
        (failed(2, 1504038), JobState.TOO_LARGE),
        (failed(100), JobState.AGAIN),
        (failed(-3), JobState.AGAIN),
        (failed(2, 1487534), JobState.AGAIN),
        # A code of something else does not end a job that is under way.
        (status("Job Running", 10, error_code=100, error_subcode=1487534), JobState.RUNNING),
        # Not known everywhere at Meta yet; or a word that is new.
        ({}, JobState.RUNNING),
        ({"id": "120"}, JobState.RUNNING),
        ({"async_status": None}, JobState.RUNNING),
        (status("Job Sleeping", 100), JobState.RUNNING),
        (status("job completed", 100), JobState.RUNNING),
    ],
    ids=str,
)
def test_job_state(given_: dict[str, Any], expected: JobState) -> None:
    assert job_state(given_) is expected
