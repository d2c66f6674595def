"""What hears what a reader of rows tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


class Told:
    """What a reader told of odd values and new names."""

    def __init__(self) -> None:
        self.misfits: list[tuple[str, str]] = []
        self.names: list[str] = []

    def misfit(self, name: str, value: object) -> None:
        self.misfits.append((name, repr(value)))

    def unknown(self, names: Collection[str]) -> None:
        self.names.extend(sorted(names))
