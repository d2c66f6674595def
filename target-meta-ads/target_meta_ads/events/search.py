"""Which events of a refused request are bad, found with few further requests. Pure.

Meta refuses a request whole for one bad event. Halves are sent until the bad one stands alone. What
is already known is not asked again: when the first half of a refused list is accepted, the bad one
is in the second, which is halved unsent; and second halves of which nothing is known are kept
together and sent as one list in the end. So a bad event of 1,000 costs about twelve requests, and
where all are bad, one each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
E = TypeVar("E")


class Search(Generic[T, E]):
    """The search through one refused request.

    Send `request`, tell how it went by `accepted` or `refused`, and again, until it is empty.

    Args:
        items: What the refused request held.
        error: What Meta said.

    Attributes:
        request: What to send next; empty when nothing is left to send.
        bad: What was found to be bad, each with what Meta said of it.
    """

    def __init__(self, items: Sequence[T], error: E) -> None:
        self.bad: list[tuple[T, E]] = []
        self._size = len(items)
        self._unknown: list[T] = []
        self._suspects: list[T] = []
        self.request: list[T] = list(items)
        self.refused(error)

    @property
    def left(self) -> list[T]:
        """What is neither accepted nor found to be bad."""
        return self._suspects + self._unknown

    def accepted(self) -> None:
        """Meta has taken `request`: none of it is bad."""
        self._suspects = self._suspects[len(self.request) :]
        self._next()

    def refused(self, error: E) -> None:
        """Meta has refused `request`: something in it is bad."""
        self._error = error
        sent = self.request
        self._unknown += self._suspects[len(sent) :]
        self._suspects = sent
        self._next()

    def _next(self) -> None:
        if len(self._suspects) == 1:
            self.bad.append((self._suspects[0], self._error))
            self._suspects = []
        if self._suspects:
            self.request = self._suspects[: len(self._suspects) // 2]
        else:
            most = self._worth_sending()
            self.request, self._unknown = self._unknown[:most], self._unknown[most:]
            self._suspects = self.request

    def _worth_sending(self) -> int:
        """How many of which nothing is known go out together: fewer where many were bad.

        All of them would be refused again where every second event is bad. The share follows what
        this search has found; the factor is the one with the fewest requests in simulations of one
        to 1,000 bad events in 1,000.
        """
        if not self.bad:
            return len(self._unknown)
        judged = self._size - len(self._unknown)
        return max(1, round(1.4 * judged / len(self.bad)))
