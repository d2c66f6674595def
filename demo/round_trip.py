"""One run over both directions of the road, with a line for each stage of it."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

from demo.progress import stage

if TYPE_CHECKING:
    from demo.meltano import Meltano

BLOCKS = (
    *("tap-meta-ads", "target-postgres", "dbt-postgres:build"),
    *("tap-postgres", "target-meta-ads"),
)

_STAGES = (
    "Meta -> Postgres (tap-meta-ads, target-postgres)",
    "Star schema (dbt build)",
    "Postgres -> Meta (tap-postgres, target-meta-ads)",
)
# Of a block that failed Meltano says the same as an error.
_DONE = re.compile(r"\[info\s*\].*\bBlock run completed")
# The tap's own count of the rows of a stream, and dbt's count of its models and tests.
_READ = re.compile(r"\btap-meta-ads METRIC\b.*\bmetric_name=record_count metric_value=(\d+)")
_TOTAL = re.compile(r"\bDone\. PASS=\d+ WARN=(\d+) .*\bTOTAL=(\d+)")
_BUILT = re.compile(r"\b(\d+) of (\d+) (?:OK|PASS|WARN|NO-OP)\b")
# What became of the people and events, by the target's own count of each stream.
_SENT = re.compile(
    r"\btarget-meta-ads METRIC\b.*\bmetric_name=records_"
    r"(delivered|unchanged|rejected) metric_value=(\d+)"
)


def install(meltano: Meltano) -> None:
    """Make the plugins' environments, unless they are there.

    Raises:
        MeltanoError: That failed.
    """
    if not meltano.needs_install():
        return
    with stage("Meltano installs taps, targets and dbt") as current:

        def installed(line: str) -> None:
            if found := re.search(r"Installed \w+ '([\w-]+)'", line):
                current.note(f"last: {found[1]}")
            current.tick()

        meltano.install(installed)


def travel(meltano: Meltano) -> None:
    """Run all blocks.

    Raises:
        MeltanoError: One of them failed.
    """
    with ExitStack() as stack:
        current = stack.enter_context(stage(_STAGES[0]))
        rows = blocks = 0
        sent: Counter[str] = Counter(delivered=0, unchanged=0)

        def ran(line: str) -> None:
            nonlocal current, rows, blocks
            if _DONE.search(line) and blocks + 1 < len(_STAGES):
                blocks += 1
                stack.close()
                current = stack.enter_context(stage(_STAGES[blocks]))
            elif found := _BUILT.search(line):
                current.note(f"{found[1]} of {found[2]} steps")
            elif found := _TOTAL.search(line):
                current.note(f"{found[2]} steps, {found[1]} with a warning")
            elif found := _READ.search(line):
                rows += int(found[1])
                current.note(f"{rows:,} rows")
            elif found := _SENT.search(line):
                sent[found[1]] += int(found[2])
                shown = [f"{sent[what]:,} {what}" for what in sent if sent[what]]
                current.note(", ".join(shown))
            current.tick()

        meltano.run(BLOCKS, ran)
