"""What Meta's Conversions API refuses in an event.

Codes and texts are recorded ones where there are any: 2804003 (too old), 2804009 (a purchase
without a value), the unexpected key. 2804016 (not hashed) and 2804050 (too little to match by) are
known by their numbers, their words here are our own. For all else Meta's docs say what an event
must have, not how it is refused; that gets the plain code 100. A website event without
``client_user_agent`` or ``event_source_url`` is taken, as it was seen to be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from meta_sandbox._protocol.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = 86_400
#: Oldest age of an event, in seconds: for most, and for those in a physical store.
MAX_AGE, MAX_STORE_AGE = 7 * DAY, 62 * DAY
#: How far ahead of Meta's clock an event may be, in seconds. Seen in peers, not in Meta's docs.
MAX_AHEAD = 60

_ACTION_SOURCES = frozenset(
    "email website app phone_call chat physical_store system_generated business_messaging "
    "other".split()
)
_TEXT, _WHOLE, _FLAG, _OBJECT, _LIST = (str,), (int,), (bool,), (dict,), (list,)
#: Key of an event -> types of its value.
_EVENT_KEYS: dict[str, tuple[type, ...]] = {
    "event_name": _TEXT,
    "event_time": _WHOLE,
    "event_id": _TEXT,
    "action_source": _TEXT,
    "event_source_url": _TEXT,
    "referrer_url": _TEXT,
    "messaging_channel": _TEXT,
    "user_data": _OBJECT,
    "custom_data": _OBJECT,
    "app_data": _OBJECT,
    "attribution_data": _OBJECT,
    "original_event_data": _OBJECT,
    "advanced_measurement_table": _TEXT,
    "customer_segmentation": (str, dict),
    "opt_out": _FLAG,
    "data_processing_options": _LIST,
    "data_processing_options_country": _WHOLE,
    "data_processing_options_state": _WHOLE,
}
_REQUIRED = ("event_name", "event_time", "action_source", "user_data")
#: Keys of ``user_data`` whose values are SHA-256 hashes.
HASHED = frozenset("em ph fn ln db ge ct st zp country f5first f5last fi dobd dobm doby".split())
_CLEAR = frozenset(
    "external_id client_ip_address client_user_agent fbc fbp subscription_id fb_login_id lead_id "
    "anon_id madid page_id page_scoped_user_id ctwa_clid ig_account_id ig_sid".split()
)
_USER_KEYS = HASHED | _CLEAR
#: Sets of keys that match too many people; an event with no key beyond one of them is refused.
WEAK = (
    frozenset("ct country st zp ge client_user_agent".split()),
    frozenset("db client_user_agent".split()),
    frozenset("fn ge".split()),
    frozenset("ln ge".split()),
)
_HASH = re.compile(r"[0-9a-f]{64}")
_CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
    GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN
    NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK
    SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
    VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)


def check_event(event: object, place: int, now: float) -> None:
    """Refuse an event that breaks a rule.

    Args:
        event: The event, decoded.
        place: Its place in the request, from 0, which Meta names for wrong keys alone.
        now: The current instant.

    Raises:
        GraphError: It breaks a rule; Meta then takes none of the request's events.
    """
    at = f"$['data'][{place}]"
    if not isinstance(event, dict):
        raise _parameter(f'Param "{at}" must be an object')
    if not event.keys() <= _EVENT_KEYS.keys():
        raise _unexpected(event, _EVENT_KEYS.keys(), at)
    for name in _REQUIRED:
        if event.get(name) in (None, ""):
            raise _parameter(f'Missing required key "{name}" on param "{at}"')
    for name, value in event.items():
        kinds = _EVENT_KEYS[name]
        # True is an int to Python, and no number to Meta.
        if not isinstance(value, kinds) or (value is True and bool not in kinds):
            raise _parameter(f'Unexpected type of key "{name}" on param "{at}"')
    if event["action_source"] not in _ACTION_SOURCES:
        raise _parameter(f'Unexpected value of key "action_source" on param "{at}"')
    _check_time(event, now)
    _check_user(event["user_data"], f"{at}['user_data']")
    custom = event.get("custom_data")
    if custom or event["event_name"] == "Purchase":
        _check_money(event["event_name"], custom or {}, f"{at}['custom_data']")


def _check_time(event: Mapping[str, object], now: float) -> None:
    age = now - cast("int", event["event_time"])
    if age > (MAX_STORE_AGE if event["action_source"] == "physical_store" else MAX_AGE):
        raise GraphError(100, subcode=2804003)
    if age < -MAX_AHEAD:
        raise _invalid(
            "Event Timestamp In The Future",
            "The timestamp for this event is in the future. Enter a timestamp in seconds that is "
            "not later than now.",
        )


def _check_user(user: Mapping[str, object], at: str) -> None:
    if not user.keys() <= _USER_KEYS:
        raise _unexpected(user, _USER_KEYS, at)
    filled = {name for name, value in user.items() if value not in (None, "", [])}
    for name in filled & HASHED:
        value = user[name]
        for item in value if isinstance(value, list) else (value,):
            if not isinstance(item, str) or _HASH.fullmatch(item) is None:
                raise GraphError(
                    100,
                    subcode=2804016,
                    data={
                        "error_user_msg": f"The parameter {name} in user_data is not hashed. Hash "
                        "it with SHA-256 before you send it."
                    },
                )
    if any(filled <= weak for weak in WEAK):
        raise GraphError(100, subcode=2804050)


def _check_money(event_name: str, custom: Mapping[str, object], at: str) -> None:
    value, currency = custom.get("value"), custom.get("currency")
    if event_name == "Purchase" and value in (None, ""):
        raise GraphError(100, subcode=2804009)
    if event_name == "Purchase" and currency in (None, ""):
        raise _invalid(
            "Missing Currency for Purchase Event",
            "Your purchase event doesn't include a currency parameter. Enter a currency code.",
        )
    if value not in (None, "") and not _is_number(value):
        raise _parameter(f'Unexpected type of key "value" on param "{at}"')
    # Lower case was seen to be taken.
    if currency not in (None, "") and str(currency).upper() not in _CURRENCIES:
        raise _invalid(
            "Invalid Currency Code", f"{currency} is not a currency code of ISO 4217 such as USD."
        )


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return False
        return value == value and abs(value) != float("inf")  # noqa: PLR0124 - NaN is not itself
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unexpected(given: Mapping[str, object], known: object, at: str) -> GraphError:
    name = next(name for name in given if name not in known)  # type: ignore[operator] # a set of names
    return _parameter(f'Unexpected key "{name}" on param "{at}"')


def _parameter(text: str) -> GraphError:
    return GraphError(100, f"Server Side Api Parameter Error: {text}.")


def _invalid(title: str, text: str) -> GraphError:
    return GraphError(
        100,
        "Invalid parameter",
        data={"is_transient": False, "error_user_title": title, "error_user_msg": text},
    )
