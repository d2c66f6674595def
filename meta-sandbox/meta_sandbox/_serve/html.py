"""HTML out of templates: everything that goes in is escaped, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meta_sandbox._serve.log import Entry

_LONGEST = 200
_HASH = re.compile(r"\b([0-9a-f]{8})(?:[0-9a-f]{56}\b|[0-9a-f]+…)")
# Names come from whoever sends them: should one get past the escaping, a browser still runs nothing
# and loads nothing.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def respond(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page.

    Args:
        template: Its file under ``templates``.
        status: HTTP status.
        values: What the template names.
    """
    page = _ENVIRONMENT.get_template(template).render(values)
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store"}
    return HTMLResponse(page, status, headers)


def shorten(text: str) -> str:
    """Cut the hashes in a text to their first eight digits; also one that is cut already.

    Enough to compare by eye, too little to look a person up by.
    """
    return _HASH.sub(r"\1…", text)


def as_json(value: object) -> str:
    """Return a value as JSON, hashes cut."""
    return shorten(msgspec.json.encode(value).decode())


def _asked(entry: Entry) -> list[tuple[str, str]]:
    """Return the parameters of a request, by name."""
    return [
        (name, shorten(value) if isinstance(value, str) else as_json(value))
        for name, value in {**entry.query, **entry.body}.items()
    ]


def _brief(parameters: Sequence[tuple[str, str]]) -> str:
    text = "  ".join(f"{name}={value}" for name, value in parameters)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%H:%M:%S}"


_ENVIRONMENT = Environment(
    loader=PackageLoader("meta_sandbox._serve"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"json": as_json, "asked": _asked, "brief": _brief, "clock": _clock}
