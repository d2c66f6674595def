"""Events from the target to the sandbox, over real HTTP: each arrives once."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox import Sandbox
from tests.targets import EVENTS, config, messages, pixel, rejects, run_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = ["event_id"]
DAY = 86_400


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, accounts=1, ads=4, days=4) as running:
        yield running


def event(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A good event."""
    made = {
        "event_id": f"order-{number}",
        "event_name": "Purchase",
        "event_time": int(time.time()) - 60 - number % (6 * DAY),
        "action_source": "website",
        "event_source_url": "https://shop.example/thanks",
        "client_user_agent": "Mozilla/5.0 (made up)",
        "email": f"buyer{number}@mail.example",
        "value": round(5 + number % 997 / 100, 2),
        "currency": "EUR",
        "note": f"note {number}",
    }
    return {name: value for name, value in {**made, **more}.items() if value is not None}


LOCALLY_BAD: dict[str, dict[str, Any]] = {
    "event_too_old": {"event_time": 1_600_000_000},
    "event_in_future": {"event_time": int(time.time()) + 40 * DAY},
    "weak_match_keys": {"email": None},
    "purchase_without_value": {"value": None},
    "unknown_action_source": {"action_source": "billboard"},
}
"""What is found here: code and columns."""

REFUSED: dict[str, dict[str, Any]] = {
    "100/2804019": {"error": {"code": 100, "subcode": 2804019}},
    "100/2804001": {"error": {"code": 100, "subcode": 2804001}},
    "100": {"error": {"code": 100, "message": "(#100) buyer is not what Meta expects"}},
}
"""What only Meta finds: code and answer. The event says in a column which it is to be."""


def with_bad_ones(events: list[dict[str, Any]], count: int) -> dict[str, str]:
    """Make some events bad, of all kinds in turn; returns their ids and codes."""
    kinds = [*LOCALLY_BAD, *REFUSED]
    places = random.Random(7).sample(range(len(events)), count)
    bad = {}
    for turn, place in enumerate(places):
        code = kinds[turn % len(kinds)]
        change = LOCALLY_BAD.get(code, {"note": f"refuse {code}."})
        events[place] = event(place, **change)
        bad[events[place]["event_id"]] = code
    return bad


def test_fifty_bad_ones_in_twenty_thousand(sandbox: Sandbox, tmp_path: Path) -> None:
    events = [event(number) for number in range(20_000)]
    bad = with_bad_ones(events, 50)
    for code, answer in REFUSED.items():
        match = {"edge": "events", "contains": f"refuse {code}."}
        sandbox.add_fault({"match": match, "times": None, "answer": answer})

    output = run_target(config(sandbox, tmp_path), messages(EVENTS, events, KEYS), tmp_path)

    assert output.status == 0, output.log
    good = {one["event_id"] for one in events} - bad.keys()
    raw = Counter(str(one["event_id"]) for one in sandbox.events(pixel(sandbox), view="raw"))
    assert raw == dict.fromkeys(good, 1)
    found = rejects(tmp_path)
    assert {one["key"]["event_id"]: one["code"] for one in found} == bad
    assert len(found) == len(bad)
    assert all(one["stream"] == EVENTS and one["message"].endswith(".") for one in found)
    minimum = 20
    assert len(sandbox.requests()) < 2 * minimum + 10 * len(bad)
    assert output.states == [{EVENTS: 20_000}]
    assert output.counts(EVENTS) == {
        "received": 20_000,
        "delivered": 19_950,
        "unchanged": 0,
        "rejected": 50,
    }

    again = run_target(config(sandbox, tmp_path), messages(EVENTS, events, KEYS), tmp_path)
    assert again.counts(EVENTS)["unchanged"] == 19_950
    assert Counter(str(one["event_id"]) for one in sandbox.events(view="raw")) == raw


FAULTS: dict[str, dict[str, Any]] = {
    "taken, and the answer lost": {"answer": {"kind": "drop_after"}, "times": 4},
    "cut before it was taken": {"answer": {"kind": "reset"}, "times": 4},
    "500 without a body": {"answer": {"kind": "empty"}, "times": 3},
    "a page in HTML": {"answer": {"kind": "html"}, "times": 3},
    "half of an answer": {"answer": {"kind": "truncate"}, "times": 2},
    "throttled": {"answer": {"throttle": {"code": 80004, "minutes": 0}}, "times": 1},
    "not ready": {"answer": {"error": {"code": 21009}}, "times": 2},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_for_a_while(sandbox: Sandbox, tmp_path: Path, fault: str) -> None:
    rows = [event(number) for number in range(6_500)]
    sandbox.add_fault({"match": {"edge": "events"}, "skip": 1, **FAULTS[fault]})
    settings = config(sandbox, tmp_path, max_retry_seconds=60)
    output = run_target(settings, messages(EVENTS, rows, KEYS, every=1_000), tmp_path)
    assert output.status == 0, output.log
    counted = Counter(str(one["event_id"]) for one in sandbox.events())
    assert counted == {one["event_id"]: 1 for one in rows}
    assert output.states[-1] == {EVENTS: 6_500}
    assert rejects(tmp_path) == []


def test_a_pixel_that_takes_nothing_is_no_reason_to_reject(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.add_fault(
        {
            "match": {"edge": "events"},
            "times": None,
            "answer": {"error": {"code": 100, "subcode": 2804007}},
        }
    )
    rows = [event(number) for number in range(3_000)]
    output = run_target(config(sandbox, tmp_path), messages(EVENTS, rows, KEYS), tmp_path)
    assert output.status == 1
    assert rejects(tmp_path) == []
    assert output.states == []
    assert output.counts(EVENTS)["undelivered"] == 3_000
    assert f"pixel {pixel(sandbox)}" in output.last_words


def test_one_pixel_that_is_wrong_does_not_concern_the_others(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    routes = {"Purchase": pixel(sandbox), "Lead": "1234567890"}
    settings = config(sandbox, tmp_path, events={"pixel_id": None, "event_routes": routes})
    rows = [
        event(number, event_name="Purchase" if number % 2 else "Lead") for number in range(4_000)
    ]
    output = run_target(settings, messages(EVENTS, rows, KEYS, every=1_000), tmp_path)
    assert output.status == 1
    assert "pixel 1234567890" in output.last_words
    assert "100/33" in output.last_words
    assert len(sandbox.events(pixel(sandbox), view="raw")) == 2_000
    # The first event of the wrong one holds the state, and comes again.
    assert output.states == []


def test_test_events_and_limited_data_use(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = config(sandbox, tmp_path, test_event_code="TEST123", partner_agent="made-up")
    rows = [event(1, data_processing_options=["LDU"]), event(2)]
    output = run_target(settings, messages(EVENTS, rows, KEYS), tmp_path)
    assert output.status == 0, output.log
    first, second = sandbox.events()
    assert first["test_event_code"] == "TEST123"
    assert first["data_processing_options"] == ["LDU"]
    assert first["data_processing_options_country"] == 0
    assert "data_processing_options" not in second
    assert second["custom_data"] == {"value": 5.02, "currency": "EUR", "note": "note 2"}


def test_an_event_without_an_id_has_the_same_one_on_every_run(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = [{**event(number, event_id=None), "order": number} for number in range(50)]
    for number in range(2):
        # Without the ledger: Meta's own deduplication has to know them by their ids.
        settings = config(sandbox, tmp_path, ledger_url=f"sqlite:///{tmp_path}/{number}.db")
        output = run_target(settings, messages(EVENTS, rows, ["order"]), tmp_path)
        assert output.status == 0, output.log
    assert len(sandbox.events(view="raw")) == 100
    assert len(sandbox.events()) == 50


def test_a_token_that_dies_ends_the_run(sandbox: Sandbox, tmp_path: Path) -> None:
    answer = {"error": {"code": 190, "subcode": 463}}
    sandbox.add_fault({"match": {"edge": "events"}, "skip": 2, "times": None, "answer": answer})
    rows = [event(number) for number in range(40_000)]
    settings = config(sandbox, tmp_path, max_concurrency=1)
    output = run_target(settings, messages(EVENTS, rows, KEYS, every=1_000), tmp_path)
    assert output.status == 1
    assert "190/463" in output.last_words
    assert "Traceback" not in output.log
    # What Meta had taken before stays taken, and its state is out; the rest was not even read.
    assert output.states[-1] == {EVENTS: 2_000}
    assert output.counts(EVENTS)["received"] < 40_000
    assert len(sandbox.events(view="raw")) == 2_000
