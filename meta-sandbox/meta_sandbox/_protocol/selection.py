"""The grammar of ``fields``: names, nested selections in braces, and modifiers with dots."""

from __future__ import annotations

import re
from typing import NamedTuple

from meta_sandbox._protocol.errors import GraphError

_NAME = re.compile(r"[A-Za-z0-9_:]+")


class Field(NamedTuple):
    """One selected field.

    Attributes:
        name: Its name.
        modifiers: For example ``{"limit": "5"}`` of ``ads.limit(5)``.
        inner: What to select of it; None without braces.
    """

    name: str
    modifiers: dict[str, str]
    inner: tuple[Field, ...] | None

    @property
    def shown_as(self) -> str:
        """The key in the answer: the name, or what ``.as(...)`` says."""
        return self.modifiers.get("as", self.name)


def parse_fields(text: str) -> tuple[Field, ...]:
    """Parse a selection such as ``id,creative{id,name},ads.limit(5){id}``.

    Raises:
        GraphError: The text does not follow the grammar.
    """
    fields, rest = _list(text.replace("\n", ""), 0)
    if rest != len(text.replace("\n", "")):
        raise _syntax_error(text, rest)
    return fields


def _syntax_error(text: str, at: int) -> GraphError:
    found = text[at] if at < len(text) else "end of string"
    return GraphError(2500, f'Syntax error "Unexpected {found}" at character {at}: {text[:80]}')


def _list(text: str, at: int) -> tuple[tuple[Field, ...], int]:
    fields: list[Field] = []
    while True:
        at = _skip(text, at)
        if at >= len(text) or text[at] == "}":
            return tuple(fields), at
        field, at = _field(text, at)
        fields.append(field)
        at = _skip(text, at)
        if at < len(text) and text[at] == ",":
            at += 1
        else:
            return tuple(fields), at


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _field(text: str, at: int) -> tuple[Field, int]:
    match = _NAME.match(text, at)
    if match is None:
        raise _syntax_error(text, at)
    at = match.end()
    modifiers: dict[str, str] = {}
    while at < len(text) and text[at] == ".":
        modifier = _NAME.match(text, at + 1)
        if modifier is None or modifier.end() >= len(text) or text[modifier.end()] != "(":
            raise _syntax_error(text, at + 1)
        end = _closing(text, modifier.end())
        modifiers[modifier[0]] = text[modifier.end() + 1 : end]
        at = end + 1
    inner: tuple[Field, ...] | None = None
    if at < len(text) and text[at] == "{":
        inner, at = _list(text, at + 1)
        if at >= len(text) or text[at] != "}":
            raise _syntax_error(text, at)
        at += 1
    return Field(match[0], modifiers, inner), at


def _closing(text: str, at: int) -> int:
    depth = 0
    for place in range(at, len(text)):
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            depth -= 1
            if depth == 0:
                return place
    raise _syntax_error(text, len(text))
