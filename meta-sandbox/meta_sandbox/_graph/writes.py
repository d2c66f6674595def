"""Requests that change something: audiences, their members, events, and names. No others."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from meta_sandbox._graph.audiences import (
    create_audience,
    delete_audience,
    of_node,
    update_audience,
)
from meta_sandbox._graph.events import Events
from meta_sandbox._graph.members import Membership
from meta_sandbox._graph.renaming import rename
from meta_sandbox._protocol.errors import GraphError, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from meta_sandbox._graph.auth import Token
    from meta_sandbox._graph.views import Node, Values
    from meta_sandbox._options import Options
    from meta_sandbox._protocol.messages import Request
    from meta_sandbox._protocol.route import Route
    from meta_sandbox._world.objects import Account, Changing
    from meta_sandbox._world.world import World

    Work = Callable[[Node, Request], bytes]


class Writes:
    """Answers requests that change something.

    Args:
        world: The world.
        options: How the sandbox behaves.

    Attributes:
        membership: Who is in audiences.
        events: What pixels received.
    """

    def __init__(self, world: World, options: Options) -> None:
        self.membership = Membership(world, options)
        self.events = Events()
        self._world = world
        members = self.membership
        # (type of node, method, edge) -> what answers.
        self._works: dict[tuple[str, str, str], Work] = {
            ("AdAccount", "POST", "customaudiences"): lambda node, request: create_audience(
                world, cast("Account", node.thing), request.params
            ),
            ("AdAccount", "DELETE", "usersofanyaudience"): lambda node, request: (
                members.remove_from_all(cast("Account", node.thing), request.params)
            ),
            ("CustomAudience", "POST", ""): lambda node, request: update_audience(
                world, of_node(node), request.params
            ),
            ("CustomAudience", "DELETE", ""): lambda node, _: delete_audience(world, of_node(node)),
            ("CustomAudience", "POST", "users"): lambda node, request: members.add(
                of_node(node), request.params
            ),
            ("CustomAudience", "DELETE", "users"): lambda node, request: members.remove(
                of_node(node), request.params
            ),
            ("CustomAudience", "POST", "usersreplace"): lambda node, request: members.replace(
                of_node(node), request.params
            ),
            ("AdsPixel", "POST", "events"): lambda node, request: self.events.take(
                str(cast("Values", node.thing)["id"]),
                request.params,
                world.clock.seconds(),
                request.trace_id,
            ),
            **{
                (kind, "POST", ""): lambda node, request: rename(
                    cast("Changing", node.thing), request.params, world.clock.seconds()
                )
                for kind in ("Campaign", "AdSet", "Ad")
            },
        }

    def answer(self, request: Request, route: Route, node: Node, token: Token) -> bytes:
        """Answer a request that changes something.

        Raises:
            GraphError: There is nothing of the kind to change, the token may not, or the change
                itself is refused.
        """
        work = self._works.get((node.type, request.method, route.edge))
        if work is None:
            raise unsupported(route.object_id, request.method)
        if node.type != "AdsPixel" and "ads_management" not in token.scopes:
            raise GraphError(200, "(#200) Requires ads_management permission to manage the object")
        with self._world.audiences.lock:
            return work(node, request)

    def clear(self, *, members: bool = True, events: bool = True) -> None:
        """Forget members with their sessions, and events; audiences stay."""
        with self._world.audiences.lock:
            if members:
                self._world.audiences.clear_members()
            if events:
                self.events.clear()
