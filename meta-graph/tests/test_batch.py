"""Batches: 50 parts a request, each part with a fate of its own."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import (
    Call,
    ClientClosedError,
    ConnectionFailedError,
    Exchange,
    GraphClient,
    GraphError,
    NotFoundError,
    ThrottledError,
    TokenError,
    UnavailableError,
    Usage,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import FakeClock, GraphServer, Received

    Make = Callable[..., GraphClient]


def part(body: object = None, code: int = 200, headers: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
    text = body if isinstance(body, str) else json.dumps(body)
    entries = [{"name": name, "value": value} for name, value in (headers or {}).items()]
    return {"code": code, "headers": entries, "body": text}


def failed(code: int, minutes: int | None = None, **more: object) -> Any:  # noqa: ANN401 - JSON
    headers = {}
    if minutes is not None:
        case = {"type": "ads_management", "estimated_time_to_regain_access": minutes}
        headers["X-Business-Use-Case-Usage"] = json.dumps({"1200": [case]})
    return part({"error": {"code": code, "message": "made up", **more}}, 400, headers)


def parts_of(request: Received) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(request.form["batch"])
    return found


def reads(*ids: str) -> list[Call]:
    return [Call("GET", f"act_1200/{one}") for one in ids]


def test_how_parts_are_written(server: GraphServer, make: Make) -> None:
    server.reply([part({})] * 5)
    make(app_secret="made-up").batch(
        [
            Call("GET", "act_1200"),
            Call("GET", "act_1200/ads", {"fields": ["id", "name"], "limit": 5}),
            Call("POST", "238", {"name": "a & b"}, idempotent=False),
            Call("DELETE", "238/users", json={"payload": {"data": [["ä"]]}}),
            Call("POST", "238", json={}),
        ]
    )
    (request,) = server.received
    assert (request.method, request.path, request.query) == ("POST", "/v26.0", {})
    assert request.form["include_headers"] == "true"
    assert len(request.form["appsecret_proof"]) == 64
    assert parts_of(request) == [
        {"method": "GET", "relative_url": "act_1200"},
        {"method": "GET", "relative_url": "act_1200/ads?fields=id%2Cname&limit=5"},
        {"method": "POST", "relative_url": "238", "body": "name=a+%26+b"},
        {
            "method": "DELETE",
            "relative_url": "238/users",
            "body": "payload=%7B%22data%22%3A%5B%5B%22%5Cu00e4%22%5D%5D%7D",
        },
        {"method": "POST", "relative_url": "238", "body": ""},
    ]


def test_a_part_whose_json_is_no_object(client: GraphClient) -> None:
    with pytest.raises(ValueError, match="must be an object: 238"):
        client.batch([Call("POST", "238", json=[1])])


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (50, [50]), (51, [50, 1]), (120, [50, 50, 20])]
)
def test_fifty_at_a_time_in_order(
    server: GraphServer, make: Make, count: int, sizes: list[int]
) -> None:
    server.handle(lambda request: [part(json.dumps(one)) for one in parts_of(request)])
    events: list[Exchange] = []
    calls = [Call("GET", f"act_{number}") for number in range(count)]
    results = make(on_event=events.append).batch(calls)
    assert [result["relative_url"] for result in results] == [call.path for call in calls]
    assert [len(parts_of(request)) for request in server.received] == sizes
    assert [event.calls for event in events] == sizes


def test_errors_stay_with_their_parts(server: GraphServer, client: GraphClient) -> None:
    server.reply(
        [
            part({"id": "1"}),
            failed(100, error_subcode=33),
            part({"error_code": 190, "error_description": "made up"}, 400),
            part({"id": "4"}),
        ]
    )
    one, two, three, four = client.batch(reads("a", "b", "c", "d"))
    assert (one, four) == ({"id": "1"}, {"id": "4"})
    assert type(two) is NotFoundError
    assert str(two).startswith("account 1200, edge b: made up.")
    assert type(three) is TokenError
    assert len(server.received) == 1


def test_only_what_may_succeed_later_is_tried_again(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    server.reply([part({"id": "1"}), failed(80004), None, part("<html>", 500), part({"id": "5"})])
    server.reply([part({"id": "2"}), part({"id": "3"}), failed(2)])
    server.reply([part({"id": "4"})])
    results = client.batch(reads("a", "b", "c", "d", "e"))
    assert results == [{"id": str(number)} for number in range(1, 6)]
    asked = [[one["relative_url"][-1] for one in parts_of(r)] for r in server.received]
    assert asked == [["a", "b", "c", "d", "e"], ["b", "c", "d"], ["d"]]
    assert len(clock.waits) == 2


def test_the_longest_stated_wait_counts(server: GraphServer, make: Make, clock: FakeClock) -> None:
    server.reply([failed(2), failed(80004, minutes=5), failed(80004, minutes=2)])
    server.reply([part({})] * 3)
    events: list[Any] = []
    assert make(on_event=events.append).batch(reads("a", "b", "c")) == [{}, {}, {}]
    assert 300 <= clock.waits[0] <= 301
    (wait,) = [event for event in events if isinstance(event, Wait)]
    assert wait.call.edge == "b"


def test_a_wait_beyond_the_limit_fails_its_part_alone(
    server: GraphServer, make: Make, clock: FakeClock
) -> None:
    other = Call("GET", "act_3400/x")
    server.reply([failed(80004, minutes=90), failed(2)])
    server.reply([part({"id": "2"})])
    one, two = make().batch([*reads("a"), other])
    assert isinstance(one, ThrottledError)
    assert one.wait_seconds == 5400
    assert "Meta asks to wait 90 min" in one.advice
    assert two == {"id": "2"}
    assert len(clock.waits) == 1


def test_parts_are_given_up_together_when_time_is_up(
    server: GraphServer, make: Make, clock: FakeClock
) -> None:
    server.handle(lambda request: [part({"id": "1"}), None][2 - len(parts_of(request)) :])
    one, two = make(max_retry_seconds=60).batch(reads("a", "b"))
    assert one == {"id": "1"}
    assert isinstance(two, UnavailableError)
    assert two.failure.message == "Meta left this part of a batch undone"
    assert "Given up after" in two.advice
    assert sum(clock.waits) <= 60


def test_writes_are_repeated_only_where_they_may_be(
    server: GraphServer, client: GraphClient
) -> None:
    calls = [
        Call("POST", "1"),
        Call("POST", "2", idempotent=True),
        Call("POST", "3", idempotent=False),
        Call("POST", "4", idempotent=False),
    ]
    server.reply([None, None, failed(80004), part({"id": "4"})])
    server.reply([part({"id": "2"}), part({"id": "3"})])
    one, *others = client.batch(calls)
    assert isinstance(one, UnavailableError)
    assert "might be carried out twice" in one.advice
    assert others == [{"id": "2"}, {"id": "3"}, {"id": "4"}]
    assert [call["relative_url"] for call in parts_of(server.received[1])] == ["2", "3"]


def test_a_part_tells_that_an_earlier_try_of_it_was_left_open(
    server: GraphServer, client: GraphClient
) -> None:
    server.reply([None, failed(17), part({"id": "3"})])
    server.reply([failed(17), failed(17)])
    server.reply([failed(190), failed(190)])
    one, two, three = client.batch(reads("a", "b", "c"))
    assert [type(one), type(two), three] == [TokenError, TokenError, {"id": "3"}]
    assert (one.was_left_open, two.was_left_open) == (True, False)


def test_a_batch_that_fails_as_a_whole_fails_part_by_part(
    server: GraphServer, client: GraphClient
) -> None:
    calls = [Call("POST", "1/users", account="1200", idempotent=False), Call("GET", "act_3400/x")]
    server.reply(fault="reset")
    server.reply([part({"id": "2"})])
    one, two = client.batch(calls)
    assert isinstance(one, ConnectionFailedError)
    assert "may have carried the request out" in one.advice
    assert (one.account, one.failure.edge) == ("1200", "users")
    assert two == {"id": "2"}
    assert len(parts_of(server.received[1])) == 1


def test_a_bad_token_is_the_outcome_of_each_part(server: GraphServer, client: GraphClient) -> None:
    server.reply({"error_code": 190, "error_description": "made up"}, status=400)
    results = client.batch(reads("a", "b"))
    assert [type(result) for result in results] == [TokenError, TokenError]
    assert [result.failure.edge for result in results] == ["a", "b"]


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        "x",
        [7, "x"],
        [{"code": "200", "body": "{}"}, {}],
        [{"code": 200, "body": None, "headers": None}, {"code": 200, "body": "\ud83d"}],
        [{"code": 200, "body": "", "headers": [None, {}, {"name": "x"}]}, None],
    ],
)
def test_malformed_answers_are_tried_again(
    server: GraphServer, client: GraphClient, answer: object
) -> None:
    server.reply(answer)
    server.reply([part({"id": "1"}), part({"id": "2"})])
    assert client.batch(reads("a", "b")) == [{"id": "1"}, {"id": "2"}]


def test_half_an_emoji_in_a_part(server: GraphServer, client: GraphClient) -> None:
    server.reply(body=b'[{"code": 200, "headers": [], "body": "{\\"name\\": \\"x\\ud83d\\"}"}]')
    (result,) = client.batch(reads("a"))
    assert result == {"name": "x\ud83d"}


def test_usage_of_parts_slows_their_accounts(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    full = {"X-Ad-Account-Usage": '{"acc_id_util_pct": 100}'}
    server.reply([part({}, headers=full), part({})])
    server.reply({}, times=3)
    client.batch([Call("GET", "act_1200"), Call("GET", "act_3400")])
    client.get("act_3400")
    assert clock.waits == []
    client.get("act_1200")
    client.get("act_1200")
    assert clock.waits == [pytest.approx(12.0, rel=0.2)]


def test_closing_ends_it(server: GraphServer, make: Make) -> None:
    clients: list[GraphClient] = []

    def close_on_wait(event: object) -> None:
        if isinstance(event, Wait):
            clients[0].close()

    client = make(on_event=close_on_wait)
    clients.append(client)
    server.reply([failed(2)])
    with pytest.raises(ClientClosedError):
        client.batch(reads("a"))
    with pytest.raises(ClientClosedError):
        client.batch(reads("a"))


def test_an_outcome_is_never_shared_between_parts(server: GraphServer, make: Make) -> None:
    server.reply(status=500, body=b"")
    results: list[GraphError] = make(max_retry_seconds=0).batch(reads("a", "b"))
    assert results[0] is not results[1]


def test_once_brings_errors_back_untried(
    server: GraphServer, make: Make, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "meta_graph")
    server.reply([part({"id": "1"}), failed(80004, minutes=5), None, failed(100, error_subcode=33)])
    events: list[Any] = []
    one, two, three, four = make(on_event=events.append).batch(reads(*"abcd"), again=False)
    assert one == {"id": "1"}
    assert type(two) is ThrottledError
    assert two.wait_seconds == 300
    assert type(three) is UnavailableError
    assert [error.advice for error in (two, three)] == ["It was tried once: ask again later."] * 2
    assert type(four) is NotFoundError
    assert (clock.waits, caplog.messages) == ([], [])
    assert [type(event) for event in events] == [Exchange]


def test_once_is_not_sent_while_a_limit_is_closed(
    server: GraphServer, make: Make, clock: FakeClock
) -> None:
    events: list[Any] = []
    client = make(on_event=events.append)
    server.reply([failed(80004, minutes=5)])
    client.batch(reads("a"), again=False)
    calls = [Call("GET", "act_3400/x"), *reads("b")]
    outcomes = client.batch(calls, again=False)
    assert [type(outcome) for outcome in outcomes] == [ThrottledError, ThrottledError]
    assert [(one.account, one.failure.edge) for one in outcomes] == [("3400", "x"), ("1200", "b")]
    assert [one.wait_seconds for one in outcomes] == [pytest.approx(300)] * 2
    assert "The batch is not sent: Meta's limits take it in 5 min." in str(outcomes[0])
    assert (clock.waits, len(server.received), len(events)) == ([], 1, 1)
    # Without the part that is held back, the other goes.
    server.reply([part({"id": "3"})])
    assert client.batch(calls[:1], again=False) == [{"id": "3"}]
    clock.time += 300
    server.reply([part({"id": "3"}), part({"id": "1"})])
    assert client.batch(calls, again=False) == [{"id": "3"}, {"id": "1"}]


def test_once_is_not_sent_while_the_pace_below_a_limit_holds_it(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    full = {"X-Ad-Account-Usage": '{"acc_id_util_pct": 100}'}
    server.reply([part({}, headers=full)])
    server.reply([part({}, headers=full)])
    for _ in range(2):
        client.batch(reads("a"), again=False)
    (held,) = client.batch(reads("a"), again=False)
    assert type(held) is ThrottledError
    assert held.wait_seconds == pytest.approx(12, rel=0.1)
    assert held.wait_seconds == pytest.approx(client.hold(*reads("a")))
    assert clock.waits == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"fault": "reset"}, ConnectionFailedError),
        ({"status": 502, "body": b"<html>"}, UnavailableError),
        ({"json_body": {"error": {"code": 17, "message": "x"}}, "status": 400}, ThrottledError),
        ({"json_body": {"error": {"code": 190, "message": "x"}}, "status": 400}, TokenError),
    ],
)
def test_once_an_error_of_the_whole_is_that_of_each_part(
    server: GraphServer, make: Make, answer: dict[str, Any], error: type[GraphError]
) -> None:
    server.reply(**answer)
    events: list[Any] = []
    outcomes = make(on_event=events.append).batch(reads("a", "b"), again=False)
    assert [type(outcome) for outcome in outcomes] == [error, error]
    assert [outcome.failure.edge for outcome in outcomes] == ["a", "b"]
    assert isinstance(events[0].error, error)


def test_once_on_a_closed_client(client: GraphClient) -> None:
    client.close()
    with pytest.raises(ClientClosedError):
        client.batch(reads("a"), again=False)


@pytest.mark.parametrize("again", [True, False])
def test_an_event_tells_calls_and_usage_for_each_account(
    server: GraphServer, make: Make, *, again: bool
) -> None:
    def used(percent: float) -> dict[str, str]:
        return {"X-Ad-Account-Usage": json.dumps({"acc_id_util_pct": percent})}

    calls = [Call("GET", "act_1200"), Call("GET", "act_3400"), Call("GET", "act_1200/ads")]
    server.reply(
        [part({}, headers=used(10)), part({}, headers=used(40)), part({}, headers=used(12))],
        headers={"X-App-Usage": '{"call_count": 3}'},
    )
    events: list[Exchange] = []
    make(on_event=events.append).batch(calls, again=again)
    (event,) = events
    assert event.parts == tuple(calls)
    assert (event.calls, event.status, event.error) == (3, 200, None)
    assert event.usages == (
        Usage("", "", 3.0),
        Usage("1200", "", 10.0),
        Usage("3400", "", 40.0),
        Usage("1200", "", 12.0),
    )
