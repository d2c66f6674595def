"""The public face: its names, the examples in its docstrings, and every claim of the README."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import meta_graph
from meta_graph import GraphClient, GraphError

if TYPE_CHECKING:
    from tests.conftest import GraphServer

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
MODULES = sorted(found.name for found in pkgutil.iter_modules(meta_graph.__path__, "meta_graph."))
ERRORS = {
    name: value
    for name, value in vars(meta_graph).items()
    if isinstance(value, type) and issubclass(value, GraphError)
}


def table_under(heading: str) -> list[list[str]]:
    """Read the rows of the first table under a heading of the README."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_all_is_sorted_and_complete() -> None:
    public = {
        name
        for name, value in vars(meta_graph).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name != "annotations"
    }
    assert set(meta_graph.__all__) == public
    # Constants, classes, functions, each group by name.
    assert meta_graph.__all__ == sorted(
        public, key=lambda name: (not name.isupper(), name[0].islower(), name)
    )


@pytest.mark.parametrize("name", meta_graph.__all__)
def test_every_public_name_says_what_it_is(name: str) -> None:
    value = getattr(meta_graph, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__module__.startswith("meta_graph._")
        first, *_rest = (inspect.getdoc(value) or "").splitlines()
        assert first.endswith(".")


def test_the_tree_of_errors_is_whole_and_written_down() -> None:
    written = re.findall(
        r"\* (\w+Error)\b", importlib.import_module("meta_graph._errors").__doc__ or ""
    )
    assert sorted(written) == sorted(ERRORS)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_in_docstrings() -> None:
    attempted = sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES)
    assert attempted >= 5


def test_no_module_is_longer_than_a_sitting() -> None:
    folder = Path(str(meta_graph.__file__)).parent
    lengths = {path.name: len(path.read_text().splitlines()) for path in folder.glob("*.py")}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_types_are_shipped() -> None:
    assert (Path(str(meta_graph.__file__)).parent / "py.typed").is_file()


def test_readme_example(
    server: GraphServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Any,  # noqa: ANN401 - pytest's
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(example.splitlines()) <= 20
    monkeypatch.setenv("META_ACCESS_TOKEN", "made-up-token")
    monkeypatch.setenv("META_API_URL", server.url)
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    first = {"id": "1", "name": "One", "updated_time": "2026-11-01T00:00:00+0000"}
    accounts = {"data": [{"id": "act_1200"}, {"id": "act_3400"}, {"id": "act_5600"}]}
    server.reply(accounts)
    server.reply({"data": [first]})
    server.error(200, "(#200) Ad account owner has NOT grant ads_read", status=403)
    server.reply({"data": [{**first, "id": "2", "name": "Two"}]})
    runpy.run_path(str(script), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 One"
    assert lines[1].startswith("left out: account 3400, edge campaigns: (#200)")
    assert lines[2] == "2 Two"


def test_readme_table_of_errors() -> None:
    rows = table_under("Errors")
    names = [re.findall(r"`(\w+)`", cell)[0] for cell, *_ in rows]
    assert sorted(names) == sorted(set(ERRORS) - {"GraphError"})
    for cell, parent, advice in rows:
        error = ERRORS[re.findall(r"`(\w+)`", cell)[0]]
        assert error.__mro__[1].__name__ == parent.strip("`")
        assert advice.endswith(".")


def test_readme_table_of_settings() -> None:
    rows = {row[0].strip("`"): row[1].strip("`") for row in table_under("Settings")}
    parameters = inspect.signature(GraphClient).parameters
    assert list(rows) == list(parameters)
    for name, parameter in parameters.items():
        default = parameter.default
        if default is inspect.Parameter.empty:
            assert rows[name] == "required"
        elif isinstance(default, int | float | str):
            assert rows[name] == f"{default:g}" if isinstance(default, float) else str(default)
        else:
            assert rows[name] in {"-", "json.loads"}
