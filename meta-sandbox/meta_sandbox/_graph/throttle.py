"""Meta's rate limits: what is counted, when it is too much, and the headers that tell.

Counted are calls per ad account and use case over a rolling hour, and a score per ad account that
decays. Limits follow the tier and the account's active ads, as in Meta's docs.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from meta_sandbox._protocol.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meta_sandbox._protocol.messages import Headers

_HOUR = 3_600
_MINUTE = 60
_WIDE = 1_000_000
_SCORE_DECAY = 300
_READ, _WRITE = 1, 3
#: Calls that weigh in the account's score; Insights have a budget of their own.
_SCORED = frozenset({"ads_management", "custom_audience"})

#: Tier -> use case -> (calls an hour, more per active ad).
TIERS: dict[str, dict[str, tuple[int, int]]] = {
    "development": {
        "ads_insights": (600, 400),
        "ads_management": (300, 40),
        "custom_audience": (5_000, 40),
        "leadgen": (4_800, 0),
    },
    "standard": {
        "ads_insights": (190_000, 400),
        "ads_management": (100_000, 40),
        "custom_audience": (190_000, 40),
        "leadgen": (4_800, 0),
    },
}
#: Tier -> (greatest account score, seconds an account is blocked above it).
SCORES = {"development": (60, 300), "standard": (9_000, 60)}
#: Use case -> the error when it is used up.
_ERRORS: dict[str, tuple[int, int | None]] = {
    "ads_insights": (80000, 2446079),
    "ads_management": (80004, 2446079),
    "custom_audience": (80003, 2446079),
    "leadgen": (80005, None),
    "account_score": (17, 2446079),
    "app": (4, None),
    "app_insights": (4, 1504022),
    "custom": (613, 1487742),
}
#: Names that ``limits`` may set.
LIMIT_NAMES = frozenset(_ERRORS)


@dataclass(frozen=True)
class Usage:
    """How much of one budget is used.

    Attributes:
        percent: 0 to 100 and beyond.
        minutes: Minutes until calls are taken again; 0 while there is room.
    """

    percent: int
    minutes: int


class _Hour:
    """Calls of the last hour, counted by the minute."""

    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets: deque[list[float]] = deque()
        self.total = 0

    def forget(self, now: float) -> None:
        while self.buckets and self.buckets[0][0] <= now - _HOUR:
            self.total -= int(self.buckets.popleft()[1])

    def count(self, now: float) -> None:
        if self.buckets and now - self.buckets[-1][0] < _MINUTE:
            self.buckets[-1][1] += 1
        else:
            self.buckets.append([now, 1])
        self.total += 1

    def seconds_until(self, room: int, now: float) -> float:
        """Return when at most ``room`` calls of those counted will be left in the window."""
        left = self.total
        for began, count in self.buckets:
            left -= int(count)
            if left <= room:
                return max(0.0, began + _HOUR - now)
        return 0.0


class Throttle:
    """Counts calls and refuses those beyond the limits.

    Args:
        tier: ``development`` or ``standard``.
        enforced: Whether anything is refused. When not, limits are wide and usage stays low.
        limits: Own limits by name, in calls an hour, or in points for ``account_score``; names are
            those of ``LIMIT_NAMES``. A limit set here is enforced whatever ``enforced`` says.
    """

    def __init__(self, tier: str, *, enforced: bool, limits: Mapping[str, int] | None) -> None:
        if tier not in TIERS:
            raise ValueError(f"The tier is one of {', '.join(TIERS)}, not {tier!r}.")
        if unknown := set(limits or ()) - LIMIT_NAMES:
            raise ValueError(f"There is no limit {', '.join(sorted(unknown))}.")
        self._tier = tier
        self._enforced = enforced
        self._own = dict(limits or {})
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all calls counted so far."""
        self._hours: dict[tuple[str, str], _Hour] = {}
        self._scores: dict[str, tuple[float, float]] = {}
        self._blocked: dict[str, float] = {}

    def charge(self, account: str, use_case: str, *, write: bool, active: int, now: float) -> None:
        """Count a call.

        Args:
            account: The account's id; ``app`` for calls that concern none.
            use_case: A name of ``LIMIT_NAMES``.
            write: Whether it changes anything: then it weighs three times as much in the score.
            active: The account's active ads.
            now: The current instant.

        Raises:
            GraphError: The call is one too many. It has not been counted.
        """
        with self._lock:
            if use_case in _SCORED:
                self._check_score(account, write=write, now=now)
            budgets = [(account, use_case)]
            if use_case == "ads_insights" and "app_insights" in self._own:
                budgets.append(("app", "app_insights"))
            if account != "app" and "custom" in self._own:
                budgets.append((account, "custom"))
            for owner, name in budgets:
                hour = self._hours.setdefault((owner, name), _Hour())
                hour.forget(now)
                if hour.total >= self._limit(name, active):
                    code, subcode = _ERRORS[name]
                    raise GraphError(code, subcode=subcode)
            for key in budgets:
                self._hours[key].count(now)

    def usage(self, account: str, use_case: str, *, active: int, now: float) -> Usage:
        """Return how much of an hour's budget is used."""
        limit = self._limit(use_case, active)
        with self._lock:
            hour = self._hours.get((account, use_case))
            if hour is None:
                return Usage(0, 0)
            hour.forget(now)
            wait = hour.seconds_until(limit - 1, now) if hour.total >= limit else 0.0
            return Usage(
                min(100, hour.total * 100 // max(1, limit)), -(-int(wait) // _MINUTE) if wait else 0
            )

    def headers(self, account: str, use_case: str, *, active: int, now: float) -> Headers:
        """Return the usage headers for a call.

        Meta names the account by its number in ``x-business-use-case-usage``, gives waits in
        minutes there, and in seconds in ``x-ad-account-usage``.
        """
        used = self.usage(account, use_case, active=active, now=now)
        if use_case == "app":
            return [("x-app-usage", _app_usage(used.percent))]
        entry: dict[str, object] = {
            "type": use_case,
            "call_count": used.percent,
            "total_cputime": used.percent // 2,
            "total_time": used.percent // 2,
            "estimated_time_to_regain_access": used.minutes,
        }
        tier = f"{self._tier}_access"
        if use_case in {"ads_insights", "ads_management"}:
            entry["ads_api_access_tier"] = tier
        percent, wait = self._score(account, now)
        if use_case == "custom_audience":
            entry.pop("ads_api_access_tier", None)
        found = [
            ("x-business-use-case-usage", _json({account: [entry]})),
            (
                "x-ad-account-usage",
                _json(
                    {
                        "acc_id_util_pct": percent,
                        "reset_time_duration": wait,
                        "ads_api_access_tier": tier,
                    }
                ),
            ),
            ("x-app-usage", _app_usage(0)),
        ]
        if use_case == "ads_insights":
            app = self.usage("app", "app_insights", active=0, now=now).percent
            found.append(
                (
                    "x-fb-ads-insights-throttle",
                    _json(
                        {
                            "app_id_util_pct": app,
                            "acc_id_util_pct": used.percent,
                            "ads_api_access_tier": tier,
                        }
                    ),
                )
            )
        return found

    def _limit(self, name: str, active: int) -> int:
        if name in self._own:
            return self._own[name]
        if not self._enforced or name not in TIERS[self._tier]:
            return _WIDE
        base, per_ad = TIERS[self._tier][name]
        return base + per_ad * active

    def _check_score(self, account: str, *, write: bool, now: float) -> None:
        if not (self._enforced or "account_score" in self._own):
            return
        highest, block = self._score_limits()
        until = self._blocked.get(account, 0.0)
        if now < until:
            raise GraphError(17, subcode=2446079)
        score, at = self._scores.get(account, (0.0, now))
        score = max(0.0, score - highest * max(0.0, now - at) / _SCORE_DECAY)
        score += _WRITE if write else _READ
        if score > highest:
            self._blocked[account] = now + block
            self._scores[account] = (0.0, now + block)
            raise GraphError(17, subcode=2446079)
        self._scores[account] = (score, now)

    def _score_limits(self) -> tuple[int, int]:
        highest, block = SCORES[self._tier]
        return self._own.get("account_score", highest), block

    def _score(self, account: str, now: float) -> tuple[float, int]:
        """Return (percent of the greatest score, seconds until the account is free again)."""
        highest, _ = self._score_limits()
        with self._lock:
            until = self._blocked.get(account, 0.0)
            if now < until:
                return 100.0, -(-int(until - now) // 1)
            score, at = self._scores.get(account, (0.0, now))
        left = max(0.0, score - highest * max(0.0, now - at) / _SCORE_DECAY)
        return round(100 * left / max(1, highest), 2), 0


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _app_usage(percent: int) -> str:
    return _json({"call_count": percent, "total_time": percent, "total_cputime": percent})
