"""A call may parse its own good answers; what that refuses is understood as ever."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import (
    Answer,
    Call,
    GraphClient,
    GraphError,
    Later,
    NotFoundError,
    ThrottledError,
    TooMuchDataError,
    UnavailableError,
    check_page,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import GraphServer

    Make = Callable[..., GraphClient]


@dataclass
class Rows:
    """What a typed decoder makes of a page."""

    data: list[Any]


def rows(body: bytes | bytearray) -> Rows:
    """Parse a page, and refuse everything else, as a typed decoder does."""
    value = json.loads(body)
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        raise ValueError("no page")  # noqa: TRY004 - what decoders raise
    return Rows(value["data"])


PAGE = Call("GET", "act_1200/ads", decode=rows)


def part(body: str, code: int = 200) -> dict[str, Any]:
    return {"code": code, "headers": [], "body": body}


def test_the_payload_is_what_the_call_makes_of_it(server: GraphServer, client: GraphClient) -> None:
    server.reply({"data": [1]}, times=3)
    assert client.send(PAGE) == Rows([1])
    assert client.attempts(PAGE, check_page).next() == Answer(Rows([1]))
    assert client.get("act_1200/ads") == {"data": [1]}  # other calls keep the client's


def test_parts_of_a_batch_parse_their_own(server: GraphServer, client: GraphClient) -> None:
    server.reply([part('{"data": [1]}'), part('{"data": [2]}')])
    assert client.batch([PAGE, Call("GET", "act_1200/ads")]) == [Rows([1]), {"data": [2]}]


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, {"code": 100, "error_subcode": 33}, NotFoundError),
        (500, {"code": 1, "message": "Please reduce the amount of data"}, TooMuchDataError),
        (200, {"code": 100, "error_subcode": 33}, NotFoundError),  # Meta does that too
        (400, {"code": 17}, ThrottledError),
    ],
)
def test_errors_are_understood_as_ever(
    server: GraphServer, make: Make, status: int, error: dict[str, Any], expected: type[GraphError]
) -> None:
    body = json.dumps({"error": {"message": "made up", **error}})
    client = make(max_retry_seconds=0)
    server.reply(status=status, body=body.encode())
    with pytest.raises(expected, match="account 1200, edge ads"):
        client.send(PAGE)
    server.reply([part(body, status)])
    (outcome,) = client.batch([PAGE])
    assert type(outcome) is expected


def test_a_decoder_that_takes_anything_sees_no_error(server: GraphServer, make: Make) -> None:
    seen: list[bytes] = []
    call = Call("GET", "act_1200/ads", decode=lambda body: seen.append(bytes(body)))
    server.error(100, error_subcode=33)
    with pytest.raises(NotFoundError):
        make().send(call)
    assert seen == []


@pytest.mark.parametrize(
    "answer",
    [
        {"body": b""},
        {"body": b"<html>busy</html>"},
        {"body": b'{"data": [1, 2'},
        {"body": b"[" * 100_000},
        {"json_body": {"data": [1]}, "fault": "cut"},
        {"json_body": {"data": [1]}, "fault": "cut_gzip"},
        {"json_body": {"data": [1]}, "fault": "reset_body"},
        {"body": b"<html>bad gateway</html>", "status": 502},
        {"body": b"", "status": 500},
        {"body": b'{"error": {"me', "status": 400},
        {"json_body": {}},
        {"json_body": []},
        {"json_body": {"data": {}}},
    ],
)
def test_what_cannot_be_read_is_asked_again(
    server: GraphServer, client: GraphClient, answer: dict[str, Any]
) -> None:
    server.reply(**answer)
    server.reply({"data": [7]})
    attempts = client.attempts(PAGE)
    assert isinstance(attempts.next(), Later)
    assert attempts.next() == Answer(Rows([7]))


@pytest.mark.parametrize("body", ["", "<html>", '{"data": [', "{}", "[]"])
def test_a_part_that_cannot_be_read_is_asked_again(
    server: GraphServer, client: GraphClient, body: str
) -> None:
    server.reply([part(body), part('{"data": [1]}')])
    server.reply([part('{"data": [2]}')])
    assert client.batch([PAGE, PAGE]) == [Rows([2]), Rows([1])]


def test_an_answer_of_another_form_says_so(server: GraphServer, make: Make) -> None:
    server.reply({"id": "1"})
    with pytest.raises(UnavailableError) as caught:
        make(max_retry_seconds=0).send(PAGE)
    assert str(caught.value).startswith(
        "account 1200, edge ads: Meta sent an answer of another form than expected."
    )


def test_an_error_of_the_decoder_itself_is_not_hidden(
    server: GraphServer, client: GraphClient
) -> None:
    def broken(_body: object) -> None:
        raise TypeError("a bug")

    server.reply({})
    with pytest.raises(TypeError, match="a bug"):
        client.send(Call("GET", "me", decode=broken))


def test_no_secret_reaches_a_decoder(server: GraphServer, make: Make) -> None:
    seen: list[bytes] = []

    def keep(body: bytes | bytearray) -> Rows:
        seen.append(bytes(body))
        return rows(body)

    following = "https://x.example/?access_token=made-up&after=A"
    server.reply({"data": [{"name": "a=b"}] * 1000, "paging": {"next": following}})
    make(access_token="made-up").send(Call("GET", "act_1200/ads", decode=keep))
    assert b"made-up" not in seen[0]
    assert (
        json.loads(seen[0])["paging"]["next"] == "https://x.example/?access_token=[hidden]&after=A"
    )


def test_calls_are_equal_and_shown_without_their_decoder() -> None:
    assert Call("GET", "act_1200/ads") == PAGE
    assert "decode" not in repr(PAGE)


@pytest.mark.parametrize("payload", [{"data": []}, Rows([]), Rows([1])])
def test_pages(payload: object) -> None:
    assert check_page(payload) is None


@pytest.mark.parametrize("payload", [{}, {"data": {}}, [], None, "data", Rows(None), object()])  # type: ignore[arg-type] # what a careless decoder makes
def test_no_pages(payload: object) -> None:
    assert isinstance(check_page(payload), UnavailableError)
