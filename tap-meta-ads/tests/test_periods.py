"""Periods lie still, whatever day a run begins or ends with."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_meta_ads.dates import DAY, DateRange, between, subtract, union
from tap_meta_ads.reports.periods import ANCHOR, LONGEST_DAYS, WORDS, Period

DAYS = st.dates(date(2015, 1, 1), date(2030, 12, 31))
INCREMENTS = st.integers(1, LONGEST_DAYS) | st.sampled_from(WORDS)
PERIODS = INCREMENTS.map(Period.of)
MOVING = st.integers(1, LONGEST_DAYS) | st.sampled_from(("weekly", "monthly"))


def d(text: str) -> date:
    return date.fromisoformat(text)


def r(text: str) -> DateRange:
    since, _, until = text.partition("..")
    return DateRange(d(since), d(until or since))


@st.composite
def ranges(draw: st.DrawFn, longest: int = 400) -> DateRange:
    since = draw(DAYS)
    return DateRange(since, since + draw(st.integers(0, longest)) * DAY)


def pieces(period: Period, left: DateRange, days: int) -> list[DateRange]:
    made = []
    while True:
        piece = period.first(left, days)
        made.append(piece)
        if piece.until == left.until:
            return made
        left = DateRange(piece.until + DAY, left.until)


def metas_rows(period: Period, window: DateRange) -> list[DateRange]:
    """The rows that Meta makes of one request: N days are counted from its first day."""
    if period.increment == "all_days":
        return [window]
    made, since = [], window.since
    while since <= window.until:
        if isinstance(period.increment, int):
            following = since + timedelta(days=period.increment)
        else:
            following = date(since.year + since.month // 12, since.month % 12 + 1, 1)
        made.append(DateRange(since, min(following - DAY, window.until)))
        since = following
    return made


@pytest.mark.parametrize(
    ("increment", "day", "expected"),
    [
        (1, "2026-11-21", "2026-11-21"),
        # Monday to Sunday; the turn of the year is no boundary.
        ("weekly", "2026-11-16", "2026-11-16..2026-11-22"),
        ("weekly", "2026-11-22", "2026-11-16..2026-11-22"),
        ("weekly", "2026-01-01", "2025-12-29..2026-01-04"),
        (7, "2026-01-01", "2025-12-29..2026-01-04"),
        ("monthly", "2026-11-21", "2026-11-01..2026-11-30"),
        ("monthly", "2026-12-31", "2026-12-01..2026-12-31"),
        ("monthly", "2024-02-29", "2024-02-01..2024-02-29"),
        ("monthly", "2023-02-01", "2023-02-01..2023-02-28"),
        (2, "1970-01-05", "1970-01-05..1970-01-06"),
        (3, "1970-01-04", "1970-01-02..1970-01-04"),
        (30, "1970-02-04", "1970-02-04..1970-03-05"),
        ("all_days", "2026-11-21", "0001-01-01..9999-12-31"),
        # At the calendar's ends.
        (90, "0001-01-01", "0001-01-01..0001-03-07"),
        ("weekly", "9999-12-31", "9999-12-27..9999-12-31"),
        ("monthly", "9999-12-05", "9999-12-01..9999-12-31"),
    ],
)
def test_start_and_end(increment: int | str, day: str, expected: str) -> None:
    period = Period.of(increment)
    assert DateRange(period.start(d(day)), period.end(d(day))) == r(expected)


def test_the_anchor_is_a_monday_and_weeks_are_seven_days_from_it() -> None:
    assert ANCHOR.weekday() == 0
    assert Period.of("weekly") == Period.of(7)


@given(PERIODS, DAYS)
def test_every_day_is_in_one_period(period: Period, day: date) -> None:
    start, end = period.start(day), period.end(day)
    assert start <= day <= end
    assert period.start(start) == period.start(end) == start
    assert period.end(start) == period.end(end) == end
    if period.increment != "all_days":
        assert period.end(start - DAY) == start - DAY
        assert period.start(end + DAY) == end + DAY
    if isinstance(period.increment, int):
        assert (end - start).days + 1 == period.increment


@pytest.mark.parametrize(
    ("increment", "days", "within", "expected"),
    [
        ("weekly", ["2026-11-18"], "2026-01-01..2026-11-21", ["2026-11-16..2026-11-21"]),
        ("weekly", ["2026-11-15..2026-11-16"], "2026-01-01..2026-11-21",
         ["2026-11-09..2026-11-21"]),
        ("weekly", ["2026-11-18"], "2026-11-17..2026-11-30", ["2026-11-17..2026-11-22"]),
        ("weekly", ["2026-11-02", "2026-11-20"], "2026-01-01..2026-11-21",
         ["2026-11-02..2026-11-08", "2026-11-16..2026-11-21"]),
        # Neighbours become one.
        ("monthly", ["2026-09-30", "2026-10-01"], "2026-01-01..2026-11-21",
         ["2026-09-01..2026-10-31"]),
        ("all_days", ["2026-11-20"], "2026-01-01..2026-11-21", ["2026-01-01..2026-11-21"]),
        (1, ["2026-11-20"], "2026-01-01..2026-11-21", ["2026-11-20"]),
        # What is not asked for is not asked for because it shares a period with what is.
        ("monthly", ["2026-11-25"], "2026-01-01..2026-11-21", []),
        ("monthly", [], "2026-01-01..2026-11-21", []),
    ],
)  # fmt: skip
def test_whole(increment: int | str, days: list[str], within: str, expected: list[str]) -> None:
    assert Period.of(increment).whole(map(r, days), r(within)) == list(map(r, expected))


@given(PERIODS, st.lists(ranges(60), max_size=4), ranges(900))
def test_whole_covers_and_cuts_nothing(
    period: Period, days: list[DateRange], within: DateRange
) -> None:
    grown = period.whole(days, within)
    assert grown == union(grown)
    assert not subtract(grown, [within])
    outside = subtract(days, [within])
    assert not subtract(subtract(days, outside), grown)
    for item in grown:
        assert item.since in {period.start(item.since), within.since}
        assert item.until in {period.end(item.until), within.until}
    # Nothing is read that shares no period with a wanted day.
    for item in grown:
        day = item.since
        while day <= item.until:
            part = DateRange(period.start(day), period.end(day))
            assert any(one.since <= part.until and part.since <= one.until for one in days)
            if part.until >= item.until:
                break
            day = part.until + DAY
    assert period.whole(grown, within) == grown


@pytest.mark.parametrize(
    ("increment", "left", "days", "expected"),
    [
        (1, "2026-11-01..2026-11-21", 7, "2026-11-01..2026-11-07"),
        (1, "2026-11-01..2026-11-03", 7, "2026-11-01..2026-11-03"),
        ("weekly", "2026-11-02..2026-11-21", 7, "2026-11-02..2026-11-08"),
        # A period is never cut but by the end of the range.
        ("weekly", "2026-11-02..2026-11-21", 1, "2026-11-02..2026-11-08"),
        ("weekly", "2026-11-02..2026-11-21", 15, "2026-11-02..2026-11-15"),
        ("weekly", "2026-11-02..2026-11-18", 17, "2026-11-02..2026-11-18"),
        ("weekly", "2026-11-02..2026-11-18", 16, "2026-11-02..2026-11-15"),
        ("weekly", "2026-11-16..2026-11-18", 1, "2026-11-16..2026-11-18"),
        # A period without its first days stands alone: Meta would count from its middle.
        ("weekly", "2026-11-04..2026-11-21", 90, "2026-11-04..2026-11-08"),
        (30, "1970-02-01..1970-05-01", 90, "1970-02-01..1970-02-03"),
        # Months are the calendar's, at Meta too.
        ("monthly", "2026-10-15..2026-11-21", 90, "2026-10-15..2026-11-21"),
        ("monthly", "2026-01-01..2026-11-21", 90, "2026-01-01..2026-03-31"),
        ("monthly", "2026-01-01..2026-11-21", 89, "2026-01-01..2026-02-28"),
        ("monthly", "2026-01-01..2026-11-21", 7, "2026-01-01..2026-01-31"),
        ("all_days", "2023-01-01..2026-11-21", 7, "2023-01-01..2026-11-21"),
    ],
)
def test_first(increment: int | str, left: str, days: int, expected: str) -> None:
    assert Period.of(increment).first(r(left), days) == r(expected)


@given(PERIODS, ranges(), st.integers(1, 90))
def test_pieces_are_whole_and_make_up_the_range(period: Period, left: DateRange, days: int) -> None:
    made = pieces(period, left, days)
    assert union(made) == [left]
    assert sum(piece.days for piece in made) == left.days
    for piece in made:
        assert piece.since in {period.start(piece.since), left.since}
        assert piece.until in {period.end(piece.until), left.until}
        assert piece.days <= days or period.is_one(piece)
    # As few as the size allows: what follows a piece would not have fitted into it.
    for piece, following in pairwise(made):
        cut = isinstance(period.increment, int) and piece.since != period.start(piece.since)
        more = min(period.end(following.since), left.until)
        assert cut or (more - piece.since).days + 1 > days


@given(MOVING, ranges(), st.integers(1, 90), st.integers(1, 90))
def test_meta_makes_the_same_rows_of_any_pieces(
    increment: int | str, left: DateRange, days: int, other: int
) -> None:
    period = Period.of(increment)
    rows = [row for piece in pieces(period, left, days) for row in metas_rows(period, piece)]
    assert rows == [
        row for piece in pieces(period, left, other) for row in metas_rows(period, piece)
    ]
    for row in rows:
        assert row.since == max(period.start(row.since), left.since)
        assert row.until == min(period.end(row.since), left.until)


@given(MOVING, DAYS, st.integers(0, 500), st.integers(1, 60), st.none() | st.integers(0, 90))
def test_keys_stay_while_today_moves(
    increment: int | str, today: date, history: int, later: int, end: int | None
) -> None:
    period = Period.of(increment)
    end_date = None if end is None else today + end * DAY

    def keys(now: date) -> set[DateRange]:
        first = period.begin(now - history * DAY, now - 1000 * DAY)
        last = min(now, end_date or now)
        found: set[DateRange] = set()
        if first > last:
            return found
        for window in pieces(period, DateRange(first, last), 30):
            for row in metas_rows(period, window):
                stop = period.stop(row.since, row.until, last, end_date)
                found.add(DateRange(row.since, stop))
        return found

    before, after = keys(today), keys(today + later * DAY)
    merged = union(before | after)
    # Written under one key, no two rows tell of the same day.
    assert sum(row.days for row in before | after) == sum(item.days for item in merged)


@pytest.mark.parametrize(
    ("increment", "first", "kept", "expected"),
    [
        (1, "2026-11-18", "2023-10-22", "2026-11-18"),
        ("weekly", "2026-11-18", "2023-10-22", "2026-11-16"),
        ("monthly", "2026-11-18", "2023-10-22", "2026-11-01"),
        # Where Meta no longer has its first days, the next period is the first.
        ("weekly", "2023-10-22", "2023-10-22", "2023-10-23"),
        ("weekly", "2023-10-24", "2023-10-23", "2023-10-23"),
        ("monthly", "2023-10-25", "2023-10-22", "2023-11-01"),
        ("monthly", "2020-01-01", "2023-10-22", "2023-11-01"),
        ("monthly", "2020-01-01", "2023-12-01", "2023-12-01"),
        (1, "2020-01-01", "2023-10-22", "2023-10-22"),
        ("all_days", "2026-11-18", "2023-10-22", "2026-11-18"),
        ("all_days", "2020-01-01", "2023-10-22", "2023-10-22"),
    ],
)
def test_begin(increment: int | str, first: str, kept: str, expected: str) -> None:
    assert Period.of(increment).begin(d(first), d(kept)) == d(expected)


@given(PERIODS, DAYS, DAYS)
def test_begin_is_kept(period: Period, first: date, kept: date) -> None:
    day = period.begin(first, kept)
    assert day >= kept
    if period.increment != "all_days":
        assert period.start(day) == day


@pytest.mark.parametrize(
    ("increment", "row", "asked", "end_date", "expected"),
    [
        (1, "2026-11-18", "2026-11-18", None, "2026-11-18"),
        ("weekly", "2026-11-16..2026-11-18", "2026-11-18", None, "2026-11-22"),
        ("weekly", "2026-11-17..2026-11-18", "2026-11-18", None, "2026-11-22"),
        ("weekly", "2026-11-09..2026-11-15", "2026-11-18", None, "2026-11-15"),
        ("monthly", "2026-11-01..2026-11-18", "2026-11-18", None, "2026-11-30"),
        # A period that `end_date` cuts ends with it, also while that day is ahead.
        ("monthly", "2026-11-01..2026-11-18", "2026-11-18", "2026-11-18", "2026-11-18"),
        ("monthly", "2026-11-01..2026-11-18", "2026-11-18", "2026-11-20", "2026-11-20"),
        ("monthly", "2026-11-01..2026-11-18", "2026-11-18", "2027-01-01", "2026-11-30"),
        ("all_days", "2026-01-01..2026-11-18", "2026-11-18", None, "2026-11-18"),
        ("all_days", "2026-01-01..2026-11-18", "2026-11-18", "2026-12-24", "2026-12-24"),
    ],
)
def test_stop(
    increment: int | str, row: str, asked: str, end_date: str | None, expected: str
) -> None:
    days = r(row)
    end = None if end_date is None else d(end_date)
    assert Period.of(increment).stop(days.since, days.until, d(asked), end) == d(expected)


@given(PERIODS, ranges())
def test_one_period_cannot_be_cut(period: Period, window: DateRange) -> None:
    assert period.is_one(window) == (len(pieces(period, window, 1)) == 1)
    assert period.is_one(period.first(window, 1))
    assert between(window.since, window.since)[0].days == 1 <= period.first(window, 1).days
