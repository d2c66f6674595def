"""The peer: which version, in an environment of its own, and how it is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.extraction.peers import Peer, PeerError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONDOR = Peer(
    "condor-retl-meta",
    "0.1.0",
    ("condor-retl[duckdb]==0.1.1", "duckdb==1.5.6", "pyarrow==22.0.0", "requests==2.34.2"),
    "",
)
PYTHON = "3.12"
"""The oldest that it runs on, and the one of the required figure."""

_DRIVER = Path(__file__).with_name("in_peer.py")
_STAMP = "installed.txt"


def ensure(home: Path) -> Path:
    """Install the peer, unless it is there, and return its Python.

    Args:
        home: Folder of all environments.

    Raises:
        PeerError: There is no Python for it, or pip fails.
    """
    folder = home / CONDOR.name
    python, stamp = folder / "bin" / "python", folder / _STAMP
    wanted = "\n".join(CONDOR.requirements)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"Installing {CONDOR.name} {CONDOR.version} ...", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    _do([_base_python(), "-m", "venv", str(folder)])
    _do([str(python), "-m", "pip", "install", "--quiet", *CONDOR.requirements])
    stamp.write_text(wanted)
    return python


def load_command(python: Path, kind: str, database: Path, records: Path) -> list[str]:
    """What puts the records into the table that it reads."""
    return [str(python), str(_DRIVER), "load", kind, str(database), str(records)]


def run_command(python: Path, kind: str, database: Path, url: str, destination: str) -> list[str]:
    """What delivers the table."""
    return [str(python), str(_DRIVER), "run", kind, str(database), url, destination]


def _do(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerError(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")


def _base_python() -> str:
    for python in _pythons():
        asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.stdout.strip() == PYTHON:
            return python
    raise PeerError(
        f"{CONDOR.name} is measured with Python {PYTHON}, and none was found. --no-peer leaves it "
        "out."
    )


def _pythons() -> Iterator[str]:
    name = f"python{PYTHON}"
    yield sys.executable
    if found := shutil.which(name):
        yield found
    # As pyenv and uv keep them, which need not be on the PATH.
    kept = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
    for folder in (Path(kept) / "versions", Path.home() / ".local/share/uv/python"):
        yield from (str(path) for path in sorted(folder.glob(f"*{PYTHON}.*/bin/{name}")))
