from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from target_meta_ads.audiences import rows
from target_meta_ads.audiences.plan import can_match
from target_meta_ads.records import Reject, key_of
from tests.sample_people import MARY, digest, member, people, plan, reject


class TestValues:
    @pytest.mark.parametrize("value", [12.5, "12.50", Decimal("12.5")])
    def test_a_value_goes_to_value_based_audiences(self, value: object) -> None:
        record = {"email": "a@example.com", "value": value}
        assert people(record, value_based=True)[0]["LOOKALIKE_VALUE"] == "12.5"

    def test_it_goes_to_no_others(self) -> None:
        record = {"email": "a@example.com", "value": 3}
        assert rows.unpack(member(record).packed)[0] == ["EMAIL"]

    @pytest.mark.parametrize("value", [None, "", "-1", "three", -3])
    def test_nobody_without_a_value_is_sent_to_a_value_based_audience(self, value: object) -> None:
        assert reject({"email": "a@example.com", "value": value}, value_based=True) == "no_value"

    def test_of_many_audiences_those_are_value_based_whose_rows_have_values(self) -> None:
        record = {"email": "a@example.com", "value": None, "audience": "lapsed"}
        found = member(record, value_based=True, audience_column="audience")
        assert rows.unpack(found.packed)[0] == ["EMAIL"]

    def test_a_removal_goes_without(self) -> None:
        record = {"email": "a@example.com", "value": 3}
        found = member(record, value_based=True, sync_mode="remove")
        added = member(record, value_based=True)
        assert found.packed == rows.removal(added.packed)
        assert found.key == added.key


class TestLimitedDataUse:
    def test_options_stand_in_every_row(self) -> None:
        record = {
            "email": ["a@example.com", "b@example.com"],
            "external_id": "7",
            "data_processing_options": ["LDU"],
            "data_processing_options_country": 1,
            "data_processing_options_state": "1000",
        }
        names, cells = rows.unpack(member(record).packed)
        assert names[1:4] == [key for key in rows.KEYS if key.startswith("DATA_")]
        assert [cell[:4] for cell in cells] == [["7", ["LDU"], "1", "1000"]] * 2

    @pytest.mark.parametrize("cell", [None, "", [], False])
    def test_switched_off(self, cell: object) -> None:
        record = {"email": "a@example.com", "data_processing_options": cell}
        assert rows.unpack(member(record).packed)[1] == [[[], digest("a@example.com")]]

    def test_what_cannot_be_read_is_not_sent(self) -> None:
        record = {"email": "a@example.com", "data_processing_options": "CCPA"}
        assert reject(record) == "unreadable_data_processing_options"

    def test_a_removal_goes_without(self) -> None:
        record = {"email": "a@example.com", "data_processing_options": ["LDU"]}
        assert rows.unpack(member(record, sync_mode="erase").packed)[0] == ["EMAIL"]


class TestOperations:
    @pytest.mark.parametrize(
        ("operation", "is_removal"), [("add", False), ("remove", True), (" Remove ", True)]
    )
    def test_the_operation_column(self, operation: str, is_removal: object) -> None:
        record = {"email": "a@example.com", "operation": operation}
        assert member(record, operation_column="operation").is_removal is is_removal

    @pytest.mark.parametrize("operation", [None, "", "delete", 1, ["add"]])
    def test_no_other_word_is_guessed_at(self, operation: object) -> None:
        record = {"email": "a@example.com", "operation": operation}
        assert reject(record, operation_column="operation") == "unknown_operation"

    def test_a_deleted_row_is_a_removal(self) -> None:
        record = {"email": "a@example.com", "operation": "add", "_sdc_deleted_at": "2026-11-20"}
        assert member(record, operation_column="operation").is_removal
        assert member({**record, "_sdc_deleted_at": None}).is_removal is False

    def test_a_deletion_goes_before_what_the_operation_says(self) -> None:
        record = {"email": "a@example.com", "operation": None, "_sdc_deleted_at": "2026-11-20"}
        assert member(record, operation_column="operation").is_removal

    @pytest.mark.parametrize("said", [{"_sdc_deleted_at": "2026-11-20"}, {"operation": "remove"}])
    def test_a_removal_may_go_by_its_key_alone(self, said: dict[str, Any]) -> None:
        record = {"id": 7, "email": None, "country": "DE", "operation": None, **said}
        found = member(record, "id", operation_column="operation")
        assert (found.key, found.is_removal, found.packed) == (key_of([7]), True, b"")
        assert reject(record, operation_column="operation") == "no_identifier"
        assert reject({"id": 7, "email": None}, "id") == "no_identifier"  # who is added needs one

    @pytest.mark.parametrize("mode", ["remove", "erase"])
    def test_where_a_stream_only_removes_a_key_says_nothing(self, mode: str) -> None:
        record = {"id": 7, "email": None, "_sdc_deleted_at": "2026-11-20"}
        assert reject(record, "id", sync_mode=mode) == "no_identifier"

    def test_a_deletion_without_its_audience_is_rejected(self) -> None:
        record = {"id": 7, "email": None, "segment": None, "_sdc_deleted_at": "2026-11-20"}
        assert reject(record, "id", audience_column="segment") == "no_audience"

    @pytest.mark.parametrize("mode", ["remove", "erase"])
    def test_some_modes_only_remove(self, mode: str) -> None:
        assert member({"email": "a@example.com"}, sync_mode=mode).is_removal

    @pytest.mark.parametrize("mode", ["upsert", "mirror", "replace"])
    def test_others_add(self, mode: str) -> None:
        assert member({"email": "a@example.com"}, sync_mode=mode).is_removal is False


class TestAudiences:
    @pytest.mark.parametrize(("cell", "expected"), [(" lapsed ", "lapsed"), (238, "238")])
    def test_the_audience_of_a_record(self, cell: object, expected: str) -> None:
        record = {"email": "a@example.com", "segment": cell}
        assert member(record, audience_column="segment").audience == expected

    @pytest.mark.parametrize("cell", [None, "", " ", ["a"]])
    def test_a_record_of_no_audience(self, cell: object) -> None:
        record = {"email": "a@example.com", "segment": cell}
        assert reject(record, audience_column="segment") == "no_audience"

    def test_one_audience(self) -> None:
        assert member({"email": "a@example.com"}).audience is None


class TestKeys:
    def test_the_key_is_that_of_the_key_properties(self) -> None:
        found = member(MARY, "id", "external_id")
        assert found.identity == (7, " C-7 ")
        assert found.key == key_of([7, " C-7 "])

    def test_without_key_properties_it_is_that_of_the_rows(self) -> None:
        one, same, other = (
            member({"email": email}) for email in ("a@example.com", "A@example.com ", "b@b.com")
        )
        assert one.identity == ()
        assert one.key == same.key != other.key
        assert len(one.key) == 16

    def test_of_an_erasure_it_is_that_of_the_rows_too(self) -> None:
        record = {"id": 7, "email": "a@example.com"}
        erased, other = (
            member({**record, "email": email}, "id", sync_mode="erase")
            for email in ("a@example.com", "b@example.com")
        )
        assert erased.key == member({"email": "a@example.com"}).key != other.key
        assert erased.identity == (7,)

    def test_a_blank_key_would_be_the_same_person_for_all(self) -> None:
        assert reject({"id": None, "email": "a@example.com"}, "id") == "no_key"

    def test_a_missing_one_too(self) -> None:
        made, _ = plan({"id": 1, "email": ""}, "id")
        assert made.member({"email": "a@example.com"}) == Reject(
            "no_key", "A column of the stream's key is empty."
        )


class TestWhoCanBeMatched:
    @pytest.mark.parametrize(
        "keys",
        [
            ["EMAIL"],
            ["PHONE"],
            ["MADID"],
            ["EXTERN_ID"],
            ["PAGEUID"],
            ["FN", "LN", "ZIP"],
            ["FN", "LN", "CT"],
            ["FN", "LN", "DOBY"],
            ["GEN", "EMAIL"],
        ],
    )
    def test_these(self, keys: list[str]) -> None:
        assert can_match(rows.bits(*keys))

    @pytest.mark.parametrize(
        "keys",
        [
            [],
            ["FN", "LN"],
            ["FN", "ZIP", "CT", "DOBY"],
            ["LN", "ZIP"],
            ["GEN", "COUNTRY", "ST", "ZIP"],
            ["FN", "LN", "COUNTRY", "GEN"],
            ["LOOKALIKE_VALUE"],
        ],
    )
    def test_not_these(self, keys: list[str]) -> None:
        assert not can_match(rows.bits(*keys))

    @pytest.mark.parametrize(
        "record",
        [
            {"email": "n/a", "phone": "0000000000", "external_id": "null"},
            {"email": "none@none.com"},
            {"email": None},
            {"email": {"a": 1}},
            {"gender": "f", "country": "DE"},
            {"mobile_advertiser_id": "00000000-0000-0000-0000-000000000000"},
        ],
    )
    def test_a_record_without_an_identifier_is_rejected(self, record: dict[str, Any]) -> None:
        assert reject(record) == "no_identifier"
