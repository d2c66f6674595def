"""The keys of one stream made ready to read its records, and the reading of one cell. Pure."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_meta_ads.normalisation import hashing, places
from target_meta_ads.normalisation.cells import Drop
from target_meta_ads.normalisation.quality import ColumnQuality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from target_meta_ads.normalisation.keys import Key
    from target_meta_ads.normalisation.quality import Quality


class Slot(NamedTuple):
    """A key made ready for the records of one stream.

    Attributes:
        column: The record's column.
        normalise: Takes the cell, and the country too when `is_by_country`.
        is_by_country: Whether it does.
        encode: Makes of the normalised text what is sent.
        place: Where that belongs: an index of `rows.KEYS`, or a key of `user_data`.
        mask: For audiences, the bits of its keys in a schema.
        quality: Its counters.
        default: For events, the cell that stands in for an empty one; None when there is none.
    """

    column: str
    normalise: Callable[..., str | Drop]
    is_by_country: bool
    encode: Callable[[str], Any]
    place: Any
    mask: int
    quality: ColumnQuality
    default: Any


def counters(quality: Quality, column: str) -> ColumnQuality:
    """The counters of a column, made when they are first asked for."""
    return quality.columns.setdefault(column, ColumnQuality())


def normaliser(key: Key, today: date) -> Callable[..., str | Drop]:
    """What normalises the cells of a key: takes a cell, and the country too where that counts."""
    return partial(key.normalise, today=today) if key.is_by_day else key.normalise


LISTS = (list, tuple, set, frozenset)
"""Types of cells that hold several values."""


def values_of(cell: object) -> list[Any]:
    """The values of a cell that holds one or a list of them, or a list as JSON text."""
    if isinstance(cell, LISTS):
        return list(cell)
    if isinstance(cell, str) and cell[:1] == "[":
        try:
            found = msgspec.json.decode(cell)
        except (ValueError, RecursionError):
            return [cell]
        if isinstance(found, list):
            return found
    return [cell]


def read_all(slot: Slot, cell: object, country: str | None) -> list[Any]:
    """Read a cell of any number of values: what `encode` made of the good ones, each once.

    Counts what was dropped. In the order of the cell.
    """
    found = []
    is_hashed_already = False
    for value in values_of(cell):
        read = slot.normalise(value, country) if slot.is_by_country else slot.normalise(value)
        if isinstance(read, Drop):
            if read is not Drop.EMPTY:
                slot.quality.drop_one_of_many(read)
            continue
        is_hashed_already |= hashing.already(read) is not None
        made = slot.encode(read)
        if made not in found:
            found.append(made)
    if not found:
        slot.quality.blank += 1
    slot.quality.hashed_already += is_hashed_already
    return found


def country_of(cell: object, default: str | None) -> str | None:
    """Tell the country that a person's phone, ZIP code and state are read by.

    Where the cell is empty that is the default; where it holds something that is no country, or is
    hashed, there is none: the default would be a guess against what the cell says.

    Returns:
        Two letters in lower case.
    """
    if cell is None:
        return default
    if type(cell) is str:
        return _country_of_text(cell, default)
    return _country_of_values(values_of(cell), default)


def _country_of_values(values: Iterable[object], default: str | None) -> str | None:
    reads = [places.country(value) for value in values]
    for read in reads:
        if isinstance(read, str) and len(read) == 2:  # noqa: PLR2004 - a country's code, no digest
            return read
    is_empty = all(read in {Drop.EMPTY, Drop.PLACEHOLDER} for read in reads)
    return default if is_empty else None


@lru_cache(maxsize=1024)
def _country_of_text(cell: object, default: str | None) -> str | None:
    return _country_of_values(values_of(cell), default)
