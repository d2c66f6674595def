"""The keys of an audience made ready for the records of one stream. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_meta_ads.audiences import rows
from target_meta_ads.normalisation import hashing
from target_meta_ads.normalisation.keys import Form
from target_meta_ads.normalisation.slots import Slot, counters, normaliser

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from target_meta_ads.normalisation.keys import Key
    from target_meta_ads.normalisation.quality import Quality


def audience_slot(
    key: Key, column: str, *, is_external_id_hashed: bool, quality: Quality, today: date
) -> Slot:
    """Make a key of an audience ready.

    Its `encode` gives cells as `rows.pack` takes them; a birth date's three cells come as one.
    """
    encode: Callable[[str], bytes]
    if key.form is Form.HASHED:
        encode = hashing.raw
    elif key.form is Form.REPEATED:
        encode = _birth_cells if key.is_by_day else hashing.raw_of_few
    elif key.form is Form.CHOSEN and is_external_id_hashed:
        encode = _hashed_plain_cell
    else:
        encode = rows.plain_cell
    return Slot(
        column=column,
        normalise=normaliser(key, today),
        is_by_country=key.is_by_country,
        encode=encode,
        place=rows.KEYS.index(key.audience[0]),
        mask=rows.bits(*key.audience),
        quality=counters(quality, key.column),
        default=None,
    )


def _birth_cells(day: str) -> bytes:
    few = hashing.raw_of_few
    return few(day[:4]) + few(day[4:6]) + few(day[6:])


def _hashed_plain_cell(found: str) -> bytes:
    return rows.plain_cell(hashing.digest(found))
