"""One custom audience: from records to requests, and from answers to what is settled.

A record goes through three places. In the chunk it waits until so many are together that asking the
ledger for all of them costs little; a later record of the same person takes its place. In an open
batch it waits for others of the same kind. In the queue the batch waits to be sent.

Nobody is ever in two requests at once: whoever is in a batch that is not acknowledged is not looked
up again before it is. A person whose rows have changed is removed as what they were, and then added
as what they are; the second waits for the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from target_meta_ads.audiences import calls, rows, verdict
from target_meta_ads.audiences.batches import Batch, Batches, Claimed
from target_meta_ads.audiences.calls import MOST_ROWS
from target_meta_ads.delivery import outcomes
from target_meta_ads.delivery.destinations import Destination, Entry, Kind, Request
from target_meta_ads.delivery.outcomes import Outcome
from target_meta_ads.delivery.rejects import without_values
from target_meta_ads.ledger import without_doubt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meta_graph import Call, GraphError
    from target_meta_ads.audiences.verdict import Verdict
    from target_meta_ads.delivery.destinations import Shared

INVALID_ENTRY = "invalid_entry"
"""Code of the reject of a person whose rows Meta has refused."""


class AudienceDelivery(Destination):
    """Brings people into an audience, and out of it.

    Args:
        audience_id: The audience.
        name: What people call it, where it was found by its name.
        shared: What all destinations use.
        account: The account, whose limits it counts against.
        run: The ledger's number of this run.
        page_id: The page of page-scoped ids.

    Attributes:
        is_mirror: Whether whoever is not in the input is removed in the end; see `Mirror`.
    """

    is_mirror = False

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
        super().__init__(label_of(audience_id, name), shared)
        self.audience_id = audience_id
        self._account = account
        self._run = run
        self._page_id = page_id
        shared.ledger.bury_dead(audience_id)
        self._chunk: dict[bytes, tuple[Entry, bool]] = {}
        self._first = 0  # of the records in the chunk, those that were superseded too
        self._batches = Batches()

    # Records in.

    def take(self, entry: Entry, *, is_removal: bool) -> bool:
        """Take in a record.

        Returns:
            Whether a chunk is full, so that `close` or `look_up` is due.
        """
        if self.failed is not None:
            self._lose(entry)
            return False
        chunk = self._chunk
        if not chunk:
            self._first = entry.number
        key = self._chunk_key(entry)
        before = chunk.pop(key, None)
        if before is not None:
            before[0].source.report.superseded += 1
        chunk[key] = (entry, is_removal)
        return len(chunk) >= MOST_ROWS

    @property
    @override
    def held(self) -> int:
        return len(self._chunk) + self._batches.held

    def look_up(self) -> bool:
        """Ask the ledger about the chunk, and sort it into batches.

        Returns:
            False when somebody in it is on the way already: first that has to be acknowledged.
        """
        chunk = self._chunk
        if not chunk:
            return True
        keys = [entry.key for entry, _ in chunk.values()]
        if self._batches.has_any_of(keys):
            self._batches.close_up_to(self._shared.number())
            return False
        self._chunk = {}
        known = self._known(keys)
        seen: list[bytes] = []
        for entry, is_removal in chunk.values():
            old = known.get(entry.key)
            if is_removal:
                self._remove(entry, old)
            elif old == entry.content:
                entry.source.report.unchanged += 1
                seen.append(entry.key)
            else:
                self._add(entry, old)
        if self.is_mirror and seen:
            self._shared.ledger.mark_seen(self.audience_id, seen, self._run)
        return True

    def _chunk_key(self, entry: Entry) -> bytes:
        """What a later record of the same person has too."""
        return entry.key

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The rows of those who are members already."""
        return self._shared.ledger.known_members(self.audience_id, keys)

    def _add(self, entry: Entry, old: bytes | None) -> None:
        before = None if old is None else self._put_old(entry, without_doubt(old), entry.content)
        batch = self._batches.put(entry, is_removal=False, behind=before)
        self._batches.close_if_full(batch)

    def _remove(self, entry: Entry, old: bytes | None) -> None:
        known = None if old is None else rows.removal(without_doubt(old))
        if not entry.content:
            # By the key alone, as a deleted row comes out of a log. Whom the ledger has not under
            # it was not added, or is removed already: taps repeat the last deletions.
            if known is None:
                entry.source.report.unchanged += 1
                return
            entry = entry._replace(content=known)
        before = None if known is None else self._put_old(entry, known, entry.content)
        if before is not None:
            # What the ledger knows is gone with the old rows, and stays known if they stay.
            entry = entry._replace(is_noted=False)
        batch = self._batches.put(entry, is_removal=True, behind=before)
        self._batches.close_if_full(batch)

    def _put_old(self, entry: Entry, old: bytes, new: bytes) -> Batch | None:
        """Have somebody removed as what they were, unless that is what they are."""
        if old == new:
            return None
        removed = entry._replace(content=rows.removal(old), kind=Kind.OLD_ROWS)
        return self._batches.put(removed, is_removal=True)

    # Batches to requests.

    @override
    def close(self, number: int) -> None:
        if self._chunk and self._first <= number:
            self.look_up()
        self._batches.close_up_to(number)

    @property
    @override
    def waiting(self) -> int:
        return self._batches.waiting

    @override
    def next(self) -> Request | None:
        while (batch := self._batches.next()) is not None:
            self._claim(batch)
            if batch.entries:
                return Request(self._call(batch), self, batch)
        return None

    def _claim(self, batch: Batch) -> None:
        """Have the ledger note who is about to be sent.

        Whoever another worker is sending, or has sent meanwhile, is looked up once more later.
        """
        contents = [] if batch.is_removal else [entry.content for entry in batch.entries]
        keys = [entry.key for entry in batch.entries]
        batch.claim = self._shared.ledger.claim(self.audience_id, keys, contents)
        others = batch.claim.held | batch.claim.done
        if not others:
            return
        theirs = [(entry, batch.is_removal) for entry in batch.entries if entry.key in others]
        theirs += self._batches.take_followers(batch, others)
        self._batches.leave(batch, [entry for entry in batch.entries if entry.key in others])
        if not batch.entries:
            self._release(batch)
            self._give_back(batch)
        for entry, is_removal in theirs:
            self._again(entry._replace(is_noted=True), is_removal=is_removal)

    def _again(self, entry: Entry, *, is_removal: bool) -> None:
        if entry.kind in {Kind.OLD_ROWS, Kind.STAYS}:
            return  # old rows are found again with the record; who stays, the other adds
        self._first = min(entry.number, self._first) if self._chunk else entry.number
        kept, _ = self._chunk.setdefault(self._chunk_key(entry), (entry, is_removal))
        if kept is not entry:
            entry.source.report.superseded += 1

    def _call(self, batch: Batch) -> Call:
        return calls.members(
            self.audience_id,
            batch.schema,
            [entry.content for entry in batch.entries],
            calls.new_session(batch.rows),
            account=self._account,
            is_removal=batch.is_removal,
            page_id=self._page_id,
        )

    # Answers.

    @override
    def _values(self, about: Batch) -> Any:
        return [rows.unpack(entry.content)[1] for entry in about.entries]

    @override
    def _answered(self, about: Batch, payload: Any, error: GraphError | None) -> None:
        if error is None:
            self._accepted(about, payload)
        else:
            self._refused(about, error)

    def _accepted(self, batch: Batch, payload: Any) -> None:  # noqa: ANN401 - JSON
        entries = batch.entries
        found = verdict.verdict(payload, [entry.content for entry in entries])
        for place, reason, _ in found.invalid:
            self._reject(entries[place], reason)
        named = {place for place, _, _ in found.invalid}
        whole = {place for place, _, is_whole in found.invalid if is_whole}
        rest = [entry for place, entry in enumerate(entries) if place not in named]
        if not found.is_complete:
            self._find_others(batch, found)
            return
        self._forget(batch, [entries[place] for place in whole])
        self._note(batch, [entry for place, entry in enumerate(entries) if place not in whole])
        for entry in rest:
            _count(entry)
        self._settle(batch)

    def _find_others(self, batch: Batch, found: Verdict) -> None:
        """Meta names 100 at most: the others are found among fewer.

        Those who are not named may be members by now, or not. The claim says so until it is known,
        and the ledger takes it for that if it never is.
        """
        named = {place: is_whole for place, _, is_whole in found.invalid}
        entries = batch.entries
        self._forget(batch, [entries[place] for place, is_whole in named.items() if is_whole])
        self._write(batch, [entries[place] for place, is_whole in named.items() if not is_whole])
        if batch.whole is None and batch.claim is not None:
            batch.whole = Claimed(batch.claim, 1)
        elif batch.claim is not None:
            self._shared.ledger.release(batch.claim)
        batch.claim = None
        self._batches.split(batch, [e for place, e in enumerate(entries) if place not in named])
        self._give_back(batch)

    def _reject(self, entry: Entry, reason: str) -> None:
        if entry.kind is Kind.RECORD:
            words = without_values(reason, rows.unpack(entry.content)[1])
            self._shared.reject(entry, INVALID_ENTRY, f"Meta refuses it: {words}.")

    def _forget(self, batch: Batch, entries: Sequence[Entry]) -> None:
        """Meta has nobody of whom it calls all rows invalid, whatever was thought before."""
        assert batch.claim is not None  # noqa: S101 - it was sent
        gone = [entry.key for entry in entries if entry.is_noted]
        self._shared.ledger.accept_removals(batch.claim, gone)

    def _note(self, batch: Batch, entries: Sequence[Entry]) -> None:
        """Have the ledger remember what Meta has done, and give back the claim."""
        self._write(batch, entries)
        self._release(batch)

    def _write(self, batch: Batch, entries: Sequence[Entry]) -> None:
        ledger = self._shared.ledger
        assert batch.claim is not None  # noqa: S101 - it was sent
        noted = [entry for entry in entries if entry.is_noted]
        if batch.is_removal:
            ledger.accept_removals(batch.claim, [entry.key for entry in noted])
        else:
            members = [(entry.key, entry.content) for entry in noted]
            ledger.accept_members(batch.claim, members, self._run)

    def _refused(self, batch: Batch, error: GraphError) -> None:
        outcome = outcomes.of_members(error)
        if not outcomes.may_be_done(error):
            # Else the claim stays: what it holds is uncertain, and the next run finds it so.
            self._release(batch)
        if outcome is Outcome.HALVE and len(batch.entries) > 1:
            self._batches.split(batch, batch.entries)
            self._give_back(batch)
        elif outcome is Outcome.LEAVE:
            self._stay(batch, error)
        else:
            entries = batch.entries
            self.fail(error)
            self._batches.settle(batch)
            for entry in entries:
                self._lose(entry)

    def _stay(self, batch: Batch, error: GraphError) -> None:
        """Meta lets nobody of a batch go. Who was to come back as somebody else stays as well."""
        self._shared.warn(f"{self.label}: {error}")
        keys = {entry.key for entry in batch.entries if entry.kind is Kind.OLD_ROWS}
        followers = [entry for entry, _ in self._batches.take_followers(batch, keys)]
        for entry in (*batch.entries, *followers):
            if entry.kind is not Kind.OLD_ROWS:
                entry.source.report.not_removed += 1
        if self.is_mirror:
            ledger = self._shared.ledger
            ledger.mark_seen(self.audience_id, [entry.key for entry in followers], self._run)
        if batch.whole is not None:
            # The request that this is a part of may have let them go already.
            batch.whole.is_kept = True
        self._settle(batch)

    def _release(self, batch: Batch) -> None:
        if batch.claim is not None:
            self._shared.ledger.release(batch.claim)
            batch.claim = None

    def _settle(self, batch: Batch) -> None:
        self._batches.settle(batch)
        self._give_back(batch)

    def _give_back(self, batch: Batch) -> None:
        whole = batch.whole
        if whole is not None and not whole.batches and not whole.is_kept:
            self._shared.ledger.release(whole.claim)
            batch.whole = None

    @override
    def _numbers(self) -> Iterator[int]:
        if self._chunk:
            yield self._first
        for batch in self._batches:
            yield batch.first

    @override
    def _drop(self) -> Iterator[Entry]:
        yield from self._batches.drop()
        for entry, _ in self._chunk.values():
            yield entry
        self._chunk.clear()


def label_of(audience_id: str, name: str | None) -> str:
    """What people call an audience.

    >>> label_of("238", "Customers")
    "audience 'Customers' (238)"
    """
    known = f" ({audience_id})" if audience_id else ""
    return f"audience {name!r}{known}" if name else f"audience {audience_id}"


def _count(entry: Entry) -> None:
    if entry.kind is Kind.RECORD:
        entry.source.report.delivered += 1
    elif entry.kind is Kind.UNSEEN:
        entry.source.report.removed += 1
