#!/usr/bin/env python3
"""Two people and an order as a tap would tell them; nobody of them is real."""

import json
import sys
from datetime import datetime, timedelta, timezone

# Meta takes no event that is older than seven days.
AN_HOUR_AGO = datetime.now(timezone.utc) - timedelta(hours=1)

STREAMS = {
    "people": [
        {"id": 1, "email": "ada@example.com", "phone": "+1 415 555 0100"},
        {"id": 2, "email": "grace@example.com", "phone": None},
    ],
    "orders": [
        {
            "id": "A-1",
            "event_name": "Purchase",
            "event_time": AN_HOUR_AGO.isoformat(timespec="seconds"),
            "event_source_url": "https://example.com/thanks",
            "client_user_agent": "Mozilla/5.0",
            "email": "ada@example.com",
            "total": 12.5,
        },
    ],
}


def write(**message: object) -> None:
    """Write one Singer message."""
    sys.stdout.write(json.dumps(message) + "\n")


for stream, rows in STREAMS.items():
    properties = {name: {} for name in rows[0]}
    write(type="SCHEMA", stream=stream, key_properties=["id"], schema={"properties": properties})
    for row in rows:
        write(type="RECORD", stream=stream, record=row)
write(type="STATE", value={"orders": "A-1"})
