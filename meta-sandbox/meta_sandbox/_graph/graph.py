"""What Graph answers: one request in, one body out, errors raised as Meta's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from meta_sandbox._graph.audiences import of_node
from meta_sandbox._graph.auth import Token, Tokens, describe
from meta_sandbox._graph.edges import edge_of
from meta_sandbox._graph.lists import encode_list
from meta_sandbox._graph.nodes import Selector, find
from meta_sandbox._graph.reports import LEVELS, Reports
from meta_sandbox._graph.throttle import Throttle
from meta_sandbox._graph.views import Node
from meta_sandbox._graph.writes import Writes
from meta_sandbox._protocol.errors import GraphError, unknown_path, unsupported
from meta_sandbox._protocol.params import text_of
from meta_sandbox._protocol.route import Route, major
from meta_sandbox._world import draw as d

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meta_sandbox._graph.jobs import Job
    from meta_sandbox._options import Options
    from meta_sandbox._protocol.messages import Headers, Request
    from meta_sandbox._world.objects import Account
    from meta_sandbox._world.world import World

LATEST = "v26.0"
#: Versions that Marketing still serves. Later ones do not exist yet.
VERSIONS = ("v25.0", "v26.0")
_OLDEST, _NEWEST = 25, 26
_USE_CASES = {
    "insights": "ads_insights",
    "customaudiences": "custom_audience",
    "usersofanyaudience": "custom_audience",
    "leads": "leadgen",
}
_HALF_HOUR = 1800


class Target(NamedTuple):
    """What a request is about, found without judging whether it may be.

    Attributes:
        node: The object; None for ``/me``, the root, jobs and unknown ones.
        account: The account concerned.
        job: The report job.
    """

    node: Node | None
    account: Account | None
    job: Job | None

    @property
    def account_id(self) -> str:
        """The account's number; empty for none."""
        return "" if self.account is None else self.account.account_id


class Answer(NamedTuple):
    """A body, and headers beyond those that every answer has."""

    body: bytes
    headers: Headers


class Graph:
    """Answers requests about one world.

    Args:
        world: The world.
        options: How the sandbox behaves.
    """

    def __init__(self, world: World, options: Options) -> None:
        self.world = world
        self.options = options
        self.tokens = Tokens(options.token, options.app_secret, require_proof=options.require_proof)
        self.throttle = Throttle(options.tier, enforced=options.throttle, limits=options.limits)
        self.reports = Reports(world, options)
        self.writes = Writes(world, options)
        self._active: dict[tuple[int, int], int] = {}

    def target(self, route: Route) -> Target:
        """Find what a path is about."""
        if (job := self.reports.jobs.get(route.object_id)) is not None:
            return Target(None, self.world.account(job.account_id), job)
        found = find(self.world, route.object_id) if route.object_id else None
        return Target(None, None, None) if found is None else Target(found[0], found[1], None)

    def answer(
        self, request: Request, route: Route, target: Target, script: Mapping[str, object]
    ) -> Answer:
        """Answer a request, in the order in which Meta checks things.

        Args:
            request: The request.
            route: Its path.
            target: What it is about.
            script: Answer of a scripted fault that the work itself has to heed, else empty.

        Raises:
            GraphError: Meta would answer with this error.
        """
        version, headers = self._version(route)
        if not route.object_id:
            raise _root_error(request)
        is_me = route.object_id == "me"
        now = self.world.clock.seconds()
        token = self.tokens.check(request, now, is_me=is_me)
        self.throttle.charge(
            target.account_id or "app",
            self.use_case(route, target),
            write=request.method != "GET" and route.edge != "insights",
            active=self.active(route, target),
            now=now,
        )
        if route.extra:
            raise unknown_path(route.edge)
        if route.object_id == "debug_token":
            return Answer(self._debug_token(request, now), headers)
        if is_me:
            return Answer(self._me(request, route, token, version), headers)
        _check_access(request, route, target, token)
        return Answer(self._work(request, route, target, token, version, script), headers)

    def use_case(self, route: Route, target: Target) -> str:
        """Name the budget that a request draws on."""
        if not target.account_id:
            return "app"
        if target.job is not None:
            return "ads_insights"
        if target.node is not None and target.node.type == "CustomAudience":
            return "custom_audience"
        return _USE_CASES.get(route.edge, "ads_management")

    def active(self, route: Route, target: Target) -> int:
        """Return how many active things raise a request's limit: the account's ads or audiences."""
        if target.account is not None and self.use_case(route, target) == "custom_audience":
            return len(self.world.audiences.of(target.account))
        return self.active_ads(target.account)

    def active_ads(self, account: Account | None) -> int:
        """Return how many of an account's ads are active, on which its limits depend."""
        if account is None:
            return 0
        now = self.world.clock.seconds()
        key = (account.number, int(now) // _HALF_HOUR)
        if key not in self._active:
            self._active[key] = sum(
                ad.effective_status(now) == "ACTIVE" for ad in self.world.ads(account)
            )
        return self._active[key]

    def _version(self, route: Route) -> tuple[str, Headers]:
        """Return the version that answers, and the warning that goes with an expired one."""
        if not route.version:
            return LATEST, []
        number = major(route.version)
        if number > _NEWEST or route.version != f"v{number}.0":
            raise unknown_path(route.version)
        if number >= _OLDEST:
            return route.version, []
        if self.options.deprecated == "error":
            raise GraphError(2635)
        warning = (
            f"The call has been auto-upgraded to {VERSIONS[0]} as {route.version} "
            "has been deprecated"
        )
        return VERSIONS[0], [("X-Ad-Api-Version-Warning", warning)]

    def _work(
        self,
        request: Request,
        route: Route,
        target: Target,
        token: Token,
        version: str,
        script: Mapping[str, object],
    ) -> bytes:
        node, account, job = target.node, cast("Account", target.account), target.job
        if request.method != "GET" and route.edge != "insights":
            if node is None:
                raise unsupported(route.object_id, request.method)
            return self.writes.answer(request, route, node, token)
        if job is not None:
            if route.edge == "insights":
                return self.reports.read(request, job, script)
            if route.edge:
                raise unknown_path(route.edge)
            return self.reports.poll(request, job, version, script)
        node = cast("Node", node)
        if route.edge == "insights" and node.type in LEVELS:
            return self.reports.call(request, node, account, version, script)
        if node.type == "CustomAudience" and of_node(node).deleted:
            raise unsupported(route.object_id)
        selector = self._selector(request, version)
        if not route.edge:
            return selector.encode_node(node)
        edge = edge_of(node.type, route.edge)
        if edge is None:
            raise unknown_path(route.edge)
        selector.check(edge.type)
        nodes = edge.nodes(self.world, node.thing, request.params)
        return encode_list(request, nodes, selector, edge.default, self.options)

    def _me(self, request: Request, route: Route, token: Token, version: str) -> bytes:
        selector = self._selector(request, version)
        if not route.edge:
            user_id = d.encode_id(self.world.seed, d.USER, 0)
            return selector.encode_node(Node("User", {"id": user_id, "name": "Robin Maker"}))
        if route.edge == "permissions":
            granted = [{"permission": name, "status": "granted"} for name in token.scopes]
            return msgspec.json.encode({"data": granted})
        if route.edge != "adaccounts":
            raise unknown_path(route.edge)
        selector.check("AdAccount")
        accounts = [
            Node("AdAccount", account)
            for account in self.world.accounts
            if token.may_read(account.account_id)
        ]
        return encode_list(request, accounts, selector, ("account_id", "id"), self.options)

    def _debug_token(self, request: Request, now: float) -> bytes:
        text = text_of(request.params, "input_token")
        if text is None:
            raise GraphError(100, "(#100) The parameter input_token is required")
        return msgspec.json.encode(describe(self.tokens.get(text), now))

    def _selector(self, request: Request, version: str) -> Selector:
        return Selector(request.params, version, self.world, self.reports.nested(version))


def _root_error(request: Request) -> GraphError:
    if "ids" in request.params:
        # Gone since v26; the answer came as an HTTP 500 whenever it was seen.
        return GraphError(100, "The ids query parameter is deprecated in v26.0+.", http=500)
    return unsupported("", request.method)


def _check_access(request: Request, route: Route, target: Target, token: Token) -> None:
    """Refuse what the token was not granted.

    Raises:
        GraphError: The object does not exist, or a permission is missing.
    """
    if target.account is None:
        raise unsupported(route.object_id, request.method)
    if not (
        {"ads_read", "ads_management"}.intersection(token.scopes)
        and token.may_read(target.account.account_id)
    ):
        raise GraphError(200)
    if route.edge == "leads" and "leads_retrieval" not in token.scopes:
        raise GraphError(200, "(#200) Requires leads_retrieval permission to manage the object")
    asks_owner = "owner" in str(request.params.get("fields", "")).split(",")
    if (
        asks_owner
        and not route.edge
        and target.node is not None
        and target.node.type == "AdAccount"
        and "business_management" not in token.scopes
    ):
        raise GraphError(200, "(#200) Requires business_management permission to manage the object")
