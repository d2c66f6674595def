"""A small, thread-safe client for Meta's Graph API.

    with GraphClient(token, app_secret=secret) as client:
        for page in client.pages("act_123/campaigns", {"fields": ["id", "name"]}):
            ...

Errors tell what to do: `RetryableError` (the client has tried already), `TooMuchDataError` (ask for
less), `SkippableError` (leave this object out), `RequestError` (fix the request), `TokenError` (fix
the token). All are `GraphError`.
"""

from __future__ import annotations

from meta_graph._attempts import Answer, Attempts, Later
from meta_graph._batch import MAX_BATCH
from meta_graph._calls import Call, check_api_url
from meta_graph._classify import failed_job
from meta_graph._client import API_URL, API_VERSION, GraphClient
from meta_graph._clock import Clock, SystemClock
from meta_graph._errors import (
    ClientClosedError,
    ConnectionFailedError,
    Failure,
    GraphError,
    InsecureUrlError,
    NotFoundError,
    PermissionDeniedError,
    ProofError,
    RequestError,
    RetentionError,
    RetryableError,
    SkippableError,
    ThrottledError,
    TokenError,
    TokenExpiredError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
    VersionExpiredError,
)
from meta_graph._events import Event, Exchange, Wait
from meta_graph._paging import Page, check_page, halved, next_cursor
from meta_graph._redact import RedactingFilter, Redactor
from meta_graph._retry import GiveUp, Pause, decide
from meta_graph._transport import Incoming, Outgoing, Transport
from meta_graph._usage import Usage

__all__ = [
    "API_URL",
    "API_VERSION",
    "MAX_BATCH",
    "Answer",
    "Attempts",
    "Call",
    "ClientClosedError",
    "Clock",
    "ConnectionFailedError",
    "Event",
    "Exchange",
    "Failure",
    "GiveUp",
    "GraphClient",
    "GraphError",
    "Incoming",
    "InsecureUrlError",
    "Later",
    "NotFoundError",
    "Outgoing",
    "Page",
    "Pause",
    "PermissionDeniedError",
    "ProofError",
    "RedactingFilter",
    "Redactor",
    "RequestError",
    "RetentionError",
    "RetryableError",
    "SkippableError",
    "SystemClock",
    "ThrottledError",
    "TokenError",
    "TokenExpiredError",
    "TooMuchDataError",
    "Transport",
    "UnavailableError",
    "UnknownFieldError",
    "Usage",
    "VersionExpiredError",
    "Wait",
    "check_api_url",
    "check_page",
    "decide",
    "failed_job",
    "halved",
    "next_cursor",
]
