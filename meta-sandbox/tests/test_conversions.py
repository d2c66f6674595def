from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox._graph.event_rules import DAY, WEAK, check_event
from meta_sandbox._protocol.errors import GraphError

if TYPE_CHECKING:
    import requests

    from tests.asking import Client

_NOW = 1_795_000_000.0


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_EM = sha("mary@example.com")


def _event(**change: object) -> dict[str, Any]:
    event = {
        "event_name": "Lead",
        "event_time": int(_NOW) - 60,
        "action_source": "website",
        "user_data": {"em": [_EM]},
        **change,
    }
    return {name: value for name, value in event.items() if value is not None}


def _purchase(**custom: object) -> dict[str, Any]:
    return _event(event_name="Purchase", custom_data=custom)


def _user(**user: object) -> dict[str, Any]:
    return _event(user_data=user)


@pytest.mark.parametrize(
    "event",
    [
        _event(),
        _event(event_time=int(_NOW) - 7 * DAY + 5),
        _event(event_time=int(_NOW) - 62 * DAY + 5, action_source="physical_store"),
        _event(event_time=int(_NOW) + 30),
        _event(event_id="e1", opt_out=False, event_source_url="https://shop.example/"),
        _event(data_processing_options=[], custom_data={"anything": {"nested": 1}}),
        _event(data_processing_options=["LDU"], data_processing_options_country=1),
        _event(original_event_data={"event_name": "x"}, referrer_url="https://a.example/"),
        _event(custom_data={"value": "1.5"}),
        _event(custom_data={"currency": "eur"}),
        _purchase(value=0, currency="JPY"),
        _purchase(value="9.90", currency="usd"),
        _user(em=_EM),
        _user(em=[_EM, sha("2")], ph=sha("3"), external_id="plain 1"),
        _user(external_id=["1", "2"]),
        _user(fbp="fb.1.1.1"),
        _user(client_ip_address="10.0.0.1", client_user_agent="x"),
        _user(fn=sha("a"), ln=sha("b")),
        _user(db=sha("a"), ge=sha("b")),
        _user(lead_id=123456789012345678),
        _user(em=[_EM], ph=[], fn=""),
    ],
)
def test_good_events(event: dict[str, Any]) -> None:
    check_event(event, 0, _NOW)


@pytest.mark.parametrize(
    ("event", "subcode", "words"),
    [
        (_event(event_time=int(_NOW) - 7 * DAY - 5), 2804003, "within 7 days"),
        (_event(event_time=int(_NOW) - 62 * DAY - 5, action_source="physical_store"), 2804003, ""),
        (_event(event_time=int(_NOW) + 120), None, "Event Timestamp In The Future"),
        (_event(event_time=int(_NOW) * 1000), None, "Event Timestamp In The Future"),
        (_purchase(currency="EUR"), 2804009, "For example: 1.99"),
        (_purchase(value=None, currency="EUR"), 2804009, ""),
        (_event(event_name="Purchase"), 2804009, ""),
        (_purchase(value=1), None, "Missing Currency"),
        (_purchase(value=1, currency="EURO"), None, "Invalid Currency"),
        (_event(custom_data={"currency": "XX"}), None, "Invalid Currency"),
        (_purchase(value="much", currency="EUR"), None, 'type of key "value"'),
        (_purchase(value="nan", currency="EUR"), None, 'type of key "value"'),
        (_purchase(value=True, currency="EUR"), None, 'type of key "value"'),
        (_user(em=["mary@example.com"]), 2804016, "parameter em in user_data is not hashed"),
        (_user(em=_EM.upper()), 2804016, "parameter em"),
        (_user(em=_EM, ph="15551234567"), 2804016, "parameter ph"),
        (_user(em=_EM, country="us"), 2804016, "parameter country"),
        (_user(em=[_EM, ""]), 2804016, "parameter em"),
        (_user(em=5), 2804016, "parameter em"),
        (_event(user_data={}), 2804050, "enough customer information"),
        (_user(em=[], ph=""), 2804050, ""),
        *((_user(**dict.fromkeys(weak, _EM)), 2804050, "") for weak in WEAK),
        (_event(surprise=1), None, 'Unexpected key "surprise" on param "$[\'data\'][3]"'),
        (_event(advertiser_tracking_enabled=True), None, 'key "advertiser_tracking_enabled" on'),
        (_user(email=_EM), None, "Unexpected key \"email\" on param \"$['data'][3]['user_data']\""),
        (_event(event_name=None), None, 'Missing required key "event_name"'),
        (_event(event_name=""), None, 'Missing required key "event_name"'),
        (_event(event_time=None), None, 'Missing required key "event_time"'),
        (_event(user_data=None), None, 'Missing required key "user_data"'),
        (_event(action_source=None), None, 'Missing required key "action_source"'),
        (_event(action_source="web"), None, 'Unexpected value of key "action_source"'),
        (_event(event_time="1795000000"), None, 'Unexpected type of key "event_time"'),
        (_event(event_time=1.5), None, 'Unexpected type of key "event_time"'),
        (_event(event_time=True), None, 'Unexpected type of key "event_time"'),
        (_event(event_id=5), None, 'Unexpected type of key "event_id"'),
        (_event(user_data=[]), None, 'Unexpected type of key "user_data"'),
        (_event(opt_out="no"), None, 'Unexpected type of key "opt_out"'),
        ([], None, "must be an object"),
    ],
)
def test_bad_events(event: Any, subcode: int | None, words: str) -> None:  # noqa: ANN401 - also what is no event
    with pytest.raises(GraphError) as caught:
        check_event(event, 3, _NOW)
    assert (caught.value.code, caught.value.subcode) == (100, subcode)
    assert words in json.dumps(caught.value.envelope, ensure_ascii=False).replace('\\"', '"')


def _now(client: Client) -> int:
    return int(client.sandbox.world.clock.seconds())


def _fresh(client: Client, **change: object) -> dict[str, Any]:
    return _event(**{"event_time": _now(client) - 60, **change})


def _send(client: Client, events: list[Any], **more: object) -> requests.Response:
    pixel = client.sandbox.world.accounts[0].pixel_id
    return client.send("POST", f"/v26.0/{pixel}/events", json={"data": events, **more})


def test_the_answer_is_as_recorded(client: Client) -> None:
    events = [_fresh(client), _fresh(client, event_name="Contact")]
    response = _send(client, events)
    assert response.status_code == 200
    answer = response.json()
    assert list(answer) == ["events_received", "messages", "fbtrace_id"]
    assert (answer["events_received"], answer["messages"]) == (2, [])
    assert answer["fbtrace_id"].startswith("A")
    pixel = client.sandbox.world.accounts[0].pixel_id
    assert client.sandbox.events(pixel) == events
    assert client.sandbox.events(client.sandbox.world.accounts[1].pixel_id) == []
    assert client.sandbox.events() == events


@pytest.mark.parametrize("encoding", ["json", "form", "multipart", "texts", "form of texts"])
def test_encodings(client: Client, encoding: str) -> None:
    event = _fresh(client, event_source_url="https://shop.example/?a=1&b=é")
    listed, texts = json.dumps([event]), [json.dumps(event)]
    encodings: dict[str, dict[str, Any]] = {
        "json": {"json": {"data": [event]}},
        "form": {"data": {"data": listed}},
        "multipart": {"files": {"data": (None, listed)}},
        "texts": {"json": {"data": texts}},
        "form of texts": {"data": {"data": json.dumps(texts)}},
    }
    pixel = client.sandbox.world.accounts[0].pixel_id
    response = client.send("POST", f"/v26.0/{pixel}/events", **encodings[encoding])
    assert response.json()["events_received"] == 1
    assert client.sandbox.events() == [event]


def test_the_token_may_stand_in_the_body(client: Client) -> None:
    del client.session.headers["Authorization"]
    response = _send(client, [_fresh(client)], access_token=client.sandbox.token)
    assert response.status_code == 200
    assert client.sandbox.requests()[-1]["body"]["access_token"] == "<redacted>"  # type: ignore[index] # a mapping
    bad = _send(client, [_fresh(client)], access_token="EAAnobody")
    assert (bad.status_code, bad.json()["error"]["code"]) == (401, 190)
    assert len(client.sandbox.events()) == 1


def test_one_bad_event_spoils_the_request(client: Client) -> None:
    old = _fresh(client, event_time=_now(client) - 8 * DAY)
    response = _send(client, [_fresh(client), old])
    assert response.status_code == 400
    error = response.json()["error"]
    assert {name: error[name] for name in error if name != "fbtrace_id"} == {
        "message": "Invalid parameter",
        "type": "OAuthException",
        "code": 100,
        "error_subcode": 2804003,
        "is_transient": False,
        "error_user_title": "Event Timestamp Too Old",
        "error_user_msg": error["error_user_msg"],
    }
    assert client.sandbox.events() == []
    assert client.sandbox.event_counts() == {}


def test_age_goes_by_the_sandboxs_clock(client: Client) -> None:
    event = _fresh(client)
    client.sandbox.advance(8 * DAY)
    assert _send(client, [event]).status_code == 400
    store = {**event, "action_source": "physical_store"}
    assert _send(client, [store]).status_code == 200


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "The parameter data is required"),
        ([], "must be a non-empty array"),
        ({}, "must be a non-empty array"),
        (["{"], "data[0] must be valid JSON"),
        (["5"], "must be an object"),
        ([{}] * 1001, "1001 events; it must have 1000 at most"),
    ],
)
def test_requests_that_are_refused(client: Client, data: object, words: str) -> None:
    pixel = client.sandbox.world.accounts[0].pixel_id
    body = {} if data is None else {"data": data}
    response = client.send("POST", f"/v26.0/{pixel}/events", json=body)
    assert response.status_code == 400
    assert words in response.json()["error"]["message"]


def test_a_thousand_events_are_taken(client: Client) -> None:
    events = [_fresh(client, event_id=str(number)) for number in range(1000)]
    assert _send(client, events).json()["events_received"] == 1000
    assert client.sandbox.events() == events


def test_a_wrong_pixel(client: Client) -> None:
    response = client.send("POST", "/v26.0/1234567891234569/events", json={"data": [_event()]})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["error_subcode"]) == (400, 100, 33)
    assert error["message"].startswith(
        "Unsupported post request. Object with ID '1234567891234569'"
    )


def test_events_count_as_calls_of_the_account(client: Client) -> None:
    response = _send(client, [_fresh(client)])
    usage = json.loads(response.headers["x-business-use-case-usage"])
    (entry,) = usage[client.account.removeprefix("act_")]
    assert entry["type"] == "ads_management"
    assert client.sandbox.counters()["by_edge"] == {"events": 1}


def test_duplicates_are_seen_once(client: Client) -> None:
    sandbox = client.sandbox
    first = _fresh(client, event_id="1", event_source_url="https://shop.example/1")
    again = {**first, "event_source_url": "https://shop.example/2"}
    other_name = {**first, "event_name": "Contact"}
    without = _fresh(client)
    _send(client, [first, again, other_name, without, without])
    _send(client, [again])
    assert sandbox.events() == [first, other_name, without, without]
    assert sandbox.events(view="raw") == [first, again, other_name, without, without, again]
    pixel = sandbox.world.accounts[0].pixel_id
    assert sandbox.event_counts() == {
        pixel: {
            "requests": 2,
            "raw": {"Lead": 5, "Contact": 1},
            "deduplicated": {"Lead": 3, "Contact": 1},
            "test_event_codes": {},
        }
    }


def test_after_two_days_it_is_another_event(client: Client) -> None:
    event = _fresh(client, event_id="1")
    _send(client, [event])
    client.sandbox.advance(47 * 3_600)
    _send(client, [event])
    assert len(client.sandbox.events()) == 1
    client.sandbox.advance(2 * 3_600)
    _send(client, [event])
    assert len(client.sandbox.events()) == 2


def test_pixels_do_not_share_duplicates(client: Client) -> None:
    event = _fresh(client, event_id="1")
    for account in client.sandbox.world.accounts[:2]:
        body = {"data": [event]}
        client.send("POST", f"/v26.0/{account.pixel_id}/events", json=body)
    assert len(client.sandbox.events()) == 2


def test_test_events_are_kept_and_say_so(client: Client) -> None:
    _send(client, [_fresh(client)], test_event_code="TEST1")
    (event,) = client.sandbox.events()
    assert event["test_event_code"] == "TEST1"
    ((_, counts),) = client.sandbox.event_counts().items()
    assert counts["test_event_codes"] == {"TEST1": 1}


def test_a_lost_answer_makes_duplicates(client: Client) -> None:
    client.sandbox.add_fault({"match": {"edge": "events"}, "answer": {"kind": "drop_after"}})
    events = [_fresh(client, event_id="1"), _fresh(client)]
    with pytest.raises(OSError):  # noqa: PT011 - whatever a cut connection is called
        _send(client, events)
    assert _send(client, events).status_code == 200
    assert len(client.sandbox.events(view="raw")) == 4
    assert len(client.sandbox.events()) == 3


def test_a_scripted_answer(client: Client) -> None:
    client.sandbox.add_fault({"match": {"edge": "events"}, "answer": {"error": {"code": 21009}}})
    error = _send(client, [_fresh(client)]).json()["error"]
    assert error["message"] == "(#21009) The data set upload is temporarily not ready."
    assert client.sandbox.events() == []


def test_pixels_are_easy_to_learn(client: Client) -> None:
    pixels = client.sandbox.truth("adspixels")
    assert [row["id"] for row in pixels] == [a.pixel_id for a in client.sandbox.world.accounts]


@pytest.mark.parametrize(
    ("pixel", "view", "words"),
    [("1", "raw", "no pixel 1; there are"), (None, "all", "A view is one of deduplicated, raw")],
)
def test_wrong_questions(client: Client, pixel: str | None, view: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        client.sandbox.events(pixel, view=view)
