"""What is wrong with settings whose shapes are right, a sentence each. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from meta_graph import API_VERSION, InsecureUrlError, check_api_url
from tap_meta_ads import fields, reports
from tap_meta_ads.dates import DAY, RETENTION_MONTHS, day, first_kept_day
from tap_meta_ads.entities import ENTITIES
from tap_meta_ads.sentences import Quoter, close_to

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

HISTORY_DAYS = 450
"""How far back Insights begin where no `start_date` says so."""


def account_number(text: str | int) -> str:
    """The digits of an ad account's id.

    >>> account_number("act_123")
    '123'
    """
    return str(text).strip().removeprefix("act_")


def wrong_values(config: Mapping[str, Any], now: datetime, quote: Quoter) -> Iterator[str]:
    """What is wrong with a configuration in which the schema found nothing.

    Args:
        config: The configuration.
        now: An instant with an offset.
        quote: Writes its values.
    """
    given = {name: value for name, value in config.items() if value is not None}
    for name in ("access_token", "app_secret"):
        if name in given and not re.fullmatch(r"[\x21-\x7e]+", given[name]):
            yield f"`{name}` is empty or holds white space. Copy it again, whole."
    for text in given.get("account_ids", ()):
        if not re.fullmatch(r"[0-9]+", account_number(text)):
            yield (
                f"`account_ids` holds {quote(text)}. An account id is digits, with or without act_."
            )
    if "api_url" in given:
        try:
            check_api_url(given["api_url"])
        except InsecureUrlError as error:
            yield f"{str(error).rstrip('.')}."
    yield from _wrong_dates(given, now, quote)
    version = given.get("api_version", API_VERSION)
    if version in fields.versions():
        yield from _wrong_reports(given, version, now, quote)
    else:
        known = ", ".join(fields.versions())
        yield (
            f"`api_version` is {quote(version)}, which this tap has no table for. "
            f"Set one of: {known}."
        )


def _wrong_dates(given: Mapping[str, Any], now: datetime, quote: Quoter) -> Iterator[str]:
    for name in ("start_date", "end_date"):
        if name in given and _known_day(given[name]) is None:
            yield f"`{name}` is {quote(given[name])}. Write a day as 2026-01-31."
    start, end = _known_day(given.get("start_date")), _known_day(given.get("end_date"))
    if start:
        yield from _wrong_start("", start, end, now)
    if not end:
        return
    today = now.astimezone(timezone.utc).date()
    first = today - timedelta(days=HISTORY_DAYS)
    own = given.get("insights_reports")
    by_default = own is None or any(report.get("start_date") is None for report in own)
    if end < first_kept_day(today):
        yield f"`end_date` is {end}, {_retained(RETENTION_MONTHS, today)}"
    elif end < first and "start_date" not in given and by_default:
        yield (
            f"`end_date` is {end}, and without `start_date` the first day is {first}. "
            "Set `start_date` too."
        )


def _wrong_start(prefix: str, start: date, end: date | None, now: datetime) -> Iterator[str]:
    today = now.astimezone(timezone.utc).date()
    latest = (now + timedelta(hours=14)).astimezone(timezone.utc).date()
    if start > latest:  # today, where it is latest on Earth
        yield f"{prefix}`start_date` is {start}, in the future. Choose today or earlier."
    elif start < first_kept_day(today):
        yield f"{prefix}`start_date` is {start}, {_retained(RETENTION_MONTHS, today)}"
    elif end and end < start:
        yield f"{prefix}`start_date` {start} is after `end_date` {end}. Swap or correct them."


def _retained(months: int, today: date) -> str:
    # A day later than the first one, so that what is written into a file is still right tomorrow.
    kept = first_kept_day(today, months) + DAY
    return f"and Meta keeps {months} months. Choose {kept} or later."


def _known_day(text: str | None) -> date | None:
    try:
        return None if text is None else day(text)
    except ValueError:
        return None


def _wrong_reports(
    given: Mapping[str, Any], version: str, now: datetime, quote: Quoter
) -> Iterator[str]:
    seen = {entity.name for entity in ENTITIES}
    known = {
        "fields": frozenset(fields.table(version, "AdsInsights")),
        "breakdowns": fields.values(version, "breakdowns"),
        "action_breakdowns": fields.values(version, "action_breakdowns"),
        "action_attribution_windows": fields.values(version, "action_attribution_windows"),
    }
    for report in given.get("insights_reports", ()):
        prefix = f"Report {quote(report['name'])}: "
        if report["name"] in seen:
            yield f"{prefix}another stream has its `name`. Give the report a name of its own."
        seen.add(report["name"])
        for setting, allowed in known.items():
            for value in report.get(setting) or ():
                if instead := reports.RETIRED.get(setting, {}).get(value):
                    why = f"which Meta has retired. {instead}"
                elif value in allowed:
                    continue
                else:
                    why = f"which {version} does not have. {_meant(setting, value, known)}"
                yield f"{prefix}`{setting}` holds {quote(value)}, {why}"
        increment = report.get("time_increment")
        if increment not in {None, 1}:
            yield f"{prefix}`time_increment` is {quote(increment)}. Use 1, a row a day."
        text = report.get("start_date")
        start = _known_day(text)
        if start:
            yield from _wrong_start(prefix, start, _known_day(given.get("end_date")), now)
        elif text is not None:
            yield f"{prefix}`start_date` is {quote(text)}. Write a day as 2026-01-31."
        start = start or _known_day(given.get("start_date"))
        yield from _wrong_hours(prefix, report, start, now, quote)


def _meant(setting: str, value: str, known: Mapping[str, Collection[str]]) -> str:
    if setting == "fields" and value in known["breakdowns"]:
        return "It is a breakdown: name it in `breakdowns`."
    return close_to(value, known[setting], "Remove it.")


def _wrong_hours(
    prefix: str, report: Mapping[str, Any], start: date | None, now: datetime, quote: Quoter
) -> Iterator[str]:
    """What Meta does not tell by the hour: old days, and figures that count people."""
    hours = [name for name in report.get("breakdowns") or () if name.startswith("hourly_")]
    if not hours:
        return
    for name in report.get("fields") or ():
        if name in reports.PEOPLE or "unique_" in name:
            yield (
                f"{prefix}`fields` holds {quote(name)}, which Meta does not tell by the hour "
                f"(`{hours[0]}`). Remove it."
            )
    today = now.astimezone(timezone.utc).date()
    if start and first_kept_day(today) <= start < first_kept_day(today, reports.HOURLY_MONTHS):
        yield (
            f"{prefix}`start_date` is {start} with `{hours[0]}`, "
            f"{_retained(reports.HOURLY_MONTHS, today)}"
        )
