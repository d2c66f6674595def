"""Settings stand in our plugins, in `meltano.yml` and in `.env.example`: all say the same.

What stands in `meltano.yml` is generated; here it is compared by rules that do not share its code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

from tap_meta_ads import settings as tap_settings
from tap_meta_ads.tap import TapMetaAds
from target_meta_ads import settings as target_settings
from target_meta_ads.streams.blocks import parse_streams
from target_meta_ads.target import TargetMetaAds

if TYPE_CHECKING:
    from pathlib import Path

    from singer_sdk.plugin_base import PluginBase

# What a setting's JSON type may be called in a Meltano project.
KINDS: dict[str, set[str | None]] = {
    "string": {"string", "password", "options", "date_iso8601", None},
    "integer": {"integer"},
    # Meltano 4 ends with a traceback where it has to hand on a `decimal` of the environment; of a
    # text the plugin makes a number.
    "number": {"integer", "string"},
    "boolean": {"boolean"},
    "array": {"array"},
    "object": {"object"},
}


class Described(NamedTuple):
    """A plugin of ours, and what its code says of its settings."""

    name: str
    plugin: type[PluginBase]
    schema: dict[str, Any]
    # The SDK adds settings of its own to the schema when a plugin is made.
    own: dict[str, dict[str, Any]]


OURS = [
    Described(name, plugin, schema, dict(schema["properties"]))
    for name, plugin, schema in (
        ("tap-meta-ads", TapMetaAds, tap_settings.SCHEMA),
        ("target-meta-ads", TargetMetaAds, target_settings.SCHEMA),
    )
]
EACH = pytest.mark.parametrize("ours", OURS, ids=lambda ours: ours.name)
EACH_SETTING = pytest.mark.parametrize(
    ("ours", "setting"),
    [pytest.param(ours, name, id=f"{ours.name}-{name}") for ours in OURS for name in ours.own],
)


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


def described(project: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in plugin(project, name)["settings"]}


def json_type(schema: dict[str, Any]) -> str:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    # An id may be written as a number; a text can be that too.
    only = set(types) - {"null"}
    return "string" if only == {"string", "integer"} else str(*only)


@EACH
def test_the_same_names(project: dict[str, Any], ours: Described) -> None:
    assert set(ours.own) == set(described(project, ours.name))


@EACH_SETTING
def test_the_same_kind_default_and_secrecy(
    project: dict[str, Any], ours: Described, setting: str
) -> None:
    schema, told = ours.own[setting], described(project, ours.name)[setting]
    assert told.get("kind") in KINDS[json_type(schema)]
    assert told.get("sensitive", False) == schema.get("secret", False)
    assert told.get("value") == schema.get("default")
    choices = [choice for choice in schema.get("enum", []) if choice is not None]
    assert all(choice in told["description"] for choice in choices)
    assert told["label"] == schema["title"]
    assert told["description"] == schema["description"]
    assert told["description"].endswith(".")


@EACH
def test_required_settings_are_validated(project: dict[str, Any], ours: Described) -> None:
    groups = plugin(project, ours.name)["settings_group_validation"]
    assert groups == [ours.schema["required"]]


@EACH
def test_capabilities_are_real(project: dict[str, Any], ours: Described) -> None:
    named = set(plugin(project, ours.name)["capabilities"])
    assert named <= {capability.value for capability in ours.plugin.capabilities}


def test_the_streams_are_those_that_are_read(project: dict[str, Any]) -> None:
    # The blocks for the activation tables, with an id in place of the variable.
    config = plugin(project, "target-meta-ads")["config"]
    streams = yaml.safe_load(
        re.sub(r"\$\{\w+_ID\}", "1234567890", yaml.safe_dump(config["streams"]))
    )
    given = {"access_token": "made-up", "ad_account_id": "1234567890", "streams": streams}
    assert target_settings.problems(given, target_settings.SCHEMA) == []
    selected = plugin(project, "tap-postgres")["select"]
    assert {pattern.removesuffix(".*") for pattern in selected} == set(parse_streams(streams))


def test_the_demo_has_a_ledger_of_its_own(project: dict[str, Any]) -> None:
    # What the sandbox has accepted must never keep anything from Meta.
    own = plugin(project, "target-meta-ads")["config"]
    (demo,) = (one for one in project["environments"] if one["name"] == "demo")
    (other,) = demo["config"]["plugins"]["loaders"]
    assert other["name"] == "target-meta-ads"
    for name in ("ledger_url", "rejects_path", "dry_run_path"):
        assert "$MELTANO_PROJECT_ROOT/" in own[name]
        assert "$MELTANO_PROJECT_ROOT/.demo/" in other["config"][name]


def test_what_a_run_leaves_is_not_committed(repository: Path, project: dict[str, Any]) -> None:
    config = plugin(project, "target-meta-ads")["config"]
    ignored = (repository / ".gitignore").read_text(encoding="utf-8").splitlines()
    for name in ("ledger_url", "rejects_path", "dry_run_path"):
        file = config[name].rpartition("/")[2]
        assert {file, f"{file}*"} & set(ignored)


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


def test_env_example_names_real_settings(repository: Path, project: dict[str, Any]) -> None:
    named = set()
    for line in (repository / ".env.example").read_text(encoding="utf-8").splitlines():
        name, equals, value = line.removeprefix("#").partition("=")
        if equals and name.isupper():
            named.add(name)
            # An example that is filled in must hold nothing secret.
            assert not (name.endswith(("_TOKEN", "_SECRET", "_PASSWORD", "_LEDGER_URL")) and value)
    config = plugin(project, "target-postgres")["config"]
    warehouse = {
        str(value)[2:-1] for value in config.values() if str(value).startswith("${META_ADS_PG_")
    }
    streams = yaml.safe_dump(plugin(project, "target-meta-ads")["config"]["streams"])
    destinations = set(re.findall(r"\$\{(\w+)\}", streams))
    settings = {
        f"{ours.name.replace('-', '_')}_{setting}".upper() for ours in OURS for setting in ours.own
    }
    assert named <= settings | warehouse | destinations
    # All that is needed to begin is there.
    needed = {"TAP_META_ADS_ACCESS_TOKEN", "TARGET_META_ADS_ACCESS_TOKEN"}
    assert named >= {*needed, "TARGET_META_ADS_AD_ACCOUNT_ID", *warehouse, *destinations}


def test_loader_and_dbt_read_the_same_variables(repository: Path, project: dict[str, Any]) -> None:
    profile = (repository / "transform/profiles/profiles.yml").read_text(encoding="utf-8")
    config = plugin(project, "target-postgres")["config"]
    for key in ("host", "port", "user", "password", "database"):
        name = config[key].removeprefix("${").removesuffix("}")
        assert f"env_var('{name}'" in profile
        assert plugin(project, "tap-postgres")["config"][key] == config[key]
