"""Batch requests: up to 50 calls in one exchange. Meta still counts each part as a call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from meta_graph._calls import Call, encode
from meta_graph._classify import classify, parse
from meta_graph._errors import Failure, GraphError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

LARGEST = 50
"""Parts that Meta takes in one batch."""

Outcome = Any
"""The parsed JSON of a part, or the `GraphError` that it ended with."""


def form(calls: Sequence[Call]) -> dict[str, str]:
    """The form of a batch."""
    return {"batch": json.dumps([_part(call) for call in calls]), "include_headers": "true"}


def _part(call: Call) -> dict[str, str]:
    query = urlencode(encode(call.params))
    if call.method == "GET":
        return {"method": "GET", "relative_url": f"{call.path}?{query}" if query else call.path}
    return {"method": call.method, "relative_url": call.path, "body": query}


def outcomes(
    calls: Sequence[Call],
    answers: object,
    redact: Callable[[str], str],
    decode: Callable[[bytes], Any],
) -> Iterator[tuple[Outcome, Mapping[str, str]]]:
    """The outcome and the headers of each part, in the order of the calls.

    A part that Meta did not get round to is `null`; so is, for us, one that is missing.
    """
    parts = answers if isinstance(answers, list) else []
    for index, call in enumerate(calls):
        part = parts[index] if index < len(parts) else None
        if not isinstance(part, dict):
            missing = Failure(
                "Meta left this part of a batch undone", account=call.account, edge=call.edge
            )
            yield UnavailableError(missing), {}
            continue
        headers = _headers(part.get("headers"))
        payload = parse(str(part.get("body") or "").encode(), decode)
        error: GraphError | None = classify(
            part.get("code"),
            payload,
            headers,
            account=call.account,
            edge=call.edge,
            use_case=call.use_case,
            redact=redact,
        )
        yield (error or payload), headers


def _headers(entries: object) -> dict[str, str]:
    return {
        str(entry["name"]): str(entry["value"])
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and "name" in entry and "value" in entry
    }
