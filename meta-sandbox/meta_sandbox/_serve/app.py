"""The ASGI application: Graph on every path, the sandbox's own pages under ``/__sandbox``."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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
# A world of more (ad, day) pairs than this may take seconds to add up, in a thread of its own then.
_LARGE = 100_000
_LOG = logging.getLogger("meta_sandbox")


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
        large = engine.world.size > _LARGE
        self._adder = ThreadPoolExecutor(1, "meta-sandbox-insights") if large else None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            await self._control(scope, receive, send)
            return
        raw = await _read(receive)
        if raw is None:
            return
        try:
            outcome = await self._outcome(scope, path, raw)
        except Exception:  # noqa: BLE001 - whatever it is
            # Not Meta's doing: say so aloud, lest somebody looks for the fault in their client.
            _LOG.exception("The sandbox itself failed on %s %s", scope["method"], path)
            text = b'{"sandbox_failure": "see the log of meta_sandbox"}'
            await _reply(send, Response(500, text, [("content-type", "application/json")]), None)
            return
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

    def close(self) -> None:
        """Let go of the thread that adds up, if there is one."""
        if self._adder is not None:
            self._adder.shutdown(wait=False, cancel_futures=True)

    async def _outcome(self, scope: Message, path: str, raw: bytes) -> Outcome:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host") or "{}:{}".format(*scope["server"])
        request = Request(
            method=scope["method"],
            path=path,
            query=parse_form(scope["query_string"].decode("utf-8", "replace")),
            headers=headers,
            base=f"{scope['scheme']}://{host}",
            target_length=len(scope.get("raw_path") or b"") + len(scope["query_string"]),
        )
        broken = None
        try:
            request.body = parse_body(headers.get("content-type", ""), raw)
        except GraphError as error:
            broken = error
        work = partial(self._engine.process, request, broken=broken)
        if self._adder is not None and path.rstrip("/").endswith("/insights"):
            return await asyncio.get_running_loop().run_in_executor(self._adder, work)
        return work()


async def _read(receive: Receive) -> bytes | None:
    """The body; None when the caller hung up before it was whole."""
    parts, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _reply(send: Send, response: Response, announced: int | None) -> None:
    length = len(response.body) if announced is None else announced
    headers = [(b"content-length", b"%d" % length)]
    headers += [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    more = announced is not None
    await send({"type": "http.response.body", "body": response.body, "more_body": more})


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
