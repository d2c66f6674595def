"""Runs Meltano for the demo: quiet logs in a file, progress for people, failures in few lines."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from demo import pip_settings, processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PLUGINS = ("tap-meta-ads", "target-postgres", "dbt-postgres", "tap-postgres", "target-meta-ads")

# What a plugin's environment is made of.
_DEFINITIONS = ("meltano.yml", "constraints.txt", "*/pyproject.toml")
# The user's own settings, which the demo must not read or overrule by accident.
_THEIRS = ("TAP_META_ADS_", "TARGET_", "TAP_POSTGRES_", "META_ADS_", "DBT_", "MELTANO_", "PG")
_LAST_LINES = 12
_POLL_SECONDS = 0.2
# What every run says, whether it fails or not, and the frames that are drawn around tracebacks.
_NOISE = re.compile(
    r"^[╭│╰]|^\S+ +\d\d:\d\d:\d\d$|\bMETRIC\b|Skipping parse of env var|Beginning sync of"
    r"|Meltano SDK v|Meltano \d|state backend|Reading state|No state was found|partial parsing"
    r"|Running (job|catalog|with)|Environment '\w+' is active|Force option|completed processing"
    r"|[Rr]un completed$|Need help fixing|^Traceback|^ *File \"|^meltano$|BrokenPipeError"
    r"|Task exception|^future: <Task|Registered adapter|Concurrency: "
)


class MeltanoError(RuntimeError):
    """A Meltano command failed; the message ends with what it said last and where its log is."""


class Meltano:
    """The project's Meltano, with its state beside the demo's data."""

    def __init__(
        self,
        project: Path,
        home: Path,
        settings: Mapping[str, str],
        environment: str = "demo",
    ) -> None:
        """Describe the project.

        Args:
            project: The folder of `meltano.yml`.
            home: The folder of the demo's data; state and logs go there, so that they are
                deleted together with the rows that they speak of.
            settings: Variables for the plugins.
            environment: Meltano's environment.
        """
        self._name = environment
        self._project = project
        self._home = home
        self._logs = home / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._installed = project / ".meltano" / "demo-installed.json"
        # An empty file of its own: the user's .env is for their account and warehouse.
        self._env_file = home / "env"
        self._env_file.write_text("", encoding="utf-8")
        self._environment = {
            **clean(os.environ),
            **pip_settings.read(),
            **settings,
            "MELTANO_DATABASE_URI": f"sqlite:///{home / 'meltano.db'}",
            "MELTANO_CLI_LOG_FORMAT": "uncolored",
            "DBT_TARGET_PATH": str(home / "dbt"),
            "DBT_LOG_PATH": str(self._logs),
            "DBT_USE_COLORS": "false",
            "NO_COLOR": "1",
        }

    def needs_install(self) -> bool:
        """Say whether a plugin is missing or its definition has changed since the last time."""
        try:
            known = json.loads(self._installed.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return True
        return bool(known != self._fingerprint())

    def install(self, on_line: Callable[[str], None]) -> None:
        """Make the plugins' environments, unless they are made already.

        Of several processes that ask for it at once one does it, the others wait.

        Args:
            on_line: Called with each line that Meltano writes, and with "" while it is silent.

        Raises:
            MeltanoError: The installation failed.
        """
        self._installed.parent.mkdir(exist_ok=True)
        with self._installed.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.needs_install():
                self._call("install", ["install", *PLUGINS], on_line)
                self.remember_install()

    def remember_install(self) -> None:
        """Note that the plugins' environments are those of the present definitions."""
        self._installed.write_text(json.dumps(self._fingerprint()), encoding="utf-8")

    def run(self, blocks: Sequence[str], on_line: Callable[[str], None]) -> None:
        """Run blocks as `meltano run` does.

        Args:
            blocks: Plugins and commands in their order.
            on_line: Called with each line that Meltano writes, and with "" while it is silent.

        Raises:
            MeltanoError: A block failed.
        """
        # A run that was killed looks to Meltano as if it went on for five more minutes; that no
        # other runs over the same data, the lock of the data folder tells better.
        with self._alone(on_line):
            self._call("run", ["run", "--force", *blocks], on_line)

    @contextmanager
    def _alone(self, on_line: Callable[[str], None]) -> Iterator[None]:
        """Wait for other runs in this project, whatever their data.

        All of them would write a plugin's catalog and state into the same file of `.meltano/run`.
        """
        with self._installed.with_name("demo-run.lock").open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    on_line("")
                    time.sleep(_POLL_SECONDS)
            yield

    def _fingerprint(self) -> dict[str, str]:
        files = sorted(path for pattern in _DEFINITIONS for path in self._project.glob(pattern))
        return {
            str(path.relative_to(self._project)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        } | {"python": sys.version, "project": str(self._project)}

    def _call(self, name: str, arguments: Sequence[str], on_line: Callable[[str], None]) -> None:
        log = self._logs / f"{name}.log"
        # By the interpreter, since a script's first line does not bear blanks in a path.
        command = [sys.executable, str(Path(sys.executable).with_name("meltano"))]
        command += [f"--environment={self._name}", f"--env-file={self._env_file}", *arguments]
        with log.open("wb") as output:
            process = processes.start(
                command,
                output=output,
                environment=self._environment,
                folder=self._project,
                with_children=True,
            )
            try:
                for line in _follow(log, process):
                    on_line(line)
            finally:
                status = processes.stop(process)
        if status != 0:
            said = log.read_text(encoding="utf-8", errors="replace")
            raise MeltanoError(
                f"meltano {name} failed. The last that it said:\n\n"
                + "\n".join(f"    {line}" for line in last_words(said))
                + f"\n\nAll of it: {log}"
            )


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out of an environment what is meant for the user's own account and warehouse."""
    return {name: value for name, value in environment.items() if not name.startswith(_THEIRS)}


def last_words(log: str, count: int = _LAST_LINES) -> list[str]:
    """Choose the lines at a log's end that tell why a run failed, without time stamps."""
    lines = [_bare(line) for line in log.splitlines()]
    return [line for line in lines if line and not _NOISE.search(line)][-count:]


def _bare(line: str) -> str:
    # 2026-11-20T10:11:12.123456Z [info     ] text   key=value key=value
    line = re.sub(r"\x1b\[[\d;]*m", "", line)
    text = re.sub(r"^\d{4}-\d\d-\d\dT[\d:.]+Z?\s+\[\w+\s*\]\s*", "", line)
    return re.sub(r"(\s+[\w.]+=(\S+|'[^']*'))+\s*$", "", text).rstrip()


def _follow(log: Path, process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield the whole lines that a process writes into a file, and "" now and then."""
    rest = b""
    with log.open("rb") as written:
        while True:
            ended = process.poll() is not None
            rest += written.read()
            *lines, rest = rest.split(b"\n")
            for line in lines:
                yield line.decode("utf-8", errors="replace")
            if ended:
                return
            yield ""
            try:
                process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
