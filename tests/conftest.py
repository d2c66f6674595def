"""What the tests across packages share: a real PostgreSQL and databases in it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from demo.database import Database
from demo.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Database", "database", "postgres", "repository"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of the test that keeps the README's examples true."""
    parser.addoption("--write-readme", action="store_true", help="write what the examples give")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of this repository."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run one embedded PostgreSQL for all tests of this worker."""
    folder = Path(tempfile.mkdtemp(prefix="meta-ads-pg-"))
    try:
        with Postgres(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """Make an empty database for one test and drop it afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield postgres.at(name)
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        drop = sql.SQL("drop database {} with (force)")
        connection.execute(drop.format(sql.Identifier(name)))
