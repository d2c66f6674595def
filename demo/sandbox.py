"""Starts the sandbox in a process of its own, which ends with the one that started it."""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from demo import kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_START_SECONDS = 30.0
_DEFAULTS = {"seed": 1, "accounts": 3, "ads": 24, "days": 90}


class SandboxError(RuntimeError):
    """The sandbox does not start, or not with these options; the message says why."""


@dataclass(frozen=True)
class Advertiser:
    """What makes the sandbox's advertiser; the same values make the same one, on any day.

    Attributes:
        seed: Which one.
        accounts: Ad accounts.
        ads: Ads of each account.
        days: Days of history before `made_at`.
        made_at: The instant of the first run, ISO 8601.
    """

    seed: int
    accounts: int
    ads: int
    days: int
    made_at: str

    def first_day(self) -> date:
        """Return the first day of its history."""
        return datetime.fromisoformat(self.made_at).date() - timedelta(days=self.days - 1)

    def options(self) -> list[str]:
        """Return the options of `meta-sandbox serve` that make it."""
        return [f"--{name.replace('_', '-')}={value}" for name, value in asdict(self).items()]


def advertiser(file: Path, wanted: Mapping[str, int | None], now: datetime) -> Advertiser:
    """Choose the advertiser: that of the earlier runs, or at first the one that is asked for.

    Args:
        file: Where it is remembered, beside the data that was loaded from it.
        wanted: Seed, accounts, ads and days; None where anything will do.
        now: This instant, with an offset.

    Raises:
        SandboxError: The data at hand is of an advertiser made otherwise.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    try:
        known = Advertiser(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        known = Advertiser(**{**_DEFAULTS, **given}, made_at=now.isoformat(timespec="seconds"))
        file.write_text(json.dumps(asdict(known)), encoding="utf-8")
    for name, value in given.items():
        if getattr(known, name) != value:
            raise SandboxError(
                f"{file.parent} holds an advertiser with --{name} {getattr(known, name)}: "
                f"delete that folder, or give another --home for --{name} {value}."
            )
    return known


@contextmanager
def running(log: Path, options: Sequence[str]) -> Iterator[str]:
    """Run `meta-sandbox serve` on a free port of 127.0.0.1.

    Args:
        log: Where its output goes.
        options: Further options, such as `["--seed", "1"]`.

    Yields:
        Its base address, for the tap's setting `api_url`.

    Raises:
        SandboxError: It ended, or did not say its address in time.
    """
    # By the interpreter, since a script's first line does not bear blanks in a path.
    program = [sys.executable, str(Path(sys.executable).with_name("meta-sandbox"))]
    with log.open("wb") as output:
        process = kept.start([*program, "serve", "--port", "0", *options], output=output)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            said = log.read_text(encoding="utf-8", errors="replace")
            if found := re.search(r"https?://127\.0\.0\.1:\d+", said):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                end = "\n".join(said.strip().splitlines()[-8:])
                raise SandboxError(f"the sandbox did not start; the end of {log}:\n{end}")
            time.sleep(0.02)
        yield found[0]
    finally:
        kept.stop(process)
