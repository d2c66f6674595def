"""What the sandbox received: a bounded list of requests, and counters by edge. No secrets in it."""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_REDACTED = "<redacted>"
_SECRETS = "access_token|appsecret_proof|input_token|client_secret|fb_exchange_token"
_IN_QUERY = re.compile(rf"((?:{_SECRETS})=)[^&\"'\s]*")
_IN_JSON = re.compile(rf"(\\?\"(?:{_SECRETS})\\?\"\s*:\s*\\?\")[^\"\\]*")
_NAMES = frozenset(_SECRETS.split("|"))
_LONGEST = 20_000
_MARGIN = 2_000


@dataclass(frozen=True)
class Entry:
    """One request.

    Attributes:
        number: Its place since the start, from 1.
        method: HTTP method.
        path: Path without the query.
        query: Parameters of the query string, secrets redacted.
        body: Parameters of the body, secrets redacted.
        status: HTTP status of the answer; 0 when the connection was cut instead.
        duration_ms: Time taken, delays included.
        account_id: The account it concerned; empty for none.
        edge: The edge, or ``node``, ``me``, ``debug_token``, ``batch`` ...
        stage: One of the stages that faults can be aimed at.
        calls: How many calls it counts for at Meta: a batch counts each of its parts.
        in_batch: Whether it was a part of a batch.
        token_in: Where its token was: ``header``, ``query``, ``body`` or ``none``.
        proof: Whether it carried an ``appsecret_proof``.
        code: Meta's error code in the answer; None for none.
        fault: Whether a scripted fault answered it.
        at: The sandbox's clock, in Unix seconds.
    """

    number: int
    method: str
    path: str
    query: Mapping[str, object]
    body: Mapping[str, object]
    status: int
    duration_ms: float
    account_id: str
    edge: str
    stage: str
    calls: int
    in_batch: bool
    token_in: str
    proof: bool
    code: int | None
    fault: bool
    at: float


class Log:
    """Keeps the last requests and counts all of them.

    Args:
        size: How many requests are kept.
        secrets: Returns texts that must not appear anywhere.
    """

    def __init__(self, size: int, secrets: Callable[[], list[str]]) -> None:
        self._lock = threading.Lock()
        self._secrets = secrets
        self._entries: deque[Entry] = deque(maxlen=size)
        self._counts: Counter[str] = Counter()
        self._made = 0

    def next_number(self) -> int:
        """Return the number for a request that begins."""
        with self._lock:
            self._made += 1
            return self._made

    def add(self, entry: Entry) -> None:
        """Keep a request whose parameters have been redacted."""
        with self._lock:
            self._entries.append(entry)
            self._counts["requests"] += not entry.in_batch
            self._counts["calls"] += entry.calls
            # A batch is counted by its parts, which come one by one.
            self._counts[f"edge:{entry.edge}"] += 1
            self._counts[f"stage:{entry.stage}"] += 1
            self._counts[f"status:{entry.status}"] += 1

    def entries(self) -> list[dict[str, object]]:
        """Return the kept requests, oldest first."""
        with self._lock:
            found = list(self._entries)
        return [asdict(entry) for entry in found]

    def latest(self, count: int, keep: Callable[[Entry], bool]) -> list[Entry]:
        """Return the newest requests of a kind, newest first.

        Args:
            count: How many at most.
            keep: Says whether a request is one of them.
        """
        with self._lock:
            return list(islice(filter(keep, reversed(self._entries)), count))

    def counters(self) -> dict[str, object]:
        """Return the totals: requests, calls, and by edge, stage and status."""
        with self._lock:
            counts = dict(self._counts)
        grouped: dict[str, dict[str, int]] = {"edge": {}, "stage": {}, "status": {}}
        for key, count in sorted(counts.items()):
            group, _, name = key.partition(":")
            if name:
                grouped[group][name] = count
        return {
            "requests": counts.get("requests", 0),
            "calls": counts.get("calls", 0),
            "by_edge": grouped["edge"],
            "by_stage": grouped["stage"],
            "by_status": grouped["status"],
        }

    def clear(self) -> None:
        """Forget everything received so far."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()
            self._made = 0

    def redact(self, params: Mapping[str, object]) -> dict[str, object]:
        """Return parameters without tokens and proofs, long values cut."""
        return {name: self._value(name, value) for name, value in params.items()}

    def _value(self, name: str, value: object) -> object:
        if name in _NAMES:
            return _REDACTED
        if isinstance(value, int | float | bool | None):
            return value
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        length = len(text)
        # Uploads have megabytes; a secret across the cut must still be whole when it is looked for.
        text = text[: _LONGEST + _MARGIN]
        clean = _IN_JSON.sub(rf"\1{_REDACTED}", _IN_QUERY.sub(rf"\1{_REDACTED}", text))
        for secret in self._secrets():
            clean = clean.replace(secret, _REDACTED)
        if length > _LONGEST:
            clean = clean[:-_MARGIN] if length > len(text) else clean[:_LONGEST]
            return f"{clean}… ({length} characters)"
        return clean if isinstance(value, str) else msgspec.json.decode(clean)
