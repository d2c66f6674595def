"""One tool in one scenario: its runs, its calls, its rows."""

from __future__ import annotations

import shutil
import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.extraction.checks import Checked, Truth, check
from benchmarks.extraction.scenarios import UNTIL, Scenario
from benchmarks.extraction.tools import Tool, ToolError, Work
from benchmarks.process import Run, cpu_seconds_of, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.extraction.bounds import Bound
    from benchmarks.extraction.server import Server

# tap-facebook asks for its fields in the order of a set. Were that another order in every run, the
# sandbox could not keep its answers.
_ENVIRONMENT = {"PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class Measured:
    """A tool in a scenario.

    Attributes:
        tool: Name of the tool.
        is_peer: Whether it is one to compare with.
        runs: All measured runs; one when the first did not come to its end.
        startup: Seconds that the tool takes to do nothing.
        calls: Calls as Meta counts them, of the last run.
        server_seconds: Processor time of the server for the last run; 0 where nobody tells.
        checked: Its rows; None when it did not come to its end.
    """

    tool: str
    is_peer: bool
    runs: tuple[Run, ...]
    startup: float
    calls: int
    server_seconds: float
    checked: Checked | None

    @property
    def seconds(self) -> float:
        """Median of the runs."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def net_seconds(self) -> float:
        """The same without the start-up."""
        return max(0.0, self.seconds - self.startup)

    @property
    def cpu_seconds(self) -> float:
        """Median processor time."""
        return statistics.median(run.cpu_seconds for run in self.runs)

    @property
    def peak_bytes(self) -> int:
        """The most memory of all runs."""
        return max(run.peak_bytes for run in self.runs)

    @property
    def is_cut(self) -> bool:
        """Whether the time limit ended it."""
        return any(run.is_cut for run in self.runs)

    @property
    def failure(self) -> str:
        """What it said when it failed; empty when it did not."""
        return "".join(run.failure for run in self.runs)

    @property
    def is_right(self) -> bool:
        """Whether it came to its end and has read all there is, once."""
        return bool(self.checked and self.checked.is_right)


@dataclass(frozen=True)
class Outcome:
    """A scenario, measured.

    Attributes:
        scenario: The scenario.
        bound: The least time.
        rows: Rows that there are to read.
        measured: Each tool.
    """

    scenario: Scenario
    bound: Bound
    rows: int
    measured: tuple[Measured, ...]


def work_of(scenario: Scenario, server: Server) -> Work:
    """What each tool is told in a scenario."""
    return Work(
        url=server.url,
        token=server.token,
        accounts=server.accounts,
        since=scenario.since,
        until=UNTIL,
        streams=scenario.streams,
    )


def startup_seconds(tool: Tool, work: Work, folder: Path, repeat: int) -> float:
    """How long a tool takes to do nothing: the same command, with no stream selected.

    The same for every tool: interpreter, imports, settings, catalog, and the calls that it makes
    before the first stream. Once unmeasured first, so that all files have been read and compiled.

    Raises:
        ToolError: It fails.
    """
    nothing = replace(work, streams=())
    commands = tool.commands(nothing, _emptied(folder))
    runs = [_run_all(commands[:1], folder / "output", limit=60) for _ in range(repeat + 1)]
    if failures := [run.failure for run in runs if run.failure]:
        raise ToolError(f"{tool.name} does not start: {failures[0]}")
    return statistics.median(run.seconds for run in runs[1:])


def measure(
    tool: Tool,
    scenario: Scenario,
    server: Server,
    true: Truth,
    folder: Path,
    *,
    startup: float,
    limit: float,
    repeat: int,
) -> Measured:
    """Run a tool.

    Args:
        tool: The tool.
        scenario: What it reads.
        server: Where from.
        true: What it should find.
        folder: For its files; emptied before.
        startup: Its start-up, in seconds.
        limit: Seconds after which a run is ended.
        repeat: How many runs.
    """
    commands = tool.commands(work_of(scenario, server), _emptied(folder))
    output = folder / "output"
    runs: list[Run] = []
    checked: Checked | None = None
    calls, server_seconds = 0, 0.0
    for number in range(repeat + scenario.is_warm):
        server.begin()
        before = cpu_seconds_of(server.pid)
        one = _run_all(commands, output, limit=limit)
        server_seconds = cpu_seconds_of(server.pid) - before
        calls = int(server.counters()["calls"])
        is_over = not one.is_cut and not one.failure
        if is_over and number < scenario.is_warm:
            continue
        runs.append(one)
        if not is_over:
            # A run more would end the same way.
            runs, checked = [one], None
            break
        with output.open("rb") as lines:
            checked = check(tool.rows(lines), true)
    output.unlink()
    return Measured(
        tool=tool.name,
        is_peer=tool.is_peer,
        runs=tuple(runs),
        startup=startup,
        calls=calls,
        server_seconds=server_seconds,
        checked=checked,
    )


def _run_all(commands: Sequence[Sequence[str]], output: Path, *, limit: float) -> Run:
    """Run commands one after the other until one fails or time is up.

    Args:
        commands: The commands, each with its arguments.
        output: File for all that they write to standard output; standard error goes beside it.
        limit: Seconds for all of them together.
    """
    runs: list[Run] = []
    for command in commands:
        one = run(
            command,
            output,
            errors=output.with_suffix(".stderr"),
            environment=_ENVIRONMENT,
            limit=limit - sum(one.seconds for one in runs),
            is_more=bool(runs),
        )
        runs.append(one)
        if one.is_cut or one.failure:
            break
    return Run(
        seconds=sum(one.seconds for one in runs),
        cpu_seconds=sum(one.cpu_seconds for one in runs),
        peak_bytes=max(one.peak_bytes for one in runs),
        is_cut=runs[-1].is_cut,
        failure=runs[-1].failure,
    )


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
