"""People who are to be in no audience of an account any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from target_meta_ads.audiences import calls, rows
from target_meta_ads.audiences.upload import AudienceDelivery
from target_meta_ads.ledger import without_doubt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meta_graph import Call
    from target_meta_ads.audiences.batches import Batch
    from target_meta_ads.delivery.destinations import Entry, Shared

_AT_ONCE = 100_000
"""Erased identifiers that are looked for in the ledger in one go, since that reads all of it."""


class Erasure(AudienceDelivery):
    """Removes people from every audience of an account, and from the ledger.

    Nothing is remembered of them: whoever stands in the input is erased by each run, since others
    may have added them again.

    Args:
        account: The account, without `act_`.
        shared: What all destinations use.
        page_id: The page of page-scoped ids.
    """

    def __init__(self, account: str, shared: Shared, *, page_id: str | None = None) -> None:
        super().__init__(
            f"act_{account}",
            None,
            shared,
            account=account,
            run=0,
            page_id=page_id,
        )
        self.label = f"all audiences of account {account}"
        self._account_number = account
        self._erased: set[tuple[str, str]] = set()
        self._erased_from: int | None = None  # number of the first of their records

    @override
    def _known(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        return {}

    @override
    def _call(self, batch: Batch) -> Call:
        people = [entry.content for entry in batch.entries]
        session = calls.new_session(batch.rows)
        return calls.erasure(
            self._account_number, batch.schema, people, session, page_id=self._page_id
        )

    @override
    def _write(self, batch: Batch, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._erased.update(rows.strong(entry.content))
            first = entry.number if self._erased_from is None else self._erased_from
            self._erased_from = min(first, entry.number)
        if len(self._erased) >= _AT_ONCE:
            self.conclude()

    @override
    def _numbers(self) -> Iterator[int]:
        yield from super()._numbers()
        if self._erased_from is not None:
            yield self._erased_from

    @override
    def conclude(self) -> None:
        """Take whoever was erased out of the ledger. Only then they are done with."""
        erased = self._erased
        if erased:
            ledger = self._shared.ledger
            audiences = ledger.audiences_of(self._account_number)
            for audience_id in audiences:
                ledger.bury_dead(audience_id)
            ledger.forget_people(
                audiences,
                lambda packed: not erased.isdisjoint(rows.strong(without_doubt(packed))),
            )
        self._erased = set()
        self._erased_from = None

    @override
    def conclude_early(self) -> None:
        self.conclude()
