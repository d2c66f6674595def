"""All benchmarks in one run, one after the other, in one report.

    python -m benchmarks                              all of it, on a machine at rest
    python -m benchmarks --quick                      tiny, to see that all of it works
    python -m benchmarks --no-peers --only delivery

Writes the report to `benchmarks/RESULTS.md` and to standard output, progress to standard error. A
run that is not the whole one (`--quick`, `--no-peers`, `--only`) writes to `.bench/RESULTS.md`, so
that it replaces no figures. `--output` names another file. The peers are installed into `.bench`
the first time. Exits with 1 when a peer cannot be installed, a tool fails, or what it gives is not
right; a figure that falls short is in the report, and no failure.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.command import end_as_by_exception, say
from benchmarks.delivery.benchmark import DELIVERY
from benchmarks.extraction.benchmark import EXTRACTION
from benchmarks.peers import make_home
from benchmarks.report import Chapter, Report, together
from benchmarks.star_schema.benchmark import STAR_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.command import Benchmark

RESULTS = Path(__file__).with_name("RESULTS.md")

_BENCHMARKS = {each.name: each for each in (EXTRACTION, DELIVERY, STAR_SCHEMA)}
_WITH_PEERS = {EXTRACTION.name, DELIVERY.name}
_QUICK = {
    EXTRACTION.name: ["--quick"],
    DELIVERY.name: ["--small"],
    # One fact, on the engine that needs no server: most of the time goes into dbt's starting up.
    STAR_SCHEMA.name: "--quick --rows 2000 --days 40 --engine duckdb --select +fact_core_metrics "
    "--exclude resource_type:test".split(),
}


def main() -> int:
    """Measure and report; returns the exit status."""
    end_as_by_exception()
    options = _options()
    began = machine.start()
    chapters = []
    for name in options.only:
        arguments = list(_QUICK[name]) if options.quick else []
        if name in _WITH_PEERS and not options.peers:
            arguments.append("--no-peers")
        say(f"-- {name} --")
        chapters.append(_chapter(_BENCHMARKS[name], arguments))
    command = f"python -m benchmarks {shlex.join(sys.argv[1:])}".strip()
    text = together("Benchmarks", chapters, machine.circumstances(began), command)
    print(text)
    options.output.write_text(text, encoding="utf-8")
    say(f"Written to {options.output}")
    return 1 if any(chapter.report.problems for chapter in chapters) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0]
    )
    names = list(_BENCHMARKS)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: says nothing of speed")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="ours alone")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="some of them")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the report goes")
    options = parser.parse_args()
    if not options.output:
        is_whole = options.peers and not options.quick and options.only == names
        options.output = RESULTS if is_whole else make_home() / RESULTS.name
    return options


def _chapter(benchmark: Benchmark, arguments: Sequence[str]) -> Chapter:
    """Measure; what breaks one benchmark does not cost the figures of the others."""
    try:
        return benchmark.chapter(arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
        problem = (
            f"{benchmark.title}: ended early with {type(error).__name__}, so that all its figures "
            f"are missing."
        )
        return Chapter(
            benchmark.title, benchmark.command(arguments), Report(how="", problems=(problem,))
        )


if __name__ == "__main__":
    sys.exit(main())
