"""Pacing before the wall: how long a call should wait, given what Meta's usage headers told.

A `Governor` stands for one limit: an account and a use case, an account's score, the app. It is
pure: times and usages go in, delays come out. `Pacer` holds one governor per limit for all
threads.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meta_graph._usage import ANY, Usage, read

if TYPE_CHECKING:
    from collections.abc import Mapping

FREE_PERCENT = 75.0
"""Below this much usage nothing is slowed: half-empty limits are no reason to be late."""

FULL_PERCENT = 100.0
SLOWEST_SECONDS = 20.0
WINDOW_SECONDS = 3600.0
"""Meta counts over a rolling hour, so usage falls by itself at the latest within one."""


def spacing(percent: float) -> float:
    """Seconds between two calls at this usage: 0 to 75 %, then growing with the cube to 20 s.

    The cube leaves most of the last quarter usable and still brakes hard before the wall.
    """
    share = (min(percent, FULL_PERCENT) - FREE_PERCENT) / (FULL_PERCENT - FREE_PERCENT)
    return SLOWEST_SECONDS * max(share, 0.0) ** 3


@dataclass
class Governor:
    """The pace of one limit. Times are seconds of any monotonic clock.

    Attributes:
        percent: Usage as last told.
        told_at: When it was told.
        closed_until: No call before this time, as Meta stated it.
        next_slot: Earliest time of the next call, so that threads queue up one behind the other.
    """

    percent: float = 0.0
    told_at: float = 0.0
    closed_until: float = 0.0
    next_slot: float = 0.0

    def usage_at(self, now: float) -> float:
        """Usage now: what was told, falling evenly to nothing over the rolling hour."""
        age = max(now - self.told_at, 0.0)
        return self.percent * max(1.0 - age / WINDOW_SECONDS, 0.0)

    def tell(self, now: float, percent: float, regain_seconds: float = 0.0) -> None:
        """Take in a usage that an answer's headers told."""
        self.percent, self.told_at = percent, now
        # Slots handed out at a higher usage are not held against those who come after.
        self.next_slot = min(self.next_slot, now + spacing(percent))
        if regain_seconds:
            self.close(now, regain_seconds)

    def close(self, now: float, seconds: float) -> None:
        """Let no call through for some seconds."""
        self.closed_until = max(self.closed_until, now + seconds)

    def reserve(self, now: float) -> float:
        """Take the next slot and return the seconds until it."""
        start = max(now, self.closed_until, self.next_slot)
        self.next_slot = start + spacing(self.usage_at(start))
        return start - now


@dataclass
class Pacer:
    """The governors of a client, shared by its threads."""

    _governors: dict[tuple[str, str], Governor] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, now: float, account: str | None, use_case: str) -> float:
        """Seconds that a call must wait, which is the longest wait of the limits it falls under."""
        mine = account or ANY
        keys = {(mine, use_case), (mine, ANY), (ANY, use_case), (ANY, ANY)}
        with self._lock:
            governors = [self._governors[key] for key in sorted(keys) if key in self._governors]
            return max((governor.reserve(now) for governor in governors), default=0.0)

    def tell(self, now: float, headers: Mapping[str, str], account: str | None) -> list[Usage]:
        """Take in the headers of an answer; returns what they told."""
        usages = read(headers, account)
        with self._lock:
            for usage in usages:
                governor = self._at(usage.account, usage.use_case)
                governor.tell(now, usage.percent, usage.regain_seconds)
        return usages

    def close(self, now: float, account: str | None, use_case: str, seconds: float) -> None:
        """Hold back every call of this account and use case: one of them was throttled."""
        with self._lock:
            self._at(account or ANY, use_case).close(now, seconds)

    def _at(self, account: str, use_case: str) -> Governor:
        return self._governors.setdefault((account, use_case), Governor())
