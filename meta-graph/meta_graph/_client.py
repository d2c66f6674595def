"""The client: what users call, around one engine."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from meta_graph import _attempts, _batch, _paging
from meta_graph._attempts import Attempts, logger
from meta_graph._calls import Call, Decode, Params, check_api_url, proof
from meta_graph._clock import Clock, SystemClock
from meta_graph._engine import Engine
from meta_graph._errors import (
    Failure,
    TokenError,
    TooMuchDataError,
    UnavailableError,
    VersionExpiredError,
)
from meta_graph._redact import RedactingFilter, Redactor
from meta_graph._transport import RequestsTransport, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from types import TracebackType

    from typing_extensions import Self

    from meta_graph._errors import GraphError
    from meta_graph._events import Event

API_VERSION = "v26.0"
API_URL = "https://graph.facebook.com"

# It knows no client's secrets; urllib3's lines show them only behind the names it looks for.
_FILTER = RedactingFilter(Redactor())


class GraphClient:
    """A client of Meta's Graph API for one access token. Safe to share between threads.

    Args:
        access_token: Sent in the `Authorization` header, never in an address.
        app_secret: The app's secret; turns on `appsecret_proof`.
        api_version: As `v26.0`.
        api_url: Base address; http only for this machine.
        request_timeout: Seconds until the head of an answer, and again until its body is whole.
        max_retry_seconds: Seconds that one call may spend waiting and failing, from its first
            failure on.
        max_concurrency: Requests in flight at once, over all threads.
        on_event: Called with an `Exchange` for each request and a `Wait` for each wait, on the
            thread that made the call, or took the step (see `attempts`).
        decode: Parses JSON bodies, bytes or a bytearray; raises ValueError on what is none.
        user_agent: What we call ourselves to Meta.
        clock: Time; replaced in tests.
        transport: What sends; replaced to send otherwise than by `requests`.

    Raises:
        InsecureUrlError: `api_url` would send the token in clear.
        TokenError: `access_token` is empty or holds white space.
        VersionExpiredError: `api_version` is none.
        ValueError: `max_concurrency`, `request_timeout` or `max_retry_seconds` is too small.
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
        decode: Decode = json.loads,
        user_agent: str = "meta-graph",
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", access_token):
            raise TokenError("`access_token` is empty or holds white space: copy it again, whole")
        if not re.fullmatch(r"v\d+\.\d+", api_version):
            raise VersionExpiredError(f"`api_version` {api_version!r} is none: write it as v26.0")
        if not (max_concurrency >= 1 and request_timeout > 0 and max_retry_seconds >= 0):
            raise ValueError(
                "`max_concurrency` must be at least 1, `request_timeout` above 0 and "
                "`max_retry_seconds` not below 0"
            )
        base = f"{check_api_url(api_url)}/{api_version}"
        secret = proof(access_token, app_secret) if app_secret else None
        redact = Redactor(access_token, app_secret, secret)
        self._engine = Engine(
            base=base,
            proof=secret,
            redact=redact,
            transport=transport
            or RequestsTransport(access_token, request_timeout, redact, user_agent),
            clock=clock or SystemClock(),
            decode=decode,
            on_event=on_event or (lambda _event: None),
            max_retry_seconds=max_retry_seconds,
            max_concurrency=max_concurrency,
        )
        # One filter for all clients, and for good: a request that outlives its client is logged
        # after `close`.
        logging.getLogger("urllib3.connectionpool").addFilter(_FILTER)

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
        return f"<GraphClient {self._engine.base}>"

    def close(self) -> None:
        """Let go of all connections and end all waits, and every later call, with an error.

        That is a `ClientClosedError`. What is in flight comes to its end.
        """
        self._engine.close()

    def now(self) -> datetime:
        """The instant that it is at Meta, by the `Date` of its first answer.

        Days begin and end by Meta's clock, and a machine's own may be wrong. Before the first
        answer it is this machine's.
        """
        return self._engine.now()

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
            json: Sent as JSON instead; bytes as they are, as JSON written already.
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

    def pause(self, seconds: float) -> None:
        """Wait, as between two looks at a report job; ends at once when the client is closed.

        Raises:
            ClientClosedError: The client was closed meanwhile.
        """
        self._engine.pause(seconds)

    def send(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        """Make a call, with pacing and retries, and return its JSON.

        Raises:
            GraphError: See the tree in `meta_graph`.
        """
        return self._finish(call)

    def attempts(
        self, call: Call, check: Callable[[Any], GraphError | None] | None = None
    ) -> Attempts:
        """One call, to be tried step by step by whoever schedules many of them.

        Its steps are those of `send`, with the same pacing, retries, events and log lines, but
        where `send` waits they tell for how long. So a call that waits costs no thread.

        Args:
            call: The call.
            check: What is wrong with a good answer's payload, if anything (see `check_page`);
                counts as a failed try.
        """
        return Attempts(_attempts.attempts(self._engine, call, check))

    def hold(self, call: Call) -> float:
        """Seconds that such a call would have to wait if it were made now; 0.0 when it is free.

        What Meta's usage headers told decides, and nothing else. It takes no turn: many calls may
        find a limit free that then lets one of them through. More than `max_retry_seconds` means
        that Meta has refused such calls for so long: one made now fails at once.
        """
        return self._engine.hold(call)

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
            UnavailableError: Meta's pages go in a circle.
            RequestError: Meta names a next page, but no cursor for it.
        """
        params = params or {}
        after: str | None = params.get("after")
        seen = {after}
        number = 0
        while True:
            call = Call("GET", path, {**params, "limit": limit, "after": after}, account=account)
            try:
                payload = self._finish(call, _paging.check_page)
            except TooMuchDataError:
                smaller = _paging.halved(limit)
                if smaller is None:
                    raise
                logger.info("Meta refuses %d of %s a page: asking for %d.", limit, path, smaller)
                limit = smaller
                continue
            number += 1
            yield _paging.Page(payload["data"], number, payload)
            after = _paging.next_cursor(payload.get("paging"))
            if after is None:
                return
            if after in seen:
                words = f"Meta's pages of {path} go in a circle"
                raise UnavailableError(Failure(words, account=call.account, edge=call.edge))
            seen.add(after)

    def batch(self, calls: Sequence[Call], *, again: bool = True) -> list[_batch.Outcome]:
        """Make many calls in few exchanges, at most 50 each.

        Args:
            calls: The calls.
            again: Whether to wait where Meta's limits or a failure ask for it. Without it each
                part is tried once at most: one that may succeed later has its error as it came,
                and where a limit holds back one part of an exchange none is sent, and each has a
                `ThrottledError` with `wait_seconds`.

        Returns:
            For each call, in order, its JSON or the `GraphError` it ended with. Parts that may
            succeed later have been tried again until `max_retry_seconds` was up, each as far as
            it is idempotent. An error of the whole exchange is that of each of its parts.

        Raises:
            ClientClosedError: The client was closed meanwhile.
            ValueError: A part's `json` is no object.
        """
        results: list[_batch.Outcome] = []
        for start in range(0, len(calls), _batch.MAX_BATCH):
            some = calls[start : start + _batch.MAX_BATCH]
            if again:
                results += _attempts.finish(self._engine, _batch.carry_out(self._engine, some))
            else:
                results += _batch.try_once(self._engine, some)
        return results

    def _finish(self, call: Call, check: Callable[[Any], GraphError | None] | None = None) -> Any:  # noqa: ANN401 - JSON
        return _attempts.finish(self._engine, _attempts.attempts(self._engine, call, check))
