"""The ledger's tables, as data. What each of them promises stands in `ledger`.

People and events are keys of 16 bytes. Destinations, audiences and pixels alike, get a small number
of the ledger's own, so that a million members do not repeat an id of 17 digits; ids of audiences
and pixels come from one space at Meta and are never equal.

Times are whole seconds since 1970, since not every database keeps a time zone.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table
from sqlalchemy.dialects import mysql

from target_meta_ads.records import KEY_BYTES

FORMAT = 1
"""The number of this layout. A ledger with a higher one was made by a newer version."""

FIGURE_TEXTS = {"stream": 255, "name": 32, "detail": 255}
"""The texts of `figures` and how long they may be."""

_PREFIX = "target_meta_ads_"  # a ledger may share its database with other tables

# MySQL's blobs cannot be part of a primary key, and its plain ones end at 64 KiB.
_KEY = LargeBinary(KEY_BYTES).with_variant(mysql.BINARY(KEY_BYTES), "mysql", "mariadb")
_PACKED = LargeBinary()
_KEYS = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


@dataclass(frozen=True)
class Tables:
    """The tables, all of one `MetaData`."""

    metadata: MetaData
    counters: Table
    destinations: Table
    audiences: Table
    members: Table
    staged: Table
    events: Table
    claims: Table
    lost: Table
    recent: Table
    figures: Table


def tables(schema: str | None = None, *, temporary: bool = False) -> Tables:
    """Describe the tables.

    Args:
        schema: Where they are, when not where unqualified names lead.
        temporary: Whether they end with their connection, as those of a dry run do.
    """
    metadata = MetaData(schema=schema)

    def table(
        name: str, *columns: Column[int] | Column[str] | Column[bytes], rows: bool = True
    ) -> Table:
        prefixes = ["TEMPORARY"] if temporary else []
        return Table(_PREFIX + name, metadata, *columns, prefixes=prefixes, sqlite_with_rowid=rows)

    def number(name: str, *, key: bool = False) -> Column[int]:
        return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)

    def text(name: str, length: int, *, key: bool = False) -> Column[str]:
        return Column(name, String(length), primary_key=key, nullable=False)

    def key() -> Column[bytes]:
        return Column("key", _KEY, primary_key=True, nullable=False)

    def packed() -> Column[bytes]:
        return Column("packed", _PACKED, nullable=False)

    return Tables(
        metadata,
        # `format`: see FORMAT. `number`: the last one given to a worker, a run or a destination.
        counters=table("counters", text("name", 16, key=True), number("value")),
        destinations=table(
            "destinations",
            number("number", key=True),
            Column("id", String(64), nullable=False, unique=True),
        ),
        audiences=table(
            "audiences",
            text("account_id", 64, key=True),
            text("name", 512, key=True),
            text("audience_id", 64),
        ),
        # SQLite keeps these rows in the order of their arrival, in which the next run will mostly
        # ask for them; in the order of their keys, every batch of a run would touch every page.
        members=table("members", number("destination", key=True), key(), packed(), number("run")),
        # `label` is the caller's: what to call a person in a report.
        staged=table(
            "staged",
            number("destination", key=True),
            key(),
            packed(),
            number("run"),
            Column("label", _PACKED, nullable=False),
        ),
        # Rows of nothing but a key are smaller without a row number of their own.
        events=table(
            "events",
            number("destination", key=True),
            key(),
            number("until"),
            rows=False,
        ),
        # One row a batch. A row never changes its keys: what remains of a claim is a new row.
        claims=table(
            "claims",
            number("worker", key=True),
            number("number", key=True),
            number("destination"),
            number("claimed_at"),
            Column("keys", _KEYS, nullable=False),
            # Of people who are added their packed rows, each behind its length; null for events.
            Column("packed", _KEYS, nullable=True),
        ),
        # Batches of rows that are not in their tables yet, as MessagePack; SQLite's alone.
        recent=table(
            "recent",
            number("number", key=True),
            text("table", 64),
            number("destination"),
            Column("rows", _KEYS, nullable=False),
        ),
        # One row a key, out of the claims of workers that died.
        lost=table(
            "lost",
            number("destination", key=True),
            key(),
            number("first_sent"),
            rows=False,
        ),
        # What each run did. No key: nothing is looked up, and a few dozen rows a run are few.
        figures=table(
            "figures",
            number("run"),
            number("ended_at"),
            *(text(name, length) for name, length in FIGURE_TEXTS.items()),
            number("value"),
        ),
    )
