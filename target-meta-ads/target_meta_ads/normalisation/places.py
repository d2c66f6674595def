"""Where a person lives, as Meta wants it: city, state, ZIP code and country.

Country arguments are what `country` gives, or None where a record has none.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import pycountry

from target_meta_ads.normalisation.cells import (
    LONGEST_KEPT,
    NOTHING_WORDS,
    Drop,
    ascii_digits,
    text,
)
from target_meta_ads.normalisation.hashing import given
from target_meta_ads.normalisation.place_names import COUNTRIES, STATES, turned

_NOT_LETTERS_OR_DIGITS = re.compile(r"[^a-z0-9]+")


def _plain(found: str) -> str:
    """Keep the letters a to z and the digits, in lower case: Meta's rule for places.

    Composed first, so that "ã" goes whole, however it was typed.
    """
    return _NOT_LETTERS_OR_DIGITS.sub("", unicodedata.normalize("NFC", found).lower())


def city(value: object) -> str | Drop:
    """Normalise a city: letters a to z and digits, without blanks and punctuation.

    This is the rule of Custom Audiences; that of the Conversions API would take more characters,
    but one person's city has to give one digest. "São Paulo" is "sopaulo", as in Meta's own library
    for websites. A city in another alphabet gives nothing: its name in Latin letters should be
    sent.
    """
    if type(value) is str and len(value) < 32 and value.isascii() and value.isalpha():  # noqa: PLR2004 - shorter than any digest
        found = value.lower()
        return Drop.PLACEHOLDER if found in _NO_PLACES else found
    read = text(value)
    if isinstance(read, Drop):
        return read
    return _city(read) if len(read) <= LONGEST_KEPT else _city.__wrapped__(read)


_NO_PLACES = NOTHING_WORDS | {"na"}


@lru_cache(maxsize=16_384)
def _city(found: str) -> str | Drop:
    ready = given(found)
    if ready:
        return ready
    kept = _plain(found)
    if found.lower() in _NO_PLACES or kept in _NO_PLACES:
        return Drop.PLACEHOLDER
    return _from_a_letter(kept)


def _from_a_letter(kept: str) -> str | Drop:
    return given(kept) or (kept if kept[:1].isalpha() else Drop.NOTHING_LEFT)


@cache
def _states() -> dict[str, str]:
    """Codes and names of the states of the USA; read once, when first asked."""
    found = (place for place in pycountry.subdivisions if place.country_code == "US")
    known = {_plain(place.name): place.code[3:].lower() for place in found}
    return known | {code: code for code in known.values()} | turned(STATES)


def state(value: object, country: str | None) -> str | Drop:
    """Normalise a state or province.

    In the USA, and where no country is known and the name is of one of its states: the code of two
    letters, of the District of Columbia and the territories too. "US-CA" is "ca". Elsewhere: the
    letters a to z and digits of what is written, never cut ("Bayern" is "bayern").
    """
    if type(value) is str and len(value) <= LONGEST_KEPT:
        return _state(value, country)
    read = text(value)
    return read if isinstance(read, Drop) else _state.__wrapped__(read, country)


@lru_cache(maxsize=8_192)
def _state(value: str, country: str | None) -> str | Drop:
    found = text(value)
    if isinstance(found, Drop) or (ready := given(found)):
        return found if isinstance(found, Drop) else ready or Drop.EMPTY
    lowered = found.lower()
    if lowered in NOTHING_WORDS:
        return Drop.PLACEHOLDER
    prefix = f"{country or 'us'}-"  # the codes of ISO 3166-2
    kept = _plain(lowered.removeprefix(prefix)) or _plain(lowered)
    if kept in NOTHING_WORDS:
        return Drop.PLACEHOLDER
    if country in _US_POST or country is None:
        if code := _states().get(kept):
            return code
        if country == "us":
            return Drop.UNKNOWN_STATE
    return _from_a_letter(kept)


# The USA and those of its territories that have a country code too: one post, one set of ZIP codes.
_US_POST = frozenset({"us", "as", "gu", "mp", "pr", "vi"})
_FIVE = re.compile(r"[0-9]{5}")
_PLUS_FOUR = re.compile(r"\d{5}-\d{4}")
_FLOAT = re.compile(r"(\d+)\.0")
_US_DIGITS = 5
_US_PLUS_FOUR = 9
_SHORTEST_US = 3  # 00501 as a number
_SHORTEST_US_PLUS_FOUR = 7
_LONGEST_ZIP = 12
_NO_ZIPS = frozenset({"00000", "99999"})


def zip_code(value: object, country: str | None) -> str | Drop:
    """Normalise a ZIP or postal code: lower case, without blanks and dashes.

    In the USA the first five digits, with the zeros in front that a column of numbers has lost:
    2138 is "02138". Where the country is not known, "94025-1234" is "94025" all the same.
    """
    if type(value) is str and len(value) <= LONGEST_KEPT:
        if len(value) == _US_DIGITS and _FIVE.fullmatch(value) and value not in _NO_ZIPS:
            return value  # right as it is, in every country
        return _zip_code(value, country)
    read = text(value)
    return read if isinstance(read, Drop) else _zip_code.__wrapped__(read, country)


@lru_cache(maxsize=16_384)
def _zip_code(value: str, country: str | None) -> str | Drop:
    found = text(value)
    if isinstance(found, Drop) or (ready := given(found)):
        return found if isinstance(found, Drop) else ready or Drop.EMPTY
    lowered = found.lower()
    found = ascii_digits(found)
    if number := _FLOAT.fullmatch(found):
        found = number[1]
    kept = _plain(found)
    if not kept:
        return Drop.NOTHING_LEFT
    if lowered in _NO_PLACES or kept in _NO_PLACES or not kept.strip("0"):
        return Drop.PLACEHOLDER
    if country in _US_POST:
        return _us_zip(kept)
    if country is None and _PLUS_FOUR.fullmatch(found):
        return kept[:_US_DIGITS]
    return kept if 1 < len(kept) <= _LONGEST_ZIP else Drop.IMPOSSIBLE_ZIP


def _us_zip(kept: str) -> str | Drop:
    if not kept.isdecimal() or len(kept) < _SHORTEST_US:
        return Drop.IMPOSSIBLE_ZIP
    if len(kept) > _US_DIGITS:
        if not _SHORTEST_US_PLUS_FOUR <= len(kept) <= _US_PLUS_FOUR:
            return Drop.IMPOSSIBLE_ZIP
        kept = kept.zfill(_US_PLUS_FOUR)[:_US_DIGITS]
    kept = kept.zfill(_US_DIGITS)
    return Drop.PLACEHOLDER if kept in _NO_ZIPS else kept


def _country_key(found: str) -> str:
    """Write a country's name without accents, blanks, punctuation, case and "the"."""
    taken_apart = unicodedata.normalize("NFKD", found.replace("&", "and")).lower()
    letters = "".join(filter(str.isalpha, unicodedata.normalize("NFKD", taken_apart)))
    return letters.removeprefix("the")


@cache
def _countries() -> dict[str, str]:
    """Two letters, three letters and names of all countries; read once, when first asked."""
    known: dict[str, str] = {}
    for place in pycountry.countries:
        code = place.alpha_2.lower()
        for word in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            known[_country_key(getattr(place, word, place.alpha_2))] = code
    saints = {f"st{key[5:]}": code for key, code in known.items() if key.startswith("saint")}
    return saints | known | turned(COUNTRIES)


def country(value: object) -> str | Drop:
    """Normalise a country to the two letters of ISO 3166-1, in lower case.

    Takes two letters, three letters, and the names of ISO 3166 and some that people write: "UK",
    "United States", "Deutschland". What is not known is dropped, never cut to two letters.
    """
    if type(value) is str and len(value) <= LONGEST_KEPT:
        return _country(value)
    read = text(value)
    return read if isinstance(read, Drop) else _country.__wrapped__(read)


@lru_cache(maxsize=4_096)
def _country(value: str) -> str | Drop:
    found = text(value)
    if isinstance(found, Drop) or (ready := given(found)):
        return found if isinstance(found, Drop) else ready or Drop.EMPTY
    # "n/a" first: without its stroke it is Namibia.
    if found.lower() in NOTHING_WORDS:
        return Drop.PLACEHOLDER
    return _countries().get(_country_key(found)) or Drop.UNKNOWN_COUNTRY
