"""A list of objects, as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meta_sandbox._graph.auth import token_text
from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.paging import Asked, Cursor, Link, asked_of, envelope, rows_kept
from meta_sandbox._protocol.params import list_of

if TYPE_CHECKING:
    from meta_sandbox._graph.nodes import Selector
    from meta_sandbox._graph.views import Node
    from meta_sandbox._options import Options
    from meta_sandbox._protocol.messages import Request

# What asks for the number of all rows; Meta's SDKs send the first one with every listing.
_SUMMARIES = frozenset({"true", "1", "total_count"})


def link_of(request: Request, options: Options) -> Link:
    """Return what links to other pages of a request's listing are made from."""
    token = token_text(request) if options.next_with_token else None
    return Link(f"{request.base}{request.path.rstrip('/')}", request.params, token)


def encode_list(
    request: Request,
    nodes: list[Node],
    selector: Selector,
    default: tuple[str, ...],
    options: Options,
) -> bytes:
    """Return the page of a list that a request asks for.

    Args:
        request: The request.
        nodes: The whole list.
        selector: What of each node is asked for.
        default: Fields when none are asked for.
        options: How the sandbox behaves.

    Raises:
        GraphError: A cursor is broken, or the page would be too large: then code 1, with
            HTTP 500, asks to reduce the amount of data.
    """
    asked = asked_of(request.params)
    start, end = _span(nodes, asked)
    if options.sparse_pages and end < len(nodes):
        end = start + min(end - start, rows_kept(asked))
    if end - start > options.max_rows_per_page:
        raise GraphError(1)
    chosen = nodes[start:end]
    rows = [selector.encode(node, default) for node in chosen]
    summary = None
    if not _SUMMARIES.isdisjoint(list_of(request.params, "summary") or ()):
        summary = {"total_count": len(nodes)}
    came_from = asked.after.place if asked.after is not None else ""
    first, last = (_place(chosen[0]), _place(chosen[-1])) if chosen else (came_from, came_from)
    return envelope(
        rows,
        link=link_of(request, options),
        limit=asked.limit,
        before=Cursor(first, asked.number),
        after=Cursor(last, asked.number),
        has_next=end < len(nodes),
        summary=summary,
    )


def _span(nodes: list[Node], asked: Asked) -> tuple[int, int]:
    """Return where in a list a page begins and ends."""
    cursor = asked.after or asked.before
    if cursor is None:
        return 0, min(asked.limit, len(nodes))
    places = [_place(node) for node in nodes]
    if cursor.place == "":
        at = -1
    elif cursor.place in places:
        at = places.index(cursor.place)
    else:
        # Cursors die with the object they point at.
        raise GraphError(100, "(#100) The cursor is no longer valid")
    if asked.after is not None:
        return at + 1, min(at + 1 + asked.limit, len(nodes))
    return max(0, at - asked.limit), max(0, at)


def _place(node: Node) -> str:
    """Return what a cursor remembers of a node: its id, or for activities what tells them apart."""
    thing = node.thing
    if isinstance(thing, dict):
        parts = (thing.get(name, "") for name in ("event_time", "object_id", "event_type"))
        return str(thing.get("id") or thing.get("session_id") or "|".join(parts))
    return str(getattr(thing, "id", ""))
