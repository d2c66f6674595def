"""Custom audiences as Graph shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meta_sandbox._world.audiences import Audience
    from meta_sandbox._world.world import World

_SMALL, _FLOOR = 1_000, 20


def audience_view(world: World, audience: Audience) -> dict[str, object]:
    """Return a custom audience's fields."""
    audience.settle(world.clock.seconds())
    lower, upper = _bounds(audience)
    ready = audience.size > 0
    return {
        "id": audience.id,
        "account_id": audience.account.account_id,
        "name": audience.name,
        "description": audience.description,
        "subtype": audience.subtype,
        "approximate_count_lower_bound": lower,
        "approximate_count_upper_bound": upper,
        "customer_file_source": audience.customer_file_source,
        "data_source": {"type": "FILE_IMPORTED", "sub_type": "ANYTHING"},
        "delivery_status": (
            {"code": 200, "description": "This audience is ready for use."}
            if ready
            else {"code": 300, "description": "This audience has no people yet."}
        ),
        "operation_status": _operation_status(audience),
        "is_value_based": audience.is_value_based,
        "permission_for_actions": {
            "can_edit": True,
            "can_see_insight": "True",
            "can_share": "True",
        },
        "sharing_status": {"sharing_relationship_id": "0", "status": "Not shared"},
        "time_content_updated": audience.updated,
        "time_created": audience.created,
        "time_updated": audience.updated,
        **audience.more,
    }


def _bounds(audience: Audience) -> tuple[int, int]:
    """Return the two bounds of an audience's size.

    Meta never tells the size itself. Seen are -1 for an audience without people, the same wide
    bounds for all below a thousand, and rounded figures above.
    """
    if not audience.size:
        return -1, -1
    if audience.size < _SMALL:
        return _FLOOR, _SMALL
    step = 10 ** (len(str(audience.size)) - 2)
    lower = audience.size // step * step
    return lower, -(-lower * 12 // (10 * step)) * step


def _operation_status(audience: Audience) -> dict[str, object]:
    if audience.state == "flagged":
        return {"code": 471, "description": "This audience is flagged for integrity."}
    if audience.replacement is not None or audience.state == "replace_in_progress":
        return {"code": 414, "description": "replace_in_progress"}
    if audience.replace_failed:
        return {"code": 415, "description": "replace_error"}
    return {"code": 200, "description": "Normal"}
