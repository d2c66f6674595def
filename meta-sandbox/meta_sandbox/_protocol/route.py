"""Where a request goes: version, object, edge, and the stage of work it belongs to."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, get_args

_VERSION = re.compile(r"v(\d+)\.(\d+)")

#: The stages that scripted faults can be aimed at.
Stage = Literal["list", "submit", "poll", "read", "sync_insights", "batch", "node", "write"]
STAGES: tuple[str, ...] = get_args(Stage)


class Route(NamedTuple):
    """A parsed path.

    Attributes:
        version: As in the path, for example ``v26.0``; empty without one.
        object_id: First segment after it; empty for the root.
        edge: Second segment; empty for a node itself.
        extra: Whether the path goes on beyond that, which Graph never does.
    """

    version: str
    object_id: str
    edge: str
    extra: bool


def parse_path(path: str) -> Route:
    """Parse a path such as ``/v26.0/act_1/campaigns/``; slashes at the end do not matter."""
    segments = [segment for segment in path.split("/") if segment]
    version = ""
    if segments and _VERSION.fullmatch(segments[0]):
        version = segments.pop(0)
    object_id = segments[0] if segments else ""
    edge = segments[1] if len(segments) > 1 else ""
    return Route(version, object_id, edge, len(segments) > 2)  # noqa: PLR2004 - object and edge


def major(version: str) -> int:
    """Return the first number of a version such as ``v26.0``."""
    match = _VERSION.fullmatch(version)
    return int(match[1]) if match else 0


def edge_name(route: Route, stage: str) -> str:
    """Name the edge of a request for the log and for faults.

    Returns:
        The edge, or ``batch``, ``poll``, ``me``, ``debug_token`` or ``node``.
    """
    if stage in {"batch", "poll"}:
        return stage
    if route.edge:
        return route.edge
    return route.object_id if route.object_id in {"me", "debug_token"} else "node"


def stage_of(method: str, route: Route, *, is_job: bool) -> str:
    """Name the stage of work a request belongs to, one of ``STAGES``.

    Args:
        method: HTTP method.
        route: Where it goes.
        is_job: Whether the object is a report job.
    """
    if not route.object_id:
        return "batch" if method == "POST" else "node"
    if route.edge == "insights":
        if method == "POST":
            return "submit"
        return "read" if is_job else "sync_insights"
    if method != "GET":
        return "write"
    if is_job:
        return "poll"
    return "list" if route.edge else "node"
