"""Requests and responses, apart from any server."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP

import msgspec

from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.params import Params, parse_form

Headers = list[tuple[str, str]]
_BOUNDARY = re.compile(r"multipart/form-data.*boundary=", re.IGNORECASE)


@dataclass
class Request:
    """One call.

    Attributes:
        method: Upper-case.
        path: Decoded, without the query.
        query: Parameters of the query string.
        body: Parameters of the body, whether form or JSON.
        headers: Names in lower case.
        base: ``scheme://host:port`` as the caller sees it.
        target_length: Characters of path and query together, as they came.
        trace_id: The ``fbtrace_id`` of its answer.
    """

    method: str
    path: str
    query: Params = field(default_factory=dict)
    body: Params = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    base: str = ""
    target_length: int = 0
    trace_id: str = ""

    @property
    def params(self) -> Params:
        """Query and body together, as Graph sees them; the body wins."""
        return {**self.query, **self.body} if self.body else self.query


@dataclass
class Response:
    """One answer."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=list)


def parse_body(content_type: str, raw: bytes) -> Params:
    """Parse a request's body by its content type: JSON, multipart or urlencoded form.

    Raises:
        GraphError: The JSON is broken or no object.
    """
    if not raw:
        return {}
    if "json" in content_type:
        try:
            decoded = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            raise GraphError(100, "(#100) The request body is not valid JSON") from None
        if not isinstance(decoded, dict):
            raise GraphError(100, "(#100) The request body must be a JSON object")
        return decoded
    if _BOUNDARY.match(content_type):
        return _multipart(content_type, raw)
    return parse_form(raw.decode("utf-8", "replace"))


def _multipart(content_type: str, raw: bytes) -> Params:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    params: Params = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + raw).iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name and isinstance(content, bytes):
            params[str(name)] = content.decode("utf-8", "replace")
    return params
