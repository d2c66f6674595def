"""Pacing before the wall: how long a call should wait, given what Meta's usage headers told.

A `Governor` stands for one limit: an account and a use case, an account's score, the app. It is
pure: times and usages go in, delays come out. `Pacer` holds one governor per limit for all
threads.

Nobody queues. A call that must wait asks again when its wait is over, so that what was learnt in
the meantime counts: a limit that closed holds it back, one that opened lets it go.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from meta_graph._usage import ANY, Usage, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from meta_graph._calls import Call

FREE_PERCENT = 75.0
"""Below this much usage nothing is slowed: half-empty limits are no reason to be late."""

FULL_PERCENT = 100.0
SLOWEST_SECONDS = 12.0
"""Meta's smallest hourly limit is 300 calls; at this pace not even that one fills up."""

MEMORY_SECONDS = 120.0
"""Every answer tells usage anew, so an old figure is worth little: forgetting it costs one call."""

SHORTEST_SECONDS = 0.001
"""A wait below this is none; clocks do not end waits more exactly."""


def spacing(percent: float) -> float:
    """Seconds between two calls at this usage: 0 to 75 %, then growing with the cube to 12 s.

    The cube leaves most of the last quarter usable and still brakes hard before the wall.

    >>> [round(spacing(percent), 1) for percent in (75, 85, 95, 100, 130)]
    [0.0, 0.8, 6.1, 12.0, 12.0]
    """
    share = (min(percent, FULL_PERCENT) - FREE_PERCENT) / (FULL_PERCENT - FREE_PERCENT)
    return SLOWEST_SECONDS * max(share, 0.0) ** 3


@dataclass(frozen=True)
class Hold:
    """A call must wait.

    Attributes:
        seconds: How long, before it asks again.
        refused: Whether Meta has refused calls until then. Else it is our own care.
    """

    seconds: float
    refused: bool = False


@dataclass
class Governor:
    """The pace of one limit. Times are seconds of any monotonic clock.

    Attributes:
        percent: Usage as last told.
        told_at: When it was told.
        refused_until: Meta has refused a call and will refuse others before this time.
        full_until: A good answer told that the limit is used up until this time.
        last_call: When the last call was let through.
        last_weight: For how many calls it counted.
    """

    percent: float = 0.0
    told_at: float = 0.0
    refused_until: float = -math.inf
    full_until: float = -math.inf
    last_call: float = -math.inf
    last_weight: int = 1

    def usage_at(self, now: float) -> float:
        """Usage now: what was told, fading evenly to nothing."""
        age = max(now - self.told_at, 0.0)
        return self.percent * max(1.0 - age / MEMORY_SECONDS, 0.0)

    def tell(self, now: float, usage: Usage, *, refused: bool) -> None:
        """Take in a usage that an answer's headers told.

        A later answer without a wait opens nothing: it may have been sent before the refusal.
        """
        self.percent, self.told_at = usage.percent, now
        until = now + usage.regain_seconds
        if usage.regain_seconds and refused:
            self.refused_until = max(self.refused_until, until)
        elif usage.regain_seconds:
            self.full_until = max(self.full_until, until)

    def hold(self, now: float, allowed: float) -> Hold | None:
        """Why a call cannot start now, or None when it can.

        Args:
            now: The time.
            allowed: Seconds that the call may wait. A wait beyond it that Meta has only foretold,
                and not yet enforced, is not kept: the answer decides.
        """
        if (refused := self.refused_until - now) >= SHORTEST_SECONDS:
            return Hold(refused, refused=True)
        foretold = self.full_until - now
        paced = self.last_call + self.last_weight * spacing(self.usage_at(now)) - now
        ours = max(paced, foretold if foretold <= allowed else 0.0)
        return Hold(ours) if ours >= SHORTEST_SECONDS else None

    def let_through(self, now: float, weight: int) -> None:
        """Note that a call starts now."""
        self.last_call, self.last_weight = now, weight


@dataclass
class Pacer:
    """The governors of a client, shared by its threads."""

    _governors: dict[tuple[str, str], Governor] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, now: float, calls: Iterable[Call], allowed: float = math.inf) -> Hold | None:
        """Let calls through together, or tell what holds them back: a refusal before our own care.

        Args:
            now: The time.
            calls: The parts of one request, of which Meta counts each.
            allowed: Seconds that they may wait.
        """
        weights = Counter(key for call in calls for key in _limits(call))
        with self._lock:
            keys = weights.keys() & self._governors.keys()
            known = [(self._governors[key], weights[key]) for key in keys]
            if held := _worst(governor.hold(now, allowed) for governor, _ in known):
                return held
            for governor, weight in known:
                governor.let_through(now, weight)
            return None

    def hold(self, now: float, call: Call, allowed: float) -> Hold | None:
        """What holds a call back now, if anything; lets nothing through."""
        with self._lock:
            known = [self._governors[key] for key in _limits(call) & self._governors.keys()]
            return _worst(governor.hold(now, allowed) for governor in known)

    def tell(
        self, now: float, headers: Mapping[str, str], account: str | None, *, refused: bool = False
    ) -> list[Usage]:
        """Take in the headers of an answer; returns what they told.

        Args:
            now: The time.
            headers: The answer's headers.
            account: Account number of the call.
            refused: Whether the answer is a throttle.
        """
        usages = read(headers, account)
        with self._lock:
            for usage in _strictest(usages):
                key = (usage.account, usage.use_case)
                self._governors.setdefault(key, Governor()).tell(now, usage, refused=refused)
        return usages


def _strictest(usages: Iterable[Usage]) -> Iterable[Usage]:
    """One usage for each limit, of an answer that tells of some more than once.

    Two headers know one limit and need not agree, and one header may list several businesses. No
    figure is better than another for coming last, so the highest counts.
    """
    found: dict[tuple[str, str], Usage] = {}
    for usage in usages:
        key = (usage.account, usage.use_case)
        other = found.get(key, usage)
        found[key] = replace(
            usage,
            percent=max(usage.percent, other.percent),
            regain_seconds=max(usage.regain_seconds, other.regain_seconds),
        )
    return found.values()


def _worst(holds: Iterable[Hold | None]) -> Hold | None:
    found = [hold for hold in holds if hold]
    return max(found, key=lambda hold: (hold.refused, hold.seconds), default=None)


def _limits(call: Call) -> set[tuple[str, str]]:
    """The limits that a call falls under, the wider ones too."""
    accounts, use_cases = {call.account or ANY, ANY}, {call.use_case, ANY}
    return {(account, use_case) for account in accounts for use_case in use_cases}
