from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox._graph.sessions import Turn, check_turn, read_turn
from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._world.sessions import Session

if TYPE_CHECKING:
    import requests

    from tests.asking import Client
    from tests.conftest import Start

_90 = 90 * 60


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


A, B, C = sha("a"), sha("b"), sha("c")


def _batch(  # noqa: PLR0913 - a request and its session
    client: Client,
    audience_id: str,
    seq: int,
    data: list[str],
    *,
    last: bool = False,
    session_id: int = 7,
    edge: str = "users",
    schema: str = "EMAIL",
    method: str = "POST",
) -> requests.Response:
    session = {"session_id": session_id, "batch_seq": seq, "last_batch_flag": last}
    body = {"session": session, "payload": {"schema": schema, "data": data}}
    return client.send(method, f"/v26.0/{audience_id}/{edge}", json=body)


def _good(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def _refused(response: requests.Response) -> tuple[int, int | None]:
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    return error["code"], error.get("error_subcode")


def _emails(client: Client, audience_id: str) -> list[object]:
    return [member["EMAIL"] for member in client.sandbox.members(audience_id)]


@pytest.fixture
def audience(client: Client) -> str:
    return client.sandbox.add_audience("People")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, Turn(None, 1, last=True)),
        ({"session_id": 1, "batch_seq": 1}, Turn(1, 1, last=False)),
        (
            {"session_id": 2**63 - 1, "batch_seq": 3, "last_batch_flag": True},
            Turn(2**63 - 1, 3, last=True),
        ),
        ('{"session_id": 9, "batch_seq": 2, "last_batch_flag": "true"}', Turn(9, 2, last=True)),
        ({"session_id": "12", "batch_seq": "2", "estimated_num_total": 5}, Turn(12, 2, last=False)),
    ],
)
def test_sessions_are_read(given: object, found: Turn) -> None:
    assert read_turn({} if given is None else {"session": given}) == found


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "session must be an object"),
        ({"batch_seq": 1}, "session[session_id] must be a positive"),
        ({"session_id": 0, "batch_seq": 1}, "session[session_id] must be a positive"),
        ({"session_id": -4, "batch_seq": 1}, "session[session_id] must be a positive"),
        ({"session_id": 2**63, "batch_seq": 1}, "session[session_id] must be a positive"),
        ({"session_id": 1.5, "batch_seq": 1}, "session[session_id] must be a positive"),
        ({"session_id": True, "batch_seq": 1}, "session[session_id] must be a positive"),
        ({"session_id": "x", "batch_seq": 1}, "session[session_id] must be a positive"),
        ({"session_id": 1}, "session[batch_seq] must be a positive"),
        ({"session_id": 1, "batch_seq": 0}, "session[batch_seq] must be a positive"),
        ({"session_id": 1, "batch_seq": 1, "last_batch_flag": 5}, "must be a boolean"),
        ({"session_id": 1, "batch_seq": 1, "last": True}, "unknown keys: last"),
    ],
)
def test_wrong_sessions(given: object, words: str) -> None:
    with pytest.raises(GraphError) as caught:
        read_turn({"session": given})
    assert caught.value.code == 100
    assert words in caught.value.message


def test_a_session_may_be_required() -> None:
    with pytest.raises(GraphError, match="Missing required parameter: session"):
        read_turn({}, required=True)


def _session(kind: str, *, ended: bool = False) -> Session:
    answers = {3: (33, b"third")}
    if kind == "replace":
        answers |= {1: (11, b"first")}
    return Session(7, "a", kind, ("EMAIL",), 1_000.0, 1_500.0 if ended else None, 3, 0, 0, answers)


@pytest.mark.parametrize(
    ("session", "seq", "content", "after", "expected"),
    [
        (None, 1, 1, 0, None),
        (None, 2, 1, 0, (2650, 1870147)),
        (_session("add"), 4, 1, 0, None),
        (_session("add"), 3, 33, 0, b"third"),
        (_session("add"), 3, 34, 0, (100, None)),
        (_session("add"), 2, 1, 0, (100, None)),
        (_session("add"), 5, 1, 0, (100, None)),
        (_session("add"), 4, 1, _90, None),
        (_session("add"), 4, 1, _90 + 1, (2650, 1870158)),
        (_session("add", ended=True), 4, 1, 0, (2650, 1870159)),
        (_session("add", ended=True), 3, 33, 0, b"third"),
        (_session("replace"), 9, 1, 0, None),
        (_session("replace"), 3, 34, 0, None),
        (_session("replace"), 1, 11, 0, b"first"),
        (_session("replace"), 1, 12, 0, (2650, 1870145)),
        (_session("replace"), 4, 1, _90 + 1, (2650, 1870158)),
        (_session("replace", ended=True), 4, 1, 0, (2650, 1870159)),
    ],
)
def test_what_a_batch_is_to_its_session(
    session: Session | None, seq: int, content: int, after: float, expected: object
) -> None:
    fresh = Session(7, "a", session.kind if session else "add", ("EMAIL",), 1_000.0 + after)
    turn = Turn(7, seq, last=False)
    if isinstance(expected, tuple):
        with pytest.raises(GraphError) as caught:
            check_turn(session, turn, fresh, content, fresh.began)
        assert (caught.value.code, caught.value.subcode) == expected
    else:
        assert check_turn(session, turn, fresh, content, fresh.began) == expected


@pytest.mark.parametrize(
    "change", [{"audience_id": "b"}, {"kind": "remove"}, {"schema": ("PHONE",)}]
)
def test_a_session_stays_what_it_is(change: dict[str, Any]) -> None:
    fresh = Session(
        **{"id": 7, "audience_id": "a", "kind": "add", "schema": ("EMAIL",), "began": 0, **change}
    )
    with pytest.raises(GraphError) as caught:
        check_turn(_session("add"), Turn(7, 4, last=False), fresh, 1, 1_000)
    assert (caught.value.code, caught.value.subcode) == (100, None)


def test_batches_in_order(client: Client, audience: str) -> None:
    assert _good(_batch(client, audience, 1, [A, "x"]))["num_received"] == 2
    answer = _good(_batch(client, audience, 2, [B], last=True))
    assert (answer["session_id"], answer["num_received"]) == ("7", 3)
    assert (answer["num_invalid_entries"], answer["invalid_entry_samples"]) == (0, {})
    assert _refused(_batch(client, audience, 3, [C])) == (2650, 1870159)
    assert _emails(client, audience) == [A, B]


def test_the_invalid_may_be_counted_over_the_session(start: Start) -> None:
    client = start(invalid_count="session")
    audience_id = client.sandbox.add_audience("x")
    assert _good(_batch(client, audience_id, 1, ["x", A]))["num_invalid_entries"] == 1
    answer = _good(_batch(client, audience_id, 2, ["y", B]))
    assert answer["num_invalid_entries"] == 2
    assert list(answer["invalid_entry_samples"]) == ['["y"]']


def test_a_repeated_batch_is_not_applied_twice(client: Client, audience: str) -> None:
    first = _batch(client, audience, 1, [A, "x"])
    assert _batch(client, audience, 1, [A, "x"]).json() == first.json()
    last = _batch(client, audience, 2, [B], last=True)
    # In between somebody else removes the member; a retry must not bring them back.
    _good(_batch(client, audience, 1, [B], session_id=8, method="DELETE"))
    assert _batch(client, audience, 2, [B], last=True).json() == last.json()
    assert _emails(client, audience) == [A]


def test_a_refused_batch_does_not_count(client: Client, audience: str) -> None:
    _good(_batch(client, audience, 1, [A]))
    assert _refused(_batch(client, audience, 2, []))[0] == 100
    assert _refused(_batch(client, audience, 3, [B]))[0] == 100
    assert _good(_batch(client, audience, 2, [B]))["num_received"] == 2


def test_sessions_time_out_by_the_sandboxs_clock(client: Client, audience: str) -> None:
    _good(_batch(client, audience, 1, [A]))
    client.sandbox.advance(_90 + 60)
    assert _refused(_batch(client, audience, 2, [B])) == (2650, 1870158)
    assert _emails(client, audience) == [A]


def test_an_id_is_unique_in_the_account(client: Client, audience: str) -> None:
    other = client.sandbox.add_audience("Others")
    elsewhere = client.sandbox.add_audience(
        "Elsewhere", account_id=client.sandbox.world.accounts[1].account_id
    )
    _good(_batch(client, audience, 1, [A], last=True))
    assert _refused(_batch(client, other, 1, [A]))[0] == 100
    _good(_batch(client, elsewhere, 1, [A]))


def test_sessions_are_listed(client: Client, audience: str) -> None:
    _good(_batch(client, audience, 1, [A, "x"]))
    client.sandbox.advance(10)
    _good(_batch(client, audience, 1, [B], session_id=8, last=True))
    rows = client.rows(f"{audience}/sessions", limit=1)
    assert [row["session_id"] for row in rows] == ["8", "7"]
    assert rows[1] == {
        "session_id": "7",
        "start_time": rows[1]["start_time"],
        "end_time": "",
        "num_received": "2",
        "num_matched": "-1",
        "num_invalid_entries": "1",
        "progress": "0.0",
        "stage": "uploading",
    }
    assert rows[0]["stage"] == "finished"
    assert int(rows[0]["start_time"]) >= int(rows[1]["start_time"]) + 10
    (one,) = client.rows(f"{audience}/sessions", session_id="7", fields="stage,num_received")
    assert one == {"stage": "uploading", "num_received": "2"}
    client.sandbox.advance(_90)
    (one,) = client.rows(f"{audience}/sessions", session_id="7", fields="stage")
    assert one == {"stage": "finished"}


# ------------------------------------------------------------------ /usersreplace


def _replace(client: Client, audience_id: str, seq: int, data: list[str], **more: Any) -> Any:  # noqa: ANN401 - passed on
    return _batch(client, audience_id, seq, data, edge="usersreplace", **more)


def _status(client: Client, audience_id: str) -> str:
    row = client.get(audience_id, fields="operation_status").json()
    return str(row["operation_status"]["description"])


def test_replacing_swaps_at_the_end(client: Client) -> None:
    audience_id = client.sandbox.add_audience("x", members=[{"EMAIL": A}])
    answer = _good(_replace(client, audience_id, 1, [B]))
    assert (answer["audience_id"], answer["num_received"]) == (audience_id, 1)
    assert _emails(client, audience_id) == [A]
    assert _status(client, audience_id) == "replace_in_progress"
    for method in ("POST", "DELETE"):
        refused = _batch(client, audience_id, 1, [C], session_id=8, method=method)
        assert _refused(refused) == (2650, 1870145)
    assert _refused(_replace(client, audience_id, 1, [C], session_id=9)) == (2650, 1870145)
    # The other batches may have any number but 1.
    _good(_replace(client, audience_id, 40, [C]))
    answer = _good(_replace(client, audience_id, 12, [sha("d")], last=True))
    assert answer["num_received"] == 3
    assert _emails(client, audience_id) == [B, C, sha("d")]
    assert _status(client, audience_id) == "Normal"
    assert _refused(_replace(client, audience_id, 13, [A])) == (2650, 1870159)
    _good(_batch(client, audience_id, 1, [A], session_id=8))


def test_a_replacement_begins_with_one(client: Client, audience: str) -> None:
    assert _refused(_replace(client, audience, 2, [A])) == (2650, 1870147)
    assert _status(client, audience) == "Normal"
    response = client.send(
        "POST",
        f"/v26.0/{audience}/usersreplace",
        json={"payload": {"schema": "EMAIL", "data": [A]}},
    )
    assert "Missing required parameter: session" in response.json()["error"]["message"]


def test_retries_of_a_replacement(client: Client) -> None:
    audience_id = client.sandbox.add_audience("x", members=[{"EMAIL": A}])
    first = _replace(client, audience_id, 1, [B])
    assert _replace(client, audience_id, 1, [B]).json() == first.json()
    _good(_replace(client, audience_id, 2, [C]))
    last = _replace(client, audience_id, 3, [sha("d")], last=True)
    assert _replace(client, audience_id, 3, [sha("d")], last=True).json() == last.json()
    assert _emails(client, audience_id) == [B, C, sha("d")]


def test_a_replacement_that_takes_too_long_ends_with_what_came(client: Client) -> None:
    audience_id = client.sandbox.add_audience("x", members=[{"EMAIL": A}])
    _good(_replace(client, audience_id, 1, [B]))
    client.sandbox.advance(_90 + 60)
    assert _refused(_replace(client, audience_id, 2, [C], last=True)) == (2650, 1870158)
    assert _emails(client, audience_id) == [B]
    assert _status(client, audience_id) == "replace_error"
    _good(_batch(client, audience_id, 1, [C], session_id=8))
    assert _emails(client, audience_id) == [B, C]
    _good(_replace(client, audience_id, 1, [A], session_id=9, last=True))
    assert (_emails(client, audience_id), _status(client, audience_id)) == ([A], "Normal")


def test_the_keys_stay_through_a_replacement(client: Client, audience: str) -> None:
    _good(_replace(client, audience, 1, [A]))
    assert _refused(_replace(client, audience, 2, [A], schema="PHONE")) == (100, None)


def test_a_lost_answer_of_a_replacement(client: Client, audience: str) -> None:
    client.sandbox.add_fault({"match": {"edge": "usersreplace"}, "answer": {"kind": "drop_after"}})
    with pytest.raises(OSError):  # noqa: PT011 - whatever a cut connection is called
        _replace(client, audience, 1, [A], last=True)
    assert _emails(client, audience) == [A]
    assert _good(_replace(client, audience, 1, [A], last=True))["num_received"] == 1


def test_erasing_reaches_a_replacement_under_way(client: Client) -> None:
    audience_id = client.sandbox.add_audience("x", members=[{"EMAIL": A}])
    _good(_replace(client, audience_id, 1, [A, B]))
    body = {"payload": {"schema": "EMAIL", "data": [A]}}
    _good(client.send("DELETE", f"/v26.0/{client.account}/usersofanyaudience", json=body))
    assert _emails(client, audience_id) == []
    _good(_replace(client, audience_id, 2, [C], last=True))
    assert _emails(client, audience_id) == [B, C]
