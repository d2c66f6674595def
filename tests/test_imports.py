"""Imports run one way, from what meets the SDK down to what is pure, and never in a circle."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Python 3.10 has it from pytest, under its older name.
tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


@dataclass(frozen=True)
class Package:
    """What one package may import of ours, and in which order its own parts stand.

    `layers` go from lower to higher and name modules and folders: each imports from its own layer
    and from those below. Those that no layer names stand below all. `sdk` are the ones that know
    the Singer SDK.
    """

    path: str
    ours: frozenset[str] = frozenset()
    layers: tuple[frozenset[str], ...] = ()
    sdk: frozenset[str] = frozenset()


def _layers(*names: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(layer.split()) for layer in names)


PACKAGES = {
    "meta_graph": Package("meta-graph/meta_graph"),
    "meta_sandbox": Package("meta-sandbox/meta_sandbox"),
    "tap_meta_ads": Package(
        "tap-meta-ads/tap_meta_ads",
        ours=frozenset({"meta_graph"}),
        layers=_layers(
            "reports rows summary",
            "engine",
            "accounts entities insights",
            "settings_checks",
            "settings",
            "streams",
            "tap",
            "__main__",
        ),
        sdk=frozenset({"streams", "tap"}),
    ),
    "target_meta_ads": Package(
        "target-meta-ads/target_meta_ads",
        ours=frozenset({"meta_graph"}),
        layers=_layers(
            "normalisation",
            "ledger report streams",
            "settings",
            "delivery",
            "audiences events",
            "intakes",
            "run",
            "sinks",
            "target",
            "__main__",
        ),
        sdk=frozenset({"sinks", "target"}),
    ),
    "demo": Package("demo", ours=frozenset({"meta_sandbox", "report"})),
    "report": Package("report", ours=frozenset({"target_meta_ads"})),
    "docgen": Package(
        "docgen",
        ours=frozenset({"meta_graph", "tap_meta_ads", "target_meta_ads"}),
        sdk=frozenset({"plugins"}),
    ),
    "hub": Package(
        "hub",
        ours=frozenset({"tap_meta_ads", "target_meta_ads"}),
        sdk=frozenset({"definitions"}),
    ),
}
INSTALLED = [name for name, package in PACKAGES.items() if "/" in package.path]
"""Those that are installed by themselves, with dependencies of their own."""

SDK = "singer_sdk"


@dataclass(frozen=True)
class Import:
    """One imported module; `typing` when only the type checker sees it."""

    module: str
    line: int
    typing: bool


def imports(source: str) -> Iterator[Import]:
    tree = ast.parse(source)
    hidden = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for statement in block.body
        for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in hidden)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            # `from package import module` imports that module too.
            for alias in node.names:
                yield Import(f"{module}.{alias.name}", node.lineno, id(node) in hidden)


def violations(package: str, module: str, source: str) -> list[str]:
    """Say which imports of a module break the rules of its package."""
    rules = PACKAGES[package]
    ours = {*PACKAGES, "benchmarks", "tests"}

    def layer_of(name: str) -> int:
        return next((place for place, names in enumerate(rules.layers, 1) if name in names), 0)

    part = module.partition(".")[0]
    found = []
    for item in imports(source):
        top, _, rest = item.module.lstrip(".").partition(".")
        where = f"{package}.{module}:{item.line} imports {item.module}"
        if item.module.startswith("."):
            found.append(f"{where}: by a relative name")
        elif top in ours - {package} - rules.ours:
            found.append(f"{where}: {package} does not stand on it")
        elif top == SDK and part not in rules.sdk:
            found.append(f"{where}: it is none of those that know the SDK")
        elif top == package and not item.typing:
            other = rest.partition(".")[0]
            if layer_of(other) > layer_of(part):
                found.append(f"{where}: {other} stands above it")
    return found


def sources(root: Path, package: str) -> dict[str, str]:
    folder = root / PACKAGES[package].path
    return {
        ".".join(path.relative_to(folder).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_arrows(repository: Path, package: str) -> None:
    modules = sources(repository, package)
    assert modules
    found = [line for name, text in modules.items() for line in violations(package, name, text)]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_layers_name_real_modules(repository: Path, package: str) -> None:
    named = {name for layer in PACKAGES[package].layers for name in layer}
    assert named <= {name.partition(".")[0] for name in sources(repository, package)}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_import_leads_back(repository: Path, package: str) -> None:
    modules = sources(repository, package)
    graph: dict[str, set[str]] = {}
    for name, text in modules.items():
        meant = {item.module for item in imports(text) if not item.typing}
        inside = {path.removeprefix(f"{package}.") for path in meant if path.startswith(package)}
        graph[name] = {
            other
            for path in inside
            for other in (path, path.rpartition(".")[0])
            if other in modules and other != name
        }
    assert [*TopologicalSorter(graph).static_order()]  # an error when there is no order


@pytest.mark.parametrize(
    ("package", "module", "source", "word"),
    [
        ("meta_graph", "_client", "import singer_sdk", "know the SDK"),
        ("meta_graph", "_client", "from tap_meta_ads import dates", "does not stand on it"),
        ("meta_sandbox", "_app", "import meta_graph", "does not stand on it"),
        ("meta_sandbox", "_app", "def f():\n    import meta_graph", "does not stand on it"),
        ("tap_meta_ads", "dates", "from singer_sdk import typing", "know the SDK"),
        ("tap_meta_ads", "dates", "from tap_meta_ads.streams import x", "stands above"),
        ("tap_meta_ads", "dates", "from tap_meta_ads import streams", "stands above"),
        ("tap_meta_ads", "streams.base", "from tap_meta_ads import tap", "stands above"),
        ("tap_meta_ads", "rows.codec", "from tap_meta_ads.engine import jobs", "stands above"),
        ("tap_meta_ads", "settings", "import singer_sdk", "know the SDK"),
        ("tap_meta_ads", "tap", "from meta_sandbox import Sandbox", "does not stand on it"),
        ("tap_meta_ads", "tap", "from . import streams", "relative"),
        ("target_meta_ads", "run", "import singer_sdk", "know the SDK"),
        ("target_meta_ads", "run", "from target_meta_ads.sinks import x", "stands above"),
        ("target_meta_ads", "audiences.rows", "import tap_meta_ads", "does not stand on it"),
        ("report", "page", "from demo.database import Database", "does not stand on it"),
    ],
)
def test_the_check_sees(package: str, module: str, source: str, word: str) -> None:
    (found,) = violations(package, module, source)
    assert word in found


@pytest.mark.parametrize(
    ("package", "module", "source"),
    [
        ("tap_meta_ads", "tap", "from tap_meta_ads.streams import x\nimport singer_sdk"),
        ("tap_meta_ads", "streams.base", "from tap_meta_ads import dates\nimport meta_graph"),
        (
            "tap_meta_ads",
            "streams.base",
            "if TYPE_CHECKING:\n    from tap_meta_ads.tap import TapMetaAds",
        ),
        ("target_meta_ads", "target", "from target_meta_ads.sinks import x\nimport singer_sdk"),
        ("demo", "sandbox", "from meta_sandbox import DEFAULT_TOKEN"),
    ],
)
def test_the_check_lets_pass(package: str, module: str, source: str) -> None:
    assert violations(package, module, source) == []


@pytest.mark.parametrize("package", INSTALLED)
def test_every_import_is_a_declared_dependency(repository: Path, package: str) -> None:
    # Each package works alone, so what it imports must not come by luck of another one's.
    declared = declared_by(repository, package)
    providers = providers_of_modules()
    missing = {}
    for name, text in sources(repository, package).items():
        for item in imports(text):
            top = item.module.partition(".")[0]
            if item.typing or top in sys.stdlib_module_names or top in {package, "__future__"}:
                continue
            if not declared & providers.get(top, {canonical(top)}):
                missing[top] = f"{name}:{item.line}"
    assert missing == {}


# Used by name only: the zones of `zoneinfo`, the driver that a ledger's address names, and what
# uvicorn is told to parse with.
NOT_IMPORTED = {"tzdata", "psycopg", "httptools"}


@pytest.mark.parametrize("package", INSTALLED)
def test_every_declared_dependency_is_imported(repository: Path, package: str) -> None:
    providers = providers_of_modules()
    imported = set(NOT_IMPORTED)
    for text in sources(repository, package).values():
        for item in imports(text):
            top = item.module.partition(".")[0]
            imported |= providers.get(top, {canonical(top)})
    assert declared_by(repository, package) <= imported


def declared_by(repository: Path, package: str) -> set[str]:
    definition = (repository / PACKAGES[package].path).parent / "pyproject.toml"
    project = tomllib.loads(definition.read_text(encoding="utf-8"))["project"]
    return {
        canonical(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0])
        for line in project["dependencies"]
    }


@cache
def providers_of_modules() -> dict[str, set[str]]:
    # As importlib.metadata.packages_distributions, which before Python 3.11 misses most.
    found: dict[str, set[str]] = {}
    for distribution in distributions():
        for file in distribution.files or []:
            top = file.parts[0].removesuffix(".py")
            found.setdefault(top, set()).add(canonical(distribution.metadata["Name"]))
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
