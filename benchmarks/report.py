"""Reports: Markdown whose tables can be read on a terminal too, of one benchmark or of several."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from benchmarks.verdict import Verdict

TINY = "**The sizes are tiny: no figure here says anything of speed or memory.**"
"""What stands in a report whose figures nobody should read."""


class Version(NamedTuple):
    """Which version of a tool was measured, or took part.

    Attributes:
        tool: Its name.
        version: Its version, or that it is not there.
        beside: What else decides over its speed.
    """

    tool: str
    version: str
    beside: str = ""


class Section(NamedTuple):
    """A part of a report: its heading, and Markdown."""

    heading: str
    text: str


@dataclass(frozen=True)
class Report:
    """What one benchmark has found.

    Attributes:
        how: How it was measured, for a reader: Markdown paragraphs.
        verdicts: The required figures.
        sections: All that was measured.
        versions: Of the tools.
        problems: What went wrong, a sentence each. A figure that falls short is none.
        is_tiny: Whether the sizes are such that no figure says anything.
        figures: All of it, for JSON, where that is what can be asked for.
    """

    how: str
    verdicts: tuple[Verdict, ...] = ()
    sections: tuple[Section, ...] = ()
    versions: tuple[Version, ...] = ()
    problems: tuple[str, ...] = ()
    is_tiny: bool = False
    figures: Mapping[str, object] | None = None


class Chapter(NamedTuple):
    """A report, its title and the command that makes it."""

    title: str
    command: str
    report: Report


def alone(chapter: Chapter, circumstances: Iterable[str]) -> str:
    """Write one report.

    Args:
        chapter: The report.
        circumstances: Lines of `machine.circumstances`.
    """
    report = chapter.report
    return "\n".join(
        [
            f"# {chapter.title}\n",
            *_head([chapter], [*circumstances, f"`{chapter.command}`"]),
            f"{report.how.strip()}\n",
            "## Required figures\n",
            _verdicts([chapter], has_chapters=False),
            *_sections(report, "##"),
        ]
    )


def together(
    title: str, chapters: Sequence[Chapter], circumstances: Iterable[str], command: str
) -> str:
    """Write several reports as one, all required figures in one table before the rest.

    Args:
        title: Of the whole.
        chapters: The reports.
        circumstances: Lines of `machine.circumstances`.
        command: The command that made it.
    """
    commands = "".join(f"\n  * `{chapter.command}`" for chapter in chapters)
    lines = [*circumstances, f"`{command}`, which does, one after the other:{commands}"]
    parts = [
        f"# {title}\n",
        *_head(chapters, lines),
        "## Required figures\n",
        f"{_summary(chapters)}\n",
        _verdicts(chapters, has_chapters=True),
    ]
    for chapter in chapters:
        parts += [f"## {chapter.title}\n", f"{chapter.report.how.strip()}\n"]
        parts += _sections(chapter.report, "###")
    return "\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table, its columns as wide as what is in them."""
    body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(3, *(len(row[at]) for row in [head, *body])) for at in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in [head, ["-" * width for width in widths], *body]
    ]
    return "\n".join(lines) + "\n"


def _head(chapters: Sequence[Chapter], lines: Iterable[str]) -> Iterator[str]:
    if any(chapter.report.is_tiny for chapter in chapters):
        yield f"{TINY}\n"
    yield "\n".join(f"* {line}" for line in lines) + "\n"
    if problems := [problem for chapter in chapters for problem in chapter.report.problems]:
        yield "**Something went wrong:**\n"
        yield "\n".join(f"* {problem}" for problem in problems) + "\n"
    versions = dict.fromkeys(one for chapter in chapters for one in chapter.report.versions)
    yield table(["tool", "version", "with"], versions)


def _sections(report: Report, level: str) -> Iterator[str]:
    for section in report.sections:
        yield f"{level} {section.heading}\n"
        yield section.text


def _summary(chapters: Sequence[Chapter]) -> str:
    states = Counter(one.state for chapter in chapters for one in chapter.report.verdicts)
    told = (f"{state}: {states[state]}" for state in ("reached", "falls short", "not measured"))
    return f"Figures: {states.total()}; {', '.join(told)}."


def _verdicts(chapters: Sequence[Chapter], *, has_chapters: bool) -> str:
    head = ["figure", "required", "found", "found / required", "", "short by"]
    rows = [
        [
            *([chapter.title] if has_chapters else []),
            one.figure,
            one.required,
            one.found,
            "" if one.ratio is None else f"{one.ratio:,.2f}",
            one.state,
            one.short_by,
        ]
        for chapter in chapters
        for one in chapter.report.verdicts
    ]
    return table(["of", *head] if has_chapters else head, rows)
