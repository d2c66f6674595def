"""People who are to leave one audience, out of streams that only remove.

Such streams may be several, and none of them has to be the one that filled the audience. So a key
says who somebody is within its own stream alone: request 7 need not be customer 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from target_meta_ads.audiences import rows
from target_meta_ads.audiences.upload import AudienceDelivery
from target_meta_ads.ledger import without_doubt

if TYPE_CHECKING:
    from target_meta_ads.delivery.destinations import Entry


class Removal(AudienceDelivery):
    """Removes people from an audience; see `AudienceDelivery` for the arguments."""

    @override
    def _chunk_key(self, entry: Entry) -> bytes:
        return entry.key + entry.source.report.stream.encode()

    @override
    def _remove(self, entry: Entry, old: bytes | None) -> None:
        if old is not None and not _is_like(without_doubt(old), entry.content):
            # For all that is known somebody else. Who is left in stays in the ledger and can be
            # removed by another record; who is taken out in error nobody would ever notice.
            entry = entry._replace(is_noted=False)
            old = None
        super()._remove(entry, old)


def _is_like(one: bytes, other: bytes) -> bool:
    """Whether packed rows have in common what says who somebody is."""
    return not {*rows.identity(one)}.isdisjoint(rows.identity(other))
