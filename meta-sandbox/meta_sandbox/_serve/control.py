"""``/__sandbox``: what was received, the truth, faults, the clock, tokens, audiences, events."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from meta_sandbox._graph.audiences import set_state
from meta_sandbox._serve.forms import act
from meta_sandbox._serve.page import main_page
from meta_sandbox._serve.received_page import received_page
from meta_sandbox._serve.truth import KINDS, insights_lines, object_lines, read_truth_query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request

    from meta_sandbox._serve.engine import Engine

_LINES_AT_ONCE = 64


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def _lines(rows: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Send rows as JSON Lines, a few at a time, so that other requests get their turn."""
    held: list[bytes] = []
    for row in rows:
        held.append(row)
        if len(held) == _LINES_AT_ONCE:
            yield b"\n".join([*held, b""])
            held = []
            await asyncio.sleep(0)
    if held:
        yield b"\n".join([*held, b""])


class Control:
    """The endpoints under ``/__sandbox``.

    Args:
        engine: The sandbox's engine.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def app(self) -> Starlette:
        """Return the endpoints as an application."""
        return Starlette(
            routes=[
                Route("/__sandbox", self._page),
                Route("/__sandbox/", self._page, methods=["GET", "POST"]),
                Route("/__sandbox/requests", self._requests, methods=["GET", "DELETE"]),
                Route("/__sandbox/counters", self._counters),
                Route("/__sandbox/truth/insights", self._truth_insights),
                Route("/__sandbox/truth/{kind}", self._truth),
                Route("/__sandbox/faults", self._faults, methods=["GET", "POST", "DELETE"]),
                Route("/__sandbox/clock", self._clock, methods=["GET", "POST"]),
                Route("/__sandbox/tokens", self._tokens, methods=["POST"]),
                *self._received_routes(),
            ],
            exception_handlers={ValueError: _wrong, msgspec.MsgspecError: _wrong},
        )

    def _received_routes(self) -> list[Route]:
        one = "/__sandbox/audiences/{audience_id}"
        return [
            Route("/__sandbox/received", self._received, methods=["GET", "DELETE"]),
            Route("/__sandbox/audiences", self._audiences, methods=["GET", "POST", "DELETE"]),
            Route(one, self._audience, methods=["GET", "POST"]),
            Route(f"{one}/members", self._members),
            Route("/__sandbox/events", self._events, methods=["GET", "DELETE"]),
            Route("/__sandbox/events/counts", self._event_counts),
        ]

    async def _page(self, request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        if request.method != "POST":
            return main_page(self._engine, base, request.query_params)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            section = act(self._engine, form)
        except ValueError as error:
            return main_page(self._engine, base, {}, problem=str(error), typed=form)
        # So that a reload does not send the form again.
        return RedirectResponse(f"/__sandbox/#{section}", 303)

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._engine.log.clear()
            return _json({"success": True})
        return _json(self._engine.log.entries())

    async def _counters(self, _: Request) -> Response:
        return _json(self._engine.log.counters())

    async def _truth(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in KINDS:
            return _json(
                {"error": f"There is no truth about {kind}; ask for {', '.join(KINDS)}."}, 404
            )
        rows = object_lines(self._engine, kind, request.query_params.get("account_id"))
        return StreamingResponse(_lines(rows), media_type="application/x-ndjson")

    async def _truth_insights(self, request: Request) -> Response:
        asked = read_truth_query(dict(request.query_params))
        rows = insights_lines(self._engine, asked)
        return StreamingResponse(_lines(rows), media_type="application/x-ndjson")

    async def _faults(self, request: Request) -> Response:
        faults = self._engine.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            faults.add(msgspec.json.decode(await request.body()))
        return _json(faults.listing())

    async def _clock(self, request: Request) -> Response:
        clock = self._engine.world.clock
        if request.method == "POST":
            given = msgspec.json.decode(await request.body())
            if not isinstance(given, dict) or len({"now", "advance_seconds"} & given.keys()) != 1:
                raise ValueError('Send {"now": "<ISO 8601>"} or {"advance_seconds": <number>}.')
            if "now" in given:
                clock.set(datetime.fromisoformat(str(given["now"]).replace("Z", "+00:00")))
            else:
                clock.advance(float(given["advance_seconds"]))
        return _json({"now": clock.now().isoformat()})

    async def _tokens(self, request: Request) -> Response:
        given = msgspec.json.decode(await request.body())
        if not isinstance(given, dict) or "token" not in given:
            raise ValueError('Send {"token": ..., "state": ..., "accounts": [...]}.')
        known = {"state", "accounts", "scopes", "expires_at"}
        if unknown := set(given) - known - {"token"}:
            raise ValueError(f"A token has no {', '.join(sorted(unknown))}.")
        more = {key: value for key, value in given.items() if key in known}
        self._engine.graph.tokens.add(str(given["token"]), **more)
        return _json({"success": True})

    async def _received(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._engine.graph.writes.clear()
            return _json({"success": True})
        return received_page(self._engine)

    async def _audiences(self, request: Request) -> Response:
        received = self._engine.received
        if request.method == "DELETE":
            self._engine.graph.writes.clear(events=False)
            return _json({"success": True})
        if request.method == "POST":
            given = msgspec.json.decode(await request.body(), type=_NewAudience)
            return _json({"id": received.add_audience(**msgspec.structs.asdict(given))})
        return _json(received.audiences(request.query_params.get("account_id")))

    async def _audience(self, request: Request) -> Response:
        object_id = request.path_params["audience_id"]
        if request.method == "POST":
            given = msgspec.json.decode(await request.body())
            if not isinstance(given, dict) or set(given) != {"state"}:
                raise ValueError('Send {"state": "<what is the matter>"}.')
            set_state(self._engine.world, object_id, str(given["state"]))
            return _json({"success": True})
        return _json(self._engine.received.audience(object_id))

    async def _members(self, request: Request) -> Response:
        members = self._engine.received.members(request.path_params["audience_id"])
        lines = (msgspec.json.encode(member) for member in members)
        return StreamingResponse(_lines(lines), media_type="application/x-ndjson")

    async def _events(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._engine.graph.writes.clear(members=False)
            return _json({"success": True})
        asked = request.query_params
        lines = self._engine.received.event_lines(
            asked.get("pixel_id"), asked.get("view", "deduplicated")
        )
        return StreamingResponse(_lines(lines), media_type="application/x-ndjson")

    async def _event_counts(self, _: Request) -> Response:
        return _json(self._engine.received.event_counts())


class _NewAudience(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``POST /__sandbox/audiences``."""

    name: str
    account_id: str | None = None
    is_value_based: bool = False
    members: list[dict[str, object]] = []


async def _wrong(_: Request, error: Exception) -> Response:
    return _json({"error": str(error)}, 400)
