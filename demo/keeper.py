"""Run a program that must not outlive its starter, and as root run it as another user.

Started by path (`python keeper.py [options] -- program arguments`), it needs the standard library
only. Its standard input is a lifeline: nothing is ever written to it, and when it ends, because
the starter closed it or was killed, the program is told to stop, first politely, then not.
The keeper ends with the program's own exit status.

With `--user UID:GID` the program runs as that user. Where that user could not read one of the
`--needs` paths (a clone under a home folder closed to others, a umask of 077), the program gets
the one capability that lets it, instead of a change of modes on folders that are not ours.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

# From <linux/prctl.h> and <linux/capability.h>.
_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAP_SETPCAP = 8
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522

CANNOT_START = 71  # EX_OSERR: told apart from what a program itself is likely to answer.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and keep it until it or the lifeline ends.

    Args:
        arguments: The command line without the program's name, by default the process's own.

    Returns:
        The program's exit status, 128 and the signal's number if a signal ended it,
        or 71 when it could not be started.
    """
    options = _parse(arguments)
    # The keeper's own signals mean what the end of the lifeline means.
    wakeup_read, wakeup_write = os.pipe()
    os.set_blocking(wakeup_write, False)
    signal.set_wakeup_fd(wakeup_write, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)

    keeper = os.getpid()
    try:
        program = subprocess.Popen(
            options.program,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # so that its own children can be told with it
            preexec_fn=lambda: _prepare(options, keeper),  # noqa: PLW1509  # one thread only
        )
    except (OSError, subprocess.SubprocessError) as error:
        print(f"cannot start {options.program[0]}: {error}", file=sys.stderr)
        return CANNOT_START

    told = 0
    while program.poll() is None:
        timeout = None if not told else options.patience
        ready, _, _ = select.select([*([] if told else [0]), wakeup_read], [], [], timeout)
        woken = os.read(wakeup_read, 4096) if wakeup_read in ready else b""
        if told and not ready:
            _tell(program, signal.SIGKILL, group=True)
        elif not told and (0 in ready or set(woken) - {int(signal.SIGCHLD)}):
            told = options.signal
            _tell(program, told, group=options.group)
    if options.group:
        # What the program left behind in its session goes with it.
        _tell(program, signal.SIGKILL, group=True)
    return program.returncode if program.returncode >= 0 else 128 - program.returncode


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="keeper", description=__doc__)
    parser.add_argument("--user", metavar="UID:GID", help="run the program as this user")
    parser.add_argument("--needs", action="append", default=[], metavar="PATH")
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM), help="how to ask")
    parser.add_argument("--group", action="store_true", help="tell the program's children too")
    parser.add_argument("--patience", type=float, default=20.0, help="seconds before SIGKILL")
    parser.add_argument("program", nargs="+")
    return parser.parse_args(arguments)


def _tell(program: subprocess.Popen[bytes], number: int, *, group: bool) -> None:
    try:
        if group:
            os.killpg(program.pid, number)
        else:
            os.kill(program.pid, number)
    except (ProcessLookupError, PermissionError):
        pass  # It ended in the meantime; macOS says "not permitted" of a group of zombies.


def _prepare(options: argparse.Namespace, keeper: int) -> None:
    """Become the other user; runs in the child, between fork and exec."""
    try:
        if options.user:
            uid, _, gid = options.user.partition(":")
            _become(int(uid), int(gid), options.needs)
        if sys.platform == "linux":
            # Only after the change of user, which would clear it. Covers a keeper that is killed.
            _prctl(_PR_SET_PDEATHSIG, options.signal)
            if os.getppid() != keeper:
                os._exit(CANNOT_START)
    except OSError as error:
        _fail(options.program[0], error)


def _fail(program: str, error: OSError) -> NoReturn:
    # An exception would reach the parent without its text.
    os.write(2, f"cannot start {Path(program).name} as another user: {error}\n".encode())
    os._exit(CANNOT_START)


def _become(uid: int, gid: int, needs: Sequence[str]) -> None:
    linux = sys.platform == "linux"
    if linux:
        _prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    # `access` asks for the real user without capabilities, so it tells what is needed.
    closed = [path for path in needs if not _reachable(path)]
    if closed and not linux:
        raise PermissionError(errno.EACCES, f"user {uid} has no access to {closed[0]}")
    if closed:
        # PostgreSQL looks at its own files with `access`, which by default forgets capabilities.
        _set_capabilities({_CAP_DAC_OVERRIDE, _CAP_SETPCAP})
        _prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
        _set_capabilities({_CAP_DAC_OVERRIDE})
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE)
    elif linux:
        _set_capabilities(set())


def _reachable(path: str) -> bool:
    mode = Path(path).stat().st_mode if os.access(path, os.F_OK) else 0
    wanted = os.R_OK | (os.X_OK if mode & 0o111 else 0)
    return os.access(path, wanted)


def _prctl(option: int, argument: int, third: int = 0) -> None:
    libc: Any = ctypes.CDLL(None, use_errno=True)
    numbers = [ctypes.c_ulong(number) for number in (argument, third, 0, 0)]
    if libc.prctl(option, *numbers) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def _set_capabilities(wanted: set[int]) -> None:
    """Keep exactly these capabilities, effective and inheritable."""
    mask = sum(1 << number for number in wanted)
    libc: Any = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Two words of (effective, permitted, inheritable); an ambient one must be inheritable.
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if libc.capset(ctypes.byref(header), ctypes.byref(data)) != 0:
        raise OSError(ctypes.get_errno(), f"capset: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    sys.exit(main())
