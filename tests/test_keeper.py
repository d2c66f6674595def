"""The keeper: a program it runs ends when the starter does, and says how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from demo import keeper, processes
from tests.processes import gone, wait_until

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = [sys.executable, "-S", "-c"]


def started(program: str, output: Path, *, with_children: bool = False) -> subprocess.Popen[bytes]:
    with output.open("wb") as file:
        process = processes.start([*PYTHON, program], output=file, with_children=with_children)
    wait_until(lambda: b"up" in output.read_bytes())
    return process


WAIT = "import signal; print('up', flush=True); signal.pause()"


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("raise SystemExit(0)", 0),
        ("raise SystemExit(3)", 3),
        ("import os; os.kill(os.getpid(), 9)", 128 + 9),
    ],
)
def test_passes_the_status_on(program: str, status: int) -> None:
    process = processes.start([*PYTHON, program])
    try:
        assert process.wait(20) == status
    finally:
        processes.stop(process)


def test_says_what_cannot_be_started(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as output:
        process = processes.start([str(tmp_path / "nothing")], output=output)
    assert process.wait(20) == keeper.CANNOT_START
    processes.stop(process)
    assert "cannot start" in (tmp_path / "log").read_text()


def test_stop_asks_with_the_signal_chosen(tmp_path: Path) -> None:
    program = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(7))\n"
        "print('up', flush=True)\n"
        "signal.pause()"
    )
    with (tmp_path / "log").open("wb") as output:
        process = processes.start([*PYTHON, program], output=output, stop_with=signal.SIGINT)
    wait_until(lambda: b"up" in (tmp_path / "log").read_bytes())
    assert processes.stop(process) == 7


def test_a_deaf_program_is_killed(tmp_path: Path) -> None:
    program = "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"
    command = [sys.executable, "-S", keeper.__file__, "--patience=0.2", "--"]
    with (tmp_path / "log").open("wb") as output:
        process = subprocess.Popen(
            [*command, *PYTHON, program + "while True: signal.pause()"],
            stdin=subprocess.PIPE,
            stdout=output,
        )
    wait_until(lambda: b"up" in (tmp_path / "log").read_bytes())
    assert processes.stop(process) == 128 + signal.SIGKILL


def test_the_end_of_the_starter_is_the_end_of_the_program(tmp_path: Path, repository: Path) -> None:
    starter = (
        "import os, signal\n"
        "from demo import processes\n"
        f"log = open({str(tmp_path / 'log')!r}, 'wb')\n"
        f"processes.start([{sys.executable!r}, '-c', \"import os, signal; print('up', os.getpid(),"
        ' flush=True); signal.pause()"], output=log)\n'
        "signal.pause()"
    )
    process = subprocess.Popen([sys.executable, "-c", starter], cwd=repository)
    wait_until(lambda: (tmp_path / "log").exists() and b"\n" in (tmp_path / "log").read_bytes())
    program = int((tmp_path / "log").read_text().split()[1])
    assert not gone(program)
    process.kill()
    process.wait()
    wait_until(lambda: gone(program))


@pytest.mark.parametrize("how", ["the starter stops it", "it ends by itself"])
def test_children_end_with_the_program(tmp_path: Path, how: str) -> None:
    program = (
        "import subprocess, sys, signal\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import signal; signal.pause()'])\n"
        "print('up', child.pid, flush=True)\n"
    )
    if how == "the starter stops it":
        program += "signal.pause()"
    process = started(program, tmp_path / "log", with_children=True)
    child = int((tmp_path / "log").read_text().split()[1])
    if how == "it ends by itself":
        process.wait(20)
    processes.stop(process)
    wait_until(lambda: gone(child))


def test_a_signal_to_the_keeper_stops_the_program(tmp_path: Path) -> None:
    process = started(WAIT, tmp_path / "log")
    process.terminate()
    assert process.wait(20) == 128 + signal.SIGTERM
    processes.stop(process)


@pytest.mark.skipif(
    os.geteuid() != 0 or sys.platform != "linux", reason="only root becomes somebody else"
)
@pytest.mark.parametrize("closed", [False, True])
def test_another_user_reads_what_it_needs_and_gets_no_more(tmp_path: Path, closed: bool) -> None:  # noqa: FBT001  # a table's column
    # The folders above are ours: pytest makes them for root alone. The open case needs no folder.
    secret = tmp_path / "folder" / "file"
    secret.parent.mkdir(mode=0o700)
    secret.write_text("read")
    secret.chmod(0o600)
    needed = secret if closed else tmp_path.__class__("/dev/null")
    program = f"cat '{secret}'; echo; id -u; grep -E 'Cap(Eff|Amb)' /proc/self/status"
    with (tmp_path / "log").open("wb") as output:
        process = processes.start(
            ["/bin/sh", "-c", program], output=output, user=(65534, 65534), needs=[needed]
        )
    assert process.wait(20) == 0
    processes.stop(process)
    said = (tmp_path / "log").read_text()
    assert "65534" in said
    assert ("read" in said.splitlines()) is closed
    # CAP_DAC_OVERRIDE is the second bit.
    capabilities = {line.split()[1].lstrip("0") for line in said.splitlines() if "Cap" in line}
    assert capabilities == ({"2"} if closed else {""})
