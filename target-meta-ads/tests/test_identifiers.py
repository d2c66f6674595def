from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest

from target_meta_ads.normalisation import birth_dates
from target_meta_ads.normalisation import identifiers as ids
from target_meta_ads.normalisation.cells import Drop, text

TODAY = date(2026, 11, 21)
WIDE = str.maketrans({digit: chr(0xFF10 + int(digit)) for digit in "0123456789"})
"""The digits of East Asian keyboards."""


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (" a\t", "a"),
        ("", Drop.EMPTY),
        (" \n", Drop.EMPTY),
        ("\u200b\ufeff\xa0", Drop.EMPTY),
        ("\ufeffmary ", "mary"),
        ("e\u0301", "é"),
        ("\ud800", Drop.NOT_TEXT),
        (None, Drop.EMPTY),
        (True, Drop.NOT_TEXT),
        (7, "7"),
        (6505551212.0, "6505551212"),
        (2.5, "2.5"),
        (1e22, "10000000000000000000000"),
        (1e300, Drop.NOT_TEXT),
        (10**50, Drop.NOT_TEXT),
        (float("nan"), Drop.EMPTY),
        (float("inf"), Drop.NOT_TEXT),
        (Decimal("6505551212.000"), "6505551212"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.1"),
        (Decimal("NaN"), Decimal),
        (Decimal("1E+9999"), Drop.NOT_TEXT),
        (
            Decimal(12345678901234567890123456789012345678),
            "12345678901234567890123456789012345678",
        ),
        (b"mary", "mary"),
        (memoryview(b"mary"), "mary"),
        (b"\xff", Drop.NOT_TEXT),
        (date(2020, 1, 1), Drop.NOT_TEXT),
        (["a"], Drop.NOT_TEXT),
        ({"a": 1}, Drop.NOT_TEXT),
    ],
)
def test_cells(cell: object, expected: object) -> None:
    assert text(cell) == (Drop.EMPTY if expected is Decimal else expected)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("John_Smith@gmail.com", "john_smith@gmail.com"),
        (" Mary@Example.COM\n", "mary@example.com"),
        ("m.a.r.y+shop@gmail.com", "m.a.r.y+shop@gmail.com"),  # Meta folds nothing
        ("müller@Example.de", "müller@example.de"),
        ("Mu\u0308ller@example.de", "müller@example.de"),
        ("mary@müllers.example", "mary@müllers.example"),
        ("mary\u200b@example.com", "mary@example.com"),
        ("\xa0mary@example.com\xa0", "mary@example.com"),
        ("..odd..@docomo.example", "..odd..@docomo.example"),
        ("test@example.com", "test@example.com"),
        ("nan@shop.example", "nan@shop.example"),
        ("mary.example.com", Drop.NOT_AN_EMAIL),
        ("mary smith@example.com", Drop.NOT_AN_EMAIL),
        ("mary@example", Drop.NOT_AN_EMAIL),
        ("mary@example.com.", Drop.NOT_AN_EMAIL),
        ("mary@@example.com", Drop.NOT_AN_EMAIL),
        ("a@example.com;b@example.com", Drop.NOT_AN_EMAIL),
        ("Mary <mary@example.com>", Drop.NOT_AN_EMAIL),
        ("mary@example.com\x00", Drop.NOT_AN_EMAIL),
        ("@example.com", Drop.NOT_AN_EMAIL),
        (6505551212.0, Drop.NOT_AN_EMAIL),
        ("n/a", Drop.PLACEHOLDER),
        ("NA", Drop.PLACEHOLDER),
        ("None", Drop.PLACEHOLDER),
        ("-", Drop.PLACEHOLDER),
        ("none@none.com", Drop.PLACEHOLDER),
        ("Null@Null.com", Drop.PLACEHOLDER),
        ("test@test.com", Drop.PLACEHOLDER),
        ("na@na.na", Drop.PLACEHOLDER),
        ("noemail@gmail.com", Drop.PLACEHOLDER),
        ("no-reply@shop.example", Drop.PLACEHOLDER),
        ("cust4711@noemail.com", Drop.PLACEHOLDER),
        ("mary@shop.invalid", Drop.PLACEHOLDER),
        ("", Drop.EMPTY),
        (None, Drop.EMPTY),
    ],
)
def test_email(cell: object, expected: object) -> None:
    assert ids.email(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Mary", "mary"),
        (" MARY ", "mary"),
        ("Mary Ann", "maryann"),
        ("Mary-Ann", "maryann"),
        ("O'Neil", "oneil"),
        ("O\u2019Neil", "oneil"),
        ("O\u02bcNeil", "oneil"),
        ("J. R. R.", "jrr"),
        ("Valéry", "valéry"),
        ("Vale\u0301ry", "valéry"),
        ("정", "정"),
        ("Łukasz", "łukasz"),
        ("İpek", "i\u0307pek"),
        ("محمد\u200cعلی", "محمدعلی"),
        ("Zoë ❤", "zoë"),
        ("Na", "na"),
        ("Nil", "nil"),
        ("張偉", "張偉"),
        ("12345", Drop.NOTHING_LEFT),
        ("😀", Drop.NOTHING_LEFT),
        ("---", Drop.NOTHING_LEFT),
        ("N/A", Drop.PLACEHOLDER),
        ("null", Drop.PLACEHOLDER),
        ("Unknown", Drop.PLACEHOLDER),
        ("(none)", Drop.PLACEHOLDER),
        ("n/a\u200b", Drop.PLACEHOLDER),
        ("x" * 500, "x" * 500),
        (float("nan"), Drop.EMPTY),
        (False, Drop.NOT_TEXT),
    ],
)
def test_name(cell: object, expected: object) -> None:
    assert ids.name(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("m", "m"),
        ("F", "f"),
        (" Female ", "f"),
        ("MALE", "m"),
        ("Mr.", "m"),
        ("Mrs.", "f"),
        ("w", "f"),
        ("Herr", "m"),
        ("Frau", "f"),
        ("weiblich", "f"),
        ("Männlich", "m"),
        ("Ma\u0308nnlich", "m"),
        ("femme", "f"),
        ("hombre", "m"),
        ("other", Drop.UNKNOWN_GENDER),
        ("d", Drop.UNKNOWN_GENDER),
        ("h", Drop.UNKNOWN_GENDER),  # hombre; but then their m is mujer
        (1, Drop.UNKNOWN_GENDER),
        ("unknown", Drop.PLACEHOLDER),
        ("N/A", Drop.PLACEHOLDER),
        ("-", Drop.PLACEHOLDER),
        ("", Drop.EMPTY),
    ],
)
def test_gender(cell: object, expected: object) -> None:
    assert ids.gender(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (date(1997, 2, 16), "19970216"),
        (datetime(1997, 2, 16, 23, 59, tzinfo=timezone.utc), "19970216"),
        ("1997-02-16", "19970216"),
        ("1997-2-16", "19970216"),
        ("1997/02/16", "19970216"),
        ("1997.02.16", "19970216"),
        ("1997-02-16T00:00:00Z", "19970216"),
        ("1997-02-16 00:00:00.000000+00", "19970216"),
        ("19970216", "19970216"),
        (19970216, "19970216"),
        (19970216.0, "19970216"),
        ("2/16/1997", "19970216"),
        ("02-16-1997", "19970216"),
        ("02161997", "19970216"),
        ("16/2/1997", "19970216"),  # there is no month 16
        ("16021997", "19970216"),
        ("3/4/1997", "19970304"),  # month first
        ("3.4.1997", "19970403"),  # with dots, the day
        ("2.16.1997", "19970216"),
        ("16. Feb 1997", "19970216"),
        ("16-FEB-1997", "19970216"),
        ("February 16, 1997", "19970216"),
        ("Feb 16th 1997", "19970216"),
        ("1997-02-16".translate(WIDE), "19970216"),
        ("2000-02-29", "20000229"),
        ("2026-11-21", "20261121"),
        ("1900-01-02", "19000102"),
        ("1900-01-01", Drop.PLACEHOLDER),
        ("01/01/1900", Drop.PLACEHOLDER),
        (date(1900, 1, 1), Drop.PLACEHOLDER),
        ("0000-00-00", Drop.PLACEHOLDER),
        ("n/a", Drop.PLACEHOLDER),
        ("2026-11-22", Drop.IMPOSSIBLE_DATE),
        ("1899-12-31", Drop.IMPOSSIBLE_DATE),
        (date(1, 1, 1), Drop.IMPOSSIBLE_DATE),
        ("9999-12-31", Drop.IMPOSSIBLE_DATE),
        ("1997-02-30", Drop.IMPOSSIBLE_DATE),
        ("2001-02-29", Drop.IMPOSSIBLE_DATE),
        ("13/13/1997", Drop.IMPOSSIBLE_DATE),
        ("1997", Drop.UNREADABLE_DATE),
        ("2/16/97", Drop.UNREADABLE_DATE),
        ("16 Xyz 1997", Drop.UNREADABLE_DATE),
        ("1997-02/16", Drop.UNREADABLE_DATE),
        (856051200, Drop.UNREADABLE_DATE),
        (1990.5, Drop.UNREADABLE_DATE),
        (True, Drop.NOT_TEXT),
        ("", Drop.EMPTY),
        (None, Drop.EMPTY),
        ("1" * 200, Drop.UNREADABLE_DATE),
    ],
)
def test_birth_date(cell: object, expected: object) -> None:
    assert birth_dates.birth_date(cell, TODAY) == expected


def test_a_birth_date_ends_today() -> None:
    assert birth_dates.birth_date("2026-11-21", date(2026, 11, 20)) is Drop.IMPOSSIBLE_DATE
    assert birth_dates.birth_date("2026-11-21", date(2026, 11, 21)) == "20261121"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("6D92078A-8246-4BA4-AE5B-76104861E7DC", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
        (" 6d92078a-8246-4ba4-ae5b-76104861e7dc", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
        ("00000000-0000-0000-0000-000000000000", Drop.PLACEHOLDER),
        ("0", Drop.PLACEHOLDER),
        ("null", Drop.PLACEHOLDER),
        ("6d92078a82464ba4ae5b76104861e7dc", Drop.NOT_A_DEVICE_ID),
        ("f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79", Drop.NOT_A_DEVICE_ID),
        ("\uff16d92078a-8246-4ba4-ae5b-76104861e7dc", Drop.NOT_A_DEVICE_ID),
        ("", Drop.EMPTY),
    ],
)
def test_mobile_advertiser_id(cell: object, expected: object) -> None:
    assert ids.mobile_advertiser_id(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (" Cust-7 ", "Cust-7"),
        (4711, "4711"),
        (4711.0, "4711"),
        (Decimal("4711.00"), "4711"),
        ("0", "0"),
        ("007", "007"),
        ("a b", "a b"),
        ("null", Drop.PLACEHOLDER),
        ("00000000-0000-0000-0000-000000000000", Drop.PLACEHOLDER),
        ("", Drop.EMPTY),
        (float("nan"), Drop.EMPTY),
        (True, Drop.NOT_TEXT),
    ],
)
def test_external_id(cell: object, expected: object) -> None:
    assert ids.external_id(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1234567890123456", "1234567890123456"),
        (1234567890123456, "1234567890123456"),
        (1234567890123456.0, "1234567890123456"),
        ("0", Drop.PLACEHOLDER),
        ("none", Drop.PLACEHOLDER),
        ("mary", Drop.NOT_A_NUMBER),
        ("-5", Drop.NOT_A_NUMBER),
        ("१२", Drop.NOT_A_NUMBER),
        ("", Drop.EMPTY),
    ],
)
def test_meta_id(cell: object, expected: object) -> None:
    assert ids.meta_id(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (0, "0"),
        (-0.0, "0"),
        (12.5, "12.5"),
        ("12.50", "12.5"),
        (" 100 ", "100"),
        ("+3", "3"),
        (".5", "0.5"),
        ("1e3", "1000"),
        (Decimal("99.90"), "99.9"),
        (0.1, "0.1"),
        (0.00001, "0.00001"),
        (1e15, "1000000000000000"),
        (250.0, "250"),
        (-1, Drop.NOT_A_NUMBER),
        ("-0.01", Drop.NOT_A_NUMBER),
        ("12,50", Drop.NOT_A_NUMBER),
        ("$12", Drop.NOT_A_NUMBER),
        ("a lot", Drop.NOT_A_NUMBER),
        ("1e99", Drop.NOT_TEXT),
        (float("inf"), Drop.NOT_TEXT),
        (float("nan"), Drop.EMPTY),
        ("NaN", Drop.PLACEHOLDER),
        (True, Drop.NOT_TEXT),
        (None, Drop.EMPTY),
    ],
)
def test_lookalike_value(cell: object, expected: object) -> None:
    assert ids.lookalike_value(cell) == expected
