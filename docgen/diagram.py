"""The star schema as a picture, drawn from the foreign keys of the contracts.

The dimensions that most facts share stand on top, on one line that all facts hang on; those of a
single fact hang on that fact. There is a wide picture, and one of a single column for telephones.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from docgen import marts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docgen.marts import Mart

_STYLE = """
  .back { fill: #ffffff }
  .fact { fill: #e3ecfa; stroke: #3465a4 }
  .dim { fill: #f4ecdc; stroke: #a67c2d }
  .line { fill: none; stroke: #6b7280; stroke-width: 1.5 }
  .tip { fill: #6b7280 }
  text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1c2430 }
  .name { font-size: 14px; font-weight: 600 }
  .small { font-size: 13px }
  .note { font-size: 12.5px; fill: #4b5563 }
  @media (prefers-color-scheme: dark) {
    .back { fill: #1e2129 }
    .fact { fill: #22344f; stroke: #82aaff }
    .dim { fill: #40361f; stroke: #d9b35c }
    .line { stroke: #9aa4b2 }
    .tip { fill: #9aa4b2 }
    text { fill: #e6e9ef }
    .note { fill: #b6bfcc }
  }
"""
_CHIP, _FACT, _GAP, _STUB = 30, 48, 12, 18
# From coarse to fine; a fact is told by the finest that its key has.
_LEVELS = ("account", "campaign", "adset", "ad")
_WORDS = {"date": "day", "adset": "ad set"}


@dataclass
class _Canvas:
    """Shapes of a picture, in pixels."""

    width: int
    shapes: list[str] = field(default_factory=list)

    def box(self, kind: str, at: tuple[int, int], size: tuple[int, int], texts: list[str]) -> None:
        """Draw a box with one line of text, or with a name and a note under it."""
        (left, top), (width, height) = at, size
        self.shapes.append(
            f'<rect class="{kind}" x="{left}" y="{top}" width="{width}" height="{height}" rx="5"/>'
        )
        if len(texts) == 1:
            self.text("small", left + 10, top + height // 2 + 5, texts[0])
        else:
            self.text("name", left + 10, top + 20, texts[0])
            self.text("note", left + 10, top + 38, texts[1])

    def text(self, kind: str, left: int, base: int, text: str) -> None:
        self.shapes.append(f'<text class="{kind}" x="{left}" y="{base}">{escape(text)}</text>')

    def line(self, *points: tuple[int, int]) -> None:
        path = " ".join(f"{x},{y}" for x, y in points)
        self.shapes.append(f'<polyline class="line" points="{path}"/>')

    def arrow(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Draw a straight line with a tip at its end."""
        self.line(start, end)
        (x, y), size = end, 6
        if start[1] == y:
            back = x - size if start[0] < x else x + size
            corners = f"{x},{y} {back},{y - 4} {back},{y + 4}"
        else:
            back = y - size if start[1] < y else y + size
            corners = f"{x},{y} {x - 4},{back} {x + 4},{back}"
        self.shapes.append(f'<polygon class="tip" points="{corners}"/>')

    def svg(self, height: int, about: str) -> str:
        size = f'width="{self.width}" height="{height}" viewBox="0 0 {self.width} {height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
        title = f"<title>Star schema</title>\n<desc>{escape(about)}</desc>"
        back = f'<rect class="back" width="{self.width}" height="{height}" rx="8"/>'
        return "\n".join(
            [head, title, f"<style>{_STYLE}</style>", back, *self.shapes, "</svg>", ""]
        )


def wide() -> str:
    """The picture in three columns, 960 pixels wide."""
    shared, further, facts = _parts(marts.read())
    canvas = _Canvas(960)
    top, chip, columns, margin = 20, 136, 3, 16
    row = [*shared, *further]
    space = (canvas.width - 2 * margin - len(row) * chip) // (len(row) - 1)
    lefts = {name: margin + at * (chip + space) for at, name in enumerate(row)}
    trunk = top + _CHIP + 26
    for name, left in lefts.items():
        canvas.box("dim", (left, top), (chip, _CHIP), [name])
        if name in shared:
            canvas.line((left + chip // 2, top + _CHIP), (left + chip // 2, trunk))
    for child, parent in _edges(row):
        start, end = lefts[child], lefts[parent]
        ends = (start + chip, end) if start < end else (start, end + chip)
        canvas.arrow((ends[0], top + 15), (ends[1], top + 15))
    width = (canvas.width - 2 * margin - (columns - 1) * 24) // columns
    first = margin + 2
    canvas.line((first, trunk), (lefts[shared[-1]] + chip // 2, trunk))
    bottom = 0
    per_column = -(-len(facts) // columns)
    for column in range(columns):
        left, low = first + column * (width + 24), trunk + 22
        stub = trunk
        for fact in facts[column * per_column : (column + 1) * per_column]:
            stub = low + _FACT // 2
            canvas.line((left, stub), (left + _STUB, stub))
            low = _fact(canvas, fact, (left + _STUB, low), width - _STUB, shared) + 20
        canvas.line((left, trunk), (left, stub))
        bottom = max(bottom, low)
    return canvas.svg(bottom, _about(facts))


def narrow() -> str:
    """The picture in one column, 360 pixels wide."""
    shared, further, facts = _parts(marts.read())
    canvas = _Canvas(360)
    left, low, width = 14, 16, 200
    tops = {}
    for name in [*shared, *further]:
        tops[name] = low
        canvas.box("dim", (left + _STUB, low), (width, _CHIP), [name])
        if name in shared:
            canvas.line((left, low + 15), (left + _STUB, low + 15))
        low += _CHIP + 16
    for child, parent in _edges(list(tops)):
        above = tops[parent] < tops[child]
        start, end = tops[child], tops[parent]
        ends = (start, end + _CHIP) if above else (start + _CHIP, end)
        canvas.arrow((left + 118, ends[0]), (left + 118, ends[1]))
    stub = low = low + 8
    for fact in facts:
        stub = low + _FACT // 2
        canvas.line((left, stub), (left + _STUB, stub))
        low = _fact(canvas, fact, (left + _STUB, low), 360 - left - _STUB - 14, shared) + 16
    canvas.line((left, 31), (left, stub))
    return canvas.svg(low, _about(facts))


def _fact(
    canvas: _Canvas, fact: Mart, at: tuple[int, int], width: int, shared: Sequence[str]
) -> int:
    """Draw a fact with the dimensions that it has beside the shared ones; return its bottom."""
    left, top = at
    canvas.box("fact", at, (width, _FACT), [fact.name, _grain(fact, shared)])
    bottom = top + _FACT
    stub = bottom
    for name in fact.dimensions:
        if name not in shared:
            canvas.box("dim", (left + 34, bottom + 6), (width - 34, _CHIP - 4), [name])
            stub = bottom + 6 + (_CHIP - 4) // 2
            canvas.line((left + _GAP, stub), (left + 34, stub))
            bottom += _CHIP + 2
    if stub > top + _FACT:
        canvas.line((left + _GAP, top + _FACT), (left + _GAP, stub))
    return bottom


def _parts(known: Mapping[str, Mart]) -> tuple[list[str], list[str], list[Mart]]:
    """The dimensions of most facts, those that only they point to, and the facts."""
    facts = [mart for mart in known.values() if mart.is_fact]
    used = Counter(name for fact in facts for name in fact.dimensions)
    shared = [name for name in known if used[name] * 2 > len(facts)]
    beyond = [name for one in shared for name in known[one].dimensions if name not in used]
    return shared, list(dict.fromkeys(beyond)), facts


def _edges(row: Sequence[str]) -> list[tuple[str, str]]:
    """What points to what between neighbours of a row."""
    known = marts.read()
    pairs = [pair for one, other in pairwise(row) for pair in ((one, other), (other, one))]
    return [(child, parent) for child, parent in pairs if parent in known[child].dimensions]


def _grain(fact: Mart, shared: Sequence[str]) -> str:
    """What one row is about: the finest object, the day, and what else the key has."""
    names = [name.removesuffix("_id") for name in fact.key]
    finest = max((name for name in names if name in _LEVELS), key=_LEVELS.index)
    told = [finest, *(name for name in names if name not in _LEVELS)]
    said = ", ".join(_WORDS.get(name, name.replace("_", " ")) for name in told)
    lacking = [name for name in shared if name not in fact.dimensions]
    return said + (f" (without {', '.join(lacking)})" if lacking else "")


def _about(facts: Sequence[Mart]) -> str:
    """The picture in words, for those who cannot see it."""
    return " ".join(f"{fact.name} points to {', '.join(fact.dimensions)}." for fact in facts)
