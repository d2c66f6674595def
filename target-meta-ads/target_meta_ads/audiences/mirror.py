"""A custom audience that shows a stream: whom the complete input no longer has is removed.

Meta removes whoever agrees with a row that is removed: two customers may share a telephone, and of
a stream without a key somebody with a new address is somebody new, who has all else in common with
whom they were. So whoever stays, and may have been taken along, is added once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_meta_ads.audiences import rows
from target_meta_ads.audiences.calls import MOST_ROWS
from target_meta_ads.audiences.upload import AudienceDelivery
from target_meta_ads.delivery.destinations import Entry, Kind
from target_meta_ads.errors import StoppedError
from target_meta_ads.ledger import without_doubt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from target_meta_ads.delivery.destinations import Shared, Source

_MOST_LEAVING = 500_000
"""Identifiers of those who go for whom the members are looked through at once, in some 40 MB."""


class Mirror(AudienceDelivery):
    """Makes an audience equal to a stream; see `AudienceDelivery` for the arguments."""

    is_mirror = True

    def __init__(
        self,
        audience_id: str,
        name: str | None,
        shared: Shared,
        *,
        account: str | None,
        run: int,
        page_id: str | None = None,
    ) -> None:
        super().__init__(audience_id, name, shared, account=account, run=run, page_id=page_id)
        self._before, _ = shared.ledger.counts(audience_id, run)
        self._staying: list[bytes] = []

    def check_unseen(self, most: float) -> None:
        """Fail when more are to be removed than `max_removal_ratio` allows.

        The share is counted from those who were members before this run.
        """
        _, unseen = self._shared.ledger.counts(self.audience_id, self._run)
        if unseen <= most * self._before:
            return
        everybody = "all" if unseen >= self._before else f"{unseen:,}"
        self.fail(
            StoppedError(
                f"{self.label}: the input lacks {everybody} of its {self._before:,} members, and "
                f"`max_removal_ratio` allows to remove {most:g} of them. Nobody was removed: see "
                "that the input is whole, or raise `max_removal_ratio`."
            )
        )

    def remove_unseen(self, source: Source) -> Iterator[None]:
        """Remove whom the input no longer has.

        Args:
            source: The stream that the mirror shows.

        Yields:
            After some of them, so that they can be sent.
        """
        ledger = self._shared.ledger
        leaving: set[int] = set()
        for page in ledger.unseen(self.audience_id, self._run, MOST_ROWS):
            for _, packed in page:
                leaving.update(map(hash, rows.identity(without_doubt(packed))))
            if len(leaving) >= _MOST_LEAVING:
                self._doubt_who_is_like(leaving)
                leaving.clear()
        self._doubt_who_is_like(leaving)
        for page in ledger.unseen(self.audience_id, self._run, MOST_ROWS):
            for key, packed in page:
                self._put(source, key, rows.removal(without_doubt(packed)), Kind.UNSEEN)
            yield

    def _doubt_who_is_like(self, leaving: Collection[int]) -> None:
        """Find the members who stay and whom a removal may take along.

        The ledger doubts them from now on: a run that dies before they are added again leaves that
        to the next one.

        Args:
            leaving: What tells who those are who go, by its hash.
        """
        ledger = self._shared.ledger
        pages = ledger.seen(self.audience_id, self._run, MOST_ROWS) if leaving else ()
        for page in pages:
            like = [
                key
                for key, packed in page
                if without_doubt(packed) == packed  # else it is known already
                and not {*map(hash, rows.identity(packed))}.isdisjoint(leaving)
            ]
            ledger.doubt(self.audience_id, like)
            self._staying += like

    def bring_back(self, source: Source) -> Iterator[None]:
        """Add those again who stay, and whom the removals may have taken along.

        Args:
            source: The stream that the mirror shows.

        Yields:
            After some of them, so that they can be sent.
        """
        staying, self._staying = self._staying, []
        for start in range(0, len(staying), MOST_ROWS):
            for key, packed in self._known(staying[start : start + MOST_ROWS]).items():
                self._put(source, key, without_doubt(packed), Kind.STAYS)
            yield

    def _put(self, source: Source, key: bytes, packed: bytes, kind: Kind) -> None:
        entry = Entry(self._shared.number(), source, key, (), packed, kind)
        self._batches.close_if_full(self._batches.put(entry, is_removal=kind is Kind.UNSEEN))
