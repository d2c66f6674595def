"""The fixed lists beside the models, as files; what stands in them is tested by every build."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def test_lists_have_the_described_columns_and_no_stray_space(project: Path) -> None:
    seeds = yaml.safe_load((project / "seeds" / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    described = {seed["name"]: [column["name"] for column in seed["columns"]] for seed in seeds}
    paths = {path.stem: path for path in (project / "seeds").glob("*.csv")}
    assert described.keys() == paths.keys()
    for name, path in paths.items():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
        assert rows
        assert list(rows[0]) == described[name]
        for row in rows:
            assert all(value == value.strip() for value in row.values()), row
