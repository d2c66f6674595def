"""Peers: other tools, each in an environment of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASK = "import sys; print(*sys.version_info[:2])"
_STAMP = "installed.txt"


class PeerError(Exception):
    """A peer could not be installed; the message says why."""


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


def ensure(peer: Peer, home: Path) -> Path:
    """Install a peer, unless it is there, and return its Python.

    Args:
        peer: The peer.
        home: Folder of all environments.

    Raises:
        PeerError: There is no Python for it, or pip fails.
    """
    folder = home / peer.name
    python = folder / "bin" / "python"
    stamp = folder / _STAMP
    wanted = "\n".join(peer.requirements)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"Installing {peer.name} {peer.version} ...", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    _do([_base_python(peer), "-m", "venv", str(folder)])
    _do([str(python), "-m", "pip", "install", "--quiet", *peer.requirements])
    stamp.write_text(wanted)
    return python


def _do(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerError(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")


def _base_python(peer: Peer) -> str:
    """A Python that a peer runs on.

    Raises:
        PeerError: There is none.
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
    raise PeerError(
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
