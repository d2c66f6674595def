"""What is wrong with a report of `insights_reports` whose shape is right, a sentence each. Pure.

Names first: only of a report whose names Meta knows can be said whether they go together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meta_graph.settings import close_to
from tap_meta_ads import fields
from tap_meta_ads.dates import DAY, day, first_kept_day
from tap_meta_ads.reports import compatibility
from tap_meta_ads.reports.presets import own

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from meta_graph.settings import Quoter
    from tap_meta_ads.reports.report import Report

_NAMES = ("fields", "breakdowns", "action_breakdowns", "action_attribution_windows")


def wrong_report(
    config: Mapping[str, Any],
    around: Mapping[str, Any],
    version: str,
    today: date,
    quote: Quoter,
) -> Iterator[str]:
    """What is wrong with a report, without its own name and the form of its days.

    Args:
        config: The report's settings.
        around: All settings, without those that are not set.
        version: The API version, one that there is a table for.
        today: The day, now.
        quote: Writes values.
    """
    wrong_names = list(_names(config, version, quote))
    yield from wrong_names
    if wrong_names:
        return
    start = known_day(config.get("start_date"))
    report = own(config, start, version)
    yield from _combination(report, version, quote)
    yield from _level(report, version, quote)
    yield from _mode(report, around, version, quote)
    if config.get("fields"):
        yield from _fields(report, version, quote)
    yield from _filters(report, version, quote)
    named = config.get("fields") or ()
    yield from _days(report, named, around, version, today, quote)


def _names(config: Mapping[str, Any], version: str, quote: Quoter) -> Iterator[str]:
    retired = compatibility.table(version).retired
    for setting in _NAMES:
        for value in dict.fromkeys(config.get(setting) or ()):
            if instead := retired.get(setting, {}).get(value):
                yield f"`{setting}` holds {quote(value)}, which Meta has retired. {instead}"
            elif value not in _known(setting, version):
                fix = _meant(setting, value, version)
                yield f"`{setting}` holds {quote(value)}, which {version} does not have. {fix}"


def _known(setting: str, version: str) -> Collection[str]:
    if setting == "fields":
        return fields.table(version, "AdsInsights").keys()
    return fields.values(version, setting)


def _meant(setting: str, value: str, version: str) -> str:
    if setting == "fields" and value in fields.values(version, "breakdowns"):
        return "It is a breakdown: name it in `breakdowns`."
    if others := [other for other in fields.versions() if value in _known(setting, other)]:
        return f"Remove it, or set `api_version` to {others[-1]}."
    return close_to(value, _known(setting, version), "Remove it.")


def _combination(report: Report, version: str, quote: Quoter) -> Iterator[str]:
    """What is known to fail. Of what is only not known to work, Meta has the last word."""
    rules = compatibility.table(version).combinations
    asked = compatibility.together(report)
    clashing = {
        name for text in rules.refused if asked >= {*text.split(",")} for name in text.split(",")
    }
    for group in rules.one_of:
        if len(asked & {*group}) > 1:
            clashing |= asked & {*group}
    if clashing:
        each = "; ".join(", ".join(part) for part in compatibility.known_parts(report, version))
        yield (
            f"{_held(report, clashing, quote)}, which Meta does not combine. "
            f"Make a report of each: {each}."
        )
        return
    for need in rules.needs:
        if need.breakdown not in report.breakdowns or not asked.isdisjoint(need.one_of):
            continue
        if need.with_field in {None, *report.columns}:
            with_field = f" with {quote(need.with_field)} in `fields`" if need.with_field else ""
            settings = _settings_of(need.one_of, version)
            yield (
                f"`breakdowns` holds {quote(need.breakdown)}, which Meta does not tell by itself"
                f"{with_field}. Add {settings}, or remove it."
            )


def _held(report: Report, names: Collection[str], quote: Quoter) -> str:
    """Where some breakdowns stand: "`breakdowns` holds 'age', 'gender'"."""
    held = {
        setting: ", ".join(quote(name) for name in values if name in names)
        for setting, values in (
            ("breakdowns", report.breakdowns),
            ("action_breakdowns", report.action_breakdowns),
        )
    }
    return " and ".join(f"`{setting}` holds {text}" for setting, text in held.items() if text)


def _settings_of(names: Sequence[str], version: str) -> str:
    """What may be added, and where: "`publisher_platform`, or `action_device` to ..."."""
    figures = [f"`{name}`" for name in names if name in fields.values(version, "breakdowns")]
    actions = [f"`{name}`" for name in names if f"`{name}`" not in figures]
    said = " or ".join(figures)
    return f"{said} (or to `action_breakdowns` {' or '.join(actions)})" if actions else said


def _level(report: Report, version: str, quote: Quoter) -> Iterator[str]:
    wrong = compatibility.breakdowns_below(report.breakdowns, report.level, version)
    for name, level in wrong.items():
        yield (
            f"`breakdowns` holds {quote(name)}, which Meta does not tell at level {report.level}. "
            f"Set `level` to {level} or lower, or remove it."
        )


def _mode(report: Report, around: Mapping[str, Any], version: str, quote: Quoter) -> Iterator[str]:
    if around.get("insights_mode") == "sync" and compatibility.needs_job(report, version):
        by_job = compatibility.table(version).only_by_job
        name = next(name for name in report.breakdowns if name in by_job)
        yield (
            f"`breakdowns` holds {quote(name)}, which Meta tells by report jobs only, and "
            "`insights_mode` is 'sync'. Set it to auto or async, or remove the breakdown."
        )


def _fields(report: Report, version: str, quote: Quoter) -> Iterator[str]:
    for name, level in compatibility.below(report.fields, report.level, version).items():
        yield (
            f"`fields` holds {quote(name)}, which Meta does not tell at level {report.level}. "
            f"Remove it, or set `level` to {level}{'' if level == 'ad' else ' or lower'}."
        )
    for name, breakdown in compatibility.without(report, report.fields, version).items():
        yield (
            f"`fields` holds {quote(name)}, which Meta does not tell with `{breakdown}`. Remove it."
        )
    if few := compatibility.only(report, version):
        breakdown, told = few
        for name in compatibility.figures(report.fields, version):
            if name not in told:
                yield (
                    f"`fields` holds {quote(name)}, and with `{breakdown}` Meta tells only "
                    f"{', '.join(told)}. Remove it."
                )
    actions = [name for name in report.action_breakdowns if name != "action_type"]
    if actions and "actions" not in report.fields:
        yield (
            f"`action_breakdowns` holds {quote(actions[0])}, and `fields` does not hold "
            "'actions', without which Meta takes none. Add it, or remove `action_breakdowns`."
        )


def _filters(report: Report, version: str, quote: Quoter) -> Iterator[str]:
    not_filtered = compatibility.table(version).not_filtered
    for place, item in enumerate(report.filtering):
        name = item["field"]
        if name in not_filtered:
            instead = not_filtered[name]
            fix = f"Write {instead}." if instead else "Remove it."
            yield (
                f"`filtering[{place}].field` is {quote(name)}, by which Meta does not filter. {fix}"
            )


def _days(
    report: Report,
    named: Collection[str],
    around: Mapping[str, Any],
    version: str,
    today: date,
    quote: Quoter,
) -> Iterator[str]:
    """Days that Meta no longer tells of. What it keeps of nothing is not said here again."""
    start = report.start_date or known_day(around.get("start_date"))
    end = known_day(around.get("end_date"))
    months, breakdown = compatibility.months(report, version)
    first = compatibility.first_day(report, version, today)
    oldest = first_kept_day(today)
    if breakdown and end and oldest <= end < first:
        yield f"`end_date` is {end} with `{breakdown}`, {retained(months, today)}"
    elif breakdown and start and oldest <= start < first:
        yield f"`start_date` is {start} with `{breakdown}`, {retained(months, today)}"
    aged = [name for name in named if name in compatibility.aged(report, version)]
    if aged and start and max(oldest, first) <= start < compatibility.aged_before(today, version):
        kept = compatibility.table(version).retention.with_breakdowns.months
        names = ", ".join(map(quote, aged))
        yield (
            f"`start_date` is {start}, and with breakdowns Meta keeps {kept} months of {names} "
            f"in `fields`. Choose {first_kept_day(today, kept) + DAY} or later, or remove them."
        )


def retained(months: int, today: date) -> str:
    """The end of a sentence about a day that Meta no longer has."""
    # A day later than the first one, so that what is written into a file is still right tomorrow.
    kept = first_kept_day(today, months) + DAY
    return f"and Meta keeps {months} months. Choose {kept} or later."


def known_day(text: str | None) -> date | None:
    """The day of a text, or None where it is not one."""
    try:
        return None if text is None else day(text)
    except ValueError:
        return None
