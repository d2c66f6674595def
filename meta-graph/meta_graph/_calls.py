"""One call to the Graph API as data, and how its parts are written."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from meta_graph._errors import InsecureUrlError

Params = Mapping[str, Any]

Decode = Callable[[bytes | bytearray], Any]
"""Parses a body; raises ValueError on what it cannot parse."""

_USE_CASES = {
    "insights": "ads_insights",
    "leads": "leadgen",
    **dict.fromkeys(
        ("customaudiences", "users", "usersreplace", "usersofanyaudience", "sessions"),
        "custom_audience",
    ),
}


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        method: `GET`, `POST` or `DELETE`.
        path: Path below the version, as `act_123/insights`; slashes around it are taken off.
        params: Query of a GET, form of a POST. Lists and objects are written as Meta reads them.
        json: JSON body, instead of a form; bytes are sent as they are, as JSON written already.
        account: Account number without `act_`; read from the path when not given.
        use_case: Which of Meta's limits it counts against; read from the path when not given.
        idempotent: Whether it may be carried out twice. Reads may; a write only where it says so.
            `dataclasses.replace` keeps it: a write made of a read has to say whether it may.
        decode: Parses the body of a good answer, instead of the client's `decode`. It raises
            ValueError (as msgspec's errors are) for what it does not know: a body that holds an
            error is then classified as ever, and any other is asked for again.
    """

    method: str
    path: str
    # Left out of the repr, and so out of every log line about a call: they may be personal data.
    params: Params = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    account: str | None = None
    use_case: str = ""
    idempotent: bool = None  # type: ignore[assignment] # by the method, below
    decode: Decode | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.path.strip("/"))
        account, edge = describe(self.path)
        object.__setattr__(self, "account", self.account or account)
        object.__setattr__(self, "use_case", self.use_case or use_case_of(edge))
        if self.idempotent is None:
            object.__setattr__(self, "idempotent", self.method == "GET")

    @property
    def edge(self) -> str | None:
        """Last part of the path that is not an id, as `insights`."""
        return describe(self.path)[1]


def describe(path: str) -> tuple[str | None, str | None]:
    """The account number and the edge that a path names.

    >>> describe("act_123/insights")
    ('123', 'insights')
    >>> describe("120330000000000001")
    (None, None)
    """
    account, edge = None, None
    for part in path.split("/"):
        if found := re.fullmatch(r"act_(\d+)", part):
            account = found[1]
        elif part and not part.isdigit():
            edge = part
    return account, edge


def use_case_of(edge: str | None) -> str:
    """Meta's business use case of an edge, by which it counts calls."""
    return _USE_CASES.get(edge or "", "ads_management")


def encode(params: Params) -> dict[str, str]:
    """Parameters as Meta reads them; those that are None are left out.

    >>> encode({"fields": ["id", "name"], "time_range": {"since": "2026-01-01"}, "limit": 5})
    {'fields': 'id,name', 'time_range': '{"since":"2026-01-01"}', 'limit': '5'}
    """
    return {name: _text(name, value) for name, value in params.items() if value is not None}


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence) and name == "fields":
        return ",".join(value)
    if isinstance(value, Sequence | Mapping):
        return json.dumps(value, separators=(",", ":"))
    return str(value)


def proof(access_token: str, app_secret: str) -> str:
    """`appsecret_proof`: lower-case hex of HMAC-SHA256 over the token, keyed by the app secret."""
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


def check_api_url(url: str) -> str:
    """The base URL without a trailing slash.

    Raises:
        InsecureUrlError: The token would travel in clear, or the URL cannot be used.
    """
    # Said without the URL: what does not belong into one may be a password.
    if re.search(r"[@?#\\\s\x00-\x1f]", url):
        raise InsecureUrlError(
            "`api_url` holds a user, a query, a fragment or white space: set the base URL alone"
        )
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an address between them, a port that is no number
        usable = False
    if not usable:
        raise InsecureUrlError(f"`api_url` {url!r} is no http(s) address: set the base URL alone")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise InsecureUrlError(
            f"`api_url` {url!r} is not https, so the access token would travel in clear: "
            "use https (http is taken for this machine only)"
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":  # urlsplit has put it into lower case
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
