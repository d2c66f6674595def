"""What filters ask about an object or those above it, for example ``campaign.updated_time``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meta_sandbox._world.objects import Ad, AdSet, Campaign

if TYPE_CHECKING:
    from collections.abc import Callable

Thing = Campaign | AdSet | Ad

#: What Meta leaves out unless it is asked about the status.
HIDDEN = frozenset({"ARCHIVED", "DELETED"})
#: Last parts of filter fields that ask about the status, whatever they say of it.
STATUS_FIELDS = frozenset({"effective_status", "delivery_info"})

# ``effective_status`` -> ``delivery_info``, where it follows from it.
_DELIVERY = {
    "PAUSED": "inactive",
    "CAMPAIGN_PAUSED": "inactive",
    "ADSET_PAUSED": "inactive",
    "ARCHIVED": "archived",
    "DELETED": "deleted",
    "DISAPPROVED": "rejected",
    "PENDING_REVIEW": "pending_review",
}


def delivery_info(thing: Thing, now: float) -> str:
    """Return what the filter field ``delivery_info`` holds for an object at an instant."""
    status = thing.effective_status(now)
    if status in _DELIVERY:
        return _DELIVERY[status]
    today = thing.account.day(now)
    if isinstance(thing, Ad) and all(last < today for _, last in thing.delivery_days):
        return "completed"
    return "active"


_ATTRIBUTES: dict[str, Callable[[Thing, float], str | int]] = {
    "id": lambda thing, _: thing.id,
    "name": lambda thing, now: thing.name_at(now),
    "effective_status": lambda thing, now: thing.effective_status(now),
    "configured_status": lambda thing, now: thing.status_at(now),
    "delivery_info": delivery_info,
    "delivery_status": delivery_info,
    "updated_time": lambda thing, now: thing.updated_at(now),
    "created_time": lambda thing, _: thing.created,
}


def kind_of(thing: Thing) -> str:
    """Return how filters call an object of this kind: ``campaign``, ``adset`` or ``ad``."""
    if isinstance(thing, Ad):
        return "ad"
    return "adset" if isinstance(thing, AdSet) else "campaign"


def attribute(thing: Thing, path: str, now: float) -> str | int | None:
    """Return what a filter field holds.

    Args:
        thing: The object.
        path: For example ``ad.id``; without a prefix it is about the object itself.
        now: The instant.

    Returns:
        The value; None when there is no such field.
    """
    prefix, _, name = path.rpartition(".")
    owner = _owner(thing, prefix) if prefix else thing
    get = _ATTRIBUTES.get(name)
    return None if owner is None or get is None else get(owner, now)


def _owner(thing: Thing, prefix: str) -> Thing | None:
    if prefix == kind_of(thing):
        return thing
    if isinstance(thing, Ad):
        above: dict[str, Thing] = {"adset": thing.ad_set, "campaign": thing.campaign}
        return above.get(prefix)
    return thing.campaign if isinstance(thing, AdSet) and prefix == "campaign" else None
