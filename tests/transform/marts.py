"""What the tests of the whole star schema share: raw tables copied, marts read and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pathlib import Path

    from tests.transform.warehouses import DuckDBWarehouse, PostgresWarehouse, Warehouse

Rows = list[tuple[Any, ...]]

SCHEMAS = ("meta_ads", "activation")
"""Where marts stand."""

_COLUMNS = """
    select table_schema, table_name, column_name, lower(data_type)
    from information_schema.columns
    where table_schema in ({schemas})
    order by table_schema, table_name, ordinal_position
"""
# PostgreSQL's type of a raw column -> DuckDB's. Lists and objects are documents there.
_TYPES = {
    "text": "varchar",
    "character varying": "varchar",
    "bigint": "bigint",
    "integer": "bigint",
    "numeric": "decimal(38, 9)",
    "boolean": "boolean",
    "date": "date",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "jsonb": "json",
    "array": "json",
}


def columns(warehouse: Warehouse, *schemas: str) -> dict[str, dict[str, str]]:
    """Tables of schemas with their columns and types, both in lower case."""
    quoted = ", ".join(f"'{schema}'" for schema in schemas)
    found: dict[str, dict[str, str]] = {}
    for row in warehouse.rows(_COLUMNS.format(schemas=quoted)):
        schema, table, column, kind = row.values()
        found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


def copy_raw_tables(source: PostgresWarehouse, target: DuckDBWarehouse, scratch: Path) -> None:
    """Make a warehouse's raw tables anew out of another's, cell by cell."""
    with psycopg.connect(source.url()) as postgres, duckdb.connect(str(target.path)) as duck:
        duck.execute("create schema if not exists tap_meta_ads")
        for table, kinds in columns(source, "tap_meta_ads").items():
            path = scratch / f"{table}.csv"
            cells = sql.SQL(", ").join(
                sql.SQL("to_jsonb({})::text" if kind == "array" else "{}::text").format(
                    sql.Identifier(name)
                )
                for name, kind in kinds.items()
            )
            query = sql.SQL(
                "copy (select {} from {}) to stdout (format csv, null '\\N', force_quote *)"
            ).format(cells, sql.Identifier(*table.split(".")))
            with postgres.cursor().copy(query) as copied, path.open("wb") as file:
                for block in copied:
                    file.write(block)
            typed = ", ".join(
                f'cast("{name}" as {_TYPES[kind]}) as "{name}"' for name, kind in kinds.items()
            )
            names = ", ".join(f"'{name}': 'varchar'" for name in kinds)
            duck.execute(
                f"create or replace table {table} as select {typed} from read_csv("
                f"'{path}', header = false, delim = ',', quote = '\"', escape = '\"', "
                f"nullstr = '\\N', columns = {{{names}}}, max_line_size = 50000000)"
            )


def marts(warehouse: Warehouse) -> dict[str, Rows]:
    """Every mart with all of its rows in one order, times as instants in UTC."""
    found = {}
    for table, kinds in columns(warehouse, *SCHEMAS).items():
        shown = ", ".join(
            f"cast({name} at time zone 'UTC' as text) as {name}"
            if kind == "timestamp with time zone"
            else name
            for name, kind in kinds.items()
        )
        rows = [tuple(row.values()) for row in warehouse.rows(f"select {shown} from {table}")]
        found[table] = sorted(rows, key=repr_of_keys)
    return found


def repr_of_keys(row: tuple[Any, ...]) -> str:
    """An order that is the same for equal rows of either engine."""
    return "|".join(
        str(value.normalize()) if hasattr(value, "normalize") else str(value) for value in row
    )


def differences(left: dict[str, Rows], right: dict[str, Rows]) -> dict[str, Any]:
    """Of each mart that differs, the first rows that only one side has."""
    found: dict[str, Any] = {}
    for table in left.keys() | right.keys():
        one, other = left.get(table, []), right.get(table, [])
        if one != other:
            only = [row for row in one if row not in other][:3]
            missing = [row for row in other if row not in one][:3]
            found[table] = (len(one), len(other), only, missing)
    return found
