"""Meta's JSON into rows: kinds, digits, odd values."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.contrib.msgspec import serialize_jsonl

from tap_meta_ads import fields
from tap_meta_ads.rows.casting import CASTS, DoesNotFitError, row_caster

if TYPE_CHECKING:
    from collections.abc import Mapping

# As the tap decodes Meta's answers, and as the SDK writes records.
decode = msgspec.json.Decoder(float_hook=Decimal).decode


def encoded(value: object) -> str:
    return bytes(serialize_jsonl(value)).decode().rstrip("\n")


def cast(kind: str, text: str) -> tuple[Any, bool]:
    """The value that becomes of a JSON text, and whether it fits."""
    misfits: list[object] = []
    row = row_caster({"x": kind}, lambda _, value: misfits.append(value))({"x": decode(text)})
    return row["x"], not misfits


MISFIT = object()


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "text", "expected"),
        [
            # Texts; ids that come as numbers keep all their digits.
            ("string", '"120210000000000001"', "120210000000000001"),
            ("string", "120210000000000001", "120210000000000001"),
            ("string", "123456789012345678901234567890", "123456789012345678901234567890"),
            ("string", '""', ""),
            ("string", '"Ünïcode \\ud83d\\ude00"', "Ünïcode 😀"),
            ("string", "1.50", "1.50"),
            ("string", "true", MISFIT),
            ("string", "[]", MISFIT),
            ("string", "{}", MISFIT),
            # Counts.
            ("integer", '"361324"', 361324),
            ("integer", "361324", 361324),
            ("integer", '"0"', 0),
            ("integer", '"-3"', -3),
            ("integer", '"4.0"', 4),
            ("integer", "4.00", 4),
            ("integer", '"1E3"', 1000),
            ("integer", '"9223372036854775807"', 2**63 - 1),
            ("integer", '"9223372036854775808"', MISFIT),
            ("integer", "18446744073709551616", MISFIT),
            ("integer", '"1E999"', MISFIT),
            ("integer", '"1E999999999"', MISFIT),
            ("integer", '"4.5"', MISFIT),
            ("integer", "4.5", MISFIT),
            ("integer", '""', MISFIT),
            ("integer", '"1_000"', MISFIT),
            ("integer", '"1,000"', MISFIT),
            ("integer", '" 4 "', MISFIT),
            ("integer", '"٤"', MISFIT),
            ("integer", "true", MISFIT),
            ("integer", '"NaN"', MISFIT),
            ("integer", "[4]", MISFIT),
            # Money and ratios.
            ("number", '"5339.5"', Decimal("5339.5")),
            ("number", "5339.5", Decimal("5339.5")),
            ("number", "7", 7),
            ("number", '"-0.01"', Decimal("-0.01")),
            ("number", '"NaN"', MISFIT),
            ("number", '"Infinity"', MISFIT),
            ("number", '"-inf"', MISFIT),
            ("number", '"sNaN"', MISFIT),
            ("number", '""', MISFIT),
            ("number", '"n/a"', MISFIT),
            ("number", '"1.2.3"', MISFIT),
            ("number", '"0x10"', MISFIT),
            ("number", '"1E9999"', MISFIT),
            ("number", "false", MISFIT),
            ("number", '{"value": "1"}', MISFIT),
            # Truth values.
            ("boolean", "true", True),
            ("boolean", "false", False),
            ("boolean", "1", True),
            ("boolean", "0", False),
            ("boolean", '"True"', True),
            ("boolean", '"false"', False),
            ("boolean", '"0"', False),
            ("boolean", "2", MISFIT),
            ("boolean", '"yes"', MISFIT),
            ("boolean", '""', MISFIT),
            ("boolean", "[true]", MISFIT),
            # Days.
            ("date", '"2026-11-21"', "2026-11-21"),
            ("date", '"2028-02-29"', "2028-02-29"),
            ("date", '"2026-02-29"', MISFIT),
            ("date", '"0000-00-00"', MISFIT),
            ("date", '"2026-13-01"', MISFIT),
            ("date", '"2026-W01-1"', MISFIT),
            ("date", '"2026-11-21T00:00:00+0000"', MISFIT),
            ("date", '"21.11.2026"', MISFIT),
            ("date", "20261121", MISFIT),
            ("date", '""', MISFIT),
            # Objects and lists, as Meta gives them.
            ("object", '{"a": [1, {"b": 0.10}]}', {"a": [1, {"b": Decimal("0.10")}]}),
            ("object", "{}", {}),
            ("object", "[]", MISFIT),
            ("object", '"{}"', MISFIT),
            ("array", '[2, 1, "1"]', [2, 1, "1"]),
            ("array", '{"id": "5"}', [{"id": "5"}]),
            ("array", "[]", []),
            ("array", '"a"', MISFIT),
            ("array", "5", MISFIT),
        ],
    )
    def test_value(self, kind: str, text: str, expected: object) -> None:
        value, fits = cast(kind, text)
        assert fits is (expected is not MISFIT)
        assert value == (None if expected is MISFIT else expected)
        if fits:
            assert type(value) is type(expected)

    def test_every_kind_has_a_cast_and_a_schema(self) -> None:
        assert CASTS.keys() == fields.KINDS.keys()

    @pytest.mark.parametrize("kind", CASTS)
    def test_a_binary_fraction_is_no_number_of_metas(self, kind: str) -> None:
        # Its digits are already lost: the client must decode to Decimal.
        with pytest.raises(DoesNotFitError):
            CASTS[kind](0.1)


class TestDigits:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ('"5.10"', "5.10"),
            ('"0.000000"', "0.000000"),
            ('"1E-7"', "1E-7"),
            ('"1.0e-5"', "0.00001"),
            ('"123456789012345678901234567890.123456"', "123456789012345678901234567890.123456"),
            ('"123456789012345678901234567890"', "123456789012345678901234567890"),
            ('"1.451943"', "1.451943"),
            ("5.10", "5.10"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ('"-0.50"', "-0.50"),
        ],
    )
    def test_are_kept_in_what_the_tap_writes(self, text: str, written: str) -> None:
        value, fits = cast("number", text)
        assert fits
        assert encoded({"spend": value}) == f'{{"spend":{written}}}'

    @given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
    def test_of_any_amount(self, amount: Decimal) -> None:
        value, _ = cast("number", json.dumps(str(amount)))
        written = encoded(value)
        assert Decimal(written) == amount
        assert Decimal(written).as_tuple() == amount.as_tuple()

    @given(st.integers())
    def test_of_any_id(self, number: int) -> None:
        assert cast("string", str(number)) == (str(number), True)


class TestActions:
    @pytest.mark.parametrize(
        ("given_", "written"),
        [
            pytest.param(
                '[{"action_type":"link_click","value":"8","7d_click":"7.50","1d_view":"1"}]',
                '[{"action_type":"link_click","value":8,"7d_click":7.50,"1d_view":1}]',
                id="a number for each window",
            ),
            pytest.param(
                '[{"action_type":"b","value":"1"},{"action_type":"a","value":"2"}]',
                '[{"action_type":"b","value":1},{"action_type":"a","value":2}]',
                id="Meta's order",
            ),
            pytest.param(
                '[{"action_type":"x","value":"1","1d_ev":"1","28d_click":"2","dda":"0.25",'
                '"28d_view_first_conversion":"3","1d_click_all_conversions":"4","default":"1",'
                '"incrementality":"5","skan_click_second_postback":"6","skan_view":"7",'
                '"inline":"8","custom":"9","7d_sequenced":"10"}]',
                '[{"action_type":"x","value":1,"1d_ev":1,"28d_click":2,"dda":0.25,'
                '"28d_view_first_conversion":3,"1d_click_all_conversions":4,"default":1,'
                '"incrementality":5,"skan_click_second_postback":6,"skan_view":7,'
                '"inline":8,"custom":9,"7d_sequenced":10}]',
                id="all of Meta's windows",
            ),
            pytest.param(
                '[{"action_type":"1","action_target_id":"6012","action_carousel_card_id":"0012",'
                '"action_device":"1","matched_persona_id":"120210000000000001",'
                '"matched_persona_name":"1E5","conversion_destination":"7",'
                '"standard_event_content_type":"12","signal_source_bucket":"3",'
                '"is_business_ai_assisted":"1","interactive_component_sticker_id":"5",'
                '"promoted_product_set_result":"5","user_segment_key":"1","value":"2"}]',
                '[{"action_type":"1","action_target_id":"6012","action_carousel_card_id":"0012",'
                '"action_device":"1","matched_persona_id":"120210000000000001",'
                '"matched_persona_name":"1E5","conversion_destination":"7",'
                '"standard_event_content_type":"12","signal_source_bucket":"3",'
                '"is_business_ai_assisted":"1","interactive_component_sticker_id":"5",'
                '"promoted_product_set_result":"5","user_segment_key":"1","value":2}]',
                id="names and ids stay texts, also those made of digits",
            ),
            pytest.param(
                '[{"action_type":"x","value":8,"7d_click":0.10}]',
                '[{"action_type":"x","value":8,"7d_click":0.10}]',
                id="numbers already",
            ),
            pytest.param(
                '{"action_type":"x","value":"8"}',
                '[{"action_type":"x","value":8}]',
                id="an object instead of a list",
            ),
            pytest.param(
                '[{"action_type":"x","value":"NaN","1d_click":"","7d_click":"1_0"}]',
                '[{"action_type":"x","value":"NaN","1d_click":"","7d_click":"1_0"}]',
                id="what is no number stays as it is",
            ),
            pytest.param('[{"action_type":"x"}]', '[{"action_type":"x"}]', id="no value"),
            pytest.param('["x",null,5]', '["x",null,5]', id="no objects"),
            pytest.param("[]", "[]", id="an empty list"),
        ],
    )
    def test_list(self, given_: str, written: str) -> None:
        value, fits = cast("actions", given_)
        assert fits
        assert encoded(value) == written

    @pytest.mark.parametrize("text", ['"8"', "8", "true"])
    def test_what_is_no_list(self, text: str) -> None:
        assert cast("actions", text) == (None, False)

    def test_every_window_of_the_table_is_a_number(self) -> None:
        for window in fields.values("v26.0", "action_attribution_windows"):
            value, _ = cast("actions", json.dumps([{"action_type": "x", window: "1.50"}]))
            assert value == [{"action_type": "x", window: Decimal("1.50")}], window

    def test_no_action_breakdown_of_the_table_is_a_number(self) -> None:
        for name in fields.values("v26.0", "action_breakdowns"):
            value, _ = cast("actions", json.dumps([{name: "150"}]))
            assert value == [{name: "150"}]

    def test_histograms_keep_their_counts(self) -> None:
        text = '[{"action_type":"video_view","value":[100,50,25]},{"action_type":"video_view"}]'
        value, fits = cast("histogram", text)
        assert fits
        assert encoded(value) == text

    @pytest.mark.parametrize(
        ("given_", "written"),
        [
            (
                '[{"indicator":"actions:x","values":[{"value":"45.0","attribution_windows":["default"]}]}]',
                '[{"indicator":"actions:x","values":[{"value":45.0,"attribution_windows":["default"]}]}]',
            ),
            ('[{"indicator":"actions:x"}]', '[{"indicator":"actions:x"}]'),
            ('[{"indicator":"5","values":null}]', '[{"indicator":"5","values":null}]'),
            ('[{"indicator":"5","values":["1"]}]', '[{"indicator":"5","values":["1"]}]'),
            ('{"indicator":"5","values":[]}', '[{"indicator":"5","values":[]}]'),
        ],
    )
    def test_results(self, given_: str, written: str) -> None:
        value, fits = cast("results", given_)
        assert fits
        assert encoded(value) == written


KINDS = {f"of_kind_{kind}": kind for kind in CASTS}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"))
    | st.sampled_from("1 1.5 -0 1e400 1E-7 NaN Infinity 2026-11-21 0000-00-00 true 1_0 ٣ ½".split())
    | st.dates().map(str),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["action_type", "value", "values", "1d_click", "indicator", "x"]), inner
        )
    ),
    max_leaves=12,
)


class TestRows:
    def test_a_row_has_exactly_the_fields_asked_for(self) -> None:
        caster = row_caster({"b": "integer", "a": "string"}, pytest.fail)
        row = caster({"a": "x", "c": 1, "b": "2"})
        assert list(row.items()) == [("b", 2), ("a", "x")]

    @pytest.mark.parametrize("source", [{}, {"x": None}])
    @pytest.mark.parametrize("kind", CASTS)
    def test_absent_is_null_and_never_zero(self, kind: str, source: Mapping[str, Any]) -> None:
        assert row_caster({"x": kind}, pytest.fail)(source) == {"x": None}

    def test_a_misfit_is_told_by_name_and_leaves_the_rest(self) -> None:
        told: list[tuple[str, object]] = []
        caster = row_caster(
            {"clicks": "integer", "spend": "number"}, lambda *what: told.append(what)
        )
        assert caster({"clicks": "many", "spend": "1.20"}) == {
            "clicks": None,
            "spend": Decimal("1.20"),
        }
        assert told == [("clicks", "many")]

    def test_the_source_is_left_as_it_was(self) -> None:
        source = {"x": [{"value": "1", "values": [{"value": "2"}]}]}
        before = json.dumps(source)
        for kind in CASTS:
            row_caster({"x": kind}, lambda *_: None)(source)
        assert json.dumps(source) == before

    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(KINDS, json_values)))
    def test_whatever_comes_a_row_is_valid_and_can_be_written(self, source: dict[str, Any]) -> None:
        told: list[str] = []
        row = row_caster(KINDS, lambda name, _: told.append(name))(source)
        written = json.loads(encoded(row))
        jsonschema.Draft7Validator(
            fields.schema(KINDS), format_checker=jsonschema.FormatChecker()
        ).validate(written)
        empty = {name for name, value in row.items() if value is None}
        assert empty == {name for name in KINDS if source.get(name) is None} | set(told)
