"""What the tests of the tap compare with: the sandbox's truth, in the shapes of Singer records."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meta_sandbox import Sandbox
    from tests.singer import Output

Row = Mapping[str, Any]
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 21, 11, 30, tzinfo=timezone.utc)
"""The sandbox's time, from which its rows follow. The tap takes the day from Meta's answers.

It has to move on before it is 37 months ago: the tap refuses days that Meta no longer keeps.
"""
KINDS = {"campaigns": "campaigns", "ad_sets": "adsets", "ads": "ads", "ad_creatives": "creatives"}
"""Entity stream -> what the sandbox calls it."""
WINDOWS = "default,1d_click,7d_click,28d_click,1d_view"
"""The attribution windows of reports that name none."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class Range(NamedTuple):
    """Days, both ends included."""

    since: date
    until: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.since <= day <= self.until


def plain(value: object) -> object:
    """A value of which only the figures count: Meta's texts and JSON numbers become the same."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def keyed(rows: Iterable[Row], keys: tuple[str, ...]) -> dict[tuple[str, ...], Row]:
    """Rows by their key, each of which comes once."""
    found = list(rows)
    counted = Counter(tuple(row[key] for key in keys) for row in found)
    assert [key for key, count in counted.items() if count > 1] == []
    return {tuple(row[key] for key in keys): row for row in found}


def upserted(
    outputs: Iterable[Output], stream: str, keys: tuple[str, ...]
) -> dict[tuple[str, ...], Row]:
    """What a warehouse holds after some runs: of each key the last row."""
    return {
        tuple(row[key] for key in keys): row for output in outputs for row in output.rows(stream)
    }


def differences(
    rows: Mapping[tuple[str, ...], Row], truth: Mapping[tuple[str, ...], Row], limit: int = 5
) -> list[str]:
    """In what rows are other than the truth, in every column that they have; the first few."""
    found = [f"missing {key}" for key in truth if key not in rows]
    found += [f"not true {key}" for key in rows if key not in truth]
    for key in rows.keys() & truth.keys():
        for name, value in rows[key].items():
            true = truth[key].get(name)
            if plain(value) != plain(true):
                found.append(f"{key} {name}: {value!r}, and the truth is {true!r}")
    return found[:limit] + ([f"... {len(found)} in all"] if len(found) > limit else [])


def today_of(sandbox: Sandbox, account: Row) -> date:
    """The day in an account's time zone, by the sandbox's clock."""
    return datetime.fromtimestamp(
        sandbox.world.clock.seconds(), ZoneInfo(account["timezone_name"])
    ).date()


def asked(sandbox: Sandbox) -> list[tuple[str, Range, Row]]:
    """The Insights requests that the sandbox received: account, days, and the log's entry."""
    found: list[tuple[str, Range, Row]] = []
    for entry in sandbox.requests():
        if entry["edge"] == "insights" and entry["stage"] in {"submit", "sync_insights"}:
            params: Row = {**entry["query"], **entry["body"]}  # type: ignore[dict-item] # two mappings
            if not params:
                continue  # its sender was killed before it had sent the body
            span = params["time_range"]
            span = json.loads(span) if isinstance(span, str) else span
            days = Range(date.fromisoformat(span["since"]), date.fromisoformat(span["until"]))
            found.append((str(entry["account_id"]), days, entry))
    return found


def days_asked(sandbox: Sandbox) -> dict[str, set[date]]:
    """Account -> all days of which Insights were asked."""
    found: dict[str, set[date]] = {}
    for account, days, _ in asked(sandbox):
        count = (days.until - days.since).days + 1
        found.setdefault(account, set()).update(days.since + DAY * n for n in range(count))
    return found


def synced(state: Row | None, stream: str) -> dict[str, list[Range]]:
    """Account -> the complete days that a state names."""
    partitions = ((state or {}).get("bookmarks", {}).get(stream, {})).get("partitions", [])
    return {
        partition["context"]["account_id"]: [
            Range(date.fromisoformat(since), date.fromisoformat(until))
            for since, until in partition.get("synced", [])
        ]
        for partition in partitions
    }


def fetched_again(sandbox: Sandbox, state: Row | None, stream: str) -> list[str]:
    """The complete days of a state that were asked for all the same."""
    complete = synced(state, stream)
    return [
        f"{account}: {days.since}..{days.until}, and {done.since}..{done.until} was complete"
        for account, days, _ in asked(sandbox)
        for done in complete.get(account, [])
        if days.since <= done.until and done.since <= days.until
    ]
