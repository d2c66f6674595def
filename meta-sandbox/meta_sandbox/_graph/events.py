"""Events of the Conversions API: taken all or none, kept per pixel, and seen once.

Meta takes two events of the same name and ``event_id`` for one when they come within 48 hours; the
first is kept. An event without an id is never a duplicate.
"""

from __future__ import annotations

import zlib
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from meta_sandbox._graph.event_rules import check_event
from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.params import json_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_EVENTS = 1_000
_WINDOW = 48 * 3_600
_DECODER = msgspec.json.Decoder()


class Chunk(NamedTuple):
    """The events of one request.

    Attributes:
        packed: One JSON line for each, compressed: a million of them have to fit into memory.
        first: For each event 1 when it counts, 0 when it is a duplicate.
        test_event_code: As in the request; empty for none.
    """

    packed: bytes
    first: bytes
    test_event_code: str


class PixelEvents:
    """What one pixel received.

    Attributes:
        received: Event name -> how many came.
        counted: Event name -> how many were no duplicates.
        tests: ``test_event_code`` -> how many came with it.
        requests: How many requests were taken.
    """

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.tests: Counter[str] = Counter()
        self.requests = 0
        self._chunks: list[Chunk] = []
        # What was seen is remembered as a number: 64 bits tell millions of events apart.
        self._seen: dict[int, float] = {}

    def add(self, events: list[dict[str, object]], test_event_code: str, now: float) -> None:
        """Keep the events of one request."""
        first = bytearray(len(events))
        for place, event in enumerate(events):
            name, event_id = str(event["event_name"]), event.get("event_id")
            first[place] = not event_id or self._is_first(hash((name, event_id)), now)
            self.received[name] += 1
            self.counted[name] += first[place]
        if test_event_code:
            self.tests[test_event_code] += len(events)
        self.requests += 1
        lines = b"\n".join(map(msgspec.json.encode, events))
        self._chunks.append(Chunk(zlib.compress(lines, 1), bytes(first), test_event_code))

    def lines(self, *, duplicates: bool) -> Iterator[bytes]:
        """Return the events as JSON, in the order in which they came.

        Those that came with a ``test_event_code`` have it as one more member.

        Args:
            duplicates: Whether those that Meta takes for duplicates are there too.
        """
        for chunk in list(self._chunks):
            for line, first in zip(
                zlib.decompress(chunk.packed).split(b"\n"), chunk.first, strict=True
            ):
                if not (first or duplicates):
                    continue
                if chunk.test_event_code:
                    code = msgspec.json.encode(chunk.test_event_code)
                    yield line[:-1] + b',"test_event_code":' + code + b"}"
                else:
                    yield line

    def _is_first(self, key: int, now: float) -> bool:
        seen = self._seen.get(key)
        if seen is not None and now - seen <= _WINDOW:
            return False
        self._seen[key] = now
        return True


class Events:
    """Takes events for all pixels."""

    def __init__(self) -> None:
        self._pixels: dict[str, PixelEvents] = {}
        self._refused: dict[str, Counter[str]] = {}

    def take(self, pixel_id: str, params: Mapping[str, object], now: float, trace_id: str) -> bytes:
        """Answer ``POST /{pixel}/events``.

        Args:
            pixel_id: The pixel.
            params: The request's parameters.
            now: The current instant.
            trace_id: The ``fbtrace_id`` of the answer.

        Raises:
            GraphError: One of the events breaks a rule; none is kept then.
        """
        events = _read(params)
        try:
            for place, event in enumerate(events):
                check_event(event, place, now)
        except GraphError:
            refused = self._refused.setdefault(pixel_id, Counter())
            refused.update(map(_name_of, events))
            raise
        code = text_of(params, "test_event_code") or ""
        self._pixels.setdefault(pixel_id, PixelEvents()).add(events, code, now)
        return msgspec.json.encode(
            {"events_received": len(events), "messages": [], "fbtrace_id": trace_id}
        )

    def of(self, pixel_id: str) -> PixelEvents:
        """Return what a pixel received."""
        return self._pixels.get(pixel_id) or PixelEvents()

    def pixels(self) -> dict[str, PixelEvents]:
        """Return what each pixel that received anything received."""
        return dict(self._pixels)

    def refused(self) -> dict[str, dict[str, int]]:
        """Return pixel -> event name -> how many came in requests that were refused."""
        return {pixel_id: dict(names) for pixel_id, names in self._refused.items()}

    def clear(self) -> None:
        """Forget all events."""
        self._pixels = {}
        self._refused = {}


def _read(params: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the events of a request: a list of objects, or of their JSON texts."""
    data = json_of(params, "data")
    if data is None:
        raise GraphError(100, "(#100) The parameter data is required")
    if not isinstance(data, list) or not data:
        raise GraphError(100, "(#100) Param data must be a non-empty array.")
    if len(data) > MAX_EVENTS:
        raise GraphError(
            100, f"(#100) Param data has {len(data)} events; it must have {MAX_EVENTS} at most."
        )
    return [_decoded(event, place) for place, event in enumerate(data)]


def _decoded(event: object, place: int) -> dict[str, object]:
    if not isinstance(event, str):
        return event  # type: ignore[return-value] # what it is, the rules check
    try:
        found: dict[str, object] = _DECODER.decode(event)
    except msgspec.DecodeError:
        raise GraphError(100, f"(#100) Param data[{place}] must be valid JSON") from None
    return found


def _name_of(event: object) -> str:
    """Return the name of an event of which nothing is known yet."""
    name = event.get("event_name") if isinstance(event, dict) else None
    return name if isinstance(name, str) else "(without a name)"
