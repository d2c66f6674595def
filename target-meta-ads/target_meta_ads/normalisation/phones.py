"""Phone numbers, as the digits of country code and number: what Meta matches.

The numbering plans are those of the `phonenumbers` package. Reading a number with it costs 60 to
100 microseconds, so the usual writings are read here, by its own patterns, and it is asked only
where those do not settle the matter.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat, ValidationResult

from target_meta_ads.normalisation.cells import (
    NOTHING_WORDS,
    WITHOUT_UNSEEN,
    Drop,
    ascii_digits,
    text,
)
from target_meta_ads.normalisation.hashing import given

if TYPE_CHECKING:
    from collections.abc import Callable

_NANP = "1"  # the code of the USA, Canada and most of the Caribbean
_NANP_LENGTH = 10
_LONGEST = 15  # by E.164; Japan has longer ones, which the library knows
_MOST_DIGITS = 25  # "00", a code and a long number; beyond is something else than a phone
_SEPARATORS: dict[int, str | None] = {
    **dict.fromkeys(map(ord, " -.()\t\xa0\u2007\u2009\u202f\u2212")),
    **dict.fromkeys(range(0x2010, 0x2016)),  # the dashes
    0xFF0B: "+",  # the wide one of East Asian keyboards
}
_PLUS = "+\uff0b"
_FLOAT = re.compile(r"(\d{5,})\.0", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d)\.?(\d*)[eE]\+?(\d{1,2})", re.ASCII)
_MEXICO = "52"
_MADE_UP = frozenset({"12345678", "123456789", "1234567890", "0123456789", "01234567890"})
_KINDS = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number"),
    *("voip", "pager", "uan", "voicemail"),
)


class _Plan(NamedTuple):
    """The numbers behind one country code.

    Attributes:
        code: The country code.
        in_use: The pattern of all numbers that are in use, without the code.
        lengths: How long they may be.
    """

    code: str
    in_use: Callable[[str], object]
    lengths: frozenset[int]


class _Region(NamedTuple):
    """How numbers are dialled inside a country.

    Attributes:
        plan: Its numbers.
        trunk: What is dialled before a number inside the country, as "0"; None where nothing is.
        abroad: What is dialled before a number of another country, as "00".
    """

    plan: _Plan
    trunk: re.Pattern[str] | None
    abroad: re.Pattern[str]


@cache
def _plan(code: str) -> _Plan | None:
    """Give the plan of a country code, or None when there is no such code."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code or 0))
    if not regions or code[0] == "0":
        return None
    found = [PhoneMetadata.metadata_for_region_or_calling_code(int(code), it) for it in regions]
    plans = [plan for plan in found if plan]
    kinds = [getattr(plan, kind) for plan in plans for kind in _KINDS]
    patterns = {kind.national_number_pattern for kind in kinds if kind} - {None}
    in_use = re.compile("|".join(f"(?:{pattern})" for pattern in sorted(patterns)))
    all_kinds = [plan.general_desc for plan in plans if plan.general_desc]
    lengths = {length for kind in all_kinds for length in kind.possible_length}
    return _Plan(code, in_use.fullmatch, frozenset(lengths))


@cache
def _plan_of(first_three: str) -> _Plan | None:
    """Find the plan of a full number; no country code is the beginning of another one."""
    plans = (_plan(first_three[:length]) for length in (1, 2, 3))
    return next((plan for plan in plans if plan), None)


@lru_cache(maxsize=1024)
def _region(country: str) -> _Region | None:
    """Give how a country dials, or None when the library does not know it."""
    found = PhoneMetadata.metadata_for_region(country.upper())
    plan = _plan(str(found.country_code)) if found else None
    if found is None or plan is None:
        return None
    trunk = found.national_prefix_for_parsing
    return _Region(
        plan, re.compile(trunk) if trunk else None, re.compile(found.international_prefix or "00")
    )


@cache
def _main_region(code: str) -> _Region | None:
    """Give how the country dials whose code it is first of all."""
    return _region(phonenumbers.region_code_for_country_code(int(code)))


def phone(value: object, country: str | None) -> str | Drop:
    """Normalise a phone number: country code and number, ASCII digits only, without a plus.

    A number that begins with "+" or "00" ("011" in North America) has its country code. Another one
    is read as people of the country write it; without a country it counts only when it is a full
    number in use, for "020 7946 0958" could be anybody's.

    Args:
        value: The number as text, with any of the usual separators, or as a number.
        country: Two lower-case letters, as `places.country` gives, or None when it is not known.

    Returns:
        The digits, or why there are none. With a plus before them they come out the same, for
        every country; without one and without a country they never become another number.
    """
    if type(value) is str and value.isascii():
        found = value.strip()
        if found[:1] == "+" and found[1:2] != "0" and found[1:].isdecimal():
            return _full(found[1:])
    else:
        read = text(value)
        if isinstance(read, Drop):
            return read
        found = ascii_digits(read.translate(WITHOUT_UNSEEN))
    digits = found.translate(_SEPARATORS)
    if digits.isdecimal() and digits.isascii():
        if digits[-1] == "0" and (whole := _FLOAT.fullmatch(found)):
            digits = whole[1]
        return _bare(digits, country, found)
    if digits[:1] == "+" and digits[1:].isdecimal():
        if digits[1] == "0":  # no country code begins so: the plus is one too many
            return _bare(digits[1:], country, found.lstrip(_PLUS))
        return _full(_outside_brackets(found, digits[1:]))
    return _unusual(found, country)


def _full(digits: str) -> str | Drop:
    """Read a number that has its country code."""
    plan = _plan_of(digits[:3])
    if plan is None:
        return _behind_zeros(digits)
    rest = digits[len(plan.code) :]
    return _read(rest, plan) or _by_library("+" + digits, None)


def _read(rest: str, plan: _Plan) -> str | Drop | None:
    """Read a number without its country code; None when it has not the length of one."""
    if plan.code == _NANP:
        return _north_american(rest)
    if plan.in_use(rest):
        return plan.code + rest
    main = _main_region(plan.code)
    shorter = (main and _without_trunk(rest, main)) or _without_retired(rest, plan)
    if shorter:
        return plan.code + shorter
    return _possible(rest, plan) if len(rest) in plan.lengths else None


def _behind_zeros(digits: str) -> str | Drop:
    """Leave out zeros before a country code, as Meta says, when there is one behind them."""
    bare = digits.lstrip("0")
    if not bare:
        return Drop.PLACEHOLDER
    return Drop.IMPOSSIBLE_PHONE if bare == digits else _full(bare)


def _north_american(rest: str) -> str | Drop:
    """Read a number of the USA, Canada or their neighbours, without the code."""
    if len(rest) == _NANP_LENGTH + 1 and rest[0] == _NANP:
        rest = rest[1:]
    if _is_made_up(rest):
        return Drop.PLACEHOLDER
    if len(rest) != _NANP_LENGTH or rest[0] in "01":  # no area code begins so
        return Drop.IMPOSSIBLE_PHONE
    return _NANP + rest


def _possible(rest: str, plan: _Plan) -> str | Drop:
    """Judge a number of the right length that is not in use, as far as the library knows."""
    if _is_made_up(rest):
        return Drop.PLACEHOLDER
    is_too_long = len(plan.code) + len(rest) > _LONGEST
    return Drop.IMPOSSIBLE_PHONE if rest[0] == "0" or is_too_long else plan.code + rest


def _is_made_up(digits: str) -> bool:
    """Tell a number that forms get where one is asked for; some are real ones, so ask last."""
    return digits in _MADE_UP or (len(digits) > 1 and digits == digits[0] * len(digits))


def _without_trunk(rest: str, region: _Region) -> str | None:
    """Leave out what is dialled inside the country only, when a number in use is behind it."""
    hit = region.trunk.match(rest) if region.trunk else None
    if not hit or not hit.end() or hit.lastindex:  # a group means more than leaving out: library
        return None
    shorter = rest[hit.end() :]
    return shorter if region.plan.in_use(shorter) else None


def _without_retired(rest: str, plan: _Plan) -> str | None:
    """Leave out the 1 that mobile numbers of Mexico had until 2019, and have in many tables."""
    gone = plan.code == _MEXICO and rest[:1] == "1" and plan.in_use(rest[1:])
    return rest[1:] if gone else None


def _is_in_use(digits: str) -> bool:
    """Tell whether digits are a full number that is in use."""
    plan = _plan_of(digits[:3])
    if plan is None:
        return False
    rest = digits[len(plan.code) :]
    if plan.code != _NANP:
        return plan.in_use(rest) is not None
    return len(rest) == _NANP_LENGTH and rest[3] not in "01" and _is_area_in_use(rest[:3])


@cache
def _is_area_in_use(area: str) -> bool:
    """Tell whether a North American area code is in use.

    555 counts too: Meta's own examples are in it, and nobody's number is.
    """
    plan = _plan(_NANP)
    return area == "555" or (plan is not None and plan.in_use(f"{area}2345678") is not None)


def _bare(digits: str, country: str | None, found: str) -> str | Drop:
    """Read digits that no plus stands before."""
    if not digits.strip("0"):
        return Drop.PLACEHOLDER
    if len(digits) > _MOST_DIGITS:
        return given(found) or Drop.IMPOSSIBLE_PHONE
    region = _region(country) if country else None
    if region is None:
        return _from_anywhere(digits)
    if region.plan.code == _NANP:
        return _from_north_america(digits)
    full = _from_inside(digits, region)
    if full is None:
        return Drop.PLACEHOLDER if _is_made_up(digits) else _by_library(found, country)
    return full


def _from_north_america(digits: str) -> str | Drop:
    if len(digits) == _NANP_LENGTH or (len(digits) == _NANP_LENGTH + 1 and digits[0] == _NANP):
        return _north_american(digits)
    full = _from_anywhere(digits)
    return Drop.IMPOSSIBLE_PHONE if full is Drop.NO_COUNTRY_CODE else full


def _from_anywhere(digits: str) -> str | Drop:
    """Read digits of a country that is not known."""
    if digits.startswith("00"):
        return _full(digits[2:])
    if digits.startswith("011") and _is_in_use(digits[3:]):
        return digits[3:]
    # 3525551212 is a number of Luxembourg, and without a country just as well one of Florida.
    if _is_in_use(digits) and not _is_in_use(_NANP + digits):
        return digits
    return Drop.PLACEHOLDER if _is_made_up(digits) else Drop.NO_COUNTRY_CODE


def _from_inside(digits: str, region: _Region) -> str | None:
    """Read digits as people of a country outside North America write them; None for the library."""
    plan = region.plan
    has_code = digits.startswith(plan.code) and plan.in_use(digits[len(plan.code) :])
    # Both can be: with a trunk "0" in the country, a number without it is more likely a full one.
    if plan.in_use(digits) and not (has_code and region.trunk):
        return plan.code + digits
    if shorter := _without_trunk(digits, region):
        return plan.code + shorter
    if has_code:
        return digits
    if abroad := region.abroad.match(digits):
        full = _full(digits[abroad.end() :] or "0")
        if isinstance(full, str):
            return full
    if digits.startswith("00"):
        full = _full(digits[2:])
        return full if isinstance(full, str) else None
    return digits if _is_in_use(digits) else None


def _outside_brackets(found: str, digits: str) -> str:
    """Leave out the "(0)" of "+44 (0)20", unless the number needs it, as in Italy."""
    if "(0)" not in found:
        return digits
    shorter = found.replace("(0)", "", 1).translate(_SEPARATORS)[1:]
    return shorter if _is_in_use(shorter) or not _is_in_use(digits) else digits


def _unusual(found: str, country: str | None) -> str | Drop:
    """Read what is not only digits and separators: extensions, letters, digests, words."""
    if not found:
        return Drop.EMPTY
    ready = given(found)
    if ready:
        return ready
    if found.lower() in NOTHING_WORDS or not any(map(str.isalnum, found)) or found.lower() == "na":
        return Drop.PLACEHOLDER
    if number := _SCIENTIFIC.fullmatch(found):
        # A spreadsheet's 6.505551212E+9; with fewer digits than the number has, some are lost.
        digits = number[1] + number[2]
        exact = len(digits) == int(number[3]) + 1
        return _bare(digits, country, digits) if exact else Drop.IMPOSSIBLE_PHONE
    first, another, _ = found.partition("/")
    if "+" in found or (country and _region(country)):
        read = _by_library(found, country)
        # A stroke stands inside a number (030/123456), or between two, of which the first counts.
        return phone(first, country) if another and isinstance(read, Drop) else read
    full = _by_library("+" + found.removeprefix("00"), None)
    return full if isinstance(full, str) and _is_in_use(full) else Drop.NO_COUNTRY_CODE


def _by_library(found: str, country: str | None) -> str | Drop:
    """Have the `phonenumbers` package read a number: the slow way."""
    try:
        number = phonenumbers.parse(found, country.upper() if country else None)
    except NumberParseException:
        return Drop.IMPOSSIBLE_PHONE
    reason = phonenumbers.is_possible_number_with_reason(number)
    plan = _plan(str(number.country_code))
    if reason != ValidationResult.IS_POSSIBLE or plan is None:
        return Drop.IMPOSSIBLE_PHONE
    digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
    return _read(digits[len(plan.code) :], plan) or Drop.IMPOSSIBLE_PHONE
