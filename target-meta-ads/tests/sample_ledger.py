"""People, events and times of ledgers, for several test modules."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_meta_ads.ledger import Ledger

ACCOUNT, AUDIENCE, OTHER, PIXEL = "1200", "23851", "23852", "77"


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = field(default=datetime(2026, 11, 20, 12, tzinfo=timezone.utc))

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def key(name: object) -> bytes:
    return hashlib.sha256(str(name).encode()).digest()[:16]


def keys(count: int, start: int = 0) -> list[bytes]:
    return [key(number) for number in range(start, start + count)]


def people(names: Iterable[object]) -> list[tuple[bytes, bytes]]:
    return [(key(name), b"\x01" + str(name).encode()) for name in names]


def labelled(rows: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes, bytes]]:
    return [(name, packed, b"label") for name, packed in rows]


def add(ledger: Ledger, audience: str, names: Iterable[object], run: int) -> None:
    rows = people(names)
    claim = ledger.claim(audience, [row[0] for row in rows])
    ledger.accept_members(claim, rows, run)
