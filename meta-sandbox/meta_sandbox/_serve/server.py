"""The HTTP server: uvicorn, taught to answer in one write and to cut connections when told to."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from meta_sandbox._serve.app import ABORT

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from meta_sandbox._serve.app import App

_BACKLOG = 1024
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0
_TICK = 1.0


class _OneWrite:
    """A transport that holds back what is written until the end of the loop's turn.

    uvicorn writes head and body apart. With two packets for a small answer a client may wait for
    the second one as long as its peer delays its acknowledgement, some 40 ms.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes) -> None:
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.write(b"".join(held))

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with the extension through which the application cuts a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn itself
        super().connection_made(cast("asyncio.Transport", _OneWrite(transport)))

    def on_headers_complete(self) -> None:
        self.scope["extensions"] = {ABORT: self._cut}  # type: ignore[dict-item] # an extension of our own
        super().on_headers_complete()

    def _cut(self, *, after_flush: bool) -> None:
        if self.cycle is not None:
            # Otherwise uvicorn would complain that the answer is missing or too short.
            self.cycle.response_started = self.cycle.response_complete = True
            self.cycle.disconnected = True
        if after_flush:
            self.transport.close()
        else:
            self.transport.abort()


class _Server(uvicorn.Server):
    """uvicorn's server without its pauses, so that tests start and stop fast."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        await super().startup(sockets)
        self._ready()

    async def main_loop(self) -> None:
        wake = cast("asyncio.Event", self._wake)
        counter = 0
        while not await self.on_tick(counter):
            counter += 10
            try:
                await asyncio.wait_for(wake.wait(), _TICK)
            except asyncio.TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            cast("_Protocol", connection).transport.abort()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for listener in sockets or []:
            listener.close()

    def stop(self) -> None:
        """Ask the server to stop, from any thread."""
        self.should_exit = True
        if self._loop is not None and self._wake is not None:
            try:
                self._loop.call_soon_threadsafe(self._wake.set)
            except RuntimeError:  # the loop has ended already
                return

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        # uvicorn would raise the signal again at the end; being asked to stop is no failure here.
        self.stop()


class HttpServer:
    """Serves an application on a local port, in this thread or in one of its own.

    Args:
        app: The application.
        host: Address to listen on.
        port: Port; 0 for any free one.

    Attributes:
        url: ``http://host:port``, without a slash at the end.

    Raises:
        OSError: The port is taken, or the address is not this machine's.
    """

    def __init__(self, app: App, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
            self._socket.listen(_BACKLOG)
        except (OSError, OverflowError):
            self._socket.close()
            raise
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's signature
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        self._lock = threading.Lock()
        self._running = self._stopped = False
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="critical",
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            backlog=_BACKLOG,
        )
        self._server = _Server(config, self._started.set)
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until SIGINT, SIGTERM or ``stop``."""
        with self._lock:
            if self._stopped:
                return
            self._running = True
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve in a thread; returns when connections are taken."""
        self._thread = threading.Thread(target=self.run, name="meta-sandbox", daemon=True)
        self._thread.start()
        if not self._started.wait(_START_SECONDS):
            raise RuntimeError("The sandbox's server did not start.")

    def stop(self) -> None:
        """Stop serving, for good. Connections that are open are cut."""
        with self._lock:
            self._stopped = True
            if not self._running:
                self._socket.close()
        self._server.stop()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
            self._thread = None
