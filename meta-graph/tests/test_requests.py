"""What goes over the wire for each kind of call, and what comes back."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import date, datetime, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import (
    Call,
    Exchange,
    GraphClient,
    Incoming,
    Outgoing,
    RequestError,
    TokenError,
    Usage,
    VersionExpiredError,
)
from meta_graph._calls import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import FakeClock, GraphServer

    Make = Callable[..., GraphClient]

TOKEN = "made-up-token"
SECRET = "made-up-app-secret"
PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("params", "written"),
    [
        ({}, {}),
        ({"fields": ["id", "name"]}, {"fields": "id,name"}),
        ({"fields": ("id",), "after": None}, {"fields": "id"}),
        ({"fields": "id,ads{name}"}, {"fields": "id,ads{name}"}),
        ({"breakdowns": ["age", "gender"]}, {"breakdowns": '["age","gender"]'}),
        ({"time_range": {"since": "2026-01-01"}}, {"time_range": '{"since":"2026-01-01"}'}),
        ({"filtering": [{"field": "ad.id", "value": ["1"]}]},
         {"filtering": '[{"field":"ad.id","value":["1"]}]'}),
        ({"is_async": True, "raw": False, "limit": 5, "id": 120330000000000001},
         {"is_async": "true", "raw": "false", "limit": "5", "id": "120330000000000001"}),
        ({"since": date(2026, 1, 31)}, {"since": "2026-01-31"}),
    ],
)  # fmt: skip
def test_parameters_as_meta_reads_them(params: dict[str, Any], written: dict[str, str]) -> None:
    assert encode(params) == written


@pytest.mark.parametrize(
    ("path", "account", "edge", "use_case"),
    [
        ("act_1200/insights", "1200", "insights", "ads_insights"),
        ("/act_1200/campaigns/", "1200", "campaigns", "ads_management"),
        ("act_1200", "1200", None, "ads_management"),
        ("120330000000000001", None, None, "ads_management"),
        ("120330000000000001/insights", None, "insights", "ads_insights"),
        ("238/users", None, "users", "custom_audience"),
        ("act_1200/customaudiences", "1200", "customaudiences", "custom_audience"),
        ("555/leads", None, "leads", "leadgen"),
        ("me/adaccounts", None, "adaccounts", "ads_management"),
        ("", None, None, "ads_management"),
    ],
)
def test_what_a_path_tells(path: str, account: str | None, edge: str | None, use_case: str) -> None:
    call = Call("GET", path)
    assert (call.account, call.edge, call.use_case) == (account, edge, use_case)
    assert Call("GET", path, account="77", use_case="pages").account == "77"
    assert Call("GET", path, account="77", use_case="pages").use_case == "pages"


def test_a_get(server: GraphServer, make: Make) -> None:
    server.reply({"id": "act_1200"})
    client = make(access_token=TOKEN, app_secret=SECRET, user_agent="tester/1")
    assert client.get("/act_1200/", {"fields": ["id"], "limit": None}) == {"id": "act_1200"}
    (request,) = server.received
    assert (request.method, request.path) == ("GET", "/v26.0/act_1200")
    assert request.query == {"fields": "id", "appsecret_proof": PROOF}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"] == "tester/1"
    assert request.body == b""


def test_without_a_secret_there_is_no_proof(server: GraphServer, make: Make) -> None:
    server.reply({})
    make(api_version="v25.0").get("me")
    assert server.received[0].path == "/v25.0/me"
    assert server.received[0].query == {}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_form(server: GraphServer, make: Make, method: str) -> None:
    server.reply({"success": True})
    client = make(access_token=TOKEN, app_secret=SECRET)
    send = client.post if method == "POST" else client.delete
    assert send("238/users", {"payload": {"schema": ["EMAIL"]}}) == {"success": True}
    (request,) = server.received
    assert (request.method, request.query) == (method, {})
    assert request.form == {"payload": '{"schema":["EMAIL"]}', "appsecret_proof": PROOF}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_json(server: GraphServer, make: Make, method: str) -> None:
    server.reply({"success": True})
    client = make(access_token=TOKEN, app_secret=SECRET)
    send = client.post if method == "POST" else client.delete
    send("238/users", json={"payload": {"data": [["ä"]]}})
    (request,) = server.received
    assert request.method == method
    assert request.query == {"appsecret_proof": PROOF}
    assert json.loads(request.body) == {"payload": {"data": [["ä"]]}}
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_json_that_is_written_already(server: GraphServer, make: Make, method: str) -> None:
    server.reply({"success": True})
    written = b'{"payload": {"data":[["\xc3\xa4"]]}}'
    make(app_secret=SECRET).send(Call(method, "238/users", json=written))
    (request,) = server.received
    assert (request.method, request.body) == (method, written)
    assert set(request.query) == {"appsecret_proof"}
    assert request.headers["content-type"] == "application/json"


def test_what_cannot_be_written_is_not_tried_again(make: Make, clock: FakeClock) -> None:
    with pytest.raises(RequestError, match="cannot be sent"):
        make().post("1/events", json={"value": float("nan")}, idempotent=True)
    assert clock.waits == []


def test_any_decoder(server: GraphServer, make: Make) -> None:
    server.reply(body=b'{"spend": 1.10}')
    client = make(decode=lambda body: json.loads(body, parse_float=str))
    assert client.get("act_1200") == {"spend": "1.10"}


def test_events_tell_each_exchange(server: GraphServer, make: Make) -> None:
    server.reply({}, headers={"x-app-usage": '{"call_count": 3}'})
    server.error(100, "(#100) no", status=400)
    events: list[Exchange] = []
    client = make(on_event=events.append)
    client.get("act_1200")
    with pytest.raises(RequestError) as caught:
        client.get("act_1200/ads")
    good, bad = events
    assert (good.call.path, good.status, good.calls, good.error) == ("act_1200", 200, 1, None)
    assert good.usages == (Usage("", "", 3.0),)
    assert (bad.call.edge, bad.status, bad.error) == ("ads", 400, caught.value)
    # Parameters may be people: an event that is logged does not show them.
    secretive = Call("GET", "x", {"em": "someone"}, {"fn": "Ann"})
    shown = repr(Exchange(secretive, (secretive,), 0.1, 200))
    assert "someone" not in shown
    assert "Ann" not in shown


@pytest.mark.parametrize("token", ["", " ", "a b", "a\n", "\tx", "tökèn", "Bearer abc"])
def test_a_token_with_white_space(token: str) -> None:
    with pytest.raises(TokenError, match="white space"):
        GraphClient(token)


@pytest.mark.parametrize("version", ["26.0", "v26", "v26.0/me", "", "latest"])
def test_a_version_that_is_none(version: str) -> None:
    with pytest.raises(VersionExpiredError, match=r"v26\.0"):
        GraphClient(TOKEN, api_version=version)


@pytest.mark.parametrize(
    "settings",
    [
        {"max_concurrency": 0},
        {"request_timeout": 0},
        {"request_timeout": float("nan")},
        {"max_retry_seconds": -1},
        {"max_retry_seconds": float("nan")},
    ],
)
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="max_concurrency"):
        GraphClient(TOKEN, **settings)


def test_the_time_is_that_of_the_first_answer(server: GraphServer, make: Make) -> None:
    told = datetime(2031, 5, 1, 12, tzinfo=timezone.utc)
    server.reply({}, headers={"Date": format_datetime(told, usegmt=True)})
    server.reply({}, headers={"Date": "Thu, 01 May 2036 12:00:00 GMT"})
    client = make()
    before = client.now()
    assert abs((before - datetime.now(timezone.utc)).total_seconds()) < 5
    client.get("me")
    client.get("me")
    assert 0 <= (client.now() - told).total_seconds() < 5


@pytest.mark.parametrize(
    ("header", "ahead"),
    [("Thu, 01 May 2031 12:00:00 -0000", True), ("yesterday", False), ("", False), (None, False)],
)
def test_a_date_that_is_none(
    server: GraphServer,
    make: Make,
    header: str | None,
    ahead: bool,  # noqa: FBT001 - a column
) -> None:
    server.reply({}, headers={} if header is None else {"Date": header})
    client = make()
    client.get("me")
    assert (client.now().year == 2031) is ahead


def test_a_transport_of_ones_own() -> None:
    class Echo:
        def send(self, request: Outgoing) -> Incoming:
            return Incoming(200, {}, json.dumps([request.method, request.url]).encode())

        def close(self) -> None:
            """Nothing is held."""

    with GraphClient(TOKEN, transport=Echo()) as client:
        assert client.get("me") == ["GET", "https://graph.facebook.com/v26.0/me"]
        assert repr(client) == "<GraphClient https://graph.facebook.com/v26.0>"
