"""A process that has imported a plugin once, and forks one of its own for each run.

A test suite that starts the tap hundreds of times would else spend most of its time importing the
same modules. What a run does after the imports is what `tap-meta-ads` or `target-meta-ads` does: it
has a process, an environment, arguments and standard streams of its own, can be killed, and ends as
Python ends.
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
    """A run of a plugin.

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
    """Starts runs. Safe to share between threads; the process behind it ends with this one.

    Args:
        plugin: `tap-meta-ads` or `target-meta-ads`.
    """

    def __init__(self, plugin: str) -> None:
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", __file__, plugin, str(theirs.fileno())],
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
        stdin: int | None = None,
    ) -> Running:
        """Start the plugin.

        Args:
            arguments: Its arguments.
            environment: Its whole environment.
            stdout: File that it writes to.
            stderr: File that it logs to.
            folder: Its working directory; this process's if there is none.
            stdin: File that it reads from; nothing if there is none.
        """
        ours, theirs = socket.socketpair()
        nothing = os.open(os.devnull, os.O_RDONLY)
        job = {"arguments": [*arguments], "environment": {**environment}}
        job["folder"] = str(folder or Path.cwd())
        with self._lock, theirs:
            message = json.dumps(job).encode() + b"\n"
            read = nothing if stdin is None else stdin
            files = array.array("i", [theirs.fileno(), read, stdout, stderr])
            sent = self._control.sendmsg(
                [message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files.tobytes())]
            )
            self._control.sendall(message[sent:])
            os.close(nothing)
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
    """Fork for each job; returns in the process that is to run, with its job."""
    # The guards below are buried by the system.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, files, _, _ = socket.recv_fds(control, _LARGEST, 4)
        if not message:
            os._exit(0)
        while not message.endswith(b"\n"):
            message += control.recv(_LARGEST)
        told, *streams = files
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            plugin = os.fork()
            if plugin != 0:
                _guard(plugin, told)
            os.close(told)
            for number, file in enumerate(streams):
                os.dup2(file, number)
                os.close(file)
            job: Mapping[str, object] = json.loads(message)
            return job
        for file in files:
            os.close(file)


def _guard(plugin: int, told: int) -> NoReturn:
    """Tell the process and then how it ended."""
    os.write(told, f"{plugin}\n".encode())
    _, status = os.waitpid(plugin, 0)
    os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(plugin: str) -> None:
    # Imported in the nursery alone.
    if plugin == "tap-meta-ads":
        from tap_meta_ads.tap import TapMetaAds as Plugin  # noqa: PLC0415 - see above
    else:
        from target_meta_ads.target import TargetMetaAds as Plugin  # type: ignore[assignment] # noqa: PLC0415 - see above
    # Or each child copies all that was imported as soon as it collects garbage.
    gc.collect()
    gc.freeze()
    job = _serve(socket.socket(fileno=int(sys.argv[2])))
    os.environ.clear()
    os.environ.update(job["environment"])  # type: ignore[call-overload] # as it was sent
    os.chdir(str(job["folder"]))
    sys.argv = [plugin, *job["arguments"]]  # type: ignore[misc] # as it was sent
    # Else all would jitter alike.
    random.seed()
    sys.exit(Plugin.cli())


if __name__ == "__main__":
    _run(sys.argv[1])
