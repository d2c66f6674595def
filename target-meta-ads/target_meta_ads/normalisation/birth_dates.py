"""Birth dates, as the eight digits of year, month and day."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from target_meta_ads.normalisation.cells import (
    LONGEST_KEPT,
    NOTHING_WORDS,
    Drop,
    ascii_digits,
    text,
)
from target_meta_ads.normalisation.hashing import given

_FIRST_YEAR = 1900
_MONTHS_IN_A_YEAR = 12
_MONTHS = {
    month: number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}

# A time of day behind the date, and what follows it, says nothing of the day of birth.
_TIME = r"(?:[T ]\d{1,2}:\d{2}.*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/. ])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.ASCII)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/. ])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.ASCII)
_DAY_MONTH_WORD = re.compile(
    rf"(\d{{1,2}})\.?[- ]?([a-z]{{3}})[a-z]*\.?[-, ]*(\d{{4}}){_TIME}", re.ASCII | re.IGNORECASE
)
_MONTH_WORD_DAY = re.compile(
    rf"([a-z]{{3}})[a-z]*\.?[- ]?(\d{{1,2}})(?:st|nd|rd|th)?[-, ]+(\d{{4}}){_TIME}",
    re.ASCII | re.IGNORECASE,
)
_EIGHT = re.compile(r"\d{8}", re.ASCII)


def birth_date(value: object, today: date) -> str | Drop:
    """Normalise a birth date to YYYYMMDD.

    Meta takes dates "with or without punctuation" and leaves the order open: a four-digit year is
    known by itself; of day and month the month comes first, unless it is above 12 or dots divide
    them (16.2.1997). Years of two digits are not guessed at.

    Args:
        value: A date, a timestamp, or a text or number of eight digits.
        today: The last possible day.

    Returns:
        Eight digits, of a real day from 1900 on; 1 January 1900 itself is what systems write where
        they know nothing, and is dropped.
    """
    if type(value) is str and len(value) <= LONGEST_KEPT:
        return _read(value, today)
    if isinstance(value, date):  # a datetime too
        return _within(date(value.year, value.month, value.day), today)
    read = text(value)
    return read if isinstance(read, Drop) else _read.__wrapped__(read, today)


def _within(day: date, today: date) -> str | Drop:
    if day.year < _FIRST_YEAR or day > today:
        return Drop.IMPOSSIBLE_DATE
    if day.year == _FIRST_YEAR and day.month == day.day == 1:
        return Drop.PLACEHOLDER
    return f"{day.year}{day.month:02}{day.day:02}"


@lru_cache(maxsize=32_768)  # a century has 36,525 days
def _read(value: str, today: date) -> str | Drop:
    read = text(value)
    if isinstance(read, Drop):
        return read
    found = ascii_digits(read)
    ready = given(found)
    if ready:
        return ready
    if not found.strip("0-/. :T") or found.lower() in NOTHING_WORDS:
        return Drop.PLACEHOLDER
    parts = _parts(found, today)
    if parts is None:
        return Drop.UNREADABLE_DATE
    try:
        return _within(date(*parts), today)
    except ValueError:
        return Drop.IMPOSSIBLE_DATE


def _parts(found: str, today: date) -> tuple[int, int, int] | None:
    """Read year, month and day, real or not."""
    if hit := _YEAR_FIRST.fullmatch(found):
        return int(hit[1]), int(hit[3]), int(hit[4])
    if hit := _YEAR_LAST.fullmatch(found):
        return _year_last(int(hit[4]), int(hit[1]), int(hit[3]), day_first=hit[2] == ".")
    if _EIGHT.fullmatch(found):
        year = int(found[:4])
        if _FIRST_YEAR <= year <= today.year and 1 <= int(found[4:6]) <= _MONTHS_IN_A_YEAR:
            return year, int(found[4:6]), int(found[6:])
        return _year_last(int(found[4:]), int(found[:2]), int(found[2:4]), day_first=False)
    return _with_a_word(found)


def _with_a_word(found: str) -> tuple[int, int, int] | None:
    """Read a date whose month is an English word, in full or its first three letters."""
    if hit := _DAY_MONTH_WORD.fullmatch(found):
        day, word, year = hit[1], hit[2], hit[3]
    elif hit := _MONTH_WORD_DAY.fullmatch(found):
        word, day, year = hit[1], hit[2], hit[3]
    else:
        return None
    month = _MONTHS.get(word.lower())
    return (int(year), month, int(day)) if month else None


def _year_last(year: int, first: int, second: int, *, day_first: bool) -> tuple[int, int, int]:
    """Tell day and month apart: the usual order of the divider, unless only the other can be."""
    if day_first:
        first, second = second, first
    if first > _MONTHS_IN_A_YEAR >= second:
        first, second = second, first
    return year, first, second
