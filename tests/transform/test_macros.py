"""The portable macros answer the same on every engine."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.transform.warehouses import Warehouse

_LIST = """'[{"7d_click": 1.50, "id": "120210000000000017"}, "text", null, {"id": 5}]'"""
_UNNESTED = """
    select row_id, element_index, {{ json_text('element', '7d_click') }} as windowed,
        {{ json_text('element', 'id') }} as id
    from (
        {{ unnest_json('listed', 'items', ['row_id']) }}
    ) as unnested
"""
_QUERY = f"""
with listed as (
    select 1 as row_id, {{{{ to_json_value({_LIST!r}, 'text') }}}} as items
    union all select 2, {{{{ to_json_value("'null'", 'text') }}}}
    union all select 3, {{{{ to_json_value("'[]'", 'text') }}}}
),
unnested as ({_UNNESTED}),
keys as (
    select
        cast({{{{ hash_key(["'a'", "'b'"]) }}}} as text) as two,
        cast({{{{ hash_key(["'a|b'"]) }}}} as text) as one,
        cast({{{{ hash_key(["''"]) }}}} as text) as empty,
        cast({{{{ hash_key(["cast(null as text)"]) }}}} as text) as missing
)
select row_id, element_index, windowed, id, two, one, empty, missing
from unnested cross join keys
order by 1, 2
"""


def key(text: str) -> str:
    return str(int(hashlib.md5(text.encode()).hexdigest()[:15], 16))


def show(warehouse: Warehouse, query: str) -> list[dict[str, Any]]:
    shown = warehouse.dbt(
        "--quiet", "show", "--inline", query, "--output", "json", "--limit", "1000"
    )
    assert shown.code == 0, shown.output
    rows: list[dict[str, Any]] = json.loads(shown.output[shown.output.index("{") :])["show"]
    return rows


def test_lists_and_keys(warehouse: Warehouse) -> None:
    rows = show(warehouse, _QUERY)
    elements = [(row["row_id"], row["element_index"], row["windowed"], row["id"]) for row in rows]
    assert [(row, index, text and float(text), id_) for row, index, text, id_ in elements] == [
        (1, 0, 1.5, "120210000000000017"),
        (1, 1, None, None),
        (1, 2, None, None),
        (1, 3, None, "5"),
    ]
    assert {name: rows[0][name] for name in ("two", "one", "empty", "missing")} == {
        "two": key("a|b"),
        "one": key("a|b"),
        "empty": key(""),
        "missing": key("_null_"),
    }


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({}, ""),
        ({"start_date": "2026-02-28", "end_date": "2026-02-28"}, ""),
        (
            {"start_date": "yesterday"},
            "The variable start_date must be a day as YYYY-MM-DD, not yesterday.",
        ),
        (
            {"activation_today": "2026-13-01"},
            "The variable activation_today must be a day as YYYY-MM-DD, not 2026-13-01.",
        ),
        (
            {"crm_example_today": "today"},
            "The variable crm_example_today must be a day as YYYY-MM-DD, not today.",
        ),
        (
            {"start_date": "2026-03-02", "end_date": "2026-03-01"},
            "The variable start_date, 2026-03-02, must not be after end_date, 2026-03-01.",
        ),
        (
            {"lapsed_after_days": "long"},
            "The variable lapsed_after_days must be a number above 0, not long.",
        ),
        (
            {"max_leaving_ratio": 50},
            "The variable max_leaving_ratio must be a number from 0 to 1, not 50.",
        ),
    ],
)
def test_variables_that_cannot_be_meant(
    warehouse: Warehouse, variables: dict[str, object], complaint: str
) -> None:
    shown = warehouse.dbt(
        *("--quiet", "show", "--inline", "select '{{ variables_complaint() }}' as complaint"),
        *("--output", "json", "--vars", json.dumps(variables)),
    )
    assert shown.code == 0, shown.output
    assert json.loads(shown.output[shown.output.index("{") :])["show"] == [{"complaint": complaint}]


def test_a_run_stops_at_such_variables(warehouse: Warehouse) -> None:
    done = warehouse.dbt("build", "--select", "dim_date", "--vars", "{start_date: yesterday}")
    assert done.code != 0
    assert "start_date must be a day as YYYY-MM-DD, not yesterday." in done.output
    assert "dim_date" not in done.output
