"""Rules that the dbt project keeps to, read off its manifest."""

from __future__ import annotations

import ast
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Node = dict[str, Any]

LAYERS = {
    # layer and area: prefix of names, schema, access
    ("staging", "meta_ads"): (r"stg_meta_ads__", "meta_ads_staging", "private"),
    ("staging", "crm"): (r"stg_crm__", "meta_ads_staging", "private"),
    ("intermediate", "meta_ads"): (r"int_meta_ads__", "meta_ads_staging", "private"),
    ("intermediate", "activation"): (r"int_activation__", "meta_ads_staging", "private"),
    ("marts", "paid_media"): (
        r"(dim|fact|bridge|agg|obt)_|load_validation$",
        "meta_ads",
        "public",
    ),
    ("marts", "activation"): (r"(audience_members|conversion_events)$", "activation", "public"),
}


@pytest.fixture(scope="module")
def manifest(parsed: Path) -> Node:
    read: Node = json.loads((parsed / "manifest.json").read_text(encoding="utf-8"))
    return read


def models(manifest: Node, layer: str | None = None) -> Iterator[Node]:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and layer in {None, node["fqn"][1]}:
            yield node


def data_tests(manifest: Node, model: Node, kind: str) -> Iterator[tuple[str | None, Node]]:
    for node in manifest["nodes"].values():
        if (
            node["resource_type"] == "test"
            and node.get("attached_node") == model["unique_id"]
            and (node.get("test_metadata") or {}).get("name") == kind
        ):
            yield node["column_name"], node["test_metadata"]["kwargs"]


def primary_key(model: Node) -> list[str]:
    for constraint in model["constraints"]:
        if constraint["type"] == "primary_key":
            return list(constraint["columns"])
    return [
        name
        for name, column in model["columns"].items()
        if any(constraint["type"] == "primary_key" for constraint in column["constraints"])
    ]


def test_layers_know_their_place(manifest: Node) -> None:
    found = list(models(manifest))
    assert {(model["fqn"][1], model["fqn"][2]) for model in found} == set(LAYERS)
    for model in found:
        prefix, schema, access = LAYERS[model["fqn"][1], model["fqn"][2]]
        assert re.match(prefix, model["name"]), model["name"]
        assert (model["schema"], model["config"]["access"]) == (schema, access), model["name"]
        assert model["description"].strip(), model["name"]


def test_each_source_has_one_staging_model_and_no_other_reader(manifest: Node) -> None:
    readers: dict[str, list[str]] = {source: [] for source in manifest["sources"]}
    for model in models(manifest):
        for parent in model["depends_on"]["nodes"]:
            if parent in readers:
                readers[parent].append(model["name"])
    for source, names in readers.items():
        assert names == [f"stg_meta_ads__{source.rsplit('.', 1)[1]}"]


def test_marts_are_whole_contracts(manifest: Node) -> None:
    for mart in models(manifest, "marts"):
        assert mart["contract"]["enforced"], mart["name"]
        assert primary_key(mart), mart["name"]
        for name, column in mart["columns"].items():
            assert column["data_type"], f"{mart['name']}.{name}"
            assert column["description"].strip(), f"{mart['name']}.{name}"
            assert not re.search("float|double|real", column["data_type"])


def test_seeds_describe_every_column(manifest: Node, project: Path) -> None:
    for seed in manifest["nodes"].values():
        if seed["resource_type"] == "seed":
            path = project / seed["original_file_path"]
            header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
            assert header == list(seed["columns"]), seed["name"]
            assert all(column["description"] for column in seed["columns"].values())


def test_sources_declare_what_staging_reads(project: Path) -> None:
    """The types stand in the SQL, where unit tests can see them, and in the docs: the same."""
    folder = project / "models" / "staging" / "meta_ads"
    declared = yaml.safe_load((folder / "_meta_ads__sources.yml").read_text(encoding="utf-8"))
    for table in declared["sources"][0]["tables"]:
        code = (folder / f"stg_meta_ads__{table['name']}.sql").read_text(encoding="utf-8")
        literal = re.search(r"set columns = (\{.*?\n\})", code, flags=re.DOTALL)
        assert literal is not None
        columns = {column["name"]: column["data_type"] for column in table["columns"]}
        assert ast.literal_eval(literal[1]) == columns, table["name"]
        assert all(column["description"] for column in table["columns"])


def test_dimensions_have_an_unknown_member_and_the_columns_of_their_contract(
    manifest: Node, project: Path
) -> None:
    dimensions = [mart for mart in models(manifest, "marts") if mart["name"].startswith("dim_")]
    assert len(dimensions) >= 5
    for dimension in dimensions:
        key = f"{dimension['name'].removeprefix('dim_')}_id"
        assert primary_key(dimension) == [key]
        assert [column for column, _ in data_tests(manifest, dimension, "one_unknown_member")] == [
            key
        ]
        code = (project / dimension["original_file_path"]).read_text(encoding="utf-8")
        literal = re.search(r"set columns = (\{.*?\n\})", code, flags=re.DOTALL)
        assert literal is not None
        types = {name: column["data_type"] for name, column in dimension["columns"].items()}
        assert ast.literal_eval(literal[1]) == types, dimension["name"]


def test_every_reference_to_a_dimension_is_a_tested_foreign_key(manifest: Node) -> None:
    by_name = {mart["name"]: mart for mart in models(manifest, "marts")}
    dimension_of = {
        primary_key(mart)[0]: name for name, mart in by_name.items() if name.startswith("dim_")
    }
    for name, mart in by_name.items():
        references = {
            column: f"{dimension_of[column]}.{column}"
            for column in mart["columns"]
            if column in dimension_of and dimension_of[column] != name
        }
        assert mart["config"]["meta"].get("foreign_keys", {}) == references, name
        tested = [keys["keys"] for _, keys in data_tests(manifest, mart, "every_key_has_a_member")]
        assert tested == ([references] if references else []), name


def test_nothing_is_fetched_and_nothing_is_reported(project: Path) -> None:
    settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    assert settings["flags"]["send_anonymous_usage_stats"] is False
    for name in ("packages.yml", "dependencies.yml", "dbt_packages"):
        assert not (project / name).exists()


def test_tests_are_written_in_the_new_way(project: Path) -> None:
    for path in project.glob("models/**/*.yml"):
        assert path.name.startswith("_"), path.name
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s+tests:", text, flags=re.MULTILINE), path.name


_KEYWORDS = r"\b(SELECT|FROM|WHERE|JOIN|AND|OR|CASE|WHEN|AS|ON|GROUP BY|NULL|UNION|CAST|SUM)\b"
_NO_CODE = r"\{#.*?#\}| *--[^\n]*|(')[^'\n]*(')"
_STYLE: dict[str, Callable[[str], object]] = {
    "upper-case keyword": partial(re.search, _KEYWORDS),
    "tab": partial(re.search, "\t"),
    "trailing space": partial(re.search, r"\S +$", flags=re.MULTILINE),
    "comma at the start of a line": partial(re.search, r"^\s*,", flags=re.MULTILINE),
    "hard-coded relation": partial(re.search, r"\b(from|join) (tap_)?meta_ads\w*\."),
}


@pytest.mark.parametrize("rule", _STYLE)
def test_sql_is_of_one_style(project: Path, rule: str) -> None:
    for folder in ("models", "macros", "tests"):
        for path in (project / folder).rglob("*.sql"):
            code = re.sub(_NO_CODE, r"\1\2", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            assert not _STYLE[rule](code), f"{rule} in {path.name}"
