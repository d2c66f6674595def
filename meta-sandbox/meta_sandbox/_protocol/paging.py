"""Pages: cursors and the envelope around a page of rows."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import msgspec

from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.params import text_of, whole_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_LIMIT = 25


class Cursor(NamedTuple):
    """Where a page stands: an opaque place, and which page of the listing it ends, from 1."""

    place: str
    page: int

    def encode(self) -> str:
        """Write the cursor as Meta does: base64, each ``=`` of its padding as ``ZD``."""
        raw = base64.urlsafe_b64encode(f"{self.place}:{self.page}".encode()).decode()
        text = raw.rstrip("=")
        return text + "ZD" * (len(raw) - len(text))


# Length of a cursor modulo 4 -> how many ``=`` were written as ``ZD`` at its end. The letters alone
# would not tell: ``ZD`` may as well be part of the base64 text.
_PADDING = {0: 0, 1: 1, 2: 2}


def decode_cursor(text: str) -> Cursor:
    """Read a cursor.

    Raises:
        GraphError: It is none of ours.
    """
    padding = _PADDING.get(len(text) % 4, 0)
    core = text[: len(text) - 2 * padding] + "=" * padding
    try:
        place, _, page = base64.urlsafe_b64decode(core).decode().rpartition(":")
    except (binascii.Error, ValueError):
        place = page = ""
    if not page.isdecimal() or int(page) < 1:
        raise GraphError(100, "(#100) Invalid cursor value")
    return Cursor(place, int(page))


class Asked(NamedTuple):
    """What a request says about paging.

    Attributes:
        limit: Rows to a page.
        after: The cursor to go on from.
        before: The cursor to go back from.
    """

    limit: int
    after: Cursor | None
    before: Cursor | None

    @property
    def number(self) -> int:
        """Number of the page that is asked for, from 1."""
        if self.after is not None:
            return self.after.page + 1
        return max(1, self.before.page - 1) if self.before is not None else 1


def asked_of(params: Mapping[str, object]) -> Asked:
    """Read ``limit``, ``after`` and ``before``.

    Raises:
        GraphError: The limit is no positive number, or a cursor is broken.
    """
    limit = whole_of(params, "limit")
    if limit is not None and limit < 1:
        raise GraphError(100, "(#100) Param limit must be a positive integer")
    after, before = text_of(params, "after"), text_of(params, "before")
    return Asked(
        limit or DEFAULT_LIMIT,
        decode_cursor(after) if after else None,
        decode_cursor(before) if before else None,
    )


def rows_kept(asked: Asked) -> int:
    """Return how many rows a page has when pages are sparse: some are short, some empty.

    Meta may return a page with fewer rows than asked, even none, that is not the last one.
    """
    return {2: 0, 0: asked.limit // 2}.get(asked.number % 3, asked.limit)


class Link(NamedTuple):
    """What a link to another page is made from: the URL without its query, and the parameters."""

    url: str
    params: Mapping[str, object]
    token: str | None

    def to(self, **cursor: str) -> str:
        """Write the URL of another page. It holds the access token in clear, as Meta's does."""
        kept = {
            name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
            for name, value in self.params.items()
            if name not in {"after", "before", "access_token", "appsecret_proof"}
        }
        secret = {"access_token": self.token} if self.token else {}
        return f"{self.url}?{urlencode({**secret, **kept, **cursor})}"


def envelope(
    rows: Sequence[bytes],
    *,
    link: Link,
    limit: int,
    before: Cursor | None,
    after: Cursor | None,
    has_next: bool,
    summary: Mapping[str, object] | None = None,
) -> bytes:
    """Put encoded rows into Meta's envelope.

    Args:
        rows: Each encoded as JSON.
        link: For ``next`` and ``previous``.
        limit: Rows to a page, which goes into the links.
        before: Cursor of the first row; None when the listing is empty.
        after: Cursor of the last row; None when the listing is empty.
        has_next: Whether there is a next page. Meta leaves ``next`` out on the last one.
        summary: Goes into the envelope when given.

    Returns:
        The body. A listing without any row has no ``paging``.
    """
    parts = [b'{"data":[', b",".join(rows), b"]"]
    if before is not None and after is not None and (rows or has_next):
        start, end = before.encode(), after.encode()
        paging: dict[str, object] = {"cursors": {"before": start, "after": end}}
        if has_next:
            paging["next"] = link.to(limit=str(limit), after=end)
        if before.page > 1:
            paging["previous"] = link.to(limit=str(limit), before=start)
        parts += [b',"paging":', msgspec.json.encode(paging)]
    if summary is not None:
        parts += [b',"summary":', msgspec.json.encode(summary)]
    parts.append(b"}")
    return b"".join(parts)
