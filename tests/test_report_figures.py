"""The report's sums, ratios of sums, and lists that are cut short."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from report import figures
from report.figures import Sums
from tests.report_samples import MONDAY, row, sums


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        (sums(10, value=25), "roas", "2.5"),
        (sums(0, value=25), "roas", None),
        (sums(10), "roas", None),
        (sums(10, purchases=4), "cpa", "2.5"),
        (sums(10, clicks=4), "cpc", "2.5"),
        (sums(clicks=3, impressions=200), "ctr", "1.5"),
        (sums(clicks=3), "ctr", None),
        (sums(clicks=0, impressions=200), "ctr", "0"),
    ],
)
def test_ratios_are_of_sums_and_never_of_nothing(
    given: Sums, name: str, expected: str | None
) -> None:
    assert getattr(given, name) == (None if expected is None else Decimal(expected))


def test_what_nobody_told_is_not_0() -> None:
    assert figures.total([]) == Sums()
    assert figures.total([sums(1), sums(None, clicks=2), sums(3)]) == sums(4, clicks=2)


def test_a_long_list_ends_with_all_others() -> None:
    rows = [row(str(number), sums(number)) for number in range(9, 0, -1)]
    names = [one.name for one in figures.listed(rows, places=3)]
    assert names == ["9", "8", "7", "6 others"]
    found = figures.listed(rows, places=3)
    assert found[-1].sums.spend == 21
    assert sum(one.share for one in found) == pytest.approx(1)
    # One line more is no shorter than the one it would replace.
    assert [one.name for one in figures.listed(rows[:4], places=3)] == ["9", "8", "7", "6"]
    assert figures.listed([row("a", sums())])[0].share == 0


def test_a_week_rolls_over_days_on_which_nothing_ran() -> None:
    days = [(MONDAY + timedelta(days=n), sums(1)) for n in (0, 1, 4, 6, 9)]
    rolled = list(figures.rolling(days, 7))
    assert rolled == [
        (MONDAY + timedelta(days=6), sums(4)),
        (MONDAY + timedelta(days=9), sums(3)),
    ]


def test_the_days_before_are_only_told_when_they_are_all_there() -> None:
    days = [(MONDAY - timedelta(days=n), sums(n)) for n in range(4)]
    assert figures.halves(days, MONDAY, 2) == (sums(1), sums(5))
    assert figures.halves(days[:3], MONDAY, 2) == (sums(1), None)
    assert figures.halves([], MONDAY, 2) == (Sums(), None)


@pytest.mark.parametrize(
    ("now", "before", "expected"), [(3, 2, 50), (1, 2, -50), (None, 2, None), (1, 0, None)]
)
def test_change(now: int | None, before: int, expected: int | None) -> None:
    assert figures.change(now, before) == expected
