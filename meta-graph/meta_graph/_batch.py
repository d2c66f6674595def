"""Batch requests: up to 50 calls in one exchange. Meta still counts each part as a call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from meta_graph import _retry
from meta_graph._attempts import LEFT_OPEN, Later, Steps, logger, turn
from meta_graph._calls import Call, encode
from meta_graph._classify import understand
from meta_graph._errors import (
    Failure,
    GraphError,
    RetryableError,
    ThrottledError,
    UnavailableError,
)
from meta_graph._events import Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from meta_graph._calls import Decode
    from meta_graph._engine import Engine

MAX_BATCH = 50
"""Parts that Meta takes in one batch."""

LATER = "It was tried once: ask again later."

Outcome = Any
"""The parsed JSON of a part, or the `GraphError` that it ended with."""


def carry_out(engine: Engine, calls: Sequence[Call]) -> Steps[list[Outcome]]:
    """Make at most 50 calls in one exchange, and those that may succeed later in further ones.

    What goes wrong with the exchange as a whole goes wrong with each of its parts, so that one
    rule decides for each part alone whether it is tried again.
    """
    results: dict[int, Outcome] = {}
    left_open: set[int] = set()
    patience = _retry.Patience(engine.max_retry_seconds)
    while open_ := [index for index in range(len(calls)) if index not in results]:
        parts = tuple(calls[index] for index in open_)
        whole = _whole(parts)
        try:
            yield from turn(engine, whole, parts, patience.allowed(engine.clock.now()))
        except ThrottledError as error:
            found = _each(parts, error)
        else:
            found = _exchange(engine, whole, parts)
        now = engine.clock.now()
        patience.fail(now)
        waits = []
        for index, outcome in zip(open_, found, strict=True):
            results[index] = outcome
            if isinstance(outcome, GraphError):
                failed = outcome.about(was_left_open=True) if index in left_open else outcome
                step = patience.judge(failed, now, idempotent=calls[index].idempotent)
                if isinstance(step, _retry.Pause):
                    del results[index]
                    waits.append(Wait(calls[index], step.seconds, failed))
                    if isinstance(failed, LEFT_OPEN):
                        left_open.add(index)
                else:
                    results[index] = step.error
        if waits:
            longest = max(waits, key=lambda wait: wait.seconds)
            logger.warning(
                "%d of %d parts of a batch failed: %s Trying again in %s.",
                len(waits),
                len(open_),
                longest.error,
                _retry.span(longest.seconds),
            )
            engine.on_event(longest)
            yield Later(longest.seconds, longest.error)
    return [results[index] for index in range(len(calls))]


def try_once(engine: Engine, calls: Sequence[Call]) -> list[Outcome]:
    """Make at most 50 calls in one exchange, now or not at all."""
    engine.check_open()
    parts = tuple(calls)
    if hold := engine.pacer.take(engine.clock.now(), parts, engine.max_retry_seconds):
        words = f"The batch is not sent: Meta's limits take it in {_retry.span(hold.seconds)}"
        found = _each(parts, ThrottledError(words, hold.seconds))
    else:
        found = _exchange(engine, _whole(parts), parts)
    return [one.about(advice=LATER) if isinstance(one, RetryableError) else one for one in found]


def _exchange(engine: Engine, whole: Call, calls: tuple[Call, ...]) -> list[Outcome]:
    answers, event = engine.round_trip(whole, calls, form(calls))
    if event.error is not None:
        engine.on_event(event)
        return _each(calls, event.error)
    found, usages = [], list(event.usages)
    for call, (outcome, headers) in zip(
        calls, outcomes(calls, answers, engine.redact, engine.decode), strict=True
    ):
        usages += engine.tell(headers, call, outcome if isinstance(outcome, GraphError) else None)
        found.append(outcome)
    engine.on_event(replace(event, usages=tuple(usages)))
    return found


def _each(calls: Sequence[Call], error: GraphError) -> list[Outcome]:
    return [error.about(account=call.account, edge=call.edge) for call in calls]


def _whole(calls: Sequence[Call]) -> Call:
    return Call("POST", "", account=_common(calls, "account"), use_case=_common(calls, "use_case"))


def _common(calls: Sequence[Call], name: str) -> str:
    values = {getattr(call, name) or "" for call in calls}
    return values.pop() if len(values) == 1 else ""


def form(calls: Sequence[Call]) -> dict[str, str]:
    """The form of a batch."""
    return {"batch": json.dumps([_part(call) for call in calls]), "include_headers": "true"}


def _part(call: Call) -> dict[str, str]:
    if call.method == "GET":
        query = urlencode(encode(call.params))
        return {"method": "GET", "relative_url": f"{call.path}?{query}" if query else call.path}
    # A part's body is always a form; Meta reads the members of a JSON body as its fields.
    members = {} if call.json is None else call.json
    if not isinstance(members, Mapping):
        raise ValueError(f"The JSON of a batch's part must be an object: {call.path}")  # noqa: TRY004 - the value is at fault
    body = urlencode(encode({**call.params, **members}))
    return {"method": call.method, "relative_url": call.path, "body": body}


def outcomes(
    calls: Sequence[Call],
    answers: object,
    redact: Callable[[str], str],
    decode: Decode,
) -> Iterator[tuple[Outcome, Mapping[str, str]]]:
    """The outcome and the headers of each part, in the order of the calls.

    A part that Meta did not get round to is `null`; so is, for us, one that is missing.
    """
    parts = answers if isinstance(answers, list) else []
    for index, call in enumerate(calls):
        part = parts[index] if index < len(parts) else None
        if not isinstance(part, dict):
            missing = Failure(
                "Meta left this part of a batch undone", account=call.account, edge=call.edge
            )
            yield UnavailableError(missing), {}
            continue
        headers = _headers(part.get("headers"))
        # A text cut off inside an emoji holds half of a pair, which plain UTF-8 cannot write.
        body = str(part.get("body") or "").encode(errors="surrogatepass")
        code = part.get("code")
        status = code if isinstance(code, int) else None
        payload, error = understand(call, status, headers, body, decode, redact)
        yield (payload if error is None else error), headers


def _headers(entries: object) -> dict[str, str]:
    return {
        str(entry["name"]): str(entry["value"])
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and "name" in entry and "value" in entry
    }
