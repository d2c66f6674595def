from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.asking import Client


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


A, B = sha("a"), sha("b")


def _control(client: Client, path: str, method: str = "GET", **more: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    response = client.send(method, f"/__sandbox/{path}", **more)
    if response.headers["content-type"] == "application/x-ndjson":
        return [json.loads(line) for line in response.text.splitlines()]
    return response.json()


def _event(client: Client, **change: object) -> dict[str, Any]:
    now = int(client.sandbox.world.clock.seconds())
    return {
        "event_name": "Lead",
        "event_time": now,
        "action_source": "website",
        "user_data": {"em": [A]},
        **change,
    }


def _send_events(client: Client, events: list[dict[str, Any]], **more: object) -> str:
    pixel = client.sandbox.world.accounts[0].pixel_id
    body = {"data": events, **more}
    assert client.send("POST", f"/v26.0/{pixel}/events", json=body).status_code == 200
    return pixel


def test_audiences_over_http(client: Client) -> None:
    made = _control(
        client,
        "audiences",
        "POST",
        json={"name": "Made <here>", "members": [{"EMAIL": A}, {"EXTERN_ID": "1"}]},
    )["id"]
    listed = _control(client, "audiences")
    assert len(listed) == 13
    assert listed[0]["id"] == made
    assert (listed[0]["members"], listed[0]["state"], listed[0]["sessions"]) == (2, "normal", [])
    assert listed[0]["approximate_count_upper_bound"] == 1000
    assert len(_control(client, "audiences", params={"account_id": client.account})) == 5
    assert _control(client, f"audiences/{made}") == listed[0]
    assert _control(client, f"audiences/{made}/members") == [{"EMAIL": A}, {"EXTERN_ID": "1"}]


def test_states_over_http(client: Client) -> None:
    made = client.sandbox.add_audience("x")
    answer = _control(client, f"audiences/{made}", "POST", json={"state": "flagged"})
    assert answer == {"success": True}
    assert _control(client, f"audiences/{made}")["state"] == "flagged"
    answer = _control(client, f"audiences/{client.account}", "POST", json={"state": "no_business"})
    assert answer == {"success": True}
    response = client.post(f"{client.account}/customaudiences", name="x")
    assert response.json()["error"]["error_subcode"] == 1870050


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "audiences", {"nam": "x"}, "unknown field `nam`"),
        ("POST", "audiences", {}, "missing required field `name`"),
        ("POST", "audiences", {"name": "x", "account_id": "1"}, "no account 1"),
        ("POST", "audiences", {"name": "x", "members": [{"EMAIL": "y"}]}, "EMAIL is not a SHA-256"),
        ("GET", "audiences?account_id=1", None, "no account 1"),
        ("GET", "audiences/1", None, "no audience 1"),
        ("GET", "audiences/1/members", None, "no audience 1"),
        ("POST", "audiences/1", {"state": "flagged"}, "no audience 1"),
        ("POST", "audiences/1", {"status": "flagged"}, "what is the matter"),
        ("GET", "events?pixel_id=1", None, "no pixel 1"),
        ("GET", "events?view=all", None, "A view is one of"),
    ],
)
def test_wrong_questions(client: Client, method: str, path: str, body: object, words: str) -> None:
    response = client.send(method, f"/__sandbox/{path}", json=body)
    assert response.status_code == 400
    assert words in response.json()["error"]


def test_events_over_http(client: Client) -> None:
    event = _event(client, event_id="1")
    pixel = _send_events(client, [event, event], test_event_code="TEST9")
    shown = {**event, "test_event_code": "TEST9"}
    assert _control(client, "events") == [shown]
    assert _control(client, "events", params={"pixel_id": pixel, "view": "raw"}) == [shown, shown]
    assert _control(client, "events/counts") == {
        pixel: {
            "requests": 1,
            "raw": {"Lead": 2},
            "deduplicated": {"Lead": 1},
            "test_event_codes": {"TEST9": 2},
        }
    }


@pytest.mark.parametrize(
    ("path", "members", "events"),
    [("received", 0, 0), ("audiences", 0, 1), ("events", 1, 0)],
)
def test_clearing(client: Client, path: str, members: int, events: int) -> None:
    made = client.sandbox.add_audience("x", members=[{"EMAIL": A}])
    session = {"session_id": 1, "batch_seq": 1}
    body = {"session": session, "payload": {"schema": "EMAIL", "data": [A]}}
    client.send("POST", f"/v26.0/{made}/users", json=body)
    _send_events(client, [_event(client)])
    assert _control(client, path, "DELETE") == {"success": True}
    assert len(client.sandbox.members(made)) == members
    assert len(client.sandbox.events()) == events
    assert len(_control(client, f"audiences/{made}")["sessions"]) == members
    assert len(client.sandbox.audiences()) == 13


def test_clearing_forgets_duplicates_and_replacements(client: Client) -> None:
    made = client.sandbox.add_audience("x", members=[{"EMAIL": A}])
    session = {"session_id": 1, "batch_seq": 1}
    body = {"session": session, "payload": {"schema": "EMAIL", "data": [B]}}
    client.send("POST", f"/v26.0/{made}/usersreplace", json=body)
    _send_events(client, [_event(client, event_id="1")])
    client.sandbox.clear_received()
    _send_events(client, [_event(client, event_id="1")])
    assert len(client.sandbox.events()) == 1
    assert client.send("POST", f"/v26.0/{made}/users", json=body).status_code == 200


def test_the_page(client: Client) -> None:
    made = client.sandbox.add_audience("<b>People</b>")
    session = {"session_id": 4711, "batch_seq": 1}
    body = {"session": session, "payload": {"schema": ["EMAIL", "FN"], "data": [[A, B], ["x", B]]}}
    client.send("POST", f"/v26.0/{made}/users", json=body)
    _send_events(client, [_event(client, event_name="<i>Lead</i>")], test_event_code="TEST<9>")
    page = client.send("GET", "/__sandbox/received")
    assert page.headers["content-type"].startswith("text/html")
    text = page.text
    for shown in (
        made,
        "&lt;b&gt;People&lt;/b&gt;",
        "&lt;i&gt;Lead&lt;/i&gt;",
        "TEST&lt;9&gt;: 1",
        "4711",
        f"{A[:8]}…",
        "/users",
        client.sandbox.world.accounts[0].pixel_id,
    ):
        assert shown in text
    # Hashes are cut, also where the table of requests cuts them itself.
    assert A[:12] not in text
    assert B[:12] not in text
    assert "<b>People" not in text
    assert client.sandbox.token not in text


def test_the_main_page_leads_there_and_cuts_hashes_too(client: Client) -> None:
    made = client.sandbox.add_audience("x")
    body = {"payload": {"schema": "EMAIL", "data": [A, B] * 3}}
    client.send("POST", f"/v26.0/{made}/users", json=body)
    page = client.send("GET", "/__sandbox/").text
    assert '<a href="/__sandbox/received">' in page
    assert A[:8] in page
    assert A[:12] not in page
    assert B[:12] not in page


def test_the_page_of_a_fresh_sandbox(client: Client) -> None:
    text = client.send("GET", "/__sandbox/received").text
    assert text.count("None.") == 2
    assert "Last 0 requests" in text


def test_a_large_upload_is_logged_in_part(client: Client) -> None:
    made = client.sandbox.add_audience("x")
    rows = [sha(str(number)) for number in range(1_000)]
    body = {"payload": {"schema": "EMAIL", "data": rows}, "access_token": client.sandbox.token}
    client.send("POST", f"/v26.0/{made}/users", json=body)
    logged: Any = client.sandbox.requests()[-1]["body"]
    assert logged["access_token"] == "<redacted>"
    assert rows[0] in logged["payload"]
    assert logged["payload"].endswith("characters)")
    assert len(logged["payload"]) < 21_000


def test_no_secret_shows_where_a_long_value_is_cut(client: Client) -> None:
    secret = client.sandbox.token
    log = client.sandbox.engine.log
    for length in range(19_900, 22_100):
        value = "x" * length + secret + "y" * 5_000
        (cut,) = log.redact({"text": value}).values()
        assert secret[:6] not in str(cut)
