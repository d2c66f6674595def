"""One connection to the ledger's database: opened, numbered, and with transactions."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy import inspect as inspected
from sqlalchemy.exc import SQLAlchemyError

from target_meta_ads.errors import LedgerError
from target_meta_ads.ledger._engine import kind_of
from target_meta_ads.ledger._recent import RecentRows
from target_meta_ads.ledger._rows import Rows
from target_meta_ads.ledger._tables import FORMAT, Tables, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Table


class Store:
    """The tables of an open ledger.

    Attributes:
        connection: The one connection; used inside `transaction` only.
        tables: What to name in statements.
        rows: Finds and changes rows by their keys; used inside `transaction` only.
        kind: What differs by kind of database.
        worker: The number of this worker. Those of a dry run are 0, which no other ever has.
    """

    def __init__(self, url: str, *, dry_run: bool, clock: Callable[[], datetime]) -> None:
        """Open the database and take a worker's number.

        Raises:
            LedgerError: See `Ledger.open`.
        """
        self.kind = kind_of(url, dry_run=dry_run)
        self.tables: Tables = tables()
        self.worker = 0
        self._ready = False
        self._clock = clock
        self._numbers: dict[str, int] = {}
        self._kept = self.tables  # other ones when a dry run works on copies
        self._copied: set[int] = set()
        self._has_figures = False
        engine = self.kind.engine()
        try:
            self.connection: Connection = engine.connect()
        except SQLAlchemyError as error:
            raise self.kind.refusal(error) from None
        self.rows = (
            RecentRows(self.connection, lambda: self.tables)
            if self.kind.exclusive
            else Rows(self.connection)
        )
        try:
            self._open()
        except SQLAlchemyError as error:
            self.close()
            raise self.kind.refusal(error) from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; a dry run's changes are rolled back. Harmless when closed."""
        if self._ready and not self.kind.dry_run:
            self._ready = False
            # What is not sorted in is kept all the same, for who opens the ledger next.
            with suppress(LedgerError), self.transaction() as connection:
                self.rows.sort_in()
                self.kind.let_go(connection)
        try:
            self.connection.close()
            self.connection.engine.dispose()
        except SQLAlchemyError as error:
            raise self.kind.refusal(error) from None

    def now(self) -> int:
        """Say what time it is, in whole seconds."""
        return int(self._clock().timestamp())

    @contextmanager
    def transaction(self, *, relaxed: bool = False) -> Iterator[Connection]:
        """Do all of the block or nothing, inside a transaction that is open already too.

        Args:
            relaxed: A power failure may undo it, the end of the process may not.

        Raises:
            LedgerError: The database failed.
        """
        try:
            if self.connection.in_transaction():  # the one of a dry run among them
                yield self.connection
            else:
                self.kind.relax(self.connection, relaxed=relaxed)
                with self.connection.begin():
                    yield self.connection
        except BaseException as error:
            # What was learned in a transaction that is rolled back may not be so.
            self._numbers.clear()
            self.rows.rolled_back()
            if isinstance(error, SQLAlchemyError):
                raise self.kind.refusal(error) from error
            raise

    # -- opening ------------------------------------------------------------------------------

    def _open(self) -> None:
        copies = self.kind.dry_run and self.kind.copies
        if self.kind.dry_run and not copies:
            self.connection.begin()
        with self.transaction() as connection:
            self.kind.begin(connection)
            found = inspected(connection).has_table(self.tables.counters.name)
            if found:
                self._check_format(connection)
                self.kind.locate(connection)
            if found and copies:
                self._work_on_copies(connection)
            elif found:
                self.tables.figures.create(connection, checkfirst=True)
            else:
                self.tables = self._kept = tables(temporary=copies)
                self.tables.metadata.create_all(connection, checkfirst=False)
                first = [{"name": "format", "value": FORMAT}, {"name": "number", "value": 0}]
                connection.execute(insert(self.tables.counters), first)
                self.kind.locate(connection)
        if not self.kind.dry_run:
            self.worker = self.take_number()
        self._ready = True

    def _check_format(self, connection: Connection) -> None:
        counters = self.tables.counters
        asked = select(counters.c.value).where(counters.c.name == "format")
        found = connection.execute(asked).scalar()
        if found is None or found < FORMAT:
            raise LedgerError(
                f"The ledger {self.kind.name} is of a format that this version does not read:"
                " name a new one in ledger_url."
            )
        if found > FORMAT:
            raise LedgerError(
                f"The ledger {self.kind.name} was made by a newer version of target-meta-ads"
                f" (format {found}; this version knows {FORMAT}): upgrade target-meta-ads."
            )

    def _work_on_copies(self, connection: Connection) -> None:
        """Hide the tables behind temporary ones of the same names; small ones are copied whole."""
        self._kept = tables(connection.dialect.default_schema_name)
        self.tables = tables(temporary=True)
        self.tables.metadata.create_all(connection, checkfirst=False)
        for name in ("counters", "destinations", "audiences"):
            self._copy(connection, name)

    def _copy(self, connection: Connection, name: str, number: int | None = None) -> None:
        kept: Table = getattr(self._kept, name)
        copy: Table = getattr(self.tables, name)
        rows = select(kept)
        if number is not None:
            rows = rows.where(kept.c.destination == number)
        connection.execute(insert(copy).from_select([column.name for column in kept.c], rows))

    # -- numbers ------------------------------------------------------------------------------

    def take_number(self) -> int:
        """Give a number that nobody had, and show to others for how long it is in use."""
        with self.transaction() as connection:
            number = self._next_number(self._last_number())
            self.kind.hold(connection, number)
        return number

    def _last_number(self) -> int:
        """Read the counter; nobody else can until the transaction ends."""
        counters = self.tables.counters
        asked = select(counters.c.value).where(counters.c.name == "number").with_for_update()
        last: int = self.connection.execute(asked).scalar_one()
        return last

    def _next_number(self, last: int) -> int:
        counters = self.tables.counters
        counted = update(counters).where(counters.c.name == "number").values(value=last + 1)
        self.connection.execute(counted)
        return last + 1

    def known(self, identifier: str) -> int | None:
        """Return a destination's number, or None when the ledger has never heard of it."""
        number = self._numbers.get(identifier)
        if number is not None:
            return number
        column = self.tables.destinations.c
        with self.transaction() as connection:
            asked = select(column.number).where(column.id == identifier)
            number = connection.execute(asked).scalar()
            if number is not None:
                self._numbers[identifier] = number
                self._copy_destination(connection, number)
        return number

    def number(self, identifier: str, *, lock: bool = False) -> int:
        """Return a destination's number, a new one if need be; call it inside a transaction.

        Args:
            identifier: Meta's id of the audience or pixel.
            lock: Keep other workers from this destination until the transaction ends.
        """
        table = self.tables.destinations
        number = self.known(identifier)
        if number is None:
            last = self._last_number()  # who makes destinations waits here for others who do
            number = self.known(identifier)
            if number is None:
                number = self._next_number(last)
                self.connection.execute(insert(table), {"number": number, "id": identifier})
                self._numbers[identifier] = number
        if lock:
            self.lock(number)
        return number

    def lock(self, number: int | None = None) -> None:
        """Keep other workers from a destination, or from making anything, in this transaction."""
        if number is None:
            self._last_number()
            return
        table = self.tables.destinations
        asked = select(table.c.number).where(table.c.number == number).with_for_update()
        self.connection.execute(asked)

    def copy_all(self) -> None:
        """Have all destinations at hand; inside a transaction. Only a dry run may need it."""
        if self._kept is not self.tables:
            numbers = self.connection.execute(select(self.tables.destinations.c.number)).scalars()
            for number in numbers.all():
                self._copy_destination(self.connection, number)

    def figures(self) -> Table:
        """Return the table of figures; inside a transaction. A dry run has it once it asks."""
        if self._kept is not self.tables and not self._has_figures:
            kept = self._kept.figures  # which ledgers of the first days have not
            if inspected(self.connection).has_table(kept.name, schema=kept.schema):
                self._copy(self.connection, "figures")
            self._has_figures = True
        return self.tables.figures

    def _copy_destination(self, connection: Connection, number: int) -> None:
        if self._kept is not self.tables and number not in self._copied:
            self._copied.add(number)
            for name in ("members", "events", "claims", "lost"):
                self._copy(connection, name, number)
