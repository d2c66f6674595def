"""Reading the objects of an account: the tasks of entity streams.

An edge is asked page by page, as large as Meta allows. What Meta refuses is asked for in another
way, from where the listing stands: a page too large is halved, a field that it does not know is
left out. `activities` and `leads` are read by the same rules, and a few of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from meta_graph import (
    Call,
    GraphError,
    PermissionDeniedError,
    TooMuchDataError,
    UnknownFieldError,
    halved,
)
from tap_meta_ads.engine.place import Place
from tap_meta_ads.engine.tasks import Ask, Emit, Page, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from logging import LoggerAdapter

    from tap_meta_ads.accounts import Account
    from tap_meta_ads.entities.definitions import Entity
    from tap_meta_ads.fields import Asked

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far our clock and Meta's may differ."""

Rows = list[msgspec.Raw]
Members = dict[str, msgspec.Raw]

decode_members = msgspec.json.Decoder(Members).decode


@dataclass
class Listed:
    """What a task has read.

    Attributes:
        read_to: The stream's bookmark for this account, once all rows before this have been
            written; None where it does not move.
        left_out: Objects that could not be read up to there. The next run has to read all of them.
        denied: Why, where some of them are not for this token.
    """

    read_to: datetime | None = None
    left_out: tuple[str, ...] = ()
    denied: GraphError | None = None


@dataclass
class EntityTrack:
    """One entity stream of one account; see `tasks.Track`.

    Attributes:
        account: Whose objects.
        entity: Which objects.
        asked: What to ask of Meta, see `Entity.asked`, without what it refuses.
        since: The bookmark; None if everything is read.
        start: Where what grows without end begins to be read, if there is no bookmark.
        started: The instant of this run, with which bookmarks are compared.
        include_deleted: Archived and deleted objects too.
        page: Objects of a page; shrinks where Meta refuses it.
        log: Logger whose lines say which stream of which account they are about.
        behind: Objects that runs before have left out, so that the bookmark is not theirs.
    """

    account: Account
    entity: Entity
    asked: Asked
    since: datetime | None
    start: datetime
    started: datetime
    include_deleted: bool
    page: int
    log: LoggerAdapter[Any]
    behind: frozenset[str] = frozenset()
    is_over: bool = False
    _has_begun: bool = False

    @property
    def stream(self) -> str:
        """Name of the stream."""
        return self.entity.name

    @property
    def account_id(self) -> str:
        """Number of the account."""
        return self.account.id

    @property
    def path(self) -> str:
        """The edge of the account."""
        return f"{self.account.path}/{self.entity.edge}"

    @property
    def use_case(self) -> str:
        """Meta's limit that its calls count against."""
        return Call("GET", self.path).use_case

    def next(self) -> Task[Any] | None:
        """The one task that reads all."""
        if self._has_begun:
            return None
        self._has_begun = True
        return self.read() if self.entity.edge else self.read_node()

    def finished(self, result: Any) -> None:  # noqa: ANN401, ARG002 - as in the protocol
        """Note that all is read."""
        self.is_over = True

    def read_node(self) -> Task[Listed]:
        """The account itself."""
        while True:
            call = Call(
                "GET", self.account.path, {"fields": self.asked.columns}, decode=decode_node
            )
            try:
                row: msgspec.Raw = yield Ask(call)
            except GraphError as error:
                self.cope(error, self.page)
                continue
            yield Emit([row])
            return Listed()

    def read(self) -> Task[Listed]:
        """All objects of an edge, or those that have changed."""
        newest = Newest(self.entity.replication_key, self.since)
        query = {
            "filtering": self.entity.filtering(
                include_deleted=self.include_deleted,
                updated_since=int(self.since.timestamp()) if self.since else None,
            )
        }
        yield from self.pages(self.path, query, lambda: newest.seen)
        return Listed(self.safe(newest.time))

    def pages(
        self, path: str, query: dict[str, Any], begin: Callable[[], Callable[[Rows], Rows]]
    ) -> Task[None]:
        """Hand on the rows of an edge, page by page.

        When its cursor dies a listing begins again, and what was handed on is handed on once more:
        the same keys, so that a loader writes nothing twice.

        Args:
            path: The edge.
            query: Parameters. `fields` are the columns, where it has none.
            begin: Called when the listing begins; makes of a page's rows those to hand on.
        """
        place, made_of = Place(path), begin()
        while True:
            limit = self.page
            params = {"fields": self.asked.columns, **query, "limit": limit, "after": place.after}
            try:
                page: Page = yield Ask(
                    Call("GET", path, params, account=self.account.id), page=True
                )
            except GraphError as error:
                if place.restart(error):
                    self.log.info("The cursor has died: listing from the beginning.")
                    made_of = begin()
                else:
                    self.cope(error, limit)
                continue
            if rows := made_of(page.data):
                yield Emit(rows)
            if not place.move(page):
                return

    def cope(self, error: GraphError, limit: int) -> None:
        """Change what is asked for, so that what was refused may be granted.

        Args:
            error: Meta's refusal.
            limit: Objects of the page that was refused.

        Raises:
            GraphError: The refusal; there is nothing to change.
        """
        if isinstance(error, TooMuchDataError):
            smaller = halved(limit)
            if smaller is None or not self.entity.edge:
                raise error
            self.log.info("Meta refuses %d objects a page: asking for %d.", limit, smaller)
            self.page = min(self.page, smaller)
        elif isinstance(error, UnknownFieldError):
            self.asked.without(error)
        elif isinstance(error, PermissionDeniedError):
            self._leave_out_special(error)
        else:
            raise error

    def safe(self, newest: datetime | None) -> datetime | None:
        """The bookmark when the newest row is of this instant.

        What changed while its neighbours were listed may have been read before it changed, so the
        bookmark stays before the beginning of the run, and the next run lists it again.
        """
        return newest and min(newest, self.started - CLOCK_TOLERANCE)

    def _leave_out_special(self, error: PermissionDeniedError) -> None:
        """Do without the columns that take a role of their own. Meta does not say which it is."""
        columns = self.asked.columns
        special = [name for name in columns if name in self.entity.unselected]
        if not special:
            raise error
        self.log.warning("Trying without %s: %s", ", ".join(special), error)
        self.asked.keep((name for name in columns if name not in special), error)


class Newest:
    """The newest of the times in rows.

    Args:
        name: Member that holds the time; empty if the rows have none.
        time: Where to begin.
    """

    def __init__(self, name: str, time: datetime | None = None) -> None:
        self.time = time
        self._name = name
        if name:
            timed = msgspec.defstruct("Timed", [("time", Any, None)], rename={"time": name})
            self._decode = msgspec.json.Decoder(timed).decode

    def seen(self, rows: Rows) -> Rows:
        """Look at rows, and give them back."""
        if self._name:
            self._take_in({self._text(row) for row in rows})
        return rows

    def _text(self, row: msgspec.Raw) -> str | None:
        try:
            timed: Any = self._decode(row)
        except ValueError:  # no object: the stream will say so
            return None
        return timed.time if isinstance(timed.time, str) else None

    def _take_in(self, texts: Iterable[str | None]) -> None:
        known = [time for time in map(instant, texts) if time]
        self.time = max([*known, self.time] if self.time else known, default=None)


def instant(text: object) -> datetime | None:
    """The instant of one of Meta's times, as `2026-03-08T14:18:45-0800`, or of our bookmark.

    Returns:
        It in UTC; None for what is no time.
    """
    if not isinstance(text, str):
        return None
    for pattern in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"):
        try:
            return datetime.strptime(text, pattern).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            continue
    return None


def decode_node(body: bytes | bytearray) -> msgspec.Raw:
    """An object's body as a row.

    Raises:
        ValueError: It is no object, or an error.
    """
    members = decode_members(body)
    if "error" in members or "error_code" in members:
        raise ValueError("An error, not an object")
    return msgspec.Raw(bytes(body))
