"""Compiles the dbt project for a warehouse that is not there, and checks the SQL it would get.

Run by the Python of the environment with the adapters and sqlglot, `transform/warehouses.txt`:

    python compile_elsewhere.py ENGINE PROJECT SCRATCH

Writes one JSON object: `compiled` (names of models), `connections` (addresses that something tried
to reach; none is let through) and `complaints`.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from sql_of_engine import (  # type: ignore[import-not-found]  # it stands beside this script
    complaints,
    unknown_types,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# The environment that the profile reads. Names under .invalid exist nowhere (RFC 6761).
ENVIRONMENT = {
    "snowflake": "ACCOUNT=none.invalid USER=u PASSWORD=p WAREHOUSE=w DATABASE=warehouse",
    "bigquery": "PROJECT=warehouse METHOD=oauth-secrets TOKEN=t",
    "redshift": "HOST=none.invalid USER=u PASSWORD=p DATABASE=warehouse",
    "databricks": "HOST=none.invalid HTTP_PATH=/none TOKEN=t CATALOG=warehouse",
}
# Everything as it is made first, and as it is with facts to add to and snapshots to read.
PASSES = [
    ("first", "*", {"assume_raw_tables": True}),
    ("again", "*", {"assume_raw_tables": True, "assume_built": True}),
]


class Offline:
    """Refuses every connection and every question for an address, and remembers them."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def _refuse(self, *arguments: object, **_: object) -> NoReturn:
        address = next((each for each in arguments if isinstance(each, (str, tuple))), None)
        self.tried.append(str(address))
        raise OSError(f"offline: {address}")

    def start(self) -> None:
        for name in ("connect", "connect_ex", "sendto"):
            setattr(socket.socket, name, lambda _self, *a, **k: self._refuse(*a, **k))
        socket.getaddrinfo = self._refuse
        socket.gethostbyname = self._refuse


class Project:
    """The dbt project, parsed once for an engine."""

    def __init__(self, engine: str, project: Path, scratch: Path) -> None:
        self._scratch = scratch
        self._options = [
            *("--target", engine, "--no-use-colors", "--log-level-file", "none", "--threads", "1"),
            *("--log-path", str(scratch / "logs")),
            *("--project-dir", str(project), "--profiles-dir", str(project / "profiles")),
            *("--target-path", str(scratch / "target")),
        ]
        self._manifest: Manifest | None = None

    def parse(self) -> str | None:
        """Run `dbt parse` and give what went wrong."""
        outcome = dbtRunner().invoke(["parse", *self._options])
        if isinstance(outcome.result, Manifest):
            self._manifest = outcome.result
            return None
        return str(outcome.exception)

    def compile(self, variables: object, select: str) -> str | None:
        """Run `dbt compile` and give what went wrong."""
        assert self._manifest is not None
        manifest = self._manifest.deepcopy()  # type: ignore[no-untyped-call]  # of dbt's
        outcome = dbtRunner(manifest=manifest).invoke(
            [
                *("compile", "--no-introspect", "--no-populate-cache", *self._options),
                *("--select", select, "--vars", json.dumps(variables)),
            ]
        )
        return None if outcome.success else str(outcome.exception)

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Give the nodes as the last command left them."""
        manifest = self._scratch / "target" / "manifest.json"
        yield from json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()


def complaints_about(engine: str, node: dict[str, Any]) -> list[str]:
    """List what the engine would not take of a node."""
    if node["resource_type"] == "seed":
        # as the type of a column, Redshift's text is long enough for what stands in a seed
        types = [each for each in node["config"]["column_types"].values() if each != "text"]
        if engine in {"bigquery", "databricks"}:
            types = list(node["config"]["column_types"].values())
        return [f"type of a column: {each}" for each in unknown_types(engine, types)]
    if not node.get("compiled_code"):
        return []
    return list(complaints(engine, node["compiled_code"], node["config"]))


def main() -> None:
    """Compile twice and check; see the module."""
    engine, project, scratch = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    for pair in ENVIRONMENT[engine].split():
        name, value = pair.split("=")
        os.environ[f"META_ADS_{engine.upper()}_{name}"] = value
    offline = Offline()
    offline.start()
    found: dict[str, list[str]] = {}
    names: set[str] = set()
    seen: set[tuple[str, str | None]] = set()
    with redirect_stdout(sys.stderr):
        dbt = Project(engine, project, scratch)
        error = dbt.parse()
        for label, select, variables in PASSES:
            error = error or dbt.compile(variables, select)
            if error:
                found[f"dbt ({label})"] = [error]
                break
            for node in dbt.nodes():
                if node["resource_type"] == "model" and node.get("compiled_code"):
                    names.add(node["name"])
                # most are the same in both passes
                code = (node["unique_id"], node.get("compiled_code"))
                if code in seen:
                    continue
                seen.add(code)
                if complained := complaints_about(engine, node):
                    found[f"{node['name']} ({label})"] = complained
    json.dump(
        {
            "compiled": sorted(names),
            "connections": [re.sub(r"\s+", " ", each) for each in offline.tried],
            "complaints": found,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
