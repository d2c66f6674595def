"""The files that are made whole: definitions for the Hub, and lock files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.definitions import HUB_PLUGINS, definition_yaml, lock
from hub.words import OWNER

if TYPE_CHECKING:
    from pathlib import Path


def expected() -> dict[str, str]:
    """What is to stand in each file, by its path in the repository."""
    made = {}
    for name, plugin in HUB_PLUGINS.items():
        made[f"hub/_data/meltano/{plugin.folder}/{name}/{OWNER}.yml"] = definition_yaml(name)
        made[f"{name}/plugins/{plugin.folder}/{name}--{OWNER}.lock"] = lock(name)
    return made


def present(root: Path) -> set[str]:
    """The files that stand where such files belong, by their paths in the repository."""
    found = [*root.glob("hub/_data/**/*.yml"), *root.glob("*/plugins/*/*.lock")]
    return {path.relative_to(root).as_posix() for path in found}


def write(root: Path) -> None:
    """Write the files, and remove those of another owner."""
    for name in present(root) - expected().keys():
        (root / name).unlink()
    for name, text in expected().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
