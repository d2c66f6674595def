"""Runs the tap as a user does, in a process of its own, and reads what it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.nursery import Nursery

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.nursery import Running

TAP = Path(sys.executable).with_name("tap-meta-ads")
LONGEST_RUN = 300.0


@dataclass
class Output:
    """What a run of the tap left behind."""

    status: int
    log: str
    lines: list[str] = field(repr=False)

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The Singer messages, figures as `Decimal`."""
        return [json.loads(line, parse_float=Decimal) for line in self.lines]

    def rows(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream, in order."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    @property
    def states(self) -> list[dict[str, Any]]:
        """The states, in order."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        return self.states[-1]

    @property
    def last_words(self) -> str:
        """The last line of the log."""
        return (self.log.strip().splitlines() or [""])[-1]


def run_tap(
    config: Mapping[str, Any],
    *,
    state: Mapping[str, Any] | None = None,
    streams: tuple[str, ...] = (),
    chosen: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Iterable[str] = (),
    longest: float = LONGEST_RUN,
) -> Output:
    """Run the tap to its end.

    Args:
        config: Its settings.
        state: The state to start from.
        streams: The streams to select; those selected by default when empty.
        chosen: A catalog, in place of `streams`.
        environment: Variables beside the usual ones.
        flags: Further arguments.
        longest: Seconds after which it is killed; its log ends with that then.
    """
    with tempfile.TemporaryDirectory() as folder:
        given = arguments(Path(folder), config, state, streams, chosen)
        with (Path(folder) / "out").open("w+b") as out, (Path(folder) / "log").open("w+b") as log:
            running = _start([*given, *flags], out.fileno(), log.fileno(), environment)
            try:
                status = running.wait(longest)
            except TimeoutError:
                running.kill()
                status = running.wait(longest)
                log.write(f"Killed by the test after {longest:g} s".encode())
            out.seek(0)
            log.seek(0)
            # By bytes: a text may hold other line ends, U+2028 for one.
            lines = [line.decode() for line in out.read().split(b"\n") if line]
            return Output(status, log.read().decode(), lines)


@contextmanager
def started(given: Iterable[str], stdout: int, log: Path) -> Iterator[Running]:
    """Run the tap with its output in a file or pipe, and kill it in the end if it still runs.

    Args:
        given: Its arguments.
        stdout: Where it writes.
        log: File that gets what it logs, behind what stands there.
    """
    with log.open("ab") as file:
        running = _start(given, stdout, file.fileno(), None)
    try:
        yield running
    finally:
        running.kill()


@cache
def _nursery() -> Nursery:
    return Nursery(TAP)


def _start(
    given: Iterable[str], stdout: int, stderr: int, environment: Mapping[str, str] | None
) -> Running:
    variables = {**os.environ, "PYTHONWARNINGS": "ignore", **(environment or {})}
    return _nursery().start([*given], variables, stdout, stderr)


def arguments(
    folder: Path,
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    streams: tuple[str, ...] = (),
    chosen: Mapping[str, Any] | None = None,
) -> list[str]:
    """The tap's arguments, with their files in a folder."""
    if streams:
        chosen = catalog(streams, config.get("insights_reports"))
    made = []
    for name, value in {"config": config, "state": state, "catalog": chosen}.items():
        if value is not None:
            file = folder / f"{name}.json"
            file.write_text(json.dumps(value), encoding="utf-8")
            made += [f"--{name}", str(file)]
    return made


def catalog(
    streams: tuple[str, ...], reports: Iterable[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """A catalog in which only these streams are selected."""
    made: dict[str, Any] = json.loads(_discovered(json.dumps(reports)))
    found = {stream["tap_stream_id"] for stream in made["streams"]}
    assert found.issuperset(streams), f"no stream {set(streams) - found}"
    for stream in made["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return made


@cache
def _discovered(reports: str) -> bytes:
    """The tap's catalog, which depends on its reports alone."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.json"
        file.write_text(f'{{"insights_reports": {reports}}}', encoding="utf-8")
        command = [str(TAP), "--discover", "--config", str(file)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return done.stdout
