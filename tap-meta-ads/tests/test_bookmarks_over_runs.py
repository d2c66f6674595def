"""Many runs, on random days, with changing settings, killed anywhere: the books stay right.

The model knows nothing of ranges: for each day, when it was last read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from tap_meta_ads.dates import DAY, DateRange, subtract
from tap_meta_ads.insights.bookmarks import (
    Wanted,
    completed,
    current,
    finished,
    missing,
    read,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIRST = date(2026, 1, 1)


@dataclass(frozen=True)
class Run:
    """One run of the tap.

    `pause`: days since the run before. `start`: days after `FIRST`. `end`: days before today, none
    when there is no `end_date`. `windows`: after so many the run is killed, none when it is not.
    """

    pause: int
    start: int
    end: int | None
    lookback: int
    report: str
    windows: int | None
    window_days: int


def runs_of(lookbacks: st.SearchStrategy[int]) -> st.SearchStrategy[list[Run]]:
    one = st.builds(
        Run,
        pause=st.sampled_from([0, 1, 1, 1, 2, 5, 9, 40]),
        start=st.sampled_from([0, 0, 0, 10, 20, 45]),
        end=st.sampled_from([None, None, None, 0, 3, 25]),
        lookback=lookbacks,
        report=st.sampled_from(["r1", "r1", "r1", "r1", "r2"]),
        windows=st.sampled_from([None, None, None, 0, 1, 2, 5]),
        window_days=st.sampled_from([2, 7, 30]),
    )
    return st.lists(one, min_size=2, max_size=12)


LOOKBACKS = [0, 1, 3, 7, 28]


@dataclass
class Read:
    """When a day was last read, and the lookbacks of that run and of those since."""

    on: date
    longest: int
    shortest_since: int = 10**6


def spread(ranges: Iterable[DateRange]) -> Iterator[date]:
    for item in ranges:
        for number in range(item.days):
            yield item.since + number * DAY


@dataclass
class World:
    """The state file, and what has really been read."""

    today: date = FIRST + timedelta(days=30)
    state: str = "{}"
    report: str | None = None
    days: dict[date, Read] = field(default_factory=dict)

    def run(self, run: Run) -> None:
        self.today += run.pause * DAY
        since = FIRST + run.start * DAY
        until = self.today - (run.end or 0) * DAY
        if since > until:
            return
        asked = Wanted(DateRange(since, until), self.today, run.lookback, run.report)
        partition: dict[str, Any] = json.loads(self.state)
        bookmark = current(read(partition), asked)
        left = missing(bookmark, asked)
        self.check_plan(left, asked)
        done = 0
        while left and done != run.windows:
            window = left[0].first(run.window_days)
            self.note(window, asked, first=done == 0)
            bookmark = completed(bookmark, window, asked)
            left = subtract(left, [window])
            if not left:
                bookmark = finished(bookmark, asked)
            write(bookmark, partition, since)
            self.state = json.dumps(partition)
            self.check_state(partition, since)
            done += 1
        if not left:
            complete = set(spread([asked.days])) - {self.today}
            assert complete <= self.days.keys()

    def check_plan(self, left: list[DateRange], asked: Wanted) -> None:
        """Read again must be what may have changed since, and nothing that was final.

        Final is what was older than the lookback when it was last read. With a lookback that stays
        the same there is one right answer; of several, what one run took for final may stay so.
        """
        planned = set(spread(left))
        known = self.days if self.report == asked.report else {}
        within = set(spread([asked.days]))
        must = {
            day
            for day in within
            if day not in known or (asked.days.until - day).days <= asked.lookback_days
        }
        may = set(must)
        for day in within & known.keys():
            last = known[day]
            age = (last.on - day).days
            if age < min(asked.lookback_days, last.shortest_since):
                must.add(day)
            if age < max(asked.lookback_days, last.longest):
                may.add(day)
        assert must <= planned
        assert planned <= may

    def note(self, window: DateRange, asked: Wanted, *, first: bool) -> None:
        if self.report != asked.report:
            self.report, self.days = asked.report, {}
        if first:
            for last in self.days.values():
                last.shortest_since = min(asked.lookback_days, last.shortest_since)
                last.longest = max(asked.lookback_days, last.longest)
        for day in spread([window]):
            if day < self.today:
                self.days[day] = Read(self.today, asked.lookback_days)

    def check_state(self, partition: dict[str, Any], since: date) -> None:
        synced = [[date.fromisoformat(end) for end in pair] for pair in partition["synced"]]
        assert list(spread(DateRange(*pair) for pair in synced)) == sorted(self.days)
        # Merged: between two ranges at least one day is missing.
        ends = [end for pair in synced for end in pair]
        assert ends == sorted(ends)
        assert all((b - a).days > 1 for a, b in zip(ends[1::2], ends[2::2], strict=False))
        assert partition["report"] == self.report
        if not self.days:
            assert "replication_key_value" not in partition
            return
        value = date.fromisoformat(partition["replication_key_value"])
        assert value < self.today
        assert value in self.days
        if since in self.days:
            assert set(spread([DateRange(since, value)])) <= self.days.keys()


@given(st.sampled_from(LOOKBACKS).flatmap(lambda days: runs_of(st.just(days))))
def test_with_one_lookback(runs: list[Run]) -> None:
    world = World()
    for run in runs:
        world.run(run)


@given(runs_of(st.sampled_from(LOOKBACKS)))
def test_with_changing_lookbacks(runs: list[Run]) -> None:
    world = World()
    for run in runs:
        world.run(run)


@given(runs_of(st.sampled_from(LOOKBACKS)), st.sampled_from(LOOKBACKS))
def test_a_whole_run_mends_everything(runs: list[Run], lookback: int) -> None:
    world = World()
    for run in runs:
        world.run(run)
    world.run(Run(1, 0, None, lookback, "r1", None, 30))
    yesterday = world.today - DAY
    assert json.loads(world.state)["synced"][-1][-1] == str(yesterday)
    assert json.loads(world.state)["replication_key_value"] == str(yesterday)
    assert "stale" not in json.loads(world.state)
