"""Rows the fast way: what is taken, what is refused, and that both ways make the same rows."""

from __future__ import annotations

import datetime as dt
import gc
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage

from tap_meta_ads import fields
from tap_meta_ads.rows.casting import RowWithoutKeyError
from tap_meta_ads.rows.codec import SLOW_IN_A_ROW, RowCodec
from tests.told import Told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

VERSION = "v26.0"
NOW = dt.datetime(2026, 11, 21, 6, 30, 15, 123456, tzinfo=dt.timezone(dt.timedelta(hours=2)))
ACCOUNT = "120000000000000001"


def reader(
    kinds: Mapping[str, str],
    keys: tuple[str, ...] = (),
    told: Told | None = None,
    **more: Any,  # noqa: ANN401 - handed on
) -> RowCodec:
    told = told or Told()
    return RowCodec(
        "made_up", kinds, keys, VERSION, misfit=told.misfit, unknown=told.unknown, **more
    )


def raw(*texts: str | bytes) -> list[msgspec.Raw]:
    return [msgspec.Raw(text.encode() if isinstance(text, str) else text) for text in texts]


def records(lines: bytes) -> list[dict[str, Any]]:
    messages = [json.loads(line, parse_float=Decimal) for line in lines.splitlines()]
    return [message["record"] for message in messages]


def read_one(kind: str, text: str, members: Collection[str] = ()) -> tuple[str, bool]:
    """What is written of a JSON text in a column of a kind, and whether it went the fast way."""
    made = reader({"x": kind}, members=members)
    line = made.lines(made.read(raw(f'{{"x":{text}}}'), ACCOUNT), NOW).decode()
    return line.partition('"record":{"x":')[2].partition('},"time_extracted"')[0], not made.slow


FAST, SLOW = True, False


class TestValues:
    @pytest.mark.parametrize(
        ("kind", "text", "written", "way"),
        [
            ("string", '"120210000000000001"', '"120210000000000001"', FAST),
            ("string", '"null"', '"null"', FAST),
            ("string", '"\\ud83d\\ude00 \\/"', '"😀 /"', FAST),
            ("string", "120210000000000001", '"120210000000000001"', SLOW),
            ("string", "null", "null", FAST),
            ("integer", '"361324"', "361324", FAST),
            ("integer", "-3", "-3", FAST),
            ("integer", '"9223372036854775807"', "9223372036854775807", FAST),
            ("integer", '"9223372036854775808"', "null", SLOW),
            ("integer", '"123456789012345678901234567890"', "null", SLOW),
            ("integer", '"4.0"', "4", SLOW),
            ("integer", "4.0", "4", SLOW),
            ("integer", '"9007199254740993.0"', "9007199254740993", SLOW),
            ("integer", '"99999999999999.99999"', "null", SLOW),
            ("integer", '"1e3"', "1000", SLOW),
            ("integer", '"NaN"', "null", SLOW),
            ("integer", '"null"', "null", FAST),
            ("integer", "true", "null", SLOW),
            ("number", '"5339.5"', "5339.5", FAST),
            ("number", '"34.00"', "34.0", FAST),
            ("number", '"0.000000"', "0.0", FAST),
            ("number", '"-0.01"', "-0.01", FAST),
            ("number", '"7"', "7", FAST),
            ("number", '"999999999.999999"', "999999999.999999", FAST),
            ("number", '"0.123456789012345"', "0.123456789012345", SLOW),  # 17 signs
            ("number", '"0.12345678901234"', "0.12345678901234", FAST),
            ("number", '"1000000000.5"', "1000000000.5", SLOW),
            ("number", '"9007199254740993.01"', "9007199254740993.01", SLOW),
            ("number", '"0.1000000000000000055"', "0.1000000000000000055", SLOW),
            ("number", '"123456789012345678901234567890"', "123456789012345678901234567890", SLOW),
            ("number", '"1e-7"', "1e-7", FAST),
            ("number", '"NaN"', "null", SLOW),
            ("number", '"nan"', "null", SLOW),
            ("number", '"Infinity"', "null", SLOW),
            ("number", '"-inf"', "null", SLOW),
            ("number", '"sNaN"', "null", SLOW),
            ("number", '"1_000"', "null", SLOW),
            ("number", '" 5"', "null", SLOW),
            ("number", '"٣"', "null", SLOW),
            ("number", '"1e400"', "null", SLOW),
            ("number", "1E400", "null", SLOW),
            ("number", '"+5"', "5", SLOW),
            ("number", '"null"', "null", FAST),
            ("boolean", "true", "true", FAST),
            ("boolean", '"False"', "false", FAST),
            ("boolean", "1", "true", FAST),
            ("boolean", '"-0"', "false", FAST),
            ("boolean", '"yes"', "null", SLOW),
            ("date", '"2028-02-29"', '"2028-02-29"', FAST),
            ("date", '"2026-02-29"', "null", SLOW),
            ("date", '"0000-00-00"', "null", SLOW),
            ("date", '"2026-11-21T00:00:00+0000"', "null", SLOW),
            ("object", '{"a":[1,{"b":0.10}]}', '{"a":[1,{"b":0.10}]}', FAST),
            ("object", "[]", "null", SLOW),
            ("array", '[2,1.50,"1"]', '[2,1.50,"1"]', FAST),
            ("array", '{"id":"5"}', '[{"id":"5"}]', SLOW),
            ("histogram", '[{"value":[100,50]},{}]', '[{"value":[100,50]},{}]', FAST),
        ],
    )  # fmt: skip
    def test_value(self, kind: str, text: str, written: str, way: bool) -> None:  # noqa: FBT001 - a column of the table
        assert read_one(kind, text) == (written, way)

    @pytest.mark.parametrize(
        ("text", "written", "way"),
        [
            pytest.param(
                '[{"action_type":"b","value":"8","1d_click":"7.50"},{"action_type":"a"}]',
                '[{"action_type":"b","value":8,"1d_click":7.5},{"action_type":"a"}]',
                FAST,
                id="what was asked for",
            ),
            pytest.param(
                '[{"action_target_id":"6012","value":"1"}]',
                '[{"action_target_id":"6012","value":1}]',
                FAST,
                id="ids stay texts",
            ),
            pytest.param(
                '[{"action_type":"b","28d_view":"1"}]',
                '[{"action_type":"b","28d_view":1}]',
                SLOW,
                id="a window that nobody asked for",
            ),
            pytest.param('[{"x":"1"}]', '[{"x":"1"}]', SLOW, id="an unknown member"),
            pytest.param('[{"value":"NaN"}]', '[{"value":"NaN"}]', SLOW, id="no number"),
            pytest.param('[{"value":"null"}]', '[{"value":"null"}]', SLOW, id="no null"),
            pytest.param('[{"value":null}]', '[{"value":null}]', SLOW, id="null"),
            pytest.param('[{"value":true}]', '[{"value":true}]', SLOW, id="a truth value"),
            pytest.param('{"value":"8"}', '[{"value":8}]', SLOW, id="an object, not a list"),
            pytest.param('["x",null,5]', '["x",null,5]', SLOW, id="no objects"),
            pytest.param("[]", "[]", FAST, id="an empty list"),
        ],
    )
    def test_actions(self, text: str, written: str, way: bool) -> None:  # noqa: FBT001 - as above
        members = ["1d_click", "action_target_id"]
        assert read_one("actions", text, members=members) == (written, way)

    @pytest.mark.parametrize(
        ("text", "written", "way"),
        [
            (
                '[{"indicator":"a:x","values":[{"value":"45.5","attribution_windows":["default"]}]}]',
                '[{"indicator":"a:x","values":[{"attribution_windows":["default"],"value":45.5}]}]',
                FAST,
            ),
            ('[{"indicator":"a:x"}]', '[{"indicator":"a:x"}]', FAST),
            ('[{"indicator":"5","values":["1"]}]', '[{"indicator":"5","values":["1"]}]', SLOW),
            ('[{"label":"5"}]', '[{"label":"5"}]', SLOW),
        ],
    )
    def test_results(self, text: str, written: str, way: bool) -> None:  # noqa: FBT001 - as above
        assert read_one("results", text) == (written, way)

    @given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
    def test_any_amount_is_the_number_that_meta_wrote(self, amount: Decimal) -> None:
        written, way = read_one("number", json.dumps(str(amount)))
        assert Decimal(written) == amount
        assert way is (abs(amount) < 10**9)

    @given(st.from_regex(r"-?(0|[1-9][0-9]{0,18})\.[0-9]{1,20}", fullmatch=True))
    @example("0.30000000000000004441")
    @example("123456789.12345678")
    @example("999999999.9999999")
    def test_any_digits_are_the_number_that_meta_wrote(self, text: str) -> None:
        for spelt in (text, f'"{text}"'):
            assert Decimal(read_one("number", spelt)[0]) == Decimal(text)

    @pytest.mark.parametrize("version", fields.versions())
    def test_no_member_of_an_action_is_both_a_figure_and_a_name(self, version: str) -> None:
        windows = fields.values(version, "action_attribution_windows")
        assert not windows & fields.values(version, "action_breakdowns")

    @pytest.mark.parametrize("kind", fields.KINDS)
    def test_every_kind_is_known_and_absent_is_null(self, kind: str) -> None:
        made = reader({"x": kind})
        assert records(made.lines(made.read(raw("{}", '{"x":null}'), ACCOUNT), NOW)) == [
            {"x": None},
            {"x": None},
        ]
        assert made.slow == 0


INSIGHTS = {
    "account_id": "string",
    "ad_id": "string",
    "impressions": "integer",
    "spend": "number",
    "actions": "actions",
    "date_start": "date",
}
KEYS = ("account_id", "ad_id", "date_start")


def insights(**more: object) -> str:
    return json.dumps({"ad_id": "5", "date_start": "2026-11-20", **more})


class TestRows:
    def test_have_the_selected_columns_in_their_order(self) -> None:
        made = reader({"b": "integer", "a": "string", "c": "string"}, columns=["c", "b"])
        rows = made.read(raw('{"a":"x","b":"2"}', '{"b":"2"}'), ACCOUNT)
        assert [list(row.items()) for row in records(made.lines(rows, NOW))] == [
            [("c", None), ("b", 2)]
        ] * 2
        assert made.slow == 1  # for the column that nobody selected

    def test_have_their_account(self) -> None:
        made = reader(INSIGHTS, KEYS)
        rows = made.read(raw(insights(), insights(account_id="7"), insights(account_id=7)), ACCOUNT)
        assert [row.account_id for row in rows] == [ACCOUNT] * 3
        assert made.slow == 1

    def test_keep_their_order_when_some_go_the_slow_way(self) -> None:
        made = reader(INSIGHTS, KEYS)
        odd = ["NaN", "1", "1e400", "2", "3"]
        rows = made.read(raw(*(insights(ad_id=f"{n}", spend=x) for n, x in enumerate(odd))), "1")
        assert [row.ad_id for row in rows] == ["0", "1", "2", "3", "4"]
        assert [row.spend for row in rows] == [None, 1, None, 2, 3]
        assert made.slow == 2

    @pytest.mark.parametrize("spend", ["1", "NaN"])
    def test_days_are_dates_whichever_way_they_went(self, spend: str) -> None:
        rows = reader(INSIGHTS, KEYS).read(raw(insights(spend=spend)), ACCOUNT)
        assert rows[0].date_start == dt.date(2026, 11, 20)

    @pytest.mark.parametrize("name", ["1d_click", "class", "a-b", "mro", "ñ", ""])
    @pytest.mark.parametrize("text", ['{"%s":"x"}', '{"%s":5}'])
    def test_any_column_can_be_set(self, name: str, text: str) -> None:
        made = reader({name: "string", "2": "integer"})
        rows = made.read(raw(text % name), ACCOUNT)
        assert getattr(rows[0], name) in {"x", "5"}
        setattr(rows[0], name, "y")
        setattr(rows[0], "2", 3)
        assert records(made.lines(rows, NOW)) == [{name: "y", "2": 3}]

    @pytest.mark.parametrize(
        ("source", "missing"),
        [
            ('{"date_start":"2026-11-20"}', "ad_id"),
            ('{"ad_id":"5","date_start":null}', "date_start"),
            ('{"ad_id":"5","date_start":"null"}', "date_start"),
            ('{"ad_id":["secret"],"date_start":"2026-11-20"}', "ad_id"),
            ("null", "ad_id"),
            ('["ad_id"]', "ad_id"),
        ],
    )
    def test_are_never_without_their_key(self, source: str, missing: str) -> None:
        made = reader(INSIGHTS, KEYS)
        for read in (made.read, made.plain):
            with pytest.raises(RowWithoutKeyError, match=f"made_up .* without {missing}") as told:
                read(raw(source), ACCOUNT)
            assert "secret" not in str(told.value)

    def test_outlive_their_page(self) -> None:
        class Page(msgspec.Struct):
            data: list[msgspec.Raw]

        body = b'{"data":[' + b",".join(insights(ad_id=f"{n}").encode() for n in range(500)) + b"]}"
        raws = msgspec.json.decode(body, type=Page).data
        del body
        gc.collect()
        noise = [bytes(70_000) for _ in range(50)]
        rows = reader(INSIGHTS, KEYS).read(raws, ACCOUNT)
        del raws, noise
        gc.collect()
        assert [row.ad_id for row in rows] == [f"{n}" for n in range(500)]

    def test_with_a_text_that_is_cut_amid_a_character_keep_the_rest(self) -> None:
        made = reader({"x": "string", "y": "number"})
        for rows in (made.read, made.plain):
            got = rows(raw(b'{"x":"caf\xc3","y":"5.10"}'), ACCOUNT)
            assert records(made.lines(got, NOW)) == [{"x": "caf\ufffd", "y": Decimal("5.1")}]

    def test_spend_is_summed_to_the_last_digit(self) -> None:
        made = reader(INSIGHTS, KEYS)
        amounts = ["0.10", "0.20", "9007199254740993.01", "3", None, "NaN", "0.000001"]
        rows = made.read(raw(*(insights(spend=x) for x in amounts)), ACCOUNT)
        assert made.spend(rows) == Decimal("9007199254740996.310001")
        assert made.spend(rows[:1]) == Decimal("0.10")

    def test_no_spend_is_not_0(self) -> None:
        made = reader(INSIGHTS, KEYS)
        assert made.spend(made.read(raw(insights()), ACCOUNT)) is None
        assert made.spend(made.read(raw(insights(spend="0.00")), ACCOUNT)) == 0
        assert made.spend([]) is None
        other = reader({"x": "number"})
        assert other.spend(other.read(raw("{}"), ACCOUNT)) is None


class TestSlowRows:
    def test_new_fields_are_told(self) -> None:
        told = Told()
        made = reader(INSIGHTS, KEYS, told)
        made.read(raw(insights(new="1"), insights(), insights(newer="1", spend="NaN")), ACCOUNT)
        assert told.names == ["new", "newer"]
        assert told.misfits == [("spend", "'NaN'")]

    def test_a_field_that_stays_does_not_stay_slow_and_later_ones_are_still_told(self) -> None:
        told = Told()
        made = reader(INSIGHTS, KEYS, told)
        made.read(raw(*[insights(new="1", spend="1.5")] * 1000), ACCOUNT)
        assert made.slow == SLOW_IN_A_ROW
        rows = made.read(raw(*[insights(newer="1", spend="1.5")] * 1000), ACCOUNT)
        assert made.slow == SLOW_IN_A_ROW + 1
        assert set(told.names) == {"new", "newer"}
        assert made.spend(rows) == 1500
        assert "new" not in made.lines(rows, NOW).decode().replace("newer", "")

    def test_actions_with_other_windows_do_not_stay_slow(self) -> None:
        made = reader(INSIGHTS, KEYS)
        action = {"action_type": "x", "value": "1", "28d_view": "2.5", "action_device": "7"}
        rows = made.read(raw(*[insights(actions=[action])] * 200), ACCOUNT)
        assert made.slow == SLOW_IN_A_ROW
        written = records(made.lines(rows, NOW))
        assert written == [written[0]] * 200
        assert written[0]["actions"] == [
            {"action_type": "x", "value": 1, "28d_view": Decimal("2.5"), "action_device": "7"}
        ]

    def test_when_all_are_odd_no_time_is_lost_on_trying(self) -> None:
        told = Told()
        made = reader(INSIGHTS, KEYS, told)
        count = 3 * SLOW_IN_A_ROW
        made.read(raw(*[insights(impressions="1.0")] * count), ACCOUNT)
        assert made.slow == count
        made.read(raw(insights()), ACCOUNT)
        assert made.slow == count + 1

    def test_a_row_as_usual_starts_the_count_anew(self) -> None:
        made = reader(INSIGHTS, KEYS)
        odd = [insights(impressions="1.0")] * (SLOW_IN_A_ROW - 1)
        made.read(raw(*[*odd, insights()] * 4), ACCOUNT)
        assert made.slow == 4 * len(odd)


def sdk_lines(rows: Iterable[dict[str, Any]], stream: str = "made_up") -> bytes:
    """The same rows as the SDK writes them today."""
    writer = MsgSpecWriter()
    messages = (RecordMessage(stream=stream, record=row, time_extracted=NOW) for row in rows)
    return b"".join(bytes(writer.format_message(message)) for message in messages)


class TestLines:
    def test_are_the_sdks_byte_for_byte(self) -> None:
        made = reader(INSIGHTS, KEYS, members=["1d_click"])
        sources = raw(
            insights(impressions="361324", spend="12.34"),
            insights(spend="0.5", actions=[{"action_type": "ü", "value": "2", "1d_click": "1"}]),
            insights(ad_id='"\\\u2028', spend="7", actions=[]),
        )
        rows = made.read(sources, ACCOUNT)
        assert made.slow == 0
        plain = made.plain(sources, ACCOUNT)
        expected = sdk_lines(plain)
        assert expected.count(b"\n") == 3
        assert made.lines(rows, NOW) == expected
        assert made.lines(plain, NOW) == expected

    def test_of_no_rows(self) -> None:
        assert reader(INSIGHTS, KEYS).lines([], NOW) == b""
