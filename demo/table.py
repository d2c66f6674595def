"""Prints a small table for people, whatever is in its cells."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MAX_WIDTH = 44


def render(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lay out rows under a header; numbers to the right, all else to the left.

    Args:
        header: The columns' titles.
        rows: Cells of any type; None is shown as an empty cell.

    Returns:
        Lines without trailing blanks, the header and a rule first.
    """
    rows = [list(row) for row in rows]
    right = [
        bool(rows) and all(_is_number(row[place]) for row in rows) for place in range(len(header))
    ]
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(width(row[place]) for row in cells) for place in range(len(header))]
    lines = []
    for row in cells:
        parts = [_pad(text, widths[place], right=right[place]) for place, text in enumerate(row)]
        lines.append("  ".join(parts).rstrip())
    lines.insert(1, "  ".join("-" * size for size in widths))
    return lines


def width(text: str) -> int:
    """Count the terminal columns of a text: wide characters and emoji take two."""
    return sum(_char_width(character) for character in text)


def plain(text: str) -> str:
    """Make one printable line of any text: control and invisible characters by their escapes."""
    return "".join(
        character if _is_printable(character) else character.encode("unicode_escape").decode()
        for character in text
    )


def _is_number(value: object) -> bool:
    return value is None or (not isinstance(value, (str, bool)) and hasattr(value, "__round__"))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _shorten(plain(value))
    return f"{value:,}" if _is_number(value) else str(value)


def _shorten(text: str) -> str:
    if width(text) <= _MAX_WIDTH:
        return text
    kept, used = [], 0
    for character in text:
        used += _char_width(character)
        if used > _MAX_WIDTH - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _pad(text: str, size: int, *, right: bool) -> str:
    blanks = " " * (size - width(text))
    return blanks + text if right else text + blanks


def _char_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _is_printable(character: str) -> bool:
    # Format characters (Cf) could turn the direction of the line or hide in it.
    return character == " " or unicodedata.category(character)[0] not in {"C", "Z"}
