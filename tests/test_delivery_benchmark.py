"""The benchmark of delivery, so small that it says nothing of speed, but runs through."""

from __future__ import annotations

import json
import subprocess
import sys
from asyncio import Transport
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from benchmarks import process
from benchmarks.delivery import peer, server
from benchmarks.delivery.benchmark import DELIVERY
from benchmarks.delivery.figures import (
    AGAIN,
    BESIDE,
    BESIDE_ALIKE,
    FRESH,
    PEER,
    SLOW,
    WIDE,
    verdicts,
)
from benchmarks.delivery.measure import Measured, Step
from benchmarks.delivery.records import EVENTS, PEOPLE, PEOPLE_OF_PEER
from benchmarks.report import Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.delivery.records import Kind

MIB = 1 << 20


def test_a_record_that_does_not_arrive_is_a_failure(repository: Path, tmp_path: Path) -> None:
    # A program that reads nothing and sends nothing, and is content.
    command = [sys.executable, "-m", "benchmarks.delivery", "--small", "--no-peers"]
    command += ["--only", "events", "--target", "true", "--output", str(tmp_path / "report.md")]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "0 records have arrived in place of 3,000" in done.stdout
    # What has sent nothing is not fast.
    assert f'not measured | "{FRESH}" was not as it should be' in done.stdout
    assert (tmp_path / "report.md").read_text(encoding="utf-8").strip() == done.stdout.strip()


def test_a_peer_that_cannot_be_installed_is_told_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer, "CONDOR", replace(peer.CONDOR, name="no-such-peer", minors=(1,)))
    found = DELIVERY.chapter(["--small", "--only", "events", "--target", "true"]).report
    assert found.problems[0].startswith("no-such-peer runs on Python 3.1, and none was found")
    assert Version("no-such-peer", "not installed") in found.versions
    beside = {one.figure: (one.state, one.short_by) for one in found.verdicts}
    figure = "events: times faster than condor-retl-meta, 2,000 records"
    assert beside[figure] == ("not measured", "condor-retl-meta: not installed")
    # All of our own runs, and what each has not sent.
    assert len(found.problems) == 1 + len((FRESH, WIDE, SLOW)) + len((AGAIN,))


@contextmanager
def serving() -> Iterator[HTTPConnection]:
    with process.started([sys.executable, server.__file__]) as (port, _):
        connection = HTTPConnection("127.0.0.1", int(port), timeout=10)
        yield connection
        connection.close()


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["ours", "the peer's"])
def test_the_server_counts_what_arrives(separators: tuple[str, str]) -> None:
    people = {"payload": {"schema": ["EMAIL", "PHONE"], "data": [["a", "b"], ["c", None]]}}
    events = {"data": [{"event_name": "Purchase", "custom_data": {"x": "y" * 70_000}}] * 50}
    with serving() as connection:
        for path, body in (("9/users", people), ("9/events", events), ("9/events", events)):
            text = json.dumps(body, separators=separators)
            connection.request("POST", f"/v1.0/{path}", text)
            assert connection.getresponse().read()
        connection.request("GET", server.COUNTS)
        counted = json.load(connection.getresponse())
    assert counted["records"] == {"POST users": 2, "POST events": 100}
    assert counted["requests"] == {"POST users": 1, "POST events": 2}


@pytest.mark.parametrize("part", range(1, 30))
def test_the_server_counts_across_parts(part: int) -> None:
    counts = server.Counts()
    exchange = server.Exchange(counts, 0.0)
    exchange.connection_made(_Nowhere())
    body = b'{"data":[' + b",".join([b'{"event_name":"Lead"}'] * 7) + b"]}"
    whole = b"POST /v1.0/9/events HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    for number in range(0, len(whole), part):
        exchange.data_received(whole[number : number + part])
    assert counts.records == {"POST events": 7}


class _Nowhere(Transport):
    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert b'"events_received": 7' in bytes(data)

    def is_closing(self) -> bool:
        return False


@pytest.mark.parametrize("kind", [PEOPLE, PEOPLE_OF_PEER, EVENTS])
def test_no_two_records_are_of_one_person(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    kind.write(path, 25_500, datetime(2026, 11, 21, tzinfo=timezone.utc))
    messages = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [message["record"] for message in messages if message["type"] == "RECORD"]
    assert len(rows) == 25_500
    for column in (kind.columns[0], "email", "phone"):
        assert len({row[column].strip().lower() for row in rows}) == 25_500
    assert all(tuple(row) == kind.columns for row in rows)
    assert messages[-1]["type"] == "STATE"


def measured(step: Step, seconds: float, requests: int, *megabytes: int) -> Measured:
    looks = tuple(
        process.Look(seconds * (place + 0.5) / 5, size * MIB)
        for place, size in enumerate(megabytes)
    )
    peak = max(megabytes, default=0) * MIB
    run = process.Run(seconds, seconds, peak, looks)
    return Measured(step, run, requests, 0, step.count, 0, 0.0, "")


def judged(*given: Measured) -> dict[str, tuple[str, str]]:
    found = verdicts([one.step for one in given], given, "")
    return {one.figure: (one.found, one.short_by) for one in found}


def test_verdicts() -> None:
    many, few = 1_000_000, 100_000
    slow = Step(EVENTS, SLOW, many, latency=300)
    found = judged(
        measured(Step(EVENTS, FRESH, many), 50, 1000, 100, 90, 90, 90, 110),
        measured(Step(EVENTS, AGAIN, many, is_again=True), 20, 0, 80),
        measured(Step(EVENTS, WIDE, many), 50, 1000, 120),
        measured(slow, 65, 1000, 299),
        measured(Step(EVENTS, BESIDE, few), 6, 100, 50),
        measured(Step(EVENTS, PEER, few, is_peer=True), 30, 900, 4000),
    )
    assert found == {
        "events: records a second, whole process": ("20,000", ""),
        "events: memory, the most of all our runs": (f"299 MiB ({SLOW})", ""),
        "events: memory in the last fifth of the time, in times of the first": (
            "1.10 (110 MiB / 100 MiB)",
            "",
        ),
        "events: requests for 1,000,000 records": ("1,000", ""),
        "events: requests for 1,000,000 records, unchanged": ("0", ""),
        "events: requests for 100,000 records": ("100", ""),
        "events: time with 300 ms a request, in times of that without": (
            "1.30 (65.0 s / 50.0 s)",
            "",
        ),
        "events: times faster than condor-retl-meta, 100,000 records": (
            "5.0 (30.0 s / 6.0 s)",
            "",
        ),
    }


def test_verdicts_that_fall_short() -> None:
    many, few = 1_000_001, 100_000
    found = judged(
        measured(Step(PEOPLE, FRESH, many), 51, 102, 100, 90, 90, 90, 118),
        measured(Step(PEOPLE, AGAIN, many, is_again=True), 20, 1, 80),
        measured(Step(PEOPLE, WIDE, many), 50, 101, 120),
        measured(Step(PEOPLE, SLOW, many, latency=300), 66, 101, 300),
        measured(Step(PEOPLE_OF_PEER, BESIDE_ALIKE, few), 5, 10, 50),
        measured(Step(PEOPLE, BESIDE, few), 6, 10, 50),
        measured(Step(PEOPLE, PEER, few, is_peer=True), 29, 10, 50),
    )
    assert {figure: short_by for figure, (_, short_by) in found.items() if short_by} == {
        "people: records a second, whole process": "19,608 where 20,000 is the line",
        "people: memory, the most of all our runs": "300 MiB where 300 is the line",
        "people: memory in the last fifth of the time, in times of the first": (
            "1.18 where 1.10 is the line"
        ),
        "people: requests for 1,000,001 records": "102 where 101 is the line",
        "people: requests for 1,000,001 records, unchanged": "1 where 0 is the line",
        "people: time with 300 ms a request, in times of that without": (
            "1.32 where 1.30 is the line"
        ),
        "people: times faster than condor-retl-meta, 100,000 records": "4.8 where 5.0 is the line",
    }
    assert len(found) == 9


def test_verdicts_on_what_did_not_run() -> None:
    steps = [
        Step(PEOPLE, FRESH, 10),
        Step(PEOPLE, WIDE, 10),
        Step(PEOPLE, SLOW, 10),
        Step(PEOPLE, BESIDE, 10),
        Step(PEOPLE, PEER, 10, is_peer=True),
    ]
    wrong = replace(measured(steps[0], 1, 1, 10), wrong="9 records have arrived in place of 10")
    found = verdicts(steps, [wrong, measured(steps[1], 1, 1, 20)], "left out by --no-peers")
    assert {one.figure: one.short_by for one in found if one.is_reached is None} == {
        "people: records a second, whole process": f'"{FRESH}" was not as it should be',
        "people: memory in the last fifth of the time, in times of the first": (
            f'"{FRESH}" was not as it should be'
        ),
        "people: requests for 10 records": f'"{FRESH}" was not as it should be',
        "people: time with 0 ms a request, in times of that without": f'"{SLOW}" did not run',
        "people: times faster than condor-retl-meta, 10 records": (
            "condor-retl-meta: left out by --no-peers"
        ),
    }
    (memory,) = (one for one in found if one.is_reached is not None)
    assert memory.found == f"20 MiB ({WIDE})"
