"""One pixel over a real ledger: what is sent, once, and what is found to be bad."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from meta_graph import (
    ClientClosedError,
    ConnectionFailedError,
    Failure,
    PermissionDeniedError,
    ThrottledError,
    UnavailableError,
)
from target_meta_ads.delivery.checkpoints import EVERY
from target_meta_ads.events import calls
from tests.fake_meta import GONE, START, FakeMeta, event, event_ids, key, received, refusal
from tests.fake_run import working

if TYPE_CHECKING:
    from pathlib import Path

    from meta_graph import GraphError

MANY = calls.MOST_EVENTS


def test_events_arrive_and_the_state_follows(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        run.events(run.pixel(), event_ids(3))
        run.state("after 3")
        assert run.states == []
        run.settle()
        assert run.states == ["after 3"]
        assert run.counts() == {"received": 3, "delivered": 3}
    assert received(meta) == event_ids(3)


def test_no_event_is_sent_twice_over_two_runs(tmp_path: Path) -> None:
    meta = FakeMeta()
    for turn in range(2):
        with working(tmp_path, meta) as run:
            run.events(run.pixel(), event_ids(2_500 + turn))
            run.state(turn)
            run.settle()
            assert run.states == [turn]
    assert received(meta) == event_ids(2_501)
    assert run.counts() == {"received": 2_501, "unchanged": 2_500, "delivered": 1}
    assert [len(asked.data) for asked in meta.requests()] == [MANY, MANY, 500, 1]


@pytest.mark.parametrize("where", ["in the chunk", "in the open batch", "on its way", "accepted"])
def test_an_event_that_comes_twice_in_a_run_is_sent_once(tmp_path: Path, where: str) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.event(pixel, "a")
        if where == "in the open batch":
            pixel.look_up()
        elif where == "on its way":
            pixel.close(1)
            run.delivery.tick()
            assert run.sends.in_flight == 1
        elif where == "accepted":
            run.settle()
        run.event(pixel, "a")
        run.state(1)
        run.settle()
        assert run.counts() == {"received": 2, "delivered": 1, "unchanged": 1}
        assert run.states == [1]
    assert received(meta) == ["a"]


def test_the_same_event_goes_to_each_pixel(tmp_path: Path) -> None:
    meta = FakeMeta()
    for _ in range(2):
        with working(tmp_path, meta) as run:
            for pixel in (run.pixel("8"), run.pixel("9")):
                run.event(pixel, "a")
            run.settle()
    assert (received(meta, "8"), received(meta, "9")) == (["a"], ["a"])


@pytest.mark.parametrize(
    ("is_of_store", "days", "is_sent_again"),
    [(False, 6.9, False), (False, 7.1, True), (True, 61.9, False), (True, 62.1, True)],
)
def test_an_event_is_remembered_for_as_long_as_meta_takes_it(
    tmp_path: Path, days: float, *, is_of_store: bool, is_sent_again: bool
) -> None:
    meta = FakeMeta()
    for now in (START, START + timedelta(days=days)):
        with working(tmp_path, meta, now) as run:
            run.event(run.pixel(), "a", event("a", is_of_store=is_of_store))
            run.settle()
    assert received(meta) == ["a", "a"] if is_sent_again else ["a"]


# What Meta refuses.


@pytest.mark.parametrize("last", [False, True])
def test_bad_events_are_found_and_all_others_arrive(tmp_path: Path, *, last: bool) -> None:
    bad = {"e00000", "e00999", "e01000", "e01500", "e02700"}
    meta = FakeMeta(is_bad=lambda one: one["event_id"] in bad)
    with working(tmp_path, meta, pick=(lambda count: count - 1) if last else None) as run:
        run.events(run.pixel(), event_ids(3_000))
        run.state(1)
        run.settle()
        assert run.states == [1]
        assert run.counts() == {"received": 3_000, "delivered": 2_995, "rejected": 5}
        assert {one["key"]["id"] for one in run.rejects()} == bad
        assert {one["code"] for one in run.rejects()} == {"100/2804003"}
        assert run.rejects()[0]["message"].startswith("Meta refuses it: An event is too old. Meta")
    assert sorted(received(meta)) == sorted(set(event_ids(3_000)) - bad)
    assert len(meta.log) <= 3 + 14 * 5
    with working(tmp_path, meta) as run:
        run.events(run.pixel(), event_ids(3_000))
        run.settle()
        assert run.counts() == {"received": 3_000, "unchanged": 2_995, "rejected": 5}
    assert len(received(meta)) == 2_995


def test_a_search_holds_the_state_until_it_has_found_all(tmp_path: Path) -> None:
    meta = FakeMeta(is_bad=lambda one: one["event_id"] == "e00500")
    with working(tmp_path, meta, most=1) as run:
        pixel = run.pixel()
        run.events(pixel, event_ids(MANY))
        run.state(1)
        run.sends.pick = lambda _: 0
        for _ in range(20):
            assert run.states == []
            run.delivery.tick()
            if len(received(meta)) == MANY - 1:
                break
        assert run.states == [1]
        assert [one["key"]["id"] for one in run.rejects()] == ["e00500"]


def test_metas_words_about_a_bad_event_are_without_its_values(tmp_path: Path) -> None:
    words = "User ada@a.example of Lead, order-17, is bad"
    meta = FakeMeta(
        refuses=lambda asked: refusal(100, 2804050, words) if "order-17" in asked.ids else None
    )
    content = event("order-17").replace(b"{", b'{"user_data":{"em":["ada@a.example"]},', 1)
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, ["good"])
        run.event(pixel, "order-17", content)
        run.settle()
        (reject,) = run.rejects()
        assert reject["code"] == "100/2804050"
        assert reject["message"].startswith(
            "Meta refuses it: User (left out) of (left out), (left out), is bad. "
        )


@pytest.mark.parametrize(
    "code",
    [(100, 2804001), (10, None), (190, None)],
    ids=["each event", "the pixel", "the token"],
)
def test_a_pixel_fails_in_words_without_the_values_of_its_events(
    tmp_path: Path, code: tuple[int, int | None]
) -> None:
    words = "The address 203.0.113.9 of ada@a.example is bad"
    meta = FakeMeta(refuses=lambda _: refusal(*code, words))
    user = b'{"user_data":{"em":["ada@a.example"],"client_ip_address":"203.0.113.9"},'
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        for name in event_ids(25):
            run.event(pixel, name, event(name).replace(b"{", user, 1))
        run.settle()
        assert pixel.failed is not None
        (failure,) = run.delivery.failures
    assert "The address (left out) of (left out) is bad" in failure
    assert "203.0.113.9" not in failure
    assert "ada@" not in failure


def test_20_alike_refusals_and_nothing_taken_are_the_pixels_fault(tmp_path: Path) -> None:
    meta = FakeMeta(is_bad=lambda _: True)
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, event_ids(50))
        run.state(1)
        run.settle()
        assert pixel.failed is not None
        assert run.states == []
        assert run.rejects() == []
        assert run.counts() == {"received": 50, "undelivered": 50}
        (failure,) = run.delivery.failures
        assert failure.startswith("pixel 9: ")
        assert "100/2804003" in failure
        assert run.ledger.known_events("9", [key(one) for one in event_ids(50)]) == set()
    assert len(meta.log) < 100
    # Nothing is lost: once the pixel is right, all of them arrive.
    meta.is_bad = lambda _: False
    with working(tmp_path, meta) as run:
        run.events(run.pixel(), event_ids(50))
        run.settle()
        assert run.counts() == {"received": 50, "delivered": 50}


def test_19_alike_refusals_are_rejects_once_nothing_more_is_to_come(tmp_path: Path) -> None:
    meta = FakeMeta(is_bad=lambda _: True)
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, event_ids(19))
        run.state(1)
        run.settle()
        assert pixel.failed is None
        assert run.states == [1]
        assert len(run.rejects()) == 19


def test_refusals_that_are_not_alike_are_the_events_own(tmp_path: Path) -> None:
    def refuses(ids: list[str]) -> tuple[int, int]:
        return (100, 2804003) if int(ids[0][1:]) % 2 else (100, 2804009)

    meta = FakeMeta(refuses=lambda asked: refusal(*refuses(asked.ids)))
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, event_ids(60))
        run.settle()
        assert pixel.failed is None
        assert len(run.rejects()) == 60


@pytest.mark.parametrize("is_first", [True, False])
def test_one_good_event_tells_that_the_pixel_is_right(tmp_path: Path, *, is_first: bool) -> None:
    good = "e00000" if is_first else "e00050"
    meta = FakeMeta(is_bad=lambda one: one["event_id"] != good)
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, event_ids(100))
        run.state(1)
        run.settle()
        assert pixel.failed is None
        assert run.states == [1]
        assert run.counts() == {"received": 100, "delivered": 1, "rejected": 99}
    assert received(meta) == [good]


def test_a_pixel_that_is_gone_holds_the_state_while_others_go_on(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda asked: refusal(10) if asked.target == "8" else None)
    with working(tmp_path, meta) as run:
        gone, good = run.pixel("8"), run.pixel("9")
        run.events(good, ["a"])
        run.state("before")
        run.events(gone, ["b"])
        run.events(good, ["c"])
        run.state("behind")
        run.settle()
        run.events(gone, ["d"])
        run.settle()
        assert run.states == ["before"]
        assert run.counts() == {"received": 4, "delivered": 2, "undelivered": 2}
        assert [line.split(":")[0] for line in run.delivery.failures] == ["pixel 8"]
    assert received(meta) == ["a", "c"]


def test_a_token_that_dies_within_a_search(tmp_path: Path) -> None:
    meta = FakeMeta(is_bad=lambda one: one["event_id"] == "e00007")
    meta.refuses = lambda asked: (
        refusal(190) if len(asked.data) < 5 and asked.path.endswith("events") else None
    )
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, event_ids(16))
        run.state(1)
        run.settle()
        assert run.delivery.stopped is not None
        assert run.states == []
        assert run.rejects() == []
        first = len(received(meta))
        assert run.counts() == {
            "received": 16,
            "undelivered": 16 - first,
            **({"delivered": first} if first else {}),
        }
    meta.refuses = lambda _: None
    with working(tmp_path, meta) as run:
        run.events(run.pixel(), event_ids(16))
        run.settle()
        assert len(run.rejects()) == 1
    assert sorted(received(meta)) == sorted(set(event_ids(16)) - {"e00007"})


# What ends without a code of Meta's, and whether Meta may have taken it.
CODELESS: dict[str, tuple[GraphError, bool]] = {
    "connection failed": (ConnectionFailedError("The connection failed"), True),
    "client closed": (ClientClosedError("The client is closed"), True),
    "503 page": (UnavailableError(Failure("No JSON", http_status=503)), True),
    "bare 429": (ThrottledError(Failure("No JSON", http_status=429)), False),
    "bare 429 behind a lost answer": (
        ThrottledError(Failure("No JSON", http_status=429, was_left_open=True)),
        True,
    ),
    "403 page": (PermissionDeniedError(Failure("No JSON", http_status=403)), False),
}


@pytest.mark.parametrize(("error", "may_be_done"), CODELESS.values(), ids=CODELESS)
@pytest.mark.parametrize(
    ("sent", "bad"), [(1, None), (40, None), (20, "e00039")], ids=["one", "many", "in a search"]
)
def test_what_ends_without_metas_code_is_no_events_fault(
    tmp_path: Path, error: GraphError, sent: int, bad: str | None, *, may_be_done: bool
) -> None:
    ids = event_ids(sent if bad is None else 2 * sent)
    meta = FakeMeta(is_bad=lambda one: one["event_id"] == bad)
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, ["taken"])
        run.settle()
        meta.refuses = lambda asked: error if len(asked.data) == sent else None
        run.events(pixel, ids)
        run.state(1)
        run.settle()
        assert pixel.failed is not None
        assert (run.states, run.rejects(), pixel.unsettled()) == ([], [], 2)
        assert run.counts() == {"received": 1 + len(ids), "delivered": 1, "undelivered": len(ids)}
    lost = ids[:sent] if may_be_done else []
    meta.refuses = lambda _: None
    meta.is_bad = lambda _: False
    with working(tmp_path, meta, START + timedelta(days=3)) as run:
        assert set(run.ledger.lost_events("9")) == {key(one) for one in lost}
        run.events(run.pixel(), ids)
        run.settle()
        rejected = [(one["key"]["id"], one["code"]) for one in run.rejects()]
        assert rejected == [(one, "outcome_unknown") for one in lost]
    assert received(meta) == ["taken", *ids[len(lost) :]]


# Workers that died.


@pytest.mark.parametrize(("hours", "is_sent"), [(1, True), (47, True), (49, False)])
def test_an_event_that_a_dead_worker_may_have_sent(
    tmp_path: Path, hours: int, *, is_sent: bool
) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, ["a"])
        pixel.close(1)
        run.delivery.tick()
        assert run.sends.in_flight == 1
    with working(tmp_path, meta, START + timedelta(hours=hours)) as run:
        run.events(run.pixel(), ["a", "b"])
        run.state(1)
        run.settle()
        assert run.states == [1]
        if is_sent:
            assert run.rejects() == []
        else:
            (reject,) = run.rejects()
            assert (reject["code"], reject["key"]) == ("outcome_unknown", {"id": "a"})
            assert "48 hours" in reject["message"]
    assert received(meta) == (["a", "b"] if is_sent else ["b"])


def test_an_event_is_lost_from_its_first_attempt_on(tmp_path: Path) -> None:
    meta = FakeMeta()
    for hours in (0, 30):  # killed twice
        with working(tmp_path, meta, START + timedelta(hours=hours)) as run:
            pixel = run.pixel()
            run.events(pixel, ["a"])
            pixel.close(1)
            run.delivery.tick()
            assert run.sends.in_flight == 1
    with working(tmp_path, meta, START + timedelta(hours=60)) as run:
        run.events(run.pixel(), ["a"])
        run.settle()
        assert [one["code"] for one in run.rejects()] == ["outcome_unknown"]
    assert received(meta) == []


def test_a_refused_event_is_not_lost(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda _: refusal(*GONE))
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, event_ids(30))
        run.settle()
        assert pixel.failed is not None
    meta.refuses = lambda _: None
    with working(tmp_path, meta, START + timedelta(days=3)) as run:
        run.events(run.pixel(), event_ids(30))
        run.settle()
        assert run.rejects() == []
    assert received(meta) == event_ids(30)


# States.


def test_a_state_that_waits_for_long_has_its_events_sent(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        rare, frequent = run.pixel("8"), run.pixel("9")
        run.events(rare, ["a"])
        run.state("early")
        run.sends.pick = lambda _: 0
        run.events(frequent, event_ids(EVERY - 1))
        run.delivery.tick()
        assert received(meta, "8") == []
        run.events(frequent, ["last"])
        run.delivery.tick()
        run.delivery.tick()
        assert received(meta, "8") == ["a"]
        assert run.states == ["early"]
