"""Starts the sandbox in a process of its own, which ends with the one that started it."""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from demo import processes
from meta_sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_START_SECONDS = 30.0
_ANSWER_SECONDS = 30.0
_DEFAULTS = {"seed": 1, "accounts": 3, "ads": 24, "days": 90}
_MOST_SEEDS = 50


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
        made_at: The instant of its first day in the demo, ISO 8601.
    """

    seed: int
    accounts: int
    ads: int
    days: int
    made_at: str

    @property
    def day_one(self) -> datetime:
        """The instant of its first day in the demo."""
        return datetime.fromisoformat(self.made_at)

    def first_day(self) -> date:
        """Return the first day of its history."""
        return self.day_one.date() - timedelta(days=self.days - 1)

    def options(self, now: datetime) -> list[str]:
        """Return the options of `meta-sandbox serve` that make it, at an instant of its life."""
        values = {**asdict(self), "now": now.isoformat(timespec="seconds")}
        return [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]


def advertiser(file: Path, wanted: Mapping[str, int | None], day_one: datetime) -> Advertiser:
    """Choose the advertiser: that of the earlier runs, or at first the one that is asked for.

    Without a seed it is the first one of whom the second day brings late purchases.

    Args:
        file: Where it is remembered, beside the data that was loaded from it.
        wanted: Seed, accounts, ads and days; None where anything will do.
        day_one: Its first day in the demo, if it is a new one; with an offset.

    Raises:
        SandboxError: The data at hand is of an advertiser made otherwise.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    try:
        known = Advertiser(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        known = Advertiser(**{**_DEFAULTS, **given}, made_at=day_one.isoformat(timespec="seconds"))
        if "seed" not in given:
            known = next(filter(_has_late_purchases, _others(known)), known)
        file.write_text(json.dumps(asdict(known)), encoding="utf-8")
    for name, value in given.items():
        if getattr(known, name) != value:
            raise SandboxError(
                f"{file.parent} holds an advertiser with --{name} {getattr(known, name)}: "
                f"delete that folder, or give another --home for --{name} {value}."
            )
    return known


def _others(advertiser: Advertiser) -> Iterator[Advertiser]:
    return (replace(advertiser, seed=seed) for seed in range(advertiser.seed, _MOST_SEEDS))


def _has_late_purchases(advertiser: Advertiser) -> bool:
    """Whether Meta tells on the second day of more purchases on days that were over on the first.

    Of a small advertiser it does not on some days, and the demo is to show it.
    """
    first, second = (
        _purchases(advertiser, advertiser.day_one + timedelta(days=days)) for days in range(2)
    )
    return second > first


def _purchases(advertiser: Advertiser, at: datetime) -> int:
    """Purchases on the days that were over on the first day everywhere on Earth."""
    made: dict[str, Any] = {**asdict(advertiser), "made_at": advertiser.day_one}
    over = advertiser.day_one.date() - timedelta(days=2)
    with Sandbox(**made, now=at) as sandbox:
        rows: list[Any] = sandbox.truth_insights(
            level="account", until=over.isoformat(), fields="actions"
        )
    return sum(
        int(action["value"])
        for row in rows
        for action in row.get("actions", ())
        if action["action_type"] == "omni_purchase"
    )


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
        process = processes.start([*program, "serve", "--port", "0", *options], output=output)
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
        processes.stop(process)


def ask(
    api_url: str, method: str, path: str, body: object = None, *, token: str | None = None
) -> str:
    """Ask a running sandbox, and return what it says.

    Args:
        api_url: Its base address.
        method: HTTP's.
        path: Without the first slash.
        body: Sent as JSON.
        token: Sent as Graph wants it.

    Raises:
        SandboxError: It does not answer, or refuses.
    """
    # Not by urllib, which would ask a proxy of the environment for this very machine.
    connection = HTTPConnection(urlsplit(api_url).netloc, timeout=_ANSWER_SECONDS)
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, f"/{path}", text, headers)
        answer = connection.getresponse()
        said = answer.read().decode()
    except (OSError, HTTPException) as error:
        raise SandboxError(f"the sandbox does not answer: {error}") from error
    finally:
        connection.close()
    if answer.status != 200:  # noqa: PLR2004  # HTTP's own number for a good answer
        raise SandboxError(f"the sandbox refuses /{path}: {said}")
    return said
