"""The rules by which Meltano's Hub takes a definition, as data and two functions.

They are those of its repository's `schemas/` and of its workflows, put into one schema a type.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml
from jsonschema import Draft7Validator, FormatChecker

if TYPE_CHECKING:
    from pathlib import Path

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
FLAG = {"type": "boolean"}
OBJECT = {"type": "object"}

KINDS = "oauth hidden password date_iso8601 file email integer options object array boolean string"
PROCESSORS = {"enum": ["upcase_string", "nest_object", "stringify"]}
SETTING = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(["name", "label", "placeholder", "description", "tooltip"], TEXT),
        **dict.fromkeys(["documentation", "docs", "env"], TEXT),
        "aliases": TEXTS,
        "value": {},
        "kind": {"enum": [*KINDS.split(), "decimal"]},
        "hidden": FLAG,
        "sensitive": FLAG,
        "value_processor": PROCESSORS,
        "value_post_processor": PROCESSORS,
        "oauth": {"type": "object", "required": ["provider"], "properties": {"provider": TEXT}},
        "options": {
            "type": "array",
            "items": {"type": "object", "properties": {"label": TEXT, "value": TEXT}},
        },
    },
}

# A file plugin that comes along with another one.
ALONG = {
    "type": "object",
    "required": ["name", "variant"],
    "additionalProperties": False,
    "properties": {"name": TEXT, "variant": TEXT},
}
COMMON: dict[str, Any] = {
    **dict.fromkeys(["name", "namespace", "variant", "label", "description", "docs"], TEXT),
    **dict.fromkeys(["pip_url", "executable", "repo", "python", "log_parser"], TEXT),
    **dict.fromkeys(["definition", "next_steps", "settings_preamble", "usage", "prereq"], TEXT),
    "logo_url": {"type": ["string", "null"]},
    "domain_url": {"type": ["string", "null"], "format": "web-address"},
    "hidden": FLAG,
    "keywords": TEXTS,
    "commands": OBJECT,
    "settings": {"type": "array", "items": SETTING},
    "settings_group_validation": {"type": "array", "items": TEXTS},
    "maintenance_status": {"enum": ["active", "beta", "development", "inactive", "unknown"]},
    "quality": {"enum": ["gold", "silver", "bronze", "unknown"]},
    "supported_python_versions": {
        "type": "array",
        "items": {"type": "string", "pattern": r"^3\.\d+$"},
    },
    "requires": {
        "type": "object",
        "required": ["files"],
        "additionalProperties": False,
        "properties": {"files": {"type": "array", "items": ALONG}},
    },
}

BOTH = "about stream-maps activate-version batch schema-flattening structured-logging"
CAPABILITIES = {
    "extractors": f"{BOTH} properties catalog discover state test log-based",
    "loaders": f"{BOTH} soft-delete hard-delete datatype-failsafe target-schema validate-records",
}
SPECIFIC: dict[str, dict[str, Any]] = {
    "extractors": {"metadata": OBJECT, "schema": OBJECT, "select": TEXTS},
    "loaders": {"dialect": {}, "target_schema": {}},
}

FORMATS = FormatChecker(formats=())


@FORMATS.checks("web-address")
def is_web_address(value: object) -> bool:
    parts = urlsplit(str(value))
    return value is None or (parts.scheme == "https" and "." in parts.netloc)


def validator(folder: str) -> Draft7Validator:
    """The schema of a type of plugin, `extractors` or `loaders`."""
    capabilities = {"type": "array", "items": {"enum": CAPABILITIES[folder].split()}}
    return Draft7Validator(
        {
            "type": "object",
            "required": ["name", "namespace", "variant", "quality"],
            "additionalProperties": False,
            "properties": {**COMMON, **SPECIFIC[folder], "capabilities": capabilities},
        },
        format_checker=FORMATS,
    )


# The Hub's own choice of yamllint's rules.
YAML_RULES = {
    "extends": "default",
    "rules": {
        "braces": {"forbid": "non-empty"},
        "document-start": {"present": False},
        "indentation": {"indent-sequences": False, "spaces": 2},
        "key-ordering": "enable",
        "line-length": "disable",
        "truthy": "disable",
    },
}


def yaml_complaints(path: Path) -> list[str]:
    """What yamllint says by the Hub's rules, a line for each complaint."""
    lint = [sys.executable, "-m", "yamllint", "--format=parsable", "--strict"]
    done = subprocess.run(
        [*lint, f"--config-data={yaml.safe_dump(YAML_RULES)}", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.stdout.splitlines()


def complaints(root: Path, path: Path) -> list[str]:
    """What the Hub would refuse of a definition and where it lies; empty if it takes it.

    Args:
        root: The folder of `_data` and `static`.
        path: The file, somewhere in `_data/meltano`.
    """
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    name, folder = path.parent.name, path.parent.parent.name
    found = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator(folder).iter_errors(told)
    ]
    if path.parent.parent.parent != root / "_data/meltano":
        found.append("the file is in no folder of definitions")
    if told.get("name") != name:
        found.append(f"name: the folder is called {name}")
    if not str(told.get("variant")) == path.stem == path.stem.lower():
        found.append(f"variant: the file is called {path.name}")
    logo = told.get("logo_url")
    if logo and not (root / "static" / logo.lstrip("/")).is_file():
        found.append(f"logo_url: there is no {logo}")
    return found
