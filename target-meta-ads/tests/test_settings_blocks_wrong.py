"""Wrong blocks of `streams`: one sentence each that names the setting, the value and the fix."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from singer_sdk import Target

from target_meta_ads.settings import SCHEMA, problems

TOKEN = "made-up-token"
Config = dict[str, Any]


def audience(**more: Any) -> Config:  # noqa: ANN401 - what a file may hold
    block = {"destination": "custom_audience", "audience_id": "238", **more}
    return {"streams": {"*-people": {name: item for name, item in block.items() if item != ""}}}


def events(**more: Any) -> Config:  # noqa: ANN401 - what a file may hold
    block = {"destination": "events", "pixel_id": "123", **more}
    return {"streams": {"*-events": {name: item for name, item in block.items() if item != ""}}}


PEOPLE, EVENTS = "Stream '*-people': ", "Stream '*-events': "

WRONG: list[tuple[Config, str]] = [
    # Of all kinds.
    (
        {"streams": {"": {"destination": "events", "pixel_id": 1}}},
        "`streams` is ''. A block is named by a stream or a glob, as",
    ),
    ({"streams": {"x": None}}, "Stream 'x' is empty. Set it."),
    ({"streams": {"x": "events"}}, "Stream 'x' is 'events', and must be of type object."),
    ({"streams": {"x": {}}}, "Stream 'x': `destination` is missing. Set it."),
    ({"streams": {"x": {"pixel": 1}}}, "Stream 'x': `destination` is missing. Set it."),
    ({"streams": {"x": {"destination": None}}}, "Stream 'x': `destination` is empty. Set it."),
    (
        {"streams": {"x": {"destination": 5}}},
        "Stream 'x': `destination` is 5, and must be of type string.",
    ),
    (
        {"streams": {"x": {"destination": "audience"}}},
        "Stream 'x': `destination` is 'audience'. Choose one of: custom_audience, events.",
    ),
    # Audiences.
    (
        audience(audience="238"),
        f"{PEOPLE}there is no setting `audience`. Did you mean `audience_id`?",
    ),
    (audience(pixel_id="1"), f"{PEOPLE}there is no setting `pixel_id`. Did you mean `page_id`?"),
    (audience(zzz="1"), f"{PEOPLE}there is no setting `zzz`. Known: audience_column, audience_id,"),
    (
        audience(audience_id="act_1"),
        f"{PEOPLE}`audience_id` is 'act_1'. Write Meta's id, which is digits",
    ),
    (
        audience(audience_id="238\n"),
        rf"{PEOPLE}`audience_id` is '238\n'. Write Meta's id, which is",
    ),
    (audience(audience_id=-1), f"{PEOPLE}`audience_id` is -1. Write Meta's id, which is digits"),
    (
        audience(audience_id=True),
        f"{PEOPLE}`audience_id` is true, and must be of type string or integer.",
    ),
    (
        audience(audience_id=None),
        f"{PEOPLE}`audience_id` is missing. Set it, or `audience_name` or",
    ),
    (
        audience(audience_name="High value"),
        f"{PEOPLE}`audience_id` ('238') and `audience_name` ('High value') all name",
    ),
    (
        audience(audience_name="a", audience_column="b"),
        f"{PEOPLE}`audience_id` ('238') and `audience_name` ('a') and `audience_column` ('b') all",
    ),
    (
        audience(audience_id="", audience_name=" "),
        f"{PEOPLE}`audience_name` is ' '. Write a text, or remove it.",
    ),
    (
        audience(audience_id="", audience_name="High"),
        f"{PEOPLE}`audience_name` is 'High', which needs the ad account of the",
    ),
    (
        audience(audience_id="", audience_column="a"),
        f"{PEOPLE}`audience_column` is 'a', which needs the ad account of the audiences. Set",
    ),
    (
        audience(sync_mode="append"),
        f"{PEOPLE}`sync_mode` is 'append'. Choose one of: upsert, mirror, replace, remove, erase.",
    ),
    (
        {"ad_account_id": "1", **audience(sync_mode="erase")},
        f"{PEOPLE}`audience_id` is '238', and `sync_mode` erase takes people out of every audience",
    ),
    (
        audience(audience_id="", sync_mode="erase"),
        f"{PEOPLE}`sync_mode` is erase, which needs the ad account of the audiences. Set",
    ),
    (
        audience(sync_mode="mirror", operation_column="op"),
        f"{PEOPLE}`operation_column` is 'op', and with `sync_mode` mirror every row is a member",
    ),
    (
        audience(sync_mode="replace", operation_column="op"),
        f"{PEOPLE}`operation_column` is 'op', and with `sync_mode` replace every row is a member",
    ),
    (
        audience(sync_mode="remove", operation_column="op"),
        f"{PEOPLE}`operation_column` is 'op', and with `sync_mode` remove every row is a removal.",
    ),
    (
        audience(customer_file_source="USER"),
        f"{PEOPLE}`customer_file_source` is 'USER'. Choose one of: USER_PROVIDED_ONLY, PARTNER",
    ),
    (audience(external_id="md5"), f"{PEOPLE}`external_id` is 'md5'. Choose one of: plain, sha256."),
    (audience(value_based="yes"), f"{PEOPLE}`value_based` is 'yes', and must be of type boolean."),
    (
        audience(page_id="my page"),
        f"{PEOPLE}`page_id` is 'my page'. Write Meta's id, which is digits alone.",
    ),
    (audience(fields=["email"]), f"{PEOPLE}`fields` is a list, and must be of type object."),
    (
        audience(fields={"e_mail": "x"}),
        f"{PEOPLE}`fields`: there is no setting `e_mail`. Did you mean `email`?",
    ),
    (
        audience(fields={"fbc": "x"}),
        f"{PEOPLE}`fields`: there is no setting `fbc`. Known: birth_date, city,",
    ),
    (
        audience(fields={"a\nb": "x"}),
        rf"{PEOPLE}`fields`: there is no setting `'a\nb'`. Known: birth_date,",
    ),
    (audience(fields={"email": 5}), f"{PEOPLE}`fields.email` is 5, and must be of type string."),
    (
        audience(fields={"email": ["a", "b"]}),
        f"{PEOPLE}`fields.email` is a list, and must be of type string.",
    ),
    (audience(fields={"email": ""}), f"{PEOPLE}`fields.email` is ''. Name a column."),
    (
        {
            "streams": {
                name: audience(sync_mode=mode)["streams"]["*-people"]
                for name, mode in (("a", "mirror"), ("b", "upsert"))
            }
        },
        "Streams 'a' and 'b' share the audience '238', and `sync_mode` mirror removes who is in",
    ),
    # Events.
    (
        events(sync_mode="upsert"),
        f"{EVENTS}there is no setting `sync_mode`. Known: custom_data, defaults,",
    ),
    (events(test_event_code="T"), f"{EVENTS}there is no setting `test_event_code`. "),
    (events(pixel_id=""), f"{EVENTS}`pixel_id` is missing. Set it, or `event_routes`."),
    (events(pixel_id="px"), f"{EVENTS}`pixel_id` is 'px'. Write Meta's id, which is digits alone."),
    (
        events(event_routes={"Lead": 1}),
        f"{EVENTS}`pixel_id` is '123' beside `event_routes`. Keep one of them.",
    ),
    (
        events(pixel_id="", event_routes={}),
        f"{EVENTS}`event_routes` is an object. Name an event and its pixel, as",
    ),
    (
        events(pixel_id="", event_routes=["Lead"]),
        f"{EVENTS}`event_routes` is a list, and must be of type object.",
    ),
    (
        events(pixel_id="", event_routes={"Lead": "x"}),
        f"{EVENTS}`event_routes.Lead` is 'x'. Write Meta's id, which is digits",
    ),
    (
        events(pixel_id="", event_routes={"Lead": None}),
        f"{EVENTS}`event_routes.Lead` is empty. Set it.",
    ),
    (
        events(pixel_id="", event_routes={"Lead": 1}, defaults={"event_name": "Purchase"}),
        f"{EVENTS}`defaults.event_name` is 'Purchase', which `event_routes` has no pixel for. Add",
    ),
    (events(defaults="website"), f"{EVENTS}`defaults` is 'website', and must be of type object."),
    (
        events(defaults={"acton_source": "app"}),
        f"{EVENTS}`defaults`: there is no setting `acton_source`. Did you mean `action_source`?",
    ),
    (
        events(defaults={"email": "a@shop.example"}),
        f"{EVENTS}`defaults`: there is no setting `email`. Known: action_source,",
    ),
    (
        events(defaults={"event_id": "1"}),
        f"{EVENTS}`defaults`: there is no setting `event_id`. Did you mean `",
    ),
    (
        events(defaults={"action_source": "web"}),
        f"{EVENTS}`defaults.action_source` is 'web'. Choose one of: website, app,",
    ),
    (
        events(defaults={"currency": "EURO"}),
        f"{EVENTS}`defaults.currency` is 'EURO', which is no currency. Write its ISO",
    ),
    (
        events(defaults={"currency": 978}),
        f"{EVENTS}`defaults.currency` is 978, and must be of type string.",
    ),
    (
        events(defaults={"value": "9.99"}),
        f"{EVENTS}`defaults.value` is '9.99', and must be of type number.",
    ),
    (events(defaults={"value": -1}), f"{EVENTS}`defaults.value` is -1, and must be 0 at least."),
    (
        events(defaults={"opt_out": "no"}),
        f"{EVENTS}`defaults.opt_out` is 'no', and must be of type boolean.",
    ),
    (
        events(defaults={"event_source_url": "shop.example"}),
        f"{EVENTS}`defaults.event_source_url` is 'shop.example'. Write a whole address,",
    ),
    (
        events(defaults={"data_processing_options": ["CCPA"]}),
        f"{EVENTS}`defaults.data_processing_options[0]` is 'CCPA'. Choose one of: LDU.",
    ),
    (
        events(custom_data="all"),
        f"{EVENTS}`custom_data` is 'all'. Set remaining, none or a list of columns.",
    ),
    (events(custom_data=5), f"{EVENTS}`custom_data` is 5, and must be of type string or array."),
    (
        events(custom_data=["brand", 5]),
        f"{EVENTS}`custom_data[1]` is 5, and must be of type string.",
    ),
    (
        events(custom_data=["brand", "email"]),
        f"{EVENTS}`custom_data[1]` is 'email', which tells who a person is and must",
    ),
    (
        events(custom_data=["contact_mail"], fields={"email": "contact_mail"}),
        f"{EVENTS}`custom_data[0]` is 'contact_mail', which tells who a person is and must",
    ),
    (
        events(custom_data=["client_ip_address"]),
        f"{EVENTS}`custom_data[0]` is 'client_ip_address', which tells who a person is and must",
    ),
    (
        events(custom_data=["event_id"]),
        f"{EVENTS}`custom_data[0]` is 'event_id', which has a place of its own in an event. Remove",
    ),
    (
        events(custom_data=["revenue"], fields={"value": "revenue"}),
        f"{EVENTS}`custom_data[0]` is 'revenue', which goes as `value` already. Remove",
    ),
    (
        events(custom_data=["value"], fields={"value": "revenue"}),
        f"{EVENTS}`custom_data[0]` is 'value', and `fields.value` takes another column for it.",
    ),
    (
        events(fields={"sku": "x"}),
        f"{EVENTS}`fields`: there is no setting `sku`. Known: action_source,",
    ),
]


@pytest.mark.parametrize(
    ("config", "sentence"), WRONG, ids=[json.dumps(config)[:90] for config, _ in WRONG]
)
def test_one_sentence(config: Config, sentence: str) -> None:
    schema = deepcopy(SCHEMA)
    Target.append_builtin_config(schema)
    (said,) = problems({"access_token": TOKEN, **config}, schema)
    assert said.startswith(sentence)
    assert said.endswith((".", "?"))
    assert "\n" not in said
