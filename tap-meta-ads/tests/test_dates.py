"""Days and ranges of days."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_meta_ads.dates import (
    DAY,
    DateRange,
    between,
    day,
    days_before,
    first_kept_day,
    intersect,
    subtract,
    today_in,
    union,
)


def nov(since: int, until: int) -> DateRange:
    return DateRange(date(2026, 11, since), date(2026, 11, until))


ENDS = (date.min, date.max)
# Close together, so that ranges touch and overlap; and the calendar's ends, where steps of a day
# fall out of it.
days = st.dates(date(2026, 2, 20), date(2026, 4, 5)) | st.sampled_from(
    [*ENDS, date.min + DAY, date.max - DAY]
)
near_days = st.dates(date(2026, 2, 20), date(2026, 4, 5))


def ranges_of(member: st.SearchStrategy[date]) -> st.SearchStrategy[DateRange]:
    return st.tuples(member, member).map(lambda pair: DateRange(min(pair), max(pair)))


near_lists = st.lists(ranges_of(near_days), max_size=6)


def as_set(ranges: list[DateRange]) -> set[date]:
    return {item.since + n * DAY for item in ranges for n in range(item.days)}


def is_merged(ranges: list[DateRange]) -> bool:
    return all((after.since - before.until).days > 1 for before, after in pairwise(ranges))


class TestRange:
    def test_both_ends_count(self) -> None:
        assert nov(1, 1).days == 1
        assert nov(1, 30).days == 30
        assert DateRange(date(2028, 2, 1), date(2028, 3, 1)).days == 30
        assert str(nov(1, 2)) == "2026-11-01..2026-11-02"

    def test_no_range_ends_before_it_begins(self) -> None:
        with pytest.raises(ValueError, match=r"2026-11-02\.\.2026-11-01"):
            nov(2, 1)

    @pytest.mark.parametrize(
        ("size", "expected"), [(1, nov(10, 10)), (3, nov(10, 12)), (5, nov(10, 14)), (99, None)]
    )
    def test_first_days(self, size: int, expected: DateRange | None) -> None:
        assert nov(10, 14).first(size) == (expected or nov(10, 14))

    def test_first_days_at_the_end_of_the_calendar(self) -> None:
        last = DateRange(date.max, date.max)
        assert last.first(90) == last

    def test_between(self) -> None:
        assert between(date(2026, 11, 1), date(2026, 11, 1)) == [nov(1, 1)]
        assert between(date(2026, 11, 2), date(2026, 11, 1)) == []


class TestTables:
    @pytest.mark.parametrize(
        ("ranges", "expected"),
        [
            ([], []),
            ([nov(1, 3)], [nov(1, 3)]),
            ([nov(4, 5), nov(1, 3)], [nov(1, 5)]),
            ([nov(1, 3), nov(5, 6)], [nov(1, 3), nov(5, 6)]),
            ([nov(1, 9), nov(2, 3)], [nov(1, 9)]),
            ([nov(1, 5), nov(5, 9)], [nov(1, 9)]),
            ([nov(7, 7), nov(3, 3), nov(5, 5), nov(4, 4)], [nov(3, 5), nov(7, 7)]),
        ],
    )
    def test_union(self, ranges: list[DateRange], expected: list[DateRange]) -> None:
        assert union(ranges) == expected

    @pytest.mark.parametrize(
        ("taken", "expected"),
        [
            ([], [nov(5, 15)]),
            ([nov(1, 4)], [nov(5, 15)]),
            ([nov(16, 20)], [nov(5, 15)]),
            ([nov(1, 5)], [nov(6, 15)]),
            ([nov(15, 30)], [nov(5, 14)]),
            ([nov(8, 9)], [nov(5, 7), nov(10, 15)]),
            ([nov(5, 15)], []),
            ([nov(1, 30)], []),
            ([nov(12, 12), nov(7, 7)], [nov(5, 6), nov(8, 11), nov(13, 15)]),
        ],
    )
    def test_subtract(self, taken: list[DateRange], expected: list[DateRange]) -> None:
        assert subtract([nov(5, 15)], taken) == expected

    @pytest.mark.parametrize(
        ("within", "expected"),
        [
            (nov(1, 30), [nov(2, 4), nov(8, 9)]),
            (nov(4, 8), [nov(4, 4), nov(8, 8)]),
            (nov(5, 7), []),
            (nov(9, 9), [nov(9, 9)]),
        ],
    )
    def test_intersect(self, within: DateRange, expected: list[DateRange]) -> None:
        assert intersect([nov(8, 9), nov(2, 4)], within) == expected


class TestAgainstSetsOfDays:
    @given(near_lists)
    def test_union(self, ranges: list[DateRange]) -> None:
        merged = union(ranges)
        assert as_set(merged) == as_set(ranges)
        assert is_merged(merged)

    @given(near_lists, near_lists)
    def test_subtract(self, ranges: list[DateRange], taken: list[DateRange]) -> None:
        left = subtract(ranges, taken)
        assert as_set(left) == as_set(ranges) - as_set(taken)
        assert is_merged(left)

    @given(near_lists, ranges_of(near_days))
    def test_intersect(self, ranges: list[DateRange], within: DateRange) -> None:
        shared = intersect(ranges, within)
        assert as_set(shared) == as_set(ranges) & as_set([within])
        assert is_merged(shared)

    @given(near_lists, ranges_of(near_days), st.integers(1, 40))
    def test_first(self, ranges: list[DateRange], one: DateRange, size: int) -> None:
        assert as_set([one.first(size)]) == set(sorted(as_set([one]))[:size])
        assert one.first(size).days == min(size, one.days)
        assert union([*ranges, one]) == union([one, *ranges])

    @given(st.lists(ranges_of(days), max_size=4), st.lists(ranges_of(days), max_size=4))
    def test_the_calendar_has_ends(self, ranges: list[DateRange], taken: list[DateRange]) -> None:
        left = subtract(ranges, taken)
        assert is_merged(left)
        for hole in taken:
            assert intersect(left, hole) == []
        shared = [piece for hole in taken for piece in intersect(ranges, hole)]
        assert union([*left, *shared]) == union(ranges)

    @given(days, st.integers(0, 10**6))
    def test_days_before(self, some: date, count: int) -> None:
        earlier = days_before(some, count)
        assert earlier <= some
        assert earlier == date.min or (some - earlier).days == count


NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


class TestToday:
    @pytest.mark.parametrize(
        ("zone", "now", "expected"),
        [
            (None, NOON, "2026-11-21"),
            ("", NOON, "2026-11-21"),
            ("UTC", NOON, "2026-11-21"),
            ("Pacific/Auckland", NOON, "2026-11-22"),
            ("Pacific/Auckland", NOON - timedelta(hours=2), "2026-11-21"),
            ("Pacific/Kiritimati", NOON, "2026-11-22"),
            ("Pacific/Pago_Pago", NOON - timedelta(hours=2), "2026-11-20"),
            ("America/Los_Angeles", NOON.replace(hour=7, minute=59), "2026-11-20"),
            ("America/Los_Angeles", NOON.replace(hour=8, minute=0), "2026-11-21"),
            # In summer midnight is an hour earlier in UTC.
            ("America/Los_Angeles", datetime(2026, 7, 1, 7, tzinfo=timezone.utc), "2026-07-01"),
            # The clock's own offset does not matter.
            (None, datetime(2026, 11, 21, 1, tzinfo=timezone(timedelta(hours=5))), "2026-11-20"),
        ],
    )
    def test_in_the_accounts_own_zone(self, zone: str | None, now: datetime, expected: str) -> None:
        assert str(today_in(zone, now)) == expected

    @pytest.mark.parametrize(
        "zone",
        ["Mars/Olympus_Mons", "../etc/passwd", "/etc/localtime", "America", "a\0b", "ü", " "],
    )
    def test_in_utc_where_the_zone_is_not_known(self, zone: str) -> None:
        assert today_in(zone, NOON) == date(2026, 11, 21)


class TestDay:
    @pytest.mark.parametrize(
        "text",
        [
            "2026-01-31",
            "2026-01-31T00:00:00Z",
            "2026-01-31T00:00:00",
            "2026-01-31 00:00:00",
            "2026-01-31T00:00:00+00:00",
            "2026-01-31T23:59:59.999999-0800",
            "2026-01-31T00:00",
        ],
    )
    def test_of_dates_and_times(self, text: str) -> None:
        assert day(text) == date(2026, 1, 31)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "2026-02-30",
            "2025-02-29",
            "0000-00-00",
            "26-01-31",
            "2026-1-31",
            "31.01.2026",
            "2026-01-31T",
            "2026-01-31Tomorrow",
            "2026-01-31\n",
            " 2026-01-31",
            "20260131",
            "2026-W05-6",
            "٢٠٢٦-01-31",
        ],
    )
    def test_of_nothing_else(self, text: str) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - of which kind, the caller says
            day(text)


class TestRetention:
    @pytest.mark.parametrize(
        ("today", "first"),
        [
            ("2026-11-21", "2023-10-22"),
            ("2026-01-31", "2023-01-01"),
            ("2026-02-01", "2023-01-02"),
            # 37 months before are a February without that day, and one with 29 days.
            ("2026-03-29", "2023-03-01"),
            ("2026-03-31", "2023-03-01"),
            ("2027-03-28", "2024-02-29"),
            ("2027-03-29", "2024-03-01"),
            ("2027-03-31", "2024-03-01"),
            ("2028-02-29", "2025-01-30"),
            # From a month of 31 days to one of 30.
            ("2026-05-31", "2023-05-01"),
            ("2026-05-30", "2023-05-01"),
            ("2026-12-31", "2023-12-01"),
        ],
    )
    def test_the_first_day_kept(self, today: str, first: str) -> None:
        assert str(first_kept_day(date.fromisoformat(today))) == first

    @given(st.dates(date(2020, 1, 1), date(2060, 12, 31)), st.integers(1, 40))
    def test_never_further_back_than_meta_takes(self, today: date, months: int) -> None:
        first = first_kept_day(today, months)
        # Meta counts months: the day before the first one is at the most that many months old.
        before = first - DAY
        age = (today.year - before.year) * 12 + today.month - before.month
        assert age == months
        assert before.day <= today.day
        # And no more is given away than a day, or the days that the shorter month lacks.
        assert before.day == today.day or first.day == 1

    @given(st.dates(date(2020, 1, 1), date(2060, 12, 30)))
    def test_moves_with_time(self, today: date) -> None:
        step = first_kept_day(today + DAY) - first_kept_day(today)
        assert 0 <= step.days <= 4
