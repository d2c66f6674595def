"""What the status of a report job means, and when to look again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from meta_graph import (
    Failure,
    NotFoundError,
    PermissionDeniedError,
    ThrottledError,
    TokenError,
    UnavailableError,
    UnknownFieldError,
)
from tap_meta_ads.engine.jobs import (
    FIRST_LOOK,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    UNKNOWN_SECONDS,
    Job,
    JobState,
    job_state,
    look_at,
)

LIMIT = 600.0


def status(name: str, percent: int | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    done = {} if percent is None else {"async_percent_completion": percent}
    return {"id": "120", "async_status": name, **done, **more}


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
        (status("Job Skipped", 0), JobState.OVER),
        (status("Job Skipped", 100), JobState.OVER),
        (status("Job Failed"), JobState.OVER),
        (status("Job Failed", 100), JobState.OVER),
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


def job(now: float = 0.0) -> Job:
    return Job.submitted("120", "1", "ads_insights", now)


def watched(looks: list[Any], limit: float = LIMIT) -> tuple[list[float], Any]:
    """When a job was looked at, and what the watching ended with."""
    current, times = job(), []
    for look in looks:
        times.append(current.next_look)
        found = current.seen(look, current.next_look, limit)
        if not isinstance(found, Job):
            return times, found
        current = found
    return times, current


def test_pauses_grow_up_to_the_longest() -> None:
    times, _ = watched([status("Job Running", percent) for percent in range(1, 18)])
    pauses = [round(later - earlier, 6) for earlier, later in pairwise(times)]
    assert times[0] == FIRST_LOOK
    assert pauses == sorted(pauses)
    assert pauses[0] == FIRST_PAUSE
    assert pauses[-1] == LONGEST_PAUSE


@pytest.mark.parametrize(
    "last",
    [status("Job Completed", 100), status("Job Failed", 3, error_code=2), status("Job Skipped", 0)],
    ids=str,
)
def test_ends_with_the_last_status(last: dict[str, Any]) -> None:
    assert watched([status("Job Started", 0), status("Job Running", 100), last])[1] == last


def test_a_job_that_stands_still_ends_as_it_stands() -> None:
    times, last = watched([status("Job Running", 0)] * 100)
    assert last["async_status"] == "Job Running"
    assert LIMIT < times[-1] <= LIMIT + 2 * LONGEST_PAUSE


def test_a_job_that_moves_is_waited_for_however_long_it_takes() -> None:
    times, last = watched([status("Job Running", n // 10) for n in range(900)])
    assert times[-1] > 10 * LIMIT
    assert isinstance(last, Job)


def refused(*names: str) -> UnknownFieldError:
    return UnknownFieldError(Failure("nonexisting field"), names)


def test_what_meta_no_longer_tells_of_a_job_is_not_asked_again() -> None:
    assert "error_user_title" in look_at(job()).params["fields"]
    _, left = watched([refused("error_user_title"), status("Job Running", 3)])
    asked = look_at(left).params["fields"]
    assert "error_user_title" not in asked
    assert {"async_status", "async_percent_completion", "error_user_msg"} <= set(asked)
    times, _ = watched([refused("error_user_title"), status("Job Running", 3)])
    assert times == [FIRST_LOOK, FIRST_LOOK]


@pytest.mark.parametrize("names", [(), ("async_status",), ("something",)])
def test_a_job_of_which_nothing_can_be_told_is_an_error(names: tuple[str, ...]) -> None:
    error = refused(*names)
    assert watched([error])[1] is error


NOT_FOUND = NotFoundError(Failure("no such object"))


def test_a_job_that_is_not_known_yet_is_looked_for_again() -> None:
    done = status("Job Completed", 100)
    assert watched([NOT_FOUND, NOT_FOUND, done])[1] == done


@pytest.mark.parametrize(
    "looks",
    [[NOT_FOUND] * 50, [status("Job Running", 5), NOT_FOUND]],
    ids=["never known", "known before"],
)
def test_a_job_that_is_lost_ends_with_the_error(looks: list[Any]) -> None:
    times, last = watched(looks)
    assert last is NOT_FOUND
    assert len(times) == len(looks) or times[-1] < 2 * UNKNOWN_SECONDS


def test_a_look_that_fails_for_now_is_repeated() -> None:
    done = status("Job Completed", 100)
    assert watched([UnavailableError(Failure("down")), done])[1] == done


def test_a_throttled_look_is_repeated_when_meta_allows() -> None:
    times, last = watched([ThrottledError(Failure("too many"), 300.0), status("Job Completed")])
    assert times[0] == FIRST_LOOK
    assert FIRST_LOOK + 300.0 <= times[1] <= FIRST_LOOK + 301.0 + FIRST_PAUSE
    assert last == status("Job Completed")


@pytest.mark.parametrize(
    "error",
    [
        TokenError(Failure("bad token")),
        PermissionDeniedError(Failure("not yours")),
        ThrottledError(Failure("too many"), LIMIT + 1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_that_no_waiting_mends_ends_it(error: Exception) -> None:
    _, last = watched([error])
    assert type(last) is type(error)
    assert str(error.failure.message) in str(last)  # type: ignore[attr-defined] # all are GraphErrors


def test_looks_that_fail_for_ever_end_with_what_to_do() -> None:
    times, last = watched([UnavailableError(Failure("down"))] * 5000)
    assert "down" in str(last)
    assert "max_retry_seconds" in str(last)
    assert times[-1] <= LIMIT + FIRST_LOOK


def test_what_is_soon_due_is_looked_at_with_the_others() -> None:
    current = job()
    assert current.is_due(current.next_look)
    assert current.is_due(current.next_look - current.pause / 4)
    assert not current.is_due(current.next_look - current.pause / 2)
