"""What the READMEs say is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READMES = [
    path.relative_to(ROOT) for path in sorted([*ROOT.glob("*/README.md"), *ROOT.glob("README.md")])
]


def test_generated_parts_are_in_step(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docgen", "--check"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run `make docs`\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("readme", READMES, ids=str)
def test_links_within_the_repository_exist(repository: Path, readme: Path) -> None:
    text = (repository / readme).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (repository / readme.parent / target).exists(), target


def test_make_commands_exist(repository: Path) -> None:
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    for readme in READMES:
        text = (repository / readme).read_text(encoding="utf-8")
        for target in re.findall(r"^make ([a-z-]+)", text, re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{readme}: make {target}"
