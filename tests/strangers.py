"""What tests share that run programs of others against the sandbox."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from benchmarks.peers import Peer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SDK = Peer(
    "facebook-business",
    "26.0.3",
    ("aiohttp==3.14.5", "requests==2.34.2", "pycountry==26.2.16"),
    (11, 12, 10, 13),
)
ADDRESS = "http://127.0.0.1:8080"


def keep_from_meta(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no program that is started reach Meta.

    The sandbox speaks plain HTTP: what goes by HTTPS is meant for Meta, and meets a closed port.
    """
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


def program(repository: Path, word: str, url: str = ADDRESS) -> str:
    """The one program in the sandbox's README that has a word, with the address of a sandbox."""
    readme = (repository / "meta-sandbox" / "README.md").read_text(encoding="utf-8")
    programs: list[str] = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (found,) = [one for one in programs if word in one]
    return found.replace(ADDRESS, url)


def run(command: list[str]) -> str:
    """What a command writes to its standard output."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
