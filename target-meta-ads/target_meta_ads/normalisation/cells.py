"""Cells as a warehouse gives them, read as text, and the reasons why one gives no identifier."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from enum import Enum

# No identifier is longer; numbers beyond are refused before they are written out.
_LONGEST_NUMBER = 40
_TOO_LONG = 10**_LONGEST_NUMBER
_EXACT = 2**53  # whole numbers below it are what they say

LONGEST_KEPT = 80
"""Texts up to this length are remembered by the functions that remember; so memory is bounded."""


class Drop(Enum):
    """Why a cell gives no identifier; the value is the code in the closing report."""

    EMPTY = "empty"
    NOT_TEXT = "not_text"
    PLACEHOLDER = "placeholder"
    MD5 = "md5"
    NOTHING_LEFT = "nothing_left"
    NOT_AN_EMAIL = "not_an_email"
    NO_COUNTRY_CODE = "no_country_code"
    IMPOSSIBLE_PHONE = "impossible_phone"
    UNKNOWN_GENDER = "unknown_gender"
    UNREADABLE_DATE = "unreadable_date"
    IMPOSSIBLE_DATE = "impossible_date"
    UNKNOWN_STATE = "unknown_state"
    UNKNOWN_COUNTRY = "unknown_country"
    IMPOSSIBLE_ZIP = "impossible_zip"
    NOT_A_DEVICE_ID = "not_a_device_id"
    NOT_A_NUMBER = "not_a_number"


# What people and programs write where there is nothing. "na" is not here: it is a family name, and
# Namibia.
NOTHING_WORDS = frozenset(
    {
        *("n/a", "n.a.", "#n/a", "<na>", "nan", "none", "(none)", "null", "(null)", "<null>"),
        *("undefined", "unknown", "(unknown)", "not set", "(not set)", "not available"),
        *("not provided", "not applicable", "no data"),
    }
)

# Characters that are not seen and that `str.strip` keeps: they come with copied texts.
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_UNSEEN += "\u2066\u2067\u2068\u2069"
_EDGES = _UNSEEN + "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
WITHOUT_UNSEEN = dict.fromkeys(map(ord, _UNSEEN))
"""For `str.translate`: takes them out of the middle of a text too."""


def text(value: object) -> str | Drop:
    """Read a cell as text: trimmed, composed (NFC), and whole numbers without a decimal point.

    6505551212.0 is "6505551212": a column of whole numbers with one blank in it comes as decimals.

    Args:
        value: The cell: text, a number, bytes of UTF-8, or None.

    Returns:
        The text, never empty and always writable as UTF-8, or why there is none.
    """
    if type(value) is str:
        return (value.strip() or Drop.EMPTY) if value.isascii() else _unicode_text(value)
    if value is None:
        return Drop.EMPTY
    if isinstance(value, (int, float, Decimal)):
        return Drop.NOT_TEXT if isinstance(value, bool) else _number_text(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _bytes_text(value)
    return text(str.__str__(value)) if isinstance(value, str) else Drop.NOT_TEXT


def _unicode_text(value: str) -> str | Drop:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which no hash can be made of
        return Drop.NOT_TEXT
    return unicodedata.normalize("NFC", value).strip(_EDGES) or Drop.EMPTY


def _bytes_text(value: bytes | bytearray | memoryview) -> str | Drop:
    try:
        return text(bytes(value).decode())
    except ValueError:
        return Drop.NOT_TEXT


def _number_text(value: float | Decimal) -> str | Drop:
    if isinstance(value, int):
        return str(int(value)) if abs(value) < _TOO_LONG else Drop.NOT_TEXT
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _EXACT:  # nearly all, and four times as fast
            return str(int(value))
        value = Decimal(float.__repr__(value))
    if not value.is_finite():
        return Drop.EMPTY if value.is_nan() else Drop.NOT_TEXT
    if abs(value.adjusted()) > _LONGEST_NUMBER or len(value.as_tuple().digits) > _LONGEST_NUMBER:
        return Drop.NOT_TEXT
    whole = value == value.to_integral_value()
    return str(int(value)) if whole else f"{value:f}".rstrip("0")


def ascii_digits(found: str) -> str:
    """Write the digits of every script as 0 to 9; Meta's digests are made of those."""
    if found.isascii():
        return found
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in found)
