"""One exchange over HTTP. The client owns the policy; a transport only sends and receives."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from meta_graph._errors import ConnectionFailedError, Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Outgoing:
    """A request, ready to be sent.

    Attributes:
        method: HTTP method.
        url: Address without a query.
        query: Query of the address.
        form: Form body, or None.
        json: JSON body, or None.
    """

    method: str
    url: str
    query: Mapping[str, str]
    form: Mapping[str, str] | None = None
    json: object = None


@dataclass(frozen=True)
class Incoming:
    """An answer, whole and unread."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one request and returns its answer."""

    def send(self, request: Outgoing) -> Incoming:
        """Exchange one request for one answer.

        Raises:
            ConnectionFailedError: No whole answer arrived.
        """
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...


class _Bearer(AuthBase):
    """Puts the token into the header.

    As `auth`, not as a plain header: requests would let an entry in ~/.netrc overwrite that.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class RequestsTransport:
    """`requests` with one session a thread, since a session is not promised to be thread-safe.

    Args:
        access_token: Sent as `Authorization: Bearer`.
        timeout: Seconds without a byte from Meta.
        redact: Takes secrets out of the words of connection errors, which hold whole URLs.
        user_agent: What we call ourselves.
    """

    def __init__(
        self, access_token: str, timeout: float, redact: Callable[[str], str], user_agent: str
    ) -> None:
        self._auth = _Bearer(access_token)
        self._timeout = (min(CONNECT_SECONDS, timeout), timeout)
        self._redact = redact
        self._user_agent = user_agent
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def send(self, request: Outgoing) -> Incoming:
        """Exchange one request for one answer, without following redirects."""
        failure = None
        try:
            answer = self._session().request(
                request.method,
                request.url,
                params=request.query,
                data=request.form,
                json=request.json,
                auth=self._auth,
                timeout=self._timeout,
                allow_redirects=False,
            )
            return Incoming(answer.status_code, answer.headers, answer.content)
        except requests.RequestException as error:
            failure = Failure(self._words(error))
        # Raised out here, so that no traceback shows the library's error, which quotes the URL.
        raise ConnectionFailedError(failure)

    def close(self) -> None:
        """Close the sessions of all threads."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers["User-Agent"] = self._user_agent
            session.mount("https://", HTTPAdapter(pool_connections=1, pool_maxsize=1))
            session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1))
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def _words(self, error: requests.RequestException) -> str:
        if isinstance(error, requests.Timeout):
            return f"No answer within {self._timeout[1]:g} s (`request_timeout`)"
        # The innermost error is the one that says something: "Connection refused".
        cause: BaseException = error
        while cause.__cause__ or cause.__context__:
            cause = cause.__cause__ or cause.__context__  # type: ignore[assignment] # one is set
        return self._redact(f"The connection failed: {cause}")
