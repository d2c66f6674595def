"""What a failed report job means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import (
    GraphError,
    PermissionDeniedError,
    RequestError,
    RetentionError,
    RetryableError,
    ThrottledError,
    TokenError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
    failed_job,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from meta_graph import GraphClient

    Make = Callable[..., GraphClient]


def failed(code: object, subcode: object = None, **more: object) -> dict[str, Any]:
    status = {"id": "9", "async_status": "Job Failed", "async_percent_completion": 0}
    return {**status, "error_code": code, "error_subcode": subcode, **more}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (failed(-2, 2490547), UnavailableError),
        (failed(-3, 1504045), TooMuchDataError),
        (failed("-3", "1504045"), TooMuchDataError),
        (failed(2601, 1487742), UnavailableError),
        (failed(2, 1504038), TooMuchDataError),
        (failed(2, 1504041), RequestError),
        (failed(2, 1504043), UnavailableError),
        (failed(2, 1504044), TooMuchDataError),
        (failed(2), UnavailableError),
        (failed(1, error_message="Please reduce the amount of data you ask"), TooMuchDataError),
        (failed(1, 99), UnavailableError),
        (failed(4, 1504022), ThrottledError),
        (failed(80000, 2446079), ThrottledError),
        (failed(100, 3191001), PermissionDeniedError),
        (failed(100, 1487534), TooMuchDataError),
        (failed(100), RequestError),
        (failed(190, 463), TokenError),
        (failed(3018), RetentionError),
        (failed(987654), UnavailableError),
        (failed("?"), UnavailableError),
        (failed(None), UnavailableError),
        ({"async_status": "Job Failed"}, UnavailableError),
        ({"async_status": "Job Skipped"}, UnavailableError),
        ({}, UnavailableError),
    ],
)
def test_what_a_job_failed_of(status: dict[str, Any], error: type[GraphError]) -> None:
    found = failed_job(status, account="1200")
    assert isinstance(found, error)
    assert isinstance(found, RetryableError) == issubclass(error, RetryableError)
    assert (found.account, found.failure.edge) == ("1200", "insights")
    assert "by itself" not in found.advice  # the client does nothing about a job


def test_a_failed_job_in_words() -> None:
    status = failed(
        2601,
        1487742,
        error_message="There was an error running your report.",
        error_user_title="Report Unavailable",
        error_user_msg="Try again later",
    )
    assert str(failed_job(status, account="1200")) == (
        "account 1200, edge insights: There was an error running your report. - Report Unavailable"
        " - Try again later. Submit the report again. (code 2601/1487742)"
    )
    skipped = {"id": "9", "async_status": "Job Skipped", "async_percent_completion": 0}
    assert str(failed_job(skipped, account=None)) == (
        "edge insights: The report ended as 'Job Skipped'. Submit the report again."
    )


def test_too_much_says_to_ask_for_less() -> None:
    assert failed_job(failed(-3, 1504045), account="1").advice.startswith("Ask for fewer")


def test_a_job_may_fail_of_a_field() -> None:
    status = failed(100, error_message="(#100) age_x is not valid for fields param. please check")
    found = failed_job(status, account="1200")
    assert isinstance(found, UnknownFieldError)
    assert found.fields == ("age_x",)


def test_secrets_are_taken_out() -> None:
    metas = "EAA" + "Bcd0123456789" * 4
    status = failed(1, error_message=f"lost {metas}", error_user_msg="by access_token=made-up")
    found = failed_job(status, account="1200")
    assert found.failure.message == "lost [hidden] - by access_token=[hidden]"
