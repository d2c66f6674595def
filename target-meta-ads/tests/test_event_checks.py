# ruff: noqa: ANN401 - an event may hold anything
from __future__ import annotations

from typing import Any

import pytest

from target_meta_ads.events import checks
from target_meta_ads.events.checks import check, check_match_keys, warnings
from target_meta_ads.records import Reject

NOW = 1_800_000_000
DAY = 86_400
DIGEST = ["0" * 64]
APP_DATA = {
    "advertiser_tracking_enabled": 0,
    "application_tracking_enabled": True,
    "extinfo": ["i2", *[""] * 15],
}


def event(**changes: Any) -> dict[str, Any]:
    """Make an event that Meta takes, with changes; None takes a key out."""
    made = {
        "event_name": "Lead",
        "event_time": NOW - 60,
        "action_source": "system_generated",
        "user_data": {"em": DIGEST},
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def purchase(**custom_data: Any) -> dict[str, Any]:
    return event(event_name="Purchase", custom_data=custom_data)


GOOD = {
    "as it is": event(),
    "just 7 days old": event(event_time=NOW - 7 * DAY),
    "a minute ahead": event(event_time=NOW + 60),
    "62 days in a store": event(event_time=NOW - 62 * DAY, action_source="physical_store"),
    "a purchase": purchase(value=0, currency="EUR"),
    "no value, no purchase": event(custom_data={"order_id": "1"}),
    "an app": event(action_source="app", app_data=APP_DATA),
    "an app on Android": event(
        action_source="app", app_data={**APP_DATA, "extinfo": ["a2", *["1"] * 15]}
    ),
    "a message": event(
        action_source="business_messaging",
        messaging_channel="whatsapp",
        user_data={"ctwa_clid": "x", "page_id": "1"},
    ),
    "a website without an address": event(action_source="website"),
}
BAD = {
    "no_event_name": [event(event_name=None)],
    "no_event_time": [event(event_time=None)],
    "no_action_source": [event(action_source=None)],
    "unknown_action_source": [event(action_source="web"), event(action_source="Website")],
    "event_too_old": [
        event(event_time=NOW - 7 * DAY - 1),
        event(event_time=NOW - 62 * DAY - 1, action_source="physical_store"),
        event(event_time=0),
    ],
    "event_in_future": [
        event(event_time=NOW + 61),
        event(event_time=NOW * 1000, action_source="physical_store"),
    ],
    "no_identifier": [event(user_data={}), event(user_data=None)],
    "weak_match_keys": [event(user_data={"fn": DIGEST})],
    "purchase_without_value": [purchase(currency="EUR"), event(event_name="Purchase")],
    "purchase_without_currency": [purchase(value=3)],
    "unknown_currency": [
        purchase(value=3, currency="EURO"),
        purchase(value=3, currency="eur"),
        event(custom_data={"currency": "$"}),
    ],
    "app_event_without_app_data": [
        event(action_source="app"),
        *(
            event(action_source="app", app_data={**APP_DATA, key: None})
            for key in ("advertiser_tracking_enabled", "application_tracking_enabled", "extinfo")
        ),
    ],
    "bad_extinfo": [
        event(action_source="app", app_data={**APP_DATA, "extinfo": info})
        for info in (["i2"], ["i3", *[""] * 15], [["i2"], *[""] * 15], "i2", ["i2", *[""] * 16])
    ],
    "no_messaging_channel": [
        event(action_source="business_messaging", user_data={"page_id": "1"}),
        event(
            action_source="business_messaging",
            user_data={"page_id": "1"},
            messaging_channel="sms",
        ),
    ],
    "no_messaging_key": [event(action_source="business_messaging", messaging_channel="messenger")],
}


@pytest.mark.parametrize("name", GOOD)
def test_what_meta_takes_passes(name: str) -> None:
    assert check(GOOD[name], NOW) is None


@pytest.mark.parametrize(
    ("code", "given"), [(code, given) for code, many in BAD.items() for given in many]
)
def test_what_meta_refuses_is_found(code: str, given: dict[str, Any]) -> None:
    found = check(given, NOW)
    assert found is not None
    assert found.code == code


def test_every_reject_has_a_sentence_and_is_tested() -> None:
    rejects = [value for value in vars(checks).values() if isinstance(value, Reject)]
    assert {reject.code for reject in rejects} == set(BAD)
    for reject in rejects:
        assert reject.message.endswith(".")
        assert reject.message.count(". ") == 0


class TestMatchKeys:
    @pytest.mark.parametrize(
        "keys",
        [
            "ct country st zp ge client_user_agent",
            "ct",
            "zp country",
            "ge",
            "client_user_agent",
            "db client_user_agent",
            "db",
            "fn ge",
            "ln ge",
            "fn",
            "ln",
        ],
    )
    def test_these_alone_are_too_weak(self, keys: str) -> None:
        found = check_match_keys(dict.fromkeys(keys.split(), DIGEST))
        assert found == checks.WEAK_MATCH_KEYS

    @pytest.mark.parametrize(
        "keys",
        [
            "em",
            "external_id",
            "fbp",
            "fn ln",
            "fn ln ge",
            "fn zp",
            "db ge",
            "db ct",
            "ct country st zp ge client_user_agent db",
            "client_ip_address client_user_agent",
            "lead_id",
            "em ct country st zp ge client_user_agent",
        ],
    )
    def test_these_are_enough(self, keys: str) -> None:
        assert check_match_keys(dict.fromkeys(keys.split(), DIGEST)) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (event(action_source="website"), ("no_event_source_url", "no_client_user_agent")),
        (
            event(action_source="website", event_source_url="https://shop.example/"),
            ("no_client_user_agent",),
        ),
        (
            event(action_source="website", user_data={"client_user_agent": "Mozilla/5.0"}),
            ("no_event_source_url",),
        ),
        (
            event(
                action_source="website",
                event_source_url="https://shop.example/",
                user_data={"client_user_agent": "Mozilla/5.0"},
            ),
            (),
        ),
        (event(), ()),
    ],
)
def test_what_meta_asks_for_and_goes_without(
    given: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert warnings(given) == expected
    assert set(expected) <= set(checks.WARNINGS)
