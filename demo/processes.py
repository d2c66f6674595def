"""Starts programs under the keeper, so that none outlives the process that started it."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import IO, TYPE_CHECKING

from demo import keeper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# The keeper waits less than this before it kills, so it is always the first to lose patience.
STOP_SECONDS = 45.0


def start(  # noqa: PLR0913  # all by name, each with a default
    program: Sequence[str],
    *,
    output: IO[bytes] | int | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    user: tuple[int, int] | None = None,
    needs: Sequence[Path] = (),
    stop_with: signal.Signals = signal.SIGTERM,
    with_children: bool = False,
    inherit: Sequence[IO[str]] = (),
) -> subprocess.Popen[bytes]:
    """Start a program that ends when `stop` is called or this process ends, however it ends.

    Args:
        program: Path and arguments.
        output: Where standard output and error go together; `subprocess.PIPE` to read them.
        environment: The program's whole environment, by default this process's own.
        folder: The folder to run in.
        user: User and group id to run as; needs root.
        needs: What that user must be able to read.
        stop_with: The signal that asks the program to stop.
        with_children: Whether the program's own children are told, and finally killed, with it.
        inherit: Files, locks for one, that stay open until the program has ended.

    Returns:
        The keeper's process; it ends with the program's exit status.
    """
    options = [f"--signal={int(stop_with)}", *(["--group"] if with_children else [])]
    if user:
        options += [f"--user={user[0]}:{user[1]}", *(f"--needs={path}" for path in needs)]
    return subprocess.Popen(
        # Without `site` it starts in a third of the time; it needs the standard library only.
        [sys.executable, "-S", keeper.__file__, *options, "--", *program],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        cwd=folder,
        env=environment,
        start_new_session=True,  # Ctrl-C is for the starter, which then stops things in order
        pass_fds=[file.fileno() for file in inherit],
    )


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ask a kept program to stop, wait for it, and return its exit status."""
    if process.stdin is not None:
        process.stdin.close()
    status = process.wait(STOP_SECONDS)
    if process.stdout is not None:
        process.stdout.close()
    return status
