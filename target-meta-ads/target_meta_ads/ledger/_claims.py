"""Who is sending what: claims of this worker, of others at work, and of those that died."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from target_meta_ads.records import KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from target_meta_ads.ledger._store import Store

DAY = 24 * 3600

LOST_SECONDS = 62 * DAY
"""For how long outcomes that nobody knows are kept: no event is taken that is older."""

UNCERTAIN = b"?"
"""Stands before the packed rows of a member whom a worker was adding or removing when it died: Meta
may have them or not. So they are added again, and a mirror that no longer has them removes them."""


def without_doubt(packed: bytes) -> bytes:
    """The packed rows of a member, certain or not."""
    return packed.removeprefix(UNCERTAIN)


def doubted(
    number: int, members: Iterable[tuple[bytes, bytes, int]]
) -> list[tuple[int, bytes, bytes, int]]:
    """The rows of members of whom nobody is certain any more, of their keys, rows and runs."""
    return [(number, key, UNCERTAIN + without_doubt(packed), run) for key, packed, run in members]


@dataclass(frozen=True)
class Claim:
    """What one worker may send now.

    Attributes:
        id: A number of this worker; 0 when nothing was granted.
        destination: Meta's id of the audience or pixel.
        granted: The keys that are this worker's to send.
        held: The keys that another worker, which is alive, is sending now.
        done: The keys of events that Meta has accepted within seven days.
        first_sent: Of the granted keys those that a worker which died may have sent, and when it
            first may have (UTC).
    """

    id: int
    destination: str
    granted: frozenset[bytes] = frozenset()
    held: frozenset[bytes] = frozenset()
    done: frozenset[bytes] = frozenset()
    first_sent: Mapping[bytes, datetime] = field(default_factory=dict)


@dataclass
class _Open:
    """A claim of this worker: the number of its row, the keys that are in it, and its time.

    `packed` are the rows of people who are added, by key; None for events.
    """

    row: int
    keys: frozenset[bytes]
    since: int
    packed: dict[bytes, bytes] | None


class Claims:
    """The claims on all destinations, as this worker sees them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = 0
        self._open: dict[int, _Open] = {}
        # By destination and then by worker and number: as rows never change their keys, those of
        # other workers are read once.
        self._others: dict[int, dict[tuple[int, int], frozenset[bytes]]] = {}

    def take(
        self, destination: str, keys: Collection[bytes], packed: Collection[bytes] | None
    ) -> Claim:
        """Claim what nobody else has, and what Meta has not accepted as an event."""
        wanted = frozenset(keys)
        added = None if packed is None else dict(zip(keys, packed, strict=bool(packed)))
        if not wanted:
            return Claim(0, destination)
        store = self._store
        with store.transaction(relaxed=True):
            number = store.number(destination, lock=True)
            now = store.now()
            others = self._of_others(number)
            done = self.accepted(number, wanted)
            held = frozenset().union(*(claimed & wanted for claimed in others)) - done
            granted = wanted - done - held
            lost = self._lost(number, granted)
            row = self._write(number, granted, now, added) if granted else 0
        if granted:
            self._open[row] = _Open(row, granted, now, added)
        return Claim(row, destination, granted, held, done, lost)

    def settle(self, claim: Claim, number: int, keys: Collection[bytes]) -> None:
        """Note that some keys of a destination are accepted; call it inside a transaction."""
        store = self._store
        if store.rows.has(store.tables.lost, number):
            store.rows.remove(store.tables.lost, number, keys)
        mine = self._open.get(claim.id)
        if mine is None:
            return
        left = mine.keys.difference(keys)
        if len(left) == len(mine.keys):
            return
        self._delete(store.worker, mine.row)
        if left:
            mine.row, mine.keys = self._write(number, left, mine.since, mine.packed), left
        else:
            del self._open[claim.id]

    def release(self, claim: Claim) -> None:
        """Give back what is left of a claim; what a dead worker may have sent stays noted."""
        mine = self._open.pop(claim.id, None)
        if mine is not None:
            with self._store.transaction(relaxed=True):
                self._store.number(claim.destination, lock=True)
                self._delete(self._store.worker, mine.row)

    def bury_dead(self, destination: str) -> None:
        """Note what workers that have died may have sent to a destination."""
        store = self._store
        with store.transaction():
            if store.known(destination) is not None:
                self._of_others(store.number(destination, lock=True))

    def accepted(self, number: int, keys: Collection[bytes]) -> frozenset[bytes]:
        """Say which events Meta has accepted within seven days; call it inside a transaction."""
        store = self._store
        events = store.tables.events
        if not store.rows.has(events, number):  # an audience, above all
            return frozenset()
        now = store.now()
        found = store.rows.find(events, ["key", "until"], number, keys)
        return frozenset(key for key, until in found if until > now)

    def lost(self, destination: str) -> dict[bytes, datetime]:
        """Return what dead workers may have sent, of which no acceptance is known, and when."""
        store = self._store
        with store.transaction():
            if store.known(destination) is None:
                return {}
            number = store.number(destination, lock=True)
            self._of_others(number)
            store.rows.sort_in()
            lost = store.tables.lost
            asked = select(lost.c.key, lost.c.first_sent).where(lost.c.destination == number)
            found = {row.key: row.first_sent for row in store.connection.execute(asked)}
            done = self.accepted(number, found)
        return {key: _time(sent) for key, sent in found.items() if key not in done}

    def prune(self, number: int, before: int) -> None:
        """Forget what dead workers claimed before a time in seconds; inside a transaction."""
        store = self._store
        self._of_others(number)
        store.rows.sort_in()
        lost = store.tables.lost
        old = delete(lost).where(lost.c.destination == number, lost.c.first_sent < before)
        store.connection.execute(old)

    # -- rows ---------------------------------------------------------------------------------

    def _write(
        self,
        number: int,
        keys: Collection[bytes],
        since: int,
        packed: Mapping[bytes, bytes] | None,
    ) -> int:
        self._last += 1
        row = {
            "worker": self._store.worker,
            "number": self._last,
            "destination": number,
            "claimed_at": since,
            "keys": b"".join(keys),
            "packed": None if packed is None else _joined(keys, packed),
        }
        self._store.connection.execute(insert(self._store.tables.claims), row)
        return self._last

    def _delete(self, worker: int, row: int) -> None:
        claims = self._store.tables.claims
        gone = delete(claims).where(claims.c.worker == worker, claims.c.number == row)
        self._store.connection.execute(gone)

    def _of_others(self, number: int) -> list[frozenset[bytes]]:
        """Return what workers at work have claimed; what the dead had becomes lost."""
        store = self._store
        claims = store.tables.claims
        asked = (
            select(claims.c.worker, claims.c.number, claims.c.claimed_at)
            .where(claims.c.destination == number, claims.c.worker != store.worker)
            .order_by(claims.c.claimed_at)
        )
        found = store.connection.execute(asked).all()
        dead = store.kind.dead(store.connection, {row.worker for row in found})
        known = self._others.pop(number, {})
        alive = {}
        for worker, row, since in found:
            if worker in dead:
                self._bury(number, *self._contents_of(worker, row), since)
                self._delete(worker, row)
                continue
            keys = known.get((worker, row))
            if keys is None:
                keys = frozenset(self._contents_of(worker, row)[0])
            alive[worker, row] = keys
        if alive:
            self._others[number] = alive
        return list(alive.values())

    def _contents_of(self, worker: int, row: int) -> tuple[list[bytes], bytes | None]:
        claims = self._store.tables.claims
        asked = select(claims.c["keys"], claims.c.packed).where(
            claims.c.worker == worker, claims.c.number == row
        )
        blob, packed = self._store.connection.execute(asked).one()
        return [blob[at : at + KEY_BYTES] for at in range(0, len(blob), KEY_BYTES)], packed

    def _bury(self, number: int, keys: list[bytes], packed: bytes | None, sent: int) -> None:
        """Note what a dead worker may have sent.

        Events, unless an earlier one may have sent them too; and people whom it was adding or
        removing, as members of whom nobody is certain.
        """
        store = self._store
        if packed is None:
            lost = self._lost(number, keys)
            new = [(number, key, sent) for key in keys if key not in lost]
            store.rows.put(store.tables.lost, number, new)
            return
        members = store.tables.members
        known = store.rows.find(members, ["key", "packed", "run"], number, keys)
        if packed:
            certain = {key for key, _, _ in known}
            people = zip(keys, _apart(packed), strict=True)
            rows = [(number, key, UNCERTAIN + one, 0) for key, one in people if key not in certain]
        else:
            rows = doubted(number, known)
        store.rows.put(members, number, rows)

    def _lost(self, number: int, keys: Collection[bytes]) -> dict[bytes, datetime]:
        store = self._store
        lost = store.tables.lost
        if not store.rows.has(lost, number):
            return {}
        found = store.rows.find(lost, ["key", "first_sent"], number, keys)
        return {key: _time(sent) for key, sent in found}


def _joined(keys: Collection[bytes], packed: Mapping[bytes, bytes]) -> bytes:
    """The packed rows of keys, in their order, each behind its length in four bytes."""
    if not packed:
        return b""
    rows = [packed[key] for key in keys]
    return b"".join([len(row).to_bytes(4, "big") + row for row in rows])


def _apart(joined: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(joined):
        start = at + 4
        at = start + int.from_bytes(joined[at:start], "big")
        yield joined[start:at]


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
