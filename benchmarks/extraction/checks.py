"""Whether a tool has read what there is: the same rows, once, with the same spend."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from benchmarks.extraction.fields import INSIGHTS, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from benchmarks.extraction.server import Server

Truth = dict[str, dict[str, Decimal]]
"""Stream, key and spend. The key is the ad's and the day's, or the object's id; the spend of an
object is 0."""

_KINDS = {"campaigns": "campaigns", "ad_sets": "adsets", "ads": "ads", "ad_creatives": "creatives"}
_GONE = {"ARCHIVED", "DELETED"}


@dataclass(frozen=True)
class Checked:
    """How a tool's rows compare with the truth.

    Attributes:
        rows: Rows that it wrote.
        unique: Rows with different keys.
        missing: Keys that it lacks.
        extra: Keys that there are not.
        wrong: Keys with another spend.
        filled: Fields that were asked for and have a value in one row at least. The same for two
            tools that were told the same.
        spend: Its spend, each key counted once.
        true_spend: The spend.
    """

    rows: int
    unique: int
    missing: int
    extra: int
    wrong: int
    filled: int
    spend: Decimal
    true_spend: Decimal

    @property
    def is_right(self) -> bool:
        """Whether it is all there, nothing else is, and each row came once."""
        found = self.missing, self.extra, self.wrong, self.rows - self.unique
        return not any(found) and self.spend == self.true_spend

    @property
    def words(self) -> str:
        """The same for a person."""
        if self.is_right:
            return "all, once"
        found = {
            "missing": self.missing,
            "extra": self.extra,
            "with another spend": self.wrong,
            "written again": self.rows - self.unique,
        }
        parts = [f"{count:,} {what}" for what, count in found.items() if count]
        if self.spend != self.true_spend:
            parts.append(f"spend {self.spend} instead of {self.true_spend}")
        return ", ".join(parts)


def truth(server: Server, streams: Iterable[str], since: date, until: date) -> Truth:
    """What there is to read, by the sandbox's own account.

    Archived and deleted objects are left out: no tool is told to ask for them.
    """
    found: Truth = {}
    for stream in streams:
        if stream == INSIGHTS:
            rows = server.truth(
                "insights", since=str(since), until=str(until), fields="ad_id,spend"
            )
        else:
            rows = server.truth(_KINDS[stream])
        found[stream] = {
            _key(stream, row): _spend(row)
            for row in rows
            if stream in {INSIGHTS, "ad_creatives"} or row["effective_status"] not in _GONE
        }
    return found


def check(rows: Iterable[tuple[str, Mapping[str, Any]]], true: Truth) -> Checked:
    """Compare rows with the truth.

    Args:
        rows: Stream and record.
        true: What there is.
    """
    count = extra = wrong = 0
    seen: dict[str, set[str]] = {stream: set() for stream in true}
    total = Decimal(0)
    empty = {stream: set(fields_of(stream)) for stream in true}
    asked = sum(map(len, empty.values()))
    for stream, row in rows:
        count += 1
        key = _key(stream, row)
        keys = seen.setdefault(stream, set())
        if key in keys:
            continue
        keys.add(key)
        if unseen := empty.get(stream):
            unseen -= {name for name in unseen if row.get(name) is not None}
        spend = _spend(row)
        total += spend
        expected = true.get(stream, {}).get(key)
        extra += expected is None
        wrong += expected not in {None, spend}
    unique = sum(map(len, seen.values()))
    return Checked(
        rows=count,
        unique=unique,
        missing=sum(map(len, true.values())) - (unique - extra),
        extra=extra,
        wrong=wrong,
        filled=asked - sum(map(len, empty.values())),
        spend=total,
        true_spend=sum((sum(part.values(), Decimal(0)) for part in true.values()), Decimal(0)),
    )


def _key(stream: str, row: Mapping[str, Any]) -> str:
    # One tool writes days as instants.
    return f"{row['ad_id']} {row['date_start'][:10]}" if stream == INSIGHTS else str(row["id"])


def _spend(row: Mapping[str, Any]) -> Decimal:
    # Two tools write money as a float, whose shortest text is still Meta's.
    return Decimal(str(row.get("spend") or 0))
