"""What holds for every function and every cell."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from target_meta_ads.normalisation import birth_dates, hashing, phones, places
from target_meta_ads.normalisation import identifiers as ids
from target_meta_ads.normalisation.cells import Drop

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 11, 21)
COUNTRIES = (None, "us", "ca", "gb", "de", "it", "es", "br", "ar", "mx", "ru", "cn", "jp", "zz", "")
NOTHING = hashlib.sha256(b"").hexdigest()

FUNCTIONS: dict[str, Callable[[object], str | Drop]] = {
    "email": ids.email,
    "name": ids.name,
    "gender": ids.gender,
    "birth_date": partial(birth_dates.birth_date, today=TODAY),
    "external_id": ids.external_id,
    "mobile_advertiser_id": ids.mobile_advertiser_id,
    "meta_id": ids.meta_id,
    "lookalike_value": ids.lookalike_value,
    "city": places.city,
    "country": places.country,
    **{f"state {of}": partial(places.state, country=of) for of in COUNTRIES},
    **{f"zip {of}": partial(places.zip_code, country=of) for of in COUNTRIES},
}
PLAIN = {"external_id", "mobile_advertiser_id", "page_scoped_user_id", "lookalike_value"}

# Letters whose lower case or composition is another number of characters, and what may follow them.
COMPOSED = "aeI\u0130\u0131ß\u03a3\u03c3\u03c2\u01f0\u212a' -."
COMPOSED += "\u0301\u0307\u030c\u0338\u200d\u200b"

# Beside any text at all: what looks like an identifier, and is nearly one.
NEARLY = st.one_of(
    st.text(),
    st.text(alphabet=st.characters(codec="ascii"), max_size=20),
    st.text(alphabet=COMPOSED, max_size=8),
    st.text(alphabet="0123456789+-.() /xX,;#eE\u0660\u0661\u0662\uff19", max_size=24),
    st.text(alphabet="0123456789abcdefABCDEF.-", min_size=30, max_size=75),
    st.from_regex(r"[ ]?[\w.+-]{1,9}@[\w-]{1,9}\.[\w.]{1,6}[ ]?", fullmatch=True),
    st.from_regex(r"[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}", fullmatch=True),
    st.from_regex(r"[0-9a-fA-F]{64}(\.[\w-]{8})?", fullmatch=True),
    st.from_regex(r"[A-Za-z]{2}[- ]?[A-Za-z0-9]{1,5}", fullmatch=True),
    st.sampled_from(["n/a", "N A", "null", "n u l l", "us-us-ca", "NaN", "\uff1145", NOTHING]),
)
CELLS = st.one_of(
    NEARLY,
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**39, max_value=10**60),
    st.floats(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.binary(),
    NEARLY.map(lambda found: found.encode(errors="ignore")),
    st.lists(st.text(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
)


@pytest.mark.parametrize("function", FUNCTIONS)
@given(cell=CELLS)
@example(cell=Decimal("sNaN"))
@example(cell=Decimal("-Infinity"))
@example(cell=datetime.max)  # noqa: DTZ901 - a cell without a zone
@example(cell="\ud800@example.com")
@example(cell=memoryview(b"\xff"))
@example(cell=object())
def test_never_raises_and_gives_its_own_output_back(function: str, cell: object) -> None:
    normalise = FUNCTIONS[function]
    once = normalise(cell)
    if isinstance(once, Drop):
        return
    assert once
    assert once == once.strip()
    assert unicodedata.is_normalized("NFC", once)
    assert normalise(once) == once
    if function not in PLAIN:
        assert hashing.digest(once) != NOTHING
        assert hashing.digest(hashing.digest(once)) == hashing.digest(once)


@given(cell=CELLS, country=st.sampled_from(COUNTRIES))
@example(cell="+52", country=None)
@example(cell="+7", country="ru")
@example(cell="0" * 25, country="gb")
@example(cell=1e16, country="jp")
def test_a_phone_never_raises_and_never_becomes_another(cell: object, country: str | None) -> None:
    once = phones.phone(cell, country)
    if isinstance(once, Drop):
        return
    if hashing.already(once):
        assert phones.phone(once, country) == once
        return
    assert once.isascii()
    assert once.isdecimal()
    assert once[0] != "0"
    assert 4 < len(once) < 20
    for other in (None, country):
        assert phones.phone(f"+{once}", other) == once
    assert phones.phone(once, None) in {once, Drop.NO_COUNTRY_CODE, Drop.PLACEHOLDER}


@given(
    digits=st.from_regex(r"[1-9][0-9]{5,14}", fullmatch=True),
    country=st.sampled_from(COUNTRIES),
    signs=st.lists(
        st.sampled_from(["", "", " ", "-", ".", "\xa0", "\u2011"]), min_size=15, max_size=15
    ),
)
def test_separators_change_nothing(digits: str, country: str | None, signs: list[str]) -> None:
    spread = "".join(digit + sign for digit, sign in zip(digits, signs, strict=False))
    assert phones.phone(f"+{spread}", country) == phones.phone(f"+{digits}", country)


@given(found=st.text(max_size=20))
def test_case_and_composition_change_no_name(found: str) -> None:
    composed = ids.name(unicodedata.normalize("NFC", found))
    assert ids.name(unicodedata.normalize("NFD", found)) == composed
    assert places.city(unicodedata.normalize("NFD", found)) == places.city(
        unicodedata.normalize("NFC", found)
    )
