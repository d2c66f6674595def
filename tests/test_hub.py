"""The definitions for Meltano's Hub: in step with the plugins, and as the Hub wants them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import yaml

import hub
from hub.definitions import about, kind
from hub.files import expected, present, write
from hub.words import OWNER
from tests.hub_rules import complaints, yaml_complaints

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EACH = pytest.mark.parametrize("name", hub.HUB_PLUGINS)


def file(root: Path, name: str) -> Path:
    folder = hub.HUB_PLUGINS[name].folder
    return root / "_data/meltano" / folder / name / f"{OWNER}.yml"


def test_the_files_are_what_the_plugins_say(repository: Path) -> None:
    made = expected()
    assert present(repository) == made.keys(), "run `make docs`"
    found = {name: (repository / name).read_text(encoding="utf-8") for name in made}
    assert found == made, "run `make docs`"


def test_another_owner_leaves_no_file_behind(tmp_path: Path) -> None:
    for name in expected():
        before = (tmp_path / name).with_stem(name.rpartition("/")[2].replace(OWNER, "former"))
        before.parent.mkdir(parents=True)
        before.write_text("{}")
    write(tmp_path)
    assert present(tmp_path) == expected().keys()


@EACH
def test_the_hub_takes_the_definition(repository: Path, name: str) -> None:
    path = file(repository / "hub", name)
    assert complaints(repository / "hub", path) + yaml_complaints(path) == []


@EACH
def test_every_setting_is_told(name: str) -> None:
    told = {one["name"]: one for one in hub.definition(name)["settings"]}
    idle = {"add_record_metadata", "batch_size_rows", "load_method"}
    assert told.keys() == about(name)["settings"]["properties"].keys() - idle
    assert [one for one in told.values() if not (one["label"] and one["description"])] == []
    assert {one["name"] for one in told.values() if one.get("sensitive")} >= {
        "access_token",
        "app_secret",
    }


@EACH
def test_our_projects_say_the_same_of_it(repository: Path, name: str) -> None:
    theirs = hub.definition(name)
    folder = hub.HUB_PLUGINS[name].folder
    alone = yaml.safe_load((repository / name / "meltano.yml").read_text(encoding="utf-8"))
    (used,) = (one for one in alone["plugins"][folder] if one["name"] == name)
    assert (repository / name / f"plugins/{folder}/{name}--{used['variant']}.lock").exists()
    joined = yaml.safe_load((repository / "meltano.yml").read_text(encoding="utf-8"))
    (ours,) = (one for one in joined["plugins"][folder] if one["name"] == name)
    same = {"namespace", "label", "description", "executable", "settings_group_validation"}
    assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}
    assert set(ours["capabilities"]) <= set(theirs["capabilities"])
    assert ours.get("select") == theirs.get("select")
    settings = {one["name"]: one for one in theirs["settings"]}
    assert ours["settings"] == [settings[one["name"]] for one in ours["settings"]]


@EACH
def test_the_lock_file_is_the_definition(repository: Path, name: str) -> None:
    folder = hub.HUB_PLUGINS[name].folder
    lock = repository / name / f"plugins/{folder}/{name}--{OWNER}.lock"
    published = yaml.safe_load(file(repository / "hub", name).read_text(encoding="utf-8"))
    assert json.loads(lock.read_text(encoding="utf-8")) == {"plugin_type": folder, **published}


@pytest.mark.parametrize(
    ("name", "schema", "called"),
    [
        ("a", {"type": "string"}, "string"),
        ("a", {"type": ["string", "null"], "enum": ["b", "c", None]}, "string"),
        ("a_date", {"type": ["string", "null"]}, "date_iso8601"),
        ("a", {"type": ["string", "integer", "null"]}, "string"),
        ("a", {"type": ["integer", "null"], "default": 3}, "integer"),
        ("a", {"type": ["number", "null"], "default": 120}, "integer"),
        ("a", {"type": ["number", "null"], "default": 0.1}, "string"),
        ("a", {"type": ["number", "null"]}, "string"),
        ("a", {"type": ["boolean", "null"], "default": False}, "boolean"),
        ("a", {"type": ["array", "null"]}, "array"),
        ("a", {"type": "object"}, "object"),
    ],
)
def test_kinds(name: str, schema: dict[str, Any], called: str) -> None:
    assert kind(name, schema) == called


def drop(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda told: told.pop(key)


def give(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda told: told.update(values)


def to_setting(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda told: told["settings"][0].update(values)


BROKEN: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("tap-meta-ads", drop("name"), "'name' is a required property"),
    ("tap-meta-ads", drop("namespace"), "'namespace' is a required property"),
    ("tap-meta-ads", drop("variant"), "'variant' is a required property"),
    ("tap-meta-ads", drop("quality"), "'quality' is a required property"),
    ("tap-meta-ads", give(version="0.1.0"), "'version' was unexpected"),
    ("target-meta-ads", give(select=["*.*"]), "'select' was unexpected"),
    ("tap-meta-ads", give(dialect="postgres"), "'dialect' was unexpected"),
    ("tap-meta-ads", give(name="tap-meta"), "name: the folder is called tap-meta-ads"),
    ("tap-meta-ads", give(variant="Somebody"), f"variant: the file is called {OWNER}.yml"),
    ("tap-meta-ads", give(label=["Meta Ads"]), "label: ['Meta Ads'] is not of type 'string'"),
    ("tap-meta-ads", give(keywords="api"), "keywords: 'api' is not of type 'array'"),
    ("tap-meta-ads", give(quality="platinum"), "quality: 'platinum' is not one of"),
    ("tap-meta-ads", give(maintenance_status="new"), "maintenance_status: 'new' is not one of"),
    ("tap-meta-ads", give(domain_url="Meta"), "domain_url: 'Meta' is not a 'web-address'"),
    ("tap-meta-ads", give(logo_url="/assets/logos/none.svg"), "logo_url: there is no"),
    ("tap-meta-ads", give(capabilities=["target-schema"]), "'target-schema' is not one of"),
    ("target-meta-ads", give(capabilities=["discover"]), "'discover' is not one of"),
    ("tap-meta-ads", give(supported_python_versions=["3.x"]), "'3.x' does not match"),
    ("tap-meta-ads", give(supported_python_versions=[3.12]), "3.12 is not of type 'string'"),
    ("tap-meta-ads", give(settings_group_validation=["a"]), "'a' is not of type 'array'"),
    ("tap-meta-ads", give(select="*.*"), "select: '*.*' is not of type 'array'"),
    ("tap-meta-ads", give(requires={"files": [{"name": "a"}]}), "'variant' is a required"),
    ("tap-meta-ads", to_setting(kind="number"), "kind: 'number' is not one of"),
    ("tap-meta-ads", to_setting(kind=None), "kind: None is not one of"),
    ("tap-meta-ads", to_setting(secret=True), "'secret' was unexpected"),
    ("tap-meta-ads", to_setting(description=None), "None is not of type 'string'"),
    ("tap-meta-ads", to_setting(options=[{"value": 1}]), "1 is not of type 'string'"),
    ("tap-meta-ads", lambda told: told["settings"][0].pop("name"), "'name' is a required"),
]


@pytest.mark.parametrize(("name", "change", "said"), BROKEN, ids=[said for *_, said in BROKEN])
def test_what_the_hub_refuses(
    repository: Path,
    tmp_path: Path,
    name: str,
    change: Callable[[dict[str, Any]], object],
    said: str,
) -> None:
    shutil.copytree(repository / "hub/static", tmp_path / "static")
    path = file(tmp_path, name)
    path.parent.mkdir(parents=True)
    told = hub.definition(name)
    change(told)
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    assert [line for line in complaints(tmp_path, path) if said in line]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda text: text + "again: b\nagain: c\n", "duplication of key"),
        (lambda text: "zebra: a\n" + text, "wrong ordering of key"),
        (lambda text: text.replace("\n- - ", "\n  - - "), "wrong indentation"),
        (lambda text: "---\n" + text, "document start"),
        (lambda text: text.rstrip("\n"), "no new line character"),
    ],
)
def test_what_the_hub_refuses_of_the_text(
    tmp_path: Path, wrong: Callable[[str], str], said: str
) -> None:
    path = tmp_path / "a.yml"
    path.write_text(wrong(hub.definition_yaml("tap-meta-ads")), encoding="utf-8")
    assert [line for line in yaml_complaints(path) if said in line]


@EACH
def test_the_logo_is_a_small_square_that_needs_nothing_else(repository: Path, name: str) -> None:
    logo = repository / "hub/static" / hub.definition(name)["logo_url"].lstrip("/")
    text = logo.read_text(encoding="utf-8")
    drawing = ET.fromstring(text)
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    left, top, width, height = map(int, drawing.attrib["viewBox"].split())
    assert (left, top, width) == (0, 0, height)
    assert len(text) < 2_000
    assert text.count("http") == 1
    # Neither fonts nor pictures, whose look would be another one elsewhere.
    shapes = {element.tag.rpartition("}")[2] for element in drawing.iter()}
    assert shapes <= {"svg", "title", "g", "rect", "circle", "path"}
