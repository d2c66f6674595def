from __future__ import annotations

import contextlib
import json
import logging
import threading
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import (
    Call,
    ConnectionFailedError,
    Exchange,
    GraphClient,
    GraphError,
    Incoming,
    Outgoing,
    ThrottledError,
    Usage,
    Wait,
)
from meta_graph.log import install
from tap_meta_ads.summary.recap import Tally, as_json
from tap_meta_ads.summary.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RUN = "8c1f0a2b77e14d50a3f1f2a98d0c4be6"
TOKEN = "EAA" + "made0up0" * 6
ADS = Call("GET", "act_123/ads")
INSIGHTS = Call("GET", "act_123/insights")


@dataclass
class Clock:
    """A clock that a test moves on."""

    time: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.time += seconds
        return False

    def stop(self) -> None:
        pass


def started(clock: Clock | None = None) -> Summary:
    return Summary(RUN, (clock or Clock()).now)


def tally(summary: Summary, account_id: str, stream: str) -> Tally:
    (found,) = [
        one
        for one in summary.recap().tallies
        if (one.account_id, one.stream) == (account_id, stream)
    ]
    return found


# Counting.


def test_each_count_lands_where_it_belongs() -> None:
    summary = started()
    counter = summary.of("123", "ads_insights")
    counter.wrote(1000, Decimal("10.10"))
    counter.wrote(5, Decimal("0.05"))
    counter.add("windows")
    counter.add("jobs", 3)
    counter.add("splits", 2)
    counter.new_field("brand_new", 7)
    counter.new_field("brand_new")
    counter.misfit("clicks")
    counter.left_out("gone", "the first reason")
    counter.left_out("gone", "another reason")
    summary.pays_in("123", "EUR")
    summary.pays_in("123", None)
    summary.of("123", "ads").wrote(4)
    assert summary.recap().tallies == (
        Tally(
            "123",
            "ads_insights",
            rows=1005,
            windows=1,
            jobs=3,
            splits=2,
            spend=Decimal("10.15"),
            currency="EUR",
            fields_left_out={"gone": "the first reason"},
            new_fields={"brand_new": 8},
            misfits={"clicks": 1},
        ),
        Tally("123", "ads", rows=4, currency="EUR"),
    )


def test_what_is_not_counted_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"spend is not counted; these are: rows, windows"):
        started().of("123", "ads").add("spend")


def test_spend_loses_no_digit() -> None:
    counter = (summary := started()).of("123", "ads_insights")
    counter.wrote(1, Decimal("123456789012345678901234567890.10"))
    counter.wrote(1, Decimal("0.000000000000000000001"))
    counter.wrote(1)
    text = as_json(summary.recap())["streams"][0]["spend"]
    assert text == "123456789012345678901234567890.100000000000000000001"


def test_a_recap_changes_no_more() -> None:
    counter = (summary := started()).of("123", "ads")
    counter.new_field("one")
    before = summary.recap()
    counter.new_field("two")
    counter.wrote(3)
    assert before.tallies[0].rows == 0
    assert before.tallies[0].new_fields == {"one": 1}


def test_all_streams_are_no_stream_of_their_own() -> None:
    summary = started()
    summary.of("456", "*").skipped("no permission")
    assert summary.recap().tallies == (Tally("456", "", skipped="no permission"),)


@pytest.mark.parametrize(
    "secret", [TOKEN, "access_token=made-up-token", "Bearer made-up-token-made-up"]
)
def test_reasons_hold_no_secret_and_no_line_break(secret: str) -> None:
    counter = (summary := started()).of("456", "ads")
    counter.skipped(f"Meta says:\n {secret} \tis wrong")
    counter.left_out("name", f"because of\r\n{secret}")
    told = [summary.sentence(), json.dumps(summary.as_json())]
    for text in told:
        assert "[hidden]" in text
        assert "made" not in text
        assert "\n" not in text
    assert "Meta says: " in told[0]


# What the client tells.

THROTTLED = ThrottledError("too many calls", 60)
RESET = ConnectionFailedError("connection reset")


@pytest.mark.parametrize(
    ("parts", "owner", "requests"),
    [
        ((ADS,), ("123", "ads"), {("123", "ads"): 1}),
        ((ADS, ADS, ADS), ("123", "ads"), {("123", "ads"): 3}),
        # Outside of all blocks it is known of which account it is, and no more.
        ((ADS,), None, {("123", ""): 1}),
        ((Call("GET", "me/adaccounts"),), None, {("", ""): 1}),
    ],
)
def test_requests_are_counted_as_meta_counts_them(
    parts: tuple[Call, ...],
    owner: tuple[str, str] | None,
    requests: Mapping[tuple[str, str], int],
) -> None:
    summary = started()
    whole = parts[0] if len(parts) == 1 else Call("POST", "")
    with_owner(summary, owner, Exchange(whole, parts, 0.1, 200))
    assert by_owner(summary, "requests") == requests


def with_owner(summary: Summary, owner: tuple[str, str] | None, *events: Exchange | Wait) -> None:
    if owner is None:
        for event in events:
            summary.listen(event)
        return
    with summary.working_for(*owner):
        for event in events:
            summary.listen(event)


def by_owner(summary: Summary, name: str) -> dict[tuple[str, str], Any]:
    return {(one.account_id, one.stream): getattr(one, name) for one in summary.recap().tallies}


@pytest.mark.parametrize(
    ("error", "retries", "waiting"),
    [
        (None, 0, {"123": 60.0}),  # its own care, or a limit that others have met
        (THROTTLED, 1, {"123": 60.0}),
        (RESET, 1, {}),  # not Meta's limit
    ],
)
def test_a_wait(error: GraphError | None, retries: int, waiting: dict[str, float]) -> None:
    summary = started(clock := Clock())
    with_owner(summary, ("123", "ads"), Wait(ADS, 60.0, error))
    assert by_owner(summary, "retries") == {("123", "ads"): retries}
    assert summary.waiting() == waiting
    clock.time += 59.5
    assert summary.waiting() == {}
    clock.time += 100
    assert by_owner(summary, "seconds_waited") == {("123", "ads"): 60.0}


JOBS = {
    "1": ("123", "ads_insights"),
    "2": ("123", "ads_insights_country"),
    "3": ("456", "ads_insights"),
    "4": ("123", "ads_insights"),
}
LOOKS = tuple(Call("GET", path, account=account) for path, (account, _) in JOBS.items())


def test_a_look_at_jobs_counts_for_the_stream_of_each() -> None:
    summary = started()
    with summary.working_for_each(JOBS):
        summary.listen(Exchange(Call("POST", ""), LOOKS, 0.1, 200))
        # What failed is asked again alone.
        summary.listen(Exchange(Call("POST", ""), LOOKS[2:3], 0.1, 200))
    assert by_owner(summary, "requests") == {
        ("123", "ads_insights"): 2,
        ("123", "ads_insights_country"): 1,
        ("456", "ads_insights"): 2,
    }


@pytest.mark.parametrize(
    ("call", "retries"),
    [
        (LOOKS[2], [0, 0, 1]),  # one part
        (Call("POST", ""), [1, 1, 1]),  # the whole
    ],
)
def test_when_a_batch_waits_all_of_it_wait(call: Call, retries: list[int]) -> None:
    summary = started(clock := Clock())
    with summary.working_for_each(JOBS):
        summary.listen(Wait(call, 10.0, THROTTLED))
    clock.time += 10
    assert [*by_owner(summary, "seconds_waited").values()] == [10.0, 10.0, 10.0]
    found = by_owner(summary, "retries")
    assert [found[owner] for owner in sorted(found)] == retries
    assert summary.recap().seconds_waited == 10.0


def test_blocks_nest_and_end() -> None:
    summary = started()
    exchange = Exchange(ADS, (ADS,), 0.1, 200)
    with summary.working_for("123", "ads"):
        with contextlib.suppress(GraphError), summary.working_for("123", "leads"):
            summary.listen(exchange)
            raise GraphError("no")
        summary.listen(exchange)
    summary.listen(exchange)
    assert by_owner(summary, "requests") == {
        ("123", "ads"): 1,
        ("123", "leads"): 1,
        ("123", ""): 1,
    }


@pytest.mark.parametrize(
    ("waits", "until", "total"),
    [
        # Beginning and length of each wait; when it is asked; the seconds of the union.
        ([(0, 60)], 100, 60),
        ([(0, 60)] * 8, 100, 60),  # eight calls that wait for one limit
        ([(0, 60), (30, 60)], 100, 90),
        ([(0, 60), (10, 20)], 100, 60),  # one within the other
        ([(0, 10), (50, 10)], 100, 20),
        ([(0, 60)], 20, 20),  # what lies ahead has not been waited
        ([(0, 10), (15, 60)], 20, 15),
        ([], 100, 0),
    ],
)
def test_waits_at_once_are_waited_once(
    waits: list[tuple[float, float]], until: float, total: float
) -> None:
    summary = started(clock := Clock(0))
    counter = summary.of("123", "ads")
    for begin, seconds in waits:
        clock.time = begin
        counter.waits(seconds)
    clock.time = until
    assert tally(summary, "123", "ads").seconds_waited == total
    assert summary.recap().seconds_waited == total


def test_two_streams_wait_each_for_itself_and_the_run_once() -> None:
    summary = started(clock := Clock(0))
    summary.of("123", "ads").waits(60)
    clock.time = 20
    summary.of("456", "ads").waits(60)
    clock.time = 100
    assert by_owner(summary, "seconds_waited") == {("123", "ads"): 60, ("456", "ads"): 60}
    assert summary.recap().seconds_waited == 80


def test_the_highest_usage_of_each_limit_is_kept() -> None:
    summary = started()
    for percents in ((20.0, 3.0), (87.5, 1.0), (40.0, 2.0)):
        usages = (Usage("123", "ads_insights", percents[0]), Usage("", "", percents[1]))
        summary.listen(Exchange(INSIGHTS, (INSIGHTS,), 0.1, 200, None, usages))
    assert summary.recap().usages == {("123", "ads_insights"): 87.5, ("", ""): 3.0}


def test_threads_do_not_mix_and_lose_nothing() -> None:
    summary = started()
    at_once = threading.Barrier(8)
    exchange = Exchange(ADS, (ADS, ADS), 0.1, 200)

    def work(number: int) -> None:
        stream = f"stream_{number % 4}"
        counter = summary.of("123", stream)
        at_once.wait(30)
        with summary.working_for("123", stream):
            for _ in range(500):
                summary.listen(exchange)
                counter.add("windows")
                counter.wrote(3, Decimal("0.01"))
                counter.new_field(f"field_{number}")
                summary.recap()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = summary.recap().tallies
    assert sorted(one.stream for one in found) == [f"stream_{number}" for number in range(4)]
    for one in found:
        assert (one.requests, one.windows, one.rows) == (2000, 1000, 3000)
        assert one.spend == Decimal("10.00")
        assert sorted(one.new_fields.values()) == [500, 500]


# With a real client.


class Server:
    """A transport that answers as told, in order."""

    def __init__(self, *answers: Incoming) -> None:
        self._answers = [*answers]

    def send(self, _request: Outgoing) -> Incoming:
        return self._answers.pop(0)

    def close(self) -> None:
        pass


def incoming(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Incoming:
    return Incoming(status, headers or {}, json.dumps(body).encode())


BUSY = {"error": {"code": 17, "message": "User request limit reached", "type": "OAuthException"}}


@contextlib.contextmanager
def reading(summary: Summary, clock: Clock, *answers: Incoming) -> Iterator[GraphClient]:
    with GraphClient(
        TOKEN, on_event=summary.listen, clock=clock, transport=Server(*answers)
    ) as client:
        yield client


def test_a_client_tells_what_is_counted() -> None:
    summary = started(clock := Clock())
    usage = {"123": [{"type": "ads_insights", "call_count": 91}]}
    good = incoming({"data": []}, headers={"X-Business-Use-Case-Usage": json.dumps(usage)})
    with (
        reading(summary, clock, incoming(BUSY, 400), good) as client,
        summary.working_for("123", "ads_insights"),
    ):
        client.get("act_123/insights")
    clock.time += 1
    found = tally(summary, "123", "ads_insights")
    assert (found.requests, found.retries) == (2, 1)
    assert found.seconds_waited == pytest.approx(sum(clock.waits))
    assert summary.recap().usages == {("123", "ads_insights"): 91.0}


def test_a_batch_of_a_client_counts_for_each_stream() -> None:
    summary = started(clock := Clock())
    parts = [{"code": 200, "headers": [], "body": "{}"} for _ in JOBS]
    with (
        reading(summary, clock, incoming(parts)) as client,
        summary.working_for_each(JOBS),
    ):
        client.batch(LOOKS, again=False)
    assert sum(by_owner(summary, "requests").values()) == 4
    assert by_owner(summary, "requests")["123", "ads_insights_country"] == 1


def test_lines_of_the_client_say_what_they_are_about(caplog: pytest.LogCaptureFixture) -> None:
    install()
    summary = started(clock := Clock())
    summary.of("123", "ads_insights").begin(90, "1f0c99d2aa")
    with (
        caplog.at_level(logging.INFO, "meta_graph"),
        reading(summary, clock, incoming(BUSY, 400), incoming({})) as client,
        summary.working_for("123", "ads_insights"),
    ):
        client.get("act_123/insights")
    (record,) = caplog.records
    assert " Trying again in " in record.getMessage()
    assert record.getMessage().endswith(" [run 8c1f0a2b, account 123, query 1f0c99d2]")
    assert record.__dict__["query_hash"] == "1f0c99d2aa"


# Telling.


def test_a_summary_tells_its_own_recap() -> None:
    summary = started(clock := Clock())
    summary.of("123", "ads").wrote(2)
    clock.time += 10
    words = "Run 8c1f0a2b took 10 s: 2 rows of 1 stream and 1 account."
    assert summary.sentence() == words
    assert summary.as_json()["totals"]["rows"] == 2
    assert [*summary.metrics()] == []  # the SDK counts rows itself
