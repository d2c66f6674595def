"""What the ledger of target-meta-ads tells of its runs. Pure but for `read`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_meta_ads.ledger import Ledger, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from target_meta_ads.ledger import RunFigure

OUTCOMES = ("delivered", "unchanged", "superseded", "rejected", "undelivered")
"""What becomes of a record, as the page tells it."""


@dataclass
class Delivery:
    """What one run did with one stream.

    Attributes:
        stream: The Singer stream.
        run: The run's number.
        ended_at: When it ended, in UTC.
        counts: Records by outcome, and those that were `received`.
        reasons: Rejected records by code.
        keys: Of each match key, how many records were filled and how many there were.
        dropped: Of each match key, dropped values by reason.
    """

    stream: str
    run: int
    ended_at: datetime
    counts: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    dropped: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def told(self) -> list[str]:
        """What is told of it: how many came, and outcomes, the rare ones if there are any."""
        always = {"received", "delivered", "unchanged", "rejected"}
        names = ("received", *OUTCOMES)
        return [name for name in names if name in always or self.counts.get(name)]


def read(url: str) -> list[Delivery]:
    """Return what the runs of a ledger did, the first one first; nothing where there is none yet.

    Args:
        url: The target's setting `ledger_url`.

    Raises:
        LedgerError: It cannot be read, for one because a run uses it right now.
    """
    # As a dry run does: nothing is kept or made, and in PostgreSQL no worker waits.
    with Ledger.open(url, dry_run=True) as ledger:
        return deliveries(ledger.history.read())


def deliveries(figures: Iterable[RunFigure]) -> list[Delivery]:
    """Put the figures of runs together, one `Delivery` for each run and stream."""
    found: dict[tuple[int, str], Delivery] = {}
    for figure in figures:
        of = found.setdefault(
            (figure.run, figure.stream), Delivery(figure.stream, figure.run, figure.ended_at)
        )
        name, detail, value = figure.name, figure.detail, figure.value
        if name == "records_rejected_by_code":
            of.reasons[detail] = value
        elif name.startswith("records_"):
            of.counts[name.removeprefix("records_")] = value
        elif name == "match_key_records":
            of.keys[detail] = (of.keys.get(detail, (0, 0))[0], value)
        elif name == "match_key_filled":
            of.keys[detail] = (value, of.keys.get(detail, (0, 0))[1])
        elif name == "match_key_dropped":
            column, _, reason = detail.partition(" ")
            of.dropped[column][reason] = value
    return list(found.values())


def newest(runs: Iterable[Delivery]) -> list[Delivery]:
    """Return the newest run of each stream that had any record in it, by the stream's name."""
    found = {one.stream: one for one in runs if one.counts.get("received")}
    return [found[stream] for stream in sorted(found)]


__all__ = ["OUTCOMES", "Delivery", "LedgerError", "deliveries", "newest", "read"]
