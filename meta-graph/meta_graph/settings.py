"""The settings of a plugin that uses the client: JSON schema parts, checks, sentences for people.

Pure: a configuration goes in, sentences come out. No secret is quoted.

    SCHEMA = {..., "properties": {**CLIENT, "page_size": whole("Page size", "Rows a page.")}}
    wrong = problems(config, SCHEMA, lambda given, quote: wrong_client(given))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

import jsonschema

from meta_graph._calls import check_api_url
from meta_graph._client import API_URL, API_VERSION
from meta_graph._errors import InsecureUrlError
from meta_graph._sentences import Quoter, close_to, secret_names, sentences

__all__ = [
    "CLIENT",
    "SECRET",
    "Check",
    "Quoter",
    "account_number",
    "close_to",
    "plain_number",
    "problems",
    "secret_names",
    "sentences",
    "text",
    "whole",
    "wrong_client",
]

Check = Callable[[Mapping[str, Any], Quoter], Iterable[str]]
"""Says what is wrong with values whose shapes are right, given those that are not null."""

SECRET: dict[str, Any] = {"secret": True, "writeOnly": True}
"""What marks a setting that no sentence may quote."""


def text(title: str, description: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    """The schema of a text that may be left out."""
    return {"type": ["string", "null"], "title": title, "description": description, **more}


def whole(title: str, description: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    """The schema of a whole number that may be left out."""
    return {"type": ["integer", "null"], "title": title, "description": description, **more}


CLIENT: dict[str, dict[str, Any]] = {
    "access_token": {
        **text("Access token", "Token of a system user or user."),
        **SECRET,
        "type": "string",
    },
    "app_secret": {
        **text("App secret", "Secret of the token's app; turns on appsecret_proof."),
        **SECRET,
    },
    "api_version": text("API version", "Version of Meta's Marketing API.", default=API_VERSION),
    "api_url": text("API URL", "Base URL of the Graph API.", default=API_URL),
    "request_timeout": {
        "type": ["number", "null"],
        "title": "Request timeout (seconds)",
        "description": "Seconds without an answer before a request counts as failed.",
        "default": 120,
        "exclusiveMinimum": 0,
    },
    "max_retry_seconds": {
        "type": ["number", "null"],
        "title": "Retry limit (seconds)",
        "description": "Seconds that one request may go without progress.",
        "default": 3600,
        "minimum": 0,
    },
}
"""The settings that become arguments of `GraphClient`, by name."""


def problems(
    config: Mapping[str, Any],
    schema: Mapping[str, Any],
    check: Check,
    blocks: Mapping[str, str] | None = None,
) -> list[str]:
    """What is wrong with a configuration, a sentence each; nothing when it is right.

    Args:
        config: The configuration as the user gave it.
        schema: Its JSON schema, of draft 7. An `errorMessage` beside a keyword is its own fix.
        check: Judges the values. It is only asked once all shapes are right.
        blocks: For each setting that holds named blocks, what people call one, as
            `{"insights_reports": "Report"}`. The sentences about a block begin with its name.
    """
    quote = Quoter(config, secret_names(schema))
    errors = jsonschema.Draft7Validator(_mended(schema)).iter_errors(dict(config))
    found = sentences(errors, config, schema, quote, blocks or {})
    if not found:
        given = {name: value for name, value in config.items() if value is not None}
        found = list(check(given, quote))
    return list(map(quote.redact, found))


def wrong_client(given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the values of a client's token, secret and address.

    `api_version` is not judged: a plugin knows the versions that it was made for.
    """
    for name in ("access_token", "app_secret"):
        if name in given and not re.fullmatch(r"[\x21-\x7e]+", given[name]):
            yield f"`{name}` is empty or holds white space. Copy it again, whole."
    if "api_url" in given:
        try:
            check_api_url(given["api_url"])
        except InsecureUrlError as error:
            yield f"{str(error).rstrip('.')}."


def account_number(account_id: str | int) -> str:
    """The digits of an ad account's id.

    >>> account_number("act_123")
    '123'
    """
    return str(account_id).strip().removeprefix("act_")


def plain_number(value: Any) -> Any:  # noqa: ANN401 - a value of any setting
    """A number as Python counts with it, and any other value as it is.

    A JSON schema takes `7.0` for an integer; arithmetic with days does not. The Singer SDK reads
    what has a point as `Decimal`, which neither clocks nor sockets take.

    >>> plain_number(Decimal("7.0")), plain_number(0.5)
    (7, 0.5)
    """
    if not isinstance(value, float | Decimal):
        return value
    return int(value) if isfinite(value) and value == int(value) else float(value)


def _mended(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """A schema at which the validator does not stop.

    Among the choices for `stream_maps`, the SDK writes the name of a type where a schema belongs.
    """
    if isinstance(schema, Mapping):
        return {
            name: [{"type": item} if isinstance(item, str) else _mended(item) for item in part]
            if name == "anyOf"
            else _mended(part)
            for name, part in schema.items()
        }
    return [_mended(item) for item in schema] if isinstance(schema, list) else schema
