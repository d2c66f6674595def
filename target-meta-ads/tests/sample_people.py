# ruff: noqa: ANN401 - a record and a setting may be anything
"""People as a stream brings them, and short ways to read them, for several test modules."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from target_meta_ads.audiences import rows
from target_meta_ads.audiences.plan import MemberPlan
from target_meta_ads.normalisation.quality import Quality
from target_meta_ads.records import Member, Reject
from target_meta_ads.streams.blocks import AudienceStream

if TYPE_CHECKING:
    from collections.abc import Mapping

TODAY = dt.date(2026, 11, 20)


BLOCK = AudienceStream("people")


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def plan(
    record: Mapping[str, Any], *keys: str, country: str | None = None, **block: Any
) -> tuple[MemberPlan, Quality]:
    """Make a plan whose SCHEMA has the columns of a record."""
    quality = Quality("people")
    made = MemberPlan(replace(BLOCK, **block), [*record], keys, quality, country, TODAY)
    return made, quality


def member(record: Mapping[str, Any], *keys: str, **options: Any) -> Member:
    made, _ = plan(record, *keys, **options)
    found = made.member(record)
    assert isinstance(found, Member), found
    return found


def reject(record: Mapping[str, Any], *keys: str, **options: Any) -> str:
    made, _ = plan(record, *keys, **options)
    found = made.member(record)
    assert isinstance(found, Reject)
    return found.code


def people(record: Mapping[str, Any], **options: Any) -> list[dict[str, Any]]:
    """Give the rows of a record, without blank cells."""
    names, cells = rows.unpack(member(record, **options).packed)
    return [{key: cell for key, cell in zip(names, row, strict=True) if cell} for row in cells]


MARY = {
    "id": 7,
    "email": " Mary@Example.com",
    "phone": "+1 (650) 555-1212",
    "first_name": "Mary",
    "last_name": "Valéry",
    "gender": "female",
    "birth_date": "1997-02-16",
    "city": "New York",
    "state": "New York",
    "zip": "10001-1234",
    "country": "United States",
    "external_id": " C-7 ",
    "mobile_advertiser_id": "6F9619FF-8B86-D011-B42D-00C04FC964FF",
}
