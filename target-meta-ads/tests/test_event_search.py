"""One pixel over a real ledger: requests that are sent again in parts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from target_meta_ads.events import calls
from target_meta_ads.events.search import Search
from tests.fake_meta import START, TOO_MUCH, FakeMeta, event_ids, key, read, received, refusal
from tests.fake_run import working

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from meta_graph import Call, GraphError
    from tests.fake_meta import Asked

MANY = calls.MOST_EVENTS


def test_a_request_with_events_that_is_too_large_is_halved(tmp_path: Path) -> None:
    meta = FakeMeta(refuses=lambda asked: refusal(*TOO_MUCH) if len(asked.data) > 600 else None)
    with working(tmp_path, meta) as run:
        run.events(run.pixel(), event_ids(MANY))
        run.state(1)
        run.settle()
        assert run.states == [1]
        assert run.counts() == {"received": MANY, "delivered": MANY}
    assert sorted(received(meta)) == event_ids(MANY)
    assert [len(asked.data) for asked in meta.requests()] == [MANY, MANY // 2, MANY // 2]


def test_a_request_that_is_too_large_within_a_search(tmp_path: Path) -> None:
    meta = FakeMeta(is_bad=lambda one: one["event_id"] == "e00900")
    meta.refuses = lambda asked: refusal(*TOO_MUCH) if 300 < len(asked.data) < MANY else None
    with working(tmp_path, meta) as run:
        run.events(run.pixel(), event_ids(MANY))
        run.state(1)
        run.settle()
        assert run.states == [1]
        assert run.counts() == {"received": MANY, "delivered": MANY - 1, "rejected": 1}
        assert [one["key"] for one in run.rejects()] == [{"id": "e00900"}]
    assert sorted(received(meta)) == [one for one in event_ids(MANY) if one != "e00900"]


@dataclass
class Forgetful(FakeMeta):
    """Meta says of some requests that it has received one event less.

    Attributes:
        forgets: Of which.
    """

    forgets: Callable[[Asked], bool] = lambda _: False

    def answer(self, call: Call) -> tuple[Any, GraphError | None]:
        payload, error = super().answer(call)
        if error is None and self.forgets(read(call)):
            payload["events_received"] -= 1
        return payload, error


def test_events_that_meta_has_received_in_part_are_sent_again_in_halves(tmp_path: Path) -> None:
    meta = Forgetful()
    meta.forgets = lambda _: len(meta.log) == 1
    with working(tmp_path, meta) as run:
        run.events(run.pixel(), event_ids(MANY))
        run.state(1)
        run.settle()
        assert run.states == [1]
        assert run.counts() == {"received": MANY, "delivered": MANY}
    assert [len(asked.data) for asked in meta.requests()] == [MANY, MANY // 2, MANY // 2]
    with working(tmp_path, meta) as run:
        run.events(run.pixel(), event_ids(MANY))
        run.settle()
        assert run.counts() == {"received": MANY, "unchanged": MANY}


@pytest.mark.parametrize(
    ("sent", "bad"), [(16, None), (8, "e00015")], ids=["all of them", "in a search"]
)
def test_what_meta_may_have_received_in_part_stays_claimed_when_the_run_ends(
    tmp_path: Path, sent: int, bad: str | None
) -> None:
    meta = Forgetful(is_bad=lambda one: one["event_id"] == bad)
    meta.forgets = lambda asked: len(asked.data) == sent
    meta.refuses = lambda asked: refusal(190) if len(asked.data) < sent else None
    with working(tmp_path, meta, most=1) as run:
        run.events(run.pixel(), event_ids(16))
        run.settle()
        assert run.counts() == {"received": 16, "undelivered": 16}
    with working(tmp_path, meta, START + timedelta(days=3)) as run:
        assert set(run.ledger.lost_events("9")) == {key(one) for one in event_ids(sent)}


def test_an_event_that_meta_never_receives_is_rejected_alone(tmp_path: Path) -> None:
    meta = Forgetful(forgets=lambda asked: "e00005" in asked.ids)
    with working(tmp_path, meta) as run:
        run.events(run.pixel(), event_ids(MANY))
        run.state(1)
        run.settle()
        assert run.states == [1]
        assert run.counts() == {"received": MANY, "delivered": MANY - 1, "rejected": 1}
        (reject,) = run.rejects()
        assert (reject["key"], reject["code"]) == ({"id": "e00005"}, "not_received")
        assert run.ledger.known_events("9", [key("e00005")]) == set()
    assert len(meta.log) <= 2 * 10 + 1  # the halves of 1,000, ten times


@pytest.mark.parametrize("bad", [1, 50, 500, 999])
def test_a_search_takes_no_more_requests_than_the_halving_itself(tmp_path: Path, bad: int) -> None:
    wrong = set(random.Random(3).sample(event_ids(MANY)[1:], bad))
    search = Search(event_ids(MANY), None)
    requests = 1
    while search.request:
        requests += 1
        if wrong.isdisjoint(search.request):
            search.accepted()
        else:
            search.refused(None)
    meta = FakeMeta(is_bad=lambda one: one["event_id"] in wrong)
    with working(tmp_path, meta) as run:
        pixel = run.pixel()
        run.events(pixel, ["good"])
        run.settle()
        run.events(pixel, event_ids(MANY))
        run.settle()
        assert len(run.rejects()) == bad
    assert len(meta.log) == 1 + requests
