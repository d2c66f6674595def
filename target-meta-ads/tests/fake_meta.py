"""Meta as the delivery sees it: audiences and pixels in memory, and answers in a chosen order."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from meta_graph import failed_job
from target_meta_ads.audiences import rows
from target_meta_ads.delivery.senders import Answered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meta_graph import Call, GraphError
    from target_meta_ads.delivery.destinations import Request

ACCOUNT = "77"
START = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
TOO_OLD = (100, 2804003)
TOO_MUCH = (100, 1487534)
GONE = (100, 33)
TOO_SMALL = (200, 1870047)
_NO_KEYS = {"LOOKALIKE_VALUE"}
HANGS = 50
"""Waits for an answer while nothing is on its way, one behind the other."""


def refusal(
    code: int, subcode: int | None = None, message: str = "Invalid parameter"
) -> GraphError:
    """The error that Meta's code stands for."""
    status = {"error_code": code, "error_subcode": subcode, "error_message": message}
    return failed_job(status, account=None)


@dataclass(frozen=True)
class Asked:
    """A request as Meta reads it."""

    method: str
    path: str
    body: dict[str, Any]

    @property
    def target(self) -> str:
        return self.path.split("/")[0]

    @property
    def is_removal(self) -> bool:
        return self.method == "DELETE"

    @property
    def schema(self) -> list[str]:
        found: list[str] = self.body["payload"]["schema"]
        return found

    @property
    def data(self) -> list[Any]:
        found: list[Any] = (
            self.body["data"] if "data" in self.body else self.body["payload"]["data"]
        )
        return found

    @property
    def people(self) -> list[dict[str, str]]:
        return [dict(zip(self.schema, row, strict=True)) for row in self.data]

    @property
    def ids(self) -> list[str]:
        """`EXTERN_ID` of the people, or `event_id` of the events."""
        if self.path.endswith("/events"):
            return [event["event_id"] for event in self.data]
        return [person["EXTERN_ID"] for person in self.people]


Row = frozenset[tuple[str, str]]


def row_of(person: dict[str, str]) -> Row:
    """What a person is known by."""
    return frozenset((key, cell) for key, cell in person.items() if cell and key not in _NO_KEYS)


def meant(gone: set[Row], there: set[Row]) -> set[Row]:
    """Whom a removal takes out: who says the same wherever both say anything.

    They have a key in common that says who somebody is; else only the very row is meant.
    """
    by_cell: dict[tuple[str, str], list[Row]] = {}
    for row in gone:
        for cell in row:
            by_cell.setdefault(cell, []).append(row)
    return gone & there | {
        row
        for row in there
        for cell in row
        if cell[0] in rows.STRONG_KEYS
        for other in by_cell.get(cell, ())
        if all(dict(row).get(name, value) == value for name, value in other)
    }


@dataclass
class FakeMeta:
    """Holds members and events, and refuses what a test wants it to.

    Attributes:
        members: Rows by audience.
        events: Accepted events by pixel, in order.
        log: All requests, with whether they were carried out.
        refuses: Says why a request is refused.
        is_invalid: Says why a row is.
        is_bad: Whether an event is.
        most_named: Invalid rows that an answer names.
    """

    members: dict[str, set[Row]] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    log: list[tuple[Asked, bool]] = field(default_factory=list)
    refuses: Callable[[Asked], GraphError | None] = lambda _: None
    is_invalid: Callable[[dict[str, str]], str | None] = lambda _: None
    is_bad: Callable[[dict[str, Any]], bool] = lambda _: False
    most_named: int = 100
    most_requests: int = 5_000
    _replacing: dict[str, tuple[int, int, set[Row]]] = field(default_factory=dict)

    def answer(self, call: Call) -> tuple[Any, GraphError | None]:
        """Carry a call out."""
        asked = read(call)
        assert len(self.log) < self.most_requests, "requests without end"
        error = self.refuses(asked)
        if error is None and asked.path.endswith("/events") and any(map(self.is_bad, asked.data)):
            error = refusal(*TOO_OLD, "An event is too old")
        self.log.append((asked, error is None))
        if error is not None:
            return None, error
        if asked.path.endswith("/events"):
            self.events.setdefault(asked.target, []).extend(asked.data)
            return {"events_received": len(asked.data), "messages": []}, None
        return self._take_people(asked), None

    def _take_people(self, asked: Asked) -> dict[str, Any]:
        wrong: list[tuple[str, str]] = []
        good: set[Row] = set()
        for person, row in zip(asked.people, asked.data, strict=True):
            why = self.is_invalid(person)
            if why is None:
                good.add(row_of(person))
            else:
                wrong.append((json.dumps(row), why))
        if asked.path.endswith("/usersofanyaudience"):
            for some in self.members.values():
                some.difference_update(good)
        elif asked.path.endswith("/usersreplace"):
            self._replace(asked, good)
        else:
            assert asked.target not in self._replacing, "an open replacement blocks the audience"
            there = self.members.setdefault(asked.target, set())
            if asked.is_removal:
                there -= meant(good, there)
            else:
                there |= good
        return {
            "audience_id": asked.target,
            "session_id": str(asked.body["session"]["session_id"]),
            "num_received": len(asked.data),
            "num_invalid_entries": len(wrong),
            "invalid_entry_samples": dict(wrong[: self.most_named]),
        }

    def _replace(self, asked: Asked, good: set[Row]) -> None:
        session = asked.body["session"]
        number, before, some = self._replacing.pop(asked.target, (session["session_id"], 0, set()))
        assert number == session["session_id"], "one session at a time"
        assert session["batch_seq"] == before + 1, "batches in order"
        some |= good
        if session["last_batch_flag"]:
            self.members[asked.target] = some
        else:
            self._replacing[asked.target] = (number, before + 1, some)

    def ids(self, audience: str) -> list[str]:
        """`EXTERN_ID` of each row of an audience, sorted."""
        return sorted(dict(row)["EXTERN_ID"] for row in self.members.get(audience, ()))

    def requests(self, edge: str = "") -> list[Asked]:
        """The requests whose paths end so."""
        return [asked for asked, _ in self.log if asked.path.endswith(edge)]


def read(call: Call) -> Asked:
    """Read a call as Meta does."""
    assert isinstance(call.json, bytes)
    assert not call.params
    return Asked(call.method, call.path, json.loads(call.json))


class ChosenSends:
    """Takes the place of `Senders`: a test chooses whose answer comes next.

    A request is carried out when its answer is taken, so what is on its way may arrive in any
    order. Two requests with one person on their way, one of them an add, are an error.

    Args:
        meta: Carries requests out.
        most: Requests on their way at once.
        pick: The place of the next answer among so many requests; None while none is there.
    """

    def __init__(
        self, meta: FakeMeta, most: int = 4, pick: Callable[[int], int | None] | None = None
    ) -> None:
        self._meta = meta
        self._most = most
        self.pick = pick or (lambda _: None)
        self.flying: list[tuple[Call, Request]] = []
        self._idle = 0

    @property
    def has_room(self) -> bool:
        return len(self.flying) < self._most

    @property
    def in_flight(self) -> int:
        return len(self.flying)

    def send(self, call: Call, about: Request) -> None:
        asked = read(call)
        if asked.path.endswith("/users"):
            for other in (read(one) for one, _ in self.flying):
                if other.path == asked.path and not (asked.is_removal and other.is_removal):
                    assert set(asked.ids).isdisjoint(other.ids), "a person is on the way already"
        self.flying.append((call, about))

    def answers(self, *, wait: bool = False) -> Iterator[Answered[Request]]:
        self._idle = self._idle + 1 if wait and not self.flying else 0
        assert self._idle < HANGS, "it waits for answers while nothing is on its way"
        while self.flying:
            at = self.pick(len(self.flying))
            if at is None and not wait:
                return
            call, about = self.flying.pop(at or 0)
            wait = False
            yield Answered(about, *self._meta.answer(call))

    def close(self) -> None:
        self.flying.clear()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def key(text: str) -> bytes:
    """The key of a person or an event."""
    return bytes.fromhex(digest(text))[:16]


def packed(person: str, *emails: str, **more: str) -> bytes:
    """The rows of a person, one for each e-mail address; `more` are other keys of Meta's."""
    made = []
    for email in emails:
        row = [b""] * len(rows.KEYS)
        for name, text in {"EXTERN_ID": person, "EMAIL": email, **more}.items():
            is_plain = name in rows.PLAIN_KEYS
            cell = rows.plain_cell(text) if is_plain else bytes.fromhex(digest(text))
            row[rows.KEYS.index(name)] = cell
        made.append(row)
    return rows.pack(rows.bits("EXTERN_ID", "EMAIL", *more), made)


def rows_of(content: bytes) -> set[Row]:
    """Packed rows as Meta holds them."""
    names, cells = rows.unpack(content)
    return {row_of(dict(zip(names, map(str, row), strict=True))) for row in cells}


def event_ids(count: int, prefix: str = "e") -> list[str]:
    """Ids of events, in their order."""
    return [f"{prefix}{number:05}" for number in range(count)]


def received(meta: FakeMeta, pixel: str = "9") -> list[str]:
    """The ids of the events that a pixel has, in the order in which they came."""
    return [one["event_id"] for one in meta.events.get(pixel, [])]


def event(event_id: str, *, is_of_store: bool = False) -> bytes:
    source = "physical_store" if is_of_store else "website"
    body = {"event_name": "Lead", "event_id": event_id, "action_source": source}
    return json.dumps(body, separators=(",", ":")).encode()
