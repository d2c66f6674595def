"""Which days are asked for next, and how."""

from __future__ import annotations

from collections import deque
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_meta_ads.dates import DAY, DateRange, union
from tap_meta_ads.insights.windows import (
    JOB_ROWS,
    LARGEST,
    Answered,
    Layout,
    Overflowing,
    TooLarge,
    Window,
)
from tap_meta_ads.reports.periods import Period

FIRST = date(2026, 1, 1)
PAGE = 1000


def days(count: int, since: date = FIRST) -> DateRange:
    return DateRange(since, since + (count - 1) * DAY)


def layout(count: int, mode: str = "auto", **more: object) -> Layout:
    return Layout([days(count)], Period.of(1), mode=mode, page=PAGE, **more)  # type: ignore[arg-type] # from a table


def sizes(plan: Layout) -> list[int]:
    """The days of all windows that can be asked for now."""
    found = []
    while window := plan.next():
        found.append(window.days.days)
    return found


def test_auto_waits_for_the_first_window_and_lays_out_the_rest_by_it() -> None:
    plan = layout(90)
    first = plan.next()
    assert first == Window(days(7))
    assert plan.next() is None
    plan.take_in(Answered(first, 7 * 50))
    # 14 days of 50 rows fill 700 of 1000.
    assert sizes(plan) == [14, 14, 14, 14, 14, 13]
    assert not plan.is_over


def test_a_quiet_account_is_read_in_large_windows() -> None:
    plan = layout(200)
    plan.take_in(Answered(plan.next(), 0))  # type: ignore[arg-type] # there is one
    assert sizes(plan) == [LARGEST, LARGEST, 13]


def test_what_is_short_is_one_window() -> None:
    plan = layout(29, first_days=29)
    first = plan.next()
    assert first
    plan.take_in(Answered(first, 400))
    assert plan.is_over
    assert plan.next() is None


def test_what_overflows_a_page_is_made_by_a_job_and_so_is_the_rest() -> None:
    plan = layout(90)
    first = plan.next()
    assert first
    plan.take_in(Overflowing(first, PAGE))
    again = plan.next()
    assert again == Window(days(7), by_job=True)
    following = plan.next()
    assert following
    assert following.by_job
    assert following.days.days == 28


def test_a_large_window_that_overflows_is_asked_for_in_halves() -> None:
    plan = layout(300)
    first = plan.next()
    assert first
    plan.take_in(Answered(first, 0))
    large = plan.next()
    assert large
    plan.take_in(Overflowing(large, PAGE))
    assert [plan.next(), plan.next()] == [
        Window(DateRange(large.days.since, large.days.since + 44 * DAY)),
        Window(DateRange(large.days.since + 45 * DAY, large.days.until)),
    ]
    after = plan.next()
    assert after
    assert not after.by_job
    assert after.days.days < LARGEST


def test_async_lays_out_growing_windows_at_once() -> None:
    plan = layout(90, "async")
    windows = [plan.next() for _ in range(4)]
    assert [window.days.days for window in windows if window] == [7, 28, 28, 27]
    assert all(window.by_job for window in windows if window)
    assert plan.next() is None


def test_jobs_hold_about_as_many_rows_as_they_should() -> None:
    plan = layout(400, "async")
    first = plan.next()
    assert first
    plan.take_in(Answered(first, 7 * 1000))
    assert sizes(plan)[0] == JOB_ROWS // 1000


def test_sync_never_makes_a_job() -> None:
    plan = layout(30, "sync")
    first = plan.next()
    assert first
    plan.take_in(Answered(first, 7 * 5000))
    assert sizes(plan) == [1] * 23


@pytest.mark.parametrize("mode", ["auto", "async", "sync"])
def test_what_is_too_large_is_halved_and_not_tried_again(mode: str) -> None:
    plan = layout(60, mode, first_days=20)
    first = plan.next()
    assert first
    plan.take_in(TooLarge(first))
    halves = [plan.next(), plan.next()]
    assert [half.days for half in halves if half] == [days(10), days(10, FIRST + 10 * DAY)]
    for half in halves:
        assert half
        plan.take_in(Answered(half, 0))
    assert max(sizes(plan)) <= 15


def test_windows_do_not_cross_the_day_before_which_meta_tells_less() -> None:
    seam = FIRST + 10 * DAY
    plan = layout(30, "async", aged_before=seam)
    windows = []
    while window := plan.next():
        windows.append(window)
    assert all(window.aged == (window.days.since < seam) for window in windows)
    assert all(window.days.until < seam for window in windows if window.aged)
    assert union(window.days for window in windows) == [days(30)]


def test_a_period_that_begins_before_that_day_is_aged_as_a_whole() -> None:
    plan = Layout(
        [DateRange(date(2026, 1, 1), date(2026, 4, 30))],
        Period.of("monthly"),
        mode="async",
        aged_before=date(2026, 2, 10),
    )
    windows = []
    while window := plan.next():
        windows.append((window.days, window.aged))
    assert windows == [
        (DateRange(date(2026, 1, 1), date(2026, 1, 31)), True),
        (DateRange(date(2026, 2, 1), date(2026, 2, 28)), True),
        (DateRange(date(2026, 3, 1), date(2026, 3, 31)), False),
        (DateRange(date(2026, 4, 1), date(2026, 4, 30)), False),
    ]


def test_one_row_over_all_days_is_one_window() -> None:
    plan = Layout([days(500)], Period.of("all_days"), mode="async", aged_before=FIRST + 90 * DAY)
    assert plan.next() == Window(days(500), by_job=True, aged=True)
    assert plan.next() is None


@given(
    ranges=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 200)), min_size=1, max_size=4),
    mode=st.sampled_from(["auto", "async", "sync"]),
    increment=st.sampled_from([1, 3, "weekly", "monthly"]),
    rows_a_day=st.integers(0, 3000),
    bearable=st.integers(1, 100),
    seam=st.one_of(st.none(), st.integers(1, 600)),
    order=st.randoms(use_true_random=False),
)
def test_every_day_is_answered_exactly_once(
    ranges: list[tuple[int, int]],
    mode: str,
    increment: int | str,
    rows_a_day: int,
    bearable: int,
    seam: int | None,
    order: object,
) -> None:
    """Whatever Meta answers, in whatever order."""
    period = Period.of(increment)
    within = DateRange(FIRST - 400 * DAY, FIRST + 1000 * DAY)
    wanted = union(
        period.whole([days(length, FIRST + start * DAY) for start, length in ranges], within)
    )
    aged_before = None if seam is None else FIRST + seam * DAY
    plan = Layout(list(wanted), period, mode=mode, page=PAGE, aged_before=aged_before)
    done: list[DateRange] = []
    open_: deque[Window] = deque()
    for _ in range(5000):
        while len(open_) < 8 and (window := plan.next()):
            open_.append(window)
        if not open_:
            break
        open_.rotate(order.randrange(len(open_)))  # type: ignore[attr-defined] # hypothesis' Random
        window = open_.popleft()
        is_one_period = period.is_one(window.days)
        rows = rows_a_day * window.days.days
        if mode == "auto" and not window.by_job and rows > PAGE:
            plan.take_in(Overflowing(window, PAGE))
        elif window.days.days > bearable and not is_one_period:
            plan.take_in(TooLarge(window))
        else:
            done.append(window.days)
            plan.take_in(Answered(window, rows))
    assert plan.is_over
    assert union(done) == wanted
    assert sum(item.days for item in done) == sum(item.days for item in wanted)
    for item in done:
        assert period.start(item.since) == item.since or item.since in {r.since for r in wanted}
