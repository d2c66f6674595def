"""Scripted faults: which requests they hit, and what happens then."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from meta_sandbox._serve.fault_rules import check_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
        number: Its place among all that were ever added, from 1.
        seen: How many requests have matched so far.
    """

    match: Mapping[str, object]
    skip: int
    times: int | None
    answer: Mapping[str, object]
    number: int = 0
    seen: int = 0

    @property
    def fired(self) -> int:
        """How many requests it has hit so far."""
        hit = max(0, self.seen - self.skip)
        return hit if self.times is None else min(hit, self.times)

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
    check_rule(rule)
    return Fault(
        match=dict(cast("Mapping[str, object]", rule.get("match", {}))),
        skip=cast("int", rule.get("skip", 0)),
        times=cast("int | None", rule.get("times", 1)),
        answer=dict(cast("Mapping[str, object]", rule["answer"])),
    )


def parse_faults(rules: object) -> list[Fault]:
    """Read a fault or a list of them; errors as for ``parse_fault``, with the place in the list."""
    if not isinstance(rules, list):
        return [parse_fault(cast("Mapping[str, object]", rules))]
    found = []
    for place, rule in enumerate(rules, 1):
        try:
            found.append(parse_fault(rule))
        except ValueError as error:
            raise ValueError(f"Fault {place}: {error}") from None
    return found


class Faults:
    """The faults in force, in the order in which they were added; the first that hits answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._added = 0

    def add(self, rules: object) -> None:
        """Add a fault or a list of them, all or none.

        Raises:
            ValueError: As ``parse_faults`` does.
        """
        faults = parse_faults(rules)
        with self._lock:
            for fault in faults:
                self._added += 1
                fault.number = self._added
            self._faults += faults

    def remove(self, number: int) -> None:
        """Remove the fault of a number, if it is there."""
        with self._lock:
            self._faults = [fault for fault in self._faults if fault.number != number]

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
        """Return the faults in force, with how many requests each has matched and has hit."""
        with self._lock:
            return [
                {
                    "number": fault.number,
                    "match": dict(fault.match),
                    "skip": fault.skip,
                    "times": fault.times,
                    "answer": dict(fault.answer),
                    "seen": fault.seen,
                    "fired": fault.fired,
                }
                for fault in self._faults
            ]

    @property
    def active(self) -> bool:
        """Whether there is any fault at all."""
        return bool(self._faults)
