"""The pages of the documentation, read as Markdown: code blocks, code within lines, links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
_TITLE = re.compile(r'title="([^"]*)"')


@dataclass(frozen=True)
class Fence:
    """A block of code.

    Attributes:
        page: Path of its page within the repository.
        line: Line that it begins at, from 1.
        language: The first word behind the backticks; empty for an indented block.
        title: Its title; empty if it has none.
        text: What stands in it.
    """

    page: str
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Span:
    """Code within a line.

    Attributes:
        text: What stands between the backticks.
        column: Head of the table's column that it stands in, in lower case; empty if in none.
    """

    text: str
    column: str


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        path: Its path within the repository.
        text: Its Markdown.
    """

    path: str
    text: str

    @cached_property
    def _tokens(self) -> list[Token]:
        return MarkdownIt("commonmark").enable("table").parse(self.text)

    @cached_property
    def fences(self) -> list[Fence]:
        """Its blocks of code, in their order."""
        found = []
        for token in self._tokens:
            if token.type in {"fence", "code_block"}:
                title = _TITLE.search(token.info)
                language = token.info.partition(" ")[0]
                line = (token.map or [0])[0] + 1
                named = title[1] if title else ""
                found.append(Fence(self.path, line, language, named, token.content))
        return found

    @cached_property
    def spans(self) -> list[Span]:
        """Its code within lines."""
        return [
            Span(child.content, column)
            for token, column in self._inline()
            for child in token.children or []
            if child.type == "code_inline"
        ]

    @cached_property
    def links(self) -> list[str]:
        """Where its links, pictures and other sources of pictures lead."""
        found = []
        for token, _ in self._inline():
            for child in token.children or []:
                found += [
                    str(value) for name, value in child.attrs.items() if name in {"href", "src"}
                ]
        for token in self._tokens:
            if token.type == "html_block":
                found += re.findall(r'(?:href|src|srcset)="([^"]*)"', token.content)
        return found

    @cached_property
    def anchors(self) -> set[str]:
        """What a link to a place on it may name, as GitHub makes it."""
        found = set()
        for token, following in zip(self._tokens, self._tokens[1:], strict=False):
            if token.type == "heading_open":
                plain = re.sub(r"[`*\\]|\[([^]]*)\]\([^)]*\)", r"\1", following.content)
                found.add(re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-"))
        return found

    def _inline(self) -> Iterator[tuple[Token, str]]:
        """Each line of text with the head of its table's column."""
        heads: list[str] = []
        place, in_head = 0, False
        for token in self._tokens:
            if token.type == "thead_open":
                heads, in_head = [], True
            elif token.type == "thead_close":
                in_head = False
            elif token.type == "table_close":
                heads = []
            elif token.type == "tr_open":
                place = 0
            elif token.type == "inline" and in_head:
                heads.append(token.content.strip().lower())
            elif token.type == "inline":
                yield token, heads[place] if place < len(heads) else ""
            elif token.type in {"td_close", "th_close"}:
                place += 1


def site() -> list[Page]:
    """The pages of `docs/`, in the order of the navigation."""

    class Loader(yaml.SafeLoader):
        """Knows nothing of MkDocs' own tags."""

    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    definition = yaml.load(text, Loader)
    return [_page(f"docs/{name}") for name in _names(definition["nav"])]


def readmes() -> list[Page]:
    """The READMEs, the repository's first, and what contributors are told."""
    paths = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("[a-z]*/README.md"))]
    return [_page(str(path.relative_to(ROOT))) for path in paths]


def every() -> list[Page]:
    """The READMEs and the pages of `docs/`."""
    return [*readmes(), *site()]


def _page(path: str) -> Page:
    return Page(path, (ROOT / path).read_text(encoding="utf-8"))


def _names(entries: list[object]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            for value in entry.values():
                yield from _names(value if isinstance(value, list) else [value])
