"""What goes wrong at Meta and on the way there, at every stage of an extraction, over HTTP.

Each ends in a complete extraction, or in one clear sentence and a state from which the next run
completes. What goes wrong where is data, in `fault_table`; more of what only Insights have is in
`test_tap_jobs`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.fault_table import (
    BY_A_JOB,
    ENDLESS,
    FIELDS_NOT_NAMED,
    JOBS,
    JOBS_NOT_AT,
    JOBS_NOT_READ,
    PASSING,
    PERMISSION,
    PERMISSION_NOT_AT,
    REMOVED,
    REMOVED_ONCE,
    REMOVED_UNSEEN,
    WAITS,
)
from tests.fault_worlds import (
    BATCH,
    DIRECT,
    FURTHER,
    LEADS,
    LISTING,
    POLLING,
    READING,
    STAGES,
    SUBMITTING,
    World,
    at_once,
    completes,
    everywhere,
    fails_clearly_and_resumes,
    of_insights,
)
from tests.worlds import NOW, asked, synced

if TYPE_CHECKING:
    from tests.fault_worlds import Stage

NAMED = {stage.name: stage for stage in (*STAGES, *FURTHER)}


def test_the_table_has_a_word_on_every_stage() -> None:
    faults = [
        fault
        for table in (PASSING, ENDLESS)
        for group in table.values()
        for fault in group.values()
    ]
    for fault in faults:
        assert {*fault.not_at, *fault.passes_at} <= NAMED.keys()
        assert fault.stages()
    assert {stage.name for stage in PERMISSION} | PERMISSION_NOT_AT.keys() == NAMED.keys()
    assert all(slow.keys() <= NAMED.keys() for slow in WAITS.values())
    jobs_at = {stage.name for stage in (POLLING, *READING)}
    assert JOBS_NOT_AT.keys() | jobs_at == {stage.name for stage in STAGES}
    read = {outcome for outcome, stages in JOBS.items() if READING[1] in stages}
    assert read | JOBS_NOT_READ.keys() == JOBS.keys()
    columns = [REMOVED, REMOVED_UNSEEN, REMOVED_ONCE, FIELDS_NOT_NAMED]
    assert sorted(name for column in columns for name in column) == sorted(NAMED)


# ---------------------------------------------------------------- what passes


def waits(stage: Stage, *, code: int) -> str:
    """What is wrong with a run that should wait as long as Meta says."""
    seconds = 2
    world = World(stage, {}, {})
    with world.sandbox as sandbox:
        headers = {"Retry-After": str(seconds)}
        throttle = {"throttle": {"code": code, "minutes": 0, "headers": headers}}
        sandbox.add_fault({"match": stage.match, "answer": throttle})
        output = world.run()
        entries = sandbox.requests()
    if missed := world.not_met(output):
        return missed
    if output.status:
        return output.last_words
    refused = next(e for e in entries if e["fault"])
    after = entries[entries.index(refused) + 1 :]
    if stage is BATCH:
        # Of its parts, for there may be batches of other jobs.
        polls = (e for e in after if e["stage"] == "poll")
        again = next(e for e in polls if str(e["path"]).split("/")[-1] in str(refused["body"]))
    else:
        names = ("stage", "path", "query", "body")
        again = next(e for e in after if all(e[name] == refused[name] for name in names))
    waited = float(str(again["at"])) - float(str(refused["at"]))
    return "; ".join(world.wrong(output)) if waited >= seconds - 0.1 else f"{waited} s"


@pytest.mark.parametrize("group", PASSING)
def test_what_passes_costs_no_row_at_any_stage(group: str) -> None:
    cases = {
        f"{name}, {stage.name}": partial(
            completes, stage, {"answer": fault.answer}, settings=fault.settings
        )
        for name, fault in PASSING[group].items()
        for stage in fault.stages()
    }
    if group == "limits":
        # They take longest, so they come first.
        cases = {
            f"{code} and a wait, {stage.name}": partial(waits, stage, code=code)
            for code, slow in WAITS.items()
            for stage in STAGES
            if stage.name not in slow
        } | cases
    assert at_once(cases) == {}


def test_several_passing_faults_in_one_run() -> None:
    faults = [
        {"match": {"stage": stage}, "skip": skip, "answer": answer}
        for stage in ("submit", "poll", "read")
        for skip, answer in enumerate([{"kind": "reset"}, {"kind": "html"}, {"error": {"code": 2}}])
    ]
    assert completes(SUBMITTING, *faults) == ""


# ---------------------------------------------------------------- what does not pass


@pytest.mark.parametrize("group", ENDLESS)
def test_what_does_not_pass_ends_in_one_sentence_and_can_be_resumed(group: str) -> None:
    cases = {}
    for name, fault in ENDLESS[group].items():
        for stage in fault.stages():
            rule = {"answer": fault.answer, "skip": stage.before}
            case = f"{name}, {stage.name}"
            cases[case] = (
                partial(completes, stage, {**rule, "times": None}, settings=fault.settings)
                if stage.name in fault.passes_at
                else partial(
                    fails_clearly_and_resumes,
                    stage,
                    rule,
                    words=fault.words,
                    settings=fault.settings,
                )
            )
    assert at_once(cases) == {}


def test_jobs_that_go_wrong_late_or_in_place_of_a_direct_answer() -> None:
    cases = {}
    for outcome, stages in JOBS.items():
        for stage in stages:
            ever = {"answer": {"job": outcome}, "skip": stage.before}
            cases[f"{outcome} for ever, {stage.name}"] = partial(
                fails_clearly_and_resumes, stage, ever, words="account "
            )
    for outcome in ("failed", "skipped"):
        once = {"answer": {"job": outcome}}
        cases[f"{outcome} once"] = partial(completes, BY_A_JOB, once)
    assert at_once(cases) == {}


@pytest.mark.parametrize("outcome", ["lost", "expired"])
def test_an_account_whose_jobs_get_lost_is_not_left_out_in_silence(outcome: str) -> None:
    world = World(READING[0], {"on_account_error": "skip", "max_retry_seconds": 2}, {})
    with world.sandbox as sandbox:
        unlucky = sandbox.world.accounts[0].account_id
        match = {**READING[0].match, "account_id": unlucky}
        sandbox.add_fault({"match": match, "times": None, "answer": {"job": outcome}})
        output = world.run()
        assert not world.not_met(output)
        assert output.status != 0
        assert f"account {unlucky}" in output.last_words
        assert world.resume(output) == ""


def keeps_what_is_finished(stage: Stage) -> str:
    """What is wrong with the state of a run that ends in its second window or later."""
    one_by_one = {"max_concurrency": 1, "insights_window_days": 2}
    world = World(stage, one_by_one, {"accounts": 1})
    with world.sandbox as sandbox:
        fault = {"match": stage.match, "times": None, "skip": 1}
        sandbox.add_fault({**fault, "answer": {"error": {"code": 190, "subcode": 463}}})
        output = world.run()
        if missed := world.not_met(output):
            return missed
        windows = [days for _, days, _ in asked(sandbox)]
        last = windows[-1].since
        kept = [days for ranges in synced(output.state, "daily").values() for days in ranges]
        # They are read in order: all before the one that failed were written.
        if not output.status or [(d.since, d.until) for d in kept] != [
            (windows[0].since, max(days.until for days in windows if days.until < last))
        ]:
            return f"asked {windows}, kept {kept}: {output.last_words}"
        return world.resume(output)


def test_the_state_of_a_failed_run_names_all_that_was_finished() -> None:
    pages = (
        of_insights("sync, page n", "sync", "sync_insights", 2, page_size=2),
        of_insights("reading, page n", "async", "read", 2, page_size=4),
    )
    stages = (*DIRECT[:3], SUBMITTING, POLLING, BATCH, READING[0], *pages)
    assert everywhere(stages, way=keeps_what_is_finished) == {}


# ---------------------------------------------------------------- one account, one field


def without_permission(stage: Stage, *, action: str) -> str:
    world = World(stage, {"on_account_error": action}, {})
    with world.sandbox as sandbox:
        # Half-way through its rows, the second account is no longer ours.
        lost = sandbox.world.accounts[1].account_id
        match = {**stage.match, "account_id": lost}
        sandbox.add_fault({"match": match, "times": None, "answer": {"permission": True}})
        first = world.run()
        if missed := world.not_met(first):
            return missed
        if (first.status == 0) != (action == "skip"):
            return f"status {first.status}: {first.last_words}"
        if lost not in first.log or "Traceback" in first.log:
            return f"not clear: {first.log[-2000:]}"
        if action == "fail" and lost not in first.last_words:
            return f"no clear last words: {first.last_words}"
        others = {row["account_id"] for row in first.rows(stage.streams[-1])} - {lost}
        if action == "skip" and not others:
            return "the other account was left out too"
        return world.resume(first)


@pytest.mark.parametrize("action", ["skip", "fail"])
def test_permission_lost_for_one_account(action: str) -> None:
    assert everywhere(PERMISSION, way=without_permission, action=action) == {}


def without_pages(stage: Stage, *, action: str) -> str:
    """What is wrong where the leads of all ads but one of an account are not for the token."""
    # Before the first of all leads, since the truth has all of them.
    start = str((NOW - timedelta(days=20)).date())
    world = World(stage, {"on_account_error": action, "start_date": start}, {"ads": 24})
    with world.sandbox as sandbox:
        account = sandbox.world.accounts[0].account_id
        ads = {str(row["ad_id"]) for row in sandbox.truth("leads", account)}
        ours = min(ads)
        match = {"edge": "leads", "account_id": account, "path": f"(?<!{ours})/leads$"}
        sandbox.add_fault({"match": match, "times": None, "answer": {"permission": True}})
        first = world.run()
        if missed := world.not_met(first):
            return missed
        if (first.status == 0) != (action == "skip"):
            return f"status {first.status}: {first.last_words}"
        read = {row["ad_id"] for row in first.rows("leads") if row["account_id"] == account}
        if len(ads) < 2 or read != {ours} or "ads are left out" not in first.log:
            return f"of {ads} read {read}: {first.log[-2000:]}"
        # Granted, they come, whatever others have had since.
        return world.resume(first)


@pytest.mark.parametrize("action", ["skip", "fail"])
def test_a_page_that_is_not_ours_costs_the_leads_of_its_ads_alone(action: str) -> None:
    assert without_pages(LEADS[0], action=action) == ""


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


def without_field(stage: Stage, *, name: str, skip: int, is_column: bool) -> str:
    world = World(stage, {}, {})
    with world.sandbox as sandbox:
        answer = {"remove_field": name}
        rule = {"match": stage.match, "times": None, "skip": skip, "answer": answer}
        sandbox.add_fault(rule)
        output = world.run()
        wrong = world.wrong(output, but=name if is_column else "")
    if missed := world.not_met(output):
        return missed
    if output.status or wrong:
        return f"{wrong} {output.last_words}"
    if not is_column:
        return ""
    stream = stage.streams[-1]
    has_values = {row[name] is not None for row in output.rows(stream)} != {False}
    # What is asked page by page goes on without the field from where it is refused.
    if has_values and not skip and "page" not in stage.match:
        return "the field has values"
    return "" if f"fields left out: {stream}.{name}" in output.last_words else output.last_words


@pytest.mark.parametrize("skip", [0, 1], ids=["at once", "mid-run"])
def test_a_field_that_meta_removes_is_left_out_and_named(skip: int) -> None:
    cases = {
        stage: partial(
            without_field, NAMED[stage], name=name, skip=skip, is_column=stage in REMOVED
        )
        for stage, name in {**REMOVED, **REMOVED_UNSEEN}.items()
    }
    assert at_once(cases) == {}


def test_a_field_that_meta_removes_from_accounts_stops_nothing() -> None:
    cases = {
        stage: partial(without_field, NAMED[stage], name=name, skip=0, is_column=False)
        for stage, name in REMOVED_ONCE.items()
    }
    assert at_once(cases) == {}


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


# A job keeps its place for some seconds before it makes room.
@pytest.mark.parametrize(
    ("at", "concurrency", "wait"), [("submit", 1, 5), ("submit", 8, 5), ("poll", 1, 8)]
)
def test_a_throttled_account_does_not_stall_the_others(
    at: str, concurrency: int, wait: int
) -> None:
    options = {"accounts": 3}
    stage = of_insights("throttled", "async", "submit")
    world = World(stage, {"max_concurrency": concurrency, "insights_window_days": 3}, options)
    with world.sandbox as sandbox:
        slow = sandbox.world.accounts[0].account_id
        throttle = {"throttle": {"code": 17, "seconds": wait}}
        sandbox.add_fault({"match": {"stage": at, "account_id": slow}, "answer": throttle})
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
