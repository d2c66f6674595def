"""One dbt command in a process of its own: how long, how much processor time and memory, what said.

The memory of the server counts apart, and what its processes share counts once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from typing_extensions import Self

_LOOK_SECONDS = 0.05
_KIB = 1024
_TOLD = 3000
_BAD = {"fail", "error", "runtime error", "skipped"}


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
        beside = Path(sys.executable).with_name("dbt")
        self._program = str(beside) if beside.exists() else "dbt"
        self._target = target
        self._scratch = scratch
        self._environment = {
            **os.environ,
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
        output = self._scratch / "output.txt"
        before = cpu_seconds_of(server)
        with output.open("wb") as out:
            began = time.perf_counter()
            child = subprocess.Popen(
                [self._program, *arguments, "--target", self._target],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._environment,
            )
            with Peak(child.pid) as own, Peak(server) as servers:
                try:
                    _, status, usage = os.wait4(child.pid, 0)
                except BaseException:
                    child.kill()
                    child.wait()
                    raise
            seconds = time.perf_counter() - began
            child.returncode = os.waitstatus_to_exitcode(status)
        return Step(
            name=name,
            seconds=seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            server_cpu_seconds=cpu_seconds_of(server) - before,
            peak_bytes=own.bytes,
            server_peak_bytes=servers.bytes,
            nodes=_nodes(results),
            failure=_last_words(output) if child.returncode else "",
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


def _last_words(output: Path) -> str:
    return output.read_text("utf-8", errors="replace").strip()[-_TOLD:]


# -- processes --------------------------------------------------------------------------------


class Peak:
    """The most memory that a process and its children have at once, looked at while it lasts.

    Attributes:
        bytes: The peak; 0 where the system does not tell.
    """

    def __init__(self, root: int | None) -> None:
        """Look at a process, or at none."""
        self.bytes = 0
        self._root = root
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while self._root and not self._over.is_set():
            self.bytes = max(self.bytes, _resident(self._root))
            self._over.wait(_LOOK_SECONDS)


def _resident(root: int) -> int:
    """Memory of a tree of processes: each one's own, and once the most that one of them shares.

    What is shared are the server's buffers and the program itself, which every process maps.
    """
    own = files = shared = 0
    for pid in _tree(root):
        sizes = _sizes(pid)
        own += sizes.get("RssAnon", 0)
        files = max(files, sizes.get("RssFile", 0))
        shared = max(shared, sizes.get("RssShmem", 0))
    return own + files + shared


def _sizes(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended, or this is no Linux
        return {}
    return {
        line.partition(":")[0]: int(line.split()[1]) * _KIB
        for line in lines
        if line.startswith("Rss")
    }


def _tree(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for pid in found:
        try:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
    return found


def cpu_seconds_of(root: int | None) -> float:
    """Processor time of a process, its children and those that have ended; 0 for none."""
    if not root:
        return 0.0
    ticks = 0
    for pid in _tree(root):
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        # utime, stime, cutime, cstime, counted from behind the name in parentheses
        times: Sequence[str] = text.rpartition(")")[2].split()[11:15]
        ticks += sum(map(int, times if pid == root else times[:2]))
    return ticks / os.sysconf("SC_CLK_TCK")
