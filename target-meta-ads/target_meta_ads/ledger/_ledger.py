"""The ledger as a whole; what it is for stands in the package."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, exists, func, insert, select, update

from target_meta_ads.ledger._claims import DAY, LOST_SECONDS, Claim, Claims, doubted
from target_meta_ads.ledger._history import History
from target_meta_ads.ledger._store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from types import TracebackType

    from sqlalchemy import ColumnElement, Table
    from typing_extensions import Self

_PAGE = 10_000  # rows that are looked at together
_utc_now = partial(datetime.now, timezone.utc)


class Ledger:
    """An open ledger. Audiences, pixels and accounts are named by Meta's ids, as text.

    All methods raise `LedgerError` when the database fails; nothing of the call is kept then.
    """

    def __init__(self, store: Store) -> None:
        """Use `open` instead."""
        self._store = store
        self._claims = Claims(store)
        self.history = History(store)
        self._runs: set[int] = set()

    @classmethod
    def open(
        cls, url: str, *, dry_run: bool = False, clock: Callable[[], datetime] = _utc_now
    ) -> Self:
        """Open a ledger, and make its tables if need be.

        Args:
            url: Any SQLAlchemy URL. An SQLite file is locked until `close` or the process's end.
            dry_run: Keep nothing. All methods work and see what the others did until `close`; an
                SQLite file that does not exist is not made, and no worker waits for a dry run.
            clock: The time, with its time zone.

        Raises:
            LedgerError: The URL is wrong, its driver is not installed, the database is not
                reachable, in use by another run or made by a newer version.
        """
        return cls(Store(url, dry_run=dry_run, clock=clock))

    def close(self) -> None:
        """Close the ledger. What is claimed and not released counts as a dead worker's then."""
        self._store.close()

    def __enter__(self) -> Self:
        """Return the ledger, to be closed when the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the ledger."""
        self.close()

    def begin_run(self) -> int:
        """Return a number for a run, higher than that of any run before it."""
        run = self._store.take_number()
        self._runs.add(run)
        return run

    # -- audiences by name --------------------------------------------------------------------

    def audience_id(self, account_id: str, name: str) -> str | None:
        """Return the id that is remembered for an audience's name, if any."""
        audiences = self._store.tables.audiences.c
        asked = select(audiences.audience_id).where(self._named(account_id, name))
        with self._store.transaction() as connection:
            found: str | None = connection.execute(asked).scalar()
        return found

    def remember_audience(self, account_id: str, name: str, audience_id: str) -> None:
        """Remember the id of an audience, in place of another one of that name."""
        audiences = self._store.tables.audiences
        named = self._named(account_id, name)
        with self._store.transaction() as connection:
            self._store.lock()
            known = connection.execute(select(audiences.c.audience_id).where(named)).first()
            if known:
                new = update(audiences).where(named).values(audience_id=audience_id)
                connection.execute(new)
            else:
                row = {"account_id": account_id, "name": name, "audience_id": audience_id}
                connection.execute(insert(audiences), row)

    def forget_audience(self, account_id: str, name: str) -> None:
        """Forget the id of a name, as that of an audience that is gone. Members stay known."""
        audiences = self._store.tables.audiences
        with self._store.transaction() as connection:
            connection.execute(delete(audiences).where(self._named(account_id, name)))

    def audiences_of(self, account_id: str) -> list[str]:
        """Return the ids of the audiences that are or may be of an account.

        Those whose names are remembered for it, and those with members, or with people on their
        way, whose names are remembered for no other one: an audience that was given by its id has
        no account here.
        """
        tables = self._store.tables
        names, places, members = tables.audiences.c, tables.destinations.c, tables.members.c
        claims = tables.claims.c
        is_adding = (claims.destination == places.number) & claims.packed.is_not(None)
        used = select(places.id).where(
            exists().where(members.destination == places.number) | exists().where(is_adding)
        )
        with self._store.transaction() as connection:
            self._store.copy_all()
            self._store.rows.sort_in()
            remembered = connection.execute(select(names.account_id, names.audience_id)).all()
            with_members = set(connection.execute(used).scalars())
        own = {audience for account, audience in remembered if account == account_id}
        others = {audience for account, audience in remembered if account != account_id}
        return sorted(own | (with_members - others))

    def _named(self, account_id: str, name: str) -> ColumnElement[bool]:
        audiences = self._store.tables.audiences.c
        return (audiences.account_id == account_id) & (audiences.name == name)

    # -- members ------------------------------------------------------------------------------

    def known_members(self, audience_id: str, keys: Collection[bytes]) -> dict[bytes, bytes]:
        """Return what Meta has of those of the given people who are in an audience."""
        if not keys:
            return {}
        store = self._store
        with store.transaction():
            number = store.known(audience_id)
            if number is None:
                return {}
            return dict(store.rows.find(store.tables.members, ["key", "packed"], number, keys))

    def mark_seen(self, audience_id: str, keys: Collection[bytes], run: int) -> None:
        """Note that a run has seen members of an audience; who is no member stays none.

        Whom a run that began later has seen stays seen by that one.
        """
        if not keys:
            return
        store = self._store
        with store.transaction(relaxed=True):
            number = store.number(audience_id, lock=True)
            store.rows.mark(store.tables.members, number, keys, run)

    def counts(self, audience_id: str, run: int) -> tuple[int, int]:
        """Return how many members an audience has, and how many a run has not seen.

        Seen is also who was added or seen by a run that began later.
        """
        store = self._store
        members = store.tables.members.c
        with store.transaction() as connection:
            number = store.known(audience_id)
            if number is None:
                return 0, 0
            store.rows.sort_in()
            asked = select(func.count(), func.count(case((members.run < run, 1)))).where(
                members.destination == number
            )
            total, unseen = connection.execute(asked).one()
            return total, unseen

    def unseen(self, audience_id: str, run: int, size: int) -> Iterator[list[tuple[bytes, bytes]]]:
        """Give the members that a run has not seen, at most `size` at once, each of them once.

        Rows may be removed while this goes on, those that were given and others.

        Yields:
            Lists of key and packed row, never empty.
        """
        members = self._store.tables.members
        return self._walk(members, audience_id, members.c.run < run, size)

    def seen(self, audience_id: str, run: int, size: int) -> Iterator[list[tuple[bytes, bytes]]]:
        """Give the members that a run, or a later one, has seen, as `unseen` does."""
        members = self._store.tables.members
        return self._walk(members, audience_id, members.c.run >= run, size)

    def doubt(self, audience_id: str, keys: Collection[bytes]) -> None:
        """Note that Meta may have members or not, as when a worker has died; see `without_doubt`.

        They are certain again once `accept_members` names them. Who is no member stays none.
        """
        if not keys:
            return
        store = self._store
        members = store.tables.members
        with store.transaction():
            number = store.number(audience_id, lock=True)
            known = store.rows.find(members, ["key", "packed", "run"], number, keys)
            store.rows.put(members, number, doubted(number, known))

    def forget_people(self, audience_ids: Collection[str], wanted: Callable[[bytes], bool]) -> int:
        """Forget the members whose packed rows a function accepts.

        Returns:
            How many memberships are forgotten: one person in two audiences counts twice.
        """
        store = self._store
        members = store.tables.members
        forgotten = 0
        for audience_id in audience_ids:
            for page in self._walk(members, audience_id, None, _PAGE):
                keys = [key for key, packed in page if wanted(packed)]
                if keys:
                    with store.transaction():
                        number = store.number(audience_id, lock=True)
                        store.rows.remove(members, number, keys)
                    forgotten += len(keys)
        return forgotten

    # -- what is being sent -------------------------------------------------------------------

    def known_events(self, pixel_id: str, keys: Collection[bytes]) -> set[bytes]:
        """Return those of the given events that Meta has accepted, and would take again."""
        if not keys:
            return set()
        with self._store.transaction():
            number = self._store.known(pixel_id)
            return set() if number is None else set(self._claims.accepted(number, keys))

    def lost_events(self, pixel_id: str) -> dict[bytes, datetime]:
        """Return the events that dead workers may have sent, of which no acceptance is known.

        Returns:
            By key, when it may have been sent first (UTC).
        """
        return self._claims.lost(pixel_id)

    def bury_dead(self, destination: str) -> None:
        """Note what workers that have died may have sent to an audience or a pixel."""
        self._claims.bury_dead(destination)

    def claim(
        self, destination: str, keys: Collection[bytes], packed: Collection[bytes] | None = None
    ) -> Claim:
        """Take what is to be sent to an audience or a pixel, before it is sent.

        What this worker itself has claimed already is granted once more; nothing here keeps it
        from sending something twice at the same time.

        Args:
            destination: Meta's id of the audience or pixel.
            keys: What is to be sent. What is granted is this worker's until one of the `accept`
                methods names it, or `release` gives back what is left.
            packed: The packed rows of people who are added, one a key; empty for people who are
                removed, None for events.
        """
        return self._claims.take(destination, keys, packed)

    def accept_members(
        self, claim: Claim, members: Iterable[tuple[bytes, bytes]], run: int
    ) -> None:
        """Note that Meta has added people, given as key and packed row, and that a run saw them."""
        packed_by_key = dict(members)
        self._accept(
            claim,
            self._store.tables.members,
            packed_by_key,
            lambda number: [(number, key, packed, run) for key, packed in packed_by_key.items()],
        )

    def accept_removals(self, claim: Claim, keys: Iterable[bytes]) -> None:
        """Note that Meta has removed people, known ones or not."""
        gone = set(keys)
        if not gone:
            return
        store = self._store
        with store.transaction():
            number = store.number(claim.destination, lock=True)
            store.rows.remove(store.tables.members, number, gone)
            self._claims.settle(claim, number, gone)

    def accept_events(self, claim: Claim, keys: Iterable[bytes], seconds: int = 7 * DAY) -> None:
        """Note that Meta has accepted events.

        Args:
            claim: What they were claimed with.
            keys: The events.
            seconds: For how long Meta takes such events, and they are remembered.
        """
        until, accepted = self._store.now() + seconds, set(keys)
        self._accept(
            claim,
            self._store.tables.events,
            accepted,
            lambda number: [(number, key, until) for key in accepted],
        )

    def release(self, claim: Claim) -> None:
        """Give back what is left of a claim: it did not reach Meta, or Meta did not accept it."""
        self._claims.release(claim)

    def _accept(
        self,
        claim: Claim,
        table: Table,
        keys: Collection[bytes],
        rows: Callable[[int], list[tuple[int | bytes, ...]]],
    ) -> None:
        if not keys:
            return
        store = self._store
        with store.transaction():
            number = store.number(claim.destination, lock=True)
            store.rows.put(table, number, rows(number))
            self._claims.settle(claim, number, keys)

    # -- replacing an audience ----------------------------------------------------------------

    def stage(
        self, audience_id: str, run: int, people: Iterable[tuple[bytes, bytes, bytes]]
    ) -> None:
        """Note who a replaced audience will consist of; a later row of a person counts.

        Args:
            audience_id: The audience.
            run: The run.
            people: Key, packed row, and what to call the person, which `staged` gives back.
        """
        by_key = {key: (packed, label) for key, packed, label in people}
        if not by_key:
            return
        store = self._store
        with store.transaction(relaxed=True):
            number = store.number(audience_id, lock=True)
            rows = [(number, key, packed, run, label) for key, (packed, label) in by_key.items()]
            store.rows.put(store.tables.staged, number, rows)

    def unstage(self, audience_id: str, keys: Collection[bytes]) -> None:
        """Take people out again."""
        if not keys:
            return
        store = self._store
        with store.transaction(relaxed=True):
            number = store.number(audience_id, lock=True)
            store.rows.remove(store.tables.staged, number, keys)

    def staged(
        self, audience_id: str, run: int, size: int
    ) -> Iterator[list[tuple[bytes, bytes, bytes]]]:
        """Give those whom a run has staged, at most `size` at once, always in the same order.

        Yields:
            Lists of key, packed row and label, never empty.
        """
        staged = self._store.tables.staged
        return self._walk(staged, audience_id, staged.c.run == run, size, "label")

    def swap(self, audience_id: str, run: int) -> None:
        """Make those whom a run has staged the members, all of them and nobody else, at once."""
        store = self._store
        members, staged = store.tables.members, store.tables.staged
        with store.transaction() as connection:
            number = store.number(audience_id, lock=True)
            store.rows.sort_in()
            columns = ["destination", "key", "packed", "run"]
            own = (staged.c.destination == number) & (staged.c.run == run)
            new = select(*(staged.c[name] for name in columns)).where(own)
            connection.execute(delete(members).where(members.c.destination == number))
            connection.execute(insert(members).from_select(columns, new))
            connection.execute(delete(staged).where(own))

    # -- age ----------------------------------------------------------------------------------

    def prune(self, now: datetime) -> None:
        """Forget what no run needs any more.

        These are events that Meta would take no more, what dead workers claimed more than 62 days
        ago, and what was staged by runs that are over.
        """
        store = self._store
        tables = store.tables
        seconds = int(now.timestamp())
        before = seconds - LOST_SECONDS
        events, staged = tables.events, tables.staged
        old = {
            select(events.c.destination).where(events.c.until < seconds),
            select(tables.lost.c.destination).where(tables.lost.c.first_sent < before),
            select(tables.claims.c.destination).where(tables.claims.c.claimed_at < before),
        }
        with store.transaction() as connection:
            store.rows.sort_in()
            runs = set(connection.execute(select(staged.c.run).distinct()).scalars()) - self._runs
            for run in store.kind.dead(connection, runs):
                connection.execute(delete(staged).where(staged.c.run == run))
            numbers = {
                number for asked in old for number in connection.execute(asked.distinct()).scalars()
            }
        for number in sorted(numbers):
            with store.transaction() as connection:
                store.lock(number)
                past = (events.c.destination == number) & (events.c.until < seconds)
                connection.execute(delete(events).where(past))
                self._claims.prune(number, before)

    def _walk(
        self,
        table: Table,
        audience_id: str,
        only: ColumnElement[bool] | None,
        size: int,
        *more: str,
    ) -> Iterator[list[Any]]:
        """Give an audience's rows page by page, each from the last key on and not by its place."""
        store = self._store
        last = b""
        while True:
            with store.transaction() as connection:
                number = store.known(audience_id)
                if number is None:
                    return
                store.rows.sort_in()
                columns = [table.c[name] for name in ("key", "packed", *more)]
                asked = select(*columns).where(table.c.destination == number, table.c.key > last)
                if only is not None:
                    asked = asked.where(only)
                page = connection.execute(asked.order_by(table.c.key).limit(size)).all()
            if not page:
                return
            yield [tuple(row) for row in page]
            last = page[-1][0]
