"""What is complete, what is still to fetch, and how that is written into Singer state.

One partition of one Insights stream:

    {"context": {"account_id": "120..."},
     "replication_key": "date_start", "replication_key_value": "2026-11-19",
     "synced": [["2025-08-27", "2026-11-19"]], "report": "1f0c...", "as_of": "2026-11-20"}

`synced` are the complete days. `as_of` is the account's day on which the figures were last all up
to date: what was not final then is read again, however long no run has taken place. (Meta restates
a day's figures for 28 days.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_meta_ads.dates import DAY, DateRange, between, intersect, subtract, union

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping


class StateError(ValueError):
    """The state does not come from this tap."""


@dataclass(frozen=True)
class Bookmark:
    """How far one report of one account is.

    Attributes:
        synced: Complete days, in order and merged.
        report: Fingerprint of the report's definition; None before the first run.
        as_of: The account's day on which all of `synced` was up to date.
    """

    synced: tuple[DateRange, ...] = ()
    report: str | None = None
    as_of: date | None = None


def read(partition: Mapping[str, Any]) -> Bookmark:
    """The bookmark of a state partition, which may be empty.

    Raises:
        StateError: The state does not come from this tap.
    """
    try:
        ranges = [
            DateRange(date.fromisoformat(since), date.fromisoformat(until))
            for since, until in partition.get("synced", [])
        ]
        as_of = partition.get("as_of")
        return Bookmark(
            synced=tuple(union(ranges)),
            report=partition.get("report"),
            as_of=date.fromisoformat(as_of) if as_of else None,
        )
    except (TypeError, ValueError) as error:
        context = partition.get("context", {})
        raise StateError(
            f"The state of account {context.get('account_id', '?')} cannot be read ({error}): "
            "give the state that this tap has written, or none"
        ) from error


def write(bookmark: Bookmark, partition: MutableMapping[str, Any], first_day: date) -> None:
    """Put a bookmark into its state partition.

    The replication key's value is the last day up to which nothing is missing since `first_day`;
    while the days before the first range are still being fetched, since that range began.
    """
    partition["synced"] = [[str(item.since), str(item.until)] for item in bookmark.synced]
    if bookmark.report is not None:
        partition["report"] = bookmark.report
    if bookmark.as_of is not None:
        partition["as_of"] = str(bookmark.as_of)
    without_gap = [item for item in bookmark.synced if item.since <= first_day <= item.until]
    if known := [*without_gap, *bookmark.synced]:
        partition["replication_key"] = "date_start"
        partition["replication_key_value"] = str(known[0].until)


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
    """
    lookback = timedelta(days=wanted.lookback_days)
    not_final = wanted.days.until - lookback
    if bookmark.as_of is not None:
        not_final = min(not_final, bookmark.as_of - lookback + DAY)
    again = between(max(not_final, wanted.days.since), wanted.days.until)
    return union([*subtract([wanted.days], bookmark.synced), *again])


def completed(bookmark: Bookmark, window: DateRange, wanted: Wanted) -> Bookmark:
    """The bookmark after a window's rows have been written. Today is never complete."""
    finished = intersect([window], DateRange(date.min, wanted.today - DAY))
    return replace(
        bookmark,
        synced=tuple(union([*bookmark.synced, *finished])),
        # Until the run is over, what an earlier run read stays as old as it was.
        as_of=bookmark.as_of or wanted.today,
    )


def finished(bookmark: Bookmark, wanted: Wanted) -> Bookmark:
    """The bookmark after all that was missing has been fetched."""
    return replace(bookmark, as_of=wanted.today)
