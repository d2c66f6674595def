"""Edges of objects: what lists there are, and the filters a list takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from meta_sandbox._graph import assets
from meta_sandbox._graph.audiences import list_audiences
from meta_sandbox._graph.sessions import SESSION_FIELDS, session_view
from meta_sandbox._graph.views import Node
from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.filters import Condition, parse_filtering
from meta_sandbox._protocol.params import list_of, text_of, whole_of
from meta_sandbox._world.attributes import HIDDEN, STATUS_FIELDS, attribute
from meta_sandbox._world.objects import Account, Ad, Campaign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from meta_sandbox._world.attributes import Thing
    from meta_sandbox._world.audiences import Audience
    from meta_sandbox._world.objects import AdSet, Creative
    from meta_sandbox._world.world import World

_WEEK = 7 * 86_400


class Edge(NamedTuple):
    """A list that hangs on an object.

    Attributes:
        type: Type of its nodes.
        nodes: Returns all of them, filters applied.
        default: Fields when none are asked for.
    """

    type: str
    nodes: Callable[[World, object, Mapping[str, object]], list[Node]]
    default: tuple[str, ...] = ("id",)


def edge_of(node_type: str, name: str) -> Edge | None:
    """Return an edge of a type of node, if it has one of that name."""
    return _EDGES.get(node_type, {}).get(name)


def _changing(
    kind: str, things: Iterable[Thing], world: World, params: Mapping[str, object]
) -> list[Node]:
    """Filter campaigns, ad sets or ads as Meta does, and put the newest first.

    Without a word about status, archived and deleted ones are left out. Archived ones come when
    ``effective_status`` names them; deleted ones only through ``filtering``, since the plain
    parameter refuses DELETED.
    """
    now = world.clock.seconds()
    statuses = list_of(params, "effective_status")
    if statuses and "DELETED" in statuses:
        raise GraphError(
            100, "(#100) effective_status: DELETED objects cannot be listed by this parameter"
        )
    conditions = parse_filtering(params)
    own = kind.lower()
    about_status = statuses or any(
        condition.field.rpartition(".")[2] in STATUS_FIELDS
        and condition.field.rpartition(".")[0] in {"", own}
        for condition in conditions
    )
    since = whole_of(params, "updated_since")
    found = []
    for thing in things:
        status = thing.effective_status(now)
        if statuses and status not in statuses:
            continue
        if not about_status and status in HIDDEN:
            continue
        if since is not None and thing.updated_at(now) < since:
            continue
        if all(_meets(thing, condition, now) for condition in conditions):
            found.append(thing)
    found.sort(key=lambda thing: (-thing.created, thing.id))
    return [Node(kind, thing) for thing in found]


def _meets(thing: Thing, condition: Condition, now: float) -> bool:
    value = attribute(thing, condition.field, now)
    if value is None:
        raise GraphError(100, f"(#100) Filtering field {condition.field} is invalid")
    return condition.holds(value)


def _campaigns(world: World, account: object, params: Mapping[str, object]) -> list[Node]:
    return _changing("Campaign", world.campaigns(cast("Account", account)), world, params)


def _ad_sets(world: World, owner: object, params: Mapping[str, object]) -> list[Node]:
    account = owner if isinstance(owner, Account) else cast("Campaign", owner).account
    sets = world.ad_sets(account)
    if isinstance(owner, Campaign):
        sets = [ad_set for ad_set in sets if ad_set.campaign is owner]
    return _changing("AdSet", sets, world, params)


def _ads(world: World, owner: object, params: Mapping[str, object]) -> list[Node]:
    if isinstance(owner, Account):
        ads = world.ads(owner)
    else:
        ads = [
            ad
            for ad in world.ads(cast("Campaign | AdSet | Creative", owner).account)
            if owner in (ad.ad_set, ad.campaign, ad.creative)
        ]
    return _changing("Ad", ads, world, params)


def _creatives(world: World, owner: object, _: Mapping[str, object]) -> list[Node]:
    if isinstance(owner, Account):
        creatives = sorted(world.creatives(owner), key=lambda c: (-c.created, c.id))
    elif isinstance(owner, Ad):
        creatives = [owner.creative]
    else:
        creatives = list({ad.creative: None for ad in world.ads() if ad.ad_set is owner})
    return [Node("AdCreative", creative) for creative in creatives]


def _images(world: World, account: object, params: Mapping[str, object]) -> list[Node]:
    return assets.images(world, cast("Account", account), list_of(params, "hashes"))


def _activities(world: World, account: object, params: Mapping[str, object]) -> list[Node]:
    now = world.clock.seconds()
    # Without a range Meta looks back one week.
    since = _instant(text_of(params, "since"), now - _WEEK)
    until = _instant(text_of(params, "until"), now)
    return assets.activities(world, cast("Account", account), since, until)


def _instant(text: str | None, default: float) -> float:
    if text is None:
        return default
    try:
        return float(text)
    except ValueError:
        raise GraphError(100, "(#100) since and until must be UNIX timestamps") from None


def _leads(world: World, owner: object, params: Mapping[str, object]) -> list[Node]:
    since = 0.0
    for condition in parse_filtering(params):
        if condition.field != "time_created":
            raise GraphError(100, f"(#100) Filtering field {condition.field} is invalid")
        if condition.operator.startswith("GREATER_THAN"):
            since = condition.number - condition.operator.endswith("EQUAL")
    # Without an ad it is the form of an account's page, to which all of its ads lead.
    ads = [owner] if isinstance(owner, Ad) else world.ads(cast("Account", owner))
    found = [node for ad in ads for node in assets.leads(world, ad, since)]
    return sorted(
        found,
        key=lambda node: str(cast("dict[str, str]", node.thing)["created_time"]),
        reverse=True,
    )


def _sessions(world: World, audience: object, params: Mapping[str, object]) -> list[Node]:
    now = world.clock.seconds()
    session_id = whole_of(params, "session_id")
    return [
        Node("CustomAudienceSession", dict(session_view(session, now)))
        for session in world.audiences.sessions.of(cast("Audience", audience).id)
        if session_id in (None, session.id)
    ]


def _of_account(
    make: Callable[[World, Account], list[Node]],
) -> Callable[[World, object, Mapping[str, object]], list[Node]]:
    return lambda world, account, _: make(world, cast("Account", account))


_EDGES: dict[str, dict[str, Edge]] = {
    "AdAccount": {
        "campaigns": Edge("Campaign", _campaigns),
        "adsets": Edge("AdSet", _ad_sets),
        "ads": Edge("Ad", _ads),
        "adcreatives": Edge("AdCreative", _creatives),
        "customaudiences": Edge("CustomAudience", _of_account(list_audiences)),
        "customconversions": Edge("CustomConversion", _of_account(assets.conversions)),
        "adimages": Edge("AdImage", _images, ("id", "hash")),
        "advideos": Edge("AdVideo", _of_account(assets.videos), ("updated_time", "id")),
        "adlabels": Edge("AdLabel", _of_account(assets.labels)),
        "adspixels": Edge("AdsPixel", _of_account(assets.pixels)),
        "activities": Edge(
            "AdActivity",
            _activities,
            ("actor_id", "actor_name", "event_time", "event_type", "extra_data", "object_id"),
        ),
    },
    "Campaign": {"adsets": Edge("AdSet", _ad_sets), "ads": Edge("Ad", _ads)},
    "AdSet": {"ads": Edge("Ad", _ads), "adcreatives": Edge("AdCreative", _creatives)},
    "Ad": {
        "adcreatives": Edge("AdCreative", _creatives),
        "leads": Edge("Lead", _leads, ("created_time", "id", "field_data")),
    },
    "AdCreative": {"ads": Edge("Ad", _ads)},
    "CustomAudience": {"sessions": Edge("CustomAudienceSession", _sessions, SESSION_FIELDS)},
    "Page": {
        "leadgen_forms": Edge(
            "LeadgenForm",
            lambda _, account, __: [Node("LeadgenForm", account)],
            ("id", "name", "status", "locale"),
        ),
    },
    "LeadgenForm": {"leads": Edge("Lead", _leads, ("created_time", "id", "field_data"))},
}
