from __future__ import annotations

import pycountry
import pytest

from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.normalisation.places import city, country, state, zip_code

WIDE = str.maketrans({digit: chr(0xFF10 + int(digit)) for digit in "0123456789"})
"""The digits of East Asian keyboards."""


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Paris", "paris"),
        ("London", "london"),
        ("New York", "newyork"),
        ("St. John's", "stjohns"),
        ("São Paulo", "sopaulo"),
        ("Sa\u0303o Paulo", "sopaulo"),
        ("Москва", Drop.NOTHING_LEFT),
        ("東京", Drop.NOTHING_LEFT),
        ("10117 Berlin", Drop.NOTHING_LEFT),
        ("Paris 16", "paris16"),
        ("unknown", Drop.PLACEHOLDER),
        ("N/A", Drop.PLACEHOLDER),
        ("NA", Drop.PLACEHOLDER),
        ("...", Drop.NOTHING_LEFT),
        ("", Drop.EMPTY),
        (None, Drop.EMPTY),
        ("x " * 300, "x" * 300),
    ],
)
def test_city(cell: object, expected: object) -> None:
    assert city(cell) == expected


@pytest.mark.parametrize(
    ("cell", "of", "expected"),
    [
        ("AZ", "us", "az"),
        ("ca", "us", "ca"),
        ("California", "us", "ca"),
        ("New York", "us", "ny"),
        ("new  york", "us", "ny"),
        ("West Virginia", "us", "wv"),
        ("Washington, D.C.", "us", "dc"),
        ("District of Columbia", "us", "dc"),
        ("Washington", "us", "wa"),
        ("Puerto Rico", "us", "pr"),
        ("U.S. Virgin Islands", "us", "vi"),
        ("US-CA", "us", "ca"),
        ("AE", "us", "ae"),
        ("Bayern", "us", Drop.UNKNOWN_STATE),
        ("06", "us", Drop.UNKNOWN_STATE),
        ("New York", None, "ny"),
        ("US-CA", None, "ca"),
        ("Bayern", None, "bayern"),
        ("Bayern", "de", "bayern"),
        ("DE-BY", "de", "by"),
        ("New South Wales", "au", "newsouthwales"),
        ("Île-de-France", "fr", "ledefrance"),
        ("Georgia", "de", "georgia"),
        ("California", "mx", "california"),
        ("75", "fr", Drop.NOTHING_LEFT),
        ("東京都", "jp", Drop.NOTHING_LEFT),
        ("n/a", "us", Drop.PLACEHOLDER),
        ("NA", "it", "na"),  # Naples
        ("", "us", Drop.EMPTY),
        (None, None, Drop.EMPTY),
        (7, "us", Drop.UNKNOWN_STATE),
    ],
)
def test_state(cell: object, of: str | None, expected: object) -> None:
    assert state(cell, of) == expected


def test_every_state_of_the_usa() -> None:
    for place in pycountry.subdivisions:
        if place.country_code == "US":
            assert state(place.name, "us") == place.code[3:].lower(), place
            assert state(place.code, None) == place.code[3:].lower(), place


@pytest.mark.parametrize(
    ("cell", "of", "expected"),
    [
        ("94035", "us", "94035"),
        ("94025-1234", "us", "94025"),
        ("94025 1234", "us", "94025"),
        ("940251234", "us", "94025"),
        ("94025-1234", None, "94025"),
        ("940251234", None, "940251234"),
        (4025, "us", "04025"),
        ("4025", "us", "04025"),
        (501, "us", "00501"),
        (21381234, "us", "02138"),  # 02138-1234 as a number
        (907, "pr", "00907"),
        ("94025.0", "us", "94025"),
        (94025.0, None, "94025"),
        (4025, None, "4025"),
        (4025, "au", "4025"),
        ("1987", None, "1987"),
        ("75018", "fr", "75018"),
        (1067, "de", "1067"),
        ("M1 1AE", "gb", "m11ae"),
        ("SW1A 1AA", "gb", "sw1a1aa"),
        ("sw1a1aa", None, "sw1a1aa"),
        ("01310-100", "br", "01310100"),
        ("100-0001", "jp", "1000001"),
        ("100-0001".translate(WIDE), "jp", "1000001"),
        ("1012 AB", "nl", "1012ab"),
        ("99999", "de", "99999"),
        ("99999", "us", Drop.PLACEHOLDER),
        ("00000", "us", Drop.PLACEHOLDER),
        ("00000", None, Drop.PLACEHOLDER),
        ("0", None, Drop.PLACEHOLDER),
        ("n/a", "us", Drop.PLACEHOLDER),
        ("N A", None, Drop.PLACEHOLDER),
        ("M5V 3L9", "us", Drop.IMPOSSIBLE_ZIP),
        ("123456", "us", Drop.IMPOSSIBLE_ZIP),
        ("12", "us", Drop.IMPOSSIBLE_ZIP),
        ("1234567890", "us", Drop.IMPOSSIBLE_ZIP),
        ("7", "de", Drop.IMPOSSIBLE_ZIP),
        ("1 Main Street, Springfield", None, Drop.IMPOSSIBLE_ZIP),
        ("Główna", None, "gwna"),
        ("—", None, Drop.NOTHING_LEFT),
        ("", None, Drop.EMPTY),
        (float("nan"), "us", Drop.EMPTY),
        (True, "us", Drop.NOT_TEXT),
    ],
)
def test_zip_code(cell: object, of: str | None, expected: object) -> None:
    assert zip_code(cell, of) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("US", "us"),
        (" us ", "us"),
        ("USA", "us"),
        ("U.S.A.", "us"),
        ("United States", "us"),
        ("united states of america", "us"),
        ("The United States", "us"),
        ("UK", "gb"),
        ("England", "gb"),
        ("Great Britain", "gb"),
        ("United Kingdom", "gb"),
        ("GBR", "gb"),
        ("Deutschland", "de"),
        ("Österreich", "at"),
        ("O\u0308sterreich", "at"),
        ("España", "es"),
        ("Côte d\u2019Ivoire", "ci"),
        ("Ivory Coast", "ci"),
        ("Trinidad & Tobago", "tt"),
        ("St. Lucia", "lc"),
        ("Czech Republic", "cz"),
        ("Czechia", "cz"),
        ("Turkey", "tr"),
        ("Türkiye", "tr"),
        ("South Korea", "kr"),
        ("Korea, Republic of", "kr"),
        ("Russia", "ru"),
        ("Vietnam", "vn"),
        ("Taiwan", "tw"),
        ("Kosovo", "xk"),
        ("NA", "na"),
        ("Namibia", "na"),
        ("N/A", Drop.PLACEHOLDER),
        ("unknown", Drop.PLACEHOLDER),
        ("xx", Drop.UNKNOWN_COUNTRY),
        ("Unitedd States", Drop.UNKNOWN_COUNTRY),  # never cut to "un"
        ("Europe", Drop.UNKNOWN_COUNTRY),
        ("49", Drop.UNKNOWN_COUNTRY),
        ("x" * 500, Drop.UNKNOWN_COUNTRY),
        ("", Drop.EMPTY),
        (None, Drop.EMPTY),
    ],
)
def test_country(cell: object, expected: object) -> None:
    assert country(cell) == expected


def test_every_country_of_iso_3166() -> None:
    for place in pycountry.countries:
        for word in (place.alpha_2, place.alpha_3, place.name):
            assert country(word) == place.alpha_2.lower(), word
