"""How windows grow and shrink."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_meta_ads.dates import DAY, DateRange, subtract, union
from tap_meta_ads.windows import LARGEST, WindowSize

FIRST = date(2026, 1, 1)
PAGE = 1000


def window(days: int) -> DateRange:
    return DateRange(FIRST, FIRST + (days - 1) * DAY)


@pytest.mark.parametrize(
    ("size", "asked", "rows", "expected"),
    [
        (WindowSize(7), 7, 0, 14),
        (WindowSize(7), 7, 500, 14),
        (WindowSize(7), 7, 501, 7),
        (WindowSize(7), 7, 5000, 7),
        # The end of a range says nothing about larger windows.
        (WindowSize(7), 3, 0, 7),
        (WindowSize(60), 60, 0, LARGEST),
        (WindowSize(LARGEST), LARGEST, 0, LARGEST),
        # What was refused once is not asked for again, nor much that is close to it.
        (WindowSize(45, refused=90), 45, 0, 67),
        (WindowSize(67, refused=90), 67, 0, 67),
        (WindowSize(3, refused=7), 3, 0, 5),
        (WindowSize(2, refused=4), 2, 0, 3),
        (WindowSize(1, refused=3), 1, 0, 2),
        (WindowSize(1, refused=2), 1, 0, 1),
    ],
)
def test_grows_while_a_page_holds_twice_as_much(
    size: WindowSize, asked: int, rows: int, expected: int
) -> None:
    grown = size.grown(window(asked), rows, PAGE)
    assert grown.days == expected
    assert grown.refused == size.refused


@pytest.mark.parametrize(
    ("size", "asked", "expected"),
    [
        (WindowSize(7), 7, WindowSize(3, refused=7)),
        (WindowSize(2), 2, WindowSize(1, refused=2)),
        (WindowSize(7), 3, WindowSize(1, refused=3)),
        (WindowSize(14, refused=20), 14, WindowSize(7, refused=14)),
        (WindowSize(1), 1, None),
        (WindowSize(7), 1, None),
    ],
)
def test_shrinks_until_it_is_one_day(
    size: WindowSize, asked: int, expected: WindowSize | None
) -> None:
    assert size.shrunk(window(asked)) == expected


def test_the_next_window_is_the_first_of_what_is_left() -> None:
    assert WindowSize(7).next(window(30)) == window(7)
    assert WindowSize(7).next(window(3)) == window(3)


@pytest.mark.parametrize("limit", [1, 2, 5, 20, 50, 88, 89])
def test_a_limit_is_found_in_few_refusals(limit: int) -> None:
    left, size, refused, answered = [window(2000)], WindowSize(7), 0, 0
    while left:
        one = size.next(left[0])
        if one.days > limit:
            refused += 1
            smaller = size.shrunk(one)
            assert smaller is not None
            size = smaller
        else:
            answered += 1
            left = subtract(left, [one])
            size = size.grown(one, 0, PAGE)
    assert refused <= 4
    # No more windows than twice what the limit makes necessary.
    assert answered <= 2 * (2000 // limit) + 8


@given(
    days=st.integers(1, 500),
    first=st.integers(1, LARGEST),
    per_day=st.integers(0, 3000),
    limit=st.integers(1, 120),
)
def test_every_day_is_read_once_whatever_meta_refuses(
    days: int, first: int, per_day: int, limit: int
) -> None:
    """Meta takes up to `limit` days at once; `per_day` rows come of each."""
    left, size = [window(days)], WindowSize(first)
    read: list[DateRange] = []
    asked = refusals = 0
    while left:
        one = size.next(left[0])
        asked += 1
        if one.days > limit:
            refusals += 1
            smaller = size.shrunk(one)
            assert smaller is not None
            assert smaller.days < one.days
            size = smaller
            continue
        read.append(one)
        left = subtract(left, [one])
        size = size.grown(one, one.days * per_day, PAGE)
        assert 1 <= size.days <= LARGEST
    assert union(read) == [window(days)]
    assert sum(item.days for item in read) == days
    # It learns: refusals do not go on for as long as the range does.
    assert refusals <= 10
    if per_day == 0 and limit >= LARGEST:
        assert asked <= 7 + days // LARGEST + 1
