"""The columns of a record that the target knows, by the names that need no mapping.

Data alone: what a column becomes at Meta is said where records are read.
"""

from __future__ import annotations

from typing import Any

IDENTIFIERS = (
    "email",
    "phone",
    "mobile_advertiser_id",
    "external_id",
    "first_name",
    "last_name",
    "gender",
    "birth_date",
    "city",
    "state",
    "zip",
    "country",
)
"""What a person is matched by, in audiences and events."""

PROCESSING = (
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
)
"""Limited data use."""

AUDIENCE_COLUMNS = (*IDENTIFIERS, "value", "page_scoped_user_id", *PROCESSING)
"""The columns of an audience stream."""

MATCH_KEYS = (
    *IDENTIFIERS,
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "lead_id",
    "fb_login_id",
    "subscription_id",
    "anon_id",
    "page_scoped_user_id",
    "ctwa_clid",
    "ig_sid",
)
"""What Meta matches an event's person by."""

CUSTOM_DATA = (
    "value",
    "currency",
    "content_ids",
    "contents",
    "content_type",
    "content_name",
    "content_category",
    "num_items",
    "order_id",
    "search_string",
    "status",
    "predicted_ltv",
    "delivery_category",
)
"""The columns that stand in an event's `custom_data`, whatever the setting of that name says."""

EVENT_COLUMNS = (
    *MATCH_KEYS,
    "page_id",
    "ig_account_id",
    "event_name",
    "event_time",
    "event_id",
    "action_source",
    "messaging_channel",
    "event_source_url",
    "referrer_url",
    "opt_out",
    *PROCESSING,
    "app_data",
    "original_event_data",
    "customer_segmentation",
    *CUSTOM_DATA,
)
"""The columns of an event stream."""

ACTION_SOURCES = (
    "website",
    "app",
    "physical_store",
    "email",
    "phone_call",
    "chat",
    "business_messaging",
    "system_generated",
    "other",
)
"""Meta's words for where an event happened."""

TEXT: dict[str, Any] = {
    "type": ["string", "null"],
    "pattern": r"\S",
    "errorMessage": "Write a text, or remove it.",
}
"""JSON schema of a text that says something."""

_URL: dict[str, Any] = {
    "type": ["string", "null"],
    "pattern": r"^https?://\S+$",
    "errorMessage": "Write a whole address, as https://shop.example/thanks.",
}
ID: dict[str, Any] = {
    "type": ["string", "integer", "null"],
    "pattern": r"^[0-9]+(?!\n)$",  # the end alone would let a line break pass
    "minimum": 1,
    "errorMessage": "Write Meta's id, which is digits alone.",
}
"""JSON schema of an id that Meta gave; YAML makes a number of it where it is not quoted."""

_AMOUNT: dict[str, Any] = {"type": ["number", "null"], "minimum": 0}
_LIST: dict[str, Any] = {"type": ["array", "null"]}

DEFAULTS: dict[str, dict[str, Any]] = {
    "event_name": TEXT,
    "action_source": {"type": ["string", "null"], "enum": [*ACTION_SOURCES, None]},
    "event_source_url": _URL,
    "referrer_url": _URL,
    "opt_out": {"type": ["boolean", "null"]},
    "data_processing_options": {**_LIST, "items": {"type": "string", "enum": ["LDU"]}},
    "data_processing_options_country": {"type": ["integer", "null"], "minimum": 0, "maximum": 1},
    "data_processing_options_state": {"type": ["integer", "null"], "minimum": 0, "maximum": 1000},
    "page_id": ID,
    "ig_account_id": ID,
    "app_data": {"type": ["object", "null"]},
    "customer_segmentation": TEXT,
    "value": _AMOUNT,
    "currency": TEXT,
    "content_ids": {**_LIST, "items": {"type": ["string", "integer"]}},
    "contents": {**_LIST, "items": {"type": "object"}},
    "content_type": TEXT,
    "content_name": TEXT,
    "content_category": TEXT,
    "num_items": {"type": ["integer", "null"], "minimum": 0},
    "status": TEXT,
    "predicted_ltv": _AMOUNT,
    "delivery_category": TEXT,
}
"""JSON schema of what may stand in for a column or an empty cell.

None of them is a person's: one e-mail address for all would match all events to one person, and one
`event_id` for all would make Meta drop all but the first.
"""
