"""What goes over the wire, of audiences and of events."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from target_meta_ads.audiences import rows
from target_meta_ads.audiences.calls import Session, erasure, members, new_session, replacement
from target_meta_ads.events.calls import events, received
from tests.fake_meta import digest, packed

if TYPE_CHECKING:
    from meta_graph import Call

SCHEMA = rows.bits("EXTERN_ID", "EMAIL")
PEOPLE = [packed("a", "ada@a.example"), packed("b", "bea@a.example", "bea@b.example")]
DATA = [
    ["a", digest("ada@a.example")],
    *sorted([["b", digest("bea@a.example")], ["b", digest("bea@b.example")]]),
]
PAYLOAD = {"schema": ["EXTERN_ID", "EMAIL"], "data": DATA}


def body(call: Call) -> dict[str, Any]:
    assert isinstance(call.json, bytes)
    assert call.params == {}  # nothing personal in an address
    found: dict[str, Any] = json.loads(call.json)
    return found


@pytest.mark.parametrize(("is_removal", "method"), [(False, "POST"), (True, "DELETE")])
def test_members(*, is_removal: bool, method: str) -> None:
    session = Session(17, total=3)
    call = members("238", SCHEMA, PEOPLE, session, account="77", is_removal=is_removal)
    assert (call.method, call.path, call.account) == (method, "238/users", "77")
    assert call.idempotent
    assert body(call) == {
        "session": {
            "session_id": 17,
            "batch_seq": 1,
            "last_batch_flag": True,
            "estimated_num_total": 3,
        },
        "payload": PAYLOAD,
    }


def test_a_session_of_unknown_length_says_nothing_of_it() -> None:
    call = members("238", SCHEMA, PEOPLE, Session(17), account=None)
    assert body(call)["session"] == {"session_id": 17, "batch_seq": 1, "last_batch_flag": True}
    assert call.account is None


def test_page_scoped_ids_name_their_page() -> None:
    row = [b""] * len(rows.KEYS)
    row[rows.KEYS.index("PAGEUID")] = rows.plain_cell("5551")
    schema = rows.bits("PAGEUID")
    call = members(
        "238", schema, [rows.pack(schema, [row])], Session(1), account=None, page_id="42"
    )
    assert body(call)["payload"] == {
        "schema": ["PAGEUID"],
        "is_raw": True,
        "page_ids": ["42"],
        "data": [["5551"]],
    }


def test_other_ids_name_no_page() -> None:
    call = members("238", SCHEMA, PEOPLE, Session(1), account=None, page_id="42")
    assert body(call)["payload"] == PAYLOAD


@pytest.mark.parametrize(("batch", "is_last"), [(1, False), (2, False), (3, True)])
def test_replacement(batch: int, *, is_last: bool) -> None:
    session = Session(17, batch, is_last, 30_000)
    call = replacement("238", SCHEMA, PEOPLE, session, account="77")
    assert (call.method, call.path, call.account) == ("POST", "238/usersreplace", "77")
    assert call.idempotent
    assert body(call) == {
        "session": {
            "session_id": 17,
            "batch_seq": batch,
            "last_batch_flag": is_last,
            "estimated_num_total": 30_000,
        },
        "payload": PAYLOAD,
    }


def test_erasure() -> None:
    call = erasure("77", SCHEMA, PEOPLE, Session(17))
    assert (call.method, call.path) == ("DELETE", "act_77/usersofanyaudience")
    assert call.account == "77"
    assert call.idempotent
    assert body(call)["payload"] == PAYLOAD


def test_sessions_are_positive_of_63_bits_and_all_different() -> None:
    sessions = [new_session(5) for _ in range(2_000)]
    assert all(1 <= session.id <= 2**63 - 1 for session in sessions)
    assert len({session.id for session in sessions}) == len(sessions)
    assert max(session.id for session in sessions) > 2**61  # all of the bits are used
    assert {(one.batch, one.is_last, one.total) for one in sessions} == {(1, True, 5)}


@pytest.mark.parametrize(("drawn", "expected"), [(0, 1), (2**63 - 2, 2**63 - 1)])
def test_the_smallest_and_the_largest_session(
    monkeypatch: pytest.MonkeyPatch, drawn: int, expected: int
) -> None:
    def randbelow(end: int) -> int:
        assert end == 2**63 - 1
        return drawn

    monkeypatch.setattr("secrets.randbelow", randbelow)
    assert new_session(1).id == expected


def test_events() -> None:
    bodies = [b'{"event_name":"Lead","value":12.30}', b'{"event_name":"Purchase"}']
    call = events("9", bodies, {"test_event_code": "TEST1", "partner_agent": 'a"b'}, "77")
    assert (call.method, call.path, call.account) == ("POST", "9/events", "77")
    assert call.idempotent
    assert body(call) == {
        "data": [{"event_name": "Lead", "value": 12.3}, {"event_name": "Purchase"}],
        "test_event_code": "TEST1",
        "partner_agent": 'a"b',
    }
    assert b'"value":12.30}' in call.json  # money keeps its digits


def test_events_without_options() -> None:
    assert body(events("9", [b'{"a":1}'], {}, None)) == {"data": [{"a": 1}]}


@pytest.mark.parametrize(
    ("payload", "count"),
    [
        ({"events_received": 3}, 3),
        ({"events_received": 0, "messages": []}, 0),
        ({}, None),
        (None, None),
        ([], None),
        ({"events_received": "3"}, None),
        ({"events_received": Decimal(3)}, None),
    ],
)
def test_how_many_events_were_received(payload: object, count: int | None) -> None:
    assert received(payload) == count
