"""Scripted faults: which requests they hit, and what happens then."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from meta_sandbox._graph.jobs import OUTCOMES
from meta_sandbox._protocol.route import STAGES

#: What a fault's answer may be, besides ``error`` and the like: how the connection misbehaves.
KINDS = frozenset(
    {"reset", "hang", "truncate", "short_body", "html", "empty", "drop_after", "timed_out"}
)
_ANSWERS = frozenset(
    {
        "error",
        "kind",
        "throttle",
        "job",
        "remove_field",
        "add_field",
        "not_found",
        "permission",
        "delay_ms",
    }
)
# What a member of ``match`` asks of a call.
_TESTS: dict[str, Callable[[Call, str], bool]] = {
    "method": lambda call, value: call.method == value.upper(),
    "path": lambda call, value: re.search(value, call.path) is not None,
    "account_id": lambda call, value: call.account_id == value.removeprefix("act_"),
    "edge": lambda call, value: call.edge == value,
    "stage": lambda call, value: call.stage == value,
    "page": lambda call, value: str(call.page) == value,
    "contains": lambda call, value: value in call.text,
}
_RULE = frozenset({"match", "skip", "times", "answer"})


class Call(NamedTuple):
    """What a fault can look at.

    Attributes:
        path: Path without the query.
        edge: As in the request log.
        page: 1-based page of the listing.
        text: Query and body as text.
        fields: Names in ``fields``.
    """

    method: str
    path: str
    account_id: str
    edge: str
    stage: str
    page: int
    text: str
    fields: tuple[str, ...]


@dataclass
class Fault:
    """One scripted fault.

    Attributes:
        match: What requests must look like; an empty one matches all.
        skip: How many matching requests pass unharmed first.
        times: How many are hit after that; None for all.
        answer: What happens.
        seen: How many requests have matched so far.
    """

    match: Mapping[str, object]
    skip: int
    times: int | None
    answer: Mapping[str, object]
    seen: int = 0

    def hits(self, call: Call) -> bool:
        """Tell whether the fault answers a call, and count the call when it matches."""
        if not self._matches(call):
            return False
        self.seen += 1
        return self.seen > self.skip and (self.times is None or self.seen <= self.skip + self.times)

    def _matches(self, call: Call) -> bool:
        if "job" in self.answer and "stage" not in self.match and call.stage != "submit":
            return False
        removed = self.answer.get("remove_field")
        if removed is not None and removed not in call.fields:
            return False
        return all(_TESTS[name](call, str(value)) for name, value in self.match.items())


def parse_fault(rule: Mapping[str, object]) -> Fault:
    """Read a fault from its JSON form.

    Args:
        rule: ``{"match": {...}, "skip": 0, "times": 1, "answer": {...}}``; ``times`` null means for
            ever, ``skip`` and ``times`` may be left out.

    Raises:
        ValueError: A key or value is none that the sandbox knows.
    """
    _known("fault", rule, _RULE)
    match, answer = rule.get("match", {}), rule.get("answer")
    if not isinstance(match, Mapping):
        raise ValueError("A fault's 'match' is an object.")  # noqa: TRY004 - wrong JSON, one error for all of it
    if not isinstance(answer, Mapping) or not answer:
        raise ValueError("A fault needs an 'answer' that says what happens.")
    _known("match", match, _TESTS.keys())
    _known("answer", answer, _ANSWERS)
    if "stage" in match and match["stage"] not in STAGES:
        raise ValueError(f"A stage is one of {', '.join(STAGES)}, not {match['stage']!r}.")
    if "path" in match:
        re.compile(str(match["path"]))
    if "kind" in answer and _name(answer["kind"], "kind") not in KINDS:
        raise ValueError(f"A kind is one of {', '.join(sorted(KINDS))}, not {answer['kind']!r}.")
    if "job" in answer and _name(answer["job"], "outcome") not in OUTCOMES:
        raise ValueError(f"A job is one of {', '.join(sorted(OUTCOMES))}, not {answer['job']!r}.")
    skip, times = rule.get("skip", 0), rule.get("times", 1)
    if not isinstance(skip, int) or not isinstance(times, int | None):
        raise ValueError("'skip' is a number, 'times' a number or null.")  # noqa: TRY004 - as above
    return Fault(dict(match), skip, times, dict(answer))


def _known(what: str, given: Mapping[str, object], allowed: AbstractSet[str]) -> None:
    if unknown := set(given) - allowed:
        raise ValueError(
            f"A {what} has no {', '.join(sorted(unknown))}; it knows {', '.join(sorted(allowed))}."
        )


def _name(value: object, key: str) -> str:
    return str(value[key]) if isinstance(value, Mapping) else str(value)


class Faults:
    """The faults in force, in the order in which they were added; the first that hits answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, rule: Mapping[str, object]) -> None:
        """Add a fault; arguments and errors as for ``parse_fault``."""
        fault = parse_fault(rule)
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, call: Call) -> Mapping[str, object] | None:
        """Return the answer of the first fault that hits a call."""
        if not self._faults:
            return None
        with self._lock:
            return next((fault.answer for fault in self._faults if fault.hits(call)), None)

    def listing(self) -> list[dict[str, object]]:
        """Return the faults in force, with how many requests each has matched."""
        with self._lock:
            return [
                {
                    "match": dict(fault.match),
                    "skip": fault.skip,
                    "times": fault.times,
                    "answer": dict(fault.answer),
                    "seen": fault.seen,
                }
                for fault in self._faults
            ]

    @property
    def active(self) -> bool:
        """Whether there is any fault at all."""
        return bool(self._faults)
