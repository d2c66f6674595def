"""Accounts that cannot be read: left out in words that say of which run and query, or an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from meta_graph import (
    Failure,
    GraphClient,
    Incoming,
    NotFoundError,
    PermissionDeniedError,
    UnavailableError,
)
from tap_meta_ads import settings
from tap_meta_ads.accounts import Accounts
from tap_meta_ads.summary.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "120000000000000001"
DENIED = PermissionDeniedError(Failure("No permission"))


@pytest.fixture
def client() -> Iterator[GraphClient]:
    with GraphClient("token", api_url="http://127.0.0.1:1") as client:
        yield client


def accounts(client: GraphClient, on_account_error: str) -> Accounts:
    config = {"access_token": "token", "on_account_error": on_account_error}
    summary = Summary("8c1f0a2b77e1")
    summary.of(ACCOUNT, "ads_insights").begin(query_hash="1f0c99d2aa")
    return Accounts(client, settings.parse(config), summary)


def test_who_is_left_out_is_told_with_run_account_and_query(
    client: GraphClient, caplog: pytest.LogCaptureFixture
) -> None:
    skipping = accounts(client, "skip")
    with skipping.guard(ACCOUNT, "ads_insights"):
        raise DENIED
    assert skipping.skipped == {(ACCOUNT, "ads_insights"): str(DENIED)}
    words = f"Account {ACCOUNT} is left out of ads_insights: {DENIED}"
    assert caplog.messages == [f"{words} [run 8c1f0a2b, account {ACCOUNT}, query 1f0c99d2]"]


def test_or_the_run_fails(client: GraphClient, caplog: pytest.LogCaptureFixture) -> None:
    failing = accounts(client, "fail")
    with pytest.raises(PermissionDeniedError), failing.guard(ACCOUNT, "ads_insights"):
        raise DENIED
    assert failing.skipped == {}
    assert not caplog.messages


def test_what_is_no_account_s_fault_leaves_nobody_out(client: GraphClient) -> None:
    skipping = accounts(client, "skip")
    with pytest.raises(UnavailableError), skipping.guard(ACCOUNT, "ads_insights"):
        raise UnavailableError(Failure("Down"))
    assert skipping.skipped == {}


class Twice:
    """Lists one account twice, as a list that changes while it is read can."""

    def send(self, _: object) -> Incoming:
        entries = [{"account_id": ACCOUNT, "id": f"act_{ACCOUNT}", "name": "A"}] * 2
        return Incoming(200, {}, json.dumps({"data": entries}).encode())

    def close(self) -> None:
        """Nothing is open."""


def test_an_account_that_is_listed_twice_is_read_once() -> None:
    with GraphClient("token", transport=Twice()) as client:
        assert [one.id for one in accounts(client, "skip").all] == [ACCOUNT]


def test_an_account_that_is_listed_no_more_is_left_out_and_named() -> None:
    lost = "120000000000000002"
    with GraphClient("token", transport=Twice()) as client:
        skipping = accounts(client, "skip")
        skipping.check_none_lost([lost, ACCOUNT])
        (words,) = skipping.left_out
        assert words.startswith(f"Account {lost} is left out: Meta lists it no more. Assign it")
        failing = accounts(client, "fail")
        failing.check_none_lost([ACCOUNT])
        with pytest.raises(NotFoundError, match="lists it no more"):
            failing.check_none_lost([lost])
