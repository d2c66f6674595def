"""Numbers that look random and follow from a seed: the same on every machine and Python.

Only integer arithmetic on BLAKE2b digests is used, so that a world is the same everywhere.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

#: Draws are uniform in [0, FULL).
FULL = 1 << 16
_PACK = struct.Struct("<Qqqq").pack
_UNPACK = struct.Struct("<32H").unpack


def draws(seed: int, kind: int, a: int, b: int = 0) -> tuple[int, ...]:
    """Return 32 uniform 16-bit integers for a place in the world.

    Args:
        seed: The world's seed.
        kind: What is drawn, so that two uses of the same place do not share figures.
        a: First coordinate, for example an ad's number.
        b: Second coordinate, for example a day.
    """
    return _UNPACK(blake2b(_PACK(seed & 0xFFFFFFFFFFFFFFFF, kind, a, b)).digest())


def portion(total: int, rate: int, draw: int) -> int:
    """Return about ``total * rate / FULL``, at most ``total``; the draw decides over fractions."""
    return (total * rate + draw) >> 16


def between(low: int, high: int, draw: int) -> int:
    """Return an integer from ``low`` to ``high``, both inclusive."""
    return low + ((high - low + 1) * draw >> 16)


def pick(options: tuple[T, ...], draw: int) -> T:
    """Return one of the options, each as likely as another."""
    return options[len(options) * draw >> 16]


def hex_digest(seed: int, kind: int, a: int) -> str:
    """Return 32 hexadecimal digits for a place in the world, such as an image's hash."""
    return "".join(f"{draw:04x}" for draw in draws(seed, kind, a)[:8])


# Ids are spread over their 14 last digits by a multiplication that can be undone, so that any id
# can be led back to its object without a table, however many ids there are.
_SPACE = 10**14
_FACTOR = 7919 * 104_729 * 31_337
_INVERSE = pow(_FACTOR, -1, _SPACE)
_PER_KIND = 10**12
_PREFIX = "1202"

ACCOUNT, CAMPAIGN, AD_SET, AD, CREATIVE, AUDIENCE, CONVERSION, IMAGE, VIDEO, LABEL, PIXEL = range(
    11
)
LEAD, FORM, PAGE, RUN, BUSINESS, USER, PRODUCT, POST = range(11, 19)


@lru_cache(maxsize=65_536)
def encode_id(seed: int, kind: int, index: int) -> str:
    """Return the 18-digit id of the ``index``-th object of a kind.

    Args:
        seed: The world's seed.
        kind: One of the constants of this module.
        index: 0 <= index < 10**12.
    """
    shift = draws(seed, -1, 0)[0] * 100_003
    return f"{_PREFIX}{(kind * _PER_KIND + index + shift) * _FACTOR % _SPACE:014d}"


def decode_id(seed: int, text: str) -> tuple[int, int] | None:
    """Lead an id back to (kind, index); None when the text is no id of this form.

    The object need not exist: the index has still to be checked against the world.
    """
    if len(text) != len(_PREFIX) + 14 or not text.startswith(_PREFIX) or not text.isdecimal():
        return None
    shift = draws(seed, -1, 0)[0] * 100_003
    number = (int(text[len(_PREFIX) :]) * _INVERSE - shift) % _SPACE
    return divmod(number, _PER_KIND)
