"""Runs the tap as a user does, in a process of its own, and reads what it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TAP = Path(sys.executable).with_name("tap-meta-ads")


@dataclass
class Output:
    """What a run of the tap left behind."""

    status: int
    log: str
    lines: list[str] = field(repr=False)

    @property
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


def run_tap(
    config: Mapping[str, Any],
    *,
    state: Mapping[str, Any] | None = None,
    streams: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Output:
    """Run the tap to its end.

    Args:
        config: Its settings.
        state: The state to start from.
        streams: The streams to select; those selected by default when empty.
        environment: Variables beside the usual ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [str(TAP), *arguments(Path(folder), config, state, streams)]
        done = subprocess.run(  # noqa: PLW1510 - tests look at the status
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONWARNINGS": "ignore", **(environment or {})},
            timeout=300,
        )
    return Output(done.returncode, done.stderr, done.stdout.splitlines())


def arguments(
    folder: Path,
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    streams: tuple[str, ...] = (),
) -> list[str]:
    """The tap's arguments, with their files in a folder."""
    given = {"config": config, "state": state, "catalog": catalog(streams) if streams else None}
    made = []
    for name, value in given.items():
        if value is not None:
            file = folder / f"{name}.json"
            file.write_text(json.dumps(value), encoding="utf-8")
            made += [f"--{name}", str(file)]
    return made


def catalog(streams: tuple[str, ...]) -> dict[str, Any]:
    """A catalog in which only these streams are selected."""
    done = subprocess.run([TAP, "--discover"], capture_output=True, check=True, timeout=60)
    made: dict[str, Any] = json.loads(done.stdout)
    for stream in made["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return made
