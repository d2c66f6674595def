"""What a refused write means for the records in it. Pure, over the errors of `meta_graph`.

Meta's codes: the error tables of the guides to Custom Audiences and to the Conversions API.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from meta_graph import (
    ClientClosedError,
    ConnectionFailedError,
    RequestError,
    SkippableError,
    TooMuchDataError,
    UnavailableError,
    VersionExpiredError,
)

if TYPE_CHECKING:
    from meta_graph import GraphError

INVALID = 100
TOO_MANY_PARAMETERS = 105
TOO_LARGE = 413
"""HTTP status with which something on the way to Meta refuses a body that is too long for it."""

BUSY = {2650, 21009}
"""An audience that is being replaced, a data set that takes nothing for now: others may."""

WOULD_BE_TOO_SMALL = (200, 1870047)


class Outcome(Enum):
    """What to do next with the records of a refused request."""

    HALVE = auto()
    """The request is too large: send it in two."""

    SEARCH = auto()
    """Some of them are bad: find out which."""

    LEAVE = auto()
    """Meta will not do it for now, and that is no failure: warn, and do not note it as done."""

    STOP_DESTINATION = auto()
    """Nothing goes to this audience or pixel any more; others are not concerned."""

    STOP = auto()
    """Nothing goes to Meta any more: the token, the version, or Meta itself."""


def may_be_done(error: GraphError) -> bool:
    """Whether Meta may have carried out what it has not acknowledged, at this try or before."""
    is_unanswered = isinstance(error, ConnectionFailedError | UnavailableError | ClientClosedError)
    return is_unanswered or error.was_left_open


def of_members(error: GraphError) -> Outcome:
    """A refused request with members of an audience."""
    if (error.code, error.subcode) == WOULD_BE_TOO_SMALL:
        return Outcome.LEAVE
    return of_any(error)


def of_events(error: GraphError) -> Outcome:
    """A refused request with events: Meta refuses all for one."""
    is_bad_request = isinstance(error, RequestError) and not isinstance(error, VersionExpiredError)
    if is_bad_request and error.code == INVALID:
        return Outcome.SEARCH
    return of_any(error)


def of_any(error: GraphError) -> Outcome:
    """Any refused request."""
    is_too_large = error.failure.http_status == TOO_LARGE or error.code == TOO_MANY_PARAMETERS
    if is_too_large or isinstance(error, TooMuchDataError):
        return Outcome.HALVE
    if isinstance(error, VersionExpiredError):
        return Outcome.STOP
    if isinstance(error, SkippableError | RequestError) or error.code in BUSY:
        return Outcome.STOP_DESTINATION
    return Outcome.STOP
