"""The client: auth, pacing, retries and paging around one exchange at a time."""

from __future__ import annotations

import json
import logging
import re
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import backoff

from meta_graph import _batch, _paging, _retry
from meta_graph._calls import Call, Params, check_api_url, encode, proof
from meta_graph._classify import classify, parse
from meta_graph._clock import Clock, SystemClock
from meta_graph._errors import (
    ClientClosedError,
    Failure,
    GraphError,
    RetryableError,
    ThrottledError,
    TokenError,
    TooMuchDataError,
    UnavailableError,
    VersionExpiredError,
)
from meta_graph._events import Event, Exchange, Wait
from meta_graph._pacing import Pacer
from meta_graph._redact import RedactingFilter, Redactor
from meta_graph._transport import Incoming, Outgoing, RequestsTransport, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from meta_graph._usage import Usage

API_VERSION = "v26.0"
API_URL = "https://graph.facebook.com"

# Pacing below a limit is routine; only a wait that a person could notice is worth a line.
_WORTH_A_LINE = 10.0

_Result = TypeVar("_Result")

_logger = logging.getLogger("meta_graph")


class GraphClient:
    """A client of Meta's Graph API for one access token. Safe to share between threads.

    Args:
        access_token: Sent in the `Authorization` header, never in an address.
        app_secret: The app's secret; turns on `appsecret_proof`.
        api_version: As `v26.0`.
        api_url: Base address; http only for this machine.
        request_timeout: Seconds without a byte from Meta before a try counts as failed.
        max_retry_seconds: Seconds that one call may spend waiting and failing.
        max_concurrency: Requests in flight at once, over all threads.
        on_event: Called with an `Exchange` for each request and a `Wait` for each wait, on the
            thread that made the call.
        decode: Parses JSON bodies; raises ValueError on what is none.
        user_agent: What we call ourselves to Meta.
        clock: Time; replaced in tests.
        transport: What sends; replaced to send otherwise than by `requests`.

    Raises:
        InsecureUrlError: `api_url` would send the token in clear.
        TokenError: `access_token` is empty or holds white space.
        VersionExpiredError: `api_version` is none.
    """

    def __init__(  # noqa: PLR0913 - its settings; all but one have defaults
        self,
        access_token: str,
        *,
        app_secret: str | None = None,
        api_version: str = API_VERSION,
        api_url: str = API_URL,
        request_timeout: float = 120.0,
        max_retry_seconds: float = 3600.0,
        max_concurrency: int = 8,
        on_event: Callable[[Event], None] | None = None,
        decode: Callable[[bytes], Any] = json.loads,
        user_agent: str = "meta-graph",
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", access_token):
            raise TokenError("`access_token` is empty or holds white space: copy it again, whole")
        if not re.fullmatch(r"v\d+\.\d+", api_version):
            raise VersionExpiredError(f"`api_version` {api_version!r} is none: write it as v26.0")
        self._base = f"{check_api_url(api_url)}/{api_version}"
        self._proof = proof(access_token, app_secret) if app_secret else None
        self._redact = Redactor(access_token, app_secret, self._proof)
        self._max_retry_seconds = max_retry_seconds
        self._slots = threading.BoundedSemaphore(max_concurrency)
        self._on_event = on_event or (lambda _event: None)
        self._decode = decode
        self._clock = clock or SystemClock()
        self._pacer = Pacer()
        self._transport = transport or RequestsTransport(
            access_token, request_timeout, self._redact, user_agent
        )
        self._filter = RedactingFilter(self._redact)
        logging.getLogger("urllib3.connectionpool").addFilter(self._filter)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<GraphClient {self._base}>"

    def close(self) -> None:
        """End all waits with `ClientClosedError` and let go of all connections."""
        self._clock.stop()
        self._transport.close()
        logging.getLogger("urllib3.connectionpool").removeFilter(self._filter)

    def get(self, path: str, params: Params | None = None, *, account: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """Read a node or one page of an edge.

        Args:
            path: Path below the version, as `act_123/campaigns`.
            params: Lists and objects are written as Meta reads them; None is left out.
            account: Account number, for limits and messages, where the path does not tell it.

        Raises:
            GraphError: See the tree in `meta_graph`.
        """
        return self.send(Call("GET", path, params or {}, account=account))

    def post(
        self,
        path: str,
        params: Params | None = None,
        *,
        json: object = None,
        account: str | None = None,
        idempotent: bool = False,
    ) -> Any:  # noqa: ANN401 - JSON
        """Write, or submit a report job.

        Args:
            path: Path below the version.
            params: Sent as a form.
            json: Sent as JSON instead.
            account: Account number, where the path does not tell it.
            idempotent: Whether Meta may carry it out twice. Only then is it sent again after a
                failure that leaves open whether it was carried out.
        """
        return self.send(
            Call("POST", path, params or {}, json, account=account, idempotent=idempotent)
        )

    def delete(
        self,
        path: str,
        params: Params | None = None,
        *,
        json: object = None,
        idempotent: bool = False,
    ) -> Any:  # noqa: ANN401 - JSON
        """Delete a node, or members of an edge. What is to be deleted travels in the body."""
        return self.send(Call("DELETE", path, params or {}, json, idempotent=idempotent))

    def send(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        """Make a call, with pacing and retries, and return its JSON."""
        return self._persist(call, lambda: self._once(call))

    def pages(
        self,
        path: str,
        params: Params | None = None,
        *,
        limit: int = 500,
        account: str | None = None,
    ) -> Iterator[_paging.Page]:
        """The pages of an edge, one after the other.

        A page that Meta finds too large is asked again with half the `limit`, down to 1, from the
        same cursor, so that no object is read twice or left out.

        Raises:
            TooMuchDataError: One object alone is too large: ask for fewer fields.
        """
        after: str | None = None
        number = 0
        while True:
            query = {**(params or {}), "limit": limit, "after": after}
            try:
                payload = self.get(path, query, account=account)
            except TooMuchDataError:
                smaller = _paging.halved(limit)
                if smaller is None:
                    raise
                _logger.info("Meta refuses %d of %s a page: asking for %d.", limit, path, smaller)
                limit = smaller
                continue
            number += 1
            data = payload.get("data") if isinstance(payload, dict) else None
            if not isinstance(data, list):
                raise UnavailableError(Failure("Meta sent a page without `data`", account=account))
            yield _paging.Page(data, number, payload)
            following = _paging.next_cursor(payload)
            if following is None:
                return
            if following == after:
                raise UnavailableError(
                    Failure(f"Meta's pages of {path} go in a circle", account=account)
                )
            after = following

    def batch(self, calls: Sequence[Call]) -> list[_batch.Outcome]:
        """Make many calls in few exchanges, at most 50 each.

        Returns:
            For each call, in order, its JSON or the `GraphError` it ended with. Parts that may
            succeed later have been tried again until `max_retry_seconds` was up.
        """
        results: list[_batch.Outcome] = []
        for start in range(0, len(calls), _batch.LARGEST):
            results += self._batch(calls[start : start + _batch.LARGEST])
        return results

    def _batch(self, calls: Sequence[Call]) -> list[_batch.Outcome]:
        results: dict[int, _batch.Outcome] = {}
        whole = Call(
            "POST",
            "",
            account=calls[0].account,
            use_case=calls[0].use_case,
            idempotent=all(call.idempotent for call in calls),
        )

        def once() -> None:
            open_ = [index for index in range(len(calls)) if index not in results]
            parts = [calls[index] for index in open_]
            answers = self._exchange(whole, _batch.form(parts), calls=len(parts))
            again: RetryableError | None = None
            for index, (outcome, headers) in zip(
                open_, _batch.outcomes(parts, answers, self._redact, self._decode), strict=True
            ):
                call = calls[index]
                self._told(headers, call)
                retry = isinstance(outcome, ThrottledError) or (
                    isinstance(outcome, RetryableError) and call.idempotent
                )
                if retry:
                    failed[index] = again = outcome
                else:
                    results[index] = outcome
            if again is not None:
                raise again

        failed: dict[int, GraphError] = {}
        try:
            self._persist(whole, once)
        except RetryableError as error:
            # What is still open has failed for good; what was answered stays answered.
            for index in range(len(calls)):
                results.setdefault(index, failed.get(index, error))
        return [results[index] for index in range(len(calls))]

    def _once(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        form = None if call.method == "GET" or call.json is not None else encode(call.params)
        return self._exchange(call, form)

    def _exchange(self, call: Call, form: dict[str, str] | None, calls: int = 1) -> Any:  # noqa: ANN401 - JSON
        self._pace(call)
        query = encode(call.params) if form is None else {}
        if self._proof:
            (query if form is None else form)["appsecret_proof"] = self._proof
        url = f"{self._base}/{call.path}".rstrip("/")
        request = Outgoing(call.method, url, query, form, call.json)
        started = self._clock.now()
        try:
            with self._slots:
                started = self._clock.now()
                answer = self._transport.send(request)
        except GraphError as bare:
            error = type(bare)(Failure(bare.failure.message, account=call.account, edge=call.edge))
            self._on_event(
                Exchange(call, self._clock.now() - started, None, calls=calls, error=error)
            )
            raise error from None
        seconds = self._clock.now() - started
        payload, failed = self._read(call, answer)
        usages = self._told(answer.headers, call)
        self._on_event(Exchange(call, seconds, answer.status, calls, failed, tuple(usages)))
        if failed is not None:
            raise failed
        return payload

    def _read(self, call: Call, answer: Incoming) -> tuple[Any, GraphError | None]:
        payload = parse(answer.body, self._decode)
        error = classify(
            answer.status,
            payload,
            answer.headers,
            account=call.account,
            edge=call.edge,
            use_case=call.use_case,
            redact=self._redact,
        )
        return payload, error

    def _told(self, headers: Any, call: Call) -> list[Usage]:  # noqa: ANN401 - a mapping of any case
        return self._pacer.tell(self._clock.now(), headers, call.account)

    def _pace(self, call: Call) -> None:
        seconds = self._pacer.reserve(self._clock.now(), call.account, call.use_case)
        if seconds <= 0:
            return
        if seconds > self._max_retry_seconds:
            words = (
                f"Meta takes no {call.use_case} call for {_retry.span(seconds)}, and "
                f"`max_retry_seconds` allows {_retry.span(self._max_retry_seconds)}"
            )
            advice = "Run again later, or raise `max_retry_seconds`."
            failure = Failure(words, advice, account=call.account, edge=call.edge)
            raise ThrottledError(failure, seconds)
        if seconds >= _WORTH_A_LINE:
            _logger.info(
                "Account %s: Meta's limit for %s is nearly used up, waiting %s.",
                call.account or "any",
                call.use_case,
                _retry.span(seconds),
            )
        self._wait(Wait(call, seconds))

    def _wait(self, wait: Wait) -> None:
        self._on_event(wait)
        if self._clock.wait(wait.seconds):
            raise ClientClosedError("The client was closed while a call waited")

    def _persist(self, call: Call, once: Callable[[], _Result]) -> _Result:
        """Try until it works, cannot work, or has taken too long."""
        schedule = _retry.pauses()
        tries, failed_at = 0, None
        while True:
            tries += 1
            try:
                return once()
            except GraphError as error:
                now = self._clock.now()
                failed_at = now if failed_at is None else failed_at
                step = _retry.decide(
                    error,
                    idempotent=call.idempotent,
                    tries=tries,
                    waited=now - failed_at,
                    limit=self._max_retry_seconds,
                    pause=backoff.full_jitter(next(schedule)),
                )
                if isinstance(step, _retry.GiveUp):
                    raise step.error from None
                if isinstance(error, ThrottledError):
                    self._pacer.close(now, call.account, call.use_case, step.seconds)
                _logger.warning(
                    "%s Trying again in %s.", error.failure.sentence(), _retry.span(step.seconds)
                )
                self._wait(Wait(call, step.seconds, error))
