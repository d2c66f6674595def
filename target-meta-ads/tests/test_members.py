from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_meta_ads.audiences import rows
from target_meta_ads.records import Member, Reject
from tests.sample_people import MARY, digest, member, people, plan, reject

if TYPE_CHECKING:
    from collections.abc import Mapping


MARY_SENT = {
    "EXTERN_ID": "C-7",
    "MADID": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    "EMAIL": "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79",
    "PHONE": "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    "GEN": digest("f"),
    "DOBY": digest("1997"),
    "DOBM": digest("02"),
    "DOBD": digest("16"),
    "LN": "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c",
    "FN": "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec",
    "CT": digest("newyork"),
    "ST": digest("ny"),
    "ZIP": digest("10001"),
    "COUNTRY": "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621",
}


class TestRows:
    def test_everything_that_is_known_of_somebody(self) -> None:
        assert people(MARY) == [MARY_SENT]

    def test_a_record_of_nothing_but_digests_is_the_same_person(self) -> None:
        plain = {"EXTERN_ID", "MADID", "DOBY", "DOBM", "DOBD"}
        columns = {
            "EMAIL": "email",
            "PHONE": "phone",
            "GEN": "gender",
            "LN": "last_name",
            "FN": "first_name",
            "CT": "city",
            "ST": "state",
            "ZIP": "zip",
            "COUNTRY": "country",
        }
        hashed = {columns[key]: cell.upper() for key, cell in MARY_SENT.items() if key not in plain}
        made, quality = plan({**MARY, **hashed})
        found = made.member({**MARY, **hashed})
        assert isinstance(found, Member)
        assert found.packed == member(MARY).packed
        assert {row.column for row in quality.table() if row.hashed_already} == set(hashed)

    def test_blank_columns_stay_in_the_schema(self) -> None:
        names, cells = rows.unpack(
            member({"email": "a@example.com", "city": None, "zip": ""}).packed
        )
        assert names == ["EMAIL", "CT", "ZIP"]
        assert cells == [[digest("a@example.com"), "", ""]]

    def test_no_blank_external_id_is_ever_sent(self) -> None:
        made, _ = plan({"email": "", "external_id": ""})
        without = made.member({"email": "a@example.com", "external_id": None})
        beside = made.member({"email": "b@example.com", "external_id": "7"})
        assert isinstance(without, Member)
        assert isinstance(beside, Member)
        assert rows.names(rows.schema_of(without.packed)) == ["EMAIL"]
        assert rows.names(rows.schema_of(beside.packed)) == ["EXTERN_ID", "EMAIL"]

    @pytest.mark.parametrize(
        ("record", "expected"),
        [
            ({"external_id": 4711}, "4711"),
            ({"external_id": 4711.0}, "4711"),
            ({"external_id": Decimal("4711.0")}, "4711"),
            ({"external_id": 'a"b\n'}, 'a"b'),
        ],
    )
    def test_external_ids(self, record: dict[str, Any], expected: str) -> None:
        assert people(record) == [{"EXTERN_ID": expected}]

    def test_an_external_id_goes_hashed_where_that_is_set(self) -> None:
        assert people({"external_id": " C-7 "}, external_id="sha256") == [
            {"EXTERN_ID": digest("C-7")}
        ]

    def test_other_names_of_columns(self) -> None:
        record = {"contact_mail": "a@example.com", "email": "other@example.com"}
        assert people(record, fields={"email": "contact_mail"}) == [
            {"EMAIL": digest("a@example.com")}
        ]

    @pytest.mark.parametrize(
        ("record", "country", "expected"),
        [
            ({"phone": "030 123456", "country": "DE"}, None, {"PHONE": "4930123456"}),
            ({"phone": "030 123456", "country": None}, "de", {"PHONE": "4930123456"}),
            ({"phone": "030 123456"}, "DE", {"PHONE": "4930123456"}),
            ({"phone": "+4930123456", "country": "US"}, "FR", {"PHONE": "4930123456"}),
            (
                {"phone": "+4930123456", "zip": 4025, "country": "USA"},
                None,
                {"PHONE": "4930123456", "ZIP": "04025"},
            ),
        ],
    )
    def test_a_country_says_how_to_read(
        self, record: dict[str, Any], country: str | None, expected: dict[str, str]
    ) -> None:
        (found,) = people(record, country=country)
        found.pop("COUNTRY", None)
        assert found == {key: digest(text) for key, text in expected.items()}

    def test_the_default_country_is_not_sent(self) -> None:
        assert people({"email": "a@example.com", "country": None}, country="DE") == [
            {"EMAIL": digest("a@example.com")}
        ]

    def test_the_default_does_not_overrule_a_cell_that_is_no_country(self) -> None:
        record = {"phone": "030 123456", "country": "Atlantis"}
        assert reject(record, country="DE") == "no_identifier"

    def test_a_birth_date_as_a_digest_cannot_be_taken_apart(self) -> None:
        record = {"email": "a@example.com", "birth_date": digest("19970216")}
        made, quality = plan(record)
        assert isinstance(made.member(record), Member)
        assert quality.table()[-1].dropped == {"unreadable_date": 1}


class TestSeveralValues:
    def test_two_addresses_are_two_rows(self) -> None:
        found = people(
            {"email": ["a@example.com", "b@example.com"], "phone": "+4930123456", "id": 1}
        )
        assert sorted(row["EMAIL"] for row in found) == sorted(
            [digest("a@example.com"), digest("b@example.com")]
        )
        assert {row["PHONE"] for row in found} == {digest("4930123456")}

    def test_keys_that_run_out_are_blank_but_for_the_external_id(self) -> None:
        found = people(
            {
                "email": ["a@example.com", "b@example.com", "c@example.com"],
                "phone": ["+4930123456", "+4930123457"],
                "external_id": ["x", "y"],
                "last_name": "M",
            }
        )
        assert len(found) == 3
        assert all(row["EXTERN_ID"] in {"x", "y"} for row in found)
        assert sum("PHONE" in row for row in found) == 2
        assert all(row["LN"] == digest("m") for row in found)

    def test_the_order_of_a_list_and_what_is_twice_do_not_matter(self) -> None:
        emails = ["a@example.com", "b@example.com", "c@example.com"]
        phones = ["+4930123456", "+4930123457"]
        one = member({"email": emails, "phone": phones})
        other = member({"email": [*emails[::-1], " A@example.com"], "phone": phones[::-1]})
        assert one.packed == other.packed

    @pytest.mark.parametrize(
        "cell",
        [
            ["a@example.com"],
            ["a@example.com", "A@EXAMPLE.COM"],
            ["a@example.com", "n/a", None, ""],
            '["a@example.com"]',
            ("a@example.com",),
        ],
    )
    def test_a_list_of_one_is_that_one(self, cell: object) -> None:
        assert member({"email": cell}).packed == member({"email": "a@example.com"}).packed

    def test_a_list_as_json_text(self) -> None:
        assert len(people({"email": '["a@example.com", "b@example.com"]'})) == 2

    def test_text_that_only_begins_like_a_list(self) -> None:
        assert people({"external_id": "[a"}) == [{"EXTERN_ID": "[a"}]
        assert people({"external_id": "[a]"}) == [{"EXTERN_ID": "[a]"}]

    def test_what_cannot_match_by_itself_gets_no_row(self) -> None:
        found = people({"email": ["a@example.com", "b@example.com"], "last_name": ["x", "y", "z"]})
        assert len(found) == 2

    def test_names_stay_beside_the_address_that_is_one(self) -> None:
        found = people({"email": "a@example.com", "last_name": ["Meyer", "Schulz"]})
        assert sorted(row["LN"] for row in found) == sorted([digest("meyer"), digest("schulz")])
        assert {row["EMAIL"] for row in found} == {digest("a@example.com")}

    def test_a_person_has_one_birth_date_and_one_value(self) -> None:
        record = {
            "email": ["a@example.com", "b@example.com"],
            "birth_date": ["never", "1997-02-16", "1998-02-16"],
            "value": ["-1", 3, 4],
        }
        found = people(record, value_based=True)
        assert {(row["DOBY"], row["LOOKALIKE_VALUE"]) for row in found} == {(digest("1997"), "3")}

    def test_nobody_has_more_than_255_rows(self) -> None:
        packed = member({"email": [f"a{i}@example.com" for i in range(400)]}).packed
        assert rows.count(packed) == 255

    def test_drops_in_a_list_are_counted_and_the_cell_is_filled(self) -> None:
        record = {"email": ["a@example.com", "nobody", "n/a"], "phone": ["x", "y"]}
        made, quality = plan(record)
        made.member(record)
        email, phone = quality.table()
        assert (email.filled, email.dropped) == (1, {"not_an_email": 1, "placeholder": 1})
        assert (phone.filled, phone.blank, sum(phone.dropped.values())) == (0, 1, 2)


class TestPages:
    RECORD: Mapping[str, Any] = {"page_scoped_user_id": "123456", "email": "a@example.com"}

    def test_an_id_of_a_page_stands_alone(self) -> None:
        assert rows.unpack(member(self.RECORD, page_id="9").packed) == (["PAGEUID"], [["123456"]])

    def test_without_one_the_other_keys_are_sent(self) -> None:
        made, _ = plan(self.RECORD, page_id="9")
        found = made.member({**self.RECORD, "page_scoped_user_id": None})
        assert isinstance(found, Member)
        assert rows.unpack(found.packed) == (["EMAIL"], [[digest("a@example.com")]])

    def test_without_a_page_they_are_not_sent(self) -> None:
        assert people(self.RECORD) == [{"EMAIL": digest("a@example.com")}]

    def test_several(self) -> None:
        record = {**self.RECORD, "page_scoped_user_id": ["2", "1"]}
        names, cells = rows.unpack(member(record, page_id="9").packed)
        assert (names, cells) == (["PAGEUID"], [["1"], ["2"]])


def test_quality_counts_what_was_filled_and_what_was_dropped() -> None:
    columns = {"email": None, "phone": None, "zip": None, "external_id": None}
    made, quality = plan(columns)
    for record in (
        {"email": "a@example.com", "phone": "x", "external_id": "7"},
        {"email": "a@example.com", "phone": "", "external_id": "8", "zip": "10115"},
        {"email": "5d41402abc4b2a76b9719d911017c592", "external_id": "9"},
        {"email": None, "external_id": None},
    ):
        made.member(record)
    assert {
        row.column: (row.records, row.filled, dict(row.dropped)) for row in quality.table()
    } == {
        "external_id": (4, 3, {}),
        "email": (4, 2, {"md5": 1}),
        "phone": (4, 0, {"no_country_code": 1}),
        "zip": (4, 1, {}),
    }


CELLS = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.booleans(),
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(),
    st.lists(st.one_of(st.text(max_size=8), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(["mary@example.com", "+16505551212", ["a@example.com", "b@example.com"]]),
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*MARY, "value", "operation"], CELLS)))
def test_any_record_is_a_member_or_a_reject(record: dict[str, Any]) -> None:
    made, quality = plan({**MARY, "value": 1}, value_based=True)
    found = made.member(record)
    assert made.member(dict(reversed(record.items()))) == found
    if isinstance(found, Reject):
        assert found.message.endswith(".")
        return
    names, cells = rows.unpack(found.packed)
    assert all(len(row) == len(names) for row in cells)
    assert digest("") not in {cell for row in cells for cell in row if isinstance(cell, str)}
    for row in quality.table():
        assert 0 <= row.filled <= row.records == 2


LETTERS = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=6, max_size=12)


@given(LETTERS, LETTERS, LETTERS, st.integers(10**6, 10**7 - 1))
def test_nothing_plain_stays_in_the_rows(first: str, last: str, box: str, number: int) -> None:
    record = {
        "email": [f"{box}@example.com", f"{box}.{last}@example.com"],
        "phone": f"+4930{number}",
        "first_name": first,
        "last_name": last,
        "city": box,
    }
    packed = member(record).packed
    data = rows.data(rows.schema_of(packed), [packed])
    for plain in (first, last, box, "example.com", str(number)):
        assert plain.encode() not in packed.lower()
        assert plain.encode() not in data.lower()
