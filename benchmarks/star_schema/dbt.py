"""One dbt command in a process of its own: how long, how much processor time and memory, what said.

The memory of the server counts apart, and what its processes share counts once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import machine
from benchmarks.process import Watch, cpu_seconds_of, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any


class Node(NamedTuple):
    """One node of a dbt run: a model, a seed, a test."""

    name: str
    status: str
    seconds: float


@dataclass(frozen=True)
class Step:
    """What one dbt command took.

    Attributes:
        name: What it was.
        seconds: From start to end of the process.
        cpu_seconds: Processor time of dbt's process.
        server_cpu_seconds: Processor time of the server meanwhile.
        peak_bytes: The most memory of dbt's process and its children at once.
        server_peak_bytes: The most memory of the server's processes at once.
        nodes: What ran, in no order.
        failure: What dbt said last when it failed; empty when it did not.
    """

    name: str
    seconds: float
    cpu_seconds: float
    server_cpu_seconds: float
    peak_bytes: int
    server_peak_bytes: int
    nodes: tuple[Node, ...]
    failure: str


class Dbt:
    """dbt as a user runs it, on one warehouse."""

    def __init__(
        self, project: Path, environment: Mapping[str, str], scratch: Path, target: str
    ) -> None:
        """Describe it.

        Args:
            project: Folder of the dbt project.
            environment: Where the warehouse is.
            scratch: For all that dbt writes.
            target: The target of the profile.
        """
        self._program = machine.program("dbt")
        self._target = target
        self._scratch = scratch
        self._environment = {
            **environment,
            "DBT_PROJECT_DIR": str(project),
            "DBT_PROFILES_DIR": str(project / "profiles"),
            "DBT_TARGET_PATH": str(scratch / "target"),
            "DBT_LOG_PATH": str(scratch / "logs"),
            "DBT_USE_COLORS": "false",
        }

    def run(self, name: str, *arguments: str, server: int | None = None) -> Step:
        """Run one command.

        Args:
            name: What to call it.
            arguments: dbt's own.
            server: Process id of the database server, if there is one.
        """
        results = self._scratch / "target" / "run_results.json"
        results.unlink(missing_ok=True)
        before = cpu_seconds_of(server)
        with Watch(server, is_tree=True) as servers:
            took = run(
                [self._program, *arguments, "--target", self._target],
                self._scratch / "output.txt",
                environment=self._environment,
                is_tree=True,
            )
        return Step(
            name=name,
            seconds=took.seconds,
            cpu_seconds=took.cpu_seconds,
            server_cpu_seconds=cpu_seconds_of(server) - before,
            peak_bytes=took.peak_bytes,
            server_peak_bytes=servers.peak,
            nodes=_nodes(results),
            failure=took.failure,
        )

    def marts(self) -> dict[str, str]:
        """The marts by name, each as SQL names it; known once dbt has run."""
        return {
            node["name"]: node["relation_name"]
            for node in self._models()
            if node["fqn"][1] == "marts"
        }

    def incremental_models(self) -> frozenset[str]:
        """The models that a run does not make whole, by name; known once dbt has run."""
        return frozenset(
            node["name"]
            for node in self._models()
            if node["config"]["materialized"] == "incremental"
        )

    def _models(self) -> list[dict[str, Any]]:
        manifest = json.loads((self._scratch / "target" / "manifest.json").read_text("utf-8"))
        return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def _nodes(results: Path) -> tuple[Node, ...]:
    if not results.exists():
        return ()
    return tuple(
        Node(_name(found["unique_id"]), found["status"], found["execution_time"])
        for found in json.loads(results.read_text("utf-8"))["results"]
    )


def _name(unique_id: str) -> str:
    kind, _, rest = unique_id.split(".", 2)
    # a data test has a hash behind its name, a unit test its model before it
    name = rest.rpartition(".")[0] or rest if kind == "test" else rest.rpartition(".")[2]
    return f"{kind} {name}"
