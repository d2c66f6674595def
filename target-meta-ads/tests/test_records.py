from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_meta_ads.records import ENCODER, encoded, key_of, safe_key, without_run

KEY = bytes(range(16))


def hidden(text: str) -> str:
    return "sha256:" + sha256(text.encode()).hexdigest()


class TestSafeKey:
    @pytest.mark.parametrize(
        "value",
        [
            "c-1042",
            42,
            123456789,
            "123456789",
            "purchase-2026-000017",
            "2026-11-20",
            "2026-11-20 10:00",
            dt.date(2026, 11, 20),
            "6f9619ff-8b86-d011-b42d-00c04fc964ff",
            Decimal("12.50"),
            "high_value",
            None,
            True,
        ],
    )
    def test_what_is_no_personal_data_is_shown(self, value: object) -> None:
        assert safe_key(["id"], (value,), (), KEY) == {"id": value}

    @pytest.mark.parametrize(
        "value",
        [
            "mary@example.com",
            " Mary <mary@example.com>",
            "+1 650 555 1212",
            "(650) 555-1212",
            "16505551212",
            "0049.30.123456",
            "٠٣٠ ١٢٣ ٤٥٦٧",
            "+4930123456",
            "650/555-1212",
        ],
    )
    def test_what_looks_like_a_mail_address_or_a_phone_is_hidden(self, value: str) -> None:
        assert safe_key(["id"], (value,), (), KEY) == {"id": hidden(value)}

    def test_a_phone_as_a_number_is_hidden(self) -> None:
        assert safe_key(["id"], (16505551212,), (), KEY) == {"id": hidden("16505551212")}

    def test_a_list_that_holds_an_address_is_hidden(self) -> None:
        shown = safe_key(["id"], (["mary@example.com"],), (), KEY)
        assert shown == {"id": hidden('["mary@example.com"]')}

    def test_a_personal_column_is_hidden_whatever_it_holds(self) -> None:
        shown = safe_key(["last_name", "id", "city"], ("Müller", 7, None), {"last_name"}, KEY)
        assert shown == {"last_name": hidden("Müller"), "id": 7, "city": None}

    def test_without_key_properties_the_key_is_shown(self) -> None:
        assert safe_key([], (), (), KEY) == {"sha256": KEY.hex()}

    @given(st.one_of(st.text(), st.integers(), st.decimals(), st.floats(), st.binary(), st.dates()))
    def test_it_takes_any_value(self, value: object) -> None:
        assert set(safe_key(["id"], (value,), {"id"}, KEY)) == {"id"}
        assert set(safe_key(["id"], (value,), (), KEY)) == {"id"}

    def test_it_takes_half_a_surrogate_pair(self) -> None:
        assert safe_key(["id"], ("\ud800",), {"id"}, KEY)["id"].startswith("sha256:")


class TestKeys:
    def test_a_key_is_16_bytes_of_the_values(self) -> None:
        assert key_of(["c-1", 7]) == sha256(b'["c-1",7]').digest()[:16]

    def test_different_values_make_different_keys(self) -> None:
        values: list[list[object]] = [
            ["1"],
            [1],
            ["1", ""],
            ["", "1"],
            [None],
            [["1"]],
            [True],
            [Decimal("1.5")],
        ]
        assert len({key_of(one) for one in values}) == len(values)

    @pytest.mark.parametrize("value", [2**70, "\ud800", {1, 2}, object, float("inf"), b"\xff"])
    def test_anything_has_a_key(self, value: object) -> None:
        assert len(key_of([value])) == 16

    def test_the_order_of_columns_does_not_matter(self) -> None:
        assert encoded({"a": 1, "b": {"d": 1, "c": 2}}) == encoded({"b": {"c": 2, "d": 1}, "a": 1})


def test_a_decimal_is_written_with_its_own_digits() -> None:
    written = ENCODER.encode({"value": Decimal("1234567890123456789.10")})
    assert written == b'{"value":1234567890123456789.10}'
    assert json.loads(written)["value"] == pytest.approx(1.2345678901234568e18)


def test_columns_of_the_run_are_left_out() -> None:
    record = {"id": 1, "_sdc_extracted_at": "2026-11-20T00:00:00Z", "_sdc_batched_at": None}
    assert without_run(record) == {"id": 1}
