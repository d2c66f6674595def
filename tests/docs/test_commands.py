"""Every command block of the documentation runs, or is for the reader alone and says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from demo import pip_settings
from demo.meltano import Meltano
from meta_sandbox import Sandbox
from tests.docs import pages, place
from tests.docs.place import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.database import Database
    from tests.docs.place import Place

DBT = "tests/transform"
HUB = "tests/test_hub_meltano.py"
TARGET = "tests/test_target_readme.py"
# Whole lines that are run somewhere else, and where.
ELSEWHERE = {
    "make demo": "CI, twice; its parts by tests/test_pipeline.py",
    "make install": "every job of CI, by way of `make test`",
    "make": "tests/test_house.py",
    "make report": "tests/test_report_sources.py",
    "make test": "every job of CI",
    "make format": "make lint compares",
    "make docs": "tests/docs/test_generated.py compares",
    "make site": "tests/docs/test_site.py builds",
    "make pin": "tests/test_house.py compares",
    'make test ARGS="-k test_name"': "every job of CI, without a choice",
    ".venv/bin/python -m pytest tests/test_postgres.py": "make test",
    ".venv/bin/meltano install": "make demo",
    "pip install ./meta-graph": "the same, as a part of the two below",
    "pip install ./meta-sandbox": "test_a_package_installs_by_its_line",
    "pip install ./meta-graph ./tap-meta-ads": "test_a_package_installs_by_its_line",
    "pip install ./meta-graph ./target-meta-ads": "test_a_package_installs_by_its_line",
    "meta-sandbox serve --port 8080": "meta-sandbox/tests/test_control.py, on a free port",
    "target-meta-ads --config config.json --input records.jsonl": TARGET,
    "TARGET_META_ADS_DRY_RUN=true target-meta-ads --config config.json --config ENV "
    "--input records.jsonl": TARGET,
    "meltano add --no-install --from-ref meta-ads/hub/_data/meltano/extractors/tap-meta-ads/"
    "meta-ads.yml tap-meta-ads": HUB,
    "meltano add --no-install --from-ref meta-ads/hub/_data/meltano/loaders/target-meta-ads/"
    "meta-ads.yml target-meta-ads": HUB,
    "TAP_META_ADS_ACCESS_TOKEN=... meltano run tap-meta-ads target-csv": HUB,
    "TARGET_META_ADS_ACCESS_TOKEN=... TARGET_META_ADS_AD_ACCOUNT_ID=act_1234567890 "
    "META_ADS_PIXEL_ID=1234567890 "
    "meltano run tap-example target-meta-ads": HUB,
    "cd transform && dbt build --profiles-dir profiles": DBT,
    "cd transform && dbt build --profiles-dir profiles --target duckdb": DBT,
    "meltano invoke dbt-postgres:docs-generate": "tests/transform/test_docs.py",
    "dbt compile --profiles-dir profiles --target snowflake --no-introspect --no-populate-cache "
    "--vars '{assume_raw_tables: true}'": "tests/transform/test_other_warehouses.py",
    "pytest tests/transform": "make test",
}
# Files that a page's commands read, and that the reader makes beforehand.
FILES = {
    "tap-meta-ads/README.md": {
        "config.json": '{{"access_token": "{token}", "api_url": "{url}", "start_date": "{day}"}}',
        "state.json": "{{}}",
    }
}
EACH = pages.every()
BLOCKS = [fence for page in EACH for fence in page.fences if fence.language == "sh"]
INSTALLS = [line for line, where in ELSEWHERE.items() if where.startswith("test_a_package")]


@pytest.fixture
def here(repository: Path, tmp_path: Path, database: Database) -> Iterator[Place]:
    """Make the place, with the repository's environments of plugins."""
    Meltano(repository, tmp_path / "install", database.environment()).install(lambda _: None)
    folder = tmp_path / "project"
    folder.mkdir()
    sandbox = Sandbox(seed=2, accounts=2, ads=3, days=9)
    sandbox.start()
    try:
        made = place.make(folder, sandbox, database)
        with place.warm(folder, made.given):
            yield made
    finally:
        sandbox.stop()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_command_runs(here: Place) -> None:
    """All pages in one place and one test: together they need some two minutes, one by one many."""
    failures = []
    for page in EACH:
        for name, text in FILES.get(page.path, {}).items():
            given = {
                "token": here.given["TOKEN"],
                "url": here.given["TAP_META_ADS_API_URL"],
                "day": here.given["TAP_META_ADS_START_DATE"],
            }
            (here.folder / name).write_text(text.format(**given), encoding="utf-8")
        here.begin()
        said = [(block, here.take(block, ELSEWHERE)) for block in page.fences]
        failures += [f"{block}: {words}" for block, words in said if words]
    assert not failures, "\n\n".join(failures)


def test_a_block_for_the_reader_alone_says_why() -> None:
    assert {block.title for block in BLOCKS} <= place.TITLES | {""}


def test_what_runs_elsewhere_stands_on_a_page() -> None:
    named = {command for block in BLOCKS for command in commands(block.text)}
    assert [line for line in ELSEWHERE if line not in named] == []


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("make demo\n", ["make demo"]),
        ("one   # said\n\n# said\ntwo # part of it\n", ["one", "two # part of it"]),
        ("one \\\n  --more\n", ["one  --more"]),
    ],
)
def test_commands_are_told_from_comments(script: str, found: list[str]) -> None:
    assert commands(script) == found


@pytest.mark.parametrize(
    ("command", "found", "rest"),
    [
        ("meltano run x", {}, "meltano run x"),
        ("A=1 B_C='[\"x y\"]' meltano run x", {"A": "1", "B_C": '["x y"]'}, "meltano run x"),
        ('A="b c" D= run E=f', {"A": "b c", "D": ""}, "run E=f"),
    ],
)
def test_variables_in_front_are_told_from_the_command(
    command: str, found: dict[str, str], rest: str
) -> None:
    assert place.assignments(command) == (found, rest)


@pytest.mark.parametrize(
    ("whole", "part", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1}}, {"a": {"x": 2, "y": 3}}, {"a": {"x": 2, "y": 3}}),
        ({"a": ["x"]}, {"a": ["x", "y"]}, {"a": ["x", "y"]}),
        (
            [{"name": "x", "select": ["*"]}],
            [{"name": "x", "select": ["!y"]}, {"name": "z"}],
            [{"name": "x", "select": ["*", "!y"]}, {"name": "z"}],
        ),
        (None, {"a": 1}, {"a": 1}),
    ],
)
def test_a_part_is_put_into_the_whole(whole: object, part: object, result: object) -> None:
    assert place.merged(whole, part) == result


@pytest.mark.parametrize("line", INSTALLS, ids=lambda line: line.rpartition("/")[2])
def test_a_package_installs_by_its_line(repository: Path, tmp_path: Path, line: str) -> None:
    uv = [sys.executable, "-m", "uv"]
    environment = {**os.environ, **pip_settings.read()}
    folder = str(tmp_path / "env")
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, folder], check=True)
    # By uv, which takes seconds; pinned, so that a release of somebody else's breaks nothing here.
    install = [*uv, "pip", "install", "-q", "--python", folder, "-c", "constraints.txt"]
    subprocess.run([*install, *line.split()[2:]], cwd=repository, env=environment, check=True)
    name = line.rpartition("/")[2]
    asked = ["serve", "--help"] if name == "meta-sandbox" else ["--about", "--format=json"]
    asked = [f"{folder}/bin/{name}", *asked]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)
    if name == "meta-sandbox":
        assert "--port" in done.stdout
    else:
        assert json.loads(done.stdout)["name"] == name
