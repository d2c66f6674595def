"""What a scripted fault's answer does: errors, headers, broken bodies, cut connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import msgspec

from meta_sandbox._graph.edges import edge_of
from meta_sandbox._protocol.errors import (
    GraphError,
    invalid_insights_field,
    nonexisting_field,
    unsupported,
    usual_subcode,
)
from meta_sandbox._protocol.messages import Headers, Response

if TYPE_CHECKING:
    from meta_sandbox._graph.graph import Target
    from meta_sandbox._protocol.route import Route

Script = Mapping[str, object]
_HTML = (
    b"<!DOCTYPE html><html><head><title>Error</title></head>"
    b"<body><h1>Sorry, something went wrong.</h1></body></html>"
)
_LONG = 3600
_SCORE_CODE = 17
_FIRST_BUSINESS_CODE = 80_000
_USE_CASES = {80000: "ads_insights", 80003: "custom_audience", 80005: "leadgen"}


@dataclass
class Outcome:
    """What goes back over the wire.

    Attributes:
        response: The answer; None when the connection is cut without one.
        delay: Seconds to wait before it.
        hang: Seconds to keep silent before cutting, when there is no answer.
        announced: Length to announce when it is not the body's: the connection then ends early.
        code: Meta's error code in the answer, if it is one.
    """

    response: Response | None
    delay: float = 0.0
    hang: float = 0.0
    announced: int | None = None
    code: int | None = None


def instead_of_work(script: Script) -> Outcome | None:
    """Return what happens instead of any work; None when the request is to be worked on."""
    kind, detail = _kind(script)
    if kind in {"reset", "timed_out"}:
        return Outcome(None)
    if kind == "hang":
        return Outcome(None, hang=float(cast("float", detail.get("seconds", _LONG))))
    if kind == "html":
        status = cast("int", detail.get("http", 502))
        return Outcome(Response(status, _HTML, [("Content-Type", "text/html")]))
    if kind == "empty":
        return Outcome(Response(cast("int", detail.get("http", 500)), b""))
    return None


def too_long() -> Outcome:
    """Return what comes when a URL is too long: a page in HTML, not from Graph itself."""
    return Outcome(Response(414, _HTML, [("Content-Type", "text/html")]))


def after_work(script: Script, response: Response) -> Outcome:
    """Return what becomes of a good answer on its way back."""
    kind, _ = _kind(script)
    if "add_field" in script:
        response.body = _with_field(response.body, script["add_field"])
    half = response.body[: len(response.body) // 2]
    if kind == "drop_after":
        return Outcome(None)
    if kind == "truncate":
        return Outcome(Response(response.status, half, response.headers))
    if kind == "short_body":
        cut = Response(response.status, half, response.headers)
        return Outcome(cut, announced=len(response.body))
    return Outcome(response)


def raise_scripted(script: Script, route: Route, target: Target, stage: str) -> None:
    """Raise the error that a script asks for, if it asks for one."""
    if "error" in script:
        raise _error(cast("Script", script["error"])).about(target.account_id)
    if "throttle" in script:
        detail = cast("Script", script["throttle"])
        code = cast("int", detail.get("code", 80004))
        raise GraphError(
            code, subcode=cast("int | None", detail.get("subcode", usual_subcode(code)))
        )
    if "not_found" in script:
        raise unsupported(route.object_id)
    if "permission" in script:
        raise GraphError(200)
    if "remove_field" in script:
        name = str(script["remove_field"])
        if stage in {"submit", "sync_insights"}:
            raise invalid_insights_field([name])
        raise nonexisting_field(name, _node_type(route, target))


def _node_type(route: Route, target: Target) -> str:
    """Return the type of node that a request's ``fields`` are about."""
    if target.job is not None:
        return "AdReportRun"
    if target.node is None:
        return "AdAccount" if route.edge == "adaccounts" else "User"
    edge = edge_of(target.node.type, route.edge)
    return target.node.type if edge is None else edge.type


def delay_of(script: Script) -> float:
    """Return how long a script holds the answer back, in seconds."""
    return float(cast("float", script.get("delay_ms", 0))) / 1000


def throttle_headers(script: Script, target: Target) -> Headers:
    """Return the usage headers of a scripted throttle: used up, and when that will be over.

    The wait is in minutes for business use cases. For the account score (code 17) it stands in
    another header and in seconds.
    """
    detail = script.get("throttle")
    if not isinstance(detail, dict):
        return []
    code, minutes = int(detail.get("code", 80004)), int(detail.get("minutes", 0))
    headers: Headers = [(str(n), str(value)) for n, value in detail.get("headers", {}).items()]
    tier = "development_access"
    if code == _SCORE_CODE:
        usage: dict[str, object] = {
            "acc_id_util_pct": 100,
            "reset_time_duration": int(detail.get("seconds", minutes * 60)),
            "ads_api_access_tier": tier,
        }
        headers.append(("x-ad-account-usage", msgspec.json.encode(usage).decode()))
    elif code >= _FIRST_BUSINESS_CODE:
        entry: dict[str, object] = {
            "type": _USE_CASES.get(code, "ads_management"),
            "call_count": 100,
            "total_cputime": 100,
            "total_time": 100,
            "estimated_time_to_regain_access": minutes,
            "ads_api_access_tier": tier,
        }
        body = msgspec.json.encode({target.account_id or "0": [entry]})
        headers.append(("x-business-use-case-usage", body.decode()))
    return headers


def _kind(script: Script) -> tuple[str, Script]:
    value = script.get("kind", "")
    return (str(value["kind"]), value) if isinstance(value, dict) else (str(value), {})


def _error(detail: Script) -> GraphError:
    members = dict(detail)
    code = cast("int", members.pop("code", 2))
    return GraphError(
        code,
        cast("str | None", members.pop("message", None)),
        subcode=cast("int | None", members.pop("subcode", usual_subcode(code))),
        http=cast("int | None", members.pop("http", None)),
        type_=cast("str | None", members.pop("type", None)),
        data=members,
    )


def _with_field(body: bytes, detail: object) -> bytes:
    """Put a field that nobody expects into every row of an answer."""
    name, value = (
        (str(detail.get("name")), detail.get("value"))
        if isinstance(detail, dict)
        else (str(detail), "unexpected")
    )
    decoded = msgspec.json.decode(body)
    for row in decoded.get("data", [decoded]):
        row[name] = value
    return msgspec.json.encode(decoded)
