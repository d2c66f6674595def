from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from target_meta_ads.records import Event
from target_meta_ads.streams.columns import EVENT_COLUMNS
from tests.sample_events import INSTANT, LEAD, NOW, PURCHASE, body, digest, event, plan, reject

if TYPE_CHECKING:
    from collections.abc import Mapping


class TestTheEvent:
    def test_everything_at_its_place(self) -> None:
        assert body(PURCHASE, "event_id") == {
            "event_name": "Purchase",
            "event_time": NOW - 3600,
            "event_id": "purchase-9",
            "action_source": "website",
            "event_source_url": "https://shop.example/thanks",
            "user_data": {
                "em": ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"],
                "ph": ["e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"],
                "fn": ["8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"],
                "ln": ["08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"],
                "ge": [digest("f")],
                "db": ["01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"],
                "ct": [digest("newyork")],
                "st": [digest("ny")],
                "zp": [digest("10001")],
                "country": ["79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"],
                "external_id": [digest("C-7")],
                "madid": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
                "client_ip_address": "203.0.113.7",
                "client_user_agent": "Mozilla/5.0",
                "fbc": "fb.1.1700000000000.IwAR0AbC",
                "fbp": "fb.1.1700000000000.42",
                "lead_id": 123456789012345,
                "fb_login_id": 100000000000001,
                "subscription_id": "s-1",
            },
            "custom_data": {
                "value": Decimal("1234567890123456.70"),
                "currency": "EUR",
                "content_ids": ["a", "b"],
                "contents": [{"id": "a", "quantity": 1, "item_price": Decimal("9.90")}],
                "content_type": "product",
                "num_items": 2,
                "order_id": "4711",
            },
        }

    def test_key_and_route(self) -> None:
        found = event(LEAD, "event_id")
        assert found.key == sha256(b"Lead\0lead-1").digest()[:16]
        assert found.identity == ("lead-1",)
        assert found.pixel_id == "111"

    def test_events_go_by_their_name(self) -> None:
        routes = {"Lead": "222", "Purchase": "333"}
        assert event(LEAD, pixel_id=None, event_routes=routes).pixel_id == "222"
        assert event(PURCHASE, pixel_id=None, event_routes=routes).pixel_id == "333"
        other = {**LEAD, "event_name": "Contact"}
        assert reject(other, pixel_id=None, event_routes=routes) == "no_route"

    def test_nothing_empty_is_sent(self) -> None:
        blanks: dict[str, Any] = dict.fromkeys(set(EVENT_COLUMNS) - set(LEAD), "") | {
            "more": "",
            "else": None,
            "x": [],
        }
        assert body({**LEAD, **blanks}) == body(LEAD)
        assert "custom_data" not in body(LEAD)

    def test_several_values(self) -> None:
        record = {
            **LEAD,
            "email": ["a@example.com", "A@example.com", "b@example.com", "n/a"],
            "external_id": '["x", "y"]',
            "fbp": ["first", "second"],
        }
        assert body(record)["user_data"] == {
            "em": [digest("a@example.com"), digest("b@example.com")],
            "external_id": [digest("x"), digest("y")],
            "fbp": "first",
        }

    def test_an_external_id_goes_plain_where_that_is_set(self) -> None:
        record = {**LEAD, "external_id": " C-7 "}
        assert body(record, external_id="plain")["user_data"]["external_id"] == ["C-7"]

    def test_what_is_hashed_already(self) -> None:
        record = {**LEAD, "email": digest("x").upper(), "birth_date": digest("19970216")}
        made, quality = plan(record)
        found = made.event(record)
        assert isinstance(found, Event)
        assert json.loads(found.body)["user_data"] == {
            "em": [digest("x")],
            "db": [digest("19970216")],
        }
        assert {row.column: row.hashed_already for row in quality.table()} == {
            "email": 1,
            "birth_date": 1,
        }

    def test_a_default_country_helps_to_read_and_is_not_sent(self) -> None:
        record = {**LEAD, "phone": "030 123456"}
        found = body(record, country="DE")["user_data"]
        assert found["ph"] == [digest("4930123456")]
        assert "country" not in found

    def test_data_of_apps_and_messages(self) -> None:
        app_data = {
            "advertiser_tracking_enabled": 1,
            "application_tracking_enabled": 1,
            "extinfo": ["i2", *["x"] * 15],
        }
        record = {**LEAD, "action_source": "app", "app_data": json.dumps(app_data)}
        assert body(record)["app_data"] == app_data
        message = {
            **LEAD,
            "action_source": "Business_Messaging",
            "messaging_channel": "whatsapp",
            "ctwa_clid": "AbC",
            "page_id": 123,
        }
        found = body(message)
        assert found["action_source"] == "business_messaging"
        assert found["user_data"]["ctwa_clid"] == "AbC"
        assert found["user_data"]["page_id"] == "123"

    def test_other_parts_of_the_event(self) -> None:
        record = {
            **LEAD,
            "opt_out": "true",
            "referrer_url": "https://search.example/",
            "original_event_data": {"event_name": "Lead", "event_time": 1},
            "customer_segmentation": "new_customer_to_business",
        }
        found = body(record)
        assert found["opt_out"] is True
        assert found["original_event_data"] == {"event_name": "Lead", "event_time": 1}
        assert found["customer_segmentation"] == "new_customer_to_business"


class TestLimitedDataUse:
    def test_options_stand_in_the_event(self) -> None:
        record = {**LEAD, "data_processing_options": "LDU", "data_processing_options_country": 1}
        found = body(record)
        assert found["data_processing_options"] == ["LDU"]
        assert found["data_processing_options_country"] == 1
        assert found["data_processing_options_state"] == 0

    def test_switched_off_is_said(self) -> None:
        found = body({**LEAD, "data_processing_options": []})
        assert found["data_processing_options"] == []
        assert "data_processing_options_country" not in found

    def test_not_said_is_not_sent(self) -> None:
        record = {**LEAD, "data_processing_options": None}
        assert "data_processing_options" not in body(record)

    @pytest.mark.parametrize("column", ["data_processing_options", "opt_out"])
    def test_what_cannot_be_read_is_not_sent(self, column: str) -> None:
        assert reject({**LEAD, column: "perhaps"}) == f"unreadable_{column}"


class TestDefaults:
    def test_a_default_stands_in_for_a_column_and_for_an_empty_cell(self) -> None:
        defaults = {"action_source": "website", "currency": "eur", "value": 2, "page_id": 17}
        record = {**LEAD, "action_source": "", "value": None}
        found = body(record, defaults=defaults)
        assert found["action_source"] == "website"
        assert found["custom_data"] == {"currency": "EUR", "value": 2}
        assert found["user_data"]["page_id"] == "17"
        assert body({**record, "page_id": ""}, defaults=defaults) == found

    def test_a_cell_goes_first(self) -> None:
        defaults = {"action_source": "website", "page_id": "17"}
        found = body({**LEAD, "page_id": 4}, defaults=defaults)
        assert found["action_source"] == "system_generated"
        assert found["user_data"]["page_id"] == "4"

    def test_a_wrong_default_is_said_before_the_first_record(self) -> None:
        with pytest.raises(ValueError, match=r"^`defaults\.value` cannot be read\.$"):
            plan(LEAD, defaults={"value": "much"})


class TestCustomData:
    RECORD: Mapping[str, Any] = {
        **LEAD,
        "value": 3,
        "margin": Decimal("0.10"),
        "shop": "Paris",
        "is_new": False,
        "ordered_on": dt.date(2026, 11, 20),
        "lines": [{"sku": "a"}],
        "_sdc_extracted_at": INSTANT,
    }

    def test_the_remaining_columns_with_their_types(self) -> None:
        assert body(self.RECORD)["custom_data"] == {
            "value": 3,
            "margin": Decimal("0.10"),
            "shop": "Paris",
            "is_new": False,
            "ordered_on": "2026-11-20",
            "lines": [{"sku": "a"}],
        }

    def test_none_of_them(self) -> None:
        assert body(self.RECORD, custom_data="none")["custom_data"] == {"value": 3}

    def test_some_of_them(self) -> None:
        found = body(self.RECORD, custom_data=("shop", "missing"))
        assert found["custom_data"] == {"value": 3, "shop": "Paris"}

    def test_no_identifier_gets_there_even_when_another_column_is_taken_for_it(self) -> None:
        record = {**LEAD, "contact_mail": "b@example.com", "customer": "7", "first_name": "Mary"}
        fields = {"email": "contact_mail", "external_id": "customer"}
        for custom_data in ("remaining", ("email", "contact_mail", "first_name")):
            found = body(record, fields=fields, custom_data=custom_data)
            assert "custom_data" not in found
            assert found["user_data"]["em"] == [digest("b@example.com")]

    @pytest.mark.parametrize(
        "cell",
        [
            "mary@example.com",
            "write to mary@example.com!",
            ["mary@example.com"],
            {"to": "mary@example.com"},
        ],
    )
    def test_no_mail_address_gets_there(self, cell: object) -> None:
        record = {**LEAD, "note": cell, "handle": "@mary"}
        made, _ = plan(record)
        found = made.event(record)
        assert isinstance(found, Event)
        assert json.loads(found.body)["custom_data"] == {"handle": "@mary"}
        assert made.notes() == ["1 cells of custom_data left out, for they hold an e-mail address"]

    def test_what_is_no_number_of_json_is_left_out(self) -> None:
        numbers = [float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN")]
        numbers += [Decimal("-Infinity"), float("-inf")]
        record = {**LEAD, **{f"n{at}": number for at, number in enumerate(numbers)}}
        assert "custom_data" not in body(record)

    def test_a_cell_that_cannot_be_read_is_left_out_and_told(self) -> None:
        record = {**LEAD, "num_items": "two", "contents": "[{", "predicted_ltv": 3}
        made, _ = plan(record)
        found = made.event(record)
        assert isinstance(found, Event)
        assert json.loads(found.body)["custom_data"] == {"predicted_ltv": 3}
        assert made.notes() == [
            "1 without contents, which could not be read",
            "1 without num_items, which could not be read",
        ]


def test_a_column_whose_place_another_takes_is_named() -> None:
    record = {**LEAD, "value": 5, "revenue": 7, "contact": "a@mail.example", "margin": 1}
    fields = {"value": "revenue", "email": "contact"}
    made, _ = plan(record, fields=fields)
    found = made.event(record)
    assert isinstance(found, Event)
    assert json.loads(found.body)["custom_data"] == {"value": 7, "margin": 1}
    assert made.notes() == [
        "the column email goes nowhere, since `fields.email` takes another one for it",
        "the column value goes nowhere, since `fields.value` takes another one for it",
    ]
    made, _ = plan(record, fields=fields, custom_data="none")
    assert made.notes() == []
