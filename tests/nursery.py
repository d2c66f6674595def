"""A process that has imported the tap once, and forks a tap of its own for each run.

A test suite that starts the tap hundreds of times would else spend most of its time importing the
same modules. What a run does after the imports is what `tap-meta-ads` does: it has a process, an
environment, arguments and a standard output of its own, can be killed, and ends as Python ends.
"""

from __future__ import annotations

import array
import atexit
import gc
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LARGEST = 1 << 16


@dataclass
class Running:
    """A run of the tap.

    Attributes:
        pid: Its process.
    """

    pid: int
    _told: socket.socket

    def kill(self) -> None:
        """Kill the process, unless it has ended already."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> int:
        """Wait for its end, and return its status; minus the signal if one has ended it.

        Raises:
            TimeoutError: It has not ended after so long, and can be waited for again.
        """
        self._told.settimeout(seconds)
        status = int(_line(self._told))
        self._told.close()
        return status


class Nursery:
    """Starts runs. Safe to share between threads; the process behind it ends with this one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        atexit.register(self._close)

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        stdout: int,
        stderr: int,
        folder: Path | None = None,
    ) -> Running:
        """Start the tap.

        Args:
            arguments: Its arguments.
            environment: Its whole environment.
            stdout: File that it writes to.
            stderr: File that it logs to.
            folder: Its working directory; this process's if there is none.
        """
        ours, theirs = socket.socketpair()
        job = {"arguments": [*arguments], "environment": {**environment}}
        job["folder"] = str(folder or Path.cwd())
        with self._lock, theirs:
            message = json.dumps(job).encode() + b"\n"
            files = array.array("i", [theirs.fileno(), stdout, stderr])
            sent = self._control.sendmsg(
                [message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files.tobytes())]
            )
            self._control.sendall(message[sent:])
            # Before it has been answered no other job is sent, so that no two run together.
            ours.settimeout(60)
            return Running(int(_line(ours)), ours)

    def _close(self) -> None:
        self._control.close()
        self._process.wait(10)


def _line(connection: socket.socket) -> bytes:
    got = b""
    while not got.endswith(b"\n"):
        more = connection.recv(1)
        if not more:
            raise EOFError("The nursery has closed the connection")
        got += more
    return got


def _serve(control: socket.socket) -> Mapping[str, object]:
    """Fork for each job; returns in the process that is to be a tap, with its job."""
    # The guards below are buried by the system.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, files, _, _ = socket.recv_fds(control, _LARGEST, 3)
        if not message:
            os._exit(0)
        while not message.endswith(b"\n"):
            message += control.recv(_LARGEST)
        told, *streams = files
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            tap = os.fork()
            if tap != 0:
                _guard(tap, told)
            os.close(told)
            for number, file in zip((1, 2), streams, strict=True):
                os.dup2(file, number)
                os.close(file)
            job: Mapping[str, object] = json.loads(message)
            return job
        for file in files:
            os.close(file)


def _guard(tap: int, told: int) -> NoReturn:
    """Tell the process and then how it ended."""
    os.write(told, f"{tap}\n".encode())
    _, status = os.waitpid(tap, 0)
    os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _be_a_tap() -> None:
    from tap_meta_ads.tap import TapMetaAds  # noqa: PLC0415 - imported in the nursery alone

    # Or each child copies all that was imported as soon as it collects garbage.
    gc.collect()
    gc.freeze()
    job = _serve(socket.socket(fileno=int(sys.argv[1])))
    os.environ.clear()
    os.environ.update(job["environment"])  # type: ignore[call-overload] # as it was sent
    os.chdir(str(job["folder"]))
    sys.argv = ["tap-meta-ads", *job["arguments"]]  # type: ignore[misc] # as it was sent
    # Else all taps would jitter alike.
    random.seed()
    sys.exit(TapMetaAds.cli())


if __name__ == "__main__":
    _be_a_tap()
