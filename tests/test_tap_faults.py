"""What goes wrong at Meta and on the way there, at every stage of an extraction, over HTTP.

Each ends in a complete extraction, or in one clear sentence and a state from which the next run
completes. What only Insights have is in `test_tap_jobs.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fault_worlds import (
    BATCH,
    DIRECT,
    LEADS,
    LISTING,
    POLLING,
    READING,
    STAGES,
    SUBMITTING,
    World,
    completes,
    everywhere,
    fails_clearly_and_resumes,
    of_insights,
)

if TYPE_CHECKING:
    from tests.fault_worlds import Answer, Stage

# ---------------------------------------------------------------- what passes

PASSING: dict[str, Answer] = {
    "reset": {"kind": "reset"},
    "answer lost": {"kind": "drop_after"},
    "time-out": {"kind": {"kind": "hang", "seconds": 4}},
    "truncated JSON": {"kind": "truncate"},
    "short body": {"kind": "short_body"},
    "HTML 502": {"kind": "html"},
    "empty 500": {"kind": "empty"},
    "code 1": {"error": {"code": 1, "message": "An unknown error occurred", "http": 500}},
    "code 2": {"error": {"code": 2, "http": 500}},
    "80000": {"error": {"code": 80000}},
    "80004": {"error": {"code": 80004}},
    "613": {"error": {"code": 613}},
    "17": {"error": {"code": 17}},
    "4": {"error": {"code": 4, "subcode": 1504022}},
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_costs_no_row_at_any_stage(fault: str) -> None:
    patient = {"request_timeout": 1.5} if fault == "time-out" else {}
    assert everywhere(STAGES, {"answer": PASSING[fault]}, settings=patient) == {}


@pytest.mark.parametrize("code", [80000, 80004])
def test_a_wait_that_meta_states_is_kept(code: int) -> None:
    wait = {"code": code, "minutes": 0, "headers": {"Retry-After": "2"}}
    stages = (LISTING[1], LEADS[0], DIRECT[0], DIRECT[2], SUBMITTING, POLLING, READING[1])
    assert everywhere(stages, {"answer": {"throttle": wait}}) == {}


def test_several_passing_faults_in_one_run() -> None:
    faults = [
        {"match": {"stage": stage}, "skip": skip, "answer": answer}
        for stage in ("submit", "poll", "read")
        for skip, answer in enumerate([{"kind": "reset"}, {"kind": "html"}, {"error": {"code": 2}}])
    ]
    assert completes(SUBMITTING, *faults) == ""


# ---------------------------------------------------------------- what does not pass

ENDLESS: dict[str, tuple[Answer, str]] = {
    "reset": ({"kind": "reset"}, "max_retry_seconds"),
    "HTML 502": ({"kind": "html"}, "max_retry_seconds"),
    "a long wait": ({"throttle": {"code": 80000, "minutes": 7}}, "7 min"),
    "token": ({"error": {"code": 190, "subcode": 463}}, "access_token"),
    "version": ({"error": {"code": 2635}}, "api_version"),
}


@pytest.mark.parametrize("fault", ENDLESS)
def test_what_does_not_pass_ends_in_one_sentence_and_can_be_resumed(fault: str) -> None:
    answer, words = ENDLESS[fault]
    way = fails_clearly_and_resumes
    # The accounts are listed by one call.
    # Of these there may be one call.
    single = (LISTING[0], BATCH)
    rest = tuple(stage for stage in STAGES if stage not in single)
    found = everywhere(single, {"answer": answer}, way=way, words=words)
    assert found | everywhere(rest, {"answer": answer, "skip": 1}, way=way, words=words) == {}


def test_silence_without_end_ends_in_one_sentence() -> None:
    hang = {"answer": {"kind": {"kind": "hang", "seconds": 2}}, "skip": 1}
    way, patience = fails_clearly_and_resumes, {"request_timeout": 0.5}
    assert everywhere((LISTING[1], DIRECT[0], POLLING), hang, way=way, settings=patience) == {}


# ---------------------------------------------------------------- one account, one field


def without_permission(stage: Stage, *, action: str) -> str:
    world = World(stage, {"on_account_error": action}, {})
    with world.sandbox as sandbox:
        # Half-way through its rows, the second account is no longer ours.
        lost = sandbox.world.accounts[1].account_id
        match = {**stage.match, "account_id": lost}
        fault = {"match": match, "times": None, "answer": {"permission": True}}
        sandbox.add_fault(fault)
        first = world.run()
        if missed := world.not_met(first):
            return missed
        if (first.status == 0) != (action == "skip"):
            return f"status {first.status}: {first.last_words}"
        if lost not in first.log or "Traceback" in first.log:
            return f"not clear: {first.log[-2000:]}"
        if action == "fail" and lost not in first.last_words:
            return f"no clear last words: {first.last_words}"
        others = {row["account_id"] for row in first.rows("daily")} - {lost}
        if action == "skip" and stage.is_of_insights and not others:
            return "the other account was left out too"
        sandbox.clear_faults()
        second = world.run(first.states[-1] if first.states else None)
        return "; ".join(world.wrong(first, second))


@pytest.mark.parametrize("action", ["skip", "fail"])
def test_permission_lost_for_one_account(action: str) -> None:
    stages = (*LISTING[1:], *DIRECT, SUBMITTING, POLLING, *READING)
    assert everywhere(stages, way=without_permission, action=action) == {}


def test_the_account_that_was_left_out_has_no_complete_days() -> None:
    world = World(DIRECT[0], {}, {})
    with world.sandbox as sandbox:
        lost = sandbox.world.accounts[0].account_id
        match = {"edge": "insights", "account_id": lost}
        sandbox.add_fault({"match": match, "times": None, "answer": {"permission": True}})
        output = world.run()
        assert output.status == 0
        assert world.wrong(output, without=lost) == []
    partitions = output.state["bookmarks"]["daily"]["partitions"]
    assert [p for p in partitions if p["context"]["account_id"] == lost and p.get("synced")] == []


@pytest.mark.parametrize("skip", [0, 2], ids=["at once", "mid-run"])
def test_a_field_that_meta_removes_is_left_out_and_named(skip: int) -> None:
    found = {}
    for stage, name in (
        (LISTING[1], "bid_amount"),
        (DIRECT[0], "actions"),
        (SUBMITTING, "actions"),
    ):
        world = World(stage, {"insights_window_days": 2}, {})
        with world.sandbox as sandbox:
            fault = {"match": stage.match, "times": None, "skip": skip}
            sandbox.add_fault({**fault, "answer": {"remove_field": name}})
            output = world.run()
            wrong = world.wrong(output, but=name)
            rows = output.rows(stage.streams[-1])
            if missed := world.not_met(output):
                found[stage.name] = missed
            elif output.status or f"refuses {name}" not in output.log or wrong:
                found[stage.name] = f"{output.status} {wrong} {output.last_words}"
            elif skip == 0 and {row[name] is None for row in rows} != {True}:
                found[stage.name] = "the field has values"
    assert found == {}


def test_a_field_that_nobody_expects_is_named_and_stops_nothing() -> None:
    new = {"answer": {"add_field": {"name": "spend_in_gold", "value": "1"}}, "times": None}
    stages = (LISTING[1], DIRECT[0], READING[0])
    assert everywhere(stages, new, words="spend_in_gold") == {}


def test_an_expired_version_is_not_tried_again() -> None:
    world = World(DIRECT[0], {"api_version": "v25.0"}, {})
    with world.sandbox as sandbox:
        sandbox.add_fault({"match": {}, "times": None, "answer": {"error": {"code": 2635}}})
        output = world.run()
        assert output.status != 0
        assert "api_version" in output.last_words
        assert len(sandbox.requests()) <= 2


# ---------------------------------------------------------------- one slow account


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_throttled_account_does_not_stall_the_others(concurrency: int) -> None:
    wait = 5
    options = {"accounts": 3}
    stage = of_insights("throttled", "async", "submit")
    world = World(stage, {"max_concurrency": concurrency, "insights_window_days": 3}, options)
    with world.sandbox as sandbox:
        slow = sandbox.world.accounts[0].account_id
        throttle = {"throttle": {"code": 17, "seconds": wait}}
        sandbox.add_fault({"match": {"stage": "submit", "account_id": slow}, "answer": throttle})
        output = world.run()
        entries = [e for e in sandbox.requests() if e["account_id"] and e["edge"] != "node"]
        assert output.status == 0, output.last_words
        assert world.wrong(output) == []
    throttled = next(e for e in entries if e["fault"])
    after = entries[entries.index(throttled) + 1 :]
    # What was on its way when Meta refused is no sign of impatience.
    on_its_way = [e for e in after if float(str(e["at"])) - float(str(throttled["at"])) < 1]
    resumed = next(e for e in after if e["account_id"] == slow and e not in on_its_way)
    assert float(str(resumed["at"])) - float(str(throttled["at"])) >= wait - 0.1
    late = after[after.index(resumed) :]
    assert {e["account_id"] for e in late} == {slow}
    assert str(slow) in output.log
