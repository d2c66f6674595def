from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_meta_ads.delivery.checkpoints import EVERY, Checkpoints


def after(*states: int) -> Checkpoints:
    """A state after each of these records, which it is named by."""
    checkpoints = Checkpoints()
    for at in states:
        checkpoints.count = at
        checkpoints.state(at)
    return checkpoints


@pytest.mark.parametrize(
    ("states", "unsettled", "released"),
    [
        ([], [], None),
        ([], [1], None),
        ([5], [], 5),
        ([5], [6], 5),  # the record behind it
        ([5], [5], None),  # its own last one
        ([5], [1], None),
        ([5, 9], [], 9),
        ([5, 9], [10], 9),
        ([5, 9], [9], 5),
        ([5, 9], [6], 5),
        ([5, 9], [12, 7, 30], 5),  # the first counts, in any order
        ([5, 9], [12, 3], None),
        ([0], [1], 0),  # before any record
        ([7, 7], [8], 7),
    ],
)
def test_the_newest_state_before_what_is_unsettled(
    states: list[int], unsettled: list[int], released: int | None
) -> None:
    assert after(*states).release(unsettled) == released


def test_each_state_is_released_once() -> None:
    checkpoints = after(5, 9)
    assert checkpoints.release([7]) == 5
    assert checkpoints.release([7]) is None
    assert checkpoints.release([]) == 9
    assert checkpoints.release([]) is None


def test_a_state_that_is_nothing_is_a_state() -> None:
    checkpoints = Checkpoints()
    checkpoints.state({})
    assert checkpoints.release([]) == {}


def test_of_many_states_some_are_kept_with_the_oldest_and_the_newest() -> None:
    checkpoints = after(*range(1, 1001))
    kept = []
    for first in range(1, 1002):
        state = checkpoints.release([first])
        if state is not None:
            kept.append(state)
    assert len(kept) <= 16
    assert kept[0] == 1
    assert kept[-1] == 1000
    assert kept == sorted(kept)


def test_the_oldest_of_many_still_tells_what_is_overdue() -> None:
    checkpoints = after(*range(1, 101))
    checkpoints.count = EVERY
    assert checkpoints.overdue is None
    checkpoints.count = EVERY + 1
    assert checkpoints.overdue == 1


@given(
    gaps=st.lists(st.integers(0, 3), max_size=80),
    firsts=st.lists(st.integers(1, 300), max_size=20).map(sorted),
)
def test_no_state_is_released_before_its_records(gaps: list[int], firsts: list[int]) -> None:
    checkpoints = Checkpoints()
    newest = 0
    for gap in gaps:
        checkpoints.count += gap
        checkpoints.state(checkpoints.count)
    for first in firsts:
        state = checkpoints.release([first])
        assert state is None or newest <= state < first
        newest = state or newest
    # Once all is settled the newest goes out, however many there were.
    last = checkpoints.release([])
    assert (newest if last is None else last) == checkpoints.count or not gaps


@pytest.mark.parametrize(
    ("states", "count", "overdue"),
    [
        ([], EVERY * 2, None),
        ([5], EVERY + 4, None),
        ([5], EVERY + 5, 5),
        ([5, EVERY], EVERY + 5, 5),
        ([5, EVERY], EVERY * 3, 5),
    ],
)
def test_overdue(states: list[int], count: int, overdue: int | None) -> None:
    checkpoints = after(*states)
    checkpoints.count = count
    assert checkpoints.overdue == overdue


def test_what_is_overdue_changes_with_what_is_released() -> None:
    checkpoints = after(5, 9)
    checkpoints.count = EVERY + 6
    assert checkpoints.release([7]) == 5
    assert checkpoints.overdue is None
    checkpoints.count = EVERY + 9
    assert checkpoints.overdue == 9
