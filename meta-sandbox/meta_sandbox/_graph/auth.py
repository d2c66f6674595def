"""Access tokens: what each may do, and the proof that goes with them."""

from __future__ import annotations

import hashlib
import hmac
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.params import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meta_sandbox._protocol.messages import Request

#: The token of the sandbox's own user. Clearly made up; Meta would never take it.
DEFAULT_TOKEN = "EAASandboxTokenMadeUpForLocalUseOnly00000000000000"  # noqa: S105 - the point of it is that everyone knows it
#: The secret of the sandbox's own app.
DEFAULT_APP_SECRET = "5a0db0c5000000000000000000000000"  # noqa: S105 - as above
APP_ID = "100000000000001"

_ALL_SCOPES = (
    "ads_read",
    "ads_management",
    "business_management",
    "leads_retrieval",
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_ads",
)
_PROOF_SECONDS = 300
_SCHEMES = ("bearer", "oauth")
_NO_PROOF = "API calls from the server require an appsecret_proof argument"
_BAD_PROOF = "Invalid appsecret_proof provided in the API argument"

#: State of a token -> (code, subcode) that Meta answers; None for a good one.
STATES: dict[str, tuple[int, int | None] | None] = {
    "valid": None,
    "expired": (190, 463),
    "password_changed": (190, 460),
    "app_removed": (190, 458),
    "invalid": (190, None),
}


@dataclass(frozen=True)
class Token:
    """An access token.

    Attributes:
        text: The token itself.
        state: A key of ``STATES``.
        accounts: Ids of the accounts it may read, without ``act_``; None for all.
        scopes: Permissions it carries.
        expires_at: Unix seconds after which it counts as expired; 0 for never.
    """

    text: str
    state: str = "valid"
    accounts: frozenset[str] | None = None
    scopes: tuple[str, ...] = _ALL_SCOPES
    expires_at: int = 0

    def may_read(self, account_id: str) -> bool:
        """Tell whether the token was granted an account."""
        return self.accounts is None or account_id in self.accounts

    def failure(self, now: float) -> tuple[int, int | None] | None:
        """Return the (code, subcode) Meta answers to this token; None when it is good."""
        if self.expires_at and now >= self.expires_at:
            return STATES["expired"]
        return STATES[self.state]


class Tokens:
    """The tokens the sandbox knows.

    Args:
        token: The first one, good for everything.
        app_secret: What proofs are made with.
        require_proof: Whether every call needs one.
    """

    def __init__(self, token: str, app_secret: str, *, require_proof: bool) -> None:
        self._lock = threading.Lock()
        self._tokens = {token: Token(token)}
        self._secret = app_secret.encode()
        self._require_proof = require_proof

    def add(
        self,
        text: str,
        *,
        state: str = "valid",
        accounts: Iterable[str] | None = None,
        scopes: Iterable[str] | None = None,
        expires_at: int = 0,
    ) -> None:
        """Add a token, or replace the one with the same text.

        Args:
            text: The token.
            state: ``valid``, ``expired``, ``password_changed``, ``app_removed`` or ``invalid``.
            accounts: Ids of the accounts it may read, with or without ``act_``; all when left out.
            scopes: Its permissions; those an advertiser usually has when left out.
            expires_at: Unix seconds; 0 for never.

        Raises:
            ValueError: The state is none of these, or the text is empty.
        """
        if state not in STATES:
            raise ValueError(f"A token's state is one of {', '.join(STATES)}, not {state!r}.")
        if not text:
            raise ValueError("A token needs a text.")
        token = Token(
            text,
            state,
            None if accounts is None else frozenset(a.removeprefix("act_") for a in accounts),
            _ALL_SCOPES if scopes is None else tuple(scopes),
            expires_at,
        )
        with self._lock:
            self._tokens[text] = token

    def get(self, text: str) -> Token | None:
        """Return a token by its text."""
        with self._lock:
            return self._tokens.get(text)

    def texts(self) -> list[str]:
        """Return the texts of all tokens, for redaction."""
        with self._lock:
            return list(self._tokens)

    def check(self, request: Request, now: float, *, is_me: bool) -> Token:
        """Return the token a request carries.

        Args:
            request: The request.
            now: The current instant.
            is_me: Whether it asks about ``/me``, where Meta words a missing token differently.

        Raises:
            GraphError: The token is missing or bad, or the proof is.
        """
        text = token_text(request)
        if text is None:
            raise GraphError(2500) if is_me else GraphError(104)
        token = self.get(text)
        if token is None:
            raise GraphError(190)
        if (error := _error_of(token, now)) is not None:
            raise error
        self._check_proof(request, text, now)
        return token

    def _check_proof(self, request: Request, token: str, now: float) -> None:
        proof = text_of(request.params, "appsecret_proof")
        if proof is None:
            if self._require_proof:
                raise GraphError(100, _NO_PROOF, type_="GraphMethodException")
            return
        message = token
        if (at := text_of(request.params, "appsecret_time")) is not None:
            if not at.isdecimal() or abs(now - int(at)) > _PROOF_SECONDS:
                raise GraphError(100, _BAD_PROOF, type_="GraphMethodException")
            message = f"{token}|{at}"
        right = hmac.new(self._secret, message.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right.encode(), proof.encode()):
            raise GraphError(100, _BAD_PROOF, type_="GraphMethodException")


def _error_of(token: Token, now: float) -> GraphError | None:
    """Return what Meta answers to a token; None when it is a good one."""
    failure = token.failure(now)
    if failure is None:
        return None
    error = GraphError(failure[0], subcode=failure[1])
    if failure == STATES["expired"]:
        since = datetime.fromtimestamp(token.expires_at or now, tz=timezone.utc)
        text = f"{error.message} on {since:%A, %d-%b-%y %H:%M:%S} UTC"
        return GraphError(failure[0], text, subcode=failure[1])
    return error


def token_text(request: Request) -> str | None:
    """Return the token a request carries: header first, then form or query."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if text and scheme.lower() in _SCHEMES:
        return text.strip()
    return text_of(request.params, "access_token")


def describe(token: Token | None, now: float) -> dict[str, object]:
    """Return what ``/debug_token`` says about a token."""
    error = GraphError(190) if token is None else _error_of(token, now)
    scopes = [] if token is None else list(token.scopes)
    data: dict[str, object] = {
        "app_id": APP_ID,
        "type": "SYSTEM_USER",
        "application": "Sandbox",
        "data_access_expires_at": 0,
        "expires_at": 0 if token is None else token.expires_at,
        "is_valid": error is None,
        "scopes": scopes,
        "granular_scopes": [{"scope": scope} for scope in scopes],
        "user_id": "100000000000002",
    }
    if error is not None:
        data["error"] = {
            "code": error.code,
            "message": error.message,
            **({"subcode": error.subcode} if error.subcode else {}),
        }
    return {"data": data}


def token_place(request: Request) -> str:
    """Tell where a request carries its token: ``header``, ``query``, ``body`` or ``none``."""
    if "authorization" in request.headers:
        return "header"
    if "access_token" in request.query:
        return "query"
    return "body" if "access_token" in request.body else "none"
