"""Peers: other tools, each in an environment of its own."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.report import Version
from demo import pip_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOME = Path(__file__).resolve().parents[1] / ".bench"
"""Folder of all environments, and of what the benchmarks write while they run."""

_ASK = "import sys; print(*sys.version_info[:2])"
_STAMP = "installed.txt"


class PeerError(Exception):
    """A peer could not be installed; the message says why."""


class NoPythonError(PeerError):
    """This machine has none of the Pythons that a peer runs on."""


@dataclass(frozen=True)
class Peer:
    """Another tool.

    Attributes:
        name: Name of its distribution.
        version: Its version.
        pins: What it leaves open and what decides over its speed.
        minors: The Pythons that it runs on, 3.x, the best first.
    """

    name: str
    version: str
    pins: tuple[str, ...]
    minors: tuple[int, ...]

    @property
    def requirements(self) -> tuple[str, ...]:
        """What is installed."""
        return (f"{self.name}=={self.version}", *self.pins)


def make_home() -> Path:
    """Make the folder, unless it is there, and return it."""
    HOME.mkdir(exist_ok=True)
    # The folder keeps itself out of git, as the caches of other tools do.
    (HOME / ".gitignore").write_text("*\n")
    return HOME


def ensure(peer: Peer) -> Path:
    """Install a peer, unless it is there, and return its Python.

    May be called by several processes at once: one installs, the others wait for it.

    Raises:
        NoPythonError: There is no Python for it.
        PeerError: uv fails.
    """
    folder = make_home() / peer.name
    with _alone(folder.with_suffix(".lock")):
        return _installed(peer, folder)


def ensure_all(peers: Iterable[Peer]) -> tuple[dict[Peer, Path], dict[Peer, str]]:
    """Install what can be installed of several peers.

    Returns:
        The Python of each that is there, and for each other one a sentence that says so. What uv
        said, which may name places that are nobody's business, goes to standard error.
    """
    pythons, absent = {}, {}
    for peer in peers:
        try:
            pythons[peer] = ensure(peer)
        except NoPythonError as error:
            absent[peer] = str(error)
        except PeerError as error:
            print(error, file=sys.stderr, flush=True)
            absent[peer] = f"{peer.name} {peer.version} could not be installed."
    return pythons, absent


def version_of(peer: Peer, python: Path | None, absent: str) -> Version:
    """Tell which version takes part, of which of its dependencies, on which Python.

    Args:
        peer: The peer.
        python: Its Python, if it is installed.
        absent: Why it takes no part, in a few words; empty when it does.
    """
    if absent or not python:
        return Version(peer.name, absent)
    on = f"Python {machine.version_said_by(str(python), 'Python')}"
    return Version(peer.name, peer.version, ", ".join([*peer.pins, on]))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock, which the system takes back when the process ends, however it ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _installed(peer: Peer, folder: Path) -> Path:
    python = folder / "bin" / "python"
    stamp = folder / _STAMP
    wanted = "\n".join(peer.requirements)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"Installing {peer.name} {peer.version} ...", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    uv("venv", "--python", _base_python(peer), str(folder))
    # As pip does it: else the first run of a peer would be slower than all others.
    uv("pip", "install", "--compile-bytecode", "--python", str(python), *peer.requirements)
    stamp.write_text(wanted)
    return python


def uv(*arguments: str) -> None:
    """Run uv, told of pip's index, and without a word.

    Raises:
        PeerError: It fails.
    """
    environment = {**os.environ, **pip_settings.read(), "UV_PYTHON_DOWNLOADS": "never"}
    command = [sys.executable, "-m", "uv", *arguments, "--quiet"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerError(f"uv {' '.join(arguments)} failed:\n{done.stderr.strip()[-2000:]}")


def _base_python(peer: Peer) -> str:
    """A Python that a peer runs on.

    Raises:
        NoPythonError: There is none.
    """
    for python in _pythons(peer):
        try:
            asked = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        major, minor = map(int, asked.stdout.split())
        if major == 3 and minor in peer.minors:  # noqa: PLR2004 - Python 3
            return python
    wanted = ", ".join(f"3.{minor}" for minor in sorted(peer.minors))
    raise NoPythonError(
        f"{peer.name} runs on Python {wanted}, and none was found: install one, or leave it "
        "out with --no-peers."
    )


def _pythons(peer: Peer) -> Iterator[str]:
    """Pythons of this machine: our own first, so that all tools run on the same version."""
    yield sys.executable
    names = [f"python3.{minor}" for minor in peer.minors]
    for name in names:
        if found := shutil.which(name):
            yield found
    # As pyenv and uv keep them, which need not be on the PATH.
    kept = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
    for folder in (Path(kept) / "versions", Path.home() / ".local/share/uv/python"):
        found_here = sorted(folder.glob("*3.*")) if folder.is_dir() else []
        for name in names:
            pattern = re.compile(rf"(^|-){re.escape(name.removeprefix('python'))}(\.|$)")
            yield from (
                str(path / "bin" / name)
                for path in found_here
                if pattern.search(path.name) and (path / "bin" / name).exists()
            )
