"""The records: made-up people and events, as a tap writes them.

All of it follows from the number of the record and the time of the run. Names and ZIP codes come
again as they do among people; addresses, phone numbers and ids do not.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DESTINATION = "120000000000001"
"""Id of the audience, and of the pixel."""

# As often as taps of databases write one: more often than a request of people is full.
_STATE_EVERY = 1_000

_BEGINNINGS = "An Bel Cor Dar El Fran Gal Har Is Jo Kar Lu Mar Nor Ol Per Ros Sam Tor Val".split()
_MIDDLES = "a e i o u an en in on er ar il".split()
_ENDS = "a da la na ra sa ta bert dor mir".split()
_FIRST_NAMES = [one + two + end for one in _BEGINNINGS for two in _MIDDLES for end in _ENDS[:5]]
_LAST_NAMES = [
    one + two + end
    for one in _FIRST_NAMES
    for two, end in zip(_MIDDLES, ["berg", "son", "er", "s", "ski", "mann"] * 2, strict=False)
]
_AREAS = (202, 206, 212, 213, 303, 305, 312, 313, 404, 415, 503, 512, 602, 617, 702, 713, 801, 816)
_ZIP_CODES = 30_000
_ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"
_BROWSERS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_ENGINE} Chrome/{{0}}.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; K) {_ENGINE} Chrome/{{0}}.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
)
_AGENTS = [browser.format(version) for browser in _BROWSERS for version in range(100, 140)]
_SECONDS_BACK = 5 * 86_400  # Meta takes events of the last seven days
_PRIME = 2_654_435_761  # spreads numbers that follow each other


@dataclass(frozen=True)
class Kind:
    """One kind of records.

    Attributes:
        name: Its name, and the stream's.
        most: Records that Meta takes in one request.
        edge: Method and end of the path of the requests that bring them.
        columns: Columns of the stream, of which the first is its key.
        match_keys: Those of them that tell who it is.
        settings: The target's block for the stream.
        row: Makes a record of its number and the time of the run.
    """

    name: str
    most: int
    edge: str
    columns: tuple[str, ...]
    match_keys: tuple[str, ...]
    settings: dict[str, Any]
    row: Callable[[int, datetime], dict[str, Any]]

    def requests(self, count: int) -> int:
        """The fewest requests that can bring so many records."""
        return math.ceil(count / self.most)

    def write(self, path: Path, count: int, now: datetime) -> None:
        """Write Singer messages with so many records to a file."""
        with path.open("w", encoding="utf-8") as file:
            file.writelines(self._lines(count, now))

    def _lines(self, count: int, now: datetime) -> Iterator[str]:
        schema: dict[str, Any] = {"properties": {name: {} for name in self.columns}}
        yield _line("SCHEMA", stream=self.name, key_properties=self.columns[:1], schema=schema)
        for number in range(count):
            yield _line("RECORD", stream=self.name, record=self.row(number, now))
            if (number + 1) % _STATE_EVERY == 0 or number + 1 == count:
                yield _line("STATE", value={"bookmarks": {self.name: number}})


def _line(kind: str, **content: object) -> str:
    return json.dumps({"type": kind, **content}, separators=(",", ":")) + "\n"


def _person(number: int, _now: datetime) -> dict[str, Any]:
    spread = number * _PRIME
    first = _FIRST_NAMES[spread % len(_FIRST_NAMES)]
    last = _LAST_NAMES[(spread >> 7) % len(_LAST_NAMES)]
    return {
        "external_id": f"C{number:08}",
        "email": _email(number, first, last),
        "phone": _phone(number),
        "first_name": first,
        "last_name": last,
        "zip": f"{10_000 + (spread >> 9) % _ZIP_CODES:05}",
        "country": "US",
    }


def _person_of_peer(number: int, now: datetime) -> dict[str, Any]:
    person = _person(number, now)
    return {
        "customer_id": person["external_id"],
        **{key: person[key] for key in ("email", "phone")},
    }


def _event(number: int, now: datetime) -> dict[str, Any]:
    spread = number * _PRIME
    first = _FIRST_NAMES[spread % len(_FIRST_NAMES)]
    last = _LAST_NAMES[(spread >> 7) % len(_LAST_NAMES)]
    when = now - timedelta(days=6) + timedelta(seconds=number % _SECONDS_BACK)
    order = f"{number:09}"
    return {
        "event_id": f"order-{order}",
        "event_name": "Purchase",
        "event_time": when.isoformat(),
        "action_source": "website",
        "event_source_url": f"https://shop.example.com/checkout/{order}",
        "email": _email(number, first, last),
        "phone": _phone(number),
        "external_id": f"C{number:08}",
        "fbp": f"fb.1.{1_760_000_000_000 + number}.{spread % 10**10}",
        "client_ip_address": f"{11 + spread % 100}.{spread >> 8 & 255}.{spread >> 16 & 255}.7",
        "client_user_agent": _AGENTS[(spread >> 5) % len(_AGENTS)],
        "value": 5 + spread % 30_000 / 100,
        "currency": "USD",
        "order_id": order,
        "num_items": 1 + spread % 5,
    }


def _email(number: int, first: str, last: str) -> str:
    """An address; one of ten as people type it."""
    address = f"{first}.{last}{number}@example.com".lower()
    return f" {address.capitalize()} " if number % 10 == 0 else address


def _phone(number: int) -> str:
    """A number that no other has, in one of the ways in which it is written."""
    line, rest = number % 10_000, number // 10_000
    exchange, rest = 220 + rest % 700, rest // 700
    area = _AREAS[(number + rest) % len(_AREAS)]
    return (
        f"+1{area}{exchange}{line:04}",
        f"({area}) {exchange}-{line:04}",
        f"{area}-{exchange}-{line:04}",
    )[number % 3]


_OF_A_PERSON = ("external_id", "email", "phone", "first_name", "last_name", "zip", "country")
PEOPLE = Kind(
    "people",
    10_000,
    "POST users",
    _OF_A_PERSON,
    _OF_A_PERSON,
    {"destination": "custom_audience", "audience_id": DESTINATION},
    _person,
)
# With the match keys alone that the peer takes; of the key nothing is sent.
PEOPLE_OF_PEER = Kind(
    PEOPLE.name,
    PEOPLE.most,
    PEOPLE.edge,
    ("customer_id", "email", "phone"),
    ("email", "phone"),
    PEOPLE.settings,
    _person_of_peer,
)
EVENTS = Kind(
    "events",
    1_000,
    "POST events",
    tuple(_event(0, datetime.now(timezone.utc))),
    ("email", "phone", "external_id", "fbp", "client_ip_address", "client_user_agent"),
    {"destination": "events", "pixel_id": DESTINATION},
    _event,
)
KINDS = {kind.name: kind for kind in (PEOPLE, EVENTS)}
