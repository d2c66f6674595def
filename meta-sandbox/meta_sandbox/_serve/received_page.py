"""The page for people that shows what was sent: audiences with members and sessions, and events."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, cast

import msgspec

from meta_sandbox._serve.html import as_json, respond
from meta_sandbox._serve.page import audience_rows, event_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from meta_sandbox._serve.engine import Engine
    from meta_sandbox._serve.log import Entry

_SHOWN = 50
_SAMPLES = 5
_EDGES = frozenset({"customaudiences", "users", "usersreplace", "usersofanyaudience", "events"})


def received_page(engine: Engine) -> Response:
    """Return the page."""
    received = engine.received
    audiences = [
        {**row, "first": list(map(as_json, islice(received.members(str(row["id"])), _SAMPLES)))}
        for row in audience_rows(engine)
    ]
    sessions = [
        {**session, "audience_id": audience["id"]}
        for audience in received.audiences()
        for session in cast("list[Mapping[str, object]]", audience["sessions"])
    ]
    return respond(
        "received.html",
        refresh=None,
        audiences=audiences,
        sessions=sessions[:_SHOWN],
        events=event_rows(engine),
        pixels=[
            {
                "id": pixel_id,
                "requests": counts["requests"],
                "tests": sorted(cast("Mapping[str, int]", counts["test_event_codes"]).items()),
                "first": [
                    as_json(msgspec.json.decode(line))
                    for line in islice(received.event_lines(pixel_id, "raw"), _SAMPLES)
                ],
            }
            for pixel_id, counts in received.event_counts().items()
        ],
        entries=engine.log.latest(_SHOWN, _is_write),
    )


def _is_write(entry: Entry) -> bool:
    return entry.method != "GET" and entry.edge in _EDGES
