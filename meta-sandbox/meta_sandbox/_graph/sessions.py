"""Upload sessions: batches in order, repeated batches, and the 90 minutes.

Meta's docs: a session has an id of the caller's own, a positive 64-bit integer, unique in the ad
account. For ``/users`` its batches are numbered from 1 without gaps; for ``/usersreplace`` the
first is 1 and the others anything else. After the batch with ``last_batch_flag``, or 90 minutes
after the first one, no more batches are taken. A batch that repeats the last one is taken for a
retry: it is answered again and not applied again. Codes are those that the docs give for
``/usersreplace``; none are documented for ``/users``, which gets the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.params import json_of
from meta_sandbox._world.sessions import REPLACE, SESSION_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meta_sandbox._world.sessions import Session

_LARGEST = 2**63 - 1
#: What ``/sessions`` shows when nothing else is asked for.
SESSION_FIELDS = (
    "session_id",
    "start_time",
    "end_time",
    "num_received",
    "num_matched",
    "num_invalid_entries",
    "progress",
    "stage",
)
_NAMES = frozenset({"session_id", "batch_seq", "last_batch_flag", "estimated_num_total"})


class Turn(NamedTuple):
    """What a request says about its session.

    Attributes:
        session_id: The session; None when the request names none.
        batch_seq: Number of the batch, from 1.
        last: Whether it is the last batch.
    """

    session_id: int | None
    batch_seq: int
    last: bool


def read_turn(params: Mapping[str, object], *, required: bool = False) -> Turn:
    """Read the parameter ``session``.

    Args:
        params: The request's parameters.
        required: Whether the request needs one.

    Raises:
        GraphError: It is missing, or one of its members is wrong.
    """
    given = json_of(params, "session")
    if given is None:
        if required:
            raise GraphError(100, "(#100) Missing required parameter: session")
        return Turn(None, 1, last=True)
    if not isinstance(given, dict):
        raise GraphError(100, "(#100) Param session must be an object.")
    if unknown := set(given) - _NAMES:
        raise GraphError(
            100, f"(#100) Param session has unknown keys: {', '.join(sorted(unknown))}"
        )
    session_id = _whole(given, "session_id")
    batch_seq = _whole(given, "batch_seq")
    last = given.get("last_batch_flag", False)
    if str(last).lower() not in {"true", "false", "1", "0"}:
        raise GraphError(100, "(#100) Param session[last_batch_flag] must be a boolean")
    return Turn(session_id, batch_seq, str(last).lower() in {"true", "1"})


def _whole(given: Mapping[str, object], name: str) -> int:
    """Return a member that must be a positive 64-bit integer; digits as text are taken too."""
    value = given.get(name)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LARGEST:
        raise GraphError(100, f"(#100) Param session[{name}] must be a positive 64-bit integer")
    return value


def check_turn(
    session: Session | None, turn: Turn, fresh: Session, content: int, now: float
) -> bytes | None:
    """Decide what a batch is to its session.

    Args:
        session: The session so far; None when this is the first that is heard of it.
        turn: What the request says.
        fresh: What the session would be if it began now.
        content: A number that tells batches of other content apart.
        now: The current instant.

    Returns:
        The answer to repeat when the batch is a retry; None when it is to be applied.

    Raises:
        GraphError: The batch does not fit.
    """
    if session is None:
        if turn.batch_seq != 1:
            raise GraphError(2650, subcode=1870147)
        return None
    if (session.audience_id, session.kind) != (fresh.audience_id, fresh.kind):
        raise GraphError(
            100,
            f"(#100) Param session[session_id] is in use to {session.kind} members of "
            f"{session.audience_id}; it must be unique in the ad account",
        )
    if (known := session.answers.get(turn.batch_seq)) is not None and known[0] == content:
        return known[1]
    _check_next(session, turn, fresh, now)
    return None


def _check_next(session: Session, turn: Turn, fresh: Session, now: float) -> None:
    """Check a batch that is no retry against a session that has begun."""
    if session.ended is not None:
        raise GraphError(2650, subcode=1870159)
    if session.timed_out(now):
        raise GraphError(2650, subcode=1870158)
    if session.schema != fresh.schema:
        raise GraphError(100, "(#100) Param payload[schema] must not change within a session")
    if session.kind == REPLACE:
        if turn.batch_seq == 1:
            raise GraphError(2650, subcode=1870145)
    elif turn.batch_seq != session.last_seq + 1:
        raise GraphError(
            100,
            f"(#100) Param session[batch_seq] must be {session.last_seq + 1}, not {turn.batch_seq}",
        )


def session_view(session: Session, now: float) -> dict[str, object]:
    """Return a session's fields: all texts, as Meta's SDKs have it.

    How many rows match is not known here, nor always at Meta, which says -1 then.
    """
    ended = session.ended
    if ended is None and session.timed_out(now):
        ended = session.began + SESSION_SECONDS
    return {
        "session_id": str(session.id),
        "start_time": str(int(session.began)),
        "end_time": "" if ended is None else str(int(ended)),
        "num_received": str(session.received),
        "num_matched": "-1",
        "num_invalid_entries": str(session.invalid),
        "progress": "0.0" if ended is None else "100.0",
        "stage": "uploading" if ended is None else "finished",
    }
