"""Whatever comes: the fast way and the slow way make equal rows, and tell the same."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_meta_ads import fields
from tap_meta_ads.rows.codec import RowCodec
from tests.told import Told

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.timezone.utc)
ACCOUNT = "120000000000000001"


def reader(told: Told, kinds: Mapping[str, str]) -> RowCodec:
    return RowCodec(
        "made_up",
        kinds,
        (),
        "v26.0",
        members=["1d_click", "action_device"],
        misfit=told.misfit,
        unknown=told.unknown,
    )


def raw(*texts: str) -> list[msgspec.Raw]:
    return [msgspec.Raw(text.encode()) for text in texts]


def records(lines: bytes) -> list[dict[str, Any]]:
    messages = [json.loads(line, parse_float=Decimal) for line in lines.splitlines()]
    return [message["record"] for message in messages]


# JSON as text, to say what no Python value says: 1E400, 5.10, members that come twice.
_NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
_WORDS = """
    1 1.5 -0 -0.0 00 5. .5 +5 1_0 ٣ ½ NaN nan sNaN Infinity -inf inf 1e400 1e-400 4.9e-324 1E-7
    9007199254740993.0 9223372036854775807 9223372036854775808 99999999999999.99999 1e999999999
    0.1000000000000000055 123456789012345678e-10 999999999.9999999 null NULL true False TRUE yes
    2026-11-21 0000-00-00 2026-02-29 2026-W01-1 20261121 default
""".split()
_SCALARS = (
    st.sampled_from(["null", "true", "false", "1", "0", '""', '" 5"', "1E400", "5.10", "{}", "[]"])
    | _NUMBERS
    | _NUMBERS.map('"{}"'.format)
    | st.sampled_from(_WORDS).map(json.dumps)
    | st.dates().map('"{}"'.format)
    | st.text(st.characters(codec="utf-8"), max_size=5).map(json.dumps)
    | st.text(st.characters(codec="utf-8"), max_size=5).map(
        lambda text: json.dumps(text, ensure_ascii=False)
    )
)


def _objects(
    names: st.SearchStrategy[str], values: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(names, values), max_size=4)
    return members.map(lambda pairs: "{" + ",".join(f'"{n}":{v}' for n, v in pairs) + "}")


_MEMBERS = st.sampled_from(
    """
    action_type value 1d_click 7d_view action_device default indicator values attribution_windows x
    """.split()
)
_ACTIONS = st.lists(_objects(_MEMBERS, _SCALARS), max_size=3).map(lambda x: f"[{','.join(x)}]")
_JSON = st.recursive(
    _SCALARS | _ACTIONS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda x: f"[{','.join(x)}]") | _objects(_MEMBERS, inner)
    ),
    max_leaves=8,
)
_KINDS = {f"of_{kind}": kind for kind in fields.KINDS}
_ROWS = _objects(st.sampled_from([*_KINDS, "unknown"]), _JSON)


class TestOneContract:
    @given(st.lists(_ROWS, max_size=4))
    def test_of_any_json(self, texts: list[str]) -> None:
        fast, slow = Told(), Told()
        made = reader(fast, _KINDS)
        rows = made.lines(made.read(raw(*texts), ACCOUNT), NOW)
        other = reader(slow, _KINDS)
        assert records(rows) == records(other.lines(other.plain(raw(*texts), ACCOUNT), NOW))
        assert fast.misfits == slow.misfits
        assert fast.names == slow.names

    @pytest.mark.parametrize("kind", fields.KINDS)
    @given(text=_JSON)
    def test_of_any_value(self, kind: str, text: str) -> None:
        """One column, so that no odd neighbour sends the row the slow way."""
        self._compare(kind, text, first_way=True)
        self._compare(kind, text, first_way=False)

    def _compare(self, kind: str, text: str, *, first_way: bool) -> None:
        fast, slow = Told(), Told()
        made = reader(fast, {"x": kind})
        if not first_way:
            made._next_way()
            made._sample = False
        sources = raw(f'{{"x":{text}}}')
        rows = records(made.lines(made.read(sources, ACCOUNT), NOW))
        other = reader(slow, {"x": kind})
        assert rows == records(other.lines(other.plain(sources, ACCOUNT), NOW))
        assert fast.misfits == slow.misfits

    def test_a_row_as_usual_goes_the_fast_way(self) -> None:
        """Or the tests above would compare the slow way with itself."""
        made = reader(Told(), dict.fromkeys(["clicks", "reach"], "integer") | {"spend": "number"})
        made.read(raw('{"clicks":"1","reach":"2","spend":"0.37"}'), ACCOUNT)
        assert made.slow == 0
