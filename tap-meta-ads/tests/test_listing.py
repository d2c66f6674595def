"""Listing an edge, driven by hand with made-up answers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from meta_graph import (
    Call,
    Failure,
    GraphError,
    PermissionDeniedError,
    RequestError,
    TokenError,
    TooMuchDataError,
    UnavailableError,
    UnknownFieldError,
)
from tap_meta_ads.engine.place import RESTARTS
from tap_meta_ads.entities.listing import CLOCK_TOLERANCE, Newest, decode_node, instant
from tests.track_driver import NOW, Reading, in_turn, page, read, served

TOO_MUCH = TooMuchDataError(Failure("Please reduce the amount of data"))
DENIED = PermissionDeniedError(Failure("(#200) Requires business_management permission"))
DEAD = RequestError(Failure("(#100) The cursor is no longer valid", code=100))


def unknown(*names: str) -> UnknownFieldError:
    return UnknownFieldError(Failure("(#100) Tried accessing nonexisting field"), names)


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": str(number)} for number in numbers]


def test_pages_are_asked_by_cursor_until_there_is_no_next() -> None:
    made = read("ad_labels", lambda call: served(rows(*range(1200)), call))
    assert made.rows == rows(*range(1200))
    assert [call.params["after"] for call in made.calls] == [None, "500", "1000"]
    assert {(call.path, call.params["limit"]) for call in made.calls} == {("act_7/adlabels", 500)}


def test_a_page_may_be_short_or_empty_with_more_behind_it() -> None:
    made = read("ad_labels", in_turn(page(rows(1), "a"), page([], "b"), page(rows(2))))
    assert made.rows == rows(1, 2)


def test_an_empty_listing_hands_on_nothing() -> None:
    made = read("campaigns", in_turn(page([])))
    assert (made.rows, made.read_to) == ([], None)


def test_pages_in_a_circle_are_an_error() -> None:
    answers = in_turn(page(rows(1), "a"), page(rows(2), "b"), page(rows(3), "a"))
    with pytest.raises(UnavailableError, match="circle"):
        read("ad_labels", answers)


@pytest.mark.parametrize(
    ("page_size", "largest", "limits"),
    [
        (500, 500, [500]),
        (500, 499, [500, 250]),
        (500, 100, [500, 250, 125, 62]),
        (3, 1, [3, 1]),
    ],
)
def test_a_page_too_large_is_halved_and_stays_so(
    page_size: int, largest: int, limits: list[int]
) -> None:
    def answer(call: Call) -> Any:  # noqa: ANN401 - JSON
        too_much = call.params["limit"] > largest
        return TOO_MUCH if too_much else served(rows(*range(2 * limits[-1])), call)

    made = read("ads", answer, page=page_size)
    assert made.rows == rows(*range(2 * limits[-1]))
    assert [call.params["limit"] for call in made.calls] == [*limits, limits[-1]]


def test_a_page_too_large_in_the_middle_goes_on_from_its_cursor() -> None:
    made = read("ads", in_turn(page(rows(1), "a"), TOO_MUCH, page(rows(2))), page=4)
    assert made.rows == rows(1, 2)
    assert [(call.params["after"], call.params["limit"]) for call in made.calls] == [
        (None, 4),
        ("a", 4),
        ("a", 2),
    ]


def test_one_object_too_large_is_an_error() -> None:
    with pytest.raises(TooMuchDataError):
        read("ads", lambda _: TOO_MUCH)


@pytest.mark.parametrize("before", [[], [page(rows(1), "a")]], ids=["at once", "in the middle"])
def test_a_refused_field_is_left_out_from_there_on(before: list[Any]) -> None:
    made = read("ads", in_turn(*before, unknown("bid_info"), page(rows(2))))
    assert made.rows == [*(rows(1) if before else []), *rows(2)]
    first, last = made.calls[0].params, made.calls[-1].params
    assert set(first["fields"]) - set(last["fields"]) == {"bid_info"}
    assert last["after"] == ("a" if before else None)
    assert list(made.left_out) == ["bid_info"]


@pytest.mark.parametrize("name", ["id", "updated_time", "no_such_field"])
def test_a_refused_field_that_is_needed_or_was_not_asked_for_is_an_error(name: str) -> None:
    with pytest.raises(UnknownFieldError):
        read("ads", lambda _: unknown(name))


def test_a_field_that_stays_refused_does_not_go_on_for_ever() -> None:
    with pytest.raises(UnknownFieldError):
        read("ads", in_turn(unknown("bid_info"), *[unknown("status")] * 2, unknown("colour")))


def test_columns_that_take_a_role_are_left_out_together() -> None:
    def answer(call: Call) -> Any:  # noqa: ANN401 - JSON
        return DENIED if "owner" in call.params["fields"] else msgspec.Raw(b'{"account_id":"7"}')

    made = read("ad_accounts", answer)
    assert made.rows == [{"account_id": "7"}]
    assert {"owner", "funding_source_details"} <= set(made.left_out)
    assert "name" not in made.left_out
    assert any("owner" in line for line in made.log)


@pytest.mark.parametrize("stream", ["ad_accounts", "ads", "ad_pixels"])
@pytest.mark.parametrize("error", [DENIED, TokenError(Failure("expired"))], ids=["denied", "token"])
def test_what_cannot_be_coped_with_is_an_error(stream: str, error: GraphError) -> None:
    with pytest.raises(type(error)):
        read(stream, lambda _: error)


def test_an_account_is_one_node() -> None:
    made = read("ad_accounts", in_turn(msgspec.Raw(b'{"account_id":"7","age":1234.560}')))
    (call,) = made.calls
    assert (call.method, call.path) == ("GET", "act_7")
    assert "limit" not in call.params
    assert made.rows == [{"account_id": "7", "age": 1234.56}]


def test_a_node_keeps_metas_digits() -> None:
    body = bytearray(b'{"account_id": "7", "age": 1.100000000000000001}')
    assert bytes(decode_node(body)) == bytes(body)


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b"null", b'{"error":{"code":190}}', b'{"error_code":190}']
)
def test_what_is_no_node(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's or ours: what `Call.decode` promises
        decode_node(body)


def test_a_dead_cursor_begins_the_listing_again() -> None:
    made = read("ads", in_turn(page(rows(1), "a"), DEAD, page(rows(2), "a"), page(rows(3))))
    assert made.rows == rows(1, 2, 3)
    assert [call.params["after"] for call in made.calls] == [None, "a", None, "a"]


def test_a_cursor_that_always_dies_is_an_error() -> None:
    made = Reading()
    with pytest.raises(RequestError):
        read("ads", lambda call: DEAD if call.params["after"] else page(rows(1), "a"), made)
    assert len(made.calls) == 2 * (RESTARTS + 1)


def test_a_complaint_about_a_cursor_without_one_is_an_error() -> None:
    with pytest.raises(RequestError):
        read("ads", lambda _: DEAD)


@pytest.mark.parametrize("include_deleted", [True, False])
def test_what_is_asked_since_a_bookmark(*, include_deleted: bool) -> None:
    since = datetime(2026, 11, 1, tzinfo=timezone.utc)
    made = read("ads", in_turn(page([])), since=since, include_deleted=include_deleted)
    filters = {one["field"]: one["value"] for one in made.calls[0].params["filtering"]}
    assert filters.pop("ad.updated_time") == int(since.timestamp()) - 1
    assert list(filters) == (["ad.delivery_info"] if include_deleted else [])


EARLY = datetime(2026, 11, 1, tzinfo=timezone.utc)
LATER = datetime(2026, 11, 2, 7, tzinfo=timezone.utc)
SAFE = NOW - CLOCK_TOLERANCE


@pytest.mark.parametrize(
    ("since", "times", "expected"),
    [
        (None, [], None),
        (EARLY, [], EARLY),
        (None, ["2026-11-02T00:00:00+0000", "2026-11-01T23:00:00-0800"], LATER),
        (EARLY, ["2026-10-01T00:00:00+0000"], EARLY),
        # Changed while it was listed, or by a clock ahead of ours.
        (EARLY, ["2026-11-20T11:59:00+0000"], SAFE),
        (EARLY, ["2027-01-01T00:00:00+0000"], SAFE),
        (EARLY, ["no time"], EARLY),
    ],
)
def test_the_bookmark_is_the_newest_change_before_the_run(
    since: datetime | None, times: list[str], expected: datetime | None
) -> None:
    changed = [{"id": str(nth), "updated_time": time} for nth, time in enumerate(times)]
    made = read("campaigns", in_turn(page(changed)), since=since)
    assert made.read_to == expected


def test_what_is_read_whole_has_no_bookmark() -> None:
    made = read("ad_images", in_turn(page([{"id": "7:a", "updated_time": "2026-11-02T00:00:00Z"}])))
    assert made.read_to is None


def test_rows_that_are_none_do_not_stop_the_search_for_the_newest() -> None:
    newest = Newest("updated_time")
    odd = [msgspec.Raw(text) for text in (b"[]", b'{"updated_time":5}', b"{}", b"null")]
    assert newest.seen(odd) == odd
    assert newest.time is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T04:00:00-0800", NOW),
        ("2026-11-20T12:00:00+00:00", NOW),
        ("2026-11-20T12:00:00.500000+00:00", NOW + timedelta(seconds=0.5)),
        ("2026-11-20T12:00:00", None),
        ("2026-11-20", None),
        ("", None),
        (None, None),
        (1_700_000_000, None),
        ("0001-01-01T00:00:00+1400", None),
    ],
)
def test_instant(text: object, expected: datetime | None) -> None:
    assert instant(text) == expected
