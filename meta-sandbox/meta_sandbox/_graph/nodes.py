"""Objects by id, and what a request selects of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

import msgspec

from meta_sandbox._graph import assets
from meta_sandbox._graph.edges import Edge, edge_of
from meta_sandbox._graph.fields import FIELDS
from meta_sandbox._graph.views import TYPES, Node, Values, view
from meta_sandbox._protocol.errors import nonexisting_field
from meta_sandbox._protocol.paging import DEFAULT_LIMIT
from meta_sandbox._protocol.params import list_of, whole_of
from meta_sandbox._protocol.selection import Field, parse_fields
from meta_sandbox._world import draw as d
from meta_sandbox._world.objects import Ad

if TYPE_CHECKING:
    from meta_sandbox._world.objects import Account
    from meta_sandbox._world.world import World

#: Runs Insights for a node inside another request: (node, parameters) -> rows.
InsightsOf = Callable[[Node, Mapping[str, object]], list[object]]

_NODE_DEFAULTS = {"AdAccount": ("account_id", "id"), "User": ("id", "name")}
# Kinds whose nodes are found among the lists of their account.
_LISTED: dict[int, tuple[Callable[[World, Account], list[Node]], int]] = {
    d.CONVERSION: (assets.conversions, 1_000),
    d.LABEL: (assets.labels, 2),
    d.PIXEL: (assets.pixels, 1),
    d.VIDEO: (assets.videos, 1_000_000),
}
# Kinds of which an account has one, described by the account itself.
_OWNED = {d.PAGE: "Page", d.FORM: "LeadgenForm"}


def find(world: World, object_id: str) -> tuple[Node, Account] | None:
    """Find an object and the account it belongs to; None when the world has no such object.

    Ads that were deleted for good are not found, nor are objects that are still to come.
    """
    if object_id.startswith("act_"):
        account = world.account(object_id)
        return None if account is None else (Node("AdAccount", account), account)
    audience = world.audiences.get(object_id)
    if audience is not None:
        return Node("CustomAudience", audience), audience.account
    thing = world.by_id.get(object_id)
    if thing is None:
        return _find_lesser(world, object_id)
    if thing.created > world.clock.seconds() or (isinstance(thing, Ad) and not thing.listed):
        return None
    return Node(TYPES[type(thing)], thing), thing.account


def _find_lesser(world: World, object_id: str) -> tuple[Node, Account] | None:
    """Find a page, a form or an asset; its id leads to its account."""
    kind, index = d.decode_id(world.seed, object_id) or (-1, 0)
    listing, per_account = _LISTED.get(kind, (None, 1))
    if index // per_account >= len(world.accounts):
        return None
    account = world.accounts[index // per_account]
    if kind in _OWNED:
        return Node(_OWNED[kind], account), account
    nodes = listing(world, account) if listing else []
    found = (node for node in nodes if cast("Values", node.thing)["id"] == object_id)
    return next(((node, account) for node in found), None)


class Selector:
    """What a request's ``fields`` select, checked against what the API version has.

    Args:
        params: The request's parameters.
        version: API version.
        world: The world.
        insights: For ``insights`` inside a selection.
    """

    def __init__(
        self,
        params: Mapping[str, object],
        version: str,
        world: World,
        insights: InsightsOf,
    ) -> None:
        text = params.get("fields")
        if not isinstance(text, str) or text.lstrip().startswith("["):
            # Names in an array, each of which may have braces.
            text = ",".join(list_of(params, "fields") or ())
        self._fields = parse_fields(text)
        self._names = FIELDS[version]
        self._world = world
        self._insights = insights

    def encode(self, node: Node, default: tuple[str, ...]) -> bytes:
        """Render a node as JSON.

        Args:
            node: The node.
            default: Names to use when the request selects none.

        Raises:
            GraphError: A selected field does not exist on this type of node.
        """
        return msgspec.json.encode(self.render(node, default))

    def encode_node(self, node: Node) -> bytes:
        """Render a node that was asked for by its id."""
        return self.encode(node, _NODE_DEFAULTS.get(node.type, ("id",)))

    def check(self, node_type: str) -> None:
        """Check the selection against a type of node, also where a list turns out empty."""
        self._check(self._fields, node_type)

    def render(self, node: Node, default: tuple[str, ...]) -> Values:
        """Render a node as a mapping; arguments and errors as for ``encode``."""
        fields = self._fields or tuple(Field(name, {}, None) for name in default)
        self._check(fields, node.type)
        return self._project(node, fields)

    def _check(self, fields: tuple[Field, ...], node_type: str) -> None:
        allowed = self._names.get(node_type, frozenset())
        for field in fields:
            if field.name in allowed or (field.name == "insights" and node_type in _WITH_INSIGHTS):
                continue
            if edge_of(node_type, field.name) is None:
                raise nonexisting_field(field.name, node_type)

    def _project(self, node: Node, fields: tuple[Field, ...]) -> Values:
        values = view(self._world, node)
        shown: Values = {}
        for field in fields:
            if field.name in values:
                shown[field.shown_as] = self._value(values[field.name], field)
            elif field.name == "insights" and node.type in _WITH_INSIGHTS:
                if rows := self._insights(node, _nested_params(field)):
                    shown[field.shown_as] = {"data": rows}
            elif (edge := edge_of(node.type, field.name)) is not None:
                shown[field.shown_as] = self._edge(node, edge, field)
        # Graph adds the id to every node that has one.
        if "id" in values and not any(field.name == "id" for field in fields):
            shown["id"] = values["id"]
        return shown

    def _value(self, value: object, field: Field) -> object:
        if isinstance(value, Node):
            inner = field.inner or (Field("id", {}, None),)
            self._check(inner, value.type)
            return self._project(value, inner)
        if isinstance(value, dict) and field.inner:
            return {f.name: value[f.name] for f in field.inner if f.name in value}
        return value

    def _edge(self, node: Node, edge: Edge, field: Field) -> Values:
        inner = field.inner or tuple(Field(name, {}, None) for name in edge.default)
        self._check(inner, edge.type)
        limit = whole_of(field.modifiers, "limit") or DEFAULT_LIMIT
        nodes = edge.nodes(self._world, node.thing, field.modifiers)[:limit]
        return {"data": [self._project(child, inner) for child in nodes]}


_WITH_INSIGHTS = frozenset({"AdAccount", "Campaign", "AdSet", "Ad"})


def _nested_params(field: Field) -> dict[str, object]:
    names = ",".join(inner.name for inner in field.inner or ())
    return {**field.modifiers, **({"fields": names} if names else {})}
