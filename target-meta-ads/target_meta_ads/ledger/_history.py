"""What the runs of a ledger did: their closing figures, for as long as a year and a month."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select

from target_meta_ads.ledger._claims import DAY
from target_meta_ads.ledger._tables import FIGURE_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_meta_ads.ledger._store import Store
    from target_meta_ads.report import Figure

_KEPT_SECONDS = 400 * DAY


class RunFigure(NamedTuple):
    """One figure of one run.

    Attributes:
        run: The run's number, which grows from run to run.
        ended_at: When it ended, in UTC.
        stream: The Singer stream.
        name: What was counted; see `report.Figure`.
        detail: Of what; empty where the name says it all.
        value: How many.
    """

    run: int
    ended_at: datetime
    stream: str
    name: str
    detail: str
    value: int


class History:
    """The table `figures` of an open ledger. It holds numbers and names of streams and columns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, run: int, figures: Iterable[Figure]) -> None:
        """Write down what a run did, and forget runs of more than 400 days ago.

        Raises:
            LedgerError: The database failed; nothing of it is written then.
        """
        now = self._store.now()
        rows = [
            {"run": run, "ended_at": now, "value": one.value}
            | {name: getattr(one, name)[:length] for name, length in FIGURE_TEXTS.items()}
            for one in figures
        ]
        with self._store.transaction() as connection:
            table = self._store.figures()
            connection.execute(delete(table).where(table.c.ended_at < now - _KEPT_SECONDS))
            if rows:
                connection.execute(insert(table), rows)

    def read(self) -> list[RunFigure]:
        """Return what is known of all runs, in the order in which they ended."""
        with self._store.transaction() as connection:
            table = self._store.figures()
            asked = select(table).order_by(table.c.ended_at, table.c.run)
            rows = connection.execute(asked).mappings().all()
        return [
            RunFigure(**{**row, "ended_at": datetime.fromtimestamp(row["ended_at"], timezone.utc)})
            for row in rows
        ]
