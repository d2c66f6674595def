"""What the pages of migration call ours exists: settings, streams, tables and columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from tap_meta_ads.settings import REPORT_SCHEMA, SCHEMA
from tap_meta_ads.tap import TapMetaAds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = {
    *SCHEMA["properties"],
    *(f"insights_reports.{name}" for name in REPORT_SCHEMA["properties"]),
}
PAGES = ("tap-facebook", "airbyte", "fivetran")
EACH = pytest.mark.parametrize("page", PAGES)


@pytest.fixture(scope="module")
def known(repository: Path) -> dict[str, set[str]]:
    """Streams and tables, and columns behind a dot."""
    names: set[str] = set()
    columns: set[str] = set()
    tap = TapMetaAds(config={"access_token": "made-up"})
    for stream in tap.streams.values():
        names.add(stream.name)
        columns |= {f"{stream.name}.{column}" for column in stream.schema["properties"]}
    for path in (repository / "transform/models/marts").rglob("_*__models.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            names.add(model["name"])
            columns |= {f"{model['name']}.{column['name']}" for column in model["columns"]}
    return {"Settings": SETTINGS, "Columns": columns, "": names}


def rows(repository: Path, page: str) -> Iterator[tuple[str, list[str]]]:
    """Heading, and theirs, ours and the note, of each row."""
    heading = ""
    text = (repository / f"docs/migration/{page}.md").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| ") and not re.match(r"\| (---|\S+ \| Here \|)", line):
            yield heading, [cell.strip() for cell in line.strip("|").split(" | ")]


@EACH
def test_what_is_called_ours_exists(
    repository: Path, page: str, known: dict[str, set[str]]
) -> None:
    seen = set()
    for heading, (theirs, ours, *_) in rows(repository, page):
        names = re.findall(r"`([^`]+)`", ours)
        assert bool(names) != (ours == "none"), f"{theirs}: {ours}"
        for name in names:
            assert name in known.get(heading, known[""]), f"{heading}: {theirs}: {name}"
        seen.add(heading)
    assert {"Settings", "Columns"} < seen


@EACH
def test_names_in_the_notes_exist_too(
    repository: Path, page: str, known: dict[str, set[str]]
) -> None:
    every = set.union(*known.values())
    for _, (_, _, *notes) in rows(repository, page):
        # A column with its table; what stands alone may be a value, or a word of theirs.
        for name in re.findall(r"`(\w+\.\w+)`", " ".join(notes)):
            assert name in every, name


@EACH
def test_every_row_has_three_cells(repository: Path, page: str) -> None:
    wrong = [cells for _, cells in rows(repository, page) if len(cells) != 3]
    assert wrong == []


def test_every_preset_and_entity_is_on_a_page(repository: Path) -> None:
    # Somebody who comes from another Singer tap finds every stream there is.
    told = {
        name
        for heading, (_, ours, *_) in rows(repository, "tap-facebook")
        if heading == "Streams"
        for name in re.findall(r"`([^`]+)`", ours)
    }
    assert told == set(TapMetaAds(config={"access_token": "made-up"}).streams)


def test_every_setting_of_a_report_is_on_a_page(repository: Path) -> None:
    told = {
        name
        for heading, (_, ours, *_) in rows(repository, "tap-facebook")
        if heading == "Settings"
        for name in re.findall(r"`insights_reports\.([^`]+)`", ours)
    }
    assert told == set(REPORT_SCHEMA["properties"]) - {"filtering", "start_date"}
