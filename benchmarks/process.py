"""One command in a process of its own: how long, how much processor time, how much memory."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from typing_extensions import Self

# A tree of processes has many files to read, and its peaks last longer than one look.
_LOOK_SECONDS, _LOOK_SECONDS_AT_A_TREE = 0.01, 0.05
_KIB = 1024
_TOLD = 2000
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
        peak_bytes: The most memory that was resident.
        looks: What was resident as time went on; none where nobody tells.
        is_cut: Whether the time limit ended it.
        failure: What it said last when it failed; empty when it did not.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    looks: tuple[Look, ...] = ()
    is_cut: bool = False
    failure: str = ""

    def peak_of_fifth(self, fifth: int) -> int:
        """The most that was seen in a fifth of the time, from 0 to 4; 0 where nothing was seen."""
        begin, end = (self.seconds * place / _FIFTHS for place in (fifth, fifth + 1))
        return max((look.resident for look in self.looks if begin <= look.seconds < end), default=0)


def run(
    command: Sequence[str],
    output: Path,
    *,
    errors: Path | None = None,
    stdin: Path | None = None,
    environment: Mapping[str, str] | None = None,
    limit: float = math.inf,
    is_tree: bool = False,
    is_more: bool = False,
) -> Run:
    """Run a command to its end.

    Args:
        command: The command, with its arguments. It runs in the folder of `output`.
        output: File for its standard output.
        errors: File for its standard error; None for the same one.
        stdin: File for its standard input; None for nothing.
        environment: Variables beside our own.
        limit: Seconds after which it and all that it started are ended.
        is_tree: Whether the memory of the processes that it starts counts too.
        is_more: Whether what it writes to standard output is added to the file.
    """
    with ExitStack() as files:
        given = files.enter_context((stdin or Path(os.devnull)).open("rb"))
        out = files.enter_context(output.open("ab" if is_more else "wb"))
        err = files.enter_context(errors.open("wb")) if errors else subprocess.STDOUT
        began = time.perf_counter()
        child = subprocess.Popen(
            command,
            stdin=given,
            stdout=out,
            stderr=err,
            cwd=output.parent,
            env={**os.environ, **_NO_PROXY, **(environment or {})},
            start_new_session=True,
        )
        with Watch(child.pid, began, is_tree=is_tree) as watch, _Alarm(child.pid, limit) as alarm:
            try:
                _, status, usage = os.wait4(child.pid, 0)
            except BaseException:
                _end(child.pid)
                child.wait()
                raise
            seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    failure = ""
    if child.returncode and not alarm.has_rung:
        said = _last_words(errors or output) or _last_words(output)
        failure = f"exit status {child.returncode}: {said}"
    # The kernel's own figure, where there is no other: KiB, but bytes on macOS. It includes the
    # memory of the parent.
    peak = watch.peak or usage.ru_maxrss * (1 if sys.platform == "darwin" else _KIB)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu_seconds, peak, tuple(watch.looks), alarm.has_rung, failure)


_NO_PROXY = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def _end(group: int) -> None:
    with suppress(ProcessLookupError):  # it has ended meanwhile
        os.killpg(group, signal.SIGKILL)


def _last_words(said: Path) -> str:
    return said.read_text("utf-8", errors="replace").strip()[-_TOLD:]


class _Alarm:
    """Ends a group of processes after some time."""

    def __init__(self, group: int, seconds: float) -> None:
        self.has_rung = False
        self._group = group
        self._timer = None if seconds == math.inf else threading.Timer(seconds, self._ring)

    def __enter__(self) -> Self:
        if self._timer:
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()

    def _ring(self) -> None:
        self.has_rung = True
        _end(self._group)


class Watch:
    """Looks at the memory of a process, or of it and all below it, while it lasts.

    Attributes:
        peak: The most that was resident, in bytes; 0 where the system does not tell.
        looks: What was resident at each look.
    """

    def __init__(self, pid: int | None, began: float = 0.0, *, is_tree: bool) -> None:
        """Look at a process, or at none.

        Args:
            pid: The process.
            began: When it began, by `time.perf_counter`.
            is_tree: Whether all below it count too. What they share counts once.
        """
        self.peak = 0
        self.looks: list[Look] = []
        self._pid = pid
        self._began = began
        self._is_tree = is_tree
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = _LOOK_SECONDS_AT_A_TREE if self._is_tree else _LOOK_SECONDS
        while self._pid and not self._over.is_set():
            resident, peak = _of_tree(self._pid) if self._is_tree else _of_one(self._pid)
            if resident:
                self.looks.append(Look(time.perf_counter() - self._began, resident))
                self.peak = max(self.peak, peak)
            self._over.wait(pause)


def _of_one(pid: int) -> tuple[int, int]:
    """What is resident, and the most that was so far: between two looks, the kernel keeps it."""
    sizes = _sizes(pid)
    return sizes.get("VmRSS", 0), sizes.get("VmHWM", 0)


def _of_tree(root: int) -> tuple[int, int]:
    """Memory of a tree of processes, twice: each one's own, and once the most that one shares.

    What is shared are a server's buffers and the program itself, which every process maps.
    """
    own = files = shared = 0
    for pid in _tree(root):
        sizes = _sizes(pid)
        own += sizes.get("RssAnon", 0)
        files = max(files, sizes.get("RssFile", 0))
        shared = max(shared, sizes.get("RssShmem", 0))
    return own + files + shared, own + files + shared


def _sizes(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended, or this is no Linux
        return {}
    return {
        line.partition(":")[0]: int(line.split()[1]) * _KIB
        for line in lines
        if line.startswith(("Rss", "VmRSS:", "VmHWM:"))
    }


def _tree(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for pid in found:
        try:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
    return found


def cpu_seconds_of(root: int | None) -> float:
    """Processor time of a process, its children and those that have ended; 0 for none."""
    if not root:
        return 0.0
    ticks = 0
    for pid in _tree(root):
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        # utime, stime, cutime, cstime, counted from behind the name in parentheses
        times: Sequence[str] = text.rpartition(")")[2].split()[11:15]
        ticks += sum(map(int, times if pid == root else times[:2]))
    return ticks / os.sysconf("SC_CLK_TCK")


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
