"""What a killed run left behind: its lock, PostgreSQL's pid file, and the server that names.

A pid file proves nothing by itself: the process may be long gone and its number somebody else's
(in containers numbers are small and come back at once), or the folder may be a copy of another
server's. So a process is told to stop only when the file names this very folder and the process
is a PostgreSQL that serves it; otherwise the file alone goes, since it would prevent the start.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_READY_LINE = 7
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class PidFile:
    """The lines of `postmaster.pid` that matter; absent ones are 0, empty or False."""

    pid: int = 0
    data: str = ""
    ready: bool = False


def read_pid_file(data: Path) -> PidFile:
    """Read a data folder's `postmaster.pid`, which may be missing or half-written."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return PidFile()
    if not lines or not lines[0].strip().isdigit():
        return PidFile()
    status = lines[_READY_LINE].strip() if len(lines) > _READY_LINE else ""
    return PidFile(int(lines[0]), lines[1] if len(lines) > 1 else "", ready=status == "ready")


class InUseError(RuntimeError):
    """A live process holds the lock; the message names it."""


def take_lock(path: Path, patience: float) -> IO[str]:
    """Open and lock a file, which stays locked until every copy of the handle is closed.

    The keeper of a server holds such a copy: so the lock of a killed run comes free when its
    server has ended, and not before.

    Args:
        path: The file; made if need be. It holds the number of the process that has the lock.
        patience: Seconds to wait for the remains of a process that has ended.

    Raises:
        InUseError: The process that has the lock is alive, or its remains do not end.
    """
    lock = path.open("a+", encoding="ascii")
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            if _alive(holder) or time.monotonic() > deadline:
                lock.close()
                raise InUseError(f"process {holder or 'unknown'}") from None
            time.sleep(_POLL_SECONDS)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def serves(command_line: list[str], data: Path) -> bool:
    """Say whether a command line is that of a PostgreSQL server over this data folder."""
    if not command_line or Path(command_line[0]).name != "postgres":
        return False
    named = itertools.pairwise(command_line)
    return any(option == "-D" and Path(value) == data for option, value in named)


def stop_server(data: Path, patience: float) -> None:
    """Stop the server of this data folder that an earlier run left, if there is one.

    Args:
        data: The data folder; it need not exist.
        patience: Seconds to wait for the orderly shutdown before the immediate one.
    """
    found = read_pid_file(data)
    ours = found.data == str(data) and _alive(found.pid) and serves(_command_line(found.pid), data)
    if ours:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            os.kill(found.pid, number)
            deadline = time.monotonic() + patience
            while _alive(found.pid) and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
            if not _alive(found.pid):
                break
    (data / "postmaster.pid").unlink(missing_ok=True)


def _command_line(pid: int) -> list[str]:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        # No /proc (macOS): ps shows the arguments joined by blanks, which is enough where no
        # path has blanks; with blanks the server is taken for somebody else's and left alone.
        asked = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        shown = subprocess.run(asked, capture_output=True, text=True, check=False)
        return shown.stdout.split()
    return [part.decode("utf-8", errors="replace") for part in raw.split(b"\0")[:-1]]


def _alive(pid: str | int) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
