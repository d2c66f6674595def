"""What the tests of all packages share: a real PostgreSQL and databases in it, and Hypothesis."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import settings

from demo.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.database import Database

# A busy machine must not fail a test: what is measured elsewhere is time, not here. And the same
# examples are tried in every run, but where `make test SEED=1` asks for others.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("others", deadline=None)
settings.load_profile("same")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have the longest tests begin first, on all workers alike, those of a module on one of them.

    pytest-xdist gives each worker an equal part of the list, in its order; a test of two minutes at
    the end of the last part would keep one worker busy while the others have nothing left. And what
    takes long may be made for a whole module: a worker with a part of it would make it once more.
    """
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    if workers == 1:
        return
    long: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("long"):
            long.setdefault(item.path, []).append(item)
    others = [item for item in items if not item.get_closest_marker("long")]
    size = -(-len(items) // workers)
    items.clear()
    for worker in range(workers):
        first = [item for module in list(long.values())[worker::workers] for item in module]
        rest = max(size - len(first), 0)
        items += first + others[:rest]
        del others[:rest]


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
    """Make an empty database for one test and drop it afterwards.

    They all have one name: for another connection dbt reads its whole project anew.
    """
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("create database test")
    yield postgres.at("test")
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("drop database test with (force)")
