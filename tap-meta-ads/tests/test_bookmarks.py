"""What is complete, what is missing, and how that stands in the state."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_meta_ads.dates import DAY, DateRange, union
from tap_meta_ads.insights.bookmarks import (
    Bookmark,
    StateError,
    Wanted,
    completed,
    current,
    finished,
    missing,
    read,
    write,
)

ACCOUNT = {"account_id": "120210000000000001"}


def spoken(*texts: str) -> tuple[DateRange, ...]:
    """Ranges from `11-01..11-19`, of 2026 where no year is given."""
    made = []
    for text in texts:
        ends = [end if end.count("-") == 2 else f"2026-{end}" for end in text.split("..")]
        made.append(DateRange(date.fromisoformat(ends[0]), date.fromisoformat(ends[-1])))
    return tuple(made)


def one(text: str) -> DateRange:
    return spoken(text)[0]


def wanted(days: str, *, today: str = "11-21", lookback: int = 3, report: str = "r1") -> Wanted:
    return Wanted(one(days), date.fromisoformat(f"2026-{today}"), lookback, report)


def bookmark(*synced: str, as_of: str | None = None, stale: tuple[str, ...] = ()) -> Bookmark:
    day = None if as_of is None else date.fromisoformat(f"2026-{as_of}")
    return Bookmark(spoken(*synced), "r1", day, spoken(*stale))


class TestMissing:
    @pytest.mark.parametrize(
        ("known", "asked", "expected"),
        [
            pytest.param(bookmark(), wanted("10-01..11-21"), ["10-01..11-21"], id="first run"),
            pytest.param(
                bookmark("10-01..11-20", as_of="11-21"),
                wanted("10-01..11-21"),
                ["11-18..11-21"],
                id="the lookback counts back from the last day asked for",
            ),
            pytest.param(
                bookmark("10-01..11-20", as_of="11-21"),
                wanted("10-01..11-21", lookback=0),
                ["11-21"],
                id="no lookback",
            ),
            pytest.param(
                bookmark("10-01..11-20", as_of="11-21"),
                wanted("10-01..11-21", lookback=10**9),
                ["10-01..11-21"],
                id="a lookback before the calendar begins",
            ),
            pytest.param(
                bookmark("10-01..10-31", as_of="11-01"),
                wanted("10-01..11-21"),
                ["10-30..11-21"],
                id="a pause: what was not final then",
            ),
            pytest.param(
                bookmark("10-01..10-31", as_of="11-01"),
                wanted("10-01..11-21", lookback=0),
                ["11-01..11-21"],
                id="a pause without lookback",
            ),
            pytest.param(
                bookmark("10-01..11-20", as_of="11-21"),
                wanted("08-01..11-21"),
                ["08-01..09-30", "11-18..11-21"],
                id="an earlier start fetches the earlier days only",
            ),
            pytest.param(
                bookmark("10-01..11-20", as_of="11-21"),
                wanted("11-01..11-21"),
                ["11-18..11-21"],
                id="a later start",
            ),
            pytest.param(
                bookmark("10-01..11-20", as_of="11-21"),
                wanted("11-20..11-21"),
                ["11-20..11-21"],
                id="the lookback stays within the days asked for",
            ),
            pytest.param(
                bookmark("10-01..10-10", "10-20..11-20", as_of="11-21"),
                wanted("10-01..11-21"),
                ["10-11..10-19", "11-18..11-21"],
                id="what lies between",
            ),
            pytest.param(
                bookmark("10-01..11-20", as_of="11-21"),
                wanted("10-01..10-31"),
                ["10-28..10-31"],
                id="an end in the past: the lookback counts from there",
            ),
            pytest.param(
                bookmark("10-01..11-20", as_of="11-21", stale=("10-05..10-06",)),
                wanted("10-01..11-21"),
                ["10-05..10-06", "11-18..11-21"],
                id="what an earlier run left behind",
            ),
            pytest.param(
                bookmark("10-01..11-20", as_of="11-21", stale=("10-05..10-06",)),
                wanted("10-06..11-21"),
                ["10-06", "11-18..11-21"],
                id="what was left behind, as far as it is asked for",
            ),
            pytest.param(
                bookmark("10-01..11-20"),
                wanted("10-01..11-21"),
                ["11-18..11-21"],
                id="a state that does not say as of when",
            ),
        ],
    )
    def test_days(self, known: Bookmark, asked: Wanted, expected: list[str]) -> None:
        assert missing(known, asked) == list(spoken(*expected))

    def test_daily_runs_read_each_day_until_it_is_final(self) -> None:
        known, reads = Bookmark(report="r1"), dict.fromkeys(range(1, 21), 0)
        for number in range(1, 21):
            today = date(2026, 11, number)
            asked = Wanted(DateRange(date(2026, 11, 1), today), today, 3, "r1")
            for part in missing(known, asked):
                for n in range(part.days):
                    reads[(part.since + n * DAY).day] += 1
                known = completed(known, part, asked)
            known = finished(known, asked)
        # Once on the day itself, and on each of the three days after it.
        assert [reads[number] for number in range(1, 18)] == [4] * 17


class TestCompleted:
    @pytest.mark.parametrize(
        ("window", "synced"),
        [
            ("11-01..11-07", ["11-01..11-07"]),
            ("11-15..11-21", ["11-15..11-20"]),
            ("11-21", []),
            ("11-20", ["11-20"]),
        ],
    )
    def test_today_is_never_complete(self, window: str, synced: list[str]) -> None:
        made = completed(bookmark(), one(window), wanted("11-01..11-21"))
        assert made.synced == spoken(*synced)

    def test_neighbours_are_one_range(self) -> None:
        asked = wanted("11-01..11-21")
        made = bookmark()
        for window in ("11-15..11-18", "11-01..11-07", "11-08..11-14"):
            made = completed(made, one(window), asked)
        assert made.synced == spoken("11-01..11-18")

    def test_a_window_counts_as_soon_as_it_is_read(self) -> None:
        # After a pause from the 1st of October, interrupted after one window.
        asked = wanted("08-01..11-21", lookback=28)
        before = bookmark("08-01..09-30", as_of="10-01")
        assert missing(before, asked) == list(spoken("09-04..11-21"))
        after = completed(before, one("09-04..09-17"), asked)
        assert missing(after, asked) == list(spoken("09-18..11-21"))
        # The day after, too: what was final when it was read is not read again.
        next_day = wanted("08-01..11-22", today="11-22", lookback=28)
        assert missing(after, next_day) == list(spoken("09-18..11-22"))

    def test_interrupted_runs_come_to_an_end(self) -> None:
        known = bookmark("08-01..09-30", as_of="10-01")
        asked = wanted("08-01..11-21", lookback=28)
        # From the 4th of September to the lookback, a week a run.
        for _ in range(8):
            known = completed(known, missing(known, asked)[0].first(7), asked)
        assert missing(known, asked) == list(spoken("10-24..11-21"))

    def test_an_interrupted_run_leaves_behind_what_it_has_not_read(self) -> None:
        asked = wanted("08-01..11-21", lookback=28)
        known = bookmark("08-01..11-20", as_of="11-20")
        for window in ("10-24..10-30", "10-31..11-06"):
            known = completed(known, one(window), asked)
        assert known == bookmark("08-01..11-20", as_of="11-21", stale=("11-07..11-20",))

    def test_a_narrow_run_does_not_make_other_days_fresh(self) -> None:
        known = bookmark("08-01..11-20", as_of="11-01")
        backfill = wanted("07-01..07-31", lookback=28)
        for part in missing(known, backfill):
            known = completed(known, part, backfill)
        known = finished(known, backfill)
        # What was younger than 28 days on the 1st of November was not read by that run.
        everything = wanted("07-01..11-21", lookback=28)
        assert missing(known, everything) == list(spoken("10-05..11-21"))

    def test_nothing_is_left_behind_by_a_whole_run(self) -> None:
        asked = wanted("10-01..11-21", lookback=28)
        known = bookmark("10-01..11-10", as_of="11-11")
        for part in missing(known, asked):
            known = completed(known, part, asked)
        known = finished(known, asked)
        assert known == bookmark("10-01..11-20", as_of="11-21")


class TestCurrent:
    def test_holds_while_the_report_does(self) -> None:
        known = bookmark("11-01..11-20", as_of="11-21")
        assert current(known, wanted("11-01..11-21")) is known

    @pytest.mark.parametrize("report", ["r2", None])
    def test_begins_anew_with_another_report(self, report: str | None) -> None:
        known = Bookmark(spoken("11-01..11-20"), report, date(2026, 11, 21), spoken("11-05"))
        made = current(known, wanted("11-01..11-21"))
        assert made == Bookmark(report="r1")
        assert missing(made, wanted("11-01..11-21")) == list(spoken("11-01..11-21"))


class TestState:
    def written(self, known: Bookmark, first: str = "11-01", **before: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        partition = {"context": ACCOUNT, **before}
        write(known, partition, date.fromisoformat(f"2026-{first}"))
        made: dict[str, Any] = json.loads(json.dumps(partition))
        return made

    def test_as_the_contract_has_it(self) -> None:
        known = bookmark("11-01..11-20", as_of="11-21")
        assert self.written(known) == {
            "context": ACCOUNT,
            "replication_key": "date_start",
            "replication_key_value": "2026-11-20",
            "synced": [["2026-11-01", "2026-11-20"]],
            "report": "r1",
            "as_of": "2026-11-21",
        }

    @pytest.mark.parametrize(
        ("synced", "first", "value"),
        [
            (["11-01..11-20"], "11-01", "2026-11-20"),
            (["11-01..11-05", "11-10..11-20"], "11-01", "2026-11-05"),
            (["10-01..10-05", "11-01..11-20"], "11-01", "2026-11-20"),
            (["10-01..11-20"], "11-01", "2026-11-20"),
            # The days before are still being fetched.
            (["11-10..11-20"], "11-01", "2026-11-20"),
            (["10-01..10-05", "11-10..11-20"], "11-01", "2026-10-05"),
        ],
    )
    def test_the_value_is_where_a_gap_begins(
        self, synced: list[str], first: str, value: str
    ) -> None:
        partition = self.written(bookmark(*synced), first)
        assert partition["replication_key_value"] == value

    def test_what_is_no_longer_true_goes(self) -> None:
        old = self.written(bookmark("11-01..11-20", as_of="11-21", stale=("11-03",)))
        assert old["stale"] == [["2026-11-03", "2026-11-03"]]
        # Of a report that was defined anew, only today has been read.
        asked = wanted("11-21", report="r2")
        made = completed(current(read(old), asked), one("11-21"), asked)
        assert self.written(made, **old) == {
            "context": ACCOUNT,
            "synced": [],
            "report": "r2",
            "as_of": "2026-11-21",
        }

    def test_other_entries_stay(self) -> None:
        partition = self.written(bookmark("11-01..11-20"), progress_markers={"kept": True})
        assert partition["progress_markers"] == {"kept": True}
        assert partition["context"] == ACCOUNT

    def test_none_is_read_as_nothing(self) -> None:
        assert read({}) == Bookmark()
        assert read({"context": ACCOUNT}) == Bookmark()

    def test_ranges_of_any_order_are_merged(self) -> None:
        pairs = [["2026-11-08", "2026-11-14"], ["2026-11-01", "2026-11-07"]]
        assert read({"synced": pairs, "report": "r1"}) == bookmark("11-01..11-14")

    @pytest.mark.parametrize(
        "partition",
        [
            {"synced": "2026-11-01"},
            {"synced": None},
            {"synced": 5},
            {"synced": [["2026-11-01"]]},
            {"synced": [["2026-11-01", "2026-11-02", "2026-11-03"]]},
            {"synced": [["2026-11-02", "2026-11-01"]]},
            {"synced": [["yesterday", "today"]]},
            {"synced": [[1, 2]]},
            {"synced": [["2026-11-01", None]]},
            {"as_of": "soon"},
            {"as_of": 20261101},
            {"stale": [["2026-11-31", "2026-12-01"]]},
            {"stale": 1},
        ],
    )
    def test_what_this_tap_has_not_written_is_an_error_that_names_the_account(
        self, partition: dict[str, Any]
    ) -> None:
        with pytest.raises(StateError, match=f"account {ACCOUNT['account_id']} cannot be read"):
            read({"context": ACCOUNT, **partition})
        for context in ({}, {"context": None}):
            with pytest.raises(StateError, match="give the state that this tap has written"):
                read({**partition, **context})

    @given(
        ranges=st.lists(st.tuples(st.dates(), st.dates()).map(sorted), max_size=5),
        stale=st.lists(st.tuples(st.dates(), st.dates()).map(sorted), max_size=2),
        report=st.none() | st.text(),
        as_of=st.none() | st.dates(),
        first=st.dates(),
    )
    def test_round_trip(
        self,
        ranges: list[list[date]],
        stale: list[list[date]],
        report: str | None,
        as_of: date | None,
        first: date,
    ) -> None:
        known = Bookmark(
            tuple(union(DateRange(*pair) for pair in ranges)),
            report,
            as_of,
            tuple(union(DateRange(*pair) for pair in stale)),
        )
        partition: dict[str, Any] = {"context": ACCOUNT}
        write(known, partition, first)
        again = json.loads(json.dumps(partition))
        assert again == partition
        assert read(again) == known
        assert again["synced"] == sorted(again["synced"])
