"""The tasks that read a window, handed made-up answers of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from meta_graph import (
    Failure,
    NotFoundError,
    PermissionDeniedError,
    UnavailableError,
    UnknownFieldError,
)
from tap_meta_ads.engine.tasks import Ask
from tap_meta_ads.insights.windows import Answered, Overflowing, TooLarge
from tests.track_driver import in_turn, page
from tests.window_driver import DONE, TOO_MUCH, rows, run, submitted, track, window


def test_what_fits_into_one_page_is_one_call() -> None:
    result, handed, calls = run(track(), window(7), in_turn(page(rows(1, 2))))
    assert result == Answered(window(7), 2)
    assert handed == rows(1, 2)
    assert [(call.method, call.path) for call in calls] == [("GET", "act_7/insights")]
    assert calls[0].params["limit"] == 1000


@pytest.mark.parametrize("answer", [page(rows(1, 2), "more"), TOO_MUCH], ids=["pages", "refused"])
def test_what_does_not_fit_into_one_page_is_not_handed_on(answer: Any) -> None:  # noqa: ANN401 - JSON
    result, handed, _ = run(track(), window(7), in_turn(answer))
    assert isinstance(result, Overflowing)
    assert handed == []


def test_a_job_is_submitted_watched_and_read_page_by_page() -> None:
    answers = in_turn(submitted(), page(rows(1, 2), "a"), page(rows(3)))
    result, handed, calls = run(track(), window(7, by_job=True), answers)
    assert result == Answered(window(7, by_job=True), 3)
    assert handed == rows(1, 2, 3)
    assert [(call.method, call.path) for call in calls] == [
        ("POST", "act_7/insights"),
        ("GET", "1/insights"),
        ("GET", "1/insights"),
    ]
    assert calls[2].params["after"] == "a"
    assert all(call.account == "7" and call.use_case == "ads_insights" for call in calls)


@pytest.mark.parametrize(
    "first",
    [
        {"async_status": "Job Failed", "error_code": -2, "error_subcode": 2490547},
        {"async_status": "Job Failed"},
        {"async_status": "Job Skipped"},
        {"async_status": "Job Failed", "error_code": 2601, "error_message": "cannot be read"},
        NotFoundError(Failure("lost")),
    ],
    ids=str,
)
def test_a_job_that_fails_without_a_lasting_reason_is_submitted_again(first: Any) -> None:  # noqa: ANN401 - JSON
    reader = track("async")
    answers = in_turn(submitted(1), submitted(2), page(rows(1)))
    result, handed, _ = run(reader, window(7, by_job=True), answers, {"1": first})
    assert result == Answered(window(7, by_job=True), 1)
    assert handed == rows(1)
    assert reader.counts["jobs"] == 2  # type: ignore[attr-defined]


def test_a_job_that_fails_for_ever_is_one_error_with_metas_reason() -> None:
    failed = {"async_status": "Job Failed", "error_code": 2, "error_message": "Try later"}
    answers = in_turn(*map(submitted, (1, 2, 3)))
    with pytest.raises(UnavailableError, match="Try later"):
        run(track("async"), window(7, by_job=True), answers, dict.fromkeys("123", failed))


def test_a_job_that_meta_may_not_make_is_not_submitted_again() -> None:
    failed = {"async_status": "Job Failed", "error_code": 100, "error_subcode": 3191001}
    with pytest.raises(PermissionDeniedError):
        run(track("async"), window(7, by_job=True), in_turn(submitted()), {"1": failed})


def test_a_job_that_stands_still_is_one_error() -> None:
    stuck = {"async_status": "Job Running", "async_percent_completion": 0}
    with pytest.raises(UnavailableError, match=r"stands still .* 0 %"):
        run(track("async"), window(7, by_job=True), in_turn(submitted()), {"1": stuck})


def test_a_job_lost_while_it_is_read_is_made_again_and_hands_on_no_row_twice() -> None:
    lost = NotFoundError(Failure("expired"))
    answers = in_turn(
        submitted(1),
        page(rows(1, 2), "a"),
        lost,
        submitted(2),
        page(rows(2, 1), "a"),
        page(rows(3)),
    )
    result, handed, _ = run(track("async"), window(7, by_job=True), answers)
    assert handed == rows(1, 2, 3)
    assert result.window == window(7, by_job=True)


@pytest.mark.parametrize("at", ["poll", "read"])
def test_a_job_that_is_lost_for_ever_is_no_reason_to_leave_the_account_out(at: str) -> None:
    lost = NotFoundError(Failure("no such object"))
    jobs = dict.fromkeys("123", lost if at == "poll" else DONE)
    pages = [lost] if at == "read" else []
    answers = in_turn(*(answer for n in (1, 2, 3) for answer in (submitted(n), *pages)))
    with pytest.raises(UnavailableError, match=r"no such object\. It was submitted 3 times"):
        run(track("async"), window(7, by_job=True), answers, jobs)


@pytest.mark.parametrize("mode", ["async", "sync"])
def test_what_is_handed_on_of_a_window_too_large_is_not_handed_on_with_its_parts(mode: str) -> None:
    reader = track(mode, page=1)
    by_job = mode == "async"
    asked, jobs = window(8, by_job=by_job), [submitted()] if by_job else []
    answers = in_turn(*jobs, page(rows(1, 2), "a"), page(rows(3), "b"), TOO_MUCH)
    result, handed, _ = run(reader, asked, answers)
    assert (result, handed) == (TooLarge(asked), rows(1, 2, 3))
    for answers, new in (
        (in_turn(*jobs, page(rows(1, 4), "a"), page(rows(2))), rows(4)),
        (in_turn(*jobs, page(rows(3, 5))), rows(5)),
    ):
        assert run(reader, window(4, by_job=by_job), answers)[1] == new


def test_what_is_handed_on_of_a_period_too_large_is_not_handed_on_with_its_ads() -> None:
    ids = [{"ad_id": "1"}, {"ad_id": "2"}]
    answers = in_turn(page(rows(1), "a"), TOO_MUCH, page(ids), page(rows(1)), page(rows(2)))
    _, handed, _ = run(track("sync", page=1), window(), answers)
    assert handed == rows(1, 2)


def test_a_field_that_is_refused_amid_the_pages_hands_on_no_row_twice() -> None:
    reader = track("sync")
    refused = UnknownFieldError(Failure("(#100) clicks is not valid"), ("clicks",))
    answers = in_turn(page(rows(1), "a"), refused, page(rows(2), "b"), page(rows(3)))
    _, handed, calls = run(reader, window(), answers)
    assert handed == rows(1, 2, 3)
    assert [call.params["after"] for call in calls] == [None, "a", "a", "b"]
    assert ["clicks" in call.params["fields"] for call in calls] == [True, True, False, False]
    assert list(reader.refused) == ["clicks"]  # type: ignore[attr-defined]


def test_a_field_that_stays_refused_amid_the_pages_is_an_error() -> None:
    refused = UnknownFieldError(Failure("(#100) clicks is not valid"), ("clicks",))
    with pytest.raises(UnknownFieldError):
        run(track("sync"), window(), in_turn(page(rows(1), "a"), *[refused] * 3))


def test_pages_are_halved_from_the_same_cursor_where_meta_refuses_them() -> None:
    answers = in_turn(submitted(), page(rows(1), "a"), TOO_MUCH, page(rows(2), "b"), page(rows(3)))
    _, handed, calls = run(track("async"), window(by_job=True), answers)
    assert handed == rows(1, 2, 3)
    assert [(call.params["limit"], call.params["after"]) for call in calls[1:]] == [
        (1000, None),
        (1000, "a"),
        (500, "a"),
        (500, "b"),
    ]


def test_pages_in_a_circle_are_an_error() -> None:
    answers = in_turn(*(page(rows(n), "a") for n in range(5)))
    with pytest.raises(UnavailableError, match="circle"):
        run(track("sync"), window(), answers)


def test_several_periods_that_are_too_much_are_left_to_the_layout() -> None:
    failed = {"async_status": "Job Failed", "error_code": -3, "error_subcode": 1504045}
    asked = window(7, by_job=True)
    result, handed, _ = run(track("async"), asked, in_turn(submitted()), {"1": failed})
    assert result == TooLarge(asked)
    assert handed == []


def test_a_refused_field_is_left_out_and_named() -> None:
    reader = track()
    refused = UnknownFieldError(Failure("(#100) clicks is not valid"), ("clicks",))
    result, handed, calls = run(reader, window(), in_turn(refused, page(rows(1))))
    assert isinstance(result, Answered)
    assert handed == rows(1)
    assert "clicks" in calls[0].params["fields"]
    assert "clicks" not in calls[1].params["fields"]
    assert list(reader.refused) == ["clicks"]  # type: ignore[attr-defined]


def test_a_second_window_refused_the_same_field_goes_on_without_it() -> None:
    reader = track()
    refused = UnknownFieldError(Failure("(#100) clicks is not valid"), ("clicks",))
    first, second = reader.read(window()), reader.read(window())
    next(first)
    next(second)
    assert isinstance(first.throw(refused), Ask)
    need = second.throw(refused)
    assert isinstance(need, Ask)
    assert "clicks" not in need.call.params["fields"]


def test_a_field_that_is_refused_although_it_is_not_asked_as_a_column_is_an_error() -> None:
    # With breakdowns of actions Meta is asked for `actions`, whatever the columns are.
    reader = track("sync", action_breakdowns=("action_device",))
    reader.asked.columns += ("conversions",)
    refused = UnknownFieldError(Failure("(#100) actions is not valid"), ("actions",))
    with pytest.raises(UnknownFieldError):
        run(reader, window(), in_turn(refused, refused))


@pytest.mark.parametrize("names", [(), ("ad_id",), ("something",)])
def test_a_refusal_that_names_nothing_to_leave_out_is_an_error(names: tuple[str, ...]) -> None:
    refused = UnknownFieldError(Failure("(#100) no"), names)
    with pytest.raises(UnknownFieldError):
        run(track(), window(), in_turn(refused, refused))


def test_of_an_aged_window_what_meta_no_longer_tells_is_not_asked() -> None:
    _, _, calls = run(track(), window(aged=True), in_turn(page(rows(1))))
    assert "clicks" not in calls[0].params["fields"]
    assert "spend" in calls[0].params["fields"]
