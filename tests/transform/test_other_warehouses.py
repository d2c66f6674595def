"""The SQL for Snowflake, BigQuery, Redshift and Databricks: compiled, its syntax read, never run.

The adapters come into an environment of their own, `.venv/warehouses`, at the first test: 600 MB.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo import pip_settings

ENGINES = ("snowflake", "bigquery", "redshift", "databricks")
SCRIPTS = Path(__file__).with_name("elsewhere")


@pytest.fixture(scope="session")
def python(repository: Path, project: Path) -> Path:
    """Give the Python that has the adapters; the first of several processes installs them."""
    place = repository / ".venv" / "warehouses"
    pinned = project / "warehouses.txt"
    wanted = pinned.read_text(encoding="utf-8")
    made_of = place / "made-of.txt"
    place.parent.mkdir(exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made_of.exists() or made_of.read_text(encoding="utf-8") != wanted:
            uv = Path(sys.executable).with_name("uv")
            environment = {**os.environ, **pip_settings.read()}
            commands: list[list[str | Path]] = [
                ["venv", "--quiet", "--clear", "--python", sys.executable, place],
                ["pip", "install", "--quiet", "--python", place, "--requirement", pinned],
            ]
            for command in commands:
                subprocess.run([uv, *command], check=True, env=environment)
            made_of.write_text(wanted, encoding="utf-8")
    return place / "bin" / "python"


def ask(python: Path, script: str, *arguments: str | Path, text: str = "") -> dict[str, Any]:
    """Run one of the scripts and return the object that it writes."""
    asked = subprocess.run(
        [python, SCRIPTS / script, *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DO_NOT_TRACK": "1"},
    )
    assert asked.returncode == 0, asked.stderr[-4000:]
    answer: dict[str, Any] = json.loads(asked.stdout)
    return answer


@pytest.mark.parametrize("engine", ENGINES)
def test_every_statement_is_of_the_engine(
    engine: str, python: Path, project: Path, tmp_path: Path
) -> None:
    """Compile all models and tests, as first made and as added to, without any connection."""
    copy = tmp_path / "transform"
    # Unit tests are not compiled here, and reading them takes a while.
    left = shutil.ignore_patterns("target", "logs", "*__unit_tests.yml")
    shutil.copytree(project, copy, ignore=left)
    shutil.copytree(SCRIPTS / "models", copy / "models" / "intermediate" / "elsewhere")

    checked = ask(python, "compile_elsewhere.py", engine, copy, tmp_path / "scratch")

    assert checked["complaints"] == {}
    assert checked["connections"] == []
    models = {path.stem for path in copy.glob("models/**/*.sql")}
    assert set(checked["compiled"]) == models
    assert {"every_macro", "fact_core_metrics"} <= models


_FOREIGN = {
    "snowflake": "select x ->> 'a' as rows, pg_input_is_valid(x, 'a') from t",
    "bigquery": "select cast(x as text) as y from t cross join lateral (select 1) as rows "
    "union all select 'a' as y from t group by 1 union all select 'b' as y where 1 = 0",
    "redshift": "select cast(x as text) as raw from t where y is distinct from z union distinct "
    "select sum(x) over (partition by y order by z) from t where z < current_timestamp",
    "databricks": "select cast(x as timestamptz) as y, json_value(x, '$.a') as z from t",
}
_FOUND = {
    "snowflake": {
        "function not listed: pg_input_is_valid",
        "not in this dialect: ->>",
        "reserved word as a name: rows",
    },
    "bigquery": {
        "group by the literal at 1",
        "not in this dialect: lateral",
        "reserved word as a name: rows",
        "type not listed: text; see as_text and column_type",
        "where without from",
    },
    "redshift": {
        "not in this dialect: current_timestamp",
        "not in this dialect: distinct from",
        "not in this dialect: union distinct",
        "reserved word as a name: raw",
        "type not listed: text; see as_text and column_type",
        "window without a frame: sum",
    },
    "databricks": {
        "function not listed: json_value",
        "type not listed: timestamptz; see as_text and column_type",
    },
}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_check_finds_the_sql_of_others(engine: str, python: Path) -> None:
    nodes = {"code": _FOREIGN[engine], "config": {}}
    found = ask(python, "sql_of_engine.py", engine, text=json.dumps(nodes))
    assert set(found["complaints"]) == _FOUND[engine]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_check_finds_broken_sql_and_strategies(engine: str, python: Path) -> None:
    config = {"materialized": "incremental", "incremental_strategy": "delete+insert"}
    broken = {"code": "select (1 as x from t", "config": config}
    first, *others = ask(python, "sql_of_engine.py", engine, text=json.dumps(broken))["complaints"]
    if engine == "bigquery":
        assert first.startswith("incremental_strategy delete+insert is unknown")
        first = others[0]
    assert first.startswith("syntax: ")


def test_redshift_takes_nothing_from_postgres_unseen(project: Path) -> None:
    """dbt gives Redshift a `postgres__` macro where there is no `redshift__` one."""
    code = "".join(path.read_text(encoding="utf-8") for path in project.glob("macros/**/*.sql"))
    named = {
        engine: set(re.findall(rf"macro {engine}__(\w+)", code))
        for engine in ("postgres", "redshift")
    }
    assert len(named["postgres"]) > 10
    assert named["postgres"] <= named["redshift"]
