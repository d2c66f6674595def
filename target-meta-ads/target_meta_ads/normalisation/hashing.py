"""SHA-256 as Meta takes it: 64 lower-case hexadecimal digits of the normalised text in UTF-8."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

from target_meta_ads.normalisation.cells import LONGEST_KEPT, NOTHING_WORDS, Drop

DIGEST_LENGTH = 64
"""Hexadecimal digits of a digest."""

# Meta's own helper library for websites adds a dot and eight characters, which are no part of it.
_SHA256 = re.compile(r"([0-9a-fA-F]{64})(?:\.[\w-]{8})?", re.ASCII)
_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_MD5_LENGTH = 32

# Somebody hashed before us, blanks too.
_OF_NOTHING = frozenset(sha256(word.encode()).hexdigest() for word in ("", *NOTHING_WORDS))


def already(text: str) -> str | None:
    """Give the digest, in lower case, when a text is a SHA-256 already; None when it is none.

    The digest of an empty text or of a word such as "null" is none: it stands for nobody.
    """
    if len(text) < DIGEST_LENGTH:  # nearly all
        return None
    found = _SHA256.fullmatch(text)
    if found is None:
        return None
    digest_given = found[1].lower()
    return None if digest_given in _OF_NOTHING else digest_given


def given(text: str) -> str | Drop | None:
    """Tell what a text of a hashed key is that came hashed; None when it is plain.

    Returns:
        A SHA-256 in lower case; `Drop.PLACEHOLDER` for that of an empty text; `Drop.MD5`, for Meta
        has no use for it, hashed again or not; None for all else.
    """
    if len(text) < _MD5_LENGTH:
        return None
    if len(text) == _MD5_LENGTH:
        return Drop.MD5 if _MD5.fullmatch(text) else None
    found = _SHA256.fullmatch(text)
    if found is None:
        return None
    return already(text) or Drop.PLACEHOLDER


def digest(normalised_text: str) -> str:
    """Hash a normalised text; one that is a digest already stays.

    Raises:
        ValueError: When the text is empty: the digest of nothing would stand for nobody, and for
            everybody without a value.
    """
    return raw(normalised_text).hex()


def raw(normalised_text: str) -> bytes:
    """Hash like `digest`, as the 32 bytes themselves."""
    if len(normalised_text) == DIGEST_LENGTH and (found := already(normalised_text)):
        return bytes.fromhex(found)
    if not normalised_text:
        raise ValueError("An empty text has no digest that Meta could match.")
    return sha256(normalised_text.encode()).digest()


def raw_of_few(normalised_text: str) -> bytes:
    """Hash like `raw`, and remember: for keys of few values, such as names and ZIP codes."""
    return _kept(normalised_text) if len(normalised_text) <= LONGEST_KEPT else raw(normalised_text)


_kept = lru_cache(maxsize=32_768)(raw)
