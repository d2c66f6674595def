"""Insights calls: synchronous ones, and report jobs from submission to results."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from meta_sandbox._graph.jobs import Job, Jobs
from meta_sandbox._graph.lists import link_of
from meta_sandbox._graph.nodes import Selector
from meta_sandbox._graph.views import Node
from meta_sandbox._insights.insights import START, Insights, Position
from meta_sandbox._insights.query import Query, parse_query
from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.paging import Cursor, asked_of, envelope, rows_kept
from meta_sandbox._protocol.params import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meta_sandbox._insights.plan import Plan
    from meta_sandbox._options import Options
    from meta_sandbox._protocol.messages import Request
    from meta_sandbox._world.objects import Account, Ad, AdSet, Campaign
    from meta_sandbox._world.world import World

#: Types of nodes that have Insights -> the level that is theirs.
LEVELS = {"AdAccount": "account", "Campaign": "campaign", "AdSet": "adset", "Ad": "ad"}
_NOTHING = b'{"data":[]}'
_POLLED = (
    "id",
    "account_id",
    "time_ref",
    "time_completed",
    "async_status",
    "async_percent_completion",
)


class Reports:
    """Answers Insights calls.

    Args:
        world: The world.
        options: How the sandbox behaves.
    """

    def __init__(self, world: World, options: Options) -> None:
        self._world = world
        self._options = options
        self.jobs = Jobs(world.seed, options.job_seconds)
        self.insights = Insights(world)

    def call(
        self,
        request: Request,
        node: Node,
        account: Account,
        version: str,
        script: Mapping[str, object],
    ) -> bytes:
        """Answer ``/{object}/insights``: rows for GET, a job for POST.

        Args:
            request: The request.
            node: The object.
            account: Whose it is.
            version: API version.
            script: Answer of a scripted fault that decides over the job, else empty.

        Raises:
            GraphError: Meta would refuse it.
        """
        query = self._query(node, account, request.params, version)
        plan = self.insights.plan(query)
        is_job = request.method == "POST" or text_of(request.params, "export_format") is not None
        bound = self._options.max_insights_points if is_job else self._options.max_sync_points
        if plan.points > bound:
            raise GraphError(100, subcode=1487534)
        if is_job:
            now = self._world.clock.seconds()
            job = self.jobs.submit(account.account_id, query, now, *_scripted(script))
            return msgspec.json.encode({"report_run_id": job.id})
        if query.empty_when_sync and not self._options.opted_in:
            return _NOTHING
        return self._rows(request, plan)

    def poll(self, request: Request, job: Job, version: str, script: Mapping[str, object]) -> bytes:
        """Answer ``/{report_run_id}``; arguments and errors as for ``call``."""
        _rescript(job, script)
        values = self.jobs.poll(job, self._world.clock.seconds())
        shown = tuple(name for name in values if name in _POLLED or name.startswith("error_"))
        selector = Selector(request.params, version, self._world, self.nested(version))
        return selector.encode(Node("AdReportRun", values), shown)

    def read(self, request: Request, job: Job, script: Mapping[str, object]) -> bytes:
        """Answer ``/{report_run_id}/insights``; before the job is done there are no rows."""
        _rescript(job, script)
        ready = self.jobs.check_readable(job, self._world.clock.seconds())
        return self._rows(request, self.insights.plan(job.query)) if ready else _NOTHING

    def nested(self, version: str) -> _Nested:
        """Return what answers ``insights`` inside the fields of another request."""
        return _Nested(self, version)

    def rows_of(self, node: Node, params: Mapping[str, object], version: str) -> list[object]:
        """Return the first page of a node's Insights, decoded."""
        thing = cast("Account | Campaign | AdSet | Ad", node.thing)
        account = thing.account if node.type != "AdAccount" else thing  # type: ignore[union-attr] # only the account itself has none
        plan = self.insights.plan(self._query(node, cast("Account", account), params, version))
        limit = asked_of(params).limit
        return [msgspec.json.decode(row) for row in self.insights.page(plan, limit).rows]

    def _query(
        self, node: Node, account: Account, params: Mapping[str, object], version: str
    ) -> Query:
        thing = cast("Account | Campaign | AdSet | Ad", node.thing)
        return parse_query(
            params,
            version=version,
            account=account.number,
            root=(LEVELS[node.type], thing.id),
            today=account.day(self._world.clock.seconds()),
            retention=self._options.retention,
        )

    def _rows(self, request: Request, plan: Plan) -> bytes:
        asked, options = asked_of(request.params), self._options
        kept = rows_kept(asked) if options.sparse_pages else asked.limit
        limit = min(kept, options.max_rows_per_page + 1)
        start = START if asked.after is None else _position(asked.after)
        if asked.before is not None:
            page, start = self.insights.page_before(plan, limit, _position(asked.before))
        else:
            page = self.insights.page(plan, limit, start)
        if len(page.rows) > options.max_rows_per_page:
            raise GraphError(100, subcode=1487534)
        return envelope(
            page.rows,
            link=link_of(request, options),
            limit=asked.limit,
            before=Cursor(".".join(map(str, start)), asked.number),
            after=Cursor(".".join(map(str, page.after or start)), asked.number),
            has_next=page.after is not None,
            summary=self.insights.summary(plan),
        )


class _Nested:
    """Answers ``insights`` inside the fields of another request."""

    def __init__(self, reports: Reports, version: str) -> None:
        self._reports = reports
        self._version = version

    def __call__(self, node: Node, params: Mapping[str, object]) -> list[object]:
        return self._reports.rows_of(node, params, self._version)


def _position(cursor: Cursor) -> Position:
    try:
        subject, period, part = (int(text) for text in cursor.place.split("."))
    except ValueError:
        raise GraphError(100, "(#100) Invalid cursor value") from None
    return subject, period, part


def _scripted(script: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """Return a job's scripted (outcome, detail)."""
    scripted = script.get("job")
    if isinstance(scripted, dict):
        return str(scripted.get("outcome", "")), scripted
    return str(scripted or ""), {}


def _rescript(job: Job, script: Mapping[str, object]) -> None:
    if "job" in script:
        job.outcome, job.detail = _scripted(script)
