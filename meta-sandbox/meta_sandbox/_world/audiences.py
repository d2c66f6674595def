"""The custom audiences of the advertiser: those that came with it, and those made later."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from meta_sandbox._world import draw as d
from meta_sandbox._world.members import Members
from meta_sandbox._world.sessions import SESSION_SECONDS, Sessions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meta_sandbox._world.objects import Account
    from meta_sandbox._world.world import World

_DAY = 86_400
_SUBTYPES = ("CUSTOM", "WEBSITE", "LOOKALIKE", "ENGAGEMENT")
_PER_ACCOUNT = 1_000
# Ids of audiences made later start here, beyond those of every account's first ones.
_LATER = 500_000_000


@dataclass
class Replacement:
    """A replacement that is under way.

    Attributes:
        session_id: Its session.
        began: When the first batch came, in Unix seconds.
        members: Who will be in the audience.
    """

    session_id: int
    began: float
    members: Members = field(default_factory=Members)


@dataclass(eq=False)
class Audience:
    """A custom audience.

    Attributes:
        id: Its id.
        account: The account it belongs to.
        name: Its name.
        created: When it was made, in Unix seconds.
        updated: When it was changed last.
        description: Free text.
        subtype: ``CUSTOM`` for those that people are uploaded to.
        customer_file_source: Where the people come from, as Meta names it.
        is_value_based: Whether each member has a ``LOOKALIKE_VALUE``.
        people: How many people it holds whom the sandbox does not know one by one.
        more: Other fields of the Graph object.
        state: ``normal``, or what is the matter with it: a key of ``STATES`` in
            ``meta_sandbox._graph.audiences``.
        replace_failed: Whether the last replacement ran out of time.
        members: Who was uploaded.
        replacement: The replacement under way.
    """

    id: str
    account: Account
    name: str
    created: int
    updated: int
    description: str = ""
    subtype: str = "CUSTOM"
    customer_file_source: str = "USER_PROVIDED_ONLY"
    is_value_based: bool = False
    people: int = 0
    more: dict[str, object] = field(default_factory=dict)
    state: str = "normal"
    replace_failed: bool = False
    members: Members = field(default_factory=Members)
    replacement: Replacement | None = None

    @property
    def deleted(self) -> bool:
        """Whether it was deleted."""
        return self.state == "deleted"

    @property
    def size(self) -> int:
        """How many people are in it."""
        return self.people + len(self.members)

    def finish_replacement(self, now: float, *, failed: bool) -> None:
        """Put in place what a replacement brought so far."""
        if self.replacement is not None:
            self.members, self.people = self.replacement.members, 0
            self.replacement, self.replace_failed = None, failed
            self.updated = int(now)

    def settle(self, now: float) -> None:
        """End a replacement whose time is over.

        Meta then replaces the audience with what was uploaded so far.
        """
        if self.replacement is not None and now - self.replacement.began > SESSION_SECONDS:
            self.finish_replacement(now, failed=True)


class Audiences:
    """All custom audiences of a world.

    Args:
        world: The world.

    Attributes:
        lock: To be held while several things change together.
        sessions: What was uploaded together.
        account_states: Account id -> what is the matter with all that is done to its audiences.
    """

    def __init__(self, world: World) -> None:
        self.lock = threading.RLock()
        self.sessions = Sessions()
        self.account_states: dict[str, str] = {}
        self._world = world
        self._by_id: dict[str, Audience] = {}
        self._made = 0
        for account in world.accounts:
            for place in range(len(_SUBTYPES)):
                audience = _first(world, account, place)
                self._by_id[audience.id] = audience

    def get(self, audience_id: str) -> Audience | None:
        """Return an audience by its id, also a deleted one."""
        return self._by_id.get(audience_id)

    def of(self, account: Account) -> list[Audience]:
        """Return the audiences of an account that are not deleted, newest first."""
        return [audience for audience in self.all() if audience.account is account]

    def all(self) -> list[Audience]:
        """Return all audiences that are not deleted, newest first."""
        # From the last one made, so that of two made in the same second it stands first.
        made = reversed(list(self._by_id.values()))
        kept = [audience for audience in made if not audience.deleted]
        return sorted(kept, key=lambda audience: -audience.created)

    def make(self, account: Account, name: str, **more: object) -> Audience:
        """Make an audience.

        Args:
            account: Whose it is.
            name: Its name; Meta does not mind two of the same name.
            more: Attributes of ``Audience``.
        """
        with self.lock:
            self._made += 1
            now = int(self._world.clock.seconds())
            audience = Audience(
                id=d.encode_id(self._world.seed, d.AUDIENCE, _LATER + self._made),
                account=account,
                name=name,
                created=now,
                updated=now,
                **more,  # type: ignore[arg-type] # checked by those who read the request
            )
            self._by_id[audience.id] = audience
        return audience

    def clear_members(self) -> None:
        """Forget all members, sessions and replacements; the audiences stay."""
        with self.lock:
            self.sessions.clear()
            for audience in self._by_id.values():
                audience.members = Members()
                audience.replacement, audience.replace_failed = None, False


def _first(world: World, account: Account, place: int) -> Audience:
    """Return one of the audiences that an account has from the start."""
    u = d.draws(world.seed, d.AUDIENCE, account.number, place)
    created = account.created + d.between(1, 30 * 24, u[1]) * 3_600
    subtype = _SUBTYPES[place]
    more: Mapping[str, object] = {}
    if subtype == "WEBSITE":
        more = {
            "pixel_id": account.pixel_id,
            "rule": '{"inclusions": {"operator": "or", "rules": []}}',
        }
    if subtype == "LOOKALIKE":
        more = {"lookalike_spec": {"country": "US", "ratio": 0.01, "type": "similarity"}}
    return Audience(
        id=d.encode_id(world.seed, d.AUDIENCE, account.number * _PER_ACCOUNT + place),
        account=account,
        name=f"{subtype.title()} audience “{place}” 👥",
        description="Made up; no people in it",
        subtype=subtype,
        created=created,
        updated=created + _DAY,
        people=d.between(1_000, 90_000, u[0]),
        more={"retention_days": 0 if subtype == "CUSTOM" else 30, **more},
    )
