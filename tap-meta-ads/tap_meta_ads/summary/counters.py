"""Counters of one account and one stream, safe to use from every thread."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meta_graph import Redactor
from tap_meta_ads.summary.progress import Reading
from tap_meta_ads.summary.recap import COUNTED, Tally, plus

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from decimal import Decimal

_redact = Redactor()


def clean(text: str) -> str:
    r"""A reason on one line, without anything that looks like a secret.

    >>> clean("Use  access_token=abc\nagain")
    'Use access_token=[hidden] again'
    """
    return " ".join(_redact(text).split())


@dataclass
class Waited:
    """The length of a union of waits. They must come in the order in which they begin."""

    total: float = 0.0
    until: float = -math.inf

    def add(self, now: float, seconds: float) -> None:
        """Take in a wait that begins now. Who waits already waits only for what it adds."""
        end = now + seconds
        self.total += max(end - max(now, self.until), 0.0)
        self.until = max(self.until, end)

    def seconds(self, now: float) -> float:
        """Seconds waited until now: of a wait that goes on, what is over."""
        return self.total - max(self.until - now, 0.0)


@dataclass
class Entry:
    """What is known of one account and stream; whoever uses it holds the lock.

    Attributes:
        tally: The counts.
        waited: The waits.
        began: When reading began; None before.
        days: Days to read.
        days_done: Those that are written.
        query_hash: The report's fingerprint.
    """

    tally: Tally
    waited: Waited = field(default_factory=Waited)
    began: float | None = None
    days: int = 0
    days_done: int = 0
    query_hash: str = ""

    def reading(self, now: float, jobs: int) -> Reading:
        """How far it is."""
        return Reading(
            account_id=self.tally.account_id,
            stream=self.tally.stream,
            days=self.days,
            days_done=self.days_done,
            rows=self.tally.rows,
            jobs=jobs,
            seconds=0.0 if self.began is None else now - self.began,
        )

    def snapshot(self, now: float, currency: str) -> Tally:
        """The counts as they are now; they change no more."""
        tally = deepcopy(self.tally)
        tally.currency = currency
        tally.seconds_waited = self.waited.seconds(now)
        return tally


@dataclass(frozen=True)
class Counter:
    """Counts for one account and one stream; made by `Summary.of`.

    Attributes:
        entry: Where it counts.
        lock: What guards the entry.
        clock: Seconds of a monotonic clock.
        take_wait: Told of a wait, in seconds.
    """

    entry: Entry
    lock: threading.Lock
    clock: Callable[[], float]
    take_wait: Callable[[float], None]

    def begin(self, days: int = 0, query_hash: str = "") -> None:
        """Note that reading begins. Called again, it sets the days alone.

        Args:
            days: How many days are to be read; 0 where there are none.
            query_hash: The report's fingerprint, which log lines show.
        """
        with self.lock:
            self.entry.began = self.clock() if self.entry.began is None else self.entry.began
            self.entry.days = days
            self.entry.query_hash = self.entry.query_hash or query_hash

    def add(self, name: str, number: int = 1) -> None:
        """Count something.

        Args:
            name: One of `rows`, `windows`, `jobs`, `splits`, `requests`, `retries`.
            number: How many.

        Raises:
            ValueError: That is not counted.
        """
        if name not in COUNTED:
            raise ValueError(f"{name} is not counted; these are: {', '.join(COUNTED)}")
        tally = self.entry.tally
        with self.lock:
            setattr(tally, name, getattr(tally, name) + number)

    def wrote(self, rows: int, spend: Decimal | int | None = None) -> None:
        """Count rows that were written: once a page, since once a row would cost time.

        Args:
            rows: How many.
            spend: The sum of their `spend`; None where they have none.
        """
        tally = self.entry.tally
        with self.lock:
            tally.rows += rows
            if spend is not None:
                tally.spend = plus(tally.spend, spend)

    def read_days(self, days: int) -> None:
        """Count days whose rows have all been written."""
        with self.lock:
            self.entry.days_done += days

    def left_out(self, name: str, reason: str) -> None:
        """Note a field that Meta refused. The first reason is kept."""
        with self.lock:
            self.entry.tally.fields_left_out.setdefault(name, clean(reason))

    def new_field(self, name: str, rows: int = 1) -> None:
        """Count rows that were seen to have a field without a column."""
        found = self.entry.tally.new_fields
        with self.lock:
            found[name] = found.get(name, 0) + rows

    def misfit(self, name: str, rows: int = 1) -> None:
        """Count rows in which a column was left empty, since its value did not fit."""
        found = self.entry.tally.misfits
        with self.lock:
            found[name] = found.get(name, 0) + rows

    def skipped(self, reason: str) -> None:
        """Note why the account is left out of the stream. The first reason is kept."""
        tally = self.entry.tally
        with self.lock:
            tally.skipped = tally.skipped or clean(reason)

    def waits(self, seconds: float) -> None:
        """Count a wait that begins now, and that the client does not tell of itself."""
        self.take_wait(seconds)
