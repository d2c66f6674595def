"""Which names in a page's code exist: a pure function of the page and of what is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.docs.pages import Page

_VARIABLE = re.compile(r"\b(?:TAP_META_ADS|TARGET_META_ADS|META_ADS)_[A-Z0-9_]*\*?")
_NAME = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)"
_WORD = re.compile(rf"(?<![\w./@-])(?:{_NAME}*_\*|{_NAME}+\*?)(?!\w|\.[a-z])")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+/?")
_FLAG = re.compile(r"(?<=\s)--[a-z][a-z-]+")
_PLACEHOLDER = re.compile(r"<[^>]*>|\{[^}]*\}|\.\.\.")


@dataclass(frozen=True)
class Known:
    """What exists.

    Attributes:
        words: Names with underscores: settings, streams, columns, codes.
        tables: Names of tables by the name of their schema.
        variables: Environment variables.
        targets: Targets of the Makefile.
        plugins: What `meltano run` and its like take: plugins, their commands, jobs, schedules.
        flags: Options by the name of a command.
        paths: Files and folders of the repository.
    """

    words: frozenset[str]
    tables: Mapping[str, frozenset[str]]
    variables: frozenset[str]
    targets: frozenset[str]
    plugins: frozenset[str]
    flags: Mapping[str, frozenset[str]]
    paths: frozenset[str]


def unknown(page: Page, known: Known, foreign: Iterable[str] = (), column: str = "") -> list[str]:
    """The names in a page's code within lines that do not exist, in their order.

    Args:
        page: The page.
        known: What exists.
        foreign: Names of others that the page speaks of on purpose.
        column: If set, only what stands in table columns of this head counts.
    """
    spared = set(foreign)
    found: dict[str, None] = {}
    for span in page.spans:
        if not column or span.column == column:
            found |= dict.fromkeys(_unknown(span.text, known))
    return [name for name in found if name not in spared]


def _unknown(code: str, known: Known) -> list[str]:
    """The names in one piece of code that do not exist."""
    missing = [name for name in _VARIABLE.findall(code) if not _is_in(name, known.variables)]
    missing += [
        f"{schema}.{table}"
        for schema, tables in known.tables.items()
        for table in re.findall(rf"(?<![\w.]){schema}\.(\w+)", code)
        if table not in tables
    ]
    words = code.split()
    program = words[0] if words else ""
    if program == "make":
        missing += [f"make {name}" for name in words[1:2] if name not in known.targets]
    if program.endswith("meltano") and words[1:2] in (["run"], ["invoke"]):
        missing += [
            name
            for name in words[2:]
            if not name.startswith("-") and name.partition(":")[0] not in known.plugins
        ]
    if program in known.flags:
        missing += [
            f"{program} {flag}" for flag in _FLAG.findall(code) if flag not in known.flags[program]
        ]
    if _PATH.fullmatch(code) and code.partition("/")[0] in known.paths:
        missing += [code] if code.rstrip("/") not in known.paths else []
    named = {table for tables in known.tables.values() for table in tables} | known.tables.keys()
    plain = _PLACEHOLDER.sub(" ", code)
    missing += [name for name in _WORD.findall(plain) if not _is_in(name, known.words | named)]
    return missing


def _is_in(name: str, known: frozenset[str]) -> bool:
    """Whether a name exists, or with a star at its end the beginning of one."""
    if name.endswith("*"):
        return any(one.startswith(name[:-1]) for one in known)
    return name in known
