"""How often something may be done that costs more and more."""

from __future__ import annotations

import pytest

from tap_meta_ads.pace import FREE_SECONDS, SHARE, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("cost", "gap", "most"),
    [
        (0.0, 0.001, 1000),
        (FREE_SECONDS, 0.001, 1000),
        (0.05, 0.001, 20),
        (1.0, 0.001, 1),
        (1.0, 100.0, 1000),
    ],
)
def test_takes_no_more_than_its_share_of_the_time(cost: float, gap: float, most: int) -> None:
    clock, done = Clock(), 0

    def action() -> None:
        nonlocal done
        done += 1
        clock.now += cost

    pace = Pace(clock)
    began = clock.now
    for _ in range(1000):
        pace.ask(action)
        clock.now += gap
    pace.catch_up(action)
    assert not pace.is_due
    assert done <= most + 1
    if cost > FREE_SECONDS:
        assert (done - 1) * cost <= SHARE * (clock.now - began) + cost
    else:
        assert done == 1000


def test_what_was_left_is_caught_up_once() -> None:
    clock, done = Clock(), []

    def action() -> None:
        done.append(clock.now)
        clock.now += 1.0

    pace = Pace(clock)
    pace.ask(action)
    pace.ask(action)
    assert pace.is_due
    pace.catch_up(action)
    pace.catch_up(action)
    assert len(done) == 2
