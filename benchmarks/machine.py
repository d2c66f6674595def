"""What was measured on, for the head of a report."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path


def processor() -> str:
    """The processor's name."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def commit() -> str:
    """The commit, and whether files differ from it; nothing in an archive without git."""
    told = said_by(["git", "describe", "--always", "--dirty=, changed since"])
    return f", commit {told}" if told else ""


def said_by(command: list[str]) -> str:
    """What a command says; nothing when it cannot be run."""
    here = Path(__file__).parent
    try:
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
