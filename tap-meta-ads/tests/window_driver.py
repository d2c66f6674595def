"""Drives the task that reads a window of Insights, with answers from a function."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec

from meta_graph import (
    Call,
    Failure,
    TooMuchDataError,
)
from tap_meta_ads.accounts import Account
from tap_meta_ads.dates import DAY, DateRange
from tap_meta_ads.engine.tasks import Ask, Emit, Watch
from tap_meta_ads.fields import Asked
from tap_meta_ads.insights.track import InsightsTrack
from tap_meta_ads.insights.windows import Layout, Window
from tap_meta_ads.reports.periods import Period
from tap_meta_ads.reports.report import Report

FIRST = date(2026, 1, 1)

DONE = {"async_status": "Job Completed", "async_percent_completion": 100}

TOO_MUCH = TooMuchDataError(Failure("too much"))

Answers = Callable[[Call], Any]


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


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"ad_id": str(n), "date_start": "2026-01-01", "spend": "1.50"} for n in numbers]


def submitted(number: int = 1) -> dict[str, str]:
    return {"report_run_id": str(number)}


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
