from __future__ import annotations

import datetime as dt

import pytest

from target_meta_ads.audiences import rows
from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.normalisation.keys import (
    KEYS,
    audience_birth_date,
    ip_address,
    person_columns,
    plain_text,
)
from target_meta_ads.normalisation.slots import country_of, values_of

TODAY = dt.date(2026, 11, 20)


class TestTheDeclaration:
    def test_every_key_of_an_audience_has_a_column(self) -> None:
        declared = [name for key in KEYS for name in key.audience]
        options = [name for name in rows.KEYS if name.startswith("DATA_PROCESSING_OPTIONS")]
        assert sorted([*declared, *options]) == sorted(rows.KEYS)

    def test_what_rows_hold_as_digests_is_hashed_here(self) -> None:
        for key in KEYS:
            for name in key.audience:
                is_hashed = key.form.value in {"hashed", "repeated"}
                assert is_hashed is (name in rows.HASHED_KEYS), name

    def test_no_key_is_declared_twice(self) -> None:
        columns = [(key.column, bool(key.audience)) for key in KEYS if key.audience]
        events = [key.event for key in KEYS if key.event]
        assert len(set(columns)) == len(columns)
        assert len(set(events)) == len(events)

    def test_meta_hashes_what_tells_of_a_person(self) -> None:
        hashed = {key.event for key in KEYS if key.form.value in {"hashed", "repeated"}} - {None}
        assert hashed == set("em ph fn ln db ge ct st zp country".split())


class TestPersonColumns:
    def test_our_names_and_the_ones_that_stand_for_them(self) -> None:
        found = person_columns({"email": "contact_mail", "external_id": "customer", "value": "ltv"})
        assert {"email", "contact_mail", "phone", "first_name", "client_ip_address"} <= found
        assert not found & {"external_id", "customer", "value", "ltv", "lead_id", "page_id"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0:0:0:0:1/128", "2001:DB8:0:0:0:0:0:1"),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
        (b"203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", Drop.PLACEHOLDER),
        ("0.0.0.0", Drop.PLACEHOLDER),
        ("::1", Drop.PLACEHOLDER),
        ("null", Drop.PLACEHOLDER),
        ("", Drop.EMPTY),
        (None, Drop.EMPTY),
        ("203.0.113", Drop.NOT_TEXT),
        ("203.0.113.7, 10.0.0.1", Drop.NOT_TEXT),
        ("localhost", Drop.NOT_TEXT),
        ("12:30", Drop.NOT_TEXT),
    ],
)
def test_ip_addresses(value: object, expected: object) -> None:
    assert ip_address(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("fb.1.1700000000000.AbCdEf", "fb.1.1700000000000.AbCdEf"),
        (" x ", "x"),
        ("undefined", Drop.PLACEHOLDER),
        ("NULL", Drop.PLACEHOLDER),
        ("", Drop.EMPTY),
        (True, Drop.NOT_TEXT),
    ],
)
def test_what_is_sent_as_it_is(value: object, expected: object) -> None:
    assert plain_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1997-02-16", "19970216"),
        (dt.date(1997, 2, 16), "19970216"),
        ("a" * 64, Drop.UNREADABLE_DATE),
        (None, Drop.EMPTY),
    ],
)
def test_birth_dates_of_audiences(value: object, expected: object) -> None:
    assert audience_birth_date(value, TODAY) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        (("a",), ["a"]),
        ('["a", 1, null]', ["a", 1, None]),
        ("[]", []),
        ("[a]", ["[a]"]),
        ("[" * 5000, ["[" * 5000]),
        ('{"a": 1}', ['{"a": 1}']),
        ({"a": 1}, [{"a": 1}]),
        ("a", ["a"]),
        (None, [None]),
    ],
)
def test_the_values_of_a_cell(cell: object, expected: list[object]) -> None:
    assert values_of(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("France", "fr"),
        ("FRA", "fr"),
        (None, "de"),
        ("", "de"),
        ("n/a", "de"),
        ([], "de"),
        ([None, "fr"], "fr"),
        ('["fr"]', "fr"),
        ("Atlantis", None),
        (["Atlantis", ""], None),
        ("a" * 64, None),
        (7, None),
    ],
)
def test_the_country_of_a_person(cell: object, expected: str | None) -> None:
    assert country_of(cell, "de") == expected
