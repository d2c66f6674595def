"""Pages of an edge: where the next one begins, and how large it may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from meta_graph._errors import Failure, GraphError, RequestError, UnavailableError


@dataclass(frozen=True)
class Page:
    """One page of an edge.

    Attributes:
        data: The objects, in Meta's order. May be empty in the middle of a listing.
        number: 1 for the first page.
        payload: The whole answer, for what stands beside the objects (`summary`).
    """

    # Rows may be people (leads), so a page does not show them when it is logged.
    data: list[dict[str, Any]] = field(repr=False)
    number: int
    payload: dict[str, Any] = field(repr=False)


def check_page(payload: object) -> GraphError | None:
    """What is wrong with an answer that should be a page; Meta sends `data` even when empty.

    Args:
        payload: The answer's JSON, or what the call's own `decode` made of it: anything that has
            `data` as an attribute.
    """
    members = payload if isinstance(payload, Mapping) else {"data": getattr(payload, "data", None)}
    if isinstance(members.get("data"), list):
        return None
    return UnavailableError(Failure("Meta sent a page without `data`"))


def next_cursor(paging: Mapping[str, Any] | None) -> str | None:
    """Where the next page begins; None after the last one.

    Only a missing `next` ends a listing: the last page has cursors too, and a page may be short or
    empty with more behind it. `next` itself is never asked, since it holds the token.

    Args:
        paging: The page's `paging`, None where it has none. What is no object says nothing.

    Raises:
        RequestError: There is a next page, and no cursor for it: to stop would lose rows silently.
    """
    if not isinstance(paging, Mapping) or not (following := paging.get("next")):
        return None
    cursors = paging.get("cursors")
    if isinstance(cursors, dict) and (after := cursors.get("after")):
        return str(after)
    if after := parse_qs(urlsplit(str(following)).query).get("after"):
        return after[0]
    raise RequestError(Failure("Meta names a next page without a cursor for it"))


def halved(limit: int) -> int | None:
    """The `limit` of the next smaller page; None when there is none."""
    return limit // 2 if limit > 1 else None
