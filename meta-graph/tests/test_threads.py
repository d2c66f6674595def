"""One client, many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import ClientClosedError, Exchange, GraphClient, SystemClock, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import GraphServer, Received

    Make = Callable[..., GraphClient]

THREADS, CALLS = 8, 50
DEADLINE = 10.0


@pytest.mark.parametrize(("allowed", "together"), [(1, 1), (3, 1), (8, 8)])
def test_many_calls_of_many_threads(
    server: GraphServer, make: Make, allowed: int, together: int
) -> None:
    # Answers are held back until so many requests are in flight together.
    gate = threading.Barrier(together)
    events: list[Any] = []
    client = make(max_concurrency=allowed, on_event=events.append, clock=SystemClock())

    def answer(request: Received) -> dict[str, str]:
        gate.wait(DEADLINE)
        return request.query

    def work(thread: int) -> list[str]:
        return [client.get("me", {"n": f"{thread}.{call}"})["n"] for call in range(CALLS)]

    server.handle(answer)
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(work, range(THREADS)))
    assert answers == [[f"{thread}.{call}" for call in range(CALLS)] for thread in range(THREADS)]
    assert together <= server.most_in_flight <= allowed
    assert len(server.received) == THREADS * CALLS == len(events)
    assert {type(event) for event in events} == {Exchange}
    # One session, and so one connection, a thread.
    assert len(server.connections) <= THREADS
    if together == THREADS:
        assert len(server.connections) == THREADS


def test_threads_that_fail_together_all_recover(server: GraphServer, make: Make) -> None:
    server.error(80004, "too many calls", times=THREADS)
    server.reply({"id": "1"}, times=THREADS)
    client = make()
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda _n: client.get("act_1200"), range(THREADS)))
    assert answers == [{"id": "1"}] * THREADS


class Closer:
    """Runs calls in threads, and notes how each ended and that no thread is left."""

    def __init__(self, count: int, call: Callable[[], object]) -> None:
        self.errors: list[BaseException] = []
        self.threads = [threading.Thread(target=self._run, args=(call,)) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def _run(self, call: Callable[[], object]) -> None:
        try:
            call()
        except ClientClosedError as error:
            self.errors.append(error)

    def join(self) -> None:
        for thread in self.threads:
            thread.join(DEADLINE / 2)
        assert not any(thread.is_alive() for thread in self.threads)


def test_closing_ends_waits_for_a_retry(server: GraphServer, make: Make) -> None:
    waiting = threading.Barrier(5)

    def note(event: object) -> None:
        if isinstance(event, Wait):
            waiting.wait(DEADLINE)

    server.error(80004, "too many calls", times=4, headers={"Retry-After": "3000"})
    client = make(clock=SystemClock(), on_event=note)
    closer = Closer(4, lambda: client.get("act_1200"))
    waiting.wait(DEADLINE)
    client.close()
    closer.join()
    assert len(closer.errors) == 4


def test_closing_ends_waits_for_a_turn_of_a_limit(server: GraphServer, make: Make) -> None:
    waiting = threading.Barrier(5)

    def note(event: object) -> None:
        if isinstance(event, Wait):
            waiting.wait(DEADLINE)

    full = '{"1200": [{"type": "ads_management", "estimated_time_to_regain_access": 50}]}'
    server.reply({}, headers={"x-business-use-case-usage": full})
    client = make(clock=SystemClock(), on_event=note)
    client.get("act_1200")
    closer = Closer(4, lambda: client.get("act_1200"))
    waiting.wait(DEADLINE)
    client.close()
    closer.join()
    assert len(closer.errors) == 4
    assert len(server.received) == 1


def test_closing_ends_waits_for_a_slot(server: GraphServer, make: Make) -> None:
    server.reply({}, fault="hang", times=2)
    client = make(clock=SystemClock(), max_concurrency=2, max_retry_seconds=0)
    hanging = Closer(2, lambda: _swallow(client))
    server.wait_for(2)
    waiting = Closer(4, lambda: client.get("act_1200"))
    client.close()
    waiting.join()
    assert len(waiting.errors) == 4
    assert len(server.received) == 2
    assert all(thread.is_alive() for thread in hanging.threads)
    server.released.set()  # what was in flight comes to its end
    hanging.join()


def _swallow(client: GraphClient) -> None:
    with pytest.raises(Exception, match="connection failed"):
        client.get("act_1200")


def test_closing_ends_a_pause(make: Make) -> None:
    client = make(clock=SystemClock())
    closer = Closer(3, lambda: client.pause(3000))
    client.close()
    closer.join()
    assert len(closer.errors) == 3


def test_a_pause_is_a_wait(make: Make) -> None:
    client = make(clock=SystemClock())
    assert client.pause(0.001) is None  # type: ignore[func-returns-value] # that is the point


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_a_closed_client_takes_no_call(server: GraphServer, make: Make, method: str) -> None:
    with make() as client:
        pass
    with pytest.raises(ClientClosedError):
        getattr(client, method)("me")
    assert server.received == []
    client.close()  # twice does no harm
