"""Runs the target as a user does, in a process of its own, and reads what it writes."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.nursery import Nursery

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from meta_sandbox import Sandbox
    from tests.nursery import Running

TARGET = Path(sys.executable).with_name("target-meta-ads")
LONGEST_RUN = 300.0

MEMBERS = "activation-audience_members"
EVENTS = "activation-conversion_events"


@dataclass
class Output:
    """What a run of the target left behind."""

    status: int
    log: str
    states: list[Any] = field(repr=False)

    @property
    def last_words(self) -> str:
        """The last line of the log."""
        return (self.log.strip().splitlines() or [""])[-1]

    def counts(self, stream: str) -> dict[str, int]:
        """The closing table's row of a stream, by the names of its columns."""
        lines = self.log.splitlines()
        heading = next(line for line in lines if line.startswith("stream "))
        row = next(line for line in lines if line.startswith(f"{stream} "))
        names = [name for name in heading.split("  ") if name]
        cells = [cell for cell in row.split("  ") if cell]
        figures = [int(cell.replace(",", "")) for cell in cells[1:]]
        return dict(zip((name.strip() for name in names[1:]), figures, strict=True))


def schema(stream: str, columns: Iterable[str], keys: Sequence[str]) -> dict[str, Any]:
    """A SCHEMA message whose columns may hold anything."""
    return {
        "type": "SCHEMA",
        "stream": stream,
        "key_properties": [*keys],
        "schema": {"type": "object", "properties": {column: {} for column in columns}},
    }


def record(stream: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A RECORD message."""
    return {"type": "RECORD", "stream": stream, "record": {**values}}


def state(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A STATE message."""
    return {"type": "STATE", "value": value}


def messages(
    stream: str, rows: Sequence[Mapping[str, Any]], keys: Sequence[str], every: int = 0
) -> list[dict[str, Any]]:
    """A whole stream: its SCHEMA, its records, and a STATE with the number of records behind.

    Args:
        stream: Its name.
        rows: Its records.
        keys: Its key properties.
        every: Records between two states; one at the end alone if it is 0.
    """
    columns = dict.fromkeys(column for row in rows for column in row)
    made = [schema(stream, columns, keys)]
    for number, row in enumerate(rows, 1):
        made.append(record(stream, row))
        if every and number % every == 0 and number < len(rows):
            made.append(state({stream: number}))
    return [*made, state({stream: len(rows)})]


def as_bytes(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Messages as they stand in a pipe."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def config(sandbox: Sandbox, folder: Path, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Settings that bring the two streams of `activation` to a sandbox.

    Args:
        sandbox: Meta.
        folder: For the ledger and the rejects.
        more: Settings beside these; `members` and `events` are settings of the two blocks.
    """
    account = str(sandbox.truth("accounts")[0]["account_id"])
    members = {
        "destination": "custom_audience",
        "audience_name": "Customers",
        **more.pop("members", {}),
    }
    events = {"destination": "events", "pixel_id": pixel(sandbox), **more.pop("events", {})}
    return {
        "access_token": sandbox.token,
        "api_url": sandbox.url,
        "ad_account_id": account,
        "ledger_url": f"sqlite:///{folder}/ledger.db",
        "rejects_path": f"{folder}/rejects.jsonl",
        "streams": {
            "*-audience_members": {k: v for k, v in members.items() if v is not None},
            "*-conversion_events": {k: v for k, v in events.items() if v is not None},
        },
        **more,
    }


def pixel(sandbox: Sandbox) -> str:
    """A pixel of the sandbox's first account."""
    return str(sandbox.truth("adspixels")[0]["id"])


def audience(sandbox: Sandbox, name: str = "Customers") -> str:
    """The id of the one audience of a name."""
    (found,) = [one for one in sandbox.audiences() if one["name"] == name]
    return str(found["id"])


def people(sandbox: Sandbox, name: str = "Customers") -> dict[str, dict[str, Any]]:
    """Who is in an audience, by external id; each is there once."""
    found = sandbox.members(audience(sandbox, name))
    by_id = {str(member["EXTERN_ID"]): member for member in found}
    assert len(by_id) == len(found)
    return by_id


def rejects(folder: Path) -> list[dict[str, Any]]:
    """The rejected records of all runs so far."""
    file = folder / "rejects.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def run_target(
    settings: Mapping[str, Any],
    lines: Iterable[Mapping[str, Any]] | bytes,
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Sequence[str] | None = None,
) -> Output:
    """Run the target to its end.

    Args:
        settings: Its settings.
        lines: The messages of its input, or the input itself.
        folder: For its configuration; its working directory.
        environment: Variables beside the usual ones.
        flags: Arguments in place of the file with the settings.
    """
    given = folder / "input.jsonl"
    given.write_bytes(lines if isinstance(lines, bytes) else as_bytes(lines))
    out, log = folder / "states.jsonl", folder / "log.txt"
    with out.open("wb") as states, log.open("wb") as errors:
        running = start(settings, given, folder, states, errors, environment, flags)
        try:
            status = running.wait(LONGEST_RUN)
        finally:
            running.kill()
    given.unlink()
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return Output(status, log.read_text(encoding="utf-8"), written)


def start(
    settings: Mapping[str, Any],
    given: Path,
    folder: Path,
    states: IO[bytes],
    log: IO[bytes],
    environment: Mapping[str, str] | None = None,
    flags: Sequence[str] | None = None,
) -> Running:
    """Start the target on a file of messages.

    Args:
        settings: Its settings.
        given: Its input.
        folder: For its configuration; its working directory.
        states: Takes what it writes.
        log: Takes what it logs.
        environment: Variables beside the usual ones.
        flags: Arguments in place of the file with the settings.
    """
    file = folder / "config.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    variables = {**os.environ, "PYTHONWARNINGS": "ignore", **(environment or {})}
    with given.open("rb") as stdin:
        return _nursery().start(
            [*(flags or ["--config", str(file)])],
            variables,
            states.fileno(),
            log.fileno(),
            folder,
            stdin.fileno(),
        )


@cache
def _nursery() -> Nursery:
    return Nursery(TARGET)


def sha(text: str) -> str:
    """The digest that Meta is sent of a normalised value."""
    return hashlib.sha256(text.encode()).hexdigest()
