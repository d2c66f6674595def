"""What a client tells to whoever measures it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meta_graph._calls import Call
    from meta_graph._errors import GraphError
    from meta_graph._usage import Usage


@dataclass(frozen=True)
class Exchange:
    """One request went out and came back, or did not.

    Attributes:
        call: What was asked. Its `params` may hold personal data: do not log them.
        parts: What Meta counts as calls: those of a batch, else the call itself.
        seconds: How long it took.
        status: HTTP status; None without an answer.
        error: What it ended with, None when it was good. A batch is good when its parts failed.
        usages: What the headers told of Meta's limits, in a batch those of all its parts.
    """

    call: Call
    parts: tuple[Call, ...]
    seconds: float
    status: int | None = None
    error: GraphError | None = None
    usages: tuple[Usage, ...] = ()

    @property
    def calls(self) -> int:
        """How many calls Meta counts for it."""
        return len(self.parts)


@dataclass(frozen=True)
class Wait:
    """A call waits.

    Attributes:
        call: The call.
        seconds: How long.
        error: What it failed with, None when it only paces itself below a limit.
    """

    call: Call
    seconds: float
    error: GraphError | None = None


Event = Exchange | Wait
