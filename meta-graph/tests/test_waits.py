"""Throttles, stated waits, the pace below a limit, and writes that are repeated or not."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import (
    Call,
    ConnectionFailedError,
    Exchange,
    GraphClient,
    RequestError,
    ThrottledError,
    UnavailableError,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import FakeClock, GraphServer

    Make = Callable[..., GraphClient]

CALLS = "There have been too many calls from this ad-account. Wait a bit and try again."


def usage(percent: float, minutes: float = 0, kind: str = "ads_management") -> dict[str, str]:
    case = {"type": kind, "call_count": percent, "estimated_time_to_regain_access": minutes}
    return {"X-Business-Use-Case-Usage": json.dumps({"1200": [case]})}


@pytest.mark.parametrize(
    ("code", "headers"),
    [
        (80004, {}),
        (80004, usage(100, minutes=0)),
        (17, {}),
        (613, {"x-ad-account-usage": '{"acc_id_util_pct": 60, "reset_time_duration": 300}'}),
        (4, {"x-app-usage": '{"call_count": 100}'}),
    ],
)
def test_a_throttle_without_a_wait_backs_off_for_seconds(
    server: GraphServer, client: GraphClient, clock: FakeClock, code: int, headers: dict[str, str]
) -> None:
    server.error(code, CALLS, headers=headers)
    server.reply({"id": "1"})
    assert client.get("act_1200/ads") == {"id": "1"}
    assert sum(clock.waits) <= 13


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (usage(100, minutes=7), 420),
        ({"x-ad-account-usage": '{"acc_id_util_pct": 100, "reset_time_duration": 90}'}, 90),
        ({"Retry-After": "30"}, 30),
    ],
)
def test_a_stated_wait_is_kept(
    server: GraphServer, make: Make, clock: FakeClock, headers: dict[str, str], seconds: float
) -> None:
    server.error(17, CALLS, headers=headers)
    server.reply({"id": "1"})
    events: list[Any] = []
    assert make(on_event=events.append).get("act_1200/ads") == {"id": "1"}
    assert seconds <= clock.waits[0] <= seconds + 1
    refused, wait, good = events
    assert isinstance(refused, Exchange)
    assert isinstance(wait, Wait)
    assert wait.error is refused.error
    assert good.error is None


@pytest.mark.parametrize("minutes", [61, 1440, 1e300, 1e308])
def test_a_stated_wait_beyond_the_limit_is_one_error_at_once(
    server: GraphServer, client: GraphClient, clock: FakeClock, minutes: float
) -> None:
    server.error(80004, CALLS, headers=usage(100, minutes))
    with pytest.raises(ThrottledError, match="raise `max_retry_seconds`") as caught:
        client.get("act_1200/ads")
    assert caught.value.wait_seconds == minutes * 60
    assert (len(server.received), clock.waits) == (1, [])


def test_after_a_refusal_other_calls_of_the_limit_are_not_sent(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    server.error(80004, CALLS, headers=usage(100, minutes=90))
    with pytest.raises(ThrottledError):
        client.get("act_1200/ads")
    with pytest.raises(ThrottledError, match=r"account 1200, edge adsets: .* for 90 min"):
        client.get("act_1200/adsets")
    server.reply({}, times=2)
    client.get("act_1200/insights")  # another limit of the account
    client.get("act_3400/ads")  # another account
    clock.time += 5400
    server.reply({"id": "1"})
    assert client.get("act_1200/ads") == {"id": "1"}


def test_waits_of_a_call_end_within_the_limit(
    server: GraphServer, make: Make, clock: FakeClock
) -> None:
    server.error(80004, CALLS, headers=usage(100, minutes=5), times=20)
    with pytest.raises(ThrottledError, match="Meta asks to wait 5 min") as caught:
        make(max_retry_seconds=1000).get("act_1200/ads")
    assert 900 <= sum(clock.waits) <= 1000
    assert caught.value.wait_seconds == 300


def test_usage_slows_before_the_wall_and_lets_go_again(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    for percent in (50, 90, 96, 100, 20):
        server.reply({}, headers=usage(percent))
    server.reply({}, times=5)
    waited = []
    for _ in range(10):
        before = sum(clock.waits)
        client.get("act_1200/ads")
        waited.append(sum(clock.waits) - before)
    assert waited[:3] == [0, 0, pytest.approx(2.6, rel=0.1)]
    assert waited[3] == pytest.approx(7, rel=0.2)
    assert waited[4] == pytest.approx(12, rel=0.1)
    assert waited[5:] == [0] * 5


def test_a_wait_foretold_by_a_good_answer_is_kept(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    server.reply({}, headers=usage(100, minutes=3))
    server.reply({})
    client.get("act_1200/ads")
    client.get("act_1200/ads")
    assert clock.waits == [180]


def test_a_wait_foretold_beyond_the_limit_is_left_to_meta(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    server.reply({}, headers=usage(50, minutes=90))
    server.reply({"id": "1"})
    client.get("act_1200/ads")
    assert client.get("act_1200/ads") == {"id": "1"}
    assert clock.waits == []


def test_our_own_care_is_never_an_error(server: GraphServer, make: Make, clock: FakeClock) -> None:
    server.reply({}, headers=usage(100), times=3)
    client = make(max_retry_seconds=1)
    for _ in range(3):
        client.get("act_1200/ads")
    assert clock.waits == [pytest.approx(12, rel=0.1)]


def test_waits_worth_a_line_are_logged(
    server: GraphServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "meta_graph")
    server.reply({}, headers=usage(100, minutes=3))
    server.error(2, "(#2) Service temporarily unavailable", status=503)
    server.reply({})
    client = make()
    client.get("act_1200/ads")
    client.get("act_1200/ads")
    first, second = caplog.messages
    assert first == (
        "Account 1200: Meta's limit for ads_management is used up or nearly so, waiting 3 min."
    )
    assert second.startswith(
        "account 1200, edge ads: (#2) Service temporarily unavailable. The client waits and asks "
        "again by itself. (code 2, HTTP 503) Trying again in "
    )


@pytest.mark.parametrize("method", ["post", "delete"])
def test_a_write_is_repeated_after_a_throttle(
    server: GraphServer, client: GraphClient, clock: FakeClock, method: str
) -> None:
    server.error(80003, CALLS)
    server.reply({"success": True})
    assert getattr(client, method)("238/users", {"payload": "x"}) == {"success": True}
    assert [request.form for request in server.received] == [{"payload": "x"}] * 2
    assert len(clock.waits) == 1


@pytest.mark.parametrize("method", ["post", "delete"])
def test_an_idempotent_write_is_repeated_after_a_cut_connection(
    server: GraphServer, client: GraphClient, method: str
) -> None:
    server.reply({}, fault="reset")
    server.reply({"success": True}, fault="cut")
    server.error(2, "(#2) Service temporarily unavailable", status=503)
    server.reply({"success": True})
    write = getattr(client, method)
    assert write("238/users", {"payload": "x"}, idempotent=True) == {"success": True}
    assert [request.form for request in server.received] == [{"payload": "x"}] * 4


WRITES: dict[str, Callable[[GraphClient], Any]] = {
    "post": lambda client: client.post("act_1200/campaigns", {"name": "x"}),
    "delete": lambda client: client.delete("238/users", {"payload": "x"}),
    "send, POST": lambda client: client.send(Call("POST", "act_1200/campaigns", {"name": "x"})),
    "send, DELETE": lambda client: client.send(Call("DELETE", "238/users", json={})),
    "attempts": lambda client: client.attempts(Call("POST", "act_1200/campaigns")).next(),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_that_meta_may_have_carried_out_is_not_repeated(
    server: GraphServer, client: GraphClient, clock: FakeClock, write: Callable[[GraphClient], Any]
) -> None:
    server.error(1, "An unknown error occurred", status=500)
    with pytest.raises(UnavailableError, match="might be carried out twice"):
        write(client)
    assert (len(server.received), clock.waits) == (1, [])
    server.reply(fault="reset")
    with pytest.raises(ConnectionFailedError, match="may have carried the request out"):
        write(client)
    assert (len(server.received), clock.waits) == (2, [])


def test_a_wrong_request_is_sent_once(server: GraphServer, client: GraphClient) -> None:
    server.error(100, "(#100) no")
    with pytest.raises(RequestError):
        client.get("act_1200/ads")
    assert len(server.received) == 1


def test_a_call_may_name_its_limit(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    server.reply({}, headers=usage(100, minutes=3, kind="ads_insights"))
    server.reply({}, times=2)
    job = Call("GET", "900000000000001", account="1200", use_case="ads_insights")
    client.send(job)
    client.send(Call("GET", "900000000000001", account="1200"))
    assert clock.waits == []
    client.send(job)
    assert clock.waits == [180]
