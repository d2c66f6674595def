"""What waits to be sent to one audience, in batches, and what is on its way. Pure.

In an open batch entries wait for others of the same kind; a closed one waits to be sent. Whoever is
in a batch that is not settled is pending. A batch may have to wait for others: people whose rows
have changed are removed as what they were before they are added as what they are.

No two batches ever wait for each other: an addition waits for removals alone, and a removal that
waits for old rows of other keys stands apart from those that old rows are put into.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_meta_ads.audiences import rows
from target_meta_ads.audiences.calls import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from target_meta_ads.delivery.destinations import Entry
    from target_meta_ads.ledger import Claim

_Kind = tuple[bool, int, bool]
"""Whether rows are removed, their schema, and whether they wait for old rows of other keys."""


@dataclass
class Claimed:
    """A claim that several batches share: it is given back when the last of them is settled.

    Attributes:
        claim: The ledger's promise that nobody else sends these people.
        batches: How many are not settled.
        is_kept: Whether it is never given back, since not all of it will be known.
    """

    claim: Claim
    batches: int
    is_kept: bool = False


@dataclass(eq=False)
class Batch:
    """What goes into one request.

    Attributes:
        is_removal: Whether they are removed.
        schema: The keys that the rows have, see `rows`.
        is_behind: Whether it is of removals that wait for old rows of other keys.
        entries: Who is in it.
        rows: How many rows they have together.
        after: Removals that have to be settled before: they take out what these people were.
        claim: The ledger's promise for this request, once it is sent.
        whole: The claim of the request that it is a part of.
    """

    is_removal: bool
    schema: int
    is_behind: bool = False
    entries: list[Entry] = field(default_factory=list)
    rows: int = 0
    after: set[Batch] = field(default_factory=set)
    claim: Claim | None = None
    whole: Claimed | None = None

    @property
    def kind(self) -> _Kind:
        """What it has in common with all that is put into it."""
        return (self.is_removal, self.schema, self.is_behind)

    @property
    def first(self) -> int:
        """Number of the first record in it."""
        return min(entry.number for entry in self.entries)

    def keep(self, entries: Sequence[Entry]) -> None:
        """Leave only some of the entries in it."""
        self.entries = [*entries]
        self.rows = sum(rows.count(entry.content) for entry in entries)


class Batches:
    """The batches of one audience."""

    def __init__(self) -> None:
        self._open: dict[_Kind, Batch] = {}
        self._queue: deque[Batch] = deque()
        self._sent: set[Batch] = set()
        # In how many batches a person is: as what they were, and as what they are.
        self._pending: dict[bytes, int] = {}

    def __iter__(self) -> Iterator[Batch]:
        """All batches that are not settled."""
        yield from self._sent
        yield from self._queue
        yield from self._open.values()

    @property
    def held(self) -> int:
        """Entries in open batches."""
        return sum(len(batch.entries) for batch in self._open.values())

    @property
    def waiting(self) -> int:
        """Closed batches that are not sent."""
        return len(self._queue)

    def has_any_of(self, keys: Collection[bytes]) -> bool:
        """Whether one of these people is in a batch that is not settled."""
        return not self._pending.keys().isdisjoint(keys)

    def put(self, entry: Entry, *, is_removal: bool, behind: Batch | None = None) -> Batch:
        """Put rows into the open batch of their kind; one that has no room for them is closed.

        Args:
            entry: Whose rows they are.
            is_removal: Whether they are removed.
            behind: The batch that removes old rows of theirs, which has to be settled before.
        """
        schema = rows.schema_of(entry.content)
        is_behind = is_removal and behind is not None and behind.schema != schema
        kind = (is_removal, schema, is_behind)
        count = rows.count(entry.content)
        batch = self._open.get(kind)
        if batch is not None and batch.rows + count > MOST_ROWS:
            self.close(batch)
            batch = None
        if batch is None:
            batch = self._open[kind] = Batch(*kind)
        batch.entries.append(entry)
        batch.rows += count
        if behind is not None and behind is not batch:
            batch.after.add(behind)
        self._enter(entry)
        return batch

    def close(self, batch: Batch) -> None:
        """Put an open batch into the queue, behind those that it waits for."""
        if self._open.get(batch.kind) is not batch:
            return
        del self._open[batch.kind]
        for earlier in batch.after:
            self.close(earlier)
        self._queue.append(batch)

    def close_if_full(self, batch: Batch) -> None:
        """Close a batch into which nobody fits any more."""
        if batch.rows >= MOST_ROWS:
            self.close(batch)

    def close_up_to(self, number: int) -> None:
        """Close the batches with records up to a number."""
        for batch in list(self._open.values()):
            if batch.first <= number:
                self.close(batch)

    def next(self) -> Batch | None:
        """The batch that may be sent now, which counts as sent then; None when there is none."""
        for place, batch in enumerate(self._queue):
            if not batch.after:
                del self._queue[place]
                self._sent.add(batch)
                return batch
        return None

    def leave(self, batch: Batch, entries: Collection[Entry]) -> None:
        """Take entries out of a batch; one that is empty then is settled."""
        gone = {id(entry) for entry in entries}
        batch.keep([entry for entry in batch.entries if id(entry) not in gone])
        for entry in entries:
            self._leave(entry)
        if not batch.entries:
            self.settle(batch)

    def take_followers(self, batch: Batch, keys: Collection[bytes]) -> list[tuple[Entry, bool]]:
        """Take out who waits for a batch to which they belong; each with whether it is removed."""
        found = []
        for later in list(self):
            if batch in later.after:
                theirs = [entry for entry in later.entries if entry.key in keys]
                found += [(entry, later.is_removal) for entry in theirs]
                self.leave(later, theirs)
        return found

    def split(self, batch: Batch, entries: Sequence[Entry]) -> None:
        """Some of a batch is to be sent again, in two halves; the batch is settled with that."""
        middle = (len(entries) + 1) // 2
        halves = []
        for some in (entries[:middle], entries[middle:]):
            if some:
                half = Batch(batch.is_removal, batch.schema, whole=batch.whole)
                half.keep(some)
                halves.append(half)
        if len(halves) > 1 and entries[middle - 1].key == entries[middle].key:
            # Somebody's old rows and their record: these stay in their order.
            halves[1].after.add(halves[0])
        for later in self:
            if batch in later.after:
                later.after.update(halves)
        if batch.whole is not None:
            batch.whole.batches += len(halves)
        for entry in entries:
            self._enter(entry)
        self._queue.extendleft(reversed(halves))
        self.settle(batch)

    def settle(self, batch: Batch) -> None:
        """A batch is over and done with, in whatever way."""
        self._sent.discard(batch)
        if batch in self._queue:
            self._queue.remove(batch)
        if self._open.get(batch.kind) is batch:
            del self._open[batch.kind]
        for entry in batch.entries:
            self._leave(entry)
        batch.entries = []
        if batch.whole is not None:
            batch.whole.batches -= 1
        for later in self:
            later.after.discard(batch)

    def drop(self) -> Iterable[Entry]:
        """Forget all that is not sent, and give it back."""
        dropped = [*self._queue, *self._open.values()]
        entries = [entry for batch in dropped for entry in batch.entries]
        for batch in dropped:
            self.settle(batch)
        return entries

    def _enter(self, entry: Entry) -> None:
        self._pending[entry.key] = self._pending.get(entry.key, 0) + 1

    def _leave(self, entry: Entry) -> None:
        left = self._pending.pop(entry.key) - 1
        if left:
            self._pending[entry.key] = left
