"""How a ledger's database is opened, and who else is at work in it.

Each kind of database is one class: `Alone` for those with one worker at a time, `SQLite`, which
makes sure of that by a lock on the file, and `Postgres` for several workers.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from target_meta_ads.errors import LedgerError
from target_meta_ads.ledger._tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Engine

_SECRET_OPTIONS = ("password", "sslpassword", "passfile")


def kind_of(text: str, *, dry_run: bool) -> Alone:
    """Read a ledger's URL.

    Args:
        text: Any SQLAlchemy URL. `postgresql:` and `postgres:` stand for psycopg 3.
        dry_run: Whether nothing may be kept.

    Raises:
        LedgerError: It is no URL, or its driver is not installed or made for asyncio.
    """
    try:
        url = make_url(text)
        if url.drivername in {"postgres", "postgresql"}:
            url = url.set(drivername="postgresql+psycopg")
        dialect = url.get_dialect()
    except (NoSuchModuleError, ImportError):
        raise _no_driver(url.drivername) from None
    except (ArgumentError, ValueError):
        # Nothing is quoted: what cannot be read may hold a password anywhere.
        raise LedgerError(
            "ledger_url is not a database URL, such as sqlite:///ledger.db or"
            " postgresql://user:password@host/database."
        ) from None
    if dialect.is_async:
        raise LedgerError(f"ledger_url: {url.drivername!r} is made for asyncio; name another one.")
    kinds = {"sqlite": SQLite, "postgresql": Postgres}
    return kinds.get(url.get_backend_name(), Alone)(url, dry_run=dry_run)


def _no_driver(name: str) -> LedgerError:
    return LedgerError(
        f"ledger_url: there is no driver for {name!r}; install its package, or use sqlite or"
        " postgresql."
    )


def told(error: SQLAlchemyError, url: URL) -> str:
    """Say what the database said, in one line and without the URL's passwords."""
    # libpq says where it failed first, and why at the end.
    lines = str(getattr(error, "orig", None) or error).strip().splitlines() or [""]
    text = " ".join(line.strip() for line in lines[:2])
    options = [url.query.get(name) for name in _SECRET_OPTIONS]
    for secret in [url.password, *options]:
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    return text.rstrip(".")


class Alone:
    """A database of any kind, in which one worker is at work at a time.

    Nothing makes sure of that; who opens the ledger takes all other workers for dead.

    Attributes:
        url: The database.
        name: The same for messages: without user, password and options.
        copies: Whether a dry run works on temporary copies of what it asks for; otherwise on the
            tables themselves, in one transaction that is rolled back.
        exclusive: Whether the database itself keeps everybody else away.
    """

    copies = False
    exclusive = False

    def __init__(self, url: URL, *, dry_run: bool) -> None:
        self.url = url
        self.dry_run = dry_run
        self.name = URL.create(
            url.drivername, host=url.host, port=url.port, database=url.database
        ).render_as_string()

    def engine(self) -> Engine:
        """Make the engine; nothing is opened yet.

        Raises:
            LedgerError: The driver is not installed.
        """
        options: dict[str, Any] = {"poolclass": NullPool}
        # Rows as tuples are twice as fast as rows as dictionaries.
        if getattr(self.url.get_dialect(), "default_paramstyle", "") == "pyformat":
            options["paramstyle"] = "format"
        try:
            # Messages of SQLAlchemy would show the rows.
            return create_engine(self.url, hide_parameters=True, **options | self.options())
        except ImportError:
            raise _no_driver(self.url.drivername) from None

    def options(self) -> dict[str, Any]:
        """Give what `create_engine` needs to know."""
        return {}

    def refusal(self, error: SQLAlchemyError) -> LedgerError:
        """Say why the database could not be opened or used."""
        return LedgerError(f"The ledger {self.name} cannot be used: {told(error, self.url)}.")

    def relax(self, connection: Connection, *, relaxed: bool) -> None:
        """Say whether a power failure may undo the transaction that begins next."""

    def begin(self, connection: Connection) -> None:
        """Prepare the transaction in which tables are looked for and made."""

    def locate(self, connection: Connection) -> None:
        """Look where the tables are, once they are there."""

    def hold(self, connection: Connection, number: int) -> None:
        """Show to all others, for as long as this process lives, that a number is in use."""

    def let_go(self, connection: Connection) -> None:
        """Show to all others that none of this process's numbers is in use any more."""

    def dead(self, connection: Connection, numbers: Iterable[int]) -> set[int]:
        """Say which numbers of other workers and runs are no longer in use."""
        del connection
        return set(numbers)


class SQLite(Alone):
    """An SQLite file, locked for as long as it is open; the system frees it when a process dies.

    What is written outlives the end of the process at once. A power failure is another matter: to
    outlive that, a commit waits for the disk (`synchronous=FULL`), from half a millisecond to
    several, as against a tenth. Acceptances wait, before any state says that they are done: a
    member that the ledger forgot could never be removed again. Claims do not: they are on the disk
    with the next acceptance, and if the power fails before that, an event that is sent again has
    the id it had, by which Meta knows it for 48 hours. Nor does what only its own run needs.
    """

    exclusive = True
    _relaxed = False

    def engine(self) -> Engine:
        engine = super().engine()
        event.listen(engine, "connect", self._connected)
        event.listen(engine, "begin", self._begun)
        return engine

    def options(self) -> dict[str, Any]:
        if self._forgetful():
            # A name of no letters is a file that SQLite deletes: a dry run may be larger than
            # what memory is meant for it.
            return {"creator": lambda: sqlite3.connect("")}
        # Somebody else's lock lasts as long as their run: there is nothing to wait for, but for
        # the moment that a process needs to end.
        return {"connect_args": {"timeout": 1.0}}

    def _forgetful(self) -> bool:
        name = self.url.database
        return bool(
            self.dry_run and name and not name.startswith("file:") and not Path(name).exists()
        )

    def _connected(self, connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # SQLAlchemy begins and commits, not the module
        run = connection.execute
        # Before the first look: an exclusive owner of a write-ahead log needs no shared memory.
        run("PRAGMA locking_mode = EXCLUSIVE")
        if not self.dry_run:
            run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        # KiB. Four times as much is no faster, for the system caches the file too, and memory grows
        # until it is full.
        run("PRAGMA cache_size = -4096")
        # Random keys touch most pages of that index, batch after batch: what is copied back after
        # several batches is copied once.
        run("PRAGMA wal_autocheckpoint = 16384")

    def relax(self, connection: Connection, *, relaxed: bool) -> None:
        if relaxed != self._relaxed:
            level = "NORMAL" if relaxed else "FULL"
            # Not by SQLAlchemy, which would begin the transaction: it cannot be said inside one.
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA synchronous = {level}")
            self._relaxed = relaxed

    @staticmethod
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def refusal(self, error: SQLAlchemyError) -> LedgerError:
        said = told(error, self.url)
        if "database is locked" in said:
            return LedgerError(
                f"The ledger {self.name} is in use by another run: let it finish, or give each its"
                " own ledger_url; several workers share a ledger in PostgreSQL."
            )
        if "unable to open" in said:
            return LedgerError(
                f"The ledger {self.name} cannot be opened: its folder does not exist, or may not be"
                " written to."
            )
        if "not a database" in said:
            return LedgerError(
                f"The ledger {self.name} is a file of another kind: name another one in ledger_url."
            )
        return super().refusal(error)


class Postgres(Alone):
    """A PostgreSQL database for several workers, each of which holds an advisory lock.

    The lock lives and dies with the connection that all work is done on: who has lost it can note
    nothing any more either. A pooler that gives out connections by transaction, such as PgBouncer
    can, must not stand in between. A dry run works on temporary copies of what it asks for, so
    that no worker ever waits for it.
    """

    copies = True
    _class = 0
    _MAKING = 0x7461_7267  # any number: who makes the tables

    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"isolation_level": "READ COMMITTED"}
        if self.url.get_driver_name() == "psycopg":
            patience = {"connect_timeout": "30", "keepalives_idle": "60"}
            options["connect_args"] = {
                name: value for name, value in patience.items() if name not in self.url.query
            }
        return options

    def begin(self, connection: Connection) -> None:
        if not self.dry_run:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({self._MAKING})")

    def locate(self, connection: Connection) -> None:
        # The table's own number, so that two ledgers of one database do not meet.
        name = tables().claims.name
        found = connection.exec_driver_sql(f"SELECT to_regclass('{name}')::oid::bigint").scalar()
        if found is not None:
            self._class = found - (1 << 32) if found >= 1 << 31 else found

    def hold(self, connection: Connection, number: int) -> None:
        if not self.dry_run:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({self._class}, {number})")

    def let_go(self, connection: Connection) -> None:
        # The server would do so a moment after the connection is closed.
        connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")

    def dead(self, connection: Connection, numbers: Iterable[int]) -> set[int]:
        # Shared, so that two who look at once do not take each other for the one they look for.
        ask = "SELECT pg_try_advisory_xact_lock_shared"
        return {
            number
            for number in numbers
            if connection.exec_driver_sql(f"{ask}({self._class}, {number})").scalar()
        }
