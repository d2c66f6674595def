"""The tasks that read a window, handed made-up answers of Meta."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec
import pytest

from meta_graph import (
    Call,
    Failure,
    GraphError,
    NotFoundError,
    PermissionDeniedError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
)
from tap_meta_ads.accounts import Account
from tap_meta_ads.dates import DAY, DateRange
from tap_meta_ads.engine.tasks import Ask, Emit, Page, Watch
from tap_meta_ads.fields import Asked
from tap_meta_ads.insights.track import InsightsTrack
from tap_meta_ads.insights.windows import Answered, Layout, Overflowing, TooLarge, Window
from tap_meta_ads.reports.periods import Period
from tap_meta_ads.reports.report import Report

FIRST = date(2026, 1, 1)
DONE = {"async_status": "Job Completed", "async_percent_completion": 100}
TOO_MUCH = TooMuchDataError(Failure("too much"))
ALL = {"ACTIVE", "ARCHIVED"}


def window(days: int = 1, *, by_job: bool = False, aged: bool = False) -> Window:
    return Window(DateRange(FIRST, FIRST + (days - 1) * DAY), by_job, aged)


def track(mode: str = "auto", level: str = "ad", page: int = 1000, **more: Any) -> InsightsTrack:  # noqa: ANN401 - of a Report
    report = Report("ads_insights", level=level, fields=("spend", "clicks", "actions"), **more)
    counts: Counter[str] = Counter()
    left_out: dict[str, str] = {}
    log = logging.LoggerAdapter(logging.getLogger("test"))
    made = InsightsTrack(
        account=Account("7"),
        report=report,
        asked=Asked(report.columns, needed=report.keys, left_out=left_out.__setitem__, log=log),
        layout=Layout([window(30).days], Period.of(report.time_increment), mode=mode, page=page),
        aged=frozenset({"clicks"}),
        mode=mode,
        page=page,
        count=lambda name: counts.update([name]),
        left_out=left_out.__setitem__,
        log=log,
    )
    made.counts, made.refused = counts, left_out  # type: ignore[attr-defined] # for the tests
    return made


def page(rows: list[dict[str, Any]], after: str | None = None) -> Page:
    paging = {"cursors": {"after": after}, "next": "https://..."} if after else None
    return Page([msgspec.Raw(msgspec.json.encode(row)) for row in rows], paging)


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"ad_id": str(n), "date_start": "2026-01-01", "spend": "1.50"} for n in numbers]


Answers = Callable[[Call], Any]


def run(
    reader: InsightsTrack, asked: Window, answers: Answers, jobs: Mapping[str, Any] | None = None
) -> tuple[Any, list[dict[str, Any]], list[Call]]:
    """What a task returns, hands on and asks, when Meta answers so."""
    task = reader.read(asked)
    handed: list[dict[str, Any]] = []
    calls: list[Call] = []
    answer: Any = None
    while True:
        try:
            need = task.throw(answer) if isinstance(answer, Exception) else task.send(answer)
        except StopIteration as end:
            return end.value, handed, calls
        answer = None
        if isinstance(need, Emit):
            handed += [msgspec.json.decode(row) for row in need.rows]
        elif isinstance(need, Watch):
            answer = (jobs or {}).get(need.run_id, DONE)
        else:
            assert isinstance(need, Ask)
            calls.append(need.call)
            answer = answers(need.call)


def in_turn(*answers: Any) -> Answers:  # noqa: ANN401 - JSON
    left = list(answers)
    return lambda _call: left.pop(0)


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


def submitted(number: int = 1) -> dict[str, str]:
    return {"report_run_id": str(number)}


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


class Meta:
    """Makes at most so many cells (rows times fields) in one answer; the rest it refuses.

    Every second ad is archived: filters that say nothing of the status leave it out.
    """

    def __init__(self, ads: int, bearable: int) -> None:
        self.ads = {
            str(n): {"spend": f"{n}.25", "clicks": str(n), "actions": []} for n in range(ads)
        }
        self.bearable = bearable
        self.jobs: dict[str, list[dict[str, Any]]] = {}

    def __call__(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        if call.path.endswith("/insights") and not call.path.startswith("act_"):
            return page(self.jobs[call.path.split("/")[0]])
        asked = set(call.params["fields"])
        ids = set(self.ads)
        filters = {one["field"]: {*one["value"]} for one in call.params.get("filtering") or ()}
        if "ARCHIVED" not in filters.pop("ad.effective_status", {"ACTIVE"} if filters else ALL):
            ids -= {n for n in ids if int(n) % 2}
        for chosen in filters.values():
            ids &= chosen
        metrics = asked & {"spend", "clicks", "actions"}
        if len(ids) * len(metrics) > self.bearable:
            return TOO_MUCH
        made = [
            {
                "ad_id": n,
                "date_start": "2026-01-01",
                **{name: self.ads[n][name] for name in metrics},
            }
            for n in sorted(ids, key=int)
        ]
        if call.method == "GET":
            return page(made)
        self.jobs[str(len(self.jobs) + 1)] = made
        return submitted(len(self.jobs))


@pytest.mark.parametrize("mode", ["async", "sync"])
@pytest.mark.parametrize("bearable", [1, 2, 3, 6, 10, 29, 30])
def test_a_period_too_large_is_read_in_parts_and_put_together(mode: str, bearable: int) -> None:
    meta = Meta(10, bearable)
    result, handed, _ = run(track(mode), window(by_job=mode == "async"), meta)
    assert result.rows == 10
    found = {row["ad_id"]: row for row in handed}
    assert len(handed) == 10
    assert {n: {k: row[k] for k in meta.ads[n]} for n, row in found.items()} == meta.ads


def test_a_field_that_alone_is_too_much_is_left_empty_and_named() -> None:
    meta = Meta(3, 100)
    reader = track("async")

    def stubborn(call: Call) -> Any:  # noqa: ANN401 - JSON
        if call.method == "POST" and "actions" in call.params["fields"]:
            return TOO_MUCH
        return meta(call)

    _, handed, _ = run(reader, window(by_job=True), stubborn)
    assert [row["spend"] for row in handed] == ["0.25", "1.25", "2.25"]
    assert all("actions" not in row for row in handed)
    assert list(reader.refused) == ["actions"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("level", ["account", "ad"])
def test_rows_that_are_too_many_whatever_the_fields_are_an_error(level: str) -> None:
    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        if call.params["fields"] == ["ad_id"]:
            return page([{"ad_id": "1"}])
        return TOO_MUCH

    reader = track("sync", level=level)
    with pytest.raises(TooMuchDataError, match="take a breakdown out of the report"):
        run(reader, window(), meta)
    assert not reader.refused  # type: ignore[attr-defined]


def test_a_day_on_which_no_ad_has_figures_is_empty_however_large_meta_takes_it_for() -> None:
    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        return page([]) if call.params["fields"] == ["ad_id"] else TOO_MUCH

    result, handed, _ = run(track("sync"), window(), meta)
    assert (result, handed) == (Answered(window(), 0), [])


def test_a_row_that_does_not_say_whose_it_is_is_an_error() -> None:
    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        return page([{"spend": "1"}]) if call.params["fields"] == ["ad_id"] else TOO_MUCH

    with pytest.raises(UnavailableError, match="without ad_id"):
        run(track("sync"), window(), meta)


@pytest.mark.parametrize("breakdowns", [(), ("age",)])
def test_ads_are_not_found_by_figures_that_rows_with_breakdowns_do_not_have(
    breakdowns: tuple[str, ...],
) -> None:
    few = {"field": "impressions", "operator": "LESS_THAN", "value": 10}
    calls: list[Call] = []

    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        calls.append(call)
        fields = [one["field"] for one in call.params["filtering"] or ()]
        if call.params["fields"] == ["ad_id"]:
            return page([{"ad_id": "1"}, {"ad_id": "2"}])
        return page(rows(1)) if "ad.id" in fields else TOO_MUCH

    run(track("sync", breakdowns=breakdowns, filtering=(few,)), window(), meta)
    (found,) = [call for call in calls if call.params["fields"] == ["ad_id"]]
    assert bool(found.params["filtering"]) is not bool(breakdowns)
    assert calls[-1].params["filtering"][0] == few


def test_rows_that_differ_by_an_asset_alone_stay_apart_when_put_together() -> None:
    """The id within the asset is a part of the key, and nothing that Meta sends by itself."""
    assets = [{"id": str(n), "text": "x"} for n in range(3)]
    asked: list[set[str]] = []

    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        names = set(call.params["fields"])
        asked.append(names)
        if names == {"ad_id"}:
            return page([{"ad_id": "1"}])
        metrics = names & {"spend", "clicks", "actions"}
        if len(metrics) > 1:
            return TOO_MUCH
        # The members of an object come in any order.
        shown = [dict(reversed(asset.items())) if "clicks" in names else asset for asset in assets]
        key = {"ad_id": "1", "date_start": "2026-01-01"}
        return page(
            [{**key, "body_asset": one, **dict.fromkeys(metrics, one["id"])} for one in shown]
        )

    reader = track("sync", breakdowns=("body_asset",))
    reader.asked.columns = tuple(reader.report.kinds("v26.0"))
    result, handed, _ = run(reader, window(), meta)
    assert result.rows == 3
    assert [(row["body_asset"]["id"], row["spend"], row["actions"]) for row in handed] == [
        (str(n), str(n), str(n)) for n in range(3)
    ]
    assert not any(names & {"body_asset", "body_asset_id", "date_stop"} for names in asked)


def test_a_field_too_large_for_one_ad_is_asked_for_again_elsewhere() -> None:
    """Meta refuses another field amid the pages of a later window: only that one goes."""
    meta = Meta(3, 100)
    reader = track("sync")

    def stubborn(call: Call) -> Any:  # noqa: ANN401 - JSON
        return TOO_MUCH if "actions" in call.params["fields"] else meta(call)

    run(reader, window(), stubborn)
    assert list(reader.refused) == ["actions"]  # type: ignore[attr-defined]
    unknown = UnknownFieldError(Failure("no clicks"), ("clicks",))
    _, _, calls = run(reader, window(), in_turn(page(rows(1), "a"), unknown, page(rows(2))))
    assert "actions" in calls[-1].params["fields"]
    assert "clicks" not in calls[-1].params["fields"]


def test_rows_of_an_account_cannot_be_cut_by_ads_and_are_by_fields() -> None:
    asked: list[Call] = []

    def meta(call: Call) -> Any:  # noqa: ANN401 - JSON
        asked.append(call)
        metrics = set(call.params["fields"]) & {"spend", "clicks", "actions"}
        if len(metrics) > 1:
            return TOO_MUCH
        return page(
            [{"account_id": "7", "date_start": "2026-01-01", **dict.fromkeys(metrics, "1")}]
        )

    _, handed, _ = run(track("sync", level="account"), window(), meta)
    assert handed == [
        {
            "account_id": "7",
            "date_start": "2026-01-01",
            "spend": "1",
            "clicks": "1",
            "actions": "1",
        }
    ]
    assert not any(call.params.get("filtering") for call in asked)


def test_other_errors_end_the_task() -> None:
    error: GraphError = PermissionDeniedError(Failure("not yours"))
    with pytest.raises(PermissionDeniedError):
        run(track(), window(), in_turn(error))
