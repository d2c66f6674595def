"""The settings stand in the tap, in `meltano.yml` and in `.env.example`: all say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tap_meta_ads.settings import SCHEMA
from tap_meta_ads.tap import TapMetaAds

if TYPE_CHECKING:
    from pathlib import Path

# What a setting's JSON type may be called in a Meltano project.
KINDS: dict[str, set[str | None]] = {
    "string": {"string", "password", "options", "date_iso8601", None},
    "integer": {"integer"},
    "number": {"integer", "decimal"},
    "boolean": {"boolean"},
    "array": {"array"},
    "object": {"object"},
}


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    text = (repository / "meltano.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def plugin(project: dict[str, Any], name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [
        item for kind in project["plugins"].values() for item in kind if item["name"] == name
    ]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def described(project: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in plugin(project, "tap-meta-ads")["settings"]}


# What the SDK adds to the schema by itself.
BUILT_IN = {
    "batch_config",
    "faker_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "flattening_separator",
    "stream_map_config",
    "stream_maps",
}
PROPERTIES: dict[str, dict[str, Any]] = SCHEMA["properties"]


def json_type(schema: dict[str, Any]) -> str:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    (only,) = set(types) - {"null"}
    return str(only)


def test_the_same_names(described: dict[str, dict[str, Any]]) -> None:
    assert set(PROPERTIES) - BUILT_IN == set(described)


@pytest.mark.parametrize("name", sorted(set(PROPERTIES) - BUILT_IN))
def test_the_same_kind_default_and_secrecy(described: dict[str, dict[str, Any]], name: str) -> None:
    schema, setting = PROPERTIES[name], described[name]
    assert setting.get("kind") in KINDS[json_type(schema)]
    assert setting.get("sensitive", False) == schema.get("secret", False)
    assert setting.get("value") == schema.get("default")
    choices = [choice for choice in schema.get("enum", []) if choice is not None]
    assert all(choice in setting["description"] for choice in choices)
    assert setting["label"]
    assert setting["description"].endswith(".")


def test_required_settings_are_validated(project: dict[str, Any]) -> None:
    groups = plugin(project, "tap-meta-ads")["settings_group_validation"]
    assert groups == [SCHEMA["required"]]


def test_capabilities_are_real(project: dict[str, Any]) -> None:
    named = set(plugin(project, "tap-meta-ads")["capabilities"])
    assert named <= {capability.value for capability in TapMetaAds.capabilities}


def test_what_the_tap_deselects_stays_so(project: dict[str, Any]) -> None:
    # Meltano selects every stream and column unless told otherwise.
    selection = plugin(project, "tap-meta-ads")["select"]
    tap = TapMetaAds(config={"access_token": "made-up"}, validate_config=False)
    off = {f"!{name}.*" for name, stream in tap.streams.items() if not stream.selected_by_default}
    for name, stream in tap.streams.items():
        off |= {
            f"!{name}.{breadcrumb[1]}"
            for breadcrumb, metadata in stream.metadata.items()
            if breadcrumb and metadata.selected_by_default is False
        }
    assert selection[0] == "*.*"
    assert set(selection[1:]) == off


def test_env_example_names_real_settings(
    repository: Path, project: dict[str, Any], described: dict[str, dict[str, Any]]
) -> None:
    named = set()
    for line in (repository / ".env.example").read_text(encoding="utf-8").splitlines():
        name, equals, value = line.removeprefix("#").partition("=")
        if equals and name.isupper():
            named.add(name)
            # An example that is filled in must hold nothing secret.
            secrets = {"TAP_META_ADS_ACCESS_TOKEN", "TAP_META_ADS_APP_SECRET"}
            assert not (name in secrets and value)
    config = plugin(project, "target-postgres")["config"]
    warehouse = {
        str(value)[2:-1] for value in config.values() if str(value).startswith("${META_ADS_PG_")
    }
    real = {f"TAP_META_ADS_{name.upper()}" for name in described} | warehouse
    assert named <= real
    # All that is needed to begin is there.
    assert named >= {"TAP_META_ADS_ACCESS_TOKEN", *warehouse}


def test_loader_and_dbt_read_the_same_variables(repository: Path, project: dict[str, Any]) -> None:
    profile = (repository / "transform/profiles/profiles.yml").read_text(encoding="utf-8")
    config = plugin(project, "target-postgres")["config"]
    for key in ("host", "port", "user", "password", "database"):
        name = config[key].removeprefix("${").removesuffix("}")
        assert f"env_var('{name}'" in profile
        assert plugin(project, "tap-postgres")["config"][key] == config[key]
