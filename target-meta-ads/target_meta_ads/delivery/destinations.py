"""What an audience and a pixel have in common as places that records go to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from target_meta_ads.delivery.rejects import without_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from meta_graph import Call, GraphError
    from target_meta_ads.delivery.rejects import Rejects
    from target_meta_ads.errors import StoppedError
    from target_meta_ads.ledger import Ledger
    from target_meta_ads.report import StreamReport


class Kind(Enum):
    """What an entry is."""

    RECORD = auto()
    """A record of the input."""

    OLD_ROWS = auto()
    """What a person was before, and is no more."""

    UNSEEN = auto()
    """A person whom the input no longer has."""

    STAYS = auto()
    """A member who stays, and whom the removal of another may have taken along."""


class Source(NamedTuple):
    """Where a record came from, and how to speak of it.

    Attributes:
        report: Counts for its stream.
        safe_key: The reject's `key` of a record, of its identity and its key.
    """

    report: StreamReport
    safe_key: Callable[[tuple[Any, ...], bytes], dict[str, Any]]


class Entry(NamedTuple):
    """A record on its way, or old rows of a person.

    Attributes:
        number: Number of the record, see `Checkpoints`.
        source: Where it came from.
        key: 16 bytes that stand for it in the ledger.
        identity: Values of its key properties.
        content: A person's packed rows, see `rows`; or the JSON of an event.
        kind: What it is.
        is_noted: Whether the ledger changes when Meta has accepted it.
    """

    number: int
    source: Source
    key: bytes
    identity: tuple[Any, ...]
    content: bytes
    kind: Kind = Kind.RECORD
    is_noted: bool = True


class Request(NamedTuple):
    """A call, and what it is about.

    Attributes:
        call: The call.
        destination: Whose it is; takes the answer.
        about: What the destination knows it by.
    """

    call: Call
    destination: Destination
    about: Any


@dataclass(frozen=True)
class Shared:
    """What all destinations of a run use.

    Attributes:
        ledger: What Meta has accepted.
        rejects: Takes what Meta has not.
        warn: Says something to people.
        number: Number of the record that is being read.
    """

    ledger: Ledger
    rejects: Rejects
    warn: Callable[[str], None]
    number: Callable[[], int]

    def reject(self, entry: Entry, code: str, message: str) -> None:
        """Note a record as rejected."""
        report, safe_key = entry.source
        report.reasons[code] += 1
        self.rejects.write(report.stream, safe_key(entry.identity, entry.key), code, message)


class Destination(ABC):
    """A place that records go to.

    Records are taken in, come out as requests, and are settled by answers. All of it happens on
    the main thread.

    Attributes:
        label: What people call it, as `pixel 123`.
        failed: Why nothing goes there any more.
    """

    def __init__(self, label: str, shared: Shared) -> None:
        self.label = label
        self.failed: GraphError | StoppedError | None = None
        self._shared = shared
        self._failed_at: int | None = None

    @property
    @abstractmethod
    def held(self) -> int:
        """Records that are not in a request yet."""

    @property
    @abstractmethod
    def waiting(self) -> int:
        """Closed batches that wait to be sent."""

    @abstractmethod
    def close(self, number: int) -> None:
        """Wait no longer for more: all records up to a number go out with what there is."""

    @abstractmethod
    def next(self) -> Request | None:
        """What may be sent now; None when there is nothing."""

    def cleaned(self, about: Any, error: GraphError) -> GraphError:  # noqa: ANN401 - as `Request`
        """What a request ended with, in words without anything that the request held."""
        words = without_values(error.failure.message, self._values(about))
        return error.about(message=words)

    @abstractmethod
    def _values(self, about: Any) -> Any:  # noqa: ANN401 - as `Request`
        """What a request held of people and events: JSON."""

    def answered(self, about: Any, payload: Any, error: GraphError | None) -> None:  # noqa: ANN401 - JSON
        """Take in how a request went."""
        self._answered(about, payload, error)
        if self.failed is not None:
            self.fail(self.failed)  # nothing that follows from the answer is sent any more

    @abstractmethod
    def _answered(self, about: Any, payload: Any, error: GraphError | None) -> None:  # noqa: ANN401 - JSON
        """Take in how a request went, and what is to be sent now."""

    @abstractmethod
    def _numbers(self) -> Iterable[int]:
        """Numbers of records that are not settled, at least the first."""

    @abstractmethod
    def _drop(self) -> Iterable[Entry]:
        """Forget all that was not sent, and return it."""

    def conclude(self) -> None:  # noqa: B027 - most have nothing to do then
        """All is sent and answered: do what was left to the end."""

    def conclude_early(self) -> None:  # noqa: B027 - as above
        """Nothing more is sent, though something may be left: do what was sent to the end."""

    def unsettled(self) -> int | None:
        """Number of the first record that is not settled; None when all are."""
        numbers = list(self._numbers())
        if self._failed_at is not None:
            numbers.append(self._failed_at)
        return min(numbers, default=None)

    def fail(self, error: GraphError | StoppedError) -> None:
        """Nothing goes there any more. What was not sent stays unsettled, and holds the state."""
        if self.failed is None:
            self.failed = error
            first = self.unsettled()
            self._failed_at = self._shared.number() if first is None else first
        for entry in self._drop():
            self._lose(entry)

    def _lose(self, entry: Entry) -> None:
        if entry.kind is Kind.RECORD:
            entry.source.report.undelivered += 1
