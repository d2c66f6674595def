from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from tap_meta_ads.summary.progress import Progress, Reading, line
from tap_meta_ads.summary.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 21, 14, 3, 10, tzinfo=timezone.utc)
INSIGHTS = Reading("123", "ads_insights", 90, 61, 12400, 3, 120)
TOLD = "ads_insights of account 123: 61 of 90 days, 12,400 rows, 3 jobs running, 2 min"


@pytest.mark.parametrize(
    ("reading", "waits", "words"),
    [
        (INSIGHTS, {}, TOLD),
        (
            INSIGHTS,
            {"456": 120.0},
            f"{TOLD}; waiting until 14:05:10 for Meta's limit (account 456)",
        ),
        (
            Reading("123", "ads", rows=1, seconds=42),
            {"": 5.0},
            "ads of account 123: 1 row, 42 s; waiting until 14:03:15 for Meta's limit (the app)",
        ),
        (
            Reading("123", "ads_insights", days=1, jobs=1, seconds=5),
            {},
            "ads_insights of account 123: 0 of 1 day, 0 rows, 1 job running, 5.0 s",
        ),
        (
            # Who waits longest comes first, and another day is said.
            None,
            {"1": 1.0, "2": 36000.0, "3": 2.0, "4": 3.0, "5": 1.0},
            (
                "waiting until 2026-11-22 00:03:10 for Meta's limit (account 2); "
                "waiting until 14:03:13 for Meta's limit (account 4); "
                "waiting until 14:03:12 for Meta's limit (account 3); 2 accounts more waiting"
            ),
        ),
        (None, {}, ""),
    ],
)
def test_lines(reading: Reading | None, waits: Mapping[str, float], words: str) -> None:
    assert line(reading, waits, NOW) == words


def test_a_line_is_due_after_a_while_and_then_again() -> None:
    times = [1000.0]
    progress = Progress(lambda: times[0], every=30.0, local_time=lambda: NOW)
    seen = []
    for second in range(0, 100, 5):
        times[0] = 1000.0 + second
        assert progress.due() == progress.due(times[0])
        if progress.due():
            assert progress.line(INSIGHTS, {}) == TOLD
            seen.append(second)
    assert seen == [30, 60, 90]


def test_time_is_told_as_it_is_here() -> None:
    told = Progress().local_time()
    assert told.utcoffset() == datetime.now(timezone.utc).astimezone().utcoffset()


def test_a_summary_knows_how_far_a_stream_is() -> None:
    times = [0.0]
    summary = Summary("8c1f0a2b", lambda: times[0])
    counter = summary.of("123", "ads_insights")
    counter.begin(90, "1f0c99d2")
    times[0] = 60.0
    counter.wrote(12000)
    counter.read_days(60)
    counter.begin(91)  # its beginning stays
    times[0] = 120.0
    counter.wrote(400)
    counter.read_days(1)
    assert summary.reading("123", "ads_insights", 3) == Reading(
        "123", "ads_insights", 91, 61, 12400, 3, 120.0
    )
    assert summary.reading("123", "ads") == Reading("123", "ads")
