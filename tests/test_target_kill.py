"""Runs that are killed and started again lose nothing, and send nothing twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox import Sandbox
from tests.targets import (
    EVENTS,
    LONGEST_RUN,
    MEMBERS,
    TARGET,
    as_bytes,
    audience,
    config,
    messages,
    people,
    pixel,
    rejects,
    run_target,
    sha,
    start,
)
from tests.test_target_audiences import person
from tests.test_target_events import event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from demo.database import Database

KILLS = 20
SETTINGS = {"max_removal_ratio": 1, "max_retry_seconds": 60, "max_concurrency": 3}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    # Late answers, so that a kill finds requests on their way.
    with Sandbox(seed=5, accounts=1, ads=2, days=2, latency_ms=20) as running:
        yield running


def day(number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The source as it is on a day: who is a customer, and what was bought so far.

    Each day 700 people come, 150 go and 300 have a new address; and there are 1,300 purchases.
    """
    customers = [
        person(one, email=f"person{one}@day{max(0, number - one % 3)}.example")
        for one in range(150 * number, 700 * (number + 1))
    ]
    return customers, [event(one) for one in range(1_300 * (number + 1))]


def stdin(number: int) -> bytes:
    """A day's source as the target reads it, with a state after each 500 records."""
    customers, orders = day(number)
    return as_bytes(
        [
            *messages(MEMBERS, customers, ["external_id"], every=500),
            *messages(EVENTS, orders, ["event_id"], every=500),
        ]
    )


def run_and_kill(
    settings: Mapping[str, Any], given: bytes, folder: Path, sandbox: Sandbox, requests: int
) -> tuple[list[Any], bool]:
    """Run the target, and kill it once Meta has got so many requests.

    Returns:
        The states that it had written, and whether it was killed before its end.
    """
    source = folder / "input.jsonl"
    source.write_bytes(given)
    out = folder / "states.jsonl"
    before = len(sandbox.requests())
    deadline = time.monotonic() + LONGEST_RUN
    with out.open("wb") as written, (folder / "log.txt").open("ab") as log:
        running = start(settings, source, folder, written, log)
        status: int | None = None
        while status is None and len(sandbox.requests()) - before < requests:
            assert time.monotonic() < deadline
            with suppress(TimeoutError):
                status = running.wait(0.003)
        if status is None:
            running.kill()
            status = running.wait(LONGEST_RUN)
    whole = out.read_bytes()
    whole = whole[: whole.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], status < 0


FAULTS: list[dict[str, Any]] = [
    {"match": {"edge": "users"}, "answer": {"kind": "drop_after"}},
    {"match": {"edge": "events"}, "skip": 1, "answer": {"kind": "drop_after"}},
    {"match": {"edge": "events"}, "answer": {"kind": "empty"}},
    {"match": {"edge": "users"}, "answer": {"throttle": {"code": 80003, "minutes": 0}}},
    {"match": {"edge": "events"}, "answer": {"kind": "reset"}},
]


def test_killed_at_twenty_moments(sandbox: Sandbox, tmp_path: Path) -> None:
    chance = random.Random(11)
    settings = config(sandbox, tmp_path, members={"sync_mode": "mirror"}, **SETTINGS)
    killed = 0
    for number in range(KILLS):
        sandbox.add_fault(FAULTS[number % len(FAULTS)])
        moment = chance.randint(1, 6)
        states, was_killed = run_and_kill(settings, stdin(number), tmp_path, sandbox, moment)
        killed += was_killed
        check_states(sandbox, states, number)
        sandbox.clear_faults()
        sandbox.advance(120)  # a throttle ends
    assert killed >= KILLS // 2, "most kills should find the run at work"

    customers, orders = day(KILLS)
    output = run_target(settings, stdin(KILLS), tmp_path)
    assert output.status == 0, output.log
    assert output.states[-1] == {EVENTS: len(orders)}
    assert rejects(tmp_path) == []
    # Every audience equal to the source.
    found = {name: one["EMAIL"] for name, one in people(sandbox).items()}
    assert found == {one["external_id"]: sha(one["email"]) for one in customers}
    # Every event once as Meta counts; what was on its way in a kill may have come again.
    once = Counter(str(one["event_id"]) for one in sandbox.events(pixel(sandbox)))
    assert once == {one["event_id"]: 1 for one in orders}
    raw = Counter(str(one["event_id"]) for one in sandbox.events(pixel(sandbox), view="raw"))
    again = sum(raw.values()) - len(raw)
    assert again <= KILLS * SETTINGS["max_concurrency"] * 1_000

    idle = run_target(settings, stdin(KILLS), tmp_path)
    assert idle.counts(MEMBERS)["unchanged"] == len(customers)
    assert idle.counts(EVENTS)["unchanged"] == len(orders)


def check_states(sandbox: Sandbox, states: list[Any], number: int) -> None:
    """No state is ahead of what Meta has."""
    customers, orders = day(number)
    if not states:
        return
    last = states[-1]
    if MEMBERS in last:
        behind = {one["external_id"]: sha(one["email"]) for one in customers[: last[MEMBERS]]}
        found = {str(one["EXTERN_ID"]): one["EMAIL"] for one in sandbox.members(audience(sandbox))}
        assert {name: found.get(name) for name in behind} == behind
    else:
        behind_events = {one["event_id"] for one in orders[: last[EVENTS]]}
        assert behind_events <= {str(one["event_id"]) for one in sandbox.events()}


def test_two_workers_share_a_ledger(sandbox: Sandbox, tmp_path: Path, database: Database) -> None:
    settings = config(sandbox, tmp_path, ledger_url=database.url(), **SETTINGS)
    customers, orders = day(4)
    given = as_bytes(
        [
            *messages(EVENTS, orders, ["event_id"]),
            *messages(MEMBERS, customers, ["external_id"]),
        ]
    )
    file = tmp_path / "config.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    source = tmp_path / "source.jsonl"
    source.write_bytes(given)
    command = [str(TARGET), "--config", str(file), "--input", str(source)]
    workers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
        for _ in range(2)
    ]
    for worker in workers:
        written, log = worker.communicate(timeout=LONGEST_RUN)
        assert worker.returncode == 0, log.decode()
        assert json.loads(written.splitlines()[-1]) == {MEMBERS: len(customers)}
    raw = Counter(str(one["event_id"]) for one in sandbox.events(view="raw"))
    assert raw == {one["event_id"]: 1 for one in orders}
    assert people(sandbox).keys() == {one["external_id"] for one in customers}
    added = [one for one in sandbox.requests() if one["edge"] == "users"]
    assert len(added) <= 2  # each sends what the other does not: together everybody once


def test_terminated_it_ends_what_is_on_its_way(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = config(sandbox, tmp_path, members={"sync_mode": "mirror"}, **SETTINGS)
    first = run_target(settings, stdin(0), tmp_path)
    assert first.status == 0, first.log
    file = tmp_path / "config.json"
    with subprocess.Popen(
        [str(TARGET), "--config", str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as target:
        assert target.stdin is not None
        # A tap that goes on for ever: no end of the input comes.
        target.stdin.write(stdin(3))
        target.stdin.flush()
        deadline = time.monotonic() + LONGEST_RUN
        tick = threading.Event()
        while len(sandbox.events()) < 3_000:
            assert time.monotonic() < deadline
            tick.wait(0.01)
        target.send_signal(signal.SIGTERM)
        written, log = target.communicate(timeout=LONGEST_RUN)
    assert target.returncode == 128 + signal.SIGTERM, log.decode()
    assert "What was done" in log.decode()
    assert "Traceback" not in log.decode()
    check_states(sandbox, [json.loads(line) for line in written.splitlines()], 3)
    # Those who left are still there: only a complete input removes.
    assert len(people(sandbox)) >= 700
