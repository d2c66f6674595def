"""The dbt project on a real warehouse: raw tables in, `dbt` in a process of its own, rows out."""

from __future__ import annotations

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import duckdb
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.transform import raw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demo.database import Database


@dataclass(frozen=True)
class Outcome:
    """What one dbt command did."""

    code: int
    output: str
    statuses: Mapping[str, str]
    """Status by the name of the node: success, pass, warn, fail, error, skipped."""

    def failures(self) -> dict[str, str]:
        bad = {"fail", "error", "runtime error"}
        return {name: status for name, status in self.statuses.items() if status in bad}


class Dbt:
    """dbt as a user would run it, in a process of its own that takes one command after another."""

    def __init__(self, project: Path, scratch: Path) -> None:
        self._project = project
        self.scratch = scratch
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("dbt_loop.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, scratch: Path, *arguments: str, connection: Mapping[str, str]) -> Outcome:
        """Run one command, with all that it writes in `scratch`."""
        target = scratch / "target"
        target.mkdir(parents=True, exist_ok=True)
        results = target / "run_results.json"
        results.unlink(missing_ok=True)
        request = {
            "arguments": arguments,
            "connection": json.dumps(connection),
            "environment": {
                "DBT_PROJECT_DIR": str(self._project),
                "DBT_PROFILES_DIR": str(self._project / "profiles"),
                "DBT_TARGET_PATH": str(target),
                "DBT_LOG_PATH": str(scratch / "logs"),
                "DBT_USE_COLORS": "false",
                "DBT_LOG_LEVEL_FILE": "none",  # it takes time, and nobody reads it
                **connection,
            },
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        statuses = {}
        if results.exists():
            for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
                # unit_test.<project>.<model>.<name>, and <type>.<project>.<name> of all others
                parts = result["unique_id"].split(".")
                name = parts[3] if parts[0] == "unit_test" else parts[2]
                statuses[name] = result["status"]
        return Outcome(answer["code"], answer["output"], statuses)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


UNTESTED = ("--exclude-resource-type", "test")
"""For a build of rows that another build has tested."""

PAID_MEDIA = ("--exclude", "path:seeds/crm+")
"""For builds that are asked of Meta's raw tables: activation is made of the CRM alone."""


class Warehouse(ABC):
    """One empty database and the dbt project to fill it."""

    engine: str

    def __init__(self, dbt: Dbt, scratch: Path) -> None:
        self._dbt = dbt
        self.scratch = scratch

    def dbt(self, *arguments: str) -> Outcome:
        # dbt is short of processor, not of answers: more threads only wait for one another.
        options = ("--target", self.engine, "--threads", "2")
        return self._dbt.run(self.scratch, *arguments, *options, connection=self.connection())

    def build(self, *arguments: str) -> Outcome:
        """Build without the unit tests, which do not look at the data."""
        return self.dbt("build", "--exclude-resource-type", "unit_test", *arguments)

    def load(self, stream: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Upsert rows into a raw table, as a Singer loader does; make it first if need be."""
        columns = raw.TABLES[stream].columns
        kinds = ", ".join(f'"{name}" {self.type_of(kind)}' for name, kind in columns.items())
        table = f"tap_meta_ads.{stream}"
        names = ", ".join(f'"{name}"' for name in columns)
        key = raw.TABLES[stream].key
        same = " and ".join(f"{name} = {self.placeholder}" for name in key)
        values = ", ".join([self.placeholder] * len(columns))
        statements: list[tuple[str, list[Any]]] = [
            ("create schema if not exists tap_meta_ads", []),
            (f"create table if not exists {table} ({kinds})", []),
        ]
        for row in rows:
            statements.append((f"delete from {table} where {same}", [row[name] for name in key]))
            cells = [self.cell(row.get(name), kind) for name, kind in columns.items()]
            statements.append((f"insert into {table} ({names}) values ({values})", cells))
        self.execute(statements)

    placeholder: str

    @abstractmethod
    def connection(self) -> dict[str, str]: ...

    @abstractmethod
    def type_of(self, kind: str) -> str: ...

    @abstractmethod
    def cell(self, value: object, kind: str) -> object: ...

    @abstractmethod
    def execute(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> None: ...

    @abstractmethod
    def rows(self, query: str) -> list[dict[str, Any]]: ...


class PostgresWarehouse(Warehouse):
    """PostgreSQL with raw tables as target-postgres makes them."""

    engine = "postgres"
    placeholder = "%s"

    def __init__(self, dbt: Dbt, scratch: Path, database: Database) -> None:
        super().__init__(dbt, scratch)
        self._database = database

    def connection(self) -> dict[str, str]:
        return self._database.environment()

    def url(self) -> str:
        return self._database.url()

    def type_of(self, kind: str) -> str:
        return {"json": "jsonb", "list": "jsonb[]", "time": "timestamp"}.get(kind, kind)

    def cell(self, value: object, kind: str) -> object:
        if kind == "json":
            return Jsonb(value)  # the loader writes null as the document `null`
        if kind == "list":
            return None if value is None else [Jsonb(item) for item in cast("list[object]", value)]
        return value

    def execute(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
        with psycopg.connect(self._database.url()) as connection:
            for statement, values in statements:
                connection.execute(statement.encode(), values)

    def rows(self, query: str) -> list[dict[str, Any]]:
        with psycopg.connect(self._database.url(), row_factory=dict_row) as connection:
            return connection.execute(query.encode()).fetchall()


class DuckDBWarehouse(Warehouse):
    """A DuckDB file with lists as JSON documents."""

    engine = "duckdb"
    placeholder = "?"

    def __init__(self, dbt: Dbt, scratch: Path) -> None:
        super().__init__(dbt, scratch)
        # One place for all, as for PostgreSQL: see the fixture `database`.
        self.path = dbt.scratch / "warehouse.duckdb"
        self.path.unlink(missing_ok=True)

    def connection(self) -> dict[str, str]:
        return {"META_ADS_DUCKDB_PATH": str(self.path)}

    def type_of(self, kind: str) -> str:
        kinds = {"list": "json", "time": "timestamp", "numeric": "decimal(38, 9)"}
        return kinds.get(kind, kind)

    def cell(self, value: object, kind: str) -> object:
        return json.dumps(value, default=float) if kind in {"json", "list"} else value

    def execute(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
        with duckdb.connect(str(self.path)) as connection:
            for statement, values in statements:
                connection.execute(statement, list(values))

    def rows(self, query: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.path)) as connection:
            found = connection.execute(query)
            names = [column[0] for column in found.description or []]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
