"""What must hold of the repository's own files."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

# Python 3.10 has it from pytest, under its older name.
tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

# Put together here, so that this file does not name what it forbids.
HOSTS = ["pypi" + ".org", "python" + "hosted", "registry.npm" + "js", "crates" + ".io"]
MACHINE_PATHS = re.compile(
    "|".join(["/wo" + "rk/", "/ro" + "ot/", "/home/[a-z]+/", "/Us" + "ers/"])
)
# What tools make is not ours to check.
MADE = {
    ".git",
    ".venv",
    ".hypothesis",
    ".demo",
    ".bench",
    ".meltano",
    "target",
    "logs",
    "dist",
    "build",
    "output",
    "site",
}
TEXT = {
    *("", ".cfg", ".csv", ".ini", ".json", ".md", ".py", ".pyi", ".sh", ".sql", ".toml"),
    *(".txt", ".yaml", ".yml", ".html", ".css", ".js"),
}


def tracked(root: Path) -> list[Path]:
    """List the repository's files: by git, or by a walk where there is no git (an archive)."""
    asked = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        answer = subprocess.run(asked, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return [
            path
            for path in root.rglob("*")
            if path.is_file()
            and not set(path.relative_to(root).parts) & MADE
            and not any("cache" in part or ".egg-info" in part for part in path.parts)
        ]
    names = answer.stdout.decode().split("\0")
    return [root / name for name in names if name and (root / name).is_file()]


@pytest.fixture(scope="module")
def texts(repository: Path) -> dict[str, str]:
    found = {}
    for path in tracked(repository):
        if path.suffix in TEXT and path.name != ".env":
            try:
                found[str(path.relative_to(repository))] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                pytest.fail(f"{path} is not UTF-8")
    return found


def test_no_registry_is_named(texts: dict[str, str]) -> None:
    named = {name: host for name, text in texts.items() for host in HOSTS if host in text}
    assert named == {}


def test_no_path_of_one_machine(texts: dict[str, str]) -> None:
    found = {
        f"{name}:{number}": line.strip()
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATHS.search(line)
    }
    assert found == {}


def test_help_lists_every_target(repository: Path) -> None:
    text = (repository / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    targets = {name for line in phony for name in line.split() if "$" not in name}
    shown = subprocess.run(
        ["make", "-s"], cwd=repository, capture_output=True, text=True, check=True
    )
    listed = {line.split()[0] for line in shown.stdout.splitlines() if line.startswith("  ")}
    assert listed == targets


def test_one_version_everywhere(repository: Path) -> None:
    definitions = [repository / "pyproject.toml", *repository.glob("*/pyproject.toml")]
    projects = [tomllib.loads(path.read_text(encoding="utf-8"))["project"] for path in definitions]
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[([^\]]+)\]", changelog, re.MULTILINE)[0]
    assert {project["name"]: project["version"] for project in projects} == {
        project["name"]: newest for project in projects
    }


def test_the_licence_is_named_everywhere(repository: Path) -> None:
    assert "Version 2.0, January 2004" in (repository / "LICENSE").read_text(encoding="utf-8")
    for path in repository.glob("*/pyproject.toml"):
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        assert project["license"] == "Apache-2.0"


def test_every_pin_is_exact(repository: Path) -> None:
    lines = (repository / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if not re.match(r"^[a-z0-9-]+==[0-9][^ ]*( ; .+)?$", line)] == []
    # The Meltano plugins pin versions of their own that contradict each other.
    assert not [line for line in lines if line.startswith("psycopg2-binary")]


def test_workflows_pin_actions_and_ask_for_little(repository: Path) -> None:
    workflows = sorted((repository / ".github/workflows").glob("*.yml"))
    assert workflows
    for path in workflows:
        text = path.read_text(encoding="utf-8")
        uses = re.findall(r"uses: (.*)$", text, re.MULTILINE)
        assert uses
        assert [line for line in uses if not re.match(r"[\w./-]+@[0-9a-f]{40} # v\d", line)] == []
        assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


def test_workspace_members_are_what_make_installs(repository: Path) -> None:
    definition = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    members = definition["tool"]["uv"]["workspace"]["members"]
    text = (repository / "Makefile").read_text(encoding="utf-8")
    (packages,) = re.findall(r"^PACKAGES := (.*)$", text, re.MULTILINE)
    assert packages.split() == members


def test_each_package_carries_the_licence(repository: Path) -> None:
    licence = (repository / "LICENSE").read_bytes()
    for definition in repository.glob("*/pyproject.toml"):
        assert (definition.parent / "LICENSE").read_bytes() == licence, definition.parent.name
