"""Batch requests: up to 50 calls in one exchange. Meta still counts each part as a call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from meta_graph import _retry
from meta_graph._calls import Call, encode
from meta_graph._classify import classify, parse
from meta_graph._engine import Engine, logger
from meta_graph._errors import ClientClosedError, Failure, GraphError, UnavailableError
from meta_graph._events import Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LARGEST = 50
"""Parts that Meta takes in one batch."""

Outcome = Any
"""The parsed JSON of a part, or the `GraphError` that it ended with."""


def carry_out(engine: Engine, calls: Sequence[Call]) -> list[Outcome]:
    """Make at most 50 calls in one exchange, and those that may succeed later in further ones.

    What goes wrong with the exchange as a whole goes wrong with each of its parts, so that one
    rule decides for each part alone whether it is tried again.
    """
    results: dict[int, Outcome] = {}
    patience = _retry.Patience(engine.max_retry_seconds)
    while open_ := [index for index in range(len(calls)) if index not in results]:
        found = _exchange(engine, [calls[index] for index in open_], patience)
        now = engine.clock.now()
        patience.fail(now)
        waits = []
        for index, outcome in zip(open_, found, strict=True):
            results[index] = outcome
            if isinstance(outcome, GraphError):
                step = patience.judge(outcome, now, idempotent=calls[index].idempotent)
                if isinstance(step, _retry.Pause):
                    del results[index]
                    waits.append(Wait(calls[index], step.seconds, outcome))
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
            engine.wait(longest)
    return [results[index] for index in range(len(calls))]


def _exchange(engine: Engine, calls: Sequence[Call], patience: _retry.Patience) -> list[Outcome]:
    whole = Call("POST", "", account=_common(calls, "account"), use_case=_common(calls, "use_case"))
    try:
        allowed = patience.allowed(engine.clock.now())
        answers = engine.exchange(whole, calls, form(calls), allowed)
    except ClientClosedError:
        raise
    except GraphError as error:
        return [error.about(account=call.account, edge=call.edge) for call in calls]
    found = []
    for call, (outcome, headers) in zip(
        calls, outcomes(calls, answers, engine.redact, engine.decode), strict=True
    ):
        engine.tell(headers, call, outcome if isinstance(outcome, GraphError) else None)
        found.append(outcome)
    return found


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
    decode: Callable[[bytes], Any],
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
        payload = parse(body, decode)
        error: GraphError | None = classify(
            code if isinstance(code := part.get("code"), int) else None,
            payload,
            headers,
            account=call.account,
            edge=call.edge,
            use_case=call.use_case,
            redact=redact,
        )
        yield (error or payload), headers


def _headers(entries: object) -> dict[str, str]:
    return {
        str(entry["name"]): str(entry["value"])
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and "name" in entry and "value" in entry
    }
