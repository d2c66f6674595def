"""What an answer means: pure functions over the table in `_rules`.

Meta answers throttles with HTTP 400 and bad requests with HTTP 500 at times, so the body decides
and the status only where the body says nothing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from meta_graph import _usage
from meta_graph._errors import (
    Failure,
    GraphError,
    RequestError,
    RetryableError,
    ThrottledError,
    UnknownFieldError,
)
from meta_graph._redact import Redactor
from meta_graph._rules import FIELDS, UNAVAILABLE, Rule, by_status, refused_fields, rule_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meta_graph._calls import Call, Decode

BAD_REQUEST = 400
JOB_AGAIN = "Submit the report again."

# Knows no secret, but what Meta's tokens look like.
_REDACT = Redactor()


def parse(body: bytes | bytearray, decode: Decode = json.loads) -> Any:  # noqa: ANN401 - JSON
    """The JSON of a body; None for HTML, for nothing, and for what was cut off."""
    try:
        return decode(body)
    except (ValueError, RecursionError):  # the second is for a body of nothing but brackets
        return None


def error_of(payload: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - JSON
    """The error object inside an answer, in either of the two forms that Meta uses."""
    if not isinstance(payload, dict):
        return None
    if isinstance(error := payload.get("error"), dict):
        return error
    if isinstance(error, str):
        return {"message": f"{error}: {payload.get('error_description', '')}".rstrip(": ")}
    if "error_code" in payload and "error_description" in payload:  # the old form, in batches
        return {"code": payload["error_code"], "message": payload["error_description"]}
    return None


def understand(
    call: Call,
    status: int | None,
    headers: Mapping[str, str],
    body: bytes | bytearray,
    decode: Decode,
    redact: Callable[[str], str],
) -> tuple[Any, GraphError | None]:
    """What an answer holds, and the error that it stands for, None when it is a good one.

    Args:
        call: The call.
        status: HTTP status, or a batch part's `code`.
        headers: The answer's headers.
        body: Its body.
        decode: Parses bodies, where the call has no `decode` of its own or that one refuses.
        redact: Takes secrets out of Meta's words.
    """
    # Only a good answer is what the call's decoder was made for.
    if call.decode is not None and _is_good(status):
        payload = parse(body, call.decode)
        if payload is not None:
            return payload, None
    payload = parse(body, decode)
    error = classify(
        status,
        payload,
        headers,
        account=call.account,
        edge=call.edge,
        use_case=call.use_case,
        redact=redact,
    )
    if error is None and call.decode is not None:
        words = "Meta sent an answer of another form than expected"
        failure = Failure(words, http_status=status, account=call.account, edge=call.edge)
        error = _build(UNAVAILABLE, failure, headers, call.use_case)
    return payload, error


def classify(
    status: int | None,
    payload: Any,  # noqa: ANN401 - JSON
    headers: Mapping[str, str],
    *,
    account: str | None = None,
    edge: str | None = None,
    use_case: str = _usage.ANY,
    redact: Callable[[str], str] = str,
) -> GraphError | None:
    """The error that an answer stands for, or None when it is a good one.

    Args:
        status: HTTP status, or a batch part's `code`.
        payload: The parsed body, None where it was no JSON (see `parse`).
        headers: The answer's headers.
        account: Account number of the call, to find its wait in the usage headers.
        edge: Edge of the call, for the message.
        use_case: Use case of the call, whose wait counts.
        redact: Takes secrets out of Meta's words: Meta quotes malformed tokens.
    """
    error, good = error_of(payload), _is_good(status)
    if good and error is None and payload is not None:
        return None
    if error is None:
        what = "an answer that is not JSON" if payload is None else "an answer without a reason"
        failure = Failure(f"Meta sent {what}", http_status=status, account=account, edge=edge)
        # Meta gives its reasons for a 400 in JSON: one that cannot be read was cut off on its way,
        # as a good answer that cannot be read was, and may be a throttle.
        lost = good or (status == BAD_REQUEST and payload is None)
        return _build(UNAVAILABLE if lost else by_status(status), failure, headers, use_case)
    return _meant(error, status, headers, account, edge, use_case, redact)


def failed_job(status: Mapping[str, Any], *, account: str | None) -> GraphError:
    """The error that a report job ended with, by the same table as all others.

    A job that Meta gives no reason for, or none that is known, or that it has skipped (`Job
    Skipped`: expired before it ran) is an `UnavailableError`, since a job may be submitted again.
    What looks like one of Meta's tokens is taken out of its words.
    What the fields mean: Meta's reference of Ad Report Run, and "Error Codes" of the Insights API.

    Args:
        status: The job's fields: `async_status`, and `error_code`, `error_subcode`,
            `error_message`, `error_user_title` and `error_user_msg` as far as Meta sends them.
        account: Account number, for the message.
    """
    told = status.get("error_message") or f"The report ended as {status.get('async_status')!r}"
    error = {**status, "code": status.get("error_code"), "message": told}
    found = _meant(error, None, {}, account, "insights", "ads_insights", _REDACT)
    # The client waits for no job: who has submitted it submits it again.
    return found.about(advice=JOB_AGAIN) if isinstance(found, RetryableError) else found


def _meant(
    error: Mapping[str, Any],
    status: int | None,
    headers: Mapping[str, str],
    account: str | None,
    edge: str | None,
    use_case: str,
    redact: Callable[[str], str],
) -> GraphError:
    """The error that one of Meta's error objects stands for."""
    code, subcode = _int(error.get("code")), _int(error.get("error_subcode"))
    message = str(error.get("message") or "Meta gave no message")
    failure = Failure(
        message=redact(_with_user_text(message, error)),
        code=code,
        subcode=subcode,
        http_status=status,
        fbtrace_id=_text(error.get("fbtrace_id")),
        account=account,
        edge=edge,
        is_transient=error.get("is_transient") is True,
    )
    rule = rule_for(code, subcode, message, status, is_transient=failure.is_transient)
    if rule.error is RequestError and (fields := refused_fields(message)):
        return UnknownFieldError(replace(failure, advice=FIELDS), fields)
    return _build(rule, failure, headers, use_case)


def _is_good(status: int | None) -> bool:
    return status is not None and 200 <= status < 300  # noqa: PLR2004 - the HTTP successes


def _build(rule: Rule, failure: Failure, headers: Mapping[str, str], use_case: str) -> GraphError:
    failure = replace(failure, advice=rule.advice)
    if issubclass(rule.error, ThrottledError):
        wait = rule.wait_seconds or _usage.stated_wait(headers, failure.account, use_case)
        return rule.error(failure, wait)
    return rule.error(failure)


def _with_user_text(message: str, error: Mapping[str, Any]) -> str:
    """Meta's message, with the text for users where that says more than "Invalid parameter"."""
    texts = [message, error.get("error_user_title"), error.get("error_user_msg")]
    told = dict.fromkeys(str(text).strip() for text in texts if text)
    return " - ".join(told)


def _int(value: object) -> int | None:
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return str(value) if value else None
