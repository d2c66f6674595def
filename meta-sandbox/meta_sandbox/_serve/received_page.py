"""The page for people that shows what was sent: audiences with members and sessions, and events.

Hashes are shown by their first digits: enough to compare by eye, too little to look a person up by.
"""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING, cast

import msgspec

from meta_sandbox._serve.page import document, requests_table, shorten, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from meta_sandbox._serve.engine import Engine

_SHOWN = 50
_MEMBERS = 5
_EVENTS = 5
_EDGES = frozenset({"customaudiences", "users", "usersreplace", "usersofanyaudience", "events"})


def render_received(engine: Engine) -> str:
    """Return the page as HTML."""
    entries = [
        entry
        for entry in engine.log.entries()
        if entry["method"] != "GET" and entry["edge"] in _EDGES
    ][-_SHOWN:]
    return document(
        "Audiences and events received",
        f'<p><a href="/__sandbox/">The advertiser</a></p>'
        f"<h2>Audiences</h2>{_audiences(engine)}"
        f"<h2>Sessions</h2>{_sessions(engine)}"
        f"<h2>Events</h2>{_events(engine)}"
        f"<h2>Last {len(entries)} requests</h2>{requests_table(reversed(entries))}"
        '<p class="quiet">For programs: <code>/__sandbox/audiences</code>, '
        "<code>/__sandbox/audiences/{id}/members</code>, <code>/__sandbox/events</code>, "
        "<code>/__sandbox/events/counts</code>.</p>",
    )


def _code(value: object) -> str:
    return f"<code>{shorten(escape(msgspec.json.encode(value).decode()))}</code>"


def _audiences(engine: Engine) -> str:
    rows = []
    for audience in engine.received.audiences():
        audience_id = str(audience["id"])
        members = list(islice(engine.received.members(audience_id), _MEMBERS))
        status = cast("Mapping[str, object]", audience["operation_status"])
        rows.append(
            (
                f"<code>{audience_id}</code>",
                escape(str(audience["name"])),
                escape(str(audience["subtype"])),
                escape(str(status["description"])),
                "<br>".join(map(_code, members)),
                str(audience["members"]),
                _bounds(audience),
            )
        )
    head = ("audience", "name", "subtype", "status", "first members", "members", "size as told")
    return table(head, rows, 2)


def _bounds(audience: Mapping[str, object]) -> str:
    return " to ".join(
        str(audience[f"approximate_count_{end}_bound"]) for end in ("lower", "upper")
    )


def _sessions(engine: Engine) -> str:
    rows = [
        (
            f"<code>{session['session_id']}</code>",
            f"<code>{audience['id']}</code>",
            str(session["stage"]),
            str(session["num_received"]),
            str(session["num_invalid_entries"]),
        )
        for audience in engine.received.audiences()
        for session in cast("Iterable[Mapping[str, object]]", audience["sessions"])
    ]
    if not rows:
        return '<p class="quiet">None.</p>'
    return table(("session", "audience", "stage", "received", "invalid"), rows[:_SHOWN], 2)


def _events(engine: Engine) -> str:
    parts = []
    for pixel_id, counts in engine.received.event_counts().items():
        raw = cast("Mapping[str, int]", counts["raw"])
        kept = cast("Mapping[str, int]", counts["deduplicated"])
        tests = cast("Mapping[str, int]", counts["test_event_codes"])
        rows = [(escape(name), str(raw[name]), str(kept[name])) for name in sorted(raw)]
        codes = ", ".join(f"{escape(code)}: {count}" for code, count in sorted(tests.items()))
        shown = islice(engine.received.event_lines(pixel_id, "raw"), _EVENTS)
        parts.append(
            f"<h3>Pixel <code>{pixel_id}</code></h3>"
            + table(("event", "received", "without duplicates"), rows, 2)
            + f"<p>{counts['requests']} requests. Test events: {codes or 'none'}. First ones:</p>"
            + "<br>".join(_code(msgspec.json.decode(line)) for line in shown)
        )
    return "".join(parts) or '<p class="quiet">None.</p>'
