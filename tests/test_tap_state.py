"""What a run reads that starts from the state of an older one, judged by what Meta received."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox import Sandbox
from tests.singer import Output, run_tap
from tests.worlds import (
    DAY,
    NOW,
    Range,
    asked,
    days_asked,
    differences,
    fetched_again,
    keyed,
    synced,
    today_of,
    upserted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = ("account_id", "ad_id", "date_start")
REPORT = {"name": "daily", "fields": ["spend", "impressions"]}
MODES = ("auto", "async")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=21, accounts=3, ads=4, days=60, now=NOW) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(sandbox: Sandbox) -> None:
    sandbox.set_now(NOW)
    sandbox.clear_faults()
    sandbox.clear_requests()


def day(ago: int) -> date:
    return NOW.date() - timedelta(days=ago)


def settings(sandbox: Sandbox, start: int, **more: object) -> dict[str, Any]:
    return {
        "access_token": sandbox.token,
        "api_url": sandbox.url,
        "start_date": str(day(start)),
        "insights_reports": [REPORT],
        "insights_lookback_days": 0,
        **more,
    }


def run(
    sandbox: Sandbox, start: int, state: dict[str, Any] | None = None, **more: object
) -> Output:
    """Run the tap on a report alone, and forget what Meta received before."""
    sandbox.clear_requests()
    output = run_tap(settings(sandbox, start, **more), state=state, streams=("daily",))
    assert output.status == 0, output.log[-3000:]
    return output


def todays(sandbox: Sandbox) -> dict[str, date]:
    """Account -> its today."""
    return {str(a["account_id"]): today_of(sandbox, a) for a in sandbox.truth("accounts")}


def days_between(since: date, until: date) -> set[date]:
    return {since + DAY * number for number in range((until - since).days + 1)}


def truth(sandbox: Sandbox, start: int) -> dict[tuple[str, ...], Any]:
    return dict(keyed(sandbox.truth_insights(since=str(day(start))), KEYS))


@pytest.mark.parametrize("mode", MODES)
def test_the_same_run_again_reads_today_alone(sandbox: Sandbox, mode: str) -> None:
    first = run(sandbox, 20, insights_mode=mode)
    assert synced(first.state, "daily") == {
        account: [Range(day(20), today - DAY)] for account, today in todays(sandbox).items()
    }
    second = run(sandbox, 20, first.state, insights_mode=mode)
    assert days_asked(sandbox) == {a: {today} for a, today in todays(sandbox).items()}
    assert second.state == first.state


@pytest.mark.parametrize("mode", MODES)
def test_a_later_start_reads_nothing_more_and_forgets_nothing(sandbox: Sandbox, mode: str) -> None:
    first = run(sandbox, 30, insights_mode=mode)
    second = run(sandbox, 10, first.state, insights_mode=mode)
    assert days_asked(sandbox) == {a: {today} for a, today in todays(sandbox).items()}
    # The earlier days are complete all the same, should the start move back again.
    assert synced(second.state, "daily") == synced(first.state, "daily")
    run(sandbox, 30, second.state, insights_mode=mode)
    assert days_asked(sandbox) == {a: {today} for a, today in todays(sandbox).items()}


@pytest.mark.parametrize("mode", MODES)
def test_an_earlier_start_reads_the_earlier_days_alone(sandbox: Sandbox, mode: str) -> None:
    first = run(sandbox, 12, insights_mode=mode)
    second = run(sandbox, 33, first.state, insights_mode=mode)
    earlier = days_between(day(33), day(13))
    assert days_asked(sandbox) == {a: earlier | {t} for a, t in todays(sandbox).items()}
    assert all(len(ranges) == 1 for ranges in synced(second.state, "daily").values())
    rows = upserted([first, second], "daily", KEYS)
    assert differences(rows, truth(sandbox, 33)) == []


@pytest.mark.parametrize("mode", MODES)
def test_gaps_are_filled_and_closed(sandbox: Sandbox, mode: str) -> None:
    first = run(sandbox, 40, insights_mode=mode)
    state = copy.deepcopy(first.state)
    for partition in state["bookmarks"]["daily"]["partitions"]:
        _, until = partition["synced"][0]
        partition["synced"] = [[str(day(40)), str(day(30))], [str(day(20)), until]]
        partition["replication_key_value"] = str(day(30))
    second = run(sandbox, 40, state, insights_mode=mode)
    gap = days_between(day(29), day(21))
    assert days_asked(sandbox) == {a: gap | {t} for a, t in todays(sandbox).items()}
    assert second.state == first.state
    filled = {row["date_start"] for row in second.rows("daily")}
    assert {str(one) for one in gap} <= filled


@pytest.mark.parametrize("mode", MODES)
def test_every_state_on_the_way_is_one_to_resume_from(sandbox: Sandbox, mode: str) -> None:
    first = run(sandbox, 40, insights_mode=mode, insights_window_days=5)
    states = first.states
    assert len(states) >= 6
    for state in (states[0], states[len(states) // 2], states[-2]):
        messages = first.messages
        written = {
            tuple(m["record"][key] for key in KEYS): m["record"]
            for m in messages[: messages.index({"type": "STATE", "value": state})]
            if m["type"] == "RECORD"
        }
        second = run(sandbox, 40, state, insights_mode=mode, insights_window_days=5)
        assert fetched_again(sandbox, state, "daily") == []
        rows = written | upserted([second], "daily", KEYS)
        assert differences(rows, truth(sandbox, 40)) == []


def test_a_changed_report_is_read_anew_with_a_line_that_says_so(sandbox: Sandbox) -> None:
    first = run(sandbox, 15)
    changed = [{**REPORT, "fields": ["spend", "impressions", "clicks"]}]
    second = run(sandbox, 15, first.state, insights_reports=changed)
    every = {a: days_between(day(15), today) for a, today in todays(sandbox).items()}
    assert days_asked(sandbox) == every
    lines = [line for line in second.log.splitlines() if "has changed" in line]
    assert {account for account in every if any(account in line for line in lines)} == set(every)
    assert differences(keyed(second.rows("daily"), KEYS), truth(sandbox, 15)) == []
    assert synced(second.state, "daily") == synced(first.state, "daily")
    # What is complete is so for the report as it is now.
    run(sandbox, 15, second.state, insights_reports=changed)
    assert days_asked(sandbox) == {a: {today} for a, today in todays(sandbox).items()}


def test_another_order_of_fields_is_no_change(sandbox: Sandbox) -> None:
    first = run(sandbox, 15)
    turned = [{**REPORT, "fields": ["impressions", "spend"]}]
    second = run(sandbox, 15, first.state, insights_reports=turned)
    assert days_asked(sandbox) == {a: {today} for a, today in todays(sandbox).items()}
    assert "has changed" not in second.log


def test_a_removed_account_stays_in_the_state_and_is_not_asked(sandbox: Sandbox) -> None:
    first = run(sandbox, 15)
    kept = [account.account_id for account in sandbox.world.accounts[:2]]
    gone = sandbox.world.accounts[2].account_id
    second = run(sandbox, 15, first.state, account_ids=kept)
    assert {entry["account_id"] for entry in sandbox.requests()} <= {"", *kept}
    partitions = {
        partition["context"]["account_id"]: partition
        for partition in second.state["bookmarks"]["daily"]["partitions"]
    }
    before = {
        partition["context"]["account_id"]: partition
        for partition in first.state["bookmarks"]["daily"]["partitions"]
    }
    assert partitions[gone] == before[gone]
    # Should it come back, it goes on where it was.
    run(sandbox, 15, second.state)
    assert days_asked(sandbox)[gone] == {todays(sandbox)[gone]}


def test_an_account_that_the_token_has_lost_is_named(sandbox: Sandbox) -> None:
    lost = {"context": {"account_id": "999000999000999"}}
    state = {"bookmarks": {"campaigns": {"partitions": [lost]}}}
    config = settings(sandbox, 5)
    output = run_tap(config, state=state, streams=("daily",))
    assert output.status == 0
    assert "Account 999000999000999 is left out: Meta lists it no more." in output.log
    assert output.state["bookmarks"]["campaigns"] == {"partitions": [lost]}
    assert len(synced(output.state, "daily")) == len(sandbox.world.accounts)
    failed = run_tap({**config, "on_account_error": "fail"}, state=state, streams=("daily",))
    assert failed.status == 1
    assert "Meta lists it no more. Assign it" in failed.last_words


def test_an_account_that_is_new_is_read_whole(sandbox: Sandbox) -> None:
    known = [account.account_id for account in sandbox.world.accounts[:2]]
    new = sandbox.world.accounts[2].account_id
    first = run(sandbox, 15, account_ids=known)
    run(sandbox, 15, first.state)
    today = todays(sandbox)
    assert days_asked(sandbox) == {
        **{account: {today[account]} for account in known},
        new: days_between(day(15), today[new]),
    }


def test_the_lookback_counts_back_from_the_last_day_asked_for(sandbox: Sandbox) -> None:
    more: dict[str, Any] = {"insights_lookback_days": 7, "end_date": str(day(5))}
    first = run(sandbox, 30, **more)
    second = run(sandbox, 30, first.state, **more)
    assert set(map(frozenset, days_asked(sandbox).values())) == {
        frozenset(days_between(day(12), day(5)))
    }
    assert second.state == first.state


def test_an_old_state_of_another_tap_says_what_to_do(sandbox: Sandbox) -> None:
    partition = {"context": {"account_id": sandbox.world.accounts[0].account_id}, "synced": 7}
    state = {"bookmarks": {"daily": {"partitions": [partition]}}}
    output = run_tap(settings(sandbox, 5), state=state, streams=("daily",))
    assert output.status != 0
    assert "Traceback" not in output.log
    assert "state" in output.last_words
    assert sandbox.world.accounts[0].account_id in output.last_words


def test_a_large_state_holds_all_that_was_written_when_a_run_fails(sandbox: Sandbox) -> None:
    """It is not written after each window, and not by the stream whose windows they are."""
    gone = [{"context": {"account_id": str(number)}} for number in range(5_000)]
    state = {"bookmarks": {"a_former_report": {"partitions": gone}}}
    account = sandbox.world.accounts[0].account_id
    config = settings(
        sandbox,
        12,
        account_ids=[account],
        end_date=str(day(2)),
        insights_mode="sync",
        insights_window_days=1,
        page_size=5,
        max_concurrency=1,
    )
    refused = {"error": {"code": 190, "subcode": 463}}
    match = {"stage": "sync_insights"}
    sandbox.add_fault({"match": match, "skip": 6, "times": None, "answer": refused})
    output = run_tap(config, state=state, streams=("campaigns", "daily"))
    assert output.status == 1
    windows = [days for _, days, _ in asked(sandbox)]
    assert len(set(windows)) > 2
    # They are read in order: all before the one that failed were written.
    written = Range(day(12), windows[-1].since - DAY)
    assert synced(output.state, "daily") == {account: [written]}
    assert synced(output.states[-2], "daily").get(account, []) == []
    assert output.state["bookmarks"].keys() == {*state["bookmarks"], "campaigns", "daily"}
