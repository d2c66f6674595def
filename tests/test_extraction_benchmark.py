"""The verdicts of the benchmark of the extraction, which another test runs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from benchmarks.extraction.bounds import Bound
from benchmarks.extraction.checks import Checked
from benchmarks.extraction.figures import verdicts
from benchmarks.extraction.measure import Measured, Outcome
from benchmarks.extraction.scenarios import SCENARIOS
from benchmarks.process import Run

MIB = 1 << 20
LATENCY, ACCOUNTS, CPU, MEMORY, ENTITIES = SCENARIOS
RIGHT = Checked(9, 9, 0, 0, 0, 33, Decimal(1), Decimal(1))
TWICE = Checked(10, 9, 0, 0, 0, 33, Decimal(1), Decimal(1))


def measured(tool: str, run: Run, calls: int, checked: Checked | None) -> Measured:
    return Measured(
        tool=tool,
        is_peer="tap-meta-ads" not in tool,
        runs=(run,),
        startup=1.0,
        calls=calls,
        server_seconds=0.0,
        checked=checked,
    )


def ours(mode: str, seconds: float, calls: int = 4, megabytes: int = 60) -> Measured:
    run = Run(seconds, seconds, megabytes * MIB)
    return measured(f"tap-meta-ads {mode}", run, calls, RIGHT)


def peer(
    name: str, seconds: float, calls: int = 20, *, checked: Checked | None = RIGHT
) -> Measured:
    run = Run(seconds, seconds, MIB, is_cut=checked is None)
    return measured(name, run, calls, checked)


def outcome(scenario_at: int, *each: Measured, rows: int = 48_000) -> Outcome:
    return Outcome(SCENARIOS[scenario_at], Bound(2.0, 0.0, "", 0.0), rows, each)


def of_entities(*each: Measured) -> dict[str, tuple[str, str]]:
    found = verdicts([ENTITIES], [outcome(4, *each)], {"airbyte-source": "not installed"})
    prefix = f"{ENTITIES.title}: tap-meta-ads auto, "
    return {one.figure.removeprefix(prefix): (one.found, one.short_by) for one in found}


def test_all_reached() -> None:
    latency = outcome(
        0,
        ours("async", 4.0, calls=12),
        ours("auto", 4.2),
        peer("tap-facebook", 33.6, calls=60),
        peer("airbyte-source", 40.0, calls=90),
    )
    memory = [
        outcome(2, ours("auto", 2.0, megabytes=100)),
        outcome(3, ours("auto", 30, megabytes=110), rows=624_000),
    ]
    found = verdicts([LATENCY, CPU, MEMORY], [latency, *memory], {})
    reached = {one.figure: one.found for one in found if one.is_reached}
    assert reached == {
        f"{LATENCY.title}: tap-meta-ads async, times faster than tap-facebook": (
            "8.4 (33.60 s / 4.00 s)"
        ),
        f"{LATENCY.title}: tap-meta-ads async, times faster than airbyte-source": (
            "10.0 (40.00 s / 4.00 s)"
        ),
        f"{LATENCY.title}: tap-meta-ads async, calls in times of tap-facebook's": (
            "0.20 (12 / 60)"
        ),
        f"{LATENCY.title}: tap-meta-ads async, calls in times of airbyte-source's": (
            "0.13 (12 / 90)"
        ),
        f"{LATENCY.title}: tap-meta-ads async after start-up, in times of the server's own "
        "latencies": "1.50 (3.00 s / 2.00 s)",
        f"{LATENCY.title}: tap-meta-ads auto, times faster than tap-facebook": (
            "8.0 (33.60 s / 4.20 s)"
        ),
        f"{LATENCY.title}: tap-meta-ads auto, times faster than airbyte-source": (
            "9.5 (40.00 s / 4.20 s)"
        ),
        f"{LATENCY.title}: tap-meta-ads auto, calls in times of tap-facebook's": "0.07 (4 / 60)",
        f"{LATENCY.title}: tap-meta-ads auto, calls in times of airbyte-source's": (
            "0.04 (4 / 90)"
        ),
        f"{LATENCY.title}: auto in times of async": "1.05 (4.20 s / 4.00 s)",
        f"{CPU.title}: tap-meta-ads auto, rows a second after start-up": "48,000",
        f"{CPU.title}: tap-meta-ads auto, memory": "100 MiB (48,000 rows)",
        f"{MEMORY.title}: tap-meta-ads auto, memory": "110 MiB (624,000 rows)",
        f"{MEMORY.title}: memory in times of that with fewer rows": (
            "1.10 (624,000 / 48,000 rows)"
        ),
    }
    assert {one.state for one in found if one.figure not in reached} == {"not measured"}
    assert all(one.figure.startswith(CPU.title) for one in found if one.figure not in reached)


def test_what_falls_short_tells_by_how_much() -> None:
    outcomes = [
        outcome(1, ours("async", 10, calls=8), peer("tap-facebook", 179.9, calls=39)),
        outcome(2, ours("auto", 2.5, megabytes=151)),
        outcome(3, ours("auto", 30, megabytes=170)),
    ]
    found = verdicts([ACCOUNTS, CPU, MEMORY], outcomes, {})
    assert [
        (one.short_by, round(one.ratio or 0, 2)) for one in found if one.is_reached is False
    ] == [
        ("17.99 where 18.00 is the line", 1.0),
        ("0.21 where 0.20 is the line", 1.03),
        ("32,000 where 40,000 is the line", 0.8),
        ("151 MiB where 150 is the line", 1.01),
        ("170 MiB where 150 is the line", 1.13),
        ("1.13 where 1.10 is the line", 1.02),
    ]


def test_a_missing_peer_costs_no_other_comparison() -> None:
    assert of_entities(ours("auto", 4.0), peer("tap-facebook", 12.0)) == {
        "times faster than tap-facebook": ("3.0 (12.00 s / 4.00 s)", ""),
        "times faster than airbyte-source": ("", "airbyte-source: not installed"),
        "calls in times of tap-facebook's": ("0.20 (4 / 20)", ""),
        "calls in times of airbyte-source's": ("", "airbyte-source: not installed"),
    }


@pytest.mark.parametrize(
    ("seconds", "calls", "times", "share"),
    [
        (
            12.0,
            8,
            ("at least 3.0 (12.00 s / 4.00 s)", ""),
            ("at most 0.50 (4 / 8)", ""),
        ),
        (
            8.0,
            3,
            ("", "tap-facebook was ended after 8 s"),
            ("", "tap-facebook was ended after 3 calls"),
        ),
    ],
    ids=["slow enough", "may have been nearly done"],
)
def test_a_peer_that_was_ended_is_a_bound(
    seconds: float, calls: int, times: tuple[str, str], share: tuple[str, str]
) -> None:
    found = of_entities(ours("auto", 4.0), peer("tap-facebook", seconds, calls, checked=None))
    assert found["times faster than tap-facebook"] == times
    assert found["calls in times of tap-facebook's"] == share


def test_rows_that_are_not_right_are_no_measurement() -> None:
    found = of_entities(ours("auto", 4.0), peer("tap-facebook", 40.0, checked=TWICE))
    assert found["times faster than tap-facebook"] == (
        "",
        "tap-facebook did not find the rows that there are",
    )


def test_a_run_no_longer_than_its_start_up_has_no_rate() -> None:
    found = verdicts([CPU], [outcome(2, ours("auto", 1.0))], {})
    (rate,) = (one for one in found if "rows a second" in one.figure)
    assert (rate.state, rate.short_by) == ("not measured", "it took no longer than its start-up")
