"""One command: how long, how much processor time, and how much memory as time went on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Self

_LOOK_SECONDS = 0.05
_KIB = 1024
_TOLD = 1500
_FIFTHS = 5


class Look(NamedTuple):
    """What was resident, in bytes, so many seconds after the start."""

    seconds: float
    resident: int


@dataclass(frozen=True)
class Run:
    """What a command took.

    Attributes:
        seconds: From start to end of the process.
        cpu_seconds: Its processor time, user's and system's.
        peak_bytes: The most that was resident.
        looks: What was resident, every 50 ms; none where nobody tells.
        failure: What it said last when it failed; empty when it did not.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    looks: tuple[Look, ...]
    failure: str

    def peak_of_fifth(self, fifth: int) -> int:
        """The most that was seen in a fifth of the time, from 0 to 4; 0 where nothing was seen."""
        begin, end = (self.seconds * place / _FIFTHS for place in (fifth, fifth + 1))
        return max((look.resident for look in self.looks if begin <= look.seconds < end), default=0)


def run(command: Sequence[str], folder: Path, *, stdin: Path | None = None) -> Run:
    """Run a command to its end.

    Args:
        command: The command, with its arguments.
        folder: Where it runs; what it says goes to `stdout` and `stderr` there.
        stdin: A file for its standard input.
    """
    given = stdin or Path(os.devnull)
    output, errors = folder / "stdout", folder / "stderr"
    with given.open("rb") as file, output.open("wb") as out, errors.open("wb") as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=file, stdout=out, stderr=err, cwd=folder, env=_environment()
        )
        with _Watch(child.pid, began) as watch:
            try:
                _, status, usage = os.wait4(child.pid, 0)
            except BaseException:
                child.kill()
                child.wait()
                raise
            seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    failure = ""
    if child.returncode:
        said = errors.read_text("utf-8", errors="replace").strip()
        failure = f"exit status {child.returncode}: {said[-_TOLD:]}"
    # The kernel's own figure, where there is no other: KiB, but bytes on macOS.
    peak = watch.peak or usage.ru_maxrss * (1 if sys.platform == "darwin" else _KIB)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu_seconds, peak, tuple(watch.looks), failure)


def _environment() -> dict[str, str]:
    return {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


class _Watch:
    """Looks at the memory of a process while it lasts."""

    def __init__(self, pid: int, began: float) -> None:
        self.looks: list[Look] = []
        self.peak = 0
        self._status = Path(f"/proc/{pid}/status")
        self._began = began
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.is_set():
            sizes = self._sizes()
            if "VmRSS" in sizes:
                self.looks.append(Look(time.perf_counter() - self._began, sizes["VmRSS"]))
                # What was the most between two looks is kept by the kernel.
                self.peak = max(self.peak, sizes["VmHWM"])
            self._over.wait(_LOOK_SECONDS)

    def _sizes(self) -> dict[str, int]:
        try:
            lines = self._status.read_text().splitlines()
        except OSError:  # it has ended, or this is no Linux
            return {}
        return {
            line.partition(":")[0]: int(line.split()[1]) * _KIB
            for line in lines
            if line.startswith(("VmRSS:", "VmHWM:"))
        }


@contextmanager
def started(command: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Start a command that serves; give the first line that it says and its process id.

    Raises:
        RuntimeError: It ends without a word.
    """
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        line = child.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"{' '.join(command)} does not start.")
        yield line, child.pid
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
