"""What the commands of all benchmarks do alike."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import machine
from benchmarks.report import Chapter, alone

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from benchmarks.report import Report


class Benchmark(NamedTuple):
    """One benchmark.

    Attributes:
        name: Name of its package.
        title: Title of its report.
        parse: Reads its command line, in which there is `--output`.
        measure: Measures what the options ask for. What goes wrong with a tool is a problem in the
            report; an exception is a mistake of the benchmark's own.
    """

    name: str
    title: str
    parse: Callable[[Sequence[str]], argparse.Namespace]
    measure: Callable[[argparse.Namespace], Report]

    def command(self, arguments: Sequence[str]) -> str:
        """What a person types for it."""
        return f"python -m benchmarks.{self.name} {shlex.join(arguments)}".strip()

    def chapter(self, arguments: Sequence[str]) -> Chapter:
        """Measure as its command does with these arguments."""
        report = self.measure(self.parse(arguments))
        return Chapter(self.title, self.command(arguments), report)


def main(benchmark: Benchmark) -> int:
    """Be the command of one benchmark; returns the exit status."""
    end_as_by_exception()
    arguments = sys.argv[1:]
    output = benchmark.parse(arguments).output
    began = machine.start()
    chapter = benchmark.chapter(arguments)
    lines = machine.circumstances(began)
    text = alone(chapter, lines)
    print(text)
    if output and chapter.report.figures is not None:
        figures = {"command": chapter.command, "machine": lines, **chapter.report.figures}
        output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    elif output:
        output.write_text(text, encoding="utf-8")
    return 1 if chapter.report.problems else 0


def end_as_by_exception() -> None:
    """Let SIGTERM raise, so that the tool and the server that are running end with this process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def say(words: str) -> None:
    """Tell of the progress."""
    print(words, file=sys.stderr, flush=True)
