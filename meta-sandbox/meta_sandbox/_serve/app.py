"""The ASGI application: Graph on every path, the sandbox's own pages under ``/__sandbox``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.messages import Request, Response, parse_body
from meta_sandbox._protocol.params import parse_form

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any

    from meta_sandbox._serve.engine import Engine
    from meta_sandbox._serve.scripted import Outcome

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]

PREFIX = "/__sandbox"
#: Key of the ASGI extension through which a connection is cut without an answer.
ABORT = "meta_sandbox.abort"


class App:
    """An ASGI application around an engine.

    It is a bare one: Graph's paths need no router, and every request passes here.

    Args:
        engine: What answers.
        control: The application for paths under ``/__sandbox``.
    """

    def __init__(self, engine: Engine, control: Application) -> None:
        self._engine = engine
        self._control = control
        self._latency = engine.options.latency_ms / 1000

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            await self._control(scope, receive, send)
            return
        raw = await _read(receive)
        outcome = self._process(scope, path, raw)
        if self._latency or outcome.delay:
            await asyncio.sleep(self._latency + outcome.delay)
        if outcome.response is None:
            if outcome.hang:
                await _wait_for_hang_up(receive, outcome.hang)
            _abort(scope)
            return
        await _reply(send, outcome.response, outcome.announced)
        if outcome.announced is not None:
            _abort(scope, after_flush=True)

    def _process(self, scope: Message, path: str, raw: bytes) -> Outcome:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host") or "{}:{}".format(*scope["server"])
        request = Request(
            method=scope["method"],
            path=path,
            query=parse_form(scope["query_string"].decode()),
            headers=headers,
            base=f"{scope['scheme']}://{host}",
        )
        try:
            request.body = parse_body(headers.get("content-type", ""), raw)
        except GraphError as error:
            return self._engine.refuse(error)
        return self._engine.process(request)


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts = [body]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def _reply(send: Send, response: Response, announced: int | None) -> None:
    length = len(response.body) if announced is None else announced
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [
                (b"content-length", b"%d" % length),
                *(
                    (name.encode("latin-1"), value.encode("latin-1"))
                    for name, value in response.headers
                ),
            ],
        }
    )
    await send(
        {
            "type": "http.response.body",
            "body": response.body,
            "more_body": announced is not None,
        }
    )


async def _wait_for_hang_up(receive: Receive, seconds: float) -> None:
    """Keep silent until the caller gives up, or for so many seconds."""
    try:
        await asyncio.wait_for(_disconnected(receive), seconds)
    except asyncio.TimeoutError:
        return


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _abort(scope: Message, *, after_flush: bool = False) -> None:
    scope["extensions"][ABORT](after_flush=after_flush)
