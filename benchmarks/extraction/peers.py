"""The peers: which versions, and an environment of its own for each."""

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

_OLDEST, _NEWEST = (3, 10), (3, 13)
_ASK = "import sys; print(*sys.version_info[:2])"
_STAMP = "installed.txt"


class PeerError(Exception):
    """A peer could not be installed; the message says why."""


@dataclass(frozen=True)
class Peer:
    """Another extractor.

    Attributes:
        name: Name of its distribution.
        version: Its version.
        pins: What it leaves open and what decides over its speed.
        entry: What its command calls, `module:function`.
    """

    name: str
    version: str
    pins: tuple[str, ...]
    entry: str

    @property
    def requirements(self) -> tuple[str, ...]:
        """What is installed."""
        return (f"{self.name}=={self.version}", *self.pins)


TAP_FACEBOOK = Peer(
    "tap-facebook",
    "1.26.0",
    ("singer-python==6.8.0", "facebook_business==25.0.1"),
    "tap_facebook:main",
)
AIRBYTE = Peer(
    "airbyte-source-facebook-marketing",
    "6.1.9",
    ("airbyte-cdk==7.39.1", "facebook_business==25.0.3"),
    "source_facebook_marketing.run:run",
)


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
    _do([_base_python(), "-m", "venv", str(folder)])
    _do([str(python), "-m", "pip", "install", "--quiet", *peer.requirements])
    stamp.write_text(wanted)
    return python


def _do(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerError(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")


def _base_python() -> str:
    """A Python that both peers run on.

    Raises:
        PeerError: There is none.
    """
    for python in _pythons():
        try:
            asked = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        major, minor = map(int, asked.stdout.split())
        if _OLDEST <= (major, minor) <= _NEWEST:
            return python
    raise PeerError("The peers need a Python from 3.10 to 3.13, and none was found.")


def _pythons() -> Iterator[str]:
    """Pythons of this machine: our own first, so that all tools run on the same version."""
    yield sys.executable
    names = [f"python3.{minor}" for minor in (11, 12, 10, 13)]
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
