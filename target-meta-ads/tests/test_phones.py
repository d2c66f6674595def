from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.normalisation.phones import phone

WIDE = str.maketrans({digit: chr(0xFF10 + int(digit)) for digit in "0123456789"})
"""The digits of East Asian keyboards."""


@pytest.mark.parametrize(
    ("cell", "country", "expected"),
    [
        # North America
        ("+16505551212", None, "16505551212"),
        ("+1 (650) 555-1212", None, "16505551212"),
        ("(650)555-1212", "us", "16505551212"),
        ("650.555.1212", "ca", "16505551212"),
        ("1-650-555-1212", "us", "16505551212"),
        ("+1 1 650 555 1212", None, "16505551212"),
        ("6505551212", "us", "16505551212"),
        (6505551212, "us", "16505551212"),
        (6505551212.0, "us", "16505551212"),
        ("6505551212.0", "us", "16505551212"),
        ("6.505551212E+9", "us", "16505551212"),
        ("6.505E+9", "us", Drop.IMPOSSIBLE_PHONE),  # a spreadsheet has lost the rest
        ("650-555-1212 x123", "us", "16505551212"),
        ("+1 650 555 1212 ext. 5", None, "16505551212"),
        ("1-800-FLOWERS", "us", "18003569377"),
        ("650-555-1212 / 650-555-1313", "us", "16505551212"),
        ("555-1212", "us", Drop.IMPOSSIBLE_PHONE),
        ("+1 050 555 1212", None, Drop.IMPOSSIBLE_PHONE),
        # a country code without a plus
        ("16505551212", None, "16505551212"),
        ("15559876543", None, "15559876543"),
        ("0016505551212", None, "16505551212"),
        ("011 44 20 7946 0958", "us", "442079460958"),
        ("011 1 650 555 1212", None, "16505551212"),
        ("0011 44 20 7946 0958", "au", "442079460958"),
        ("010 44 20 7946 0958", "jp", "442079460958"),
        ("0049 30 123456", "br", "4930123456"),
        ("447911123456", "us", "447911123456"),
        ("447911123456", "gb", "447911123456"),
        ("4915112345678", "de", "4915112345678"),
        ("34612345678", "es", "34612345678"),
        ("16505551212 x5", None, "16505551212"),
        ("tel:+16505551212", None, "16505551212"),
        ("+000044 20 7946 0958", None, "442079460958"),
        ("+020 7946 0958", "gb", "442079460958"),  # a plus too many
        ("+020 7946 0958", None, Drop.NO_COUNTRY_CODE),
        ("8 016 378-79-82", "by", "375163787982"),
        # none at all
        ("6505551212", None, Drop.NO_COUNTRY_CODE),
        ("020 7946 0958", None, Drop.NO_COUNTRY_CODE),
        ("2079460958", None, Drop.NO_COUNTRY_CODE),
        ("3525551212", None, Drop.NO_COUNTRY_CODE),  # Luxembourg or Florida
        ("650-555-1212 x123", None, Drop.NO_COUNTRY_CODE),
        ("6505551212", "zz", Drop.NO_COUNTRY_CODE),
        # as people write inside their country
        ("020 7946 0958", "gb", "442079460958"),
        (2079460958.0, "gb", "442079460958"),
        ("+44 (0)20 7946 0958", None, "442079460958"),
        ("0044 (0)20 7946 0958", None, "442079460958"),
        ("+44 020 7946 0958", None, "442079460958"),
        ("0151 12345678", "de", "4915112345678"),
        ("15112345678", "de", "4915112345678"),
        ("030/1234567", "de", "49301234567"),
        ("06 12 34 56 78", "fr", "33612345678"),
        ("612345678", "es", "34612345678"),
        ("06 1234 5678", "it", "390612345678"),
        ("+39 06 1234 5678", None, "390612345678"),
        ("+39 (0)6 1234 5678", None, "390612345678"),
        ("+39 (0)333 1234567", None, "393331234567"),
        ("8 (916) 123-45-67", "ru", "79161234567"),
        ("+7 916 123-45-67", None, "79161234567"),
        ("13912345678", "cn", "8613912345678"),
        ("03-1234-5678", "jp", "81312345678"),
        ("0412 345 678", "au", "61412345678"),
        ("(11) 91234-5678", "br", "5511912345678"),
        ("0 15 11 91234-5678", "br", "5511912345678"),
        ("011 15-1234-5678", "ar", "5491112345678"),
        ("+54 11 15-1234-5678", None, "5491112345678"),
        ("+52 1 55 1234 5678", None, "525512345678"),  # the 1 is gone since 2019
        # other scripts and signs that come with copied numbers
        ("+٤٩١٥١١٢٣٤٥٦٧٨", None, "4915112345678"),
        ("٠١٥١١٢٣٤٥٦٧٨", "de", "4915112345678"),
        ("\uff0b" + "16505551212".translate(WIDE), None, "16505551212"),
        ("+1\u2011650\u2013555\xa01212", None, "16505551212"),
        ("\u202a+1 650 555 1212\u202c", None, "16505551212"),
        (b"+16505551212", None, "16505551212"),
        # real, however it looks
        ("+44 7777 777777", None, "447777777777"),
        ("01 23 45 67 89", "fr", "33123456789"),
        # placeholders
        ("+0000000000", None, Drop.PLACEHOLDER),
        ("0000000000", "us", Drop.PLACEHOLDER),
        ("000-000-0000", None, Drop.PLACEHOLDER),
        (0, "us", Drop.PLACEHOLDER),
        ("0" * 40, "de", Drop.PLACEHOLDER),
        ("1111111111", "us", Drop.PLACEHOLDER),
        ("5555555555", "us", Drop.PLACEHOLDER),
        ("9999999999", None, Drop.PLACEHOLDER),
        ("+1 999 999 9999", None, Drop.PLACEHOLDER),
        ("1234567890", "us", Drop.PLACEHOLDER),
        ("123456789", None, Drop.PLACEHOLDER),
        ("n/a", "us", Drop.PLACEHOLDER),
        ("NA", None, Drop.PLACEHOLDER),
        ("+", None, Drop.PLACEHOLDER),
        ("-", "us", Drop.PLACEHOLDER),
        # nothing to be made of
        ("+999 123456", None, Drop.IMPOSSIBLE_PHONE),
        ("+6505551212", None, Drop.IMPOSSIBLE_PHONE),  # nobody in Singapore
        ("+1", None, Drop.IMPOSSIBLE_PHONE),
        ("+52", None, Drop.IMPOSSIBLE_PHONE),
        ("+44 1", None, Drop.IMPOSSIBLE_PHONE),
        (1e16, "jp", Drop.IMPOSSIBLE_PHONE),
        ("1" * 400, "us", Drop.IMPOSSIBLE_PHONE),
        ("+" + "4" * 400, None, Drop.IMPOSSIBLE_PHONE),
        ("call me", "us", Drop.IMPOSSIBLE_PHONE),
        ("mary@example.com", "us", Drop.IMPOSSIBLE_PHONE),
        ("00", "gb", Drop.PLACEHOLDER),
        ("011", None, Drop.NO_COUNTRY_CODE),
        ("011", "us", Drop.IMPOSSIBLE_PHONE),
        ("010", "jp", Drop.IMPOSSIBLE_PHONE),
        ("", "us", Drop.EMPTY),
        ("   ", None, Drop.EMPTY),
        (None, "us", Drop.EMPTY),
        (float("nan"), "us", Drop.EMPTY),
        (float("inf"), "us", Drop.NOT_TEXT),
        (True, "us", Drop.NOT_TEXT),
        (["+16505551212"], "us", Drop.NOT_TEXT),
    ],
)
def test_phone(cell: object, country: str | None, expected: object) -> None:
    assert phone(cell, country) == expected


KINDS = (
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
)


def _examples() -> list[tuple[str, PhoneNumber]]:
    """The library's own example numbers, of every country."""
    found = (
        (region, phonenumbers.example_number_for_type(region, kind))
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in KINDS
    )
    return [(region, number) for region, number in found if number]


def test_every_country_is_read_in_every_writing() -> None:
    examples = _examples()
    assert len(examples) > 700
    for region, number in examples:
        full = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        digits, country = full[1:], region.lower()
        assert phone(full, None) == digits
        assert phone(full, country) == digits
        assert phone(international, None) == digits
        assert phone(f"00{digits}", None) == digits
        assert phone(national, country) == digits, (region, national)
        assert phone(phonenumbers.national_significant_number(number), country) == digits
        assert phone(digits, country) == digits
        assert phone(digits, None) in {digits, Drop.NO_COUNTRY_CODE}


def test_most_full_numbers_need_no_plus() -> None:
    examples = _examples()
    read = [
        number
        for _, number in examples
        if isinstance(phone(f"{number.country_code}{number.national_number}", None), str)
    ]
    assert len(read) > 0.85 * len(examples)


def test_codes_that_are_no_countrys() -> None:
    for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        number = phonenumbers.example_number_for_non_geo_entity(code)
        assert number is not None
        full = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        assert phone(full, None) == full[1:]
