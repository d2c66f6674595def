"""The benchmark of delivery, so small that it says nothing of speed, but runs through."""

from __future__ import annotations

import json
import subprocess
import sys
from asyncio import Transport
from contextlib import contextmanager
from datetime import datetime, timezone
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from benchmarks.delivery import process, server
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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.delivery.records import Kind

MIB = 1 << 20


def test_it_runs_through(repository: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.md"
    command = [sys.executable, "-m", "benchmarks.delivery", "--small", "--no-peers"]
    command += ["--output", str(output)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = output.read_text(encoding="utf-8")
    assert report.strip() == done.stdout.strip()

    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in report.splitlines()]
    tables = [line for line in lines if line[:1] in (["tool"], ["target-meta-ads"])]
    rows = [
        dict(zip(tables[0], line, strict=True)) for line in tables if line[0] == "target-meta-ads"
    ]
    assert [(row["records"], row["run"], row["requests"], row["arrived"]) for row in rows] == [
        (count, name, "0" if name == AGAIN else requests, "0" if name == AGAIN else count)
        for count, requests in (("11,000", "2"), ("3,000", "3"))
        for name in (FRESH, AGAIN, WIDE, SLOW)
    ]
    assert all(float(row["s"]) > 0 and int(row["MiB"]) > 0 for row in rows)
    assert "| people: requests for 11,000 records, unchanged" in report


def test_a_record_that_does_not_arrive_is_a_failure(repository: Path, tmp_path: Path) -> None:
    # A program that reads nothing and sends nothing, and is content.
    command = [sys.executable, "-m", "benchmarks.delivery", "--small", "--no-peers"]
    command += ["--only", "events", "--target", "true", "--output", str(tmp_path / "report.md")]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "0 records have arrived in place of 3,000" in done.stdout


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
    run = process.Run(seconds, seconds, peak, looks, "")
    return Measured(step, run, requests, 0, step.count, 0, 0.0, "")


def judged(*given: Measured) -> dict[str, tuple[str, bool]]:
    return {one.figure: (one.found, one.is_reached) for one in verdicts(given)}


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
        "events: records a second, whole process": ("20,000", True),
        "events: memory, the most of all our runs": (f"299 MiB ({SLOW})", True),
        "events: memory in the last fifth of the time, in times of the first": (
            "1.10 (100 and 110 MiB)",
            True,
        ),
        "events: requests for 1,000,000 records": ("1,000", True),
        "events: requests for 1,000,000 records, unchanged": ("0", True),
        "events: requests for 100,000 records": ("100", True),
        "events: time with 300 ms a request, in times of that without": ("1.30", True),
        "events: times faster than condor-retl-meta, 100,000 records": ("5.0", True),
    }


def test_verdicts_that_fall_short() -> None:
    many, few = 1_000_001, 100_000
    found = judged(
        measured(Step(PEOPLE, FRESH, many), 51, 102, 100, 90, 90, 90, 112),
        measured(Step(PEOPLE, AGAIN, many, is_again=True), 20, 1, 80),
        measured(Step(PEOPLE, WIDE, many), 50, 101, 120),
        measured(Step(PEOPLE, SLOW, many, latency=300), 66, 101, 300),
        measured(Step(PEOPLE_OF_PEER, BESIDE_ALIKE, few), 5, 10, 50),
        measured(Step(PEOPLE, BESIDE, few), 6, 10, 50),
        measured(Step(PEOPLE, PEER, few, is_peer=True), 29, 10, 50),
    )
    reached = {figure for figure, (_, is_reached) in found.items() if is_reached}
    assert reached == {
        "people: requests for 100,000 records",
        "people: times faster than condor-retl-meta, 100,000 records, the same match keys",
    }
    assert found["people: requests for 1,000,001 records"] == ("102", False)
    assert len(found) == 9
