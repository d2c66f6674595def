"""All benchmarks in one run, so small that they say nothing of speed; and what they share."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import process
from benchmarks.__main__ import _chapter
from benchmarks.command import Benchmark
from benchmarks.delivery.figures import AGAIN, FRESH, SLOW, WIDE
from benchmarks.extraction.scenarios import SCENARIOS
from benchmarks.peers import Peer, ensure_all, version_of
from benchmarks.process import run
from benchmarks.report import TINY, Chapter, Report, Section, Version, alone, together
from benchmarks.star_schema.figures import AGAIN as BUILT_AGAIN
from benchmarks.star_schema.figures import FULL, REFRESH
from benchmarks.verdict import Found, Limit, NotMeasuredError, judge

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

LATENCY, ACCOUNTS, CPU, MEMORY, ENTITIES = (scenario.title for scenario in SCENARIOS)


def required_of_extraction() -> Iterator[tuple[str, str]]:
    compared = {
        f"{LATENCY}: tap-meta-ads async": ("8", "1/5"),
        f"{LATENCY}: tap-meta-ads auto": ("8", "1/5"),
        f"{ACCOUNTS}: tap-meta-ads async": ("18", "1/5"),
        f"{ACCOUNTS}: tap-meta-ads auto": ("18", "1/5"),
        f"{CPU}: tap-meta-ads auto": ("8", "1/5"),
        f"{ENTITIES}: tap-meta-ads auto": ("2.5", "1"),
    }
    for about, (times, share) in compared.items():
        for peer in ("tap-facebook", "airbyte-source"):
            yield f"{about}, times faster than {peer}", f"at least {times}"
            yield f"{about}, calls in times of {peer}'s", f"at most {share}"
    latencies = "in times of the server's own latencies"
    yield f"{LATENCY}: tap-meta-ads async after start-up, {latencies}", "at most 1.5"
    yield f"{LATENCY}: auto in times of async", "at most 1.05"
    yield f"{CPU}: tap-meta-ads auto, rows a second after start-up", "at least 40,000"
    yield f"{CPU}: tap-meta-ads auto, memory", "at most 150 MiB"
    yield f"{MEMORY}: tap-meta-ads auto, memory", "at most 150 MiB"
    yield f"{MEMORY}: memory in times of that with fewer rows", "at most 1.1"


def required_of_delivery() -> Iterator[tuple[str, str]]:
    for kind, records, least, beside in (
        ("people", "11,000", "2", "1"),
        ("events", "3,000", "3", "2"),
    ):
        yield f"{kind}: records a second, whole process", "at least 20,000"
        yield f"{kind}: memory, the most of all our runs", "less than 300 MiB"
        fifths = "memory in the last fifth of the time, in times of the first"
        yield f"{kind}: {fifths}", "at most 1.1"
        yield f"{kind}: requests for {records} records", least
        yield f"{kind}: requests for {records} records, unchanged", "0"
        yield f"{kind}: requests for 2,000 records", beside
        yield f"{kind}: time with 30 ms a request, in times of that without", "at most 1.3"
        yield f"{kind}: times faster than condor-retl-meta, 2,000 records", "at least 5"
    alike = "2,000 records, the same match keys"
    yield f"people: times faster than condor-retl-meta, {alike}", "at least 5"


REQUIRED = {
    "Extraction": dict(required_of_extraction()),
    "Delivery": dict(required_of_delivery()),
    "Star schema": {
        "duckdb: memory of dbt and server": "at most 4 GiB",
        "duckdb: incremental build in parts of the full one": "at most 0.2",
        "duckdb: marts alike after incremental and full build": "all 1",
    },
}


def tables(text: str) -> list[list[dict[str, str]]]:
    """Every table, as rows by heading."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in block.splitlines()]
        found.append([dict(zip(lines[0], line, strict=True)) for line in lines[2:]])
    return found


@pytest.mark.long
def test_one_run_tells_of_all_of_them(repository: Path, tmp_path: Path) -> None:
    output = tmp_path / "RESULTS.md"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--no-peers"]
    command += ["--output", str(output)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    text = output.read_text(encoding="utf-8")
    assert text.strip() == done.stdout.strip()

    headings = re.findall(r"^#+ .*$", text, re.MULTILINE)
    assert headings == [
        "# Benchmarks",
        "## Required figures",
        "## Extraction",
        "### Start-up",
        *(f"### {scenario.title}" for scenario in SCENARIOS),
        "## Delivery",
        "### people",
        "### events",
        "## Star schema",
        "### duckdb",
    ]
    assert TINY in text
    assert re.search(r"^\* \d{4}-\d\d-\d\d \d\d:\d\d to \d\d:\d\d UTC", text, re.MULTILINE)
    assert re.search(
        r"^\* .*\d+ cores, .*; load [\d.]+ at the start, [\d.]+ at", text, re.MULTILINE
    )
    assert re.search(r"^\* Python 3\.\d+\.\d+", text, re.MULTILINE)
    for each in ("extraction --quick", "delivery --small", "star_schema --quick"):
        assert f"`python -m benchmarks.{each}" in text

    versions, required, *measured = tables(text)
    said = {row["tool"]: row["version"] for row in versions}
    assert list(said) == [
        *("tap-meta-ads", "meta-sandbox", "tap-facebook", "airbyte-source-facebook-marketing"),
        *("target-meta-ads", "condor-retl-meta", "dbt-core", "dbt-duckdb", "duckdb"),
    ]
    peers = {"tap-facebook", "airbyte-source-facebook-marketing", "condor-retl-meta"}
    assert {said[peer] for peer in peers} == {"left out by --no-peers"}
    assert [name for name in said if name not in peers and not re.match(r"v?\d", said[name])] == []

    found: dict[str, dict[str, str]] = {}
    for row in required:
        found.setdefault(row["of"], {})[row["figure"]] = row["required"]
        is_known = row[""] in {"reached", "falls short"}
        assert bool(row["found"]) == is_known
        assert bool(row["short by"]) == (row[""] != "reached")
    assert found == REQUIRED
    assert {row[""] for row in required if "times faster" in row["figure"]} == {"not measured"}

    check_measured([row for table in measured for row in table], text)


def check_measured(rows: list[dict[str, str]], text: str) -> None:
    """Hold what was measured against what has to come out of these sizes."""
    read = [row for row in rows if "check" in row]
    assert [row["tool"] for row in read] == [
        f"tap-meta-ads {mode}" for scenario in SCENARIOS for mode in scenario.modes
    ]
    assert {row["check"] for row in read} == {"all, once"}

    sent = [row for row in rows if "arrived" in row]
    assert [(row["records"], row["run"], row["requests"], row["arrived"]) for row in sent] == [
        (count, name, "0" if name == AGAIN else requests, "0" if name == AGAIN else count)
        for count, requests in (("11,000", "2"), ("3,000", "3"))
        for name in (FRESH, AGAIN, WIDE, SLOW)
    ]
    assert all(float(row["s"]) > 0 and int(row["MiB"]) > 0 for row in [*read, *sent])

    built = [row for row in rows if "step" in row]
    assert [row["step"] for row in built] == [FULL, BUILT_AGAIN, REFRESH]
    assert all(float(row["s"]) > 0 and int(row["MiB dbt"]) > 0 for row in built)
    assert re.search(r"^Raw rows loaded: 2,023 in \d+ s, 1,409 in \d+ s", text, re.MULTILINE)
    # Were nothing compared, nothing could differ.
    (rows_alike,) = re.findall(r"\| 1 \((\d+) rows\) ", text)
    assert int(rows_alike) > 290


FEW, MUCH = Limit("at least", 40_000, digits=0), Limit("at most", 1.1, " times")


@pytest.mark.parametrize(
    ("limit", "found", "told", "ratio", "short_by"),
    [
        (FEW, Found(48_000), "48,000", 1.2, ""),
        (FEW, Found(40_000), "40,000", 1.0, ""),
        (FEW, Found(30_000), "30,000", 0.75, "30,000 where 40,000 is the line"),
        (FEW, Found(39_999.6), "39,999.6", 1.0, "39,999.6 where 40,000.0 is the line"),
        (MUCH, Found(1.1), "1.10 times", 1.0, ""),
        (MUCH, Found(1.18), "1.18 times", 1.07, "1.18 times where 1.10 is the line"),
        (MUCH, Found(1.1004), "1.1004 times", 1.0, "1.1004 times where 1.1000 is the line"),
        (
            MUCH,
            Found(1.18, "59 s and 50 s", "4 s too long"),
            "1.18 times (59 s and 50 s)",
            1.07,
            "1.18 times where 1.10 is the line: 4 s too long",
        ),
        (Limit("less than", 300, digits=0), Found(299), "299", 1.0, ""),
        (Limit("less than", 300, digits=0), Found(300), "300", 1.0, "300 where 300 is the line"),
        (Limit("at most", 0, digits=0), Found(0), "0", None, ""),
        (Limit("at most", 0, digits=0), Found(2), "2", None, "2 where 0 is the line"),
        (Limit("at least", 8, digits=1), Found(9, prefix="at least "), "at least 9.0", 1.12, ""),
    ],
)
def test_a_figure_tells_how_it_stands_to_its_limit(
    limit: Limit, found: Found, told: str, ratio: float | None, short_by: str
) -> None:
    verdict = judge("a figure", limit, lambda: found)
    assert (verdict.found, verdict.short_by) == (told, short_by)
    assert verdict.ratio == (ratio if ratio is None else pytest.approx(ratio, abs=0.006))
    assert verdict.state == ("falls short" if short_by else "reached")


def nothing() -> Found:
    raise NotMeasuredError("a peer: not installed")


CHAPTERS = [
    Chapter(
        "One",
        "python -m benchmarks.one",
        Report(
            how="How one is measured.\n",
            verdicts=(
                judge("speed", FEW, lambda: Found(30_000)),
                judge("memory", MUCH, lambda: Found(0.55)),
            ),
            sections=(Section("A part", "Its text | and more.\n"),),
            versions=(Version("dbt", "1.2"), Version("a tool", "3", "pins")),
        ),
    ),
    Chapter(
        "Two",
        "python -m benchmarks.two",
        Report(
            how="How two is measured.",
            verdicts=(judge("times faster than a peer", FEW, nothing),),
            versions=(Version("dbt", "1.2"),),
            problems=("A peer could not be installed.",),
        ),
    ),
]


def test_one_file_tells_what_falls_short_and_what_went_wrong() -> None:
    text = together("All", CHAPTERS, ["A machine"], "python -m benchmarks")
    assert TINY not in text
    assert "\n* A machine\n" in text
    assert "\n  * `python -m benchmarks.one`\n  * `python -m benchmarks.two`\n" in text
    assert "**Something went wrong:**\n\n* A peer could not be installed.\n" in text
    assert "Figures: 3; reached: 1, falls short: 1, not measured: 1.\n" in text
    versions, verdicts = tables(text)
    assert [list(row.values()) for row in versions] == [["dbt", "1.2", ""], ["a tool", "3", "pins"]]
    assert [list(row.values()) for row in verdicts] == [
        [
            *("One", "speed", "at least 40,000", "30,000", "0.75", "falls short"),
            "30,000 where 40,000 is the line",
        ],
        ["One", "memory", "at most 1.1 times", "0.55 times", "0.50", "reached", ""],
        [
            *("Two", "times faster than a peer", "at least 40,000", "", "", "not measured"),
            "a peer: not installed",
        ],
    ]
    assert text.index("## One\n\nHow one") < text.index("### A part\n\nIts") < text.index("## Two")


def test_a_report_stands_alone_too() -> None:
    text = alone(CHAPTERS[0], ["A machine"])
    assert text.startswith("# One\n\n* A machine\n* `python -m benchmarks.one`\n")
    assert "Something went wrong" not in text
    assert [row["figure"] for row in tables(text)[1]] == ["speed", "memory"]
    assert text.index("How one") < text.index("## Required figures") < text.index("## A part")


def test_a_benchmark_that_breaks_costs_the_others_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def parse(_: object) -> argparse.Namespace:
        raise ZeroDivisionError

    chapter = _chapter(Benchmark("three", "Three", parse, lambda _: Report("")), ["--quick"])
    assert chapter.command == "python -m benchmarks.three --quick"
    assert chapter.report.problems == (
        "Three: ended early with ZeroDivisionError, so that all its figures are missing.",
    )
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_peer_without_its_python_is_told_in_a_sentence() -> None:
    peer = Peer("a-peer", "1.0", ("a-library==2.0",), (1,))
    pythons, absent = ensure_all([peer])
    assert pythons == {}
    assert list(absent) == [peer]
    assert re.fullmatch(r"a-peer runs on Python 3\.1, and none was found: [^.]*\.", absent[peer])
    assert version_of(peer, None, "not installed") == Version("a-peer", "not installed")
    on = version_of(peer, Path(sys.executable), "")
    assert on[:2] == ("a-peer", "1.0")
    assert re.fullmatch(r"a-library==2\.0, Python 3\.\d+\.\d+\S*", on.beside)


def test_a_command_is_ended_when_its_time_is_up(tmp_path: Path) -> None:
    took = run(["sh", "-c", "sleep 600 & wait"], tmp_path / "out", limit=0.3)
    assert took.is_cut
    assert not took.failure
    assert 0.3 <= took.seconds < 60


def test_a_command_that_fails_is_quoted(tmp_path: Path) -> None:
    errors = tmp_path / "err"
    took = run(["sh", "-c", "echo why >&2; exit 3"], tmp_path / "out", errors=errors)
    assert took.failure == "exit status 3: why"
    assert run(["sh", "-c", "echo out; exit 4"], tmp_path / "out").failure == "exit status 4: out"
    assert not run(["sh", "-c", "echo more"], tmp_path / "out", is_more=True).failure
    assert (tmp_path / "out").read_text(encoding="utf-8") == "out\nmore\n"


_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
child.wait()
"""
_CHILD = """
import sys
held = b"x" * (80 << 20)
print("full", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_of_one_process_or_of_all_below_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, _CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"full\n"
        one, tree = process._of_one(parent.pid), process._of_tree(parent.pid)
        taken = process.cpu_seconds_of(parent.pid)
    assert all(0 < size < 60 << 20 for size in one)
    assert all(80 << 20 < size < 200 << 20 for size in tree)
    assert taken > 0
