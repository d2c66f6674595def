"""A copy of the project beside a sandbox and a PostgreSQL, in which commands of pages are run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import yaml

from demo.meltano import clean
from tests.docs.pages import ROOT
from tests.nursery import Nursery

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from demo.database import Database
    from meta_sandbox import Sandbox
    from tests.docs.pages import Fence

TITLES = {"Needs a Meta account", "Needs a scheduler", "Needs your cloud"}
"""Titles of blocks that are for the reader alone."""

ONCE = "Once, in your warehouse"
"""Title of a statement that is run on the warehouse when its turn comes."""

_COPIED = ("meltano.yml", "constraints.txt", ".env.example", "Makefile", "transform", "docs")
_LEFT = shutil.ignore_patterns("target", "logs", "__pycache__", ".user.yml")
_ASSIGNMENT = re.compile(r"([A-Z_][A-Z0-9_]*)=('[^']*'|\"[^\"]*\"|[^\s'\"]*)\s+")
_NO_TESTS = "--exclude-resource-types unit_test test"
_BUILD = " dbt-postgres:build"
_ONLY_BUILD = re.compile(rf"meltano (run|invoke){_BUILD}( -|$)")


@dataclass
class Place:
    """The copy, and what runs in it.

    Attributes:
        folder: Where it is.
        given: The variables of all commands.
        secrets: Values of variables by the end of their names.
        replaced: Texts of pages, and what stands for them here.
    """

    folder: Path
    given: Mapping[str, str]
    secrets: Mapping[str, str]
    replaced: Mapping[str, str]
    _set: dict[str, str] = field(default_factory=dict)
    _written: list[Path] = field(default_factory=list)
    _done: set[tuple[str, str]] = field(default_factory=set)
    _built: bool = False

    def begin(self) -> None:
        """Begin a page: `meltano.yml` is the repository's, and nothing is set by a `.env`."""
        text = (ROOT / "meltano.yml").read_text(encoding="utf-8")
        # The tests of the data are most of a build, and have tests of their own.
        less = text.replace("build --exclude-resource-type unit_test", f"build {_NO_TESTS}")
        assert less != text
        (self.folder / "meltano.yml").write_text(less, encoding="utf-8")
        self._set.clear()
        while self._written:
            self._written.pop().unlink()

    def take(self, fence: Fence, elsewhere: Iterable[str]) -> str:
        """Do what a reader does with a block of code.

        Returns:
            What was said, if it failed; else nothing.
        """
        if fence.title == "meltano.yml":
            self._configure(fence.text)
        elif fence.title == ".env":
            self._set_variables(fence.text)
        elif fence.title == ONCE:
            with psycopg.connect(self.given["DATABASE_URL"]) as connection:
                connection.execute(fence.text.encode())
        elif "/" in fence.title:
            path = self.folder / fence.title
            path.write_text(fence.text, encoding="utf-8")
            self._written.append(path)
        elif fence.language == "sh" and not fence.title:
            return self._run(fence.text, elsewhere)
        return ""

    def _configure(self, part: str) -> None:
        """Put a part into `meltano.yml`."""
        whole = merged(self._project(), yaml.safe_load(part))
        (self.folder / "meltano.yml").write_text(
            yaml.safe_dump(whole, sort_keys=False), encoding="utf-8"
        )

    def _set_variables(self, part: str) -> None:
        """Set the variables of a part of a `.env`, but for those of all; secrets are our own."""
        for line in part.splitlines():
            name, equals, value = line.partition("=")
            secret = next((self.secrets[end] for end in self.secrets if name.endswith(end)), value)
            if equals and not name.startswith("#") and name not in self.given:
                self._set[name] = self._here(secret)

    def _run(self, script: str, elsewhere: Iterable[str]) -> str:
        """Run a block as it stands.

        Left out are commands that are run elsewhere; runs of Meltano that were made before with the
        same `meltano.yml`; and a second build of the star schema, which takes longer than the rest.
        """
        left = []
        for command in commands(script):
            made = self._made(command)
            run = (self._configuration(made), made)
            if command in elsewhere or run in self._done:
                continue
            if " run " in made:
                self._done.add(run)
            if not (self._built and _BUILD in made):
                left.append(command)
            elif not _ONLY_BUILD.search(made):
                left.append(made.replace(_BUILD, ""))
            self._built |= _BUILD in made
        if not left:
            return ""
        text = self._here("\n".join(left))
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", text],
            cwd=self.folder,
            env={**self.given, **self._set},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode == 0:
            return ""
        return f"status {done.returncode}\n{text}\n{done.stdout[-3000:]}"

    def _here(self, text: str) -> str:
        for theirs, ours in self.replaced.items():
            text = text.replace(theirs, ours)
        return text

    def _configuration(self, command: str) -> str:
        """What `meltano.yml` says of the plugins that a command names."""
        words = set(command.replace(":", " ").split())
        plugins = self._project()["plugins"].values()
        return str([one for kind in plugins for one in kind if one["name"] in words])

    def _project(self) -> Any:  # noqa: ANN401 - any YAML
        return yaml.safe_load((self.folder / "meltano.yml").read_text(encoding="utf-8"))

    def _made(self, command: str) -> str:
        """The command with the tasks of a job in place of its name."""
        plain = command.replace(".venv/bin/", "")
        for job in self._project()["jobs"]:
            plain = re.sub(rf"(?<= run ){job['name']}\b", " ".join(job["tasks"]), plain)
        return plain


def merged(whole: Any, part: Any) -> Any:  # noqa: ANN401 - any YAML
    """Put a part into a whole as a reader would: by keys, entries by name, other entries behind."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return whole | {key: merged(whole.get(key), value) for key, value in part.items()}
    if isinstance(whole, list) and isinstance(part, list):
        named = {entry["name"]: entry for entry in part if isinstance(entry, dict)}
        kept = [
            merged(one, named.pop(one["name"], one)) if isinstance(one, dict) else one
            for one in whole
        ]
        others = [entry for entry in part if not isinstance(entry, dict) and entry not in whole]
        return [*kept, *named.values(), *others]
    return part


def commands(script: str) -> list[str]:
    """The commands of a block, without what is said beside them; lines that go on are joined."""
    joined = re.sub(r"\\\n\s*", " ", script)
    bare = [re.sub(r"(^|\s\s+)#.*$", "", line).rstrip() for line in joined.splitlines()]
    return [line for line in bare if line]


def assignments(command: str) -> tuple[dict[str, str], str]:
    """The variables that are set in front of a command, and the command without them."""
    found = {}
    while match := _ASSIGNMENT.match(command):
        found[match[1]] = shlex.split(match[2])[0] if match[2] else ""
        command = command[match.end() :]
    return found, command


def make(folder: Path, sandbox: Sandbox, database: Database) -> Place:
    """Copy the project and say where Meta and the warehouse are.

    State and logs are the copy's own; `warm` links the repository's environments into it.
    """
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=_LEFT)
        else:
            shutil.copy(ROOT / name, folder / name)
    first, second = sandbox.world.accounts[:2]
    path = f"{folder / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **clean(os.environ),
        **database.environment(),
        "PATH": path,
        "MELTANO_CLI_LOG_FORMAT": "uncolored",
        # Nothing is to be asked of the hub.
        "MELTANO_HUB_URL": "http://127.0.0.1:9",
        "NO_COLOR": "1",
        "DBT_LOG_LEVEL_FILE": "none",  # it takes time, and nobody reads it
        "DATABASE_URL": database.url(),
        "TOKEN": sandbox.token,
        "META_ADS_PIXEL_ID": first.pixel_id,
    }
    for plugin_name in ("TAP_META_ADS", "TARGET_META_ADS"):
        environment[f"{plugin_name}_API_URL"] = sandbox.url
        environment[f"{plugin_name}_ACCESS_TOKEN"] = sandbox.token
        environment[f"{plugin_name}_MAX_RETRY_SECONDS"] = "10"
    environment["TARGET_META_ADS_AD_ACCOUNT_ID"] = first.id
    first_day = sandbox.world.clock.now() - timedelta(days=sandbox.world.days - 1)
    environment["TAP_META_ADS_START_DATE"] = first_day.date().isoformat()
    url = database.url()
    replaced = {
        "postgresql://user:password@host:5432/database": url,
        "postgresql+psycopg://user:password@host:5432/database": url.replace("ql:", "ql+psycopg:"),
        "http://127.0.0.1:8080": sandbox.url,
        "act_1234567890": first.id,
        "act_2345678901": second.id,
    }
    secrets = {"_ACCESS_TOKEN": sandbox.token, "_APP_SECRET": sandbox.app_secret}
    return Place(folder, environment, secrets, replaced)


def _environments() -> Iterator[tuple[Path, str]]:
    """Each environment that a command runs in, and the program in it that is called."""
    yield Path(sys.executable).parents[1], "meltano"
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    for kind, plugins in project["plugins"].items():
        for plugin in plugins:
            yield ROOT / ".meltano" / kind / plugin["name"] / "venv", plugin["executable"]


@contextmanager
def warm(folder: Path, given: Mapping[str, str]) -> Iterator[None]:
    """Link the environments of the project and of its plugins into the copy.

    Programs have imported their modules already.
    """
    with ExitStack() as stack:
        for environment, program in _environments():
            inside = folder / environment.relative_to(ROOT)
            (inside / "bin").mkdir(parents=True)
            for path in (*environment.iterdir(), *(environment / "bin").iterdir()):
                if path.name not in {"bin", program}:
                    (inside / path.relative_to(environment)).symlink_to(path)
            nursery = Nursery(environment / "bin" / program, given)
            stack.callback(nursery.close)
            nursery.stand_in(inside / "bin" / program)
        yield
