"""What is complete, what is still to fetch, and how that is written into Singer state.

One partition of one Insights stream:

    {"context": {"account_id": "120..."},
     "replication_key": "date_start", "replication_key_value": "2026-11-19",
     "synced": [["2025-08-27", "2026-11-19"]], "report": "1f0c...", "as_of": "2026-11-20"}

`synced` are the complete days. `as_of` is the account's day as of which their figures are up to
date: what was not final then is read again, however long no run has taken place. (Meta restates a
day's figures for 28 days.) An interrupted run, and one that asks for other days, leave some of them
behind: these stand in a further list of ranges, `stale`, until they have been read again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from tap_meta_ads.dates import DAY, DateRange, days_before, intersect, subtract, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping


class StateError(ValueError):
    """The state does not come from this tap."""


@dataclass(frozen=True)
class Bookmark:
    """How far one report of one account is.

    Attributes:
        synced: Complete days, in order and merged.
        report: Fingerprint of the report's definition; None before the first run.
        as_of: The account's day as of which `synced`, without `stale`, is up to date.
        stale: Days of `synced` that must be read again since they were not final when last read.
    """

    synced: tuple[DateRange, ...] = ()
    report: str | None = None
    as_of: date | None = None
    stale: tuple[DateRange, ...] = ()


def read(partition: Mapping[str, Any]) -> Bookmark:
    """The bookmark of a state partition, which may be empty.

    Raises:
        StateError: The state does not come from this tap.
    """
    try:
        as_of = partition.get("as_of")
        return Bookmark(
            synced=_ranges(partition.get("synced", [])),
            report=partition.get("report"),
            as_of=date.fromisoformat(as_of) if as_of else None,
            stale=_ranges(partition.get("stale", [])),
        )
    except (TypeError, ValueError) as error:
        context = partition.get("context") or {}
        raise StateError(
            f"The state of account {context.get('account_id', '?')} cannot be read ({error}): "
            "give the state that this tap has written, or none"
        ) from error


def _ranges(pairs: Iterable[tuple[str, str]]) -> tuple[DateRange, ...]:
    made = [
        DateRange(date.fromisoformat(since), date.fromisoformat(until)) for since, until in pairs
    ]
    return tuple(union(made))


def _pairs(ranges: Iterable[DateRange]) -> list[list[str]]:
    return [[str(item.since), str(item.until)] for item in ranges]


def write(bookmark: Bookmark, partition: MutableMapping[str, Any], first_day: date) -> None:
    """Put a bookmark into its state partition.

    The replication key's value is the last day up to which nothing is missing since `first_day`;
    while the days before the first range are still being fetched, since that range began. There is
    none while nothing is complete.
    """
    partition["synced"] = _pairs(bookmark.synced)
    partition.pop("stale", None)
    if bookmark.stale:
        partition["stale"] = _pairs(bookmark.stale)
    if bookmark.report is not None:
        partition["report"] = bookmark.report
    if bookmark.as_of is not None:
        partition["as_of"] = str(bookmark.as_of)
    without_gap = [item for item in bookmark.synced if item.since <= first_day <= item.until]
    if known := [*without_gap, *bookmark.synced]:
        partition["replication_key"] = "date_start"
        partition["replication_key_value"] = str(known[0].until)
    else:
        # What stood there was the end of another report, or of one that was defined otherwise.
        partition.pop("replication_key", None)
        partition.pop("replication_key_value", None)


@dataclass(frozen=True)
class Wanted:
    """What a run asks of one report and account.

    Attributes:
        days: All days that should be complete after the run.
        today: The account's day, now. It is asked for but never complete.
        lookback_days: For how many days after it a day's figures may change.
        report: Fingerprint of the report's definition.
    """

    days: DateRange
    today: date
    lookback_days: int
    report: str


def current(bookmark: Bookmark, wanted: Wanted) -> Bookmark:
    """The bookmark as far as it holds for this report: all is fetched anew when that changed."""
    if bookmark.report == wanted.report:
        return bookmark
    return Bookmark(report=wanted.report)


def missing(bookmark: Bookmark, wanted: Wanted) -> list[DateRange]:
    """The days to fetch: those never fetched, and those that may have changed since.

    The lookback counts back from the last day asked for. After a pause it reaches further: a day
    was not final yet if it was younger than the lookback when it was last read.

    What a run took for final stays so: a lookback that was made longer reaches back from the last
    run's day, and does not open what earlier runs had left behind for good.
    """
    until = wanted.days.until
    again = DateRange(days_before(until, wanted.lookback_days), until)
    reopened = intersect([again, *_not_final(bookmark, wanted)], wanted.days)
    return union([*subtract([wanted.days], bookmark.synced), *reopened])


def completed(bookmark: Bookmark, window: DateRange, wanted: Wanted) -> Bookmark:
    """The bookmark after a window's rows have been written. Today is never complete."""
    bookmark = _as_of_today(bookmark, wanted)
    finished = intersect([window], DateRange(date.min, wanted.today - DAY))
    return replace(
        bookmark,
        synced=tuple(union([*bookmark.synced, *finished])),
        stale=tuple(subtract(bookmark.stale, [window])),
    )


def finished(bookmark: Bookmark, wanted: Wanted) -> Bookmark:
    """The bookmark after all that was missing has been fetched.

    What is stale outside of the days asked for stays so: this run has not read it.
    """
    bookmark = _as_of_today(bookmark, wanted)
    return replace(bookmark, stale=tuple(subtract(bookmark.stale, [wanted.days])))


def _not_final(bookmark: Bookmark, wanted: Wanted) -> list[DateRange]:
    """The complete days whose figures may have changed since they were last read."""
    if bookmark.as_of is None:
        return list(bookmark.stale)
    young = days_before(bookmark.as_of, wanted.lookback_days - 1)
    return union([*bookmark.stale, *intersect(bookmark.synced, DateRange(young, date.max))])


def _as_of_today(bookmark: Bookmark, wanted: Wanted) -> Bookmark:
    """The same bookmark on this run's day: what was not final on the last run's is named.

    Once a day. So each window counts as soon as it is read, and a run that is interrupted again and
    again still comes to an end.
    """
    if bookmark.as_of == wanted.today:
        return bookmark
    return replace(bookmark, as_of=wanted.today, stale=tuple(_not_final(bookmark, wanted)))
