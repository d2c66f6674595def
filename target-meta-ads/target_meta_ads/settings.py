"""The settings: their schema, and what is wrong with a configuration, one sentence each.

Pure: a configuration goes in, sentences or `Settings` come out. No secret is quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pycountry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from meta_graph import API_URL, API_VERSION
from meta_graph.settings import (
    CLIENT,
    SECRET,
    account_number,
    plain_number,
    text,
    whole,
    wrong_client,
)
from meta_graph.settings import problems as problems_of
from target_meta_ads.streams.blocks import STREAMS_SCHEMA, Stream, parse_streams
from target_meta_ads.streams.checks import wrong_blocks
from target_meta_ads.streams.columns import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meta_graph.settings import Quoter

FAIL, IGNORE = "fail", "ignore"


def _file(title: str, description: str, default: str) -> dict[str, Any]:
    words = {"pattern": r"\S", "errorMessage": "Name a file."}
    return text(title, description, default=default, **words)


def _ratio(title: str, description: str, default: float) -> dict[str, Any]:
    return {
        "type": ["number", "null"],
        "title": title,
        "description": description,
        "default": default,
        "minimum": 0,
        "maximum": 1,
    }


SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["access_token"],
    "properties": {
        "access_token": {
            **CLIENT["access_token"],
            "description": "Token of a system user or user with ads_management.",
        },
        "app_secret": CLIENT["app_secret"],
        "ad_account_id": {
            "type": ["string", "integer", "null"],
            "title": "Ad account id",
            "description": "The ad account of the audiences, with or without act_. Needed to find "
            "or create them by name, and to erase people.",
        },
        "streams": {
            **STREAMS_SCHEMA,
            "title": "Streams",
            "description": "Where the records of a stream go: a block for each stream or glob.",
        },
        "on_unmapped_stream": text(
            "On unmapped stream",
            "What a stream does that no block fits: fail the run, or ignore its records.",
            default=FAIL,
            enum=[FAIL, IGNORE, None],
        ),
        "default_country": text(
            "Default country",
            "Country (ISO 3166-1 alpha-2, as DE) of phone numbers and ZIP codes that tell none.",
        ),
        "dry_run": {
            "type": ["boolean", "null"],
            "title": "Dry run",
            "description": "Send no write, and write what would be sent to dry_run_path.",
            "default": False,
        },
        "dry_run_path": _file(
            "Dry run path", "JSON Lines of the hashed payloads of a dry run.", "dry_run.jsonl"
        ),
        "test_event_code": {
            **text("Test event code", "Code of Events Manager under which all events are tests."),
            "pattern": r"^[A-Za-z0-9_-]+(?!\n)$",
            "errorMessage": "Copy it again, whole: letters, digits, _ and -.",
        },
        "partner_agent": {
            **TEXT,
            "title": "Partner agent",
            "description": "Name of the platform that sends the events, as Meta agreed with it.",
        },
        "ledger_url": {
            **text(
                "Ledger URL",
                "SQLAlchemy URL of the database that remembers what Meta has accepted. PostgreSQL "
                "(postgresql+psycopg://) for several workers.",
                default="sqlite:///target_meta_ads.db",
            ),
            **SECRET,
        },
        "rejects_path": _file(
            "Rejects path",
            "JSON Lines of the records that were rejected, without personal data.",
            "rejects.jsonl",
        ),
        "max_reject_ratio": _ratio(
            "Reject limit",
            "Rejected part of the records, or of a mirror's or replacement's alone, above which "
            "the run fails.",
            0.1,
        ),
        "max_removal_ratio": _ratio(
            "Removal limit",
            "Part of an audience above which a mirror removes nobody, and the run fails.",
            0.5,
        ),
        "max_concurrency": whole(
            "Concurrency", "Requests in flight.", default=4, minimum=1, maximum=64
        ),
        "api_version": CLIENT["api_version"],
        "api_url": CLIENT["api_url"],
        "request_timeout": CLIENT["request_timeout"],
        "max_retry_seconds": CLIENT["max_retry_seconds"],
    },
}

_NUMBERS = [
    name for name, about in SCHEMA["properties"].items() if "number" in about.get("type", ())
]


@dataclass(frozen=True)
class Settings:
    """A checked configuration. The attributes are the settings of the same names.

    `ad_account_id` is digits alone, `default_country` upper-case.
    """

    access_token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)
    ad_account_id: str | None = None
    streams: Mapping[str, Stream] = field(default_factory=dict)
    on_unmapped_stream: str = FAIL
    default_country: str | None = None
    dry_run: bool = False
    dry_run_path: str = "dry_run.jsonl"
    test_event_code: str | None = None
    partner_agent: str | None = None
    ledger_url: str = field(default="sqlite:///target_meta_ads.db", repr=False)
    rejects_path: str = "rejects.jsonl"
    max_reject_ratio: float = 0.1
    max_removal_ratio: float = 0.5
    max_concurrency: int = 4
    api_version: str = API_VERSION
    api_url: str = API_URL
    request_timeout: float = 120.0
    max_retry_seconds: float = 3600.0


def parse(config: Mapping[str, Any]) -> Settings:
    """The settings of a configuration in which `problems` finds nothing."""
    given = {name: value for name, value in _with_numbers(config).items() if value is not None}
    made = {
        name: plain_number(given[name]) for name in Settings.__dataclass_fields__ if name in given
    }
    if "ad_account_id" in given:
        made["ad_account_id"] = account_number(given["ad_account_id"])
    if "default_country" in given:
        made["default_country"] = given["default_country"].upper()
    if "streams" in given:
        made["streams"] = parse_streams(given["streams"])
    return Settings(**made)


def problems(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with a configuration, a sentence each; nothing when it is right.

    Args:
        config: The configuration as the user gave it.
        schema: `SCHEMA`, with what the SDK adds to it.
    """
    return problems_of(_with_numbers(config), schema, _wrong_values, blocks={"streams": "Stream"})


def _with_numbers(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with numbers where an environment variable had texts.

    From there the SDK reads integers, booleans, lists and objects, and leaves fractions as texts.
    """
    return {
        name: float(value)
        if name in _NUMBERS and isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value)
        else value
        for name, value in config.items()
    }


def _wrong_values(given: Mapping[str, Any], quote: Quoter) -> Iterator[str]:
    yield from wrong_client(given)
    version = given.get("api_version", API_VERSION)
    if not re.fullmatch(r"v[0-9]+\.[0-9]+", version):
        yield f"`api_version` is {quote(version)}. Write it as {API_VERSION}."
    account = given.get("ad_account_id")
    if account is not None and not re.fullmatch(r"[0-9]+", account_number(account)):
        yield (
            f"`ad_account_id` is {quote(account)}. An account id is digits, with or without act_."
        )
    if "default_country" in given:
        yield from _wrong_country(given["default_country"], quote)
    if "ledger_url" in given:
        yield from _wrong_ledger(given["ledger_url"])
    defaults = {name: about.get("default") for name, about in SCHEMA["properties"].items()}
    rejects, dry_run = (
        given.get(name, defaults[name]) for name in ("rejects_path", "dry_run_path")
    )
    if PurePath(rejects) == PurePath(dry_run):
        yield f"`rejects_path` and `dry_run_path` are both {quote(rejects)}. Name two files."
    if not given.get("streams") and given.get("on_unmapped_stream", FAIL) == FAIL:
        yield (
            "`streams` is empty, so that no stream would go anywhere. Add a block, or set "
            "`on_unmapped_stream` to ignore."
        )
    yield from wrong_blocks(given, quote)


def _wrong_country(country: str, quote: Quoter) -> Iterator[str]:
    if re.fullmatch(r"[A-Za-z]{2}", country) and pycountry.countries.get(alpha_2=country.upper()):
        return
    code = "GB" if country.upper() == "UK" else _code_of(country)
    hint = f"Did you mean `{code}`?" if code else "Write its ISO 3166-1 alpha-2 code, as DE."
    yield f"`default_country` is {quote(country)}, which is no country's code. {hint}"


def _code_of(country: str) -> str:
    try:
        return str(pycountry.countries.lookup(country).alpha_2)
    except LookupError:
        return ""


def _wrong_ledger(url: str) -> Iterator[str]:
    """What is wrong with the ledger's URL, of which nothing is quoted: it may hold a password."""
    try:
        make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        yield (
            "`ledger_url` is no SQLAlchemy URL. Write it as sqlite:///file.db or "
            "postgresql+psycopg://user:password@host/database."
        )
