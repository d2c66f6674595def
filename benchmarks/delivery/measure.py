"""One tool, one kind of records, one run: to the server, and what has arrived there."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, build_opener

from benchmarks import process
from benchmarks.delivery import peer
from benchmarks.delivery.records import DESTINATION
from benchmarks.delivery.server import COUNTS

if TYPE_CHECKING:
    from benchmarks.delivery.records import Kind

OURS = "target-meta-ads"

_SERVER = Path(__file__).with_name("server.py")
_METRIC = re.compile(r"METRIC: (\{.*\})")
_MATCH_KEY = re.compile(r"^\w+ +(\w+) +[\d,]+ +([\d.]+) %", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """One run that is measured.

    Attributes:
        kind: What is delivered.
        name: What it is called in the tables.
        count: Records.
        latency: Milliseconds that the server waits before it answers.
        concurrency: `max_concurrency`; None for the default.
        is_again: Whether the ledger is that of the run before, so that nothing is new.
        is_peer: Whether the peer does it.
    """

    kind: Kind
    name: str
    count: int
    latency: float = 0.0
    concurrency: int | None = None
    is_again: bool = False
    is_peer: bool = False

    @property
    def tool(self) -> str:
        """Who does it."""
        return peer.CONDOR.name if self.is_peer else OURS


@dataclass(frozen=True)
class Measured:
    """What a step took, and what came of it.

    Attributes:
        step: The step.
        run: Time and memory.
        requests: Requests that bring records.
        other_requests: All others.
        arrived: Records that the server has counted in them.
        sent_bytes: Length of all bodies.
        server_seconds: Processor time of the server; 0 where nobody tells.
        wrong: What is not as it should be; empty when all is.
    """

    step: Step
    run: process.Run
    requests: int
    other_requests: int
    arrived: int
    sent_bytes: int
    server_seconds: float
    wrong: str

    @property
    def rate(self) -> float:
        """Records a second, from start to end of the process."""
        return self.step.count / self.run.seconds


def measure(
    step: Step, records: Path, folder: Path, *, target: str, python: Path | None
) -> Measured:
    """Take a step.

    Args:
        step: What is done.
        records: File of the Singer messages.
        folder: For the files of this kind; the ledger stays there for a run that is `is_again`.
        target: Our command.
        python: Python of the peer, for its steps.

    Raises:
        RuntimeError: The server or the peer's table cannot be had.
    """
    if not step.is_again:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    output, errors = folder / "stdout", folder / "stderr"
    serve = [sys.executable, str(_SERVER), "--latency", str(step.latency)]
    with process.started(serve) as (port, pid):
        url = f"http://127.0.0.1:{port}"
        if step.is_peer:
            assert python is not None
            database = folder / "peer.duckdb"
            loaded = process.run(
                peer.load_command(python, step.kind.name, database, records), output, errors=errors
            )
            if loaded.failure:
                raise RuntimeError(f"{step.tool} could not be given its table: {loaded.failure}")
            command = peer.run_command(python, step.kind.name, database, url, DESTINATION)
            run = process.run(command, output, errors=errors)
        else:
            command = _command(step, target, url, folder)
            run = process.run(command, output, errors=errors, stdin=records)
        server_seconds = process.cpu_seconds_of(pid)
        counts = _counts(url)
    requests = counts["requests"].get(step.kind.edge, 0)
    arrived = counts["records"].get(step.kind.edge, 0)
    told = errors.read_text("utf-8", errors="replace")
    return Measured(
        step=step,
        run=run,
        requests=requests,
        other_requests=sum(counts["requests"].values()) - requests,
        arrived=arrived,
        sent_bytes=counts["bytes"],
        server_seconds=server_seconds,
        wrong=_wrong(step, run, arrived, told),
    )


def _command(step: Step, target: str, url: str, folder: Path) -> list[str]:
    config: dict[str, Any] = {
        "access_token": "benchmark",
        "api_url": url,
        "default_country": "US",
        "ledger_url": f"sqlite:///{folder / 'ledger.db'}",
        "rejects_path": str(folder / "rejects.jsonl"),
        "streams": {step.kind.name: step.kind.settings},
    }
    if step.concurrency is not None:
        config["max_concurrency"] = step.concurrency
    path = folder / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return [target, "--config", str(path)]


def _counts(url: str) -> dict[str, Any]:
    # Never through a proxy: the server is this machine.
    with build_opener(ProxyHandler({})).open(f"{url}{COUNTS}", timeout=30) as reply:
        counts: dict[str, Any] = json.load(reply)
    return counts


def _wrong(step: Step, run: process.Run, arrived: int, told: str) -> str:
    if run.failure:
        return run.failure
    expected = 0 if step.is_again else step.count
    if arrived != expected:
        return f"{arrived:,} records have arrived in place of {expected:,}"
    return "" if step.is_peer else _wrong_words(step, told)


def _wrong_words(step: Step, told: str) -> str:
    """What our target says of it must be so too, and no cell left out: that were less work."""
    metrics = [json.loads(found[1]) for found in _METRIC.finditer(told)]
    counted = {one["metric"].removeprefix("records_"): one["value"] for one in metrics}
    outcome = "unchanged" if step.is_again else "delivered"
    if counted.get("received") != step.count or counted.get(outcome) != step.count:
        return f"it tells of {counted} where {step.count:,} are {outcome}"
    shares = dict(_MATCH_KEY.findall(told))
    short = [key for key in step.kind.match_keys if shares.get(key) != "100.0"]
    return f"not in all records: {', '.join(short)}" if short else ""
