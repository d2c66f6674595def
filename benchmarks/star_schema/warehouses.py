"""The two warehouses: raw rows in, as a loader upserts them, and digests of tables out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import psycopg

from benchmarks.star_schema.tables import SCHEMA, TABLES
from demo.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from benchmarks.star_schema.rows import Rows
    from benchmarks.star_schema.tables import Table


class Digest(NamedTuple):
    """What a table holds, whatever the order of its rows.

    Attributes:
        rows: Their number.
        sum: Sum of 60 bits of the MD5 of each row's text, as text.
        other_sum: The same of 60 other bits.
    """

    rows: int
    sum: str
    other_sum: str


class Warehouse(ABC):
    """An empty database of one engine."""

    engine: str

    @abstractmethod
    def version(self) -> str:
        """The engine's."""

    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """The variables by which the dbt profile finds it."""

    @abstractmethod
    def server(self) -> int | None:
        """Process id of the database server; None where dbt's own process is all there is."""

    @abstractmethod
    def load(self, rows: Rows) -> int:
        """Upsert the rows of one load, and return how many they were."""

    @abstractmethod
    def digest(self, relation: str) -> Digest:
        """Digest a table, given as SQL names it."""

    @abstractmethod
    def raw_bytes(self) -> int:
        """Size of the raw tables on disk."""


def _create(table: Table, name: str, types: Mapping[str, str]) -> str:
    columns = ", ".join(f'"{column}" {types[kind]}' for column, kind in table.columns.items())
    return f"create table if not exists {name} ({columns}, primary key ({', '.join(table.key)}))"


def _upsert(table: Table, name: str) -> str:
    values = ", ".join(f'"{column}" = excluded."{column}"' for column in table.columns)
    return (
        f"insert into {name} select * from arrived "
        f"on conflict ({', '.join(table.key)}) do update set {values}"
    )


class PostgresWarehouse(Warehouse):
    """An embedded PostgreSQL of its own, with PostgreSQL's own settings for memory."""

    engine = "postgres"
    _TYPES: Mapping[str, str] = {
        **{kind: kind for kind in ("text", "bigint", "numeric", "date")},
        "json": "jsonb",
        "time": "timestamp",
    }

    def __init__(self, postgres: Postgres) -> None:
        """Use a server that runs."""
        self._postgres = postgres

    def version(self) -> str:  # noqa: D102 - as the base says
        with psycopg.connect(self._postgres.url()) as connection:
            return connection.info.parameter_status("server_version") or "unknown"

    def environment(self) -> Mapping[str, str]:  # noqa: D102 - as the base says
        return self._postgres.at().environment()

    def server(self) -> int:  # noqa: D102 - as the base says
        pid_file = self._postgres.folder / "data" / "postmaster.pid"
        return int(pid_file.read_text(encoding="ascii").split("\n", 1)[0])

    def load(self, rows: Rows) -> int:  # noqa: D102 - as the base says
        with psycopg.connect(self._postgres.url(), autocommit=True) as connection:
            connection.execute(f"create schema if not exists {SCHEMA}".encode())
            count = 0
            for stream, table in TABLES.items():
                name = f"{SCHEMA}.{stream}"
                connection.execute(_create(table, name, self._TYPES).encode())
                # Nothing can be in the way of the first load, so it goes straight in.
                arrived = name if rows.load == 0 else "arrived"
                if rows.load:
                    connection.execute(f"create temp table arrived (like {name})".encode())
                with connection.cursor() as cursor:
                    with cursor.copy(f"copy {arrived} from stdin".encode()) as copy:
                        for chunk in rows.of(stream):
                            copy.write(chunk)
                    count += cursor.rowcount
                if rows.load:
                    connection.execute(_upsert(table, name).encode())
                    connection.execute(b"drop table arrived")
                # What autovacuum does while a loader takes its minutes.
                connection.execute(f"vacuum (analyze) {name}".encode())
            connection.execute(b"checkpoint")
        return count

    def digest(self, relation: str) -> Digest:  # noqa: D102 - as the base says
        with psycopg.connect(self._postgres.url()) as connection:
            connection.execute(b"set timezone = 'UTC'")
            found = connection.execute(
                f"""
                select
                    count(*),
                    sum(cast(cast('x' || substr(digest, 1, 15) as bit(60)) as bigint))::text,
                    sum(cast(cast('x' || substr(digest, 18, 15) as bit(60)) as bigint))::text
                from (select md5(cast(row(t.*) as text)) as digest from {relation} as t) as digests
                """.encode()
            ).fetchone()
        return Digest(*(found or ()))

    def raw_bytes(self) -> int:  # noqa: D102 - as the base says
        with psycopg.connect(self._postgres.url()) as connection:
            found = connection.execute(
                b"select sum(pg_total_relation_size(oid))::bigint from pg_class "
                b"where relkind = 'r' and relnamespace = %s::regnamespace",
                [SCHEMA],
            ).fetchone()
        return int(found[0]) if found else 0


class DuckDBWarehouse(Warehouse):
    """A DuckDB file."""

    engine = "duckdb"
    _TYPES: Mapping[str, str] = {
        **{kind: kind for kind in ("text", "bigint", "date", "json")},
        "numeric": "decimal(38, 9)",
        "time": "timestamp",
    }

    def __init__(self, folder: Path) -> None:
        """Make it in an empty folder."""
        self._folder = folder
        self._path = folder / "warehouse.duckdb"

    def version(self) -> str:  # noqa: D102 - as the base says
        return duckdb.__version__

    def environment(self) -> Mapping[str, str]:  # noqa: D102 - as the base says
        return {"META_ADS_DUCKDB_PATH": str(self._path)}

    def server(self) -> None:  # noqa: D102 - as the base says
        return None

    def load(self, rows: Rows) -> int:  # noqa: D102 - as the base says
        count = 0
        arrived = self._folder / "arrived.tsv"
        with duckdb.connect(str(self._path)) as connection:
            connection.execute(f"create schema if not exists {SCHEMA}")
            for stream, table in TABLES.items():
                name = f"{SCHEMA}.{stream}"
                connection.execute(_create(table, name, self._TYPES))
                count += _write(arrived, rows.of(stream))
                kinds = {column: self._TYPES[kind] for column, kind in table.columns.items()}
                connection.execute(
                    f"insert or replace into {name} select * from read_csv($path, "
                    f"columns = $kinds, delim = '\t', quote = '', escape = '', header = false, "
                    f"nullstr = '\\N', auto_detect = false)",
                    {"path": str(arrived), "kinds": kinds},
                )
                arrived.unlink()
        return count

    def digest(self, relation: str) -> Digest:  # noqa: D102 - as the base says
        with duckdb.connect(str(self._path)) as connection:
            connection.execute("set timezone = 'UTC'")
            found = connection.execute(
                f"""
                select
                    count(*),
                    cast(sum(cast('0x' || substr(digest, 1, 15) as bigint)) as text),
                    cast(sum(cast('0x' || substr(digest, 18, 15) as bigint)) as text)
                from (select md5(cast(t as text)) as digest from {relation} as t) as digests
                """
            ).fetchone()
        return Digest(*(found or ()))

    def raw_bytes(self) -> int:  # noqa: D102 - as the base says
        return self._path.stat().st_size


def _write(path: Path, chunks: Iterable[str]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for chunk in chunks:
            count += chunk.count("\n")
            file.write(chunk)
    return count


@contextmanager
def warehouse(engine: str, folder: Path) -> Iterator[Warehouse]:
    """Give an empty warehouse whose data is in `folder`.

    Args:
        engine: `postgres` or `duckdb`.
        folder: An empty folder.
    """
    if engine == "duckdb":
        yield DuckDBWarehouse(folder)
    else:
        with Postgres(folder / "postgres") as postgres:
            yield PostgresWarehouse(postgres)
