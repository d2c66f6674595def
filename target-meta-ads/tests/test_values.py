# ruff: noqa: ANN401 - a cell and what is read of it may be anything
from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_meta_ads.normalisation import values as cells
from target_meta_ads.normalisation.values import Unreadable
from target_meta_ads.records import ENCODER

# 2026-11-20T12:00:00Z
NOON = 1_795_176_000
NOTHING = [Decimal("sNaN"), None, "", "  ", "null", "None", "n/a", float("nan"), Decimal("NaN")]
READERS = [
    cells.words,
    cells.word,
    cells.currency,
    cells.number,
    cells.whole,
    cells.flag,
    cells.seconds,
    cells.structure,
    cells.items,
    cells.ids,
    cells.options,
    cells.of_few(cells.words),
]
ANYTHING = st.one_of(
    st.none(),
    st.text(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.binary(),
    st.dates(),
    st.datetimes(timezones=st.one_of(st.none(), st.just(dt.timezone.utc))),
    st.recursive(
        st.one_of(st.none(), st.text(), st.integers()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)
        ),
        max_leaves=5,
    ),
)


@pytest.mark.parametrize("read", READERS)
@given(ANYTHING)
def test_a_reader_gives_what_json_holds_or_says_that_it_cannot(read: Any, value: object) -> None:
    try:
        found = read(value)
    except Unreadable as error:
        assert error.args == ()  # noqa: PT017 - most values are read; what is said of others is nothing
        return
    ENCODER.encode(found)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("value", NOTHING)
def test_nothing_is_nothing(read: Any, value: object) -> None:
    assert read(value) is None


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        float(NOON),
        Decimal(NOON),
        Decimal(f"{NOON}.9"),
        str(NOON),
        f"{NOON}.25",
        NOON * 1000,
        NOON * 1000 + 999,
        str(NOON * 1000),
        NOON * 10**6,
        NOON * 10**9,
        "2026-11-20T12:00:00Z",
        "2026-11-20T12:00:00.999999Z",
        "2026-11-20T12:00:00",
        "2026-11-20T13:00:00+01:00",
        "2026-11-20T13:00:00+0100",
        "2026-11-20 12:00:00",
        "2026-11-20 12:00:00+00",
        "2026-11-20 12:00:00.123456+00",
        "2026-11-20 07:00:00-05",
        "2026-11-20 12:00:00 UTC",
        "2026-11-20 12:00:00.1 +00:00",
        "2026-11-20 12:00",
        " 2026-11-20t12:00:00z ",
        dt.datetime(2026, 11, 20, 12, tzinfo=dt.timezone.utc),
        dt.datetime(2026, 11, 20, 12),  # noqa: DTZ001 - what a stream map may give
        dt.datetime(2026, 11, 20, 14, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    ],
)
def test_seconds(value: object) -> None:
    assert cells.seconds(value) == NOON


def test_a_day_is_its_midnight() -> None:
    assert cells.seconds("2026-11-20") == cells.seconds(dt.date(2026, 11, 20)) == NOON - 43_200


@pytest.mark.parametrize(
    "value",
    [
        Decimal("Infinity"),
        "yesterday",
        "20.11.2026",
        "2026-13-01",
        "2026-11-20T25:00:00Z",
        "12:00",
        True,
        [NOON],
        {},
    ],
)
def test_no_seconds(value: object) -> None:
    with pytest.raises(Unreadable):
        cells.seconds(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("12.50"), "12.50"),
        ("12.50", "12.50"),
        ("1234567890123456.78", "1234567890123456.78"),
        (3, "3"),
        ("3", "3"),
        (0.1, "0.1"),
        (-2, "-2"),
        ("+4.", "4"),
        (".5", "0.5"),
        ("1e3", "1E+3"),
        (Decimal("0.00"), "0.00"),
    ],
)
def test_numbers_keep_their_digits(value: object, expected: str) -> None:
    found = cells.number(value)
    assert ENCODER.encode(found).decode() == expected
    assert json.loads(expected) == float(str(found))


@pytest.mark.parametrize(
    "value",
    ["12,50", "12 EUR", "€12", True, [], "1_000", "٣", "inf", float("inf"), 10**40, "1e99"],
)
def test_no_numbers(value: object) -> None:
    with pytest.raises(Unreadable):
        cells.number(value)


@pytest.mark.parametrize(("value", "expected"), [(3, 3), (3.0, 3), ("3.00", 3), (Decimal(3), 3)])
def test_whole(value: object, expected: int) -> None:
    assert cells.whole(value) == expected
    assert type(cells.whole(value)) is int


@pytest.mark.parametrize("value", [3.5, "3.5", "three"])
def test_not_whole(value: object) -> None:
    with pytest.raises(Unreadable):
        cells.whole(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        ("True", True),
        ("f", False),
        (1, True),
        (0, False),
        (Decimal(1), True),
        ("no", False),
    ],
)
def test_flags(value: object, expected: object) -> None:
    assert cells.flag(value) is expected


@pytest.mark.parametrize("value", ["maybe", 2, [True]])
def test_no_flags(value: object) -> None:
    with pytest.raises(Unreadable):
        cells.flag(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["LDU"], ["LDU"]),
        ('["LDU"]', ["LDU"]),
        ("ldu", ["LDU"]),
        (True, ["LDU"]),
        (False, []),
        ([], []),
        ("[]", []),
        ([""], []),
        ("", None),
        (None, None),
    ],
)
def test_options(value: object, expected: object) -> None:
    assert cells.options(value) == expected


@pytest.mark.parametrize("value", ["LDU2", ["LDU", "X"], 1, "[LDU", {"LDU": True}, [["LDU"]]])
def test_no_options(value: object) -> None:
    with pytest.raises(Unreadable):
        cells.options(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a", 1, None, ""], ["a", "1"]),
        ('["a", 1.0]', ["a", "1"]),
        ("a", ["a"]),
        (17, ["17"]),
        ([], None),
        ("[]", None),
    ],
)
def test_ids(value: object, expected: object) -> None:
    assert cells.ids(value) == expected


def test_contents_as_json_text_keep_their_digits() -> None:
    text = '[{"id": "a", "quantity": 2, "item_price": 12.50}]'
    found = cells.items(text)
    assert ENCODER.encode(found) == b'[{"id":"a","quantity":2,"item_price":12.50}]'


@pytest.mark.parametrize("value", [{"a": 1}, '{"a": 1}', b'{"a": 1}'])
def test_structures(value: object) -> None:
    assert cells.structure(value) == {"a": 1}


@pytest.mark.parametrize("value", ["[1]", "text", "{", 1, [1]])
def test_no_structures(value: object) -> None:
    with pytest.raises(Unreadable):
        cells.structure(value)


def test_codes_are_written_as_meta_writes_them() -> None:
    assert cells.currency(" eur ") == "EUR"
    assert cells.word("Website ") == "website"
    assert {"EUR", "USD", "JPY"} <= cells.currencies()
    assert "XYZ" not in cells.currencies()
