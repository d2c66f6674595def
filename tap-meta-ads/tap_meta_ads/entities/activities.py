"""Reading an account's activities: who changed what, and when.

Meta lists them newest first, and keeps them long, so the first run reads windows, the oldest first:
after each one the bookmark moves, and an interrupted run goes on from there.

Meta gives an activity no id, so one is made: the first 32 hexadecimal digits of the SHA-256 of the
account, the instant, and the members of `Entity.identity`. Names are not among them, since Meta
gives the names of today. Activities that are equal in all of this are numbered in Meta's order: the
second ends in `-2`. As they fall into the same second, each run meets and numbers all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tap_meta_ads.entities.listing import EntityTrack, Listed, Newest, Rows, decode_members, instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_meta_ads.engine.tasks import Task

WINDOW = timedelta(days=90)
"""Of the first run."""


@dataclass(frozen=True)
class Window:
    """Whole seconds that are read at once.

    Attributes:
        since: The first.
        until: The first that no longer belongs to it.
        is_last: Whether it has no end: what happens at Meta while it is read belongs to it too.
    """

    since: datetime
    until: datetime
    is_last: bool

    def holds(self, time: datetime | None) -> bool:
        """Whether an instant belongs to it. What has no readable time is in doubt, so kept."""
        return time is None or (self.since <= time and (self.is_last or time < self.until))


def windows(since: datetime, until: datetime) -> list[Window]:
    """The windows between two instants, the oldest first; at least one."""
    since = min(since, until).replace(microsecond=0)
    made = []
    while until - since > WINDOW:
        made.append(Window(since, since + WINDOW, is_last=False))
        since += WINDOW
    return [*made, Window(since, until, is_last=True)]


@dataclass
class ActivitiesTrack(EntityTrack):
    """The activities of one account, a window at a time; see `tasks.Track`."""

    _left: list[Window] = field(default_factory=list)
    _is_reading: bool = False

    def __post_init__(self) -> None:
        """Lay out the windows."""
        self._left = windows(self.since or self.start, self.started)

    def next(self) -> Task[Listed] | None:
        """Read the next window. One at a time, so that the bookmark can move after each."""
        if self._is_reading or not self._left:
            return None
        self._is_reading = True
        return self.read_window(self._left.pop(0))

    def finished(self, result: Any) -> None:  # noqa: ANN401, ARG002 - as in the protocol
        """Note that a window is read."""
        self._is_reading = False
        self.is_over = not self._left

    def read_window(self, window: Window) -> Task[Listed]:
        """The activities of a window."""
        newest = Newest(self.entity.replication_key, window.since)

        def begin() -> Callable[[Rows], Rows]:
            known: Counter[str] = Counter()
            return lambda rows: newest.seen(self._identified(rows, window, known))

        # A second more than wanted: whether Meta counts the bounds in is written nowhere.
        query = {
            "since": int(window.since.timestamp()) - 1,
            "until": int(window.until.timestamp()) + (0 if window.is_last else 1),
        }
        yield from self.pages(self.path, query, begin)
        # Of a window in the past nothing can be missing, however quiet the account was.
        return Listed(self.safe(newest.time if window.is_last else window.until))

    def _identified(self, rows: Rows, window: Window, known: Counter[str]) -> Rows:
        """The rows of a window, each with its id.

        Args:
            rows: As Meta sent them.
            window: The window.
            known: How often each id has been given; grows.
        """
        made = []
        for row in rows:
            try:
                members = decode_members(row)
            except ValueError:  # no object: the stream will say so
                made.append(row)
                continue
            values = {
                name: msgspec.json.decode(members[name])
                for name in self.entity.identity
                if name in members
            }
            time = instant(values.get(self.entity.replication_key))
            if not window.holds(time):
                continue
            name = identifier(self.account.id, time, [values.get(n) for n in self.entity.identity])
            known[name] += 1
            unique = name if known[name] == 1 else f"{name}-{known[name]}"
            members[self.entity.key] = msgspec.Raw(msgspec.json.encode(unique))
            made.append(msgspec.Raw(msgspec.json.encode(members)))
        return made


def identifier(account_id: str, time: datetime | None, values: list[Any]) -> str:
    """The id of an activity, the same on every run.

    Args:
        account_id: Number of the account.
        time: Its instant. Meta writes it in one time zone, but that is nowhere promised.
        values: The members of `Entity.identity`, None for what is absent.
    """
    # `extra_data` is JSON in a text, whose members have no order.
    parts = [account_id, int(time.timestamp()) if time else None, *map(_canonical, values[1:])]
    if time is None:
        parts.append(values[0])
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _canonical(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
