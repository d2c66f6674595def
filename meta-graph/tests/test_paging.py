"""Pages of an edge, as Meta really sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import (
    GraphClient,
    NotFoundError,
    Page,
    RequestError,
    TokenError,
    TooMuchDataError,
    UnavailableError,
    halved,
    next_cursor,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import FakeClock, GraphServer

    Make = Callable[..., GraphClient]

TOO_MUCH = "Please reduce the amount of data you're asking for, then retry your request"


def page(*ids: str, after: str | None = None, last: bool = False) -> dict[str, Any]:
    """Write a page as Meta does: cursors on the last one too, `next` with the token in it."""
    paging: dict[str, Any] = {"cursors": {"before": "MAZDZD", "after": after}}
    if not last:
        paging["next"] = f"https://graph.facebook.com/v26.0/x?access_token=secret&after={after}"
    return {"data": [{"id": one} for one in ids], "paging": paging}


def ids(pages: list[Page]) -> list[str]:
    return [row["id"] for page_ in pages for row in page_.data]


@pytest.mark.parametrize(
    ("paging", "cursor"),
    [
        ({"cursors": {"after": "A"}, "next": "https://x.example/?after=B"}, "A"),
        ({"next": "https://x.example/?limit=5&after=QVFI%3D&pretty=0"}, "QVFI="),
        ({"cursors": [], "next": "https://x.example/?after=A"}, "A"),
        ({"cursors": {"after": 12}, "next": "https://x.example/"}, "12"),
        ({"cursors": {"after": "A"}}, None),
        ({"cursors": {"after": "A"}, "previous": "https://x.example/"}, None),
        ({"next": ""}, None),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_next_cursor(paging: dict[str, Any] | None, cursor: str | None) -> None:
    assert next_cursor(paging) == cursor


@pytest.mark.parametrize("following", ["https://x.example/?offset=25", "https://x.example/", True])
def test_a_next_page_without_a_cursor_is_not_the_end(following: object) -> None:
    with pytest.raises(RequestError, match="without a cursor"):
        next_cursor({"next": following})


@pytest.mark.parametrize(("limit", "smaller"), [(500, 250), (3, 1), (2, 1), (1, None), (0, None)])
def test_halved(limit: int, smaller: int | None) -> None:
    assert halved(limit) == smaller


def test_all_pages_by_their_cursors(server: GraphServer, client: GraphClient) -> None:
    server.reply(page("1", "2", after="A"))
    server.reply(page("3", after="B"))  # shorter than asked for
    server.reply(page(after="C"))  # empty, with more behind it
    server.reply(page("4", "5", after="D", last=True))
    pages = list(client.pages("act_1200/ads", {"fields": ["id"]}, limit=2))
    assert ids(pages) == ["1", "2", "3", "4", "5"]
    assert [page_.number for page_ in pages] == [1, 2, 3, 4]
    assert [request.query for request in server.received] == [
        {"fields": "id", "limit": "2"},
        {"fields": "id", "limit": "2", "after": "A"},
        {"fields": "id", "limit": "2", "after": "B"},
        {"fields": "id", "limit": "2", "after": "C"},
    ]


def test_an_empty_edge(server: GraphServer, client: GraphClient) -> None:
    server.reply({"data": []})
    (only,) = client.pages("act_1200/ads")
    assert (only.data, only.number) == ([], 1)


def test_what_stands_beside_the_rows_is_kept(server: GraphServer, client: GraphClient) -> None:
    server.reply({"data": [], "summary": {"total_count": 7}})
    (only,) = client.pages("act_1200/ads")
    assert only.payload["summary"] == {"total_count": 7}


def test_a_page_does_not_show_its_rows_when_it_is_logged() -> None:
    shown = repr(Page([{"full_name": "Ann"}], 3, {"data": [{"full_name": "Ann"}]}))
    assert shown == "Page(number=3)"


def test_a_listing_may_begin_in_the_middle(server: GraphServer, client: GraphClient) -> None:
    server.reply(page("9", after="Z", last=True))
    assert ids(list(client.pages("act_1200/ads", {"after": "Y"}))) == ["9"]
    assert server.received[0].query == {"limit": "500", "after": "Y"}


def test_pages_are_asked_one_by_one(server: GraphServer, client: GraphClient) -> None:
    server.reply(page("1", after="A"))
    pages = client.pages("act_1200/ads")
    assert server.received == []
    assert next(pages).data == [{"id": "1"}]
    assert len(server.received) == 1


@pytest.mark.parametrize("error", [(1, None, 500, TOO_MUCH), (100, 1487534, 400, "Too much")])
def test_a_page_too_large_is_halved_from_the_same_cursor(
    server: GraphServer, client: GraphClient, error: tuple[int, int | None, int, str]
) -> None:
    code, subcode, status, message = error
    server.reply(page("1", "2", "3", after="A"))
    server.error(code, message, status=status, error_subcode=subcode, times=2)
    server.reply(page("4", after="B"))
    server.reply(page("5", after="C", last=True))
    assert ids(list(client.pages("act_1200/ads", limit=7))) == ["1", "2", "3", "4", "5"]
    asked = [(request.query["limit"], request.query.get("after")) for request in server.received]
    assert asked == [("7", None), ("7", "A"), ("3", "A"), ("1", "A"), ("1", "B")]


def test_one_row_alone_too_large(server: GraphServer, client: GraphClient) -> None:
    server.error(1, TOO_MUCH, status=500, times=3)
    with pytest.raises(TooMuchDataError, match="Ask for fewer rows"):
        list(client.pages("act_1200/ads", limit=4))
    assert [request.query["limit"] for request in server.received] == ["4", "2", "1"]


def test_a_failed_page_is_asked_again_from_its_cursor(
    server: GraphServer, client: GraphClient, clock: FakeClock
) -> None:
    server.reply(page("1", after="A"))
    server.reply(status=503, body=b"<html>")
    server.reply(page("2", after="B", last=True))
    assert ids(list(client.pages("act_1200/ads"))) == ["1", "2"]
    assert [request.query.get("after") for request in server.received] == [None, "A", "A"]
    assert len(clock.waits) == 1


@pytest.mark.parametrize("answer", [{}, [], True, {"data": None}, {"data": {}}, {"id": "1"}])
def test_an_answer_that_is_no_page_is_asked_again(
    server: GraphServer, make: Make, answer: object
) -> None:
    server.reply(answer)
    server.reply(page("1", last=True))
    assert ids(list(make().pages("act_1200/ads"))) == ["1"]
    server.reply(answer)
    with pytest.raises(UnavailableError, match=r"account 1200, edge ads: .* without `data`"):
        list(make(max_retry_seconds=0).pages("act_1200/ads"))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_pages_in_a_circle(server: GraphServer, client: GraphClient, length: int) -> None:
    cursors = [f"C{number % length}" for number in range(length + 1)]
    for number, cursor in enumerate(cursors):
        server.reply(page(str(number), after=cursor))
    with pytest.raises(UnavailableError, match=r"account 1200, edge ads: .* in a circle"):
        list(client.pages("act_1200/ads"))
    assert len(server.received) == length + 1


def test_other_errors_end_a_listing(server: GraphServer, client: GraphClient) -> None:
    server.reply(page("1", after="A"))
    server.error(190, "expired", error_subcode=463)
    pages = client.pages("act_1200/ads")
    assert next(pages).number == 1
    with pytest.raises(TokenError):
        next(pages)


def test_an_account_that_the_path_does_not_tell(server: GraphServer, make: Make) -> None:
    server.reply({}, status=404)
    with pytest.raises(NotFoundError, match="account 77, edge insights"):
        list(make().pages("900000000000001/insights", account="77"))
