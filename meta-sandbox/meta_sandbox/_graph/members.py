"""Who is in an audience: adding, removing, replacing, and removing from all audiences at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from meta_sandbox._graph.audiences import check_account, check_audience
from meta_sandbox._graph.payload import read_upload
from meta_sandbox._graph.sessions import check_turn, read_turn
from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._world.audiences import Replacement
from meta_sandbox._world.sessions import ADD, REMOVE, REPLACE, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meta_sandbox._graph.payload import Upload
    from meta_sandbox._graph.sessions import Turn
    from meta_sandbox._options import Options
    from meta_sandbox._world.audiences import Audience
    from meta_sandbox._world.objects import Account
    from meta_sandbox._world.world import World


class Membership:
    """Answers requests that change who is in audiences.

    Args:
        world: The world.
        options: How the sandbox behaves.
    """

    def __init__(self, world: World, options: Options) -> None:
        self._sessions = world.audiences.sessions
        self._world = world
        self._floor = options.min_audience
        self._count_session = options.invalid_count == "session"

    def add(self, audience: Audience, params: Mapping[str, object]) -> bytes:
        """Answer ``POST /{audience}/users``.

        Raises:
            GraphError: The audience, the session or the payload forbids it.
        """
        self._check(audience, ADD)
        upload = read_upload(params, adding=True, value_based=audience.is_value_based)

        def apply(_: Turn) -> None:
            audience.members.add(upload.rows, upload.extras)
            self._changed(audience)

        return self._session(audience.account, audience.id, ADD, params, upload, apply)

    def remove(self, audience: Audience, params: Mapping[str, object]) -> bytes:
        """Answer ``DELETE /{audience}/users``.

        Raises:
            GraphError: As for ``add``; or the audience would become too small (200/1870047), and
                then nobody is removed.
        """
        self._check(audience, REMOVE)
        upload = read_upload(params, adding=False, value_based=None)

        def apply(_: Turn) -> None:
            gone = audience.members.meant(upload.rows)
            if gone and audience.size - len(gone) < self._floor:
                raise GraphError(200, subcode=1870047)
            audience.members.discard(gone)
            self._changed(audience)

        return self._session(audience.account, audience.id, REMOVE, params, upload, apply)

    def replace(self, audience: Audience, params: Mapping[str, object]) -> bytes:
        """Answer ``POST /{audience}/usersreplace``.

        Members are swapped when the batch with ``last_batch_flag`` came, or when the 90 minutes
        are over; until then the audience keeps those it had, and ``/users`` is refused.

        Raises:
            GraphError: Code 2650 with the subcodes of Meta's docs, or as for ``add``.
        """
        now = self._world.clock.seconds()
        check_audience(self._world, audience, REPLACE)
        turn = read_turn(params, required=True)
        audience.settle(now)
        current = audience.replacement
        if current is not None and current.session_id != turn.session_id:
            raise GraphError(2650, subcode=1870145)
        upload = read_upload(params, adding=True, value_based=audience.is_value_based)

        def apply(turn: Turn) -> None:
            staged = audience.replacement
            if staged is None:
                staged = audience.replacement = Replacement(turn.session_id or 0, now)
            staged.members.add(upload.rows, upload.extras)
            if turn.last:
                audience.finish_replacement(now, failed=False)

        return self._session(audience.account, audience.id, REPLACE, params, upload, apply)

    def remove_from_all(self, account: Account, params: Mapping[str, object]) -> bytes:
        """Answer ``DELETE /act_X/usersofanyaudience``.

        What the answer holds is not documented; it has the members of the one for ``/users``, with
        ``account_id`` for ``audience_id``. The floor does not hold here: who asks to be forgotten
        is.

        Raises:
            GraphError: The account, the session or the payload forbids it.
        """
        check_account(self._world, account)
        upload = read_upload(params, adding=False, value_based=None)

        def apply(_: Turn) -> None:
            for audience in self._world.audiences.of(account):
                audience.settle(self._world.clock.seconds())
                staged = audience.replacement
                for members in [audience.members] + ([staged.members] if staged else []):
                    if len(members):
                        members.discard(members.meant(upload.rows))
                self._changed(audience)

        return self._session(account, account.id, REMOVE, params, upload, apply)

    def _check(self, audience: Audience, way: str) -> None:
        """Refuse changes by ``/users``, also while a replacement is under way."""
        audience.settle(self._world.clock.seconds())
        check_audience(self._world, audience, way)
        if audience.replacement is not None:
            raise GraphError(2650, subcode=1870145)

    def _changed(self, audience: Audience) -> None:
        audience.updated = int(self._world.clock.seconds())

    def _session(
        self,
        account: Account,
        owner_id: str,
        kind: str,
        params: Mapping[str, object],
        upload: Upload,
        apply: Callable[[Turn], None],
    ) -> bytes:
        """Apply a batch, unless it is a retry, and return its answer."""
        now = self._world.clock.seconds()
        turn = read_turn(params)
        session_id = turn.session_id or self._sessions.make_id()
        known = self._sessions.get(account.account_id, session_id)
        fresh = Session(session_id, owner_id, kind, upload.schema, now)
        content = hash(
            (
                tuple(upload.rows),
                msgspec.json.encode(upload.extras),
                tuple(upload.samples),
                upload.received,
                turn.last,
            )
        )
        if (answer := check_turn(known, turn, fresh, content, now)) is not None:
            return answer
        apply(turn)
        session = known or fresh
        session.received += upload.received
        session.invalid += upload.invalid
        session.last_seq = turn.batch_seq
        session.ended = now if turn.last else None
        if kind != REPLACE:
            # Only the last batch can be sent again.
            session.answers.clear()
        answer = self._answer(session, upload)
        session.answers[turn.batch_seq] = (content, answer)
        self._sessions.keep(account.account_id, session)
        return answer

    def _answer(self, session: Session, upload: Upload) -> bytes:
        owner = "account_id" if session.audience_id.startswith("act_") else "audience_id"
        return msgspec.json.encode(
            {
                owner: session.audience_id.removeprefix("act_"),
                "session_id": str(session.id),
                "num_received": session.received,
                "num_invalid_entries": session.invalid if self._count_session else upload.invalid,
                "invalid_entry_samples": upload.samples,
            }
        )
