"""The call of a pixel's events: what goes over the wire. Pure.

Shape: guide to the Conversions API, "Using the API". Meta takes 1,000 events in a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from meta_graph import Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_EVENTS = 1_000


def events(
    pixel_id: str, bodies: Iterable[bytes], options: Mapping[str, str], account: str | None
) -> Call:
    """Send events.

    Args:
        pixel_id: The pixel, or data set.
        bodies: The JSON of each event.
        options: What else the request says, as `test_event_code`.
        account: The account, whose limits it counts against.
    """
    more = b"".join(
        b"," + msgspec.json.encode(name) + b":" + msgspec.json.encode(value)
        for name, value in options.items()
    )
    body = b"".join((b'{"data":[', b",".join(bodies), b"]", more, b"}"))
    # Sent again it is the same events: Meta knows them by their name and id, for 48 hours.
    return Call("POST", f"{pixel_id}/events", json=body, account=account, idempotent=True)


def received(payload: object) -> int | None:
    """How many events Meta says it has received; None when it says nothing of it."""
    found = payload.get("events_received") if isinstance(payload, dict) else None
    return found if isinstance(found, int) else None
