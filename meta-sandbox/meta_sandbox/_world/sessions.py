"""Upload sessions: what was sent to audiences together."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Longest time a session may take from its first batch, in seconds.
SESSION_SECONDS = 90 * 60
#: What a session does.
ADD, REMOVE, REPLACE = "add", "remove", "replace"


@dataclass
class Session:
    """One session.

    Attributes:
        id: Its id.
        audience_id: The audience, or the account when it concerns all of its audiences.
        kind: ``add``, ``remove`` or ``replace``.
        schema: The keys of its rows.
        began: When its first batch came, in Unix seconds.
        ended: When its last batch came; None while it is open.
        last_seq: Number of the batch that came last.
        received: Rows received so far.
        invalid: Invalid ones among them.
        answers: Number of a batch -> what it held, and the answer.
    """

    id: int
    audience_id: str
    kind: str
    schema: tuple[str, ...]
    began: float
    ended: float | None = None
    last_seq: int = 0
    received: int = 0
    invalid: int = 0
    answers: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    def timed_out(self, now: float) -> bool:
        """Tell whether the 90 minutes are over."""
        return now - self.began > SESSION_SECONDS


class Sessions:
    """All sessions, by account and id."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], Session] = {}
        self._made = 0

    def get(self, account_id: str, session_id: int) -> Session | None:
        """Return a session of an account."""
        return self._found.get((account_id, session_id))

    def keep(self, account_id: str, session: Session) -> None:
        """Keep a session that has begun."""
        self._found[account_id, session.id] = session

    def make_id(self) -> int:
        """Return an id for a request that names no session, as Meta makes one up."""
        self._made += 1
        return 4_229_955_000_000_000_000 + self._made * 7_919

    def of(self, audience_id: str) -> list[Session]:
        """Return an audience's sessions, newest first."""
        found = [s for s in list(self._found.values()) if s.audience_id == audience_id]
        return found[::-1]

    def clear(self) -> None:
        """Forget all sessions."""
        self._found.clear()
