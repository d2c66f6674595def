"""Programs that have been imported once, and fork a process for each call of them.

The pages call Meltano some forty times, and Meltano its plugins. Most of the time would go into
importing the same modules. A warm program is a process that has imported them and waits at a
socket. In the program's place stands a script that sends its arguments, environment, folder and
standard streams there, waits, and ends as the call has ended. What a call does after the imports is
what the program does.
"""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What stands in the program's place: nothing but the standard library, and little of that.
_CLIENT = """#!{python} -IS
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
_DIGITS = 10
_CALLED = re.compile(
    r"^from ([\w.]+) import \w+$.*sys\.exit\(([\w.]+)\(\)\)", re.MULTILINE | re.DOTALL
)


class Warm:
    """A program that has imported its modules and waits.

    Args:
        program: The script that an installer of packages has made for it.
        stand_in: Where the script is written that stands in its place.
        waiting: The socket at which it waits; a short path.
        environment: In which it imports.
    """

    def __init__(
        self, program: Path, stand_in: Path, waiting: Path, environment: Mapping[str, str]
    ) -> None:
        text = program.read_text(encoding="utf-8")
        called = _CALLED.search(text)
        assert called, program
        python = text.splitlines()[0].removeprefix("#!")
        # Closed here, so that no call waits for a process that could not import.
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(waiting))
            listening.listen(16)
            number = listening.fileno()
            self._process = subprocess.Popen(
                [python, "-W", "ignore", __file__, str(number), called[1], called[2]],
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                env=dict(environment),
            )
        python = os.path.realpath(sys.executable)
        stand_in.write_text(_CLIENT.format(python=python, socket=str(waiting)), encoding="utf-8")
        stand_in.chmod(0o755)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def _serve(listening: socket.socket) -> None:
    """Fork for each call; returns in the process that is to run it."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        link, _ = listening.accept()
        if os.fork():
            link.close()
            continue
        listening.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        head, fds, _, _ = socket.recv_fds(link, _DIGITS, 3)
        size, job = int(head), b""
        while len(job) < size:
            job += link.recv(size - len(job))
        pid = os.fork()
        if pid:
            _guard(pid, link)
        link.close()
        for number, file in enumerate(fds):
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
    for part in name.split("."):
        called = getattr(called, part)
    # Or each child copies all that was imported as soon as it collects garbage.
    gc.collect()
    gc.freeze()
    _serve(socket.socket(fileno=int(number)))
    assert callable(called)
    sys.exit(called())


if __name__ == "__main__":
    _main(*sys.argv[1:])
