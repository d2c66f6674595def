"""Warehouses for the dbt project: an embedded PostgreSQL's database and a DuckDB file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.transform.warehouses import Dbt, DuckDBWarehouse, PostgresWarehouse, Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def project(repository: Path) -> Path:
    return repository / "transform"


@pytest.fixture(scope="session")
def dbt(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    running = Dbt(project, tmp_path_factory.mktemp("dbt"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def parsed(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder in which dbt has written down what it reads in the project."""
    scratch = tmp_path_factory.mktemp("parsed")
    outcome = DuckDBWarehouse(dbt, scratch).dbt("parse")
    assert outcome.code == 0, outcome.output
    assert "deprecat" not in outcome.output.lower()
    return scratch / "target"


@pytest.fixture(params=["postgres", "duckdb"])
def warehouse(request: pytest.FixtureRequest, dbt: Dbt, tmp_path: Path) -> Warehouse:
    """Give an empty warehouse of either engine."""
    if request.param == "duckdb":
        return DuckDBWarehouse(dbt, tmp_path)
    return PostgresWarehouse(dbt, tmp_path, request.getfixturevalue("database"))
