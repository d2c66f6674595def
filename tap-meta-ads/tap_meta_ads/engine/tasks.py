"""The vocabulary of the tap's work: a task says what it needs, and is resumed with the answer.

A task is a generator. It decides, and knows nothing of threads, waits or the network; `engine`
carries out what it asks for. So each rule about Meta's jobs and pages can be read from top to
bottom, and tested by handing made-up answers to it.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from meta_graph import Call

T = TypeVar("T")


class Page(msgspec.Struct):
    """One page of an edge, its rows as Meta wrote them: they are decoded when they are written.

    Attributes:
        data: The rows, in Meta's order.
        paging: Meta's `paging`; an object, where there is anything to tell.
    """

    data: list[msgspec.Raw]
    paging: Any = None


_decode = msgspec.json.Decoder(Page).decode


def decode_page(body: bytes | bytearray) -> Page:
    """The page that a body holds.

    A text that was cut amid an emoji holds half of a pair, which `msgspec` takes for no JSON; a
    question mark stands for it then, so that one name does not cost a page.

    Raises:
        ValueError: It is no page.
    """
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        payload = json.loads(body)
        if not isinstance(payload, dict) or not isinstance(payload.get("data"), list):
            raise ValueError("No page") from error  # noqa: TRY004 - what a decoder may raise
        rows = [json.dumps(row, ensure_ascii=False) for row in payload["data"]]
        data = [msgspec.Raw(row.encode(errors="replace")) for row in rows]
        return Page(data, payload.get("paging"))


@dataclass(frozen=True)
class Ask:
    """One call. Its answer is the JSON, or a `Page`; its `GraphError` is raised in the task.

    Attributes:
        call: The call.
        page: Whether it is a page of an edge.
    """

    call: Call
    page: bool = False


@dataclass(frozen=True)
class AskAll:
    """Up to 50 calls in one exchange. The answer is a list: JSON, `Page` or `GraphError` for each.

    What failed is not tried again: whatever may succeed later is asked by an `Ask` of its own.

    Attributes:
        calls: The calls.
        page: Whether they are pages of edges.
    """

    calls: tuple[Call, ...]
    page: bool = False


@dataclass(frozen=True)
class Watch:
    """A report job. Its answer is the status with which it ended; see `jobs`.

    Attributes:
        run_id: The job.
        account_id: Whose figures it makes.
    """

    run_id: str
    account_id: str


@dataclass(frozen=True)
class Emit:
    """Rows for the main thread. Answered with None, at once.

    Attributes:
        rows: As Meta wrote them.
    """

    # May be people (leads).
    rows: list[msgspec.Raw] = field(repr=False)


Need = Ask | AskAll | Watch | Emit
Task = Generator[Need, Any, T]
"""What it returns goes to the main thread, behind its rows."""


class Track(Protocol):
    """Everything to read of one account for one stream."""

    @property
    def stream(self) -> str:
        """Name of the stream."""
        ...

    @property
    def account_id(self) -> str:
        """Number of the account."""
        ...

    @property
    def use_case(self) -> str:
        """Meta's limit that its calls count against."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether all tasks have begun and ended."""
        ...

    def next(self) -> Task[Any] | None:
        """The next task that can begin now; None when all have, or when one must end first."""
        ...

    def finished(self, result: Any) -> None:  # noqa: ANN401 - what its tasks return
        """Take in what a task returned, before another begins."""
        ...
