"""The keys of an event made ready for the records of one stream. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_meta_ads.normalisation import hashing
from target_meta_ads.normalisation.keys import Form
from target_meta_ads.normalisation.slots import Slot, counters, normaliser

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from target_meta_ads.normalisation.keys import Key
    from target_meta_ads.normalisation.quality import Quality


def event_slot(
    key: Key,
    column: str,
    *,
    is_external_id_hashed: bool,
    quality: Quality,
    today: date,
    default: object = None,
) -> Slot:
    """Make a key of an event ready; its `encode` gives what stands in `user_data`.

    Hashed keys and `external_id` are lists there, of one or more; the others are single.
    """
    encode: Callable[[str], Any]
    if key.form is Form.HASHED or (key.form is Form.CHOSEN and is_external_id_hashed):
        encode = _listed_digest
    elif key.form is Form.REPEATED:
        encode = _listed_digest_of_few
    elif key.form is Form.CHOSEN:
        encode = _listed
    else:
        encode = int if key.form is Form.NUMBER else str
    return Slot(
        column=column,
        normalise=normaliser(key, today),
        is_by_country=key.is_by_country,
        encode=encode,
        place=key.event,
        mask=0,
        quality=counters(quality, key.column),
        default=default,
    )


def _listed(found: str) -> list[str]:
    return [found]


def _listed_digest(found: str) -> list[str]:
    return [hashing.raw(found).hex()]


def _listed_digest_of_few(found: str) -> list[str]:
    return [hashing.raw_of_few(found).hex()]
