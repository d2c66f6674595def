"""The ad accounts of a run: which there are, and which could not be read."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from meta_graph import (
    Call,
    Failure,
    GraphClient,
    GraphError,
    NotFoundError,
    SkippableError,
    UnknownFieldError,
)
from tap_meta_ads.fields import without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_meta_ads.settings import Settings
    from tap_meta_ads.summary.summary import Summary

FIELDS = ("account_id", "timezone_name", "currency")
NEEDED = frozenset({"account_id"})

_LOST = (
    "Assign it to the token's user again in Business settings, or name the accounts that are "
    "wanted in `account_ids`."
)

_logger = logging.getLogger("tap-meta-ads")


class NoAccountError(Exception):
    """No ad account is left to read."""


@dataclass(frozen=True)
class Account:
    """One ad account.

    Attributes:
        id: Its number, without `act_`.
        timezone_name: Its time zone, in which Meta counts its days.
        currency: What it pays in, as `EUR`.
    """

    id: str
    timezone_name: str | None = None
    currency: str | None = None

    @property
    def path(self) -> str:
        """Its path in the Graph API."""
        return f"act_{self.id}"


class Accounts:
    """The accounts of a run, found on first use.

    Args:
        client: Client of the Graph API.
        settings: `account_ids` and `on_account_error` count here.
        summary: Knows what a log line about an account is about.
    """

    def __init__(self, client: GraphClient, settings: Settings, summary: Summary) -> None:
        self._client = client
        self._settings = settings
        self._summary = summary
        self.skipped: dict[tuple[str, str], str] = {}
        """Account and stream, and why it was left out. The stream is `*` for all."""

    @property
    def left_out(self) -> list[str]:
        """What was left out and why, a sentence each."""
        return [
            f"Account {account_id} is left out{'' if stream == '*' else f' of {stream}'}: {reason}"
            for (account_id, stream), reason in self.skipped.items()
        ]

    @cached_property
    def all(self) -> tuple[Account, ...]:
        """The accounts that can be read, in the order of the setting or of Meta.

        Raises:
            NoAccountError: There is none.
            GraphError: With `on_account_error: fail`, the first that could not be read.
        """
        if found := self._found():
            return found
        if self.skipped:
            raise NoAccountError(f"No ad account is left. {' '.join(self.left_out)}")
        raise NoAccountError(
            "The token can read no ad account. Assign ad accounts to its user or system user in "
            "Business settings, or set `account_ids`."
        )

    def __getitem__(self, account_id: str) -> Account:
        """The account of a number."""
        return {account.id: account for account in self.all}[account_id]

    @contextmanager
    def guard(self, account_id: str, stream: str) -> Iterator[None]:
        """What to do when one account cannot be read: leave it out, or fail.

        Only what Meta refuses for this account is caught: a failing network or token is nobody's
        account's fault.
        """
        try:
            yield
        except SkippableError as error:
            if self._settings.on_account_error == "fail":
                raise
            self.skipped[account_id, stream] = str(error)
            self._summary.about(_logger, account_id, stream).warning("%s", self.left_out[-1])

    def check_none_lost(self, known: Iterable[str]) -> None:
        """Leave out, in words, what runs before have read and Meta lists no more.

        A list in `account_ids` says by itself what is wanted.

        Args:
            known: Numbers of accounts.

        Raises:
            NotFoundError: With `on_account_error: fail`, for the first.
        """
        if self._settings.account_ids:
            return
        for account_id in sorted({*known} - {account.id for account in self.all}):
            with self.guard(account_id, "*"):
                raise NotFoundError(Failure("Meta lists it no more", advice=_LOST))

    def check_any_read(self, streams: set[str]) -> None:
        """Fail a run in which no account could be read at all.

        Args:
            streams: The streams that were asked for.

        Raises:
            NoAccountError: Every account was left out of every stream.
        """
        if streams and all(
            (account.id, stream) in self.skipped for account in self.all for stream in streams
        ):
            raise NoAccountError(f"No ad account is left. {self.left_out[0]}")

    def _found(self) -> tuple[Account, ...]:
        read = self._named if self._settings.account_ids else self._discovered
        asked: tuple[str, ...] = FIELDS
        while True:
            try:
                # One that is listed twice is read once.
                return tuple({account.id: account for account in read(asked)}.values())
            except UnknownFieldError as error:
                # Without its time zone an account's day is that of UTC; see `dates.today_in`.
                asked = without(asked, error, NEEDED, _logger)

    def _discovered(self, asked: tuple[str, ...]) -> Iterator[Account]:
        for page in self._client.pages("me/adaccounts", {"fields": asked}, limit=200):
            for entry in page.data:
                yield _account(entry)

    def _named(self, asked: tuple[str, ...]) -> Iterator[Account]:
        ids = self._settings.account_ids
        calls = [Call("GET", f"act_{account_id}", {"fields": asked}) for account_id in ids]
        for account_id, outcome in zip(ids, self._client.batch(calls), strict=True):
            with self.guard(account_id, "*"):
                if isinstance(outcome, GraphError):
                    raise outcome
                yield _account(outcome)


def _account(entry: Mapping[str, Any]) -> Account:
    number = str(entry.get("account_id") or entry.get("id", "")).removeprefix("act_")
    if not number:
        raise GraphError("Meta sent an ad account without an id")
    return Account(number, entry.get("timezone_name"), entry.get("currency"))
