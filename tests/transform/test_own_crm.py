"""The example CRM gives way to one's own, by the steps of the page that tells how."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.docs import pages
from tests.docs.place import ONCE
from tests.transform.test_activation import MODELS, TODAY, execute, operations, variables
from tests.transform.warehouses import Dbt, PostgresWarehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.database import Database

TABLES = ("stg_crm__customers", "stg_crm__leads", "stg_crm__orders")


@pytest.fixture
def own_project(project: Path, tmp_path: Path) -> Path:
    """Copy the project, with views over the tables of a shop in place of the example."""
    copy = tmp_path / "transform"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("target", "logs", "*unit_tests*"))
    for table in TABLES:
        model = copy / "models" / "staging" / "crm" / f"{table}.sql"
        model.write_text(f"select * from shop.{table}\n", encoding="utf-8")
    shutil.rmtree(copy / "seeds" / "crm")
    return copy


@pytest.fixture
def own_dbt(own_project: Path, tmp_path: Path) -> Iterator[Dbt]:
    running = Dbt(own_project, tmp_path / "dbt")
    yield running
    running.close()


def test_the_example_leaves_nothing_behind(
    dbt: Dbt, own_dbt: Dbt, database: Database, tmp_path: Path
) -> None:
    warehouse = PostgresWarehouse(dbt, tmp_path / "example", database)
    first = warehouse.build("--select", "path:seeds/crm", *MODELS, *variables(TODAY))
    assert first.code == 0, first.output
    example = operations(warehouse)

    execute(warehouse, "create schema shop")
    for table in TABLES:
        execute(
            warehouse,
            f"create table shop.{table} as select * from meta_ads_staging.{table}",
            f"update shop.{table} set customer_id = 'shop-' || customer_id",
        )
    page = next(page for page in pages.site() if page.path == "docs/your-account.md")
    (once,) = (fence.text for fence in page.fences if fence.title == ONCE)
    execute(warehouse, once)

    own = PostgresWarehouse(own_dbt, tmp_path / "own", database)
    built = own.build("--select", *MODELS, *variables(TODAY))
    assert built.code == 0, built.output
    assert operations(warehouse) == {(audience, f"shop-{who}"): "add" for audience, who in example}
    sent = warehouse.rows("select external_id from activation.conversion_events")
    assert sent
    assert all(row["external_id"] is None or row["external_id"][:5] == "shop-" for row in sent)
    # Nothing depends on what is left of it: the three tables can go one by one.
    tables = ", ".join(f"crm_example.crm_{name}" for name in ("customers", "leads", "orders"))
    execute(warehouse, f"drop table {tables}", "drop schema crm_example")
