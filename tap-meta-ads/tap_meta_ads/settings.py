"""The settings: their schema, and what is wrong with a configuration, one sentence each.

Pure: a configuration goes in, sentences or `Settings` come out. No secret is quoted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from meta_graph import API_URL, API_VERSION
from meta_graph.settings import CLIENT, account_number, plain_number, text, whole
from meta_graph.settings import problems as problems_of
from tap_meta_ads.dates import HISTORY_DAYS, day
from tap_meta_ads.insights.windows import LARGEST
from tap_meta_ads.reports import presets, report
from tap_meta_ads.reports.periods import LONGEST_DAYS, WORDS
from tap_meta_ads.settings_checks import wrong_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


_NAMES = {"type": ["array", "null"], "items": {"type": "string"}}

REPORT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {
            "type": "string",
            # The end alone would let a line break pass.
            "pattern": r"^[a-z][a-z0-9_]*(?!\n)$",
            "errorMessage": "Begin with a lower-case letter, and use lower-case letters, digits "
            "and underscores.",
            "description": "Name of its stream: lower-case letters, digits and underscores.",
        },
        "level": {
            "type": ["string", "null"],
            "enum": [*reversed(report.LEVELS), None],
            "description": "What a row is about: ad (if not set), adset, campaign or account.",
        },
        "fields": {
            **_NAMES,
            "description": "Meta's Insights fields; if none, those of ads_insights that go with "
            "level and breakdowns.",
        },
        "breakdowns": {**_NAMES, "description": "Meta's breakdowns; each becomes part of the key."},
        "action_breakdowns": {
            **_NAMES,
            "description": "Breakdowns of the actions, beside action_type, which is always there.",
        },
        "action_attribution_windows": {
            **_NAMES,
            "description": f"Windows, each a number in every action. If not set, "
            f"{', '.join(report.DEFAULT_WINDOWS)}.",
        },
        "time_increment": {
            "type": ["integer", "string", "null"],
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": LONGEST_DAYS},
                {"enum": [*WORDS, None]},
            ],
            "errorMessage": f"Set a number of days from 1 to {LONGEST_DAYS}, or one of: "
            f"{', '.join(WORDS)}.",
            "description": f"Days of a row: 1 (if not set) to {LONGEST_DAYS}, weekly (Monday to "
            "Sunday), monthly, or all_days for one row over all.",
        },
        "filtering": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["field", "operator"],
                "properties": {
                    "field": {"type": "string"},
                    "operator": {"type": "string", "enum": [*report.FILTER_OPERATORS]},
                    "value": {},
                },
            },
            "description": "Meta's filter objects: field (as campaign.id), operator, value. "
            "Archived and deleted ads stay in, unless one is on the status.",
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
            **CLIENT["access_token"],
            "description": "Token of a system user or user with ads_read.",
        },
        "app_secret": CLIENT["app_secret"],
        "account_ids": {
            "type": ["array", "null"],
            "items": {"type": ["string", "integer"]},
            "title": "Account ids",
            "description": "Ad accounts, with or without act_. All that the token can read if "
            "not set.",
        },
        "start_date": text(
            "Start date",
            f"First day of Insights when there is no state, as 2026-01-31. {HISTORY_DAYS} days "
            "ago if not set.",
        ),
        "end_date": text(
            "End date",
            "Last day of Insights, inclusive. Today in the account's time zone if not set.",
        ),
        "api_version": CLIENT["api_version"],
        "api_url": CLIENT["api_url"],
        "insights_reports": {
            "type": ["array", "null"],
            "items": REPORT_SCHEMA,
            "title": "Insights reports",
            "description": "Reports in place of the presets, each a stream of its own.",
        },
        "insights_lookback_days": whole(
            "Insights lookback (days)",
            "Days that are read again on every run: Meta restates figures for 28 days.",
            default=28,
            minimum=0,
        ),
        "insights_window_days": whole(
            "Insights window (days)",
            "First size of a date window; it grows and shrinks by itself.",
            default=7,
            minimum=1,
            maximum=LARGEST,
        ),
        "insights_mode": text(
            "Insights mode",
            "sync asks directly, async by report jobs, auto chooses by size.",
            default="auto",
            enum=["auto", "async", "sync", None],
        ),
        "max_concurrency": whole(
            "Concurrency",
            "Requests and report jobs in flight, over all accounts and streams.",
            default=8,
            minimum=1,
            maximum=64,
        ),
        "page_size": whole(
            "Page size",
            "Upper bound of rows a page. Adapts by itself if not set.",
            minimum=1,
            maximum=5000,
        ),
        "include_deleted": {
            "type": ["boolean", "null"],
            "title": "Include deleted",
            "description": "Archived and deleted campaigns, ad sets and ads too. Their figures "
            "come anyway.",
            "default": True,
        },
        "on_account_error": text(
            "On account error",
            "What a permission error of one account does: skip that account, or fail the run.",
            default="skip",
            enum=["skip", "fail", None],
        ),
        "request_timeout": CLIENT["request_timeout"],
        "max_retry_seconds": {
            **CLIENT["max_retry_seconds"],
            "description": "Seconds that one request or report job may go without progress.",
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
    insights_reports: tuple[report.Report, ...] = presets.PRESETS
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
    given = {name: plain_number(value) for name, value in config.items() if value is not None}
    made = {name: given[name] for name in Settings.__dataclass_fields__ if name in given}
    if "account_ids" in given:
        made["account_ids"] = tuple(dict.fromkeys(map(account_number, given["account_ids"])))
    for name in ("start_date", "end_date"):
        if name in given:
            made[name] = day(given[name])
    if "insights_reports" in given:
        version = given.get("api_version", API_VERSION)
        made["insights_reports"] = tuple(
            _own_report(report, version) for report in given["insights_reports"]
        )
    return Settings(**made)


def _own_report(config: Mapping[str, Any], version: str) -> report.Report:
    start = config.get("start_date")
    whole = {name: plain_number(value) for name, value in config.items()}
    return presets.own(whole, None if start is None else day(start), version)


def problems(
    config: Mapping[str, Any], schema: Mapping[str, Any], now: datetime | None = None
) -> list[str]:
    """What is wrong with a configuration, a sentence each; nothing when it is right.

    Args:
        config: The configuration as the user gave it.
        schema: `SCHEMA`, with what the SDK adds to it.
        now: An instant with an offset; now when not given.
    """
    at = now or datetime.now(timezone.utc)
    return problems_of(
        config,
        schema,
        lambda given, quote: wrong_values(given, at, quote),
        blocks={"insights_reports": "Report"},
    )
