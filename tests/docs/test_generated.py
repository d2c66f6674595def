"""The generated parts of the documentation are those of the present code."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from docgen import diagram, marts, plugins

if TYPE_CHECKING:
    from pathlib import Path


def test_generated_parts_are_in_step(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docgen", "--check"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run `make docs`\n{done.stdout}{done.stderr}"


def test_the_readme_is_short(repository: Path) -> None:
    assert len((repository / "README.md").read_text(encoding="utf-8").splitlines()) < 250


def test_the_matrix_is_what_the_contracts_say(repository: Path) -> None:
    path = repository / "transform/models/marts/paid_media/facts/_facts__models.yml"
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    (_, header, _, *rows) = marts.bus_matrix().splitlines()
    assert len(header.split("|")) - 3 == len(facts)
    dots = {row.split("|")[1].strip(" `"): row.split("|")[2:-1] for row in rows}
    for place, fact in enumerate(facts):
        keys = fact["config"]["meta"]["foreign_keys"].values()
        pointed = {name for name, cells in dots.items() if cells[place].strip()}
        assert pointed == {key.partition(".")[0] for key in keys}, fact["name"]


@pytest.mark.parametrize("draw", [diagram.wide, diagram.narrow])
def test_the_picture_has_every_fact_and_what_it_points_to(draw: object) -> None:
    assert callable(draw)
    picture = draw()
    for mart in marts.read().values():
        if mart.is_fact:
            for name in (mart.name, *mart.dimensions):
                assert f">{name}</text>" in picture
    # Nothing is fetched, and both of the reader's schemes are served.
    assert "prefers-color-scheme: dark" in picture
    assert "http" not in picture.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_every_stream_has_a_section_with_all_of_its_columns() -> None:
    made = plugins.stream_columns()
    for name, stream in plugins._streams().items():
        section = made.split(f"\n## {name}\n")[1].split("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == list(stream.schema["properties"])
