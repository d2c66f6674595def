"""One exchange over HTTP. The client owns the policy; a transport only sends and receives."""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from meta_graph._errors import ConnectionFailedError, Failure, GraphError, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONNECT_SECONDS = 10.0
CHUNK_BYTES = 65536

_JSON = {"Content-Type": "application/json"}

# A body that is no JSON (NaN), an address that is none: the same request fails the same way again.
_NEVER_SENT = (requests.exceptions.InvalidJSONError, ValueError)


@dataclass(frozen=True)
class Outgoing:
    """A request, ready to be sent.

    Attributes:
        method: HTTP method.
        url: Address without a query.
        query: Query of the address.
        form: Form body, or None.
        json: JSON body, or None; bytes are JSON already.
    """

    method: str
    url: str
    # Left out of the repr: the proof is in one of them, and people may be.
    query: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: object = field(default=None, repr=False)


@dataclass(frozen=True)
class Incoming:
    """An answer, whole and unread.

    Attributes:
        status: HTTP status.
        headers: Headers, by names in any case.
        body: Body, unpacked. The client takes secrets out of a bytearray in place.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray


class Transport(Protocol):
    """Sends one request and returns its answer."""

    def send(self, request: Outgoing) -> Incoming:
        """Exchange one request for one answer.

        Raises:
            ConnectionFailedError: No whole answer arrived.
            RequestError: It could not be sent at all.
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


class _Adapter(HTTPAdapter):
    """One connection, closed when we say so.

    urllib3 leaves the closing of a dropped pool to the garbage collector, and an error that it
    has raised may hold the pool for long.
    """

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1)

    def close(self) -> None:
        """Close the connection, to Meta or to the proxy on the way there."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - it cannot be iterated otherwise
                manager.pools[key].close()
        super().close()


class RequestsTransport:
    """`requests` with one session a thread, since a session is not promised to be thread-safe.

    Args:
        access_token: Sent as `Authorization: Bearer`.
        timeout: Seconds until the answer's head is there, and again until its body is whole.
        redact: Takes secrets out of the words of connection errors, which hold whole URLs.
        user_agent: What we call ourselves.
    """

    def __init__(
        self, access_token: str, timeout: float, redact: Callable[[str], str], user_agent: str
    ) -> None:
        self._auth = _Bearer(access_token)
        self._timeout = timeout
        self._connect_timeout = min(CONNECT_SECONDS, timeout)
        self._redact = redact
        self._user_agent = user_agent
        self._local = threading.local()
        # Weak, so that the session of a thread that ended goes with it.
        self._sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()
        self._lock = threading.Lock()

    def send(self, request: Outgoing) -> Incoming:
        """Exchange one request for one answer, without following redirects."""
        try:
            return self._exchange(request)
        except (requests.RequestException, urllib3.exceptions.HTTPError, TimeoutError) as error:
            failed = self._failed(error)
        # Raised out here, so that no traceback shows the library's error, which quotes the URL.
        raise failed

    def close(self) -> None:
        """Close the sessions of all threads."""
        with self._lock:
            sessions = list(self._sessions)
            self._sessions.clear()
        for session in sessions:
            session.close()

    def _exchange(self, request: Outgoing) -> Incoming:
        session = self._session()
        # Clear text goes to this machine only (see `check_api_url`): never through a proxy, which
        # could read the token.
        session.trust_env = request.url.startswith("https://")
        written = request.json if isinstance(request.json, bytes) else None
        with session.request(
            request.method,
            request.url,
            params=request.query,
            data=request.form if written is None else written,
            json=request.json if written is None else None,
            headers=None if written is None else _JSON,
            auth=self._auth,
            timeout=(self._connect_timeout, self._timeout),
            allow_redirects=False,
            stream=True,
        ) as answer:
            return Incoming(answer.status_code, answer.headers, self._body(answer.raw))

    def _body(self, raw: urllib3.HTTPResponse) -> bytearray:
        """The whole body. `requests` would wait for ever while a byte arrives now and then."""
        deadline = time.monotonic() + self._timeout
        body = bytearray()
        while chunk := raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if time.monotonic() > deadline:
                raise TimeoutError
        return body

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers["User-Agent"] = self._user_agent
            session.mount("https://", _Adapter())
            session.mount("http://", _Adapter())
            self._local.session = session
            with self._lock:
                self._sessions.add(session)
        return session

    def _failed(self, error: Exception) -> GraphError:
        if isinstance(error, _NEVER_SENT):
            return RequestError(Failure(self._redact(f"The request cannot be sent: {error}")))
        if isinstance(error, requests.ConnectTimeout):
            words = f"No connection within {self._connect_timeout:g} s"
            return ConnectionFailedError(Failure(words))
        # The innermost error is the one that says something: "Connection refused".
        cause: BaseException = error
        while inner := cause.__cause__ or cause.__context__:
            cause = inner
        if isinstance(cause, TimeoutError) or isinstance(error, requests.Timeout):
            words = f"No whole answer within {self._timeout:g} s (`request_timeout`)"
            return ConnectionFailedError(Failure(words))
        return ConnectionFailedError(Failure(self._redact(f"The connection failed: {cause}")))
