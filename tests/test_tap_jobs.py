"""Reports that are too large, and report jobs that go wrong, over HTTP.

Each ends in a complete extraction, or in one clear sentence and a state from which the next run
completes.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox import Sandbox
from tests.fault_worlds import (
    DIRECT,
    LISTING,
    LONGEST,
    READING,
    SUBMITTING,
    World,
    at_once,
    completes,
    everywhere,
    fails_clearly_and_resumes,
    not_clear,
    of_insights,
)
from tests.singer import run_tap
from tests.worlds import NOW, WINDOWS, differences, keyed, synced

if TYPE_CHECKING:
    from tests.fault_worlds import Answer

MODES = ("auto", "async", "sync")

# ---------------------------------------------------------------- what is too much

TOO_MUCH_OF_A_LIST = {"error": {"code": 1}}
TOO_MUCH_OF_A_REPORT = {"error": {"code": 100, "subcode": 1487534}}


@pytest.mark.parametrize("times", [1, 2])
def test_less_is_asked_when_meta_says_so(times: int) -> None:
    lists = {"answer": TOO_MUCH_OF_A_LIST, "times": times}
    reports = {"answer": TOO_MUCH_OF_A_REPORT, "times": times}
    found = everywhere(LISTING, lists)
    assert found | everywhere((*DIRECT, SUBMITTING, *READING), reports) == {}


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_become_as_small_as_meta_wants_them(rows: int) -> None:
    stages = (LISTING[1], DIRECT[0], READING[0])
    small = {"max_rows_per_page": rows}
    assert everywhere(stages, settings={"page_size": None}, options=small) == {}


def limited_to(points: int) -> dict[str, Any]:
    """A sandbox that refuses more than so many rows times fields, of jobs too."""
    # Half of the ads were deleted for good: no listing names them, and the figures of the world's
    # first days count.
    return {"unlisted_share": 0.5, "max_sync_points": points, "max_insights_points": points}


def three_days(ago: int) -> dict[str, Any]:
    """Settings for so few days: each part is a job, and takes its second."""
    first = (NOW - timedelta(days=ago)).date()
    days = {"start_date": str(first), "end_date": str(first + timedelta(days=2))}
    return {**days, "max_concurrency": 32}


# The first days of the worlds below, on which ads had figures that are deleted by now.
OLD_DAYS = three_days(13)
DAYS = three_days(6)


def test_a_report_is_split_by_days_then_ads_then_fields() -> None:
    # A day of six ads with their twelve fields comes to about seventy.
    sizes = {"days": 200, "some ads": 40, "one ad": 12, "fields": 6}
    cases = {
        f"{name}, {mode}": partial(
            completes,
            of_insights("splitting", mode, "sync_insights"),
            options=limited_to(points),
            settings=OLD_DAYS,
        )
        for name, points in sizes.items()
        for mode in MODES
    }
    assert at_once(cases) == {}


def splits(report: dict[str, Any], keys: tuple[str, ...], points: int) -> str:
    """What is wrong with a report whose single days are too much."""
    options: dict[str, Any] = {"seed": 4, "accounts": 1, "ads": 5, "days": 6, "now": NOW}
    with Sandbox(**options, **limited_to(points)) as sandbox:
        config = {
            "access_token": sandbox.token,
            "api_url": sandbox.url,
            "insights_reports": [{"name": "odd", **report}],
            **DAYS,
        }
        output = run_tap(config, streams=("odd",), longest=LONGEST)
        if output.status:
            return output.last_words
        truth = sandbox.truth_insights(
            level=report["level"],
            since=DAYS["start_date"],
            until=DAYS["end_date"],
            breakdowns=report.get("breakdowns", ()),
            windows=WINDOWS,
        )
        rows = output.rows("odd")
        return "; ".join(differences(keyed(rows, keys), keyed(truth, keys)))


def test_reports_of_all_kinds_are_split() -> None:
    fields = ["spend", "impressions", "clicks", "reach", "actions"]
    # Broken down, reach is kept for 13 months only, and the day of these tests stands still.
    counted = ["spend", "impressions", "clicks", "inline_link_clicks", "actions"]
    account = ("account_id", "date_start")
    cases: dict[str, tuple[dict[str, Any], tuple[str, ...], int]] = {
        # Nothing to choose objects by.
        "account": ({"level": "account"}, account, 4),
        "campaign": ({"level": "campaign"}, (*account, "campaign_id"), 10),
        "ad set, by fields": ({"level": "adset"}, (*account, "adset_id"), 5),
        # Halves of the fields are put together by the whole key.
        "breakdowns": (
            {"level": "ad", "breakdowns": ["age", "gender"], "fields": counted},
            (*account, "ad_id", "age", "gender"),
            300,
        ),
        "breakdowns, by fields": (
            {"level": "ad", "breakdowns": ["device_platform"], "fields": counted},
            (*account, "ad_id", "device_platform"),
            40,
        ),
        "filtered": (
            {
                "level": "ad",
                "filtering": [{"field": "impressions", "operator": "GREATER_THAN", "value": 0}],
            },
            (*account, "ad_id"),
            20,
        ),
    }
    runs = {
        name: partial(splits, {"fields": fields, **report}, keys, points)
        for name, (report, keys, points) in cases.items()
    }
    assert at_once(runs) == {}


def too_large_for_good(mode: str) -> str:
    stage = of_insights("too large", mode, "sync_insights")
    world = World(stage, {"max_retry_seconds": 2}, {"max_sync_points": 0, "max_insights_points": 0})
    with world.sandbox as sandbox:
        output = world.run()
        number = sandbox.world.accounts[0].account_id
    other = not_clear(output, sandbox.world.accounts[1].account_id)
    return other and not_clear(output, number)


def test_what_no_part_of_can_be_made_ends_in_one_sentence() -> None:
    assert at_once({mode: partial(too_large_for_good, mode) for mode in MODES}) == {}


def too_many_rows_for_good(mode: str) -> str:
    """What is wrong with a report whose single days are too much, whatever fields it asks for."""
    options: dict[str, Any] = {"seed": 4, "accounts": 1, "ads": 5, "days": 6, "now": NOW}
    report = {"name": "odd", "level": "account", "breakdowns": ["product_id"]}
    with Sandbox(**options, **limited_to(1)) as sandbox:
        config = {
            "access_token": sandbox.token,
            "api_url": sandbox.url,
            "insights_reports": [{**report, "fields": ["spend", "impressions", "clicks"]}],
            "insights_mode": mode,
            **DAYS,
        }
        output = run_tap(config, streams=("odd",), longest=LONGEST)
        truth = sandbox.truth_insights(since=DAYS["start_date"], until=DAYS["end_date"])
        number = sandbox.world.accounts[0].account_id
    kept = synced(output.states[-1] if output.states else None, "odd").get(number, [])
    days = {date.fromisoformat(str(row["date_start"])) for row in truth}
    lost = [day for day in days for span in kept if day in span]
    assert days
    return f"no row of {lost}" if lost else not_clear(output, number, "take a breakdown out")


def test_rows_that_are_too_many_whatever_the_fields_end_in_one_sentence() -> None:
    assert at_once({mode: partial(too_many_rows_for_good, mode) for mode in MODES}) == {}


# ---------------------------------------------------------------- jobs

JOBS = ("failed", "skipped", "running_100", "unreadable", "expired", "late_visible", "lost")


def passing_job(outcome: str) -> Answer:
    return {"outcome": outcome, "reads": 1} if outcome == "unreadable" else {"outcome": outcome}


def test_a_job_gone_wrong_costs_no_row() -> None:
    # A job that does not move, since nobody knows it, is given up after so long.
    patience = {"max_retry_seconds": 6}
    cases = {
        outcome: partial(
            completes,
            SUBMITTING,
            {"answer": {"job": passing_job(outcome)}},
            settings=patience,
        )
        for outcome in JOBS
    }
    cases["too large"] = partial(
        completes,
        SUBMITTING,
        {
            "answer": {"job": {"outcome": "failed", "error_code": -3, "error_subcode": 1504045}},
            "times": 3,
        },
    )
    assert at_once(cases) == {}


def test_a_job_gone_wrong_after_its_first_page_costs_no_row() -> None:
    page = {"stage": "read", "page": 2}
    cases = {
        outcome: partial(
            completes, SUBMITTING, {"match": page, "answer": {"job": passing_job(outcome)}}
        )
        for outcome in ("expired", "unreadable", "lost")
    }
    assert at_once(cases) == {}


def test_jobs_that_take_their_time_are_seen_through() -> None:
    # Not started, started, running, at 100 percent and still running, completed.
    assert completes(SUBMITTING, options={"job_seconds": 3}) == ""


def test_jobs_that_never_work_end_in_one_sentence() -> None:
    cases = {
        outcome: partial(
            fails_clearly_and_resumes,
            SUBMITTING,
            {"answer": {"job": outcome}, "skip": 1},
            words="account ",
        )
        for outcome in ("failed", "skipped", "stuck", "unreadable", "expired", "lost")
    }
    cases["stuck once"] = partial(
        fails_clearly_and_resumes,
        SUBMITTING,
        {"answer": {"job": "stuck"}, "times": 1},
        may_complete=True,
    )
    assert at_once(cases) == {}
