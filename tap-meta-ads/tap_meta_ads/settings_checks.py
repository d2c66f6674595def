"""What is wrong with settings whose shapes are right, a sentence each. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from meta_graph import API_VERSION
from meta_graph.settings import account_number, wrong_client
from tap_meta_ads import fields
from tap_meta_ads.dates import RETENTION_MONTHS, default_first_day, first_kept_day
from tap_meta_ads.entities.definitions import ENTITIES
from tap_meta_ads.reports.checks import known_day, retained, wrong_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from meta_graph.settings import Quoter


def wrong_values(given: Mapping[str, Any], now: datetime, quote: Quoter) -> Iterator[str]:
    """What is wrong with a configuration in which the schema found nothing.

    Args:
        given: What of the configuration is not null.
        now: An instant with an offset.
        quote: Writes its values.
    """
    yield from wrong_client(given)
    for account_id in given.get("account_ids", ()):
        if not re.fullmatch(r"[0-9]+", account_number(account_id)):
            yield (
                f"`account_ids` holds {quote(account_id)}. "
                "An account id is digits, with or without act_."
            )
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
        if name in given and known_day(given[name]) is None:
            yield f"`{name}` is {quote(given[name])}. Write a day as 2026-01-31."
    start, end = known_day(given.get("start_date")), known_day(given.get("end_date"))
    if start:
        yield from _wrong_start("", start, end, now)
    if not end:
        return
    today = now.astimezone(timezone.utc).date()
    first = default_first_day(today)
    own = given.get("insights_reports")
    by_default = own is None or any(report.get("start_date") is None for report in own)
    if end < first_kept_day(today):
        yield f"`end_date` is {end}, {retained(RETENTION_MONTHS, today)}"
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
        yield f"{prefix}`start_date` is {start}, {retained(RETENTION_MONTHS, today)}"
    elif end and end < start:
        yield f"{prefix}`start_date` {start} is after `end_date` {end}. Swap or correct them."


def _wrong_reports(
    given: Mapping[str, Any], version: str, now: datetime, quote: Quoter
) -> Iterator[str]:
    seen = {entity.name for entity in ENTITIES}
    today = now.astimezone(timezone.utc).date()
    end = known_day(given.get("end_date"))
    for report in given.get("insights_reports", ()):
        prefix = f"Report {quote(report['name'])}: "
        if report["name"] in seen:
            yield f"{prefix}another stream has its `name`. Give the report a name of its own."
        seen.add(report["name"])
        text = report.get("start_date")
        if start := known_day(text):
            yield from _wrong_start(prefix, start, end, now)
        elif text is not None:
            yield f"{prefix}`start_date` is {quote(text)}. Write a day as 2026-01-31."
        for sentence in wrong_report(report, given, version, today, quote):
            yield f"{prefix}{sentence}"
