"""How often the state is written."""

from __future__ import annotations

import pytest

from tap_meta_ads.streams.state_pace import SMALL, Pace


@pytest.mark.parametrize(
    ("bookmarks", "asked", "done"),
    [
        (0, 10, 10),
        (1, 10, 10),
        (SMALL, 10, 10),
        (SMALL + 1, 10, 5),
        (3 * SMALL, 10, 3),
        (100 * SMALL, 10, 0),
    ],
)
def test_the_larger_the_state_the_less_often(bookmarks: int, asked: int, done: int) -> None:
    pace, written = Pace(), 0

    def action() -> None:
        nonlocal written
        written += 1

    for _ in range(asked):
        pace.ask(action, bookmarks)
    assert written == done
    pace.catch_up(action)
    pace.catch_up(action)
    assert written == done + (asked % -(-bookmarks // SMALL) > 0 if bookmarks else 0)
