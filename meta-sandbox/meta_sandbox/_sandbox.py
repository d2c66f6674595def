"""A sandbox that runs inside a test or program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from meta_sandbox._graph.audiences import set_state
from meta_sandbox._options import Options
from meta_sandbox._serve.app import App
from meta_sandbox._serve.control import Control
from meta_sandbox._serve.engine import Engine
from meta_sandbox._serve.server import HttpServer
from meta_sandbox._serve.truth import insights_lines, object_rows, read_truth_query
from meta_sandbox._world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from types import TracebackType

    from typing_extensions import Self


class Sandbox:
    """A local Graph API with a made-up advertiser, served in a thread.

    ::

        with Sandbox(seed=1, accounts=3, ads=20, days=60) as sandbox:
            requests.get(
                f"{sandbox.url}/v26.0/me/adaccounts",
                headers={"Authorization": f"Bearer {sandbox.token}"},
            )

    Args:
        seed: Decides everything about the advertiser.
        accounts: How many ad accounts.
        ads: How many ads each account has.
        days: Days of history before ``now``.
        now: The instant the sandbox takes for the present; the real one when left out. The clock
            ticks from there.
        made_at: The instant the advertiser is made for, ``now`` when left out. Give an earlier
            run's with a later ``now`` to meet the same advertiser later.
        unlisted_share: Share of ads that only Insights still knows.
        host: Address to listen on.
        port: Port; 0 for any free one.
        options: Members of ``Options``, by name.

    Attributes:
        url: ``http://host:port``, to be used for ``https://graph.facebook.com``.
        token: An access token that is good for everything.
        app_secret: The secret of the token's app.
        world: The advertiser.
    """

    def __init__(  # noqa: PLR0913 - the command's flags, all optional
        self,
        *,
        seed: int = 1,
        accounts: int = 3,
        ads: int = 200,
        days: int = 90,
        now: datetime | None = None,
        made_at: datetime | None = None,
        unlisted_share: float = 0.02,
        host: str = "127.0.0.1",
        port: int = 0,
        **options: object,
    ) -> None:
        self.options = Options(**options)  # type: ignore[arg-type] # checked by the dataclass itself
        self.world = World(
            seed,
            accounts=accounts,
            ads=ads,
            days=days,
            now=now,
            made_at=made_at,
            unlisted_share=unlisted_share,
        )
        self.engine = Engine(self.world, self.options)
        self._app = App(self.engine, Control(self.engine).app())
        self._server = HttpServer(self._app, host, port)
        self.url = self._server.url
        self.token = self.options.token
        self.app_secret = self.options.app_secret

    # ---------------------------------------------------------------- running

    def start(self) -> Self:
        """Start serving; returns when requests are taken."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving, for good; open connections are cut."""
        self._server.stop()
        self._app.close()

    def run(self) -> None:
        """Serve in this thread until SIGINT, SIGTERM or ``stop`` from another one."""
        self._server.run()

    def __enter__(self) -> Self:
        """Start serving."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop serving."""
        self.stop()

    # ---------------------------------------------------------------- what was received

    def requests(self) -> list[dict[str, object]]:
        """Return the requests received, oldest first, tokens and proofs redacted."""
        return self.engine.log.entries()

    def counters(self) -> dict[str, object]:
        """Return how many requests and calls came, and how many by edge, stage and status."""
        return self.engine.log.counters()

    def clear_requests(self) -> None:
        """Forget the requests received so far."""
        self.engine.log.clear()

    # ---------------------------------------------------------------- what happens

    def add_fault(self, rule: Mapping[str, object]) -> None:
        """Script a fault, for example ``{"match": {"edge": "ads"}, "answer": {"kind": "reset"}}``.

        Raises:
            ValueError: The rule has a key or value that the sandbox does not know.
        """
        self.engine.faults.add(rule)

    def clear_faults(self) -> None:
        """Remove all scripted faults."""
        self.engine.faults.clear()

    def set_now(self, now: datetime) -> None:
        """Move the sandbox's clock to an instant, which needs a time zone."""
        self.world.clock.set(now)

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock on by some seconds."""
        self.world.clock.advance(seconds)

    def add_token(
        self,
        text: str,
        *,
        state: str = "valid",
        accounts: Iterable[str] | None = None,
        scopes: Iterable[str] | None = None,
        expires_at: int = 0,
    ) -> None:
        """Add an access token; arguments and errors as for ``Tokens.add``."""
        self.engine.graph.tokens.add(
            text, state=state, accounts=accounts, scopes=scopes, expires_at=expires_at
        )

    # ---------------------------------------------------------------- audiences and events

    def add_audience(
        self,
        name: str,
        *,
        account_id: str | None = None,
        is_value_based: bool = False,
        members: Iterable[Mapping[str, object]] = (),
    ) -> str:
        """Make a custom audience of subtype CUSTOM, and return its id.

        Args:
            name: Its name.
            account_id: The account, with or without ``act_``; the first one when left out.
            is_value_based: Whether each member needs a ``LOOKALIKE_VALUE``.
            members: Who is in it already: Meta's keys such as ``EMAIL``, values as they are sent.

        Raises:
            ValueError: There is no such account, or a member would not be taken.
        """
        return self.engine.received.add_audience(
            name, account_id=account_id, is_value_based=is_value_based, members=members
        )

    def audiences(self, account_id: str | None = None) -> list[dict[str, object]]:
        """Return the custom audiences, newest first.

        Args:
            account_id: Only of this account, with or without ``act_``.

        Returns:
            Fields as in Graph, and ``members`` (how many people were uploaded), ``state`` and
            ``sessions`` (as in Graph, newest first).

        Raises:
            ValueError: There is no such account.
        """
        return self.engine.received.audiences(account_id)

    def members(self, audience_id: str) -> list[dict[str, object]]:
        """Return who is in an audience: Meta's keys and the values that were sent, oldest first.

        Raises:
            ValueError: There is no such audience.
        """
        return list(self.engine.received.members(audience_id))

    def set_audience_state(self, object_id: str, state: str) -> None:
        """Set what is the matter with an audience, or with all that an account may do to its.

        Args:
            object_id: Id of an audience, or of an account as ``act_...``.
            state: ``normal``; ``flagged``, ``deleted``, ``not_shared``, ``replace_in_progress``,
                ``replace_failed``, ``too_large``, ``too_small``; for accounts too
                ``terms_not_accepted``, ``business_terms_not_accepted``, ``no_business`` and
                ``no_write_permission``.

        Raises:
            ValueError: There is no such state, audience or account.
        """
        set_state(self.world, object_id, state)

    def events(
        self, pixel_id: str | None = None, *, view: str = "deduplicated"
    ) -> list[dict[str, object]]:
        """Return the events received, in the order in which they came.

        Events that came with a ``test_event_code`` have it as one more member.

        Args:
            pixel_id: The pixel; all when left out.
            view: ``deduplicated``, as Meta counts them, or ``raw``.

        Raises:
            ValueError: The view is neither, or there is no such pixel.
        """
        lines = self.engine.received.event_lines(pixel_id, view)
        return [msgspec.json.decode(line) for line in lines]

    def event_counts(self) -> dict[str, dict[str, object]]:
        """Return how many events came, without the events themselves.

        Returns:
            By pixel: ``requests`` that were taken, events by name in ``raw`` and in
            ``deduplicated``, and events by code in ``test_event_codes``.
        """
        return self.engine.received.event_counts()

    def clear_received(self) -> None:
        """Forget members, sessions and events; audiences and requests stay."""
        self.engine.graph.writes.clear()

    # ---------------------------------------------------------------- the truth

    def truth(self, kind: str, account_id: str | None = None) -> list[dict[str, object]]:
        """Return every object of a kind, with all the fields that Graph would show.

        Archived and deleted ones are there; ads that only Insights still knows are not.

        Args:
            kind: ``accounts``, ``campaigns``, ``adsets``, ``ads``, ``creatives``,
                ``customaudiences``, ``customconversions``, ``adimages``, ``advideos``,
                ``adlabels``, ``adspixels``, ``activities`` or ``leads``.
            account_id: Only of this account.

        Raises:
            ValueError: There is no such kind or account.
        """
        return list(object_rows(self.world, kind, account_id))

    def truth_insights(self, **query: object) -> list[dict[str, object]]:
        """Return every Insights row as Meta would give it by now, figures as Meta's texts.

        Args:
            query: ``level`` (default ``ad``), ``since`` and ``until`` (default: all there is),
                ``account_id``, ``breakdowns``, ``windows``, ``time_increment`` (default 1) and
                ``fields`` (default: all that ever have data).

        Raises:
            ValueError: One of them cannot be read.
        """
        lines = insights_lines(self.engine, read_truth_query(query))
        return [msgspec.json.decode(line) for line in lines]
