"""All that can go wrong on the way, over real sockets."""

from __future__ import annotations

import contextlib
import gc
import gzip
import json
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import (
    ConnectionFailedError,
    GraphClient,
    RequestError,
    RetryableError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import FakeClock, GraphServer

    Make = Callable[..., GraphClient]

GOOD = {"data": [{"id": str(number)} for number in range(2000)]}
HTML = b"<html><body>502 Bad Gateway</body></html>"
LOST: dict[str, dict[str, Any]] = {
    "reset": {"fault": "reset"},
    "reset half-way": {"fault": "reset_body"},
    "closed half-way": {"fault": "cut"},
    "half of the chunks": {"fault": "cut_chunks"},
    "half of the gzip": {"fault": "cut_gzip"},
    "no gzip at all": {"headers": {"Content-Encoding": "gzip"}},
    "wrong length": {"headers": {"Content-Length": "20"}},
    "no JSON": {"body": b'{"data": ['},
    "nothing": {"body": b""},
    "nothing 500": {"body": b"", "status": 500},
    "HTML 200": {"body": HTML},
    "HTML 502": {"body": HTML, "status": 502},
    "HTML 400": {"body": HTML, "status": 400},
    "JSON of nothing": {"body": b"{}", "status": 503},
}


@pytest.mark.parametrize("name", LOST)
def test_a_read_survives(server: GraphServer, make: Make, clock: FakeClock, name: str) -> None:
    server.reply(GOOD, **LOST[name])
    server.reply(GOOD)
    assert make().get("act_1200/ads") == GOOD
    assert len(server.received) == 2
    (wait,) = clock.waits
    assert 0 <= wait <= 1


@pytest.mark.parametrize("name", LOST)
def test_a_write_is_not_repeated(
    server: GraphServer, make: Make, clock: FakeClock, name: str
) -> None:
    server.reply(GOOD, **LOST[name])
    with pytest.raises(RetryableError, match="not sent again by itself"):
        make().post("1200/events", {"data": []})
    assert (len(server.received), clock.waits) == (1, [])


@pytest.mark.parametrize("fault", ["hang", "hang_body", "trickle"])
def test_silence_is_not_waited_out(server: GraphServer, make: Make, fault: str) -> None:
    server.reply(GOOD, fault=fault)
    server.reply(GOOD, times=5)  # more than one, should this machine be as slow as that
    events: list[Any] = []
    assert make(request_timeout=0.3, on_event=events.append).get("act_1200/ads") == GOOD
    assert isinstance(events[0].error, ConnectionFailedError)
    assert events[0].error.failure.message == "No whole answer within 0.3 s (`request_timeout`)"


def test_a_slow_answer_that_is_whole_in_time(server: GraphServer, make: Make) -> None:
    # Larger than one read and than the socket's buffers.
    answer = {"data": ["x" * 1000] * 5000}
    server.reply(answer)
    assert make().get("act_1200/ads") == answer


def test_packed_answers(server: GraphServer, make: Make) -> None:
    body = gzip.compress(json.dumps(GOOD).encode())
    server.reply(body=body, headers={"Content-Encoding": "gzip"})
    assert make().get("act_1200/ads") == GOOD
    assert "gzip" in server.received[0].headers["accept-encoding"]


def test_one_connection_is_kept(server: GraphServer, client: GraphClient) -> None:
    server.reply(GOOD, times=3)
    server.error(100)
    body = gzip.compress(json.dumps(GOOD).encode())
    server.reply(body=body, headers={"Content-Encoding": "gzip"})
    server.reply({})
    for _ in range(3):
        client.get("me")
    with pytest.raises(RequestError):
        client.get("me")
    client.get("me")
    client.get("me")
    assert len(server.connections) == 1


def test_nobody_listens(make: Make, clock: FakeClock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = make(api_url=f"http://127.0.0.1:{taken.getsockname()[1]}", max_retry_seconds=30)
        with pytest.raises(ConnectionFailedError, match="refused") as caught:
            client.get("act_1200/ads")
    assert str(caught.value).startswith("account 1200, edge ads: The connection failed: ")
    assert "Given up after" in caught.value.advice
    assert sum(clock.waits) <= 30


@pytest.mark.skipif(sys.platform != "linux", reason="fills a queue whose size others choose freely")
def test_nobody_takes_the_connection(make: Make) -> None:
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listening.getsockname())
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        client = make(api_url=url, request_timeout=0.2, max_retry_seconds=0)
        with pytest.raises(ConnectionFailedError, match=r"No connection within 0\.2 s"):
            client.get("me")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(server: GraphServer, make: Make, status: int) -> None:
    server.reply(status=status, body=b"", headers={"Location": f"{server.url}/elsewhere"})
    with pytest.raises(RequestError, match="check `api_url`"):
        make().get("me")
    assert [request.path for request in server.received] == ["/v26.0/me"]


def test_a_failure_that_lasts_is_given_up(
    server: GraphServer, make: Make, clock: FakeClock
) -> None:
    server.reply(status=503, body=HTML, times=1000)
    with pytest.raises(UnavailableError, match=r"Given up after \d+ tries") as caught:
        make(max_retry_seconds=600).get("act_1200/ads")
    assert 300 < sum(clock.waits) <= 600
    assert max(clock.waits) <= 60
    assert len(server.received) == len(clock.waits) + 1
    assert caught.value.failure.http_status == 503


def test_closing_hangs_up_at_once(server: GraphServer, make: Make) -> None:
    # Errors of the libraries hold connections in circles, until the garbage is collected.
    gc.disable()
    try:
        server.reply(GOOD, fault="reset")
        server.reply(GOOD, fault="cut")
        server.reply(GOOD)
        client = make()
        client.get("me")
        assert server.open
        client.close()
        server.wait_until(lambda: server.open == 0)
    finally:
        gc.enable()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_clear_text_never_goes_through_a_proxy(
    server: GraphServer, make: Make, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    server.reply({"id": "1"})
    assert make().get("me") == {"id": "1"}


def test_sessions_go_with_their_threads(server: GraphServer, make: Make) -> None:
    server.reply({}, times=5)
    client = make()
    for _ in range(5):
        thread = threading.Thread(target=client.get, args=("me",))
        thread.start()
        thread.join()
    assert len(client._engine.transport._sessions) == 0  # type: ignore[attr-defined] # the real one
    assert len(server.received) == 5
