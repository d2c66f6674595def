"""Batch requests: up to 50 operations in one call, each a call of its own to Meta's counters."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.messages import Request, Response
from meta_sandbox._protocol.params import json_of, parse_form
from meta_sandbox._protocol.route import parse_path

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_OPERATIONS = 50
_SHARED = ("access_token", "appsecret_proof", "appsecret_time")


def operations(request: Request) -> list[Mapping[str, object]]:
    """Return a batch's operations.

    Raises:
        GraphError: The parameter ``batch`` is missing, no list of operations, or too long.
    """
    found = json_of(request.params, "batch")
    if found is None and "ids" in request.params:
        raise GraphError(100, "The ids query parameter is deprecated in v26.0+.", http=500)
    if not isinstance(found, list) or not found:
        raise GraphError(100, "(#100) The parameter batch is required")
    if len(found) > MAX_OPERATIONS:
        raise GraphError(
            100,
            f"(#100) Too many requests in batch message. Maximum batch size is {MAX_OPERATIONS}",
        )
    for place, operation in enumerate(found):
        if not isinstance(operation, dict) or not {"method", "relative_url"} <= operation.keys():
            raise GraphError(100, f"(#100) batch[{place}] needs method and relative_url")
    return found


def request_of(batch: Request, operation: Mapping[str, object]) -> Request:
    """Make a request of one operation.

    Token and proof come from the batch unless the operation has its own; the version too.
    """
    url = urlsplit(str(operation["relative_url"]))
    query, body = parse_form(url.query), parse_form(str(operation.get("body") or ""))
    own_token = "access_token" in query or "access_token" in body
    for name in _SHARED:
        if name in batch.params and not own_token:
            query.setdefault(name, batch.params[name])
    headers = {
        name: value
        for name, value in batch.headers.items()
        if name == "authorization" and not own_token
    }
    path = f"/{url.path.lstrip('/')}"
    version = parse_path(batch.path).version
    if version and not parse_path(path).version:
        path = f"/{version}{path}"
    return Request(
        method=str(operation["method"]).upper(),
        path=path,
        query=query,
        body=body,
        headers=headers,
        base=batch.base,
    )


def part_of(response: Response, *, with_headers: bool) -> dict[str, object]:
    """Write an operation's answer as a member of the batch's answer: the body is a text."""
    headers = [{"name": name, "value": value} for name, value in response.headers]
    return {
        "code": response.status,
        **({"headers": headers} if with_headers else {}),
        "body": response.body.decode(),
    }
