"""Calls that somebody else schedules: each step sends, or says how long to stay away."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import (
    Answer,
    Attempts,
    Call,
    ClientClosedError,
    Exchange,
    GraphClient,
    GraphError,
    Later,
    NotFoundError,
    ThrottledError,
    TokenError,
    UnavailableError,
    Wait,
    check_page,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import FakeClock, GraphServer

    Make = Callable[..., GraphClient]

ADS = Call("GET", "act_1200/ads")


def usage(percent: float, minutes: float = 0, account: str = "1200") -> dict[str, str]:
    case = {"call_count": percent, "estimated_time_to_regain_access": minutes}
    entries = {account: [{"type": "ads_management", **case}]}
    return {"X-Business-Use-Case-Usage": json.dumps(entries)}


def later(attempts: Attempts) -> Later:
    step = attempts.next()
    assert isinstance(step, Later)
    return step


def is_held(step: Answer | Later, seconds: float) -> bool:
    """Say whether a limit, and no failure, keeps a call away for so long."""
    return isinstance(step, Later) and step.error is None and step.seconds == pytest.approx(seconds)


def test_a_good_call_takes_one_step(server: GraphServer, client: GraphClient) -> None:
    server.reply({"id": "1"})
    attempts = client.attempts(ADS)
    assert server.received == []
    assert attempts.next() == Answer({"id": "1"})


def test_a_failed_try_says_when_to_try_again(
    server: GraphServer, make: Make, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "meta_graph")
    server.error(2, status=503)
    server.reply(fault="reset")
    server.reply({"id": "1"})
    events: list[Any] = []
    attempts = make(on_event=events.append).attempts(ADS)
    first, second = later(attempts), later(attempts)
    assert isinstance(first.error, UnavailableError)
    assert 0 <= first.seconds <= 1
    assert 0 <= second.seconds <= 2
    assert attempts.next() == Answer({"id": "1"})
    assert clock.waits == []  # nobody waited in here
    assert [type(event) for event in events] == [Exchange, Wait, Exchange, Wait, Exchange]
    assert events[1] == Wait(ADS, first.seconds, first.error)
    assert [line.count("Trying again in") for line in caplog.messages] == [1, 1]


def test_what_never_passes_is_raised_at_once(server: GraphServer, client: GraphClient) -> None:
    server.error(100, error_subcode=33)
    attempts = client.attempts(ADS)
    with pytest.raises(NotFoundError):
        attempts.next()


def test_patience_is_that_of_send(server: GraphServer, make: Make, clock: FakeClock) -> None:
    server.reply(status=500, body=b"", times=40)
    attempts = make(max_retry_seconds=60).attempts(ADS)
    began = clock.now()

    def wait_for_ever() -> None:
        while True:
            clock.time += later(attempts).seconds

    with pytest.raises(UnavailableError, match="Given up after"):
        wait_for_ever()
    assert 0 < clock.now() - began <= 60
    assert clock.waits == []


def test_a_stated_wait_holds_the_call_and_its_like_back(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    server.error(80004, headers=usage(100, minutes=5))
    one, two = client.attempts(ADS), client.attempts(Call("GET", "act_1200/adsets"))
    refused = later(one)
    assert isinstance(refused.error, ThrottledError)
    assert 300 <= refused.seconds <= 301
    assert is_held(two.next(), 300)
    clock.time += 100
    assert is_held(one.next(), 200)  # asked too early: the limit is closed
    assert len(server.received) == 1
    # Another account is not concerned.
    server.reply({"id": "3"})
    assert client.attempts(Call("GET", "act_3400/ads")).next() == Answer({"id": "3"})
    clock.time += 201
    server.reply({"id": "1"})
    server.reply({"id": "2"})
    assert one.next() == Answer({"id": "1"})
    assert two.next() == Answer({"id": "2"})
    assert clock.waits == []


def test_a_limit_closed_for_longer_than_patience_is_an_error_at_once(
    server: GraphServer, client: GraphClient
) -> None:
    server.error(80004, headers=usage(100, minutes=90))
    for _ in range(2):
        with pytest.raises(ThrottledError, match="raise `max_retry_seconds`") as caught:
            client.attempts(ADS).next()
        assert caught.value.wait_seconds == 5400
    assert len(server.received) == 1


def test_waits_for_a_limit_count_against_patience(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    server.error(80004, headers=usage(100, minutes=40))
    waiting = client.attempts(ADS)
    assert isinstance(later(waiting).error, ThrottledError)
    clock.time += 2400
    server.error(80004, headers=usage(100, minutes=40))
    with pytest.raises(ThrottledError, match="Meta asks to wait 40 min"):
        waiting.next()


def test_a_limit_that_closes_again_and_again_ends_patience(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    def close() -> None:
        clock.time += 2400
        server.error(80004, headers=usage(100, minutes=40))
        later(client.attempts(ADS))  # another call meets the limit first

    waiting = client.attempts(ADS)
    close()
    assert is_held(waiting.next(), 2400)
    close()
    # The hour is up before this hold is over: from here on it counts as a failure.
    assert isinstance(later(waiting).error, ThrottledError)
    close()
    with pytest.raises(ThrottledError, match="Meta asks to wait 40 min"):
        waiting.next()
    assert len(server.received) == 3


def test_the_pace_below_a_limit_is_a_later_too(
    server: GraphServer, make: Make, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "meta_graph")
    server.reply({}, headers=usage(100), times=3)
    events: list[Any] = []
    client = make(on_event=events.append)
    client.attempts(ADS).next()
    client.attempts(ADS).next()
    attempts = client.attempts(ADS)
    step = later(attempts)
    assert step.error is None
    assert step.seconds == pytest.approx(12, rel=0.1)
    assert events[-1] == Wait(ADS, step.seconds)
    clock.time += step.seconds
    assert isinstance(attempts.next(), Answer)
    assert caplog.messages == [
        "Account 1200: Meta's limit for ads_management is used up or nearly so, waiting 12 s."
    ]


def test_a_write_whose_outcome_is_unknown_is_not_repeated(
    server: GraphServer, client: GraphClient
) -> None:
    server.error(1, "An unknown error occurred", status=500)
    attempts = client.attempts(Call("POST", "act_1200/insights", idempotent=False))
    with pytest.raises(UnavailableError, match="might be carried out twice"):
        attempts.next()


@pytest.mark.parametrize("first", [{"fault": "reset"}, {"status": 502, "body": b"<html>"}])
@pytest.mark.parametrize("last", [190, 80004])
def test_an_error_tells_that_an_earlier_try_was_left_open(
    server: GraphServer, client: GraphClient, first: dict[str, Any], last: int
) -> None:
    server.reply(**first)
    server.error(17)
    server.error(last, headers=usage(100, minutes=90))
    with pytest.raises(GraphError) as caught:
        client.send(Call("POST", "act_1200/ads", idempotent=True))
    assert (caught.value.code, caught.value.was_left_open) == (last, True)


def test_a_refusal_and_the_last_try_leave_no_earlier_one_open(
    server: GraphServer, make: Make
) -> None:
    server.error(17)
    server.error(190)
    with pytest.raises(TokenError) as refused:
        make().send(Call("POST", "act_1200/ads"))
    server.error(2, status=503)
    with pytest.raises(UnavailableError) as unanswered:
        make(max_retry_seconds=0).send(Call("POST", "act_1200/ads"))
    assert (refused.value.was_left_open, unanswered.value.was_left_open) == (False, False)


def test_a_check_fails_a_try(server: GraphServer, client: GraphClient) -> None:
    server.reply({"id": "1"})
    server.reply({"data": []})
    attempts = client.attempts(ADS, check_page)
    error = later(attempts).error
    assert str(error).startswith("account 1200, edge ads: Meta sent a page without `data`.")
    assert attempts.next() == Answer({"data": []})


@pytest.mark.parametrize("good", [True, False])
def test_a_call_that_is_over_has_no_next_step(
    server: GraphServer, client: GraphClient, *, good: bool
) -> None:
    attempts = client.attempts(ADS)
    if good:
        server.reply({})
        attempts.next()
    else:
        server.error(100)
        with pytest.raises(Exception, match="#0"):
            attempts.next()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="is over"):
            attempts.next()
    assert len(server.received) == 1


def test_a_closed_client_takes_no_step(server: GraphServer, client: GraphClient) -> None:
    server.error(2, status=503)
    attempts = client.attempts(ADS)
    later(attempts)
    client.close()
    with pytest.raises(ClientClosedError):
        attempts.next()
    with pytest.raises(ClientClosedError):
        client.attempts(ADS).next()


def test_a_closed_client_takes_no_step_of_a_call_that_is_held_back(
    server: GraphServer, make: Make
) -> None:
    events: list[Any] = []
    client = make(on_event=events.append)
    server.error(80004, headers=usage(100, minutes=5))
    attempts = client.attempts(ADS)
    later(attempts)
    later(attempts)
    told = len(events)
    client.close()
    with pytest.raises(ClientClosedError):
        attempts.next()
    assert len(events) == told


def test_steps_may_be_taken_by_any_thread(server: GraphServer, client: GraphClient) -> None:
    server.error(2, status=503)
    server.reply({"id": "1"})
    attempts = client.attempts(ADS)
    steps: list[object] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: steps.append(attempts.next()))
        thread.start()
        thread.join()
    assert isinstance(steps[0], Later)
    assert steps[1] == Answer({"id": "1"})


def test_an_answer_does_not_show_its_rows_when_it_is_logged() -> None:
    assert repr(Answer({"data": [{"full_name": "Ann"}]})) == "Answer()"


def test_hold_tells_what_a_call_would_have_to_wait(
    server: GraphServer, make: Make, clock: FakeClock
) -> None:
    events: list[Any] = []
    client = make(on_event=events.append)
    assert client.hold(ADS) == 0.0
    server.error(80004, headers=usage(100, minutes=5))
    later(client.attempts(ADS))
    told = len(events)
    assert client.hold(ADS) == pytest.approx(300)
    assert client.hold(Call("GET", "act_1200/campaigns")) == pytest.approx(300)
    assert client.hold(Call("GET", "act_1200/insights")) == 0.0
    assert client.hold(Call("GET", "act_3400/ads")) == 0.0
    clock.time += 299
    assert client.hold(ADS) == pytest.approx(1)
    clock.time += 1
    assert client.hold(ADS) == 0.0
    assert len(events) == told  # to ask is not to wait


def test_hold_takes_no_turn(server: GraphServer, client: GraphClient, clock: FakeClock) -> None:
    server.reply({}, headers=usage(100), times=2)
    client.get("act_1200/ads")
    client.get("act_1200/ads")
    held = client.hold(ADS)
    assert held == pytest.approx(12, rel=0.1)
    clock.time += held
    for _ in range(3):
        assert client.hold(ADS) == 0.0


def test_hold_tells_a_refusal_beyond_patience_but_not_a_foretold_one(
    server: GraphServer, client: GraphClient
) -> None:
    server.reply({}, headers=usage(50, minutes=90))
    client.get("act_1200/ads")
    assert client.hold(ADS) == 0.0  # as `send` leaves it to Meta
    server.error(80004, headers=usage(100, minutes=90))
    with pytest.raises(ThrottledError):
        client.get("act_1200/ads")
    assert client.hold(ADS) == pytest.approx(5400)
