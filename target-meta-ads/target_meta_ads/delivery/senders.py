"""Requests on their way, while the main thread goes on reading.

Only sending happens on these threads. Everything that counts, and all that touches the ledger, is
done by the main thread, which takes the answers out of a queue: there is nothing to lock. And a
thread that works with a database gives up Python's lock at every row, and would get it back from a
busy main thread only after its turn of five milliseconds.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from meta_graph import ClientClosedError, GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meta_graph import Call, GraphClient

T = TypeVar("T")


class Answered(NamedTuple, Generic[T]):
    """How a request ended.

    Attributes:
        about: What it was sent about.
        payload: Meta's answer, None after an error.
        error: What it ended with, None when Meta has carried it out.
    """

    about: T
    payload: Any
    error: GraphError | None


class Senders(Generic[T]):
    """A few threads that send.

    Args:
        client: Sends, paces and retries.
        most: Requests in flight at once.

    Attributes:
        in_flight: Requests that were sent and whose answers were not taken yet.
    """

    def __init__(self, client: GraphClient, most: int) -> None:
        self._client = client
        self._most = most
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="send")
        self._answered: SimpleQueue[Answered[T]] = SimpleQueue()
        self.in_flight = 0

    @property
    def has_room(self) -> bool:
        """Whether another request would be sent at once."""
        return self.in_flight < self._most

    def send(self, call: Call, about: T) -> None:
        """Send a call; its answer comes out of `answers` with what it is about."""
        self.in_flight += 1
        self._pool.submit(self._send, call, about)

    def answers(self, *, wait: bool = False) -> Iterator[Answered[T]]:
        """The answers that are there.

        Args:
            wait: Wait for the first of them, if anything is in flight.
        """
        while self.in_flight:
            try:
                answered = self._answered.get(block=wait)
            except Empty:
                return
            wait = False
            self.in_flight -= 1
            yield answered

    def close(self) -> None:
        """Wait for what is in flight, whose answers can still be taken; nothing else is sent."""
        self._pool.shutdown(cancel_futures=True)

    def _send(self, call: Call, about: T) -> None:
        try:
            self._answered.put(Answered(about, self._client.send(call), None))
        except GraphError as error:
            self._answered.put(Answered(about, None, error))
        except BaseException as error:  # a bug of ours must not leave the main thread waiting
            self._answered.put(Answered(about, None, ClientClosedError(f"Not sent: {error!r}")))
            raise
