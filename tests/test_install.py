"""The choice of a Python by `make`, on machines with too old, incomplete or several ones."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"]
# An interpreter that answers the script's two questions, then says that it was chosen.
FAKE = """#!/bin/sh
case "$*" in
  *version_info*) exit {old} ;;
  *ensurepip*) exit {bare} ;;
  --version) echo "Python of a test" ;;
  *) echo "chosen: ${{0##*/}}" >&2; exit 9 ;;
esac
"""


def install(repository: Path, place: Path, pythons: dict[str, str], python: str = "") -> str:
    """Run the script among these interpreters and return what it says last."""
    for name in NAMES:
        kind = pythons.get(name, "old")
        fake = FAKE.format(old=int(kind == "old"), bare=int(kind == "bare"))
        (place / name).write_text(fake)
        (place / name).chmod(0o755)
    answer = subprocess.run(
        ["/bin/sh", str(repository / ".ci/install")],
        cwd=place,
        env={"PATH": f"{place}{os.pathsep}/usr/bin{os.pathsep}/bin", "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode != 0
    return answer.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("pythons", "python", "said"),
    [
        ({}, "", "Python 3.10 or later is needed"),
        ({"python3": "good"}, "", "chosen: python3"),
        ({"python3": "good", "python3.13": "good"}, "", "chosen: python3"),
        ({"python3.12": "good", "python3.10": "good"}, "", "chosen: python3.12"),
        ({"python3": "bare", "python3.11": "good"}, "", "chosen: python3.11"),
        ({"python": "good"}, "", "chosen: python"),
        ({"python3": "bare"}, "", "python3 cannot make virtual environments"),
        ({"python3": "good", "python3.10": "good"}, "python3.10", "chosen: python3.10"),
        ({"python3": "good"}, "python3.10", "python3.10 did not give one"),
    ],
)
def test_the_python_chosen(
    repository: Path, tmp_path: Path, pythons: dict[str, str], python: str, said: str
) -> None:
    assert said in install(repository, tmp_path, pythons, python)
