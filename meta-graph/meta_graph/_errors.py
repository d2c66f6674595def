"""Everything that can go wrong between us and Meta, as one tree.

The branches are what a caller can do; the leaves say why.

* GraphError
    * RetryableError            ask the same again later; the client does so by itself
        * ThrottledError            too many calls; `wait_seconds` when Meta states it
        * UnavailableError          Meta's side failed: 5xx, HTML, truncated JSON, code 1 or 2
        * ConnectionFailedError     no answer: refused, reset, timed out
    * TooMuchDataError          ask for less: a smaller page, range or field list
    * SkippableError            leave this object out, the others can still be had
        * NotFoundError             it does not exist, or not for this token
        * PermissionDeniedError     the token or the app may not do this here
    * RequestError              fix the request
        * UnknownFieldError         Meta refuses fields; `fields` names them
        * VersionExpiredError       the API version is gone
        * RetentionError            the range begins before what Meta keeps
    * TokenError                fix the token
        * TokenExpiredError         it was good once
        * ProofError                `appsecret_proof` is missing or wrong
    * ClientClosedError         the client was closed while it waited
    * InsecureUrlError          the token would have travelled in clear
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Failure:
    """What is known of one failed call. No part of it holds a token or a proof.

    Attributes:
        message: Meta's own words, or ours where Meta said nothing.
        advice: One sentence: what a person can do about it.
        code: Meta's error code.
        subcode: Meta's `error_subcode`.
        http_status: Status of the answer, None without an answer.
        fbtrace_id: What Meta's support asks for.
        account: Account number without `act_`, where the call had one.
        edge: Last part of the path that is not an id, as `insights`.
        is_transient: Meta's own hint.
        was_left_open: Whether an earlier try of the call left open if Meta has carried it out: it
            ended in a `ConnectionFailedError` or an `UnavailableError`.
    """

    message: str
    advice: str = ""
    code: int | None = None
    subcode: int | None = None
    http_status: int | None = None
    fbtrace_id: str | None = None
    account: str | None = None
    edge: str | None = None
    is_transient: bool = False
    was_left_open: bool = False

    def sentence(self) -> str:
        """The failure for people: where, what, what to do, and what support asks for."""
        where = [f"account {self.account}"] if self.account else []
        where += [f"edge {self.edge}"] if self.edge else []
        number = "" if self.code is None else f"code {self.code}"
        number += "" if self.subcode is None else f"/{self.subcode}"
        facts = [number, f"HTTP {self.http_status}" if self.http_status else ""]
        facts += [f"fbtrace_id {self.fbtrace_id}" if self.fbtrace_id else ""]
        parts = [f"{', '.join(where)}: " if where else "", self.message.strip().rstrip(".") + "."]
        parts += [f" {self.advice}" if self.advice else ""]
        known = ", ".join(fact for fact in facts if fact)
        parts += [f" ({known})" if known else ""]
        return "".join(parts)


class GraphError(Exception):
    """Base of all errors of this package.

    Attributes:
        failure: The facts, see `Failure`.
    """

    def __init__(self, failure: Failure | str) -> None:
        self.failure = Failure(failure) if isinstance(failure, str) else failure
        super().__init__(self.failure)

    def __str__(self) -> str:
        return self.failure.sentence()

    def about(self, **facts: str | bool | None) -> Self:
        """The same error with some facts of its failure replaced, and all else kept.

        Args:
            facts: Fields of `Failure`, as `account` or `advice`.
        """
        twin = copy.copy(self)
        twin.failure = replace(self.failure, **facts)  # type: ignore[arg-type] # of those names
        twin.args = (twin.failure,)
        return twin

    @property
    def code(self) -> int | None:
        """Meta's error code."""
        return self.failure.code

    @property
    def subcode(self) -> int | None:
        """Meta's `error_subcode`."""
        return self.failure.subcode

    @property
    def account(self) -> str | None:
        """Account number without `act_`, where the call had one."""
        return self.failure.account

    @property
    def fbtrace_id(self) -> str | None:
        """Meta's id of the call."""
        return self.failure.fbtrace_id

    @property
    def advice(self) -> str:
        """What a person can do about it."""
        return self.failure.advice

    @property
    def was_left_open(self) -> bool:
        """Whether an earlier try of the call left open if Meta has carried it out.

        A call that was tried again ends with the error of its last try, which may be a refusal
        while the first one was carried out. A `ClientClosedError` need not tell of earlier tries.
        """
        return self.failure.was_left_open


class RetryableError(GraphError):
    """The same request may succeed later."""


class ThrottledError(RetryableError):
    """Too many calls.

    Attributes:
        wait_seconds: The wait that Meta states, None where it states none.
    """

    def __init__(self, failure: Failure | str, wait_seconds: float | None = None) -> None:
        super().__init__(failure)
        self.wait_seconds = wait_seconds


class UnavailableError(RetryableError):
    """Meta's side failed, or its answer could not be read."""


class ConnectionFailedError(RetryableError):
    """No answer arrived. Whether Meta has carried the request out is not known."""


class TooMuchDataError(GraphError):
    """Meta will not answer a question of this size; the same question fails again."""


class SkippableError(GraphError):
    """This object cannot be had; others are not concerned."""


class NotFoundError(SkippableError):
    """The object does not exist, or not for this token: Meta does not tell which."""


class PermissionDeniedError(SkippableError):
    """The token or its app may not do this to this object."""


class RequestError(GraphError):
    """The request is wrong and stays wrong."""


class UnknownFieldError(RequestError):
    """Meta refuses fields of the request.

    Attributes:
        fields: Their names, as Meta gives them.
    """

    def __init__(self, failure: Failure | str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(failure)
        self.fields = fields


class VersionExpiredError(RequestError):
    """Meta no longer serves this API version."""


class RetentionError(RequestError):
    """The range begins before the first day that Meta keeps."""


class TokenError(GraphError):
    """The access token does not work, for any object."""


class TokenExpiredError(TokenError):
    """The access token worked once and does no more."""


class ProofError(TokenError):
    """`appsecret_proof` is demanded and missing, or does not fit token and app secret."""


class ClientClosedError(GraphError):
    """The client was closed while a call waited."""


class InsecureUrlError(GraphError, ValueError):
    """`api_url` would send the token in clear, or is no URL at all."""
