"""Pages of an edge, as they come."""

from __future__ import annotations

import json

import msgspec
import pytest

from tap_meta_ads.engine.tasks import decode_page


def rows(body: bytes) -> list[object]:
    return [msgspec.json.decode(row) for row in decode_page(body).data]


def test_rows_stay_as_meta_wrote_them() -> None:
    page = decode_page(b'{"data": [{"spend": "1.50"}, {}], "paging": {"cursors": {"after": "x"}}}')
    assert [bytes(row) for row in page.data] == [b'{"spend": "1.50"}', b"{}"]
    assert page.paging == {"cursors": {"after": "x"}}


@pytest.mark.parametrize("paging", [[], {}, None])
def test_paging_may_be_anything_when_there_is_nothing_to_tell(paging: object) -> None:
    assert decode_page(json.dumps({"data": [], "paging": paging}).encode()).paging == paging


def test_half_an_emoji_costs_one_character() -> None:
    body = b'{"data": [{"name": "Sale \\ud83d", "id": "1"}, {"id": "2"}], "paging": {}}'
    assert rows(body) == [{"name": "Sale ?", "id": "1"}, {"id": "2"}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"data": [{"id": "1"}',
        b'{"data": {}}',
        b"[]",
        b'{"error": {"code": 1, "message": "\\ud83d"}}',
        b'{"id": "\\ud83d"}',
    ],
)
def test_what_is_no_page_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_page(body)
