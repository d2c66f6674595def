"""Rows that are accepted and on the disk, but not yet sorted into their table.

Keys are random, so that ten thousand new ones touch most pages of an index of a million: each of
these pages would be written for one or two rows. Here a batch is written as it comes, in one piece,
and many batches are sorted into their table together. Loading a million members writes a third less
in this way.
What waits is held in memory too, and whoever asks for a row finds it in either place.

This needs a database that nobody else uses at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import delete, insert, select

from target_meta_ads.ledger._rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from sqlalchemy import Connection, Table

    from target_meta_ads.ledger._tables import Tables

_MOST = 80_000
"""How many rows may wait; of a person each takes some 400 bytes of memory."""


class RecentRows(Rows):
    """As `Rows`, with batches that wait. Whoever reads a table otherwise calls `sort_in` first."""

    def __init__(self, connection: Connection, tables: Callable[[], Tables]) -> None:
        super().__init__(connection)
        self._tables = tables
        # By table and destination, and then by key; None: not read yet.
        self._waiting: dict[tuple[str, int], dict[bytes, tuple[Any, ...]]] | None = None
        self._count = 0
        self._last = 0

    def has(self, table: Table, destination: int) -> bool:
        return bool(self._of(table, destination)) or super().has(table, destination)

    def find(
        self, table: Table, columns: Sequence[str], destination: int, keys: Collection[bytes]
    ) -> list[Any]:
        waiting = self._of(table, destination)
        if not waiting:
            return super().find(table, columns, destination, keys)
        names = [column.name for column in table.c]
        places = [names.index(name) for name in columns]
        here = [row for row in map(waiting.get, keys) if row is not None]
        there = [key for key in keys if key not in waiting]
        found = super().find(table, columns, destination, there)
        return found + [tuple(row[place] for place in places) for row in here]

    def remove(self, table: Table, destination: int, keys: Collection[bytes]) -> None:
        if not self._of(table, destination).keys().isdisjoint(keys):
            self.sort_in()
        super().remove(table, destination, keys)

    def mark(self, table: Table, destination: int, keys: Collection[bytes], run: int) -> None:
        waiting = self._of(table, destination)
        here = waiting.keys() & keys
        if any(waiting[key][-1] < run for key in here):
            self.sort_in()
            here = set()
        super().mark(table, destination, set(keys) - here if here else keys, run)

    def put(self, table: Table, destination: int, rows: Iterable[tuple[Any, ...]]) -> None:
        waiting = self._of(table, destination)
        latest = {row[1]: row for row in rows}
        self._count += len(latest) - len(waiting.keys() & latest.keys())
        waiting.update(latest)
        if self._count > _MOST:
            self.sort_in()
            return
        self._last += 1
        recent = self._tables().recent
        row = {
            "number": self._last,
            "table": table.name,
            "destination": destination,
            "rows": msgspec.msgpack.encode(list(latest.values())),
        }
        self._connection.execute(insert(recent), row)

    def sort_in(self) -> None:
        waiting = self._read()
        if not self._count:
            return
        tables = {table.name: table for table in self._tables().metadata.tables.values()}
        for (name, destination), rows in waiting.items():
            if rows:
                self._insert(tables[name], destination, rows)
        self._connection.execute(delete(self._tables().recent))
        self._waiting = {}
        self._count = 0

    def rolled_back(self) -> None:
        self._waiting = None

    def _of(self, table: Table, destination: int) -> dict[bytes, tuple[Any, ...]]:
        return self._read().setdefault((table.name, destination), {})

    def _read(self) -> dict[tuple[str, int], dict[bytes, tuple[Any, ...]]]:
        """Return what waits; read what a killed run left, or one whose transaction failed."""
        if self._waiting is None:
            recent = self._tables().recent
            self._waiting = {}
            self._last = 0
            for row in self._connection.execute(select(recent).order_by(recent.c.number)):
                rows = self._waiting.setdefault((row.table, row.destination), {})
                decoded = msgspec.msgpack.decode(row.rows, type=list[tuple[Any, ...]])
                rows.update((each[1], each) for each in decoded)
                self._last = row.number
            self._count = sum(map(len, self._waiting.values()))
        return self._waiting
