"""What Meta would refuse an event for, found before it is sent. Pure.

Meta refuses a request whole for one bad event, so that each one found here saves a search. The
rules are those of the Conversions API ("Server Event Parameters", "Using the API"); where Meta's
text and what its servers do differ, the servers win.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_meta_ads.normalisation.values import currencies
from target_meta_ads.records import Reject
from target_meta_ads.streams.columns import ACTION_SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGING_CHANNELS = frozenset({"instagram", "messenger", "whatsapp"})

_DAY = 86_400
OLDEST = 7 * _DAY
"""Seconds that an event may be old."""

OLDEST_IN_A_STORE = 62 * _DAY
"""Seconds that an event of `physical_store` may be old."""

LATEST = 60
"""Seconds that an event may lie ahead: clocks differ. Meta does not say how far it goes."""

_WEAK = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)
_WEAK_KEYS = frozenset().union(*_WEAK)

_EXTENDED_INFO = 16
_EXTENDED_INFO_VERSIONS = ("a2", "i2")
_MESSAGING_KEYS = ("ctwa_clid", "page_id", "ig_account_id")

NO_NAME = Reject("no_event_name", "The event has no event_name.")
NO_TIME = Reject("no_event_time", "The event has no event_time.")
NO_ACTION_SOURCE = Reject("no_action_source", "The event has no action_source.")
UNKNOWN_ACTION_SOURCE = Reject(
    "unknown_action_source", f"The action_source is none of {', '.join(sorted(ACTION_SOURCES))}."
)
TOO_OLD = Reject("event_too_old", "The event is older than the 7 days that Meta takes.")
TOO_OLD_IN_A_STORE = Reject(
    "event_too_old", "The event in a physical store is older than the 62 days that Meta takes."
)
IN_FUTURE = Reject("event_in_future", "The event_time lies in the future.")
NO_IDENTIFIER = Reject("no_identifier", "No identifier is left that Meta could match a person by.")
WEAK_MATCH_KEYS = Reject(
    "weak_match_keys", "Meta takes no event whose only identifiers are as weak as these."
)
NO_VALUE = Reject("purchase_without_value", "A Purchase needs a value.")
NO_CURRENCY = Reject("purchase_without_currency", "A Purchase needs a currency.")
UNKNOWN_CURRENCY = Reject("unknown_currency", "The currency is no code of ISO 4217, as EUR.")
APP_WITHOUT_DATA = Reject(
    "app_event_without_app_data",
    "An event of an app needs app_data with advertiser_tracking_enabled, "
    "application_tracking_enabled and extinfo.",
)
BAD_EXTENDED_INFO = Reject(
    "bad_extinfo",
    "The extinfo of app_data is no list of 16 values that begins with a2 or i2; Meta drops such "
    "events without a word.",
)
NO_MESSAGING_CHANNEL = Reject(
    "no_messaging_channel",
    "An event of business_messaging needs a messaging_channel: instagram, messenger or whatsapp.",
)
NO_MESSAGING_KEY = Reject(
    "no_messaging_key",
    "An event of business_messaging needs one of ctwa_clid, page_id and ig_account_id.",
)

WARNINGS = {
    "no_event_source_url": "of a website without event_source_url, which Meta asks for",
    "no_client_user_agent": "of a website without client_user_agent, which Meta asks for",
}
"""What Meta asks for and goes without: what to say of such events, by code."""


def check(event: Mapping[str, Any], now: float) -> Reject | None:
    """Tell what Meta would refuse an event for; None when nothing is found.

    Args:
        event: The event as it is sent.
        now: Seconds since 1970.
    """
    if "event_name" not in event:
        return NO_NAME
    source = event.get("action_source")
    if source not in ACTION_SOURCES:
        return NO_ACTION_SOURCE if source is None else UNKNOWN_ACTION_SOURCE
    return (
        _check_time(event.get("event_time"), source, now)
        or check_match_keys(event.get("user_data", {}))
        or _check_money(event["event_name"], event.get("custom_data", {}))
        or _check_source(event, source)
    )


def _check_time(time: int | None, source: str, now: float) -> Reject | None:
    if time is None:
        return NO_TIME
    age = now - time
    if age <= OLDEST:
        return None if age >= -LATEST else IN_FUTURE
    if source != "physical_store":
        return TOO_OLD
    return TOO_OLD_IN_A_STORE if age > OLDEST_IN_A_STORE else None


def check_match_keys(user_data: Mapping[str, Any]) -> Reject | None:
    """Tell whether an event's `user_data` is too little to match anybody.

    Meta names four groups of keys; an event that has no others than those of one is refused.
    """
    keys = user_data.keys()
    if not keys:
        return NO_IDENTIFIER
    if keys <= _WEAK_KEYS and any(keys <= weak for weak in _WEAK):
        return WEAK_MATCH_KEYS
    return None


def _check_money(name: str, custom_data: Mapping[str, Any]) -> Reject | None:
    currency = custom_data.get("currency")
    if currency is not None and currency not in currencies():
        return UNKNOWN_CURRENCY
    if name == "Purchase":
        if "value" not in custom_data:
            return NO_VALUE
        if currency is None:
            return NO_CURRENCY
    return None


def _check_source(event: Mapping[str, Any], source: str) -> Reject | None:
    if source == "app":
        return _check_app(event.get("app_data", {}))
    if source == "business_messaging":
        if event.get("messaging_channel") not in MESSAGING_CHANNELS:
            return NO_MESSAGING_CHANNEL
        user_data = event["user_data"]
        return None if any(key in user_data for key in _MESSAGING_KEYS) else NO_MESSAGING_KEY
    return None


def _check_app(app_data: Mapping[str, Any]) -> Reject | None:
    needed = ("advertiser_tracking_enabled", "application_tracking_enabled", "extinfo")
    if any(app_data.get(key) is None for key in needed):
        return APP_WITHOUT_DATA
    info = app_data["extinfo"]
    if not isinstance(info, list) or len(info) != _EXTENDED_INFO:
        return BAD_EXTENDED_INFO
    return None if info[0] in _EXTENDED_INFO_VERSIONS else BAD_EXTENDED_INFO


def warnings(event: Mapping[str, Any]) -> tuple[str, ...]:
    """The codes of `WARNINGS` that hold for an event that is sent."""
    if event["action_source"] != "website":
        return ()
    if "event_source_url" in event:
        return () if "client_user_agent" in event["user_data"] else ("no_client_user_agent",)
    if "client_user_agent" in event["user_data"]:
        return ("no_event_source_url",)
    return ("no_event_source_url", "no_client_user_agent")
