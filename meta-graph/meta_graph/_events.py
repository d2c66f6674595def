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
        seconds: How long it took.
        status: HTTP status; None without an answer.
        calls: How many calls Meta counts for it: the parts of a batch, else 1.
        error: What it ended with, None when it was good.
        usages: What the headers told of Meta's limits.
    """

    call: Call
    seconds: float
    status: int | None
    calls: int = 1
    error: GraphError | None = None
    usages: tuple[Usage, ...] = ()


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
