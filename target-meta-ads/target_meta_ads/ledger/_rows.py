"""Rows of one destination, found and changed by their keys: thousands at a time, and fast.

Statements are SQLAlchemy's, compiled once for each number of keys and then given to the driver as
they are: with thousands of values, the way through SQLAlchemy's own parameters takes two to four
times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from sqlalchemy import BindParameter, Connection, Delete, Insert, Select, Table, Update

_SIZES = (1, 10, 100, 900)
"""How many keys a statement may have; some databases end at 999 values."""

_NAMES = tuple(f"k{index}" for index in range(_SIZES[-1]))


class Rows:
    """Statements over any number of keys, on one connection and inside its transaction.

    Each table has columns named `destination` and `key`. No keys are no statement.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._texts: dict[tuple[str, str, int], tuple[str, tuple[str, ...]]] = {}

    def has(self, table: Table, destination: int) -> bool:
        """Say whether there are any rows at all."""
        asked = select(table.c.destination).where(table.c.destination == destination).limit(1)
        return self._connection.execute(asked).first() is not None

    def find(
        self, table: Table, columns: Sequence[str], destination: int, keys: Collection[bytes]
    ) -> list[Any]:
        """Return these columns of the rows that have one of these keys."""
        asked = select(*(table.c[name] for name in columns))

        def build(among: list[BindParameter[bytes]]) -> Select[Any]:
            return asked.where(table.c.destination == bindparam("at"), table.c.key.in_(among))

        found: list[Any] = []
        name = f"find {' '.join(columns)}"
        for text, values in self._pieces(name, table, build, {"at": destination}, keys):
            found += self._connection.exec_driver_sql(text, values).fetchall()
        return found

    def remove(self, table: Table, destination: int, keys: Collection[bytes]) -> None:
        """Delete the rows that have one of these keys."""

        def build(among: list[BindParameter[bytes]]) -> Delete:
            return delete(table).where(
                table.c.destination == bindparam("at"), table.c.key.in_(among)
            )

        for text, values in self._pieces("remove", table, build, {"at": destination}, keys):
            self._connection.exec_driver_sql(text, values)

    def mark(self, table: Table, destination: int, keys: Collection[bytes], run: int) -> None:
        """Write a run's number into the rows that have one of these keys, and no higher number."""

        def build(among: list[BindParameter[bytes]]) -> Update:
            return (
                update(table)
                .where(table.c.run < bindparam("below"), table.c.destination == bindparam("at"))
                .where(table.c.key.in_(among))
                .values(run=bindparam("seen"))
            )

        fixed = {"seen": run, "below": run, "at": destination}
        for text, values in self._pieces("mark", table, build, fixed, keys):
            self._connection.exec_driver_sql(text, values)

    def put(self, table: Table, destination: int, rows: Iterable[tuple[Any, ...]]) -> None:
        """Add rows, in place of those with the same key.

        Args:
            table: One whose first columns are `destination` and `key`.
            destination: The value of the first column.
            rows: The values of all columns; of rows with one key the last one counts.
        """
        latest = {row[1]: row for row in rows}
        if latest:
            self._insert(table, destination, latest)

    def _insert(self, table: Table, destination: int, latest: dict[bytes, tuple[Any, ...]]) -> None:
        if self._connection.dialect.name != "sqlite":
            self.remove(table, destination, latest)
        names = [column.name for column in table.c]
        # SQLite looks a key up once for both; elsewhere the old rows are gone by now.
        statement = insert(table).prefix_with("OR REPLACE", dialect="sqlite")
        text, order = self._text(("put", table.name, 1), lambda: statement, names)
        # In the order in which they came, in which the next run will ask for them: a table that is
        # kept in that order has them side by side.
        ready = latest.values()
        if order == tuple(names):
            self._connection.exec_driver_sql(text, list(ready))
        else:
            named = [dict(zip(names, row, strict=True)) for row in ready]
            self._connection.exec_driver_sql(text, named)

    def sort_in(self) -> None:
        """Have all rows in their tables, for who reads these otherwise."""

    def rolled_back(self) -> None:
        """Forget what the transaction that has failed may have changed."""

    def _pieces(
        self,
        name: str,
        table: Table,
        build: Callable[[list[BindParameter[bytes]]], Select[Any] | Delete | Update],
        fixed: dict[str, int],
        keys: Collection[bytes],
    ) -> Iterator[tuple[str, Any]]:
        """Give text and values of one statement after the other, until all keys had their turn.

        There are few sizes of pieces, so that texts are few and drivers know them again; the last
        piece is filled up with its last key.
        """
        ordered = sorted(keys)
        start = 0
        while start < len(ordered):
            left = len(ordered) - start
            size = next((size for size in _SIZES if size >= left), _SIZES[-1])
            piece = ordered[start : start + size]
            piece += piece[-1:] * (size - len(piece))
            start += size
            among = _NAMES[:size]
            text, order = self._text((name, table.name, size), lambda: build(_values(table, among)))  # noqa: B023 # called at once
            names, values = (*fixed, *among), (*fixed.values(), *piece)
            if order == names:
                yield text, values
            else:
                named = dict(zip(names, values, strict=True))
                yield text, tuple(named[name] for name in order) if order else named

    def _text(
        self,
        name: tuple[str, str, int],
        build: Callable[[], Select[Any] | Delete | Update | Insert],
        columns: list[str] | None = None,
    ) -> tuple[str, tuple[str, ...]]:
        """Compile a statement unless it was before.

        Returns:
            Its text, and the names of its values in their order where values go by position.
        """
        known = self._texts.get(name)
        if known is None:
            compiled = build().compile(dialect=self._connection.dialect, column_keys=columns)
            known = str(compiled), tuple(compiled.positiontup or ())
            self._texts[name] = known
        return known


def _values(table: Table, names: Iterable[str]) -> list[BindParameter[bytes]]:
    return [bindparam(name, type_=table.c.key.type) for name in names]
