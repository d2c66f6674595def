"""What happens in a run, counted while it happens, for each account and stream.

Calls are counted where they are made: the client tells of each exchange and each wait on the
thread that made the call, and a block around the call says for whom it was made.

    summary = Summary(new_run_id())
    client = GraphClient(token, on_event=summary.listen)
    with summary.working_for("123", "ads_insights"):
        client.get(...)
    summary.of("123", "ads_insights").wrote(1000, spend)
    logger.info("%s", summary.sentence())
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from meta_graph import Exchange, ThrottledError
from meta_graph.log import About, Subject, about, working
from tap_meta_ads.summary import recap, wording
from tap_meta_ads.summary.counters import Counter, Entry, Waited
from tap_meta_ads.summary.recap import Recap, Tally

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from meta_graph import Call, Event
    from tap_meta_ads.summary.progress import Reading
    from tap_meta_ads.summary.recap import Measure

Owner = tuple[str, str]
"""An account and a stream; an empty text stands for none in particular."""

ALL_STREAMS = "*"
"""The stream of an account that is left out of all of them, as in `Accounts.skipped`."""

WORTH_TELLING = 1.0
"""Seconds. A shorter wait is over before anybody has read of it."""


@dataclass(frozen=True)
class _Work:
    """For whom a thread makes calls: one owner of all, or one for each path of a batch."""

    owner: Owner | None = None
    by_path: Mapping[str, Owner] = field(default_factory=dict)

    def of(self, call: Call) -> Owner:
        """For whom a call is made."""
        return self.by_path.get(call.path) or self.owner or (call.account or "", "")

    def all(self, call: Call) -> Iterable[Owner]:
        """Who waits with a call: all that share its exchange."""
        return dict.fromkeys(self.by_path.values()) or (self.of(call),)

    def retried(self, call: Call) -> Iterable[Owner]:
        """Whose call is made again: one part's, or all that shared an exchange that failed."""
        return (self.of(call),) if call.path in self.by_path else self.all(call)


_work: ContextVar[_Work] = ContextVar("work", default=_Work())  # noqa: B039 - it is frozen


class Summary:
    """Counts of a run. Safe to share between threads.

    Args:
        run_id: The run, see `log.new_run_id`.
        clock: Seconds of a monotonic clock.
    """

    def __init__(self, run_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.run_id = run_id
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._entries: dict[Owner, Entry] = {}
        self._waited = Waited()
        self._limited_until: dict[str, float] = {}
        self._usages: dict[tuple[str, str], float] = {}
        self._currencies: dict[str, str] = {}

    # Counting.

    def of(self, account_id: str, stream: str) -> Counter:
        """The counter of an account and a stream.

        Args:
            account_id: The account, without `act_`; empty for what is of no single account.
            stream: The stream; empty, or `*`, for what is of no single stream.
        """
        owner = (account_id, "" if stream == ALL_STREAMS else stream)
        with self._lock:
            entry = self._entry(owner)
        return Counter(
            entry, self._lock, self._clock, lambda seconds: self._take_wait([owner], seconds)
        )

    def pays_in(self, account_id: str, currency: str | None) -> None:
        """Note an account's currency, as `EUR`; None changes nothing."""
        if currency:
            with self._lock:
                self._currencies[account_id] = currency

    def listen(self, event: Event) -> None:
        """Take in what the client tells: its `on_event`.

        Of the calls nothing is kept but for whom they were made: their parameters may hold
        personal data.
        """
        work = _work.get()
        if isinstance(event, Exchange):
            with self._lock:
                for part in event.parts:
                    self._entry(work.of(part)).tally.requests += 1
                for usage in event.usages:
                    key = (usage.account, usage.use_case)
                    self._usages[key] = max(usage.percent, self._usages.get(key, 0.0))
            return
        limited = event.error is None or isinstance(event.error, ThrottledError)
        self._take_wait(work.all(event.call), event.seconds, limited=limited)
        if event.error is not None:
            with self._lock:
                for owner in work.retried(event.call):
                    self._entry(owner).tally.retries += 1

    def _entry(self, owner: Owner) -> Entry:
        if owner not in self._entries:
            self._entries[owner] = Entry(Tally(*owner))
        return self._entries[owner]

    def _take_wait(self, owners: Iterable[Owner], seconds: float, *, limited: bool = True) -> None:
        with self._lock:
            # Read under the lock, so that waits come in the order of their beginnings.
            now = self._clock()
            self._waited.add(now, seconds)
            for owner in owners:
                self._entry(owner).waited.add(now, seconds)
                if limited:
                    until = max(self._limited_until.get(owner[0], now), now + seconds)
                    self._limited_until[owner[0]] = until

    # For whom a thread works.

    @contextmanager
    def working_for(self, account_id: str, stream: str) -> Iterator[None]:
        """Calls that this thread makes within the block are for this account and stream."""
        owner = (account_id, stream)
        with self._working(_Work(owner), [owner]):
            yield

    @contextmanager
    def working_for_each(self, owners: Mapping[str, Owner]) -> Iterator[None]:
        """Calls that this thread makes within the block are for several, told by their paths.

        Args:
            owners: Path of a call, as `120330000000000001`, and its account and stream.
        """
        with self._working(_Work(by_path=owners), owners.values()):
            yield

    @contextmanager
    def _working(self, work: _Work, owners: Iterable[Owner]) -> Iterator[None]:
        token = _work.set(work)
        try:
            with working(self._subject(owners)):
                yield
        finally:
            _work.reset(token)

    def _subject(self, owners: Iterable[Owner]) -> Subject:
        """What lines are about: what all owners have in common."""
        owners = set(owners)
        with self._lock:
            hashes = {self._entry(owner).query_hash for owner in owners}
        return Subject(
            self.run_id,
            account_id=_common(owner[0] for owner in owners),
            stream=_common(owner[1] for owner in owners),
            query_hash=_common(hashes),
        )

    def about(self, logger: logging.Logger, account_id: str, stream: str) -> About:
        """A logger whose lines tell this run, the account and the query, if one has begun."""
        with self._lock:
            query_hash = self._entry((account_id, stream)).query_hash
        return about(logger, self.run_id, account_id, query_hash, stream)

    # Telling.

    def waiting(self) -> dict[str, float]:
        """Accounts, and the seconds for which they still wait for one of Meta's limits."""
        now = self._clock()
        with self._lock:
            left = {account: until - now for account, until in self._limited_until.items()}
        return {account: seconds for account, seconds in left.items() if seconds >= WORTH_TELLING}

    def reading(self, account_id: str, stream: str, jobs: int = 0) -> Reading:
        """How far a stream of an account is, for `Progress.line`.

        Args:
            account_id: The account.
            stream: The stream.
            jobs: Report jobs that are running, of any stream.
        """
        with self._lock:
            return self._entry((account_id, stream)).reading(self._clock(), jobs)

    def recap(self) -> Recap:
        """What the run has done so far; it changes no more."""
        with self._lock:
            now = self._clock()
            return Recap(
                self.run_id,
                now - self._began,
                self._waited.seconds(now),
                tuple(
                    entry.snapshot(now, self._currencies.get(account_id, ""))
                    for (account_id, _), entry in self._entries.items()
                ),
                dict(self._usages),
            )

    def sentence(self) -> str:
        """The run in one line for people; see `wording.sentence`."""
        return wording.sentence(self.recap())

    def as_json(self) -> dict[str, Any]:
        """The run as an object that `json.dumps` takes; its keys are told by `recap.as_json`."""
        return recap.as_json(self.recap())

    def metrics(self) -> Iterator[Measure]:
        """The run's metrics, as name, value and tags; see `recap.metrics`."""
        return recap.metrics(self.recap())


def _common(values: Iterable[str]) -> str:
    """What all values are, if they are all the same."""
    found = set(values)
    return found.pop() if len(found) == 1 else ""
