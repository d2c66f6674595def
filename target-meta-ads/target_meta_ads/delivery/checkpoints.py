"""Which state may go out: the newest one whose records are all settled. Pure.

A record is settled when Meta has acknowledged it, when it needs no sending, or when it stands in
the rejects file. A state says of all records before it that they need not come again, so it waits
for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERY = 10_000
"""Records after which a state that waits is no longer kept waiting for a batch to fill."""

_KEPT = 16
"""States that wait at once. A tap may write one after each record, and each may be large."""


@dataclass(frozen=True)
class _Waiting:
    at: int
    value: Any


class Checkpoints:
    """Counts records, and keeps the states that wait for them.

    Attributes:
        count: Records read so far; the number of the record that is being read.
    """

    def __init__(self) -> None:
        self.count = 0
        self._waiting: list[_Waiting] = []

    def state(self, value: Any) -> None:  # noqa: ANN401 - JSON
        """A STATE message came: it stands for all records read so far."""
        self._waiting.append(_Waiting(self.count, value))
        if len(self._waiting) > _KEPT:
            # Every second one, the oldest and the newest: fewer choices, and never a wrong one.
            self._waiting = [*self._waiting[:-1:2], self._waiting[-1]]

    def release(self, unsettled: Iterable[int]) -> Any | None:  # noqa: ANN401 - JSON
        """The newest state before the first unsettled record, once; None when there is none.

        Args:
            unsettled: Numbers of records that are not settled, at least the first of them.
        """
        first = min(unsettled, default=self.count + 1)
        ready = [waiting for waiting in self._waiting if waiting.at < first]
        if not ready:
            return None
        self._waiting = self._waiting[len(ready) :]
        return ready[-1].value

    @property
    def overdue(self) -> int | None:
        """Number of the record up to which all must be sent now, since a state waits for too long.

        None while no state does.
        """
        if self._waiting and self.count - self._waiting[0].at >= EVERY:
            return self._waiting[0].at
        return None
