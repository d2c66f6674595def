"""Running one command: how long, how much processor time, how much memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GLANCE_SECONDS = 0.005
_KIB = 1024
_TOLD = 600


@dataclass(frozen=True)
class Run:
    """What one or several commands, one after the other, took.

    Attributes:
        seconds: From start to end.
        cpu_seconds: Processor time of the commands, user's and system's.
        peak_bytes: The most memory that was resident in one of them.
        is_cut: Whether the time limit ended them.
        failure: What they said last when they failed; empty when they did not.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    is_cut: bool = False
    failure: str = ""


def run_all(commands: Sequence[Sequence[str]], output: Path, *, limit: float) -> Run:
    """Run commands one after the other until one fails or time is up.

    Args:
        commands: The commands, each with its arguments.
        output: File for all that they write to standard output; standard error goes beside it.
        limit: Seconds for all of them together.
    """
    seconds = cpu_seconds = 0.0
    peak = 0
    output.write_bytes(b"")
    for command in commands:
        one = _run(command, output, limit=limit - seconds)
        seconds += one.seconds
        cpu_seconds += one.cpu_seconds
        peak = max(peak, one.peak_bytes)
        if one.is_cut or one.failure:
            return Run(seconds, cpu_seconds, peak, one.is_cut, one.failure)
    return Run(seconds, cpu_seconds, peak)


def _run(command: Sequence[str], output: Path, *, limit: float) -> Run:
    errors = output.with_suffix(".stderr")
    with output.open("ab") as out, errors.open("wb") as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=_environment(os.environ),
            start_new_session=True,
        )
        peak, is_cut = 0, False
        try:
            # Looking every few milliseconds in place of waiting: the kernel forgets a process's
            # own peak with its end, and what it hands to the parent includes the parent's memory.
            while True:
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    break
                peak = max(peak, _peak_bytes(child.pid))
                if not is_cut and time.perf_counter() - began > limit:
                    is_cut = True
                    os.killpg(child.pid, signal.SIGKILL)
                time.sleep(_GLANCE_SECONDS)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    failure = ""
    if child.returncode and not is_cut:
        failure = f"exit status {child.returncode}: {_last_words(errors, output)}"
    cpu = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu, peak or _peak_of(usage.ru_maxrss), is_cut, failure)


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    return {
        **inherited,
        # tap-facebook asks for its fields in the order of a set. Were that another order in every
        # run, the sandbox could not keep its answers.
        "PYTHONHASHSEED": "0",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def _peak_bytes(pid: int) -> int:
    """The most memory that has been resident in a process so far; 0 where nobody tells."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * _KIB
    except OSError:
        pass
    return 0


def _peak_of(maxrss: int) -> int:
    """The kernel's own figure, where there is no other: KiB, but bytes on macOS."""
    return maxrss if sys.platform == "darwin" else maxrss * _KIB


def _last_words(errors: Path, output: Path) -> str:
    text = errors.read_text(errors="replace").strip() or output.read_text(errors="replace").strip()
    return text[-_TOLD:]
