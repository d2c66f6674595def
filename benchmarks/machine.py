"""What was measured on, and when, for the head of a report; and which programs are measured."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

_GIB = 1 << 30


class Start(NamedTuple):
    """When a benchmark began.

    Attributes:
        time: The time, in UTC.
        load: Load of the minute before: of 0.0 when nothing else was running.
    """

    time: datetime
    load: float


def start() -> Start:
    """Note the time and the load."""
    return Start(datetime.now(timezone.utc), os.getloadavg()[0])


def circumstances(began: Start) -> list[str]:
    """When, on which machine and of which commit, a line each."""
    ended = start()
    return [
        f"{began.time:%Y-%m-%d %H:%M} to {ended.time:%H:%M} UTC{_commit()}",
        f"{hardware()}; load {began.load:.1f} at the start, {ended.load:.1f} at the end",
        f"Python {platform.python_version()}",
    ]


def hardware() -> str:
    """Processor, cores, memory and system."""
    parts = [_processor(), f"{os.cpu_count()} cores"]
    if "SC_PHYS_PAGES" in os.sysconf_names:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        parts.append(f"{size / _GIB:.0f} GiB")
    return ", ".join([*parts, platform.system()])


def program(name: str) -> str:
    """The command beside the Python that runs this, else the one on the PATH."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name) or name


def command(given: str) -> str:
    """A command as a person gives it, so that it is found from every folder."""
    return str(Path(given).absolute()) if os.sep in given else given


def version_said_by(command: str, name: str) -> str:
    """What a command says of its version, without its own name."""
    said = _said_by([command, "--version"])
    return said.removeprefix(name).strip() or "unknown"


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    """The commit, and whether files differ from it; nothing in an archive without git."""
    told = _said_by(["git", "describe", "--always", "--dirty=, changed since"])
    return f", commit {told}" if told else ""


def _said_by(command: list[str]) -> str:
    """What a command says; nothing when it cannot be run."""
    here = Path(__file__).parent
    try:
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
