"""The settings: their schema, and what is wrong with a configuration, one sentence each.

Pure: a configuration goes in, sentences or `Settings` come out. No secret is quoted.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import jsonschema
from meta_graph import API_URL, API_VERSION, InsecureUrlError, check_api_url

from tap_meta_ads import fields, reports
from tap_meta_ads.entities import ENTITIES
from tap_meta_ads.windows import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HISTORY_DAYS = 450
RETENTION_MONTHS = 37
"""What Meta keeps of Insights."""


def _text(title: str, description: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    return {"type": ["string", "null"], "title": title, "description": description, **more}


def _whole(title: str, description: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    return {"type": ["integer", "null"], "title": title, "description": description, **more}


_SECRET = {"secret": True, "writeOnly": True}
_NAMES = {"type": ["array", "null"], "items": {"type": "string"}}

REPORT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]*$",
            "description": "Name of its stream: lower-case letters, digits and underscores.",
        },
        "level": {
            "type": ["string", "null"],
            "enum": [*reversed(reports.LEVELS), None],
            "description": "What a row is about.",
        },
        "fields": {
            **_NAMES,
            "description": "Meta's Insights fields; those of ads_insights if none.",
        },
        "breakdowns": {**_NAMES, "description": "Meta's breakdowns; each becomes part of the key."},
        "action_breakdowns": {**_NAMES, "description": "Breakdowns of the actions."},
        "action_attribution_windows": {**_NAMES, "description": "As 7d_click; each is a number."},
        "time_increment": {
            "type": ["integer", "null"],
            "description": "Days of a row.",
        },
        "filtering": {
            "type": ["array", "null"],
            "items": {"type": "object"},
            "description": "Meta's filter objects: field, operator, value.",
        },
        "lookback_days": {
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "In place of insights_lookback_days.",
        },
        "start_date": {"type": ["string", "null"], "description": "In place of start_date."},
    },
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["access_token"],
    "properties": {
        "access_token": {
            **_text("Access token", "Token of a system user or user with ads_read."),
            **_SECRET,
            "type": "string",
        },
        "app_secret": {
            **_text("App secret", "Secret of the token's app; turns on appsecret_proof."),
            **_SECRET,
        },
        "account_ids": {
            "type": ["array", "null"],
            "items": {"type": ["string", "integer"]},
            "title": "Account ids",
            "description": "Ad accounts, with or without act_. All that the token can read if "
            "not set.",
        },
        "start_date": _text(
            "Start date",
            f"First day of Insights when there is no state, as 2026-01-31. {HISTORY_DAYS} days "
            "ago if not set.",
        ),
        "end_date": _text(
            "End date",
            "Last day of Insights, inclusive. Today in the account's time zone if not set.",
        ),
        "api_version": _text(
            "API version", "Version of Meta's Marketing API.", default=API_VERSION
        ),
        "api_url": _text("API URL", "Base URL of the Graph API.", default=API_URL),
        "insights_reports": {
            "type": ["array", "null"],
            "items": REPORT_SCHEMA,
            "title": "Insights reports",
            "description": "Reports in place of the presets, each a stream of its own.",
        },
        "insights_lookback_days": _whole(
            "Lookback",
            "Days that are read again on every run: Meta restates figures for 28 days.",
            default=28,
            minimum=0,
        ),
        "insights_window_days": _whole(
            "Window",
            "First size of a date window; it grows and shrinks by itself.",
            default=7,
            minimum=1,
            maximum=LARGEST,
        ),
        "insights_mode": _text(
            "Insights mode",
            "sync asks directly, async by report jobs, auto chooses by size.",
            default="auto",
            enum=["auto", "async", "sync", None],
        ),
        "max_concurrency": _whole(
            "Concurrency",
            "Requests and report jobs in flight, over all accounts and streams.",
            default=8,
            minimum=1,
            maximum=64,
        ),
        "page_size": _whole(
            "Page size",
            "Upper bound of rows a page. As large as Meta allows if not set.",
            minimum=1,
            maximum=5000,
        ),
        "include_deleted": {
            "type": ["boolean", "null"],
            "title": "Include deleted",
            "description": "Archived and deleted campaigns, ad sets and ads too.",
            "default": True,
        },
        "on_account_error": _text(
            "On account error",
            "What a permission error of one account does: skip that account, or fail the run.",
            default="skip",
            enum=["skip", "fail", None],
        ),
        "request_timeout": {
            "type": ["number", "null"],
            "title": "Request timeout",
            "description": "Seconds without an answer before a request counts as failed.",
            "default": 120,
            "exclusiveMinimum": 0,
        },
        "max_retry_seconds": {
            "type": ["number", "null"],
            "title": "Retry limit",
            "description": "Seconds that one request or report job may wait without moving.",
            "default": 3600,
            "minimum": 0,
        },
    },
}


@dataclass(frozen=True)
class Settings:
    """A checked configuration. The attributes are the settings of the same names."""

    access_token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)
    account_ids: tuple[str, ...] = ()
    start_date: date | None = None
    end_date: date | None = None
    api_version: str = API_VERSION
    api_url: str = API_URL
    insights_reports: tuple[reports.Report, ...] = reports.PRESETS
    insights_lookback_days: int = 28
    insights_window_days: int = 7
    insights_mode: str = "auto"
    max_concurrency: int = 8
    page_size: int | None = None
    include_deleted: bool = True
    on_account_error: str = "skip"
    request_timeout: float = 120.0
    max_retry_seconds: float = 3600.0


def parse(config: Mapping[str, Any]) -> Settings:
    """The settings of a configuration in which `problems` finds nothing."""
    given = {name: value for name, value in config.items() if value is not None}
    made = {name: given[name] for name in Settings.__dataclass_fields__ if name in given}
    if "account_ids" in given:
        made["account_ids"] = tuple(dict.fromkeys(map(account_number, given["account_ids"])))
    for name in ("start_date", "end_date"):
        if name in given:
            made[name] = day(given[name])
    if "insights_reports" in given:
        made["insights_reports"] = tuple(
            reports.own(report, day(report["start_date"]) if report.get("start_date") else None)
            for report in given["insights_reports"]
        )
    return Settings(**made)


def problems(
    config: Mapping[str, Any], schema: Mapping[str, Any], now: datetime | None = None
) -> list[str]:
    """What is wrong with a configuration, a sentence each; nothing when it is right.

    Args:
        config: The configuration as the user gave it.
        schema: `SCHEMA`, with what the SDK adds to it.
        now: An instant with an offset; now when not given.
    """
    found = [_sentence(error) for error in _validator(schema).iter_errors(dict(config))]
    # The values can only be judged once their shapes are right.
    return found or list(_wrong_values(config, now or datetime.now(timezone.utc)))


def account_number(text: str | int) -> str:
    """The digits of an ad account's id.

    >>> account_number("act_123")
    '123'
    """
    return str(text).strip().removeprefix("act_")


def day(text: str) -> date:
    """The day of a date or of a time; Meltano writes dates as times.

    >>> day("2026-01-31T00:00:00Z")
    datetime.date(2026, 1, 31)
    """
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ].*)?", text):
        raise ValueError(text)
    return date.fromisoformat(text[:10])


def first_kept_day(today: date) -> date:
    """The first day that Meta still keeps Insights of."""
    months = today.year * 12 + today.month - 1 - RETENTION_MONTHS
    year, month = divmod(months, 12)
    # The day after the same day of that month, so that a month's end cannot fall out of it.
    return date(year, month + 1, min(today.day, 28)) + timedelta(days=1)


def _validator(schema: Mapping[str, Any]) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(schema)


def _sentence(error: jsonschema.ValidationError) -> str:  # noqa: PLR0911 - one per keyword
    path = list(error.absolute_path)
    where = _where(path)
    value = _quoted(path, error.instance)
    match error.validator:
        case "required":
            name = re.findall(r"'([^']+)' is a required", error.message)[0]
            return f"{where}: `{name}` is missing. Set it."
        case "additionalProperties":
            known = _mapping(error.schema).get("properties", {})
            unknown = min(set(_mapping(error.instance)) - set(known))
            close = difflib.get_close_matches(unknown, known, n=1)
            hint = f"Did you mean `{close[0]}`?" if close else f"Known: {', '.join(sorted(known))}."
            return f"{where}: there is no setting `{unknown}`. {hint}"
        case "type":
            types = [name for name in _listed(error.validator_value) if name != "null"]
            return f"{where} is {value}, and must be of type {' or '.join(types)}."
        case "enum":
            choices = ", ".join(str(choice) for choice in _listed(error.validator_value))
            return f"{where} is {value}. Choose one of: {choices}."
        case "pattern":
            return f"{where} is {value}. Use lower-case letters, digits and underscores."
        case "minimum" | "exclusiveMinimum":
            return f"{where} is {value}, and must be above {_bound(error)}."
        case "maximum":
            return f"{where} is {value}, and must be {error.validator_value} at most."
        case _:
            return f"{where} is {value}: {error.validator} {error.validator_value} is asked for."


def _bound(error: jsonschema.ValidationError) -> Any:  # noqa: ANN401 - a number of either type
    strict = error.validator == "exclusiveMinimum"
    return error.validator_value if strict else f"or equal to {error.validator_value}"


def _where(path: list[str | int]) -> str:
    """A setting's name for people: `insights_reports[2].level`."""
    if not path:
        return "Settings"
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"`{text.lstrip('.')}`"


def _quoted(path: list[str | int], value: object) -> str:
    properties = SCHEMA["properties"]
    if path and properties.get(path[0], {}).get("secret"):
        return "a secret of another type"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line for people


def _listed(value: object) -> list[str]:
    """The texts of a JSON schema keyword that takes one value or several; null is no choice."""
    return [str(item) for item in (value if isinstance(value, list) else [value]) if item]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _wrong_values(config: Mapping[str, Any], now: datetime) -> Iterator[str]:
    given = {name: value for name, value in config.items() if value is not None}
    for name in ("access_token", "app_secret"):
        if name in given and not re.fullmatch(r"[\x21-\x7e]+", given[name]):
            yield f"`{name}` is empty or holds white space. Copy it again, whole."
    for text in given.get("account_ids", ()):
        if not re.fullmatch(r"\d+", account_number(text)):
            yield f"`account_ids` holds {text!r}. An account id is digits, with or without act_."
    version = given.get("api_version", API_VERSION)
    if version not in fields.versions():
        known = ", ".join(fields.versions())
        yield f"`api_version` is {version!r}, which this tap has no table for. Set one of: {known}."
        return
    if "api_url" in given:
        try:
            check_api_url(given["api_url"])
        except InsecureUrlError as error:
            yield str(error)
    yield from _wrong_dates("", given, now)
    yield from _wrong_reports(given, version, now)


def _wrong_dates(prefix: str, given: Mapping[str, Any], now: datetime) -> Iterator[str]:
    days = {}
    for name in ("start_date", "end_date"):
        if name in given:
            try:
                days[name] = day(given[name])
            except ValueError:
                yield f"`{prefix}{name}` is {given[name]!r}. Write a day as 2026-01-31."
    start, end = days.get("start_date"), days.get("end_date")
    latest = (now + timedelta(hours=14)).date()  # today, where it is latest on Earth
    if start and start > latest:
        yield f"`{prefix}start_date` is {start}, in the future. Choose today or earlier."
    elif start and start < first_kept_day(now.date()):
        kept = first_kept_day(now.date()) + timedelta(days=1)
        yield (
            f"`{prefix}start_date` is {start}, and Meta keeps {RETENTION_MONTHS} months. "
            f"Choose {kept} or later."
        )
    if start and end and start > end:
        yield f"`{prefix}start_date` {start} is after `end_date` {end}. Swap or correct them."


def _wrong_reports(given: Mapping[str, Any], version: str, now: datetime) -> Iterator[str]:
    seen: set[str] = {entity.name for entity in ENTITIES}
    known = {
        "fields": frozenset(fields.table(version, "AdsInsights")),
        "breakdowns": fields.values(version, "breakdowns"),
        "action_breakdowns": fields.values(version, "action_breakdowns"),
        "action_attribution_windows": fields.values(version, "action_attribution_windows"),
    }
    for report in given.get("insights_reports", ()):
        name = report["name"]
        if name in seen:
            yield f"`insights_reports`: the name {name!r} is taken. Give the report another name."
        seen.add(name)
        for setting, allowed in known.items():
            for value in report.get(setting) or ():
                if value not in allowed:
                    close = difflib.get_close_matches(value, allowed, n=1)
                    hint = f"Did you mean {close[0]!r}?" if close else "Remove it."
                    yield (
                        f"Report {name!r}: `{setting}` holds {value!r}, which {version} does not "
                        f"have. {hint}"
                    )
        increment = report.get("time_increment")
        if increment not in {None, 1}:
            yield f"Report {name!r}: `time_increment` is {increment!r}. Use 1, a row a day."
        yield from _wrong_dates(f"insights_reports.{name}.", {**report}, now)
