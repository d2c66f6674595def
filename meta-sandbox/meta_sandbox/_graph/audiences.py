"""Making, changing and deleting custom audiences, and what may be the matter with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from meta_sandbox._graph.views import Node, Values
from meta_sandbox._protocol.errors import GraphError, unsupported
from meta_sandbox._protocol.params import flag_of, list_of, text_of, whole_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meta_sandbox._world.audiences import Audience
    from meta_sandbox._world.objects import Account
    from meta_sandbox._world.world import World

#: Customer file audiences that an account may have.
MAX_AUDIENCES = 500
_SOURCES = ("USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED")
_OTHER_SUBTYPES = frozenset(
    "APP BAG_OF_ACCOUNTS BIDDING CLAIM ENGAGEMENT EXCLUSION FOX LOOKALIKE MANAGED MEASUREMENT "
    "MESSENGER_SUBSCRIBER_LIST OFFLINE_CONVERSION PARTNER PRIMARY REGULATED_CATEGORIES_AUDIENCE "
    "STUDY_RULE_AUDIENCE VIDEO WEBSITE".split()
)


class State(NamedTuple):
    """What may be the matter with an audience, or with all of an account's.

    Attributes:
        code: Meta's error code for changes of its members.
        subcode: Meta's subcode.
        of_account: Whether an account can be in this state.
    """

    code: int
    subcode: int | None
    of_account: bool = False


#: Name of a state -> what it does. ``normal`` is none of these.
STATES: dict[str, State] = {
    "flagged": State(100, 1713230),
    "deleted": State(1487366, None),
    "not_shared": State(1487301, None),
    "replace_in_progress": State(2650, 1870145),
    "replace_failed": State(2650, 1870148),
    "too_large": State(2650, 1870144),
    "too_small": State(200, 1870047),
    "terms_not_accepted": State(200, 1870034, of_account=True),
    "business_terms_not_accepted": State(200, 1870090, of_account=True),
    "no_business": State(200, 1870050, of_account=True),
    "no_write_permission": State(2654, 1713092, of_account=True),
}
# States that concern one way of changing members alone.
_ONLY = {"too_large": "replace", "replace_failed": "replace", "too_small": "remove"}


def set_state(world: World, object_id: str, state: str) -> None:
    """Set what is the matter with an audience, or with an account's (``act_...``).

    Args:
        world: The world.
        object_id: Id of an audience or an account.
        state: A key of ``STATES``, or ``normal``.

    Raises:
        ValueError: There is no such state, audience or account.
    """
    allowed = ["normal", *(n for n, s in STATES.items() if s.of_account or "act_" not in object_id)]
    if state not in allowed:
        raise ValueError(f"A state is one of {', '.join(allowed)}, not {state!r}.")
    audiences = world.audiences
    if object_id.startswith("act_"):
        account = world.account(object_id)
        if account is None:
            raise ValueError(f"There is no account {object_id}.")
        audiences.account_states[account.account_id] = state
        return
    audience = audiences.get(object_id)
    if audience is None:
        raise ValueError(f"There is no audience {object_id}.")
    audience.state = state


def check_account(world: World, account: Account) -> None:
    """Refuse what the state of an account forbids.

    Raises:
        GraphError: Terms are not accepted, or the like.
    """
    state = STATES.get(world.audiences.account_states.get(account.account_id, "normal"))
    if state is not None:
        raise _error(state, account)


def check_audience(world: World, audience: Audience, way: str) -> None:
    """Refuse a change of members that the state of an audience or its account forbids.

    Args:
        world: The world.
        audience: The audience.
        way: ``add``, ``remove`` or ``replace``.

    Raises:
        GraphError: It is deleted, flagged, being replaced, or no customer file audience.
    """
    check_account(world, audience.account)
    state = STATES.get(audience.state)
    if state is not None and _ONLY.get(audience.state, way) == way:
        raise _error(state, audience.account)
    if audience.subtype != "CUSTOM":
        raise GraphError(
            2650, f"(#2650) Failed to update the custom audience: its subtype is {audience.subtype}"
        )


def _error(state: State, account: Account) -> GraphError:
    return GraphError(state.code, subcode=state.subcode).about(account.account_id)


def list_audiences(world: World, account: Account) -> list[Node]:
    """Return the custom audiences of an account, newest first."""
    return [Node("CustomAudience", audience) for audience in world.audiences.of(account)]


def create_audience(world: World, account: Account, params: Mapping[str, object]) -> bytes:
    """Make a custom audience.

    Raises:
        GraphError: A parameter is missing or wrong, the account has too many audiences already,
            or its state forbids it. Only subtype CUSTOM can be made here.
    """
    check_account(world, account)
    name, subtype = text_of(params, "name"), text_of(params, "subtype")
    if name is None:
        raise GraphError(100, "(#100) The parameter name is required")
    if subtype is None:
        raise GraphError(100, "(#100) The parameter subtype is required")
    if subtype != "CUSTOM" and subtype not in _OTHER_SUBTYPES:
        raise GraphError(100, "(#100) Param subtype must be one of {CUSTOM, WEBSITE, ...}")
    if subtype != "CUSTOM":
        raise GraphError(2654, f"(#2654) Failed to create custom audience of subtype {subtype}")
    made = [a for a in world.audiences.of(account) if a.subtype == "CUSTOM"]
    if len(made) >= MAX_AUDIENCES:
        raise GraphError(
            2654,
            f"(#2654) Failed to create custom audience: the account has {MAX_AUDIENCES} already",
        )
    audience = world.audiences.make(
        account,
        name,
        description=text_of(params, "description") or "",
        customer_file_source=_source(params, required=True),
        is_value_based=flag_of(params, "is_value_based"),
        more=_more(params),
    )
    return msgspec.json.encode({"id": audience.id})


def _source(params: Mapping[str, object], *, required: bool) -> str:
    source = text_of(params, "customer_file_source")
    if source is None and required:
        raise GraphError(100, "(#100) The parameter customer_file_source is required")
    if source is not None and source not in _SOURCES:
        raise GraphError(
            100, f"(#100) Param customer_file_source must be one of {{{', '.join(_SOURCES)}}}"
        )
    return source or ""


def _more(params: Mapping[str, object]) -> Values:
    """Return fields that are kept as they are given."""
    found: Values = {"retention_days": whole_of(params, "retention_days") or 0}
    if (labels := list_of(params, "audience_labels")) is not None:
        found["audience_labels"] = labels
    if (link := text_of(params, "opt_out_link")) is not None:
        found["opt_out_link"] = link
    return found


def update_audience(world: World, audience: Audience, params: Mapping[str, object]) -> bytes:
    """Change name, description, source, labels or retention of an audience.

    Raises:
        GraphError: A value is wrong, or the state of the audience forbids it.
    """
    _check_open(world, audience, "post")
    if audience.state == "flagged":
        raise GraphError(100, subcode=1713231)
    source = _source(params, required=False)
    more = _more(params)
    audience.name = text_of(params, "name") or audience.name
    if "description" in params:
        audience.description = text_of(params, "description") or ""
    audience.customer_file_source = source or audience.customer_file_source
    audience.more |= {name: value for name, value in more.items() if name in params}
    audience.updated = int(world.clock.seconds())
    return b'{"success":true}'


def delete_audience(world: World, audience: Audience) -> bytes:
    """Delete an audience."""
    _check_open(world, audience, "delete")
    audience.state = "deleted"
    return b'{"success":true}'


def _check_open(world: World, audience: Audience, method: str) -> None:
    if audience.state in {"deleted", "not_shared"}:
        raise unsupported(audience.id, method)
    check_account(world, audience.account)


def of_node(node: Node) -> Audience:
    """Return the audience of a node."""
    return cast("Audience", node.thing)
