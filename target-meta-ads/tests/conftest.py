"""What the target's tests share."""

from __future__ import annotations

import shutil
import sys
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from demo.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.database import Database

# A busy machine must not fail a test: what is measured elsewhere is time, not here.
settings.register_profile("target", deadline=None, max_examples=100)
settings.load_profile("target")


# Test folders are no packages, so what test modules share has to be loaded by its path.
for _module in ("fake_meta", "sample_events", "sample_people"):
    _name = f"tests.{_module}"
    if _name in sys.modules:
        continue
    _spec = spec_from_file_location(_name, Path(__file__).with_name(f"{_module}.py"))
    assert _spec is not None
    assert _spec.loader is not None
    sys.modules[_name] = module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_name])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run one embedded PostgreSQL for all tests of this worker."""
    folder = Path(tempfile.mkdtemp(prefix="target-meta-ads-pg-"))
    try:
        with Postgres(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """Make an empty database for one test and drop it afterwards."""
    name = sql.Identifier(f"test_{uuid4().hex[:12]}")
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(name))
    yield postgres.at(name.as_string().strip('"'))
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(name))
