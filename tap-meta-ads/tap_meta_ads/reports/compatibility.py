"""What Meta allows of an Insights report: combinations, fields, levels, and how far back. Pure.

The rules are data, one table for each API version in `data/compatibility`; here they are applied.
A combination that Meta's pages list, or that is known to work, is told apart from one that is known
to fail; what is neither passes, and Meta decides.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from itertools import combinations
from typing import TYPE_CHECKING

import msgspec

from meta_graph import API_VERSION
from tap_meta_ads import fields
from tap_meta_ads.dates import first_kept_day
from tap_meta_ads.reports.report import LEVEL_FIELDS, LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from tap_meta_ads.reports.report import Report


class Aged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields that Meta forgets sooner when they are broken down.

    Attributes:
        months: How long it keeps them.
        fields: Names and patterns.
    """

    months: int
    fields: tuple[str, ...]


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long Meta keeps what.

    Attributes:
        months: All that is not named below.
        breakdowns: Breakdown and months.
        with_breakdowns: What is kept for less long with any breakdown.
    """

    months: int
    breakdowns: dict[str, int]
    with_breakdowns: Aged


class Need(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A breakdown that does not stand by itself.

    Attributes:
        breakdown: Its name.
        one_of: What it needs one of, among the breakdowns of figures or of actions.
        with_field: Only when this field is asked for.
    """

    breakdown: str
    one_of: tuple[str, ...]
    with_field: str | None = None


class Combinations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which breakdowns, of figures and of actions, go together.

    Attributes:
        joins: What may be added to a combination with a star.
        documented: Meta's list.
        accepted: What is not on it, and works.
        refused: What is known to fail, and all that contains it.
        one_of: Of each of these no two go together.
        needs: What does not stand by itself.
    """

    joins: frozenset[str]
    documented: tuple[str, ...]
    accepted: tuple[str, ...]
    refused: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...]
    needs: tuple[Need, ...]


class Levels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields and breakdowns that Meta tells from a level on downwards, by that level."""

    fields: dict[str, tuple[str, ...]]
    breakdowns: dict[str, tuple[str, ...]]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields that do not go with any of these breakdowns, or that alone do.

    Attributes:
        breakdowns: Their names.
        fields: Names and patterns.
    """

    breakdowns: tuple[str, ...]
    fields: tuple[str, ...]


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which fields go with which breakdowns.

    Attributes:
        without: Breakdowns, and fields that do not go with them.
        only: Breakdowns, and figures of which no others go with them.
    """

    without: tuple[Rule, ...]
    only: tuple[Rule, ...]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one API version allows.

    Attributes:
        about: Where it comes from.
        retention: How long Meta keeps what.
        combinations: Which breakdowns go together.
        levels: What is told from a level on.
        fields: Which fields go with which breakdowns.
        only_by_job: Breakdowns for which a direct answer is empty, without an error.
        not_filtered: Fields by which Meta does not filter, and what to write instead.
        retired: Setting, value and what to do: values that Meta's names still hold.
    """

    about: str
    retention: Retention
    combinations: Combinations
    levels: Levels
    fields: Fields
    only_by_job: frozenset[str]
    not_filtered: dict[str, str]
    retired: dict[str, dict[str, str]]


class _Like(msgspec.Struct, forbid_unknown_fields=True):
    """A table that is that of another version."""

    about: str
    like: str


@cache
def table(version: str) -> Table:
    """What an API version allows.

    Args:
        version: One of `fields.versions()`.
    """
    file = resources.files("tap_meta_ads") / "data" / "compatibility" / f"{version}.json"
    text = file.read_bytes()
    if b'"like"' in text:
        return table(msgspec.json.decode(text, type=_Like).like)
    return msgspec.json.decode(text, type=Table)


def matching(names: Iterable[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """The names that one of the patterns is, or matches."""
    known = tuple(patterns)
    return tuple(name for name in names if any(fnmatchcase(name, one) for one in known))


def first_day(report: Report, version: str, today: date) -> date:
    """The first day that Meta still has figures of for this report.

    37 months back; 13 by the hour and 6 by frequency (since 2026-01-12).

    Args:
        report: The report.
        version: The API version.
        today: The account's day, now.
    """
    return first_kept_day(today, months(report, version)[0])


def months(report: Report, version: str) -> tuple[int, str | None]:
    """How many months Meta keeps this report, and the breakdown that makes them fewer."""
    kept = table(version).retention
    shorter = [
        (kept.breakdowns[name], name) for name in report.breakdowns if name in kept.breakdowns
    ]
    return min(shorter, default=(kept.months, None))


def aged(report: Report, version: str) -> frozenset[str]:
    """The columns that Meta no longer tells for what begins before `aged_before`.

    With breakdowns, reach and its like (since 2025-06-10) and unique counts (since 2026-01-12) go
    back 13 months. Older reach is left out of rows, or takes one of ten jobs a day; older unique
    counts are an error or no rows at all.
    """
    if not report.breakdowns:
        return frozenset()
    return frozenset(matching(report.columns, table(version).retention.with_breakdowns.fields))


def aged_before(today: date, version: str = API_VERSION) -> date:
    """What begins before this day has no `aged` columns.

    Args:
        today: The account's day, now.
        version: The API version.
    """
    return first_kept_day(today, table(version).retention.with_breakdowns.months)


def needs_job(report: Report, version: str) -> bool:
    """Whether Meta answers this report by a job only: asked directly, it has no rows."""
    return not table(version).only_by_job.isdisjoint(report.breakdowns)


def together(report: Report) -> frozenset[str]:
    """What Meta combines: the breakdowns of figures and of actions, but `action_type`.

    It is always among them, and goes with all.
    """
    return frozenset([*report.breakdowns, *report.action_breakdowns]) - {"action_type"}


def known_parts(report: Report, version: str) -> list[tuple[str, ...]]:
    """The largest listed combinations within those of a report, in its own order."""
    names = [*report.breakdowns, *report.action_breakdowns]
    asked = together(report)
    parts = {known & asked for known in _known(version) if known <= asked}
    largest = [part for part in parts if part and not any(part < other for other in parts)]
    ordered = [tuple(name for name in names if name in part) for part in largest]
    return sorted(ordered, key=lambda part: [names.index(name) for name in part])


@cache
def _known(version: str) -> frozenset[frozenset[str]]:
    rules = table(version).combinations
    found = set()
    for text in (*rules.documented, *rules.accepted):
        joins = rules.joins if text.endswith("*") else ()
        names = {*text.rstrip("*").split(",")}
        for count in range(len(joins) + 1):
            found |= {frozenset({*names, *more}) for more in combinations(joins, count)}
    return frozenset(known - {"action_type"} for known in found)


def below(names: Iterable[str], level: str, version: str) -> dict[str, str]:
    """Fields that Meta does not tell at a level, and the level from which on it does."""
    return _below(names, level, table(version).levels.fields, LEVEL_FIELDS)


def breakdowns_below(names: Iterable[str], level: str, version: str) -> dict[str, str]:
    """Breakdowns that Meta does not tell at a level, and the level from which on it does."""
    return _below(names, level, table(version).levels.breakdowns)


def _below(
    names: Iterable[str], level: str, *told: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    lower = LEVELS[LEVELS.index(level) + 1 :]
    wanted = {name: one for rules in told for one in lower for name in rules.get(one, ())}
    return {name: wanted[name] for name in names if name in wanted}


def without(report: Report, names: Iterable[str], version: str) -> dict[str, str]:
    """Fields that do not go with a report's breakdowns, and the breakdown in the way."""
    found: dict[str, str] = {}
    for rule in table(version).fields.without:
        for breakdown in [name for name in report.breakdowns if name in rule.breakdowns][:1]:
            found |= dict.fromkeys(matching(names, rule.fields), breakdown)
    return found


def only(report: Report, version: str) -> tuple[str, tuple[str, ...]] | None:
    """A breakdown with which few figures go, and which; None where there is none."""
    for rule in table(version).fields.only:
        for breakdown in report.breakdowns:
            if breakdown in rule.breakdowns:
                return breakdown, rule.fields
    return None


def figures(names: Iterable[str], version: str) -> tuple[str, ...]:
    """The names that are figures, and not what describes an object."""
    kinds = fields.table(version, "AdsInsights")
    return tuple(name for name in names if kinds.get(name) not in {"string", "date"})


def told(report: Report, names: Iterable[str], version: str) -> tuple[str, ...]:
    """The fields among these that Meta tells with a report's level and breakdowns."""
    wanted = tuple(names)
    left_out = {*below(wanted, report.level, version), *without(report, wanted, version)}
    if few := only(report, version):
        left_out |= {*wanted} - {*few[1]}
    return tuple(name for name in wanted if name not in left_out)
