# ruff: noqa: ANN401 - a record and a setting may be anything
"""Events as a stream brings them, and short ways to read them, for several test modules."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from target_meta_ads.events.plan import EventPlan
from target_meta_ads.normalisation.quality import Quality
from target_meta_ads.records import Event, Reject
from target_meta_ads.streams.blocks import EventStream

if TYPE_CHECKING:
    from collections.abc import Mapping

TODAY = dt.date(2026, 11, 20)
NOW = 1_795_176_000
INSTANT = "2026-11-20T11:00:00Z"


BLOCK = EventStream("events", pixel_id="111")


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def plan(
    record: Mapping[str, Any], *keys: str, country: str | None = None, **block: Any
) -> tuple[EventPlan, Quality]:
    """Make a plan whose SCHEMA has the columns of a record."""
    quality = Quality("events")
    stream = replace(BLOCK, **block)
    made = EventPlan(stream, [*record], keys, quality, country, TODAY, lambda: NOW)
    return made, quality


def event(record: Mapping[str, Any], *keys: str, **options: Any) -> Event:
    found = plan(record, *keys, **options)[0].event(record)
    assert isinstance(found, Event), found
    return found


def body(record: Mapping[str, Any], *keys: str, **options: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(event(record, *keys, **options).body, parse_float=Decimal)
    return made


def reject(record: Mapping[str, Any], *keys: str, **options: Any) -> str:
    found = plan(record, *keys, **options)[0].event(record)
    assert isinstance(found, Reject)
    return found.code


LEAD = {
    "event_id": "lead-1",
    "event_name": "Lead",
    "event_time": INSTANT,
    "action_source": "system_generated",
    "email": "John_Smith@gmail.com",
}
PURCHASE = {
    "event_id": "purchase-9",
    "event_name": "Purchase",
    "event_time": dt.datetime(2026, 11, 20, 11, tzinfo=dt.timezone.utc),
    "action_source": "website",
    "event_source_url": "https://shop.example/thanks",
    "email": "John_Smith@gmail.com",
    "phone": "(650)555-1212",
    "first_name": "정",
    "last_name": "Valéry",
    "gender": "F",
    "birth_date": "2/16/1997",
    "city": "New York",
    "state": "New York",
    "zip": "10001-0001",
    "country": "United States",
    "external_id": " C-7 ",
    "mobile_advertiser_id": "6F9619FF-8B86-D011-B42D-00C04FC964FF",
    "client_ip_address": "203.0.113.7",
    "client_user_agent": "Mozilla/5.0",
    "fbc": "fb.1.1700000000000.IwAR0AbC",
    "fbp": "fb.1.1700000000000.42",
    "lead_id": "123456789012345",
    "fb_login_id": Decimal("100000000000001.0"),
    "subscription_id": "s-1",
    "value": Decimal("1234567890123456.70"),
    "currency": "eur",
    "content_ids": '["a", "b"]',
    "contents": '[{"id": "a", "quantity": 1, "item_price": 9.90}]',
    "content_type": "product",
    "num_items": 2.0,
    "order_id": 4711,
}
