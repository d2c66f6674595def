"""A program that has imported its modules once, and forks a process for each run of it.

Tests start the plugins hundreds of times, and the commands of the documentation Meltano, which
starts the plugins again: most of the time would go into importing the same modules. What a run does
after the imports is what the program does: it has a process, an environment, a folder, arguments
and standard streams of its own, can be killed, and ends as Python ends.
"""

from __future__ import annotations

import array
import atexit
import gc
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CALLED = re.compile(
    r"^from ([\w.]+) import \w+$.*sys\.exit\(([\w.]+)\(\)\)", re.MULTILINE | re.DOTALL
)
_DIGITS = 10
# Nothing but the standard library, and little of that: it is what each call still waits for.
_STAND_IN = """#!{python} -IS
import array, json, os, signal, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect({socket!r})
job = json.dumps([sys.argv, dict(os.environ), os.getcwd()]).encode()
streams = array.array("i", [0, 1, 2]).tobytes()
link.sendmsg([b"%10d" % len(job)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
link.sendall(job)
told = link.makefile("rb")
pid = int(told.readline())
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, frame: os.kill(pid, number))
status = int(told.readline() or 1)
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
os._exit(status)
"""


@dataclass
class Running:
    """A run of a program.

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
    """Starts runs of a program, from any thread. The process behind it ends with this one.

    Args:
        program: The script that an installer of packages has made for it.
        environment: In which it imports; this process's if there is none.
    """

    def __init__(self, program: Path, environment: Mapping[str, str] | None = None) -> None:
        text = program.read_text(encoding="utf-8")
        called = _CALLED.search(text)
        assert called, program
        self._program = str(program)
        # A socket's path has to be short, and those of the tests' folders are long.
        self._folder = Path(mkdtemp(prefix="nursery-"))
        self._socket = str(self._folder / "socket")
        # Closed here, so that no run waits for a process that could not import.
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self._socket)
            listening.listen(64)
            number = listening.fileno()
            python = text.splitlines()[0].removeprefix("#!")
            self._process = subprocess.Popen(
                [python, "-W", "ignore", __file__, str(number), called[1], called[2]],
                pass_fds=[number],
                stdin=subprocess.PIPE,
                env=environment,
            )
        atexit.register(self.close)

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        stdout: int,
        stderr: int,
        folder: Path | None = None,
        stdin: int | None = None,
    ) -> Running:
        """Start the program.

        Args:
            arguments: Its arguments.
            environment: Its whole environment.
            stdout: File that it writes to.
            stderr: File that it logs to.
            folder: Its working directory; this process's if there is none.
            stdin: File that it reads from; nothing if there is none.
        """
        job = json.dumps(
            [[self._program, *arguments], {**environment}, str(folder or Path.cwd())]
        ).encode()
        link = socket.socket(socket.AF_UNIX)
        link.connect(self._socket)
        # It may have to import first.
        link.settimeout(60)
        with Path(os.devnull).open("rb") as nothing:
            read = nothing.fileno() if stdin is None else stdin
            streams = array.array("i", [read, stdout, stderr]).tobytes()
            link.sendmsg(
                [f"{len(job):{_DIGITS}}".encode()],
                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)],
            )
            link.sendall(job)
            return Running(int(_line(link)), link)

    def stand_in(self, script: Path) -> None:
        """Write a script that starts the program as it has been called itself, and waits for it."""
        python = os.path.realpath(sys.executable)
        script.write_text(_STAND_IN.format(python=python, socket=self._socket), encoding="utf-8")
        script.chmod(0o755)

    def close(self) -> None:
        """Start no more; what runs goes on."""
        atexit.unregister(self.close)
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)
        shutil.rmtree(self._folder)


def _line(connection: socket.socket) -> bytes:
    got = b""
    while not got.endswith(b"\n"):
        more = connection.recv(1)
        if not more:
            raise EOFError("The nursery has closed the connection")
        got += more
    return got


def _serve(listening: socket.socket) -> None:
    """Fork for each run until the standard input ends; returns in the process that is to run."""
    # The guards below are buried by the system.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listening, sys.stdin], [], [])
        if sys.stdin in ready:
            os._exit(0)
        link, _ = listening.accept()
        if os.fork():
            link.close()
            continue
        listening.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        head, streams, _, _ = socket.recv_fds(link, _DIGITS, 3)
        size, job = int(head), b""
        while len(job) < size:
            job += link.recv(size - len(job))
        pid = os.fork()
        if pid:
            _guard(pid, link)
        link.close()
        for number, file in enumerate(streams):
            os.dup2(file, number)
            os.close(file)
        arguments, environment, folder = json.loads(job)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.argv[:] = arguments
        return


def _guard(pid: int, link: socket.socket) -> NoReturn:
    """Tell the process, and then how it ended."""
    link.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    link.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _main(number: str, module: str, name: str) -> None:
    called: object = import_module(module)
    # Or each child copies all that was imported as soon as it collects garbage.
    gc.collect()
    gc.freeze()
    _serve(socket.socket(fileno=int(number)))
    # Else all would jitter alike.
    random.seed()
    # Not before: what makes the command reads the environment.
    for part in name.split("."):
        called = getattr(called, part)
    assert callable(called)
    sys.exit(called())


if __name__ == "__main__":
    _main(*sys.argv[1:])
