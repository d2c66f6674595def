"""A server that answers as a test tells it to, over real sockets, and a clock that never waits."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import socketserver
import struct
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from meta_graph import GraphClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TOKEN = "made-up-token/with+signs|and-more"
DEADLINE = 10.0


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]

    @property
    def params(self) -> dict[str, str]:
        return {**self.query, **self.form}


@dataclass(frozen=True)
class Answer:
    """What is sent back; `fault` says what goes wrong meanwhile.

    It is `reset` (no answer, connection reset), `reset_body` (reset half-way), `cut` (closed
    half-way), `cut_chunks` (half of a chunked body), `cut_gzip` (half of a gzip body), `hang` (no
    answer), `hang_body` (half of the body, then silence) or `trickle` (now and then a byte).
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


class GraphServer:
    """A scripted server on the loopback interface."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.unscripted: list[str] = []
        self.errors: list[BaseException] = []
        self.most_in_flight = 0
        self.in_flight = 0
        self.open = 0
        self.released = threading.Event()
        self.arrived = threading.Condition()
        self._script: deque[Answer] = deque()
        self._handler: Callable[[Received], Answer] | None = None
        self._httpd = _Httpd(("127.0.0.1", 0), _Handler)
        self._httpd.graph = self
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._httpd.server_address[1]}"

    @property
    def connections(self) -> set[tuple[str, int]]:
        return {request.connection for request in self.received}

    def reply(
        self,
        json_body: object = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        fault: str = "",
        times: int = 1,
    ) -> None:
        """Script the next answers: JSON, or a body as it is."""
        content = json.dumps(json_body).encode() if body is None else body
        self._script.extend([Answer(status, content, headers or {}, fault)] * times)

    def error(
        self,
        code: int,
        message: str = "(#0) made up",
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        **more: object,
    ) -> None:
        error = {"message": message, "type": "OAuthException", "code": code, **more}
        self.reply({"error": error}, status=status, headers=headers, times=times)

    def handle(self, handler: Callable[[Received], object]) -> None:
        """Answer each request with the JSON that a function makes of it, from now on."""
        self._handler = lambda request: Answer(200, json.dumps(handler(request)).encode())

    def wait_for(self, count: int) -> None:
        self.wait_until(lambda: len(self.received) >= count)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        with self.arrived:
            assert self.arrived.wait_for(holds, DEADLINE)

    def count_open(self, more: int) -> None:
        with self.arrived:
            self.open += more
            self.arrived.notify_all()

    def answer(self, request: Received) -> Answer:
        with self.arrived:
            self.received.append(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self.arrived.notify_all()
        try:
            return self._chosen(request)
        finally:  # before it is sent: the client may come back at once
            with self.arrived:
                self.in_flight -= 1

    def _chosen(self, request: Received) -> Answer:
        if self._handler is not None:
            return self._handler(request)
        with contextlib.suppress(IndexError):
            return self._script.popleft()
        self.unscripted.append(request.path)
        return Answer(400, b'{"error": {"code": 100, "message": "no answer is scripted"}}')

    def stop(self) -> None:
        self.released.set()
        self._httpd.shutdown()
        self._thread.join(DEADLINE)
        self._httpd.server_close()


class _Httpd(socketserver.ThreadingMixIn, socketserver.TCPServer):
    graph: GraphServer
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        error = sys.exc_info()[1]
        # A client that hangs up is part of many tests.
        if error is not None and not isinstance(error, ConnectionError | ValueError):
            self.graph.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = DEADLINE
    server: _Httpd

    def setup(self) -> None:
        super().setup()
        self.server.graph.count_open(1)

    def finish(self) -> None:
        super().finish()
        self.server.graph.count_open(-1)

    def do_GET(self) -> None:
        graph = self.server.graph
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_form = self.headers.get("Content-Type") == "application/x-www-form-urlencoded"
        request = Received(
            self.command,
            target.path,
            dict(parse_qsl(target.query)),
            dict(parse_qsl(body.decode())) if is_form else {},
            {name.lower(): value for name, value in self.headers.items()},
            body,
            self.client_address,
        )
        self._send(graph.answer(request))

    do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

    def _send(self, answer: Answer) -> None:
        body, fault = answer.body, answer.fault
        if fault == "cut_gzip":
            packed = gzip.compress(body)
            body = packed[: len(packed) // 2]
        half = body[: len(body) // 2]
        if fault in {"hang", "reset"}:
            self._end(fault)
            return
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        if fault == "cut_gzip":
            headers["Content-Encoding"] = "gzip"
        if fault == "cut_chunks":
            del headers["Content-Length"]
            headers["Transfer-Encoding"] = "chunked"
            half = f"{len(half):x}\r\n".encode() + half + b"\r\n"
        if fault == "trickle":
            headers["Content-Length"] = "1000000"
        headers |= answer.headers
        lines = [f"HTTP/1.1 {answer.status} Made-up", *(f"{n}: {v}" for n, v in headers.items())]
        head = "\r\n".join([*lines, "", ""]).encode()
        whole = fault in {"", "cut_gzip"}
        self.wfile.write(head + (body if whole else half))
        if not whole:
            self._end(fault)

    def _end(self, fault: str) -> None:
        self.close_connection = True
        if fault.startswith("hang"):
            self.server.graph.released.wait(DEADLINE)
        if fault == "trickle":
            while not self.server.graph.released.wait(0.02):
                self.wfile.write(b" ")
        if fault.startswith("reset"):
            linger = struct.pack("ii", 1, 0)  # on, for no time: closing sends a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def log_message(self, *_: object) -> None:
        """Say nothing: pytest shows what a test needs."""


class FakeClock:
    """Time that passes only by waiting, at once."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.waits: list[float] = []
        self.stopped = False
        self._lock = threading.Lock()

    def now(self) -> float:
        with self._lock:
            return self.time

    def wait(self, seconds: float) -> bool:
        with self._lock:
            if not self.stopped:
                self.waits.append(seconds)
                self.time += seconds
            return self.stopped

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def server() -> Iterator[GraphServer]:
    graph = GraphServer()
    yield graph
    graph.stop()
    assert graph.unscripted == []
    assert graph.errors == []


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make(server: GraphServer, clock: FakeClock) -> Iterator[Callable[..., GraphClient]]:
    """Make clients of the scripted server, by default on the fake clock."""
    clients = []

    def make_client(**settings: Any) -> GraphClient:  # noqa: ANN401 - what GraphClient takes
        chosen: dict[str, Any] = {"access_token": TOKEN, "clock": clock, "api_url": server.url}
        client = GraphClient(**(chosen | settings))
        clients.append(client)
        return client

    yield make_client
    for client in clients:
        client.close()


@pytest.fixture
def client(make: Callable[..., GraphClient]) -> GraphClient:
    return make()
