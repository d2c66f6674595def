"""Pages of an edge: where the next one begins, and how large it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Page:
    """One page of an edge.

    Attributes:
        data: The objects, in Meta's order. May be empty in the middle of a listing.
        number: 1 for the first page.
        payload: The whole answer, for what stands beside the objects (`summary`).
    """

    data: list[dict[str, Any]]
    number: int
    payload: dict[str, Any]


def next_cursor(payload: dict[str, Any]) -> str | None:
    """Where the next page begins; None after the last one.

    Only a missing `paging.next` ends a listing: the last page has cursors too, and a page may be
    short or empty with more behind it. `next` itself is never asked, since it holds the token.
    """
    paging = payload.get("paging") or {}
    if not isinstance(paging, dict) or not (following := paging.get("next")):
        return None
    if after := (paging.get("cursors") or {}).get("after"):
        return str(after)
    query = parse_qs(urlsplit(str(following)).query)
    return next(iter(query.get("after", [])), None)


def halved(limit: int) -> int | None:
    """The next smaller page; None when there is none."""
    return limit // 2 if limit > 1 else None
