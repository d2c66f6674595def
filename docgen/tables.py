"""Markdown tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out rows under a header, with blank lines around them.

    Args:
        header: Titles of the columns.
        rows: Cells as Markdown; a `|` in them is escaped.
    """
    cells = [header, ["---"] * len(header), *rows]
    return lines([f"| {' | '.join(map(_cell, row))} |" for row in cells])


def lines(rows: Sequence[str]) -> str:
    """Lines as cog puts them between its markers."""
    return "\n".join(["", *rows, ""])


def code(names: Iterable[str]) -> str:
    """Names as code, with commas between them."""
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
