"""The portable macros answer the same on every engine."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

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
