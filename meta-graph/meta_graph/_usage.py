"""Meta's usage headers, read.

Four headers tell how much of a limit is used, in percent of a rolling window. Two of them also say
when calls are taken again: `x-business-use-case-usage` in minutes, `x-ad-account-usage` in seconds.
They may be absent, and inside a batch each part has its own.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MINUTE = 60.0

ANY = ""
"""Stands for all accounts, or all use cases."""


@dataclass(frozen=True)
class Usage:
    """How much of one limit is used.

    Attributes:
        account: Account number, or `ANY` for a limit of the whole app.
        use_case: `ads_insights`, `ads_management`, `custom_audience`, ... or `ANY`.
        percent: 0 to 100, at times above.
        regain_seconds: Seconds until calls are taken again, 0 when they are taken now.
    """

    account: str
    use_case: str
    percent: float
    regain_seconds: float = 0.0


def read(headers: Mapping[str, str], account: str | None) -> list[Usage]:
    """All usages that an answer's headers tell, for a call of this account."""
    lowered = {name.lower(): value for name, value in headers.items()}
    mine = account or ANY
    found = list(_business_use_cases(_json(lowered.get("x-business-use-case-usage")), mine))
    score = _json(lowered.get("x-ad-account-usage"))
    if "acc_id_util_pct" in score:
        percent = _number(score["acc_id_util_pct"])
        # The duration is that of the window; it is a wait only once the limit is reached.
        wait = _number(score.get("reset_time_duration")) if percent >= 100 else 0.0  # noqa: PLR2004
        found.append(Usage(mine, ANY, percent, wait))
    insights = _json(lowered.get("x-fb-ads-insights-throttle"))
    if "acc_id_util_pct" in insights:
        found.append(Usage(mine, "ads_insights", _number(insights["acc_id_util_pct"])))
    if "app_id_util_pct" in insights:
        found.append(Usage(ANY, "ads_insights", _number(insights["app_id_util_pct"])))
    app = _json(lowered.get("x-app-usage"))
    if app:
        found.append(Usage(ANY, ANY, _highest(app)))
    return found


def stated_wait(headers: Mapping[str, str], account: str | None, use_case: str) -> float | None:
    """Seconds that the headers of a throttled answer ask to wait, None where they state none."""
    # Meta names the limit by its own word, which may be another than the one read from the path.
    stating = [usage for usage in read(headers, account) if usage.regain_seconds]
    mine = [usage for usage in stating if usage.use_case in {use_case, ANY}]
    waits = [usage.regain_seconds for usage in mine or stating]
    waits += [_number(value) for name, value in headers.items() if name.lower() == "retry-after"]
    return max(waits, default=0.0) or None


def _business_use_cases(entries: Mapping[str, Any], account: str) -> Iterator[Usage]:
    """One usage per entry. The id is the account number on ads calls, a business id elsewhere."""
    chosen = {account: entries[account]} if account in entries else entries
    for cases in chosen.values():
        for case in cases if isinstance(cases, list) else ():
            if isinstance(case, dict):
                yield Usage(
                    account,
                    str(case.get("type") or ANY),
                    _highest(case),
                    _number(case.get("estimated_time_to_regain_access")) * MINUTE,
                )


def _highest(entry: Mapping[str, Any]) -> float:
    return max(_number(entry.get(name)) for name in ("call_count", "total_time", "total_cputime"))


def _json(text: str | None) -> dict[str, Any]:
    """A header's JSON object; an unreadable header is as good as none."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0
