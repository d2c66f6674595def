"""What audiences and pixels received, for tests and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meta_sandbox._graph.audience_view import audience_view
from meta_sandbox._graph.payload import MAX_ROWS, read_upload
from meta_sandbox._graph.sessions import session_view
from meta_sandbox._protocol.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from meta_sandbox._graph.graph import Graph
    from meta_sandbox._graph.payload import Upload
    from meta_sandbox._world.audiences import Audience
    from meta_sandbox._world.objects import Account

VIEWS = ("deduplicated", "raw")


class Received:
    """What was received, read from what answers the requests.

    Args:
        graph: What answers.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._world = graph.world

    def add_audience(
        self,
        name: str,
        *,
        account_id: str | None = None,
        is_value_based: bool = False,
        members: Iterable[Mapping[str, object]] = (),
    ) -> str:
        """Make a custom audience; arguments and errors as for ``Sandbox.add_audience``."""
        account = self._account(account_id) if account_id else self._world.accounts[0]
        uploads = list(_uploads(members, value_based=is_value_based))
        audience = self._world.audiences.make(account, name, is_value_based=is_value_based)
        for upload in uploads:
            audience.members.add(upload.rows, upload.extras)
        return audience.id

    def audiences(self, account_id: str | None = None) -> list[dict[str, object]]:
        """Return the audiences; as for ``Sandbox.audiences``."""
        book = self._world.audiences
        found = book.of(self._account(account_id)) if account_id else book.all()
        return [self.audience(audience.id) for audience in found]

    def audience(self, audience_id: str) -> dict[str, object]:
        """Return one audience, also a deleted one.

        Raises:
            ValueError: There is no such audience.
        """
        audience = self._audience(audience_id)
        now = self._world.clock.seconds()
        sessions = self._world.audiences.sessions.of(audience.id)
        return {
            **audience_view(self._world, audience),
            "members": len(audience.members),
            "state": audience.state,
            "sessions": [session_view(session, now) for session in sessions],
        }

    def members(self, audience_id: str) -> Iterator[dict[str, object]]:
        """Return an audience's members one by one; errors as for ``Sandbox.members``."""
        audience = self._audience(audience_id)
        audience.settle(self._world.clock.seconds())
        return audience.members.each()

    def event_counts(self) -> dict[str, dict[str, object]]:
        """Return how many events each pixel received; as for ``Sandbox.event_counts``."""
        return {
            pixel_id: {
                "requests": events.requests,
                "raw": dict(events.received),
                "deduplicated": dict(events.counted),
                "test_event_codes": dict(events.tests),
            }
            for pixel_id, events in self._graph.writes.events.pixels().items()
        }

    def refused_events(self) -> dict[str, dict[str, int]]:
        """Return pixel -> event name -> how many came in requests that were refused."""
        return self._graph.writes.events.refused()

    def event_lines(self, pixel_id: str | None, view: str) -> Iterator[bytes]:
        """Return events as JSON; arguments and errors as for ``Sandbox.events``."""
        if view not in VIEWS:
            raise ValueError(f"A view is one of {', '.join(VIEWS)}, not {view!r}.")
        pixels = [account.pixel_id for account in self._world.accounts]
        if pixel_id is not None and pixel_id not in pixels:
            raise ValueError(f"There is no pixel {pixel_id}; there are {', '.join(pixels)}.")
        events = self._graph.writes.events
        return (
            line
            for pixel in (pixels if pixel_id is None else [pixel_id])
            for line in events.of(pixel).lines(duplicates=view == "raw")
        )

    def _audience(self, audience_id: str) -> Audience:
        audience = self._world.audiences.get(audience_id)
        if audience is None:
            raise ValueError(f"There is no audience {audience_id}.")
        return audience

    def _account(self, account_id: str) -> Account:
        account = self._world.account(account_id)
        if account is None:
            raise ValueError(f"There is no account {account_id}.")
        return account


def _uploads(members: Iterable[Mapping[str, object]], *, value_based: bool) -> Iterator[Upload]:
    """Read members as if they were uploaded, those of the same keys together."""
    groups: dict[tuple[str, ...], list[list[object]]] = {}
    for member in members:
        groups.setdefault(tuple(member), []).append(list(member.values()))
    for names, rows in groups.items():
        for at in range(0, len(rows), MAX_ROWS):
            payload = {"schema": list(names), "data": rows[at : at + MAX_ROWS]}
            try:
                upload = read_upload({"payload": payload}, adding=True, value_based=value_based)
            except GraphError as error:
                raise ValueError(error.message) from None
            if upload.invalid:
                reasons = ", ".join(sorted(set(upload.samples.values())))
                raise ValueError(f"{upload.invalid} members would not be taken: {reasons}.")
            yield upload
