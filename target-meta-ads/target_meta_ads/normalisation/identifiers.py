"""The identifiers of a person as Meta wants them before they are hashed: one pure function per key.

The rules are Meta's: "Hashing and Normalization for Multi-Key" of the guide to Custom Audiences,
and "Customer Information Parameters" of the Conversions API. Where the two differ, or leave
something open, the function says what it does. Phones are in `phones`, places in `places`, dates in
`birth_dates`: the same holds for them.

Every function takes a cell that is not a list and gives the normalised text, or the `Drop` that
says why there is none. None of them raises, and each gives its own output back unchanged. A text
that is a SHA-256 already comes back in lower case from the functions of hashed keys; the digest of
an empty text, or of a word such as "null", is dropped like the word.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from target_meta_ads.normalisation.cells import (
    LONGEST_KEPT,
    NOTHING_WORDS,
    WITHOUT_UNSEEN,
    Drop,
    text,
)
from target_meta_ads.normalisation.hashing import given

# One @ with something before it, and a domain of two labels or more. Signs that RFC 5321 takes only
# in quotes are not in it: nearly always they are left over from "Name <address>" or a list.
_NOT_IN = r'\s@<>()\[\],;:\\"\x00-\x20\x7f'
_EMAIL = re.compile(rf"[^{_NOT_IN}]+@[^.{_NOT_IN}]+(?:\.[^.{_NOT_IN}]+)+")
_NOBODY = frozenset(
    {
        *("noemail", "no-email", "no.email", "no_email", "noemailaddress", "nomail", "no-mail"),
        *("no.mail", "no_mail", "donotreply", "do-not-reply", "no-reply", "noreply"),
        *(NOTHING_WORDS - {"nan"}),
    }
)
# These are addresses too; before a domain of the same kind they are none.
_PERHAPS_NOBODY = frozenset({"email", "mail", "na", "nan", "no", "test", "xxx"})
_SUSPECT = _NOBODY | _PERHAPS_NOBODY
_NO_DOMAINS = frozenset(
    f"{label}.{end}"
    for label in ("noemail", "no-email", "nomail", "none", "null")
    for end in ("com", "net", "org")
)
_NO_ENDS = (".invalid", ".localhost", ".local")


def email(value: object) -> str | Drop:
    """Normalise an e-mail address: trimmed, lower case, otherwise as it is.

    Dots and plus signs stay, as Meta does not fold them, and so do letters beyond ASCII. Dropped is
    what cannot be one address, and what stands for none: none@none.com, test@test.com,
    noemail@gmail.com, everybody @noemail.com.
    """
    if type(value) is str and value.isascii():
        found = value.strip().lower()
    else:
        read = text(value)
        if isinstance(read, Drop):
            return read
        read = read.translate(WITHOUT_UNSEEN).lower()
        found = unicodedata.normalize("NFC", read)
    if _EMAIL.fullmatch(found):
        local, _, domain = found.rpartition("@")
        if domain in _NO_DOMAINS or (local in _SUSPECT and _is_nobody(local, domain)):
            return Drop.PLACEHOLDER
        return Drop.PLACEHOLDER if found.endswith(_NO_ENDS) else found
    if not found:
        return Drop.EMPTY
    return given(found) or (Drop.PLACEHOLDER if _says_nothing(found) else Drop.NOT_AN_EMAIL)


def _is_nobody(local: str, domain: str) -> bool:
    return local in _NOBODY or domain.partition(".")[0] in _SUSPECT


def _says_nothing(found: str) -> bool:
    return found in NOTHING_WORDS or found == "na" or not any(map(str.isalnum, found))


def name(value: object) -> str | Drop:
    """Normalise a first or last name: lower case, without blanks, punctuation and symbols.

    Letters of every script and their accents stay, as in the digests that Meta prints; composed
    (NFC). "Mary-Ann O'Neil" is "maryannoneil". A name has a letter.
    """
    if type(value) is str and len(value) < 32 and value.isascii() and value.isalpha():  # noqa: PLR2004 - shorter than any digest
        found = value.lower()
        return Drop.PLACEHOLDER if found in NOTHING_WORDS else found
    read = text(value)
    if isinstance(read, Drop):
        return read
    return _name(read) if len(read) <= LONGEST_KEPT else _name.__wrapped__(read)


# Marks that are letters to Unicode and apostrophes to people: Hawaiian, Ukrainian.
_LETTER_APOSTROPHES = "\u02b9\u02bb\u02bc\u02bd"


@lru_cache(maxsize=16_384)
def _name(found: str) -> str | Drop:
    ready = given(found)
    if ready:
        return ready
    if found.lower() in NOTHING_WORDS:
        return Drop.PLACEHOLDER
    # Lower case first may compose anew, so composed comes last.
    kept = unicodedata.normalize("NFC", "".join(filter(_stays_in_name, found)))
    kept = unicodedata.normalize("NFC", kept.lower())
    if not any(map(str.isalpha, kept)):
        return Drop.NOTHING_LEFT
    return Drop.PLACEHOLDER if kept in NOTHING_WORDS else given(kept) or kept


def _stays_in_name(sign: str) -> bool:
    """Tell whether a character is no blank, punctuation, symbol or control."""
    return unicodedata.category(sign)[0] not in "PSZC" and sign not in _LETTER_APOSTROPHES


_GENDER_WORDS = {
    "f": (
        *("f", "female", "feminine", "woman", "girl", "lady", "mrs", "ms", "miss", "mother"),
        *("w", "frau", "weiblich", "femenino", "feminino", "mujer", "mulher", "senora", "señora"),
        *("femme", "féminin", "feminin", "madame", "mme", "mademoiselle", "donna", "femmina"),
        *("femminile", "signora", "vrouw", "vrouwelijk", "kvinna", "kvinde", "kvinne", "kobieta"),
        *("kad\u0131n", "kadin", "mevrouw", "she", "she/her", "女", "女性"),
    ),
    "m": (
        *("m", "male", "masculine", "man", "boy", "gentleman", "mr", "mister", "sir", "father"),
        *("herr", "männlich", "maennlich", "mann", "masculino", "hombre", "homem", "senor"),
        *("señor", "homme", "masculin", "monsieur", "uomo", "maschio", "maschile", "signore"),
        *("mannelijk", "de heer", "mężczyzna", "erkek", "he", "he/him", "男", "男性"),
    ),
}
_GENDERS = {word: sign for sign, words in _GENDER_WORDS.items() for word in words}


def gender(value: object) -> str | Drop:
    """Normalise a gender to "m" or "f"; words of several languages count, and titles.

    What says neither is dropped, and never guessed: "u", "other", and numbers, of which each system
    has its own.
    """
    if type(value) is str and (known := _GENDERS.get(value.lower())):
        return known
    read = text(value)
    if isinstance(read, Drop):
        return read
    found = read.lower().rstrip(".")
    if found in _GENDERS:
        return _GENDERS[found]
    return given(found) or (Drop.PLACEHOLDER if _says_nothing(found) else Drop.UNKNOWN_GENDER)


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ZERO_UUID = "00000000-0000-0000-0000-000000000000"


def mobile_advertiser_id(value: object) -> str | Drop:
    """Normalise a device's advertising id: lower case with its hyphens, never hashed.

    All zeros is what a device gives whose owner does not want to be followed: dropped. So is a
    digest, which Meta does not take for this key.
    """
    read = text(value)
    if isinstance(read, Drop):
        return read
    found = read.lower()
    if _UUID.fullmatch(found):
        return Drop.PLACEHOLDER if found == _ZERO_UUID else found
    if not found.strip("0-") or _says_nothing(found):
        return Drop.PLACEHOLDER
    return Drop.NOT_A_DEVICE_ID


def external_id(value: object) -> str | Drop:
    """Normalise an id of the advertiser's own: trimmed, with its upper and lower case.

    An id of 32 hexadecimal digits is an id and no MD5. A SHA-256 is in lower case, so that it is
    the same for audiences and events.
    """
    read = text(value)
    if isinstance(read, Drop):
        return read
    if len(read) >= 64 and (ready := given(read)):  # noqa: PLR2004 - the length of a SHA-256
        return ready
    if read in _ZERO_IDS or read.lower() in NOTHING_WORDS:
        return Drop.PLACEHOLDER
    return read


_ZERO_IDS = frozenset({_ZERO_UUID, _ZERO_UUID.replace("-", "")})


def meta_id(value: object) -> str | Drop:
    """Normalise the id of a person as a Page knows them: digits, never hashed."""
    read = text(value)
    if isinstance(read, Drop):
        return read
    if read.isascii() and read.isdecimal():
        return read if read.strip("0") else Drop.PLACEHOLDER
    return Drop.PLACEHOLDER if _says_nothing(read.lower()) else Drop.NOT_A_NUMBER


_NUMBER = re.compile(r"\+?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)


def lookalike_value(value: object) -> str | Drop:
    """Normalise what a customer is worth: a number of 0 or more, without needless zeros.

    Numbers with a currency sign or with a comma are not guessed at.
    """
    if type(value) is float and 1e-4 <= value < 1e15:  # noqa: PLR2004 - written without exponent
        return repr(value).removesuffix(".0")
    read = text(value)
    if isinstance(read, Drop):
        return read
    if not _NUMBER.fullmatch(read):
        return Drop.PLACEHOLDER if _says_nothing(read.lower()) else Drop.NOT_A_NUMBER
    try:
        return text(Decimal(read))
    except InvalidOperation:  # never: the pattern is a number's
        return Drop.NOT_A_NUMBER
