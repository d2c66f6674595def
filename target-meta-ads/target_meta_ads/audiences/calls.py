"""The calls of a custom audience: what goes over the wire. Pure.

All of them may be carried out twice: who was added or removed stays so, and a session knows the
requests that it had.

Shapes: guide to Custom Audiences, "Add users", "Replace users", and the reference of
`/{audience}/users`. What is removed travels in the body too: an address holds some 150 people.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from meta_graph import Call
from target_meta_ads.audiences import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ROWS = 10_000
"""Rows that Meta takes in one request."""

_LARGEST_SESSION = 2**63 - 1


@dataclass(frozen=True)
class Session:
    """A session, and the place of one request in it.

    Attributes:
        id: Positive, of 63 bits, our own choice.
        batch: Number of the request, from 1.
        is_last: Whether none follows.
        total: Rows that the session will have, as far as known.
    """

    id: int
    batch: int = 1
    is_last: bool = True
    total: int = 0


def new_session(total: int) -> Session:
    """A session of one request.

    Each request has a session of its own: several may then be on their way at once, none is left
    open by a run that was killed, and a request that is repeated is known by its session.
    """
    return Session(1 + secrets.randbelow(_LARGEST_SESSION), total=total)


def members(
    audience_id: str,
    schema: int,
    people: Iterable[bytes],
    session: Session,
    *,
    account: str | None,
    is_removal: bool = False,
    page_id: str | None = None,
) -> Call:
    """Add people to an audience, or remove them from it.

    Args:
        audience_id: The audience.
        schema: The keys that all of them have, see `rows`.
        people: Their packed rows.
        session: The session.
        account: The account, whose limits it counts against.
        is_removal: Whether they are removed.
        page_id: The page, for rows of page-scoped ids.
    """
    return Call(
        "DELETE" if is_removal else "POST",
        f"{audience_id}/users",
        json=_body(schema, people, session, page_id),
        account=account,
        idempotent=True,
    )


def replacement(
    audience_id: str,
    schema: int,
    people: Iterable[bytes],
    session: Session,
    *,
    account: str | None,
    page_id: str | None = None,
) -> Call:
    """One request of a session that replaces all members of an audience; see `members`."""
    body = _body(schema, people, session, page_id)
    path = f"{audience_id}/usersreplace"
    return Call("POST", path, json=body, account=account, idempotent=True)


def erasure(
    account: str,
    schema: int,
    people: Iterable[bytes],
    session: Session,
    *,
    page_id: str | None = None,
) -> Call:
    """Remove people from every audience of an account; see `members`."""
    body = _body(schema, people, session, page_id)
    return Call("DELETE", f"act_{account}/usersofanyaudience", json=body, idempotent=True)


def _body(schema: int, people: Iterable[bytes], session: Session, page_id: str | None) -> bytes:
    names = rows.names(schema)
    place = {
        "session_id": session.id,
        "batch_seq": session.batch,
        "last_batch_flag": session.is_last,
    }
    if session.total:
        place["estimated_num_total"] = session.total
    is_of_page = page_id is not None and "PAGEUID" in names
    of_page = {"is_raw": True, "page_ids": [page_id]} if is_of_page else {}
    head = msgspec.json.encode({"session": place})[:-1]
    about = msgspec.json.encode({"schema": names, **of_page})[:-1]
    return b"".join((head, b',"payload":', about, b',"data":', rows.data(schema, people), b"}}"))
