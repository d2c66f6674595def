"""What can be said of SQL for a warehouse without asking the warehouse.

sqlglot finds what is no syntax of a dialect. It takes every function, every type and most names in
stride, so those are held to lists here: what models and macros use, and their engine documents. A
complaint about a name that is missing in a list means that somebody has to look it up there.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import sqlglot  # type: ignore[import-not-found]  # in the environment of the adapters only
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Words that stand before a parenthesis and are no functions.
_SYNTAX = set(
    "and array as by distinct else exists from in join lateral not numeric on or over partition "
    "select then using values varchar when where with".split()
)
_EVERYWHERE = set(
    "abs avg cast ceil coalesce concat count date_trunc dense_rank exp extract first_value floor "
    "greatest lag lead least length lower ltrim max min mod nullif power rank replace round "
    "row_number rtrim substr sum trim upper".split()
)
FUNCTIONS = {
    "snowflake": set(
        "array_construct array_contains array_to_string as_array convert_timezone "
        "current_timestamp date_part dateadd datediff dayofweekiso flatten get listagg md5 "
        "reduce regexp_like regexp_replace regexp_substr split_part to_number to_timestamp_tz "
        "to_varchar to_variant transform try_cast try_parse_json typeof weekiso "
        "yearofweekiso".split()
    ),
    "bigquery": set(
        "bignumeric current_timestamp date_add date_diff date_sub datetime_add datetime_sub "
        "datetime_trunc div format_timestamp generate_date_array json_keys json_query_array "
        "json_type json_value md5 regexp_contains regexp_extract regexp_replace "
        "safe.parse_json safe.parse_timestamp safe_cast string_agg timestamp_sub "
        "timestamp_trunc to_hex to_json unix_micros unix_seconds unnest".split()
    ),
    "redshift": set(
        "can_json_parse dateadd datediff get_array_length getdate is_array is_object "
        "json_extract_array_element_text json_extract_path_text json_parse json_serialize len "
        "listagg md5 regexp_replace regexp_substr split_part strpos strtol substring to_char "
        "try_cast".split()
    ),
    "databricks": set(
        "add_months aggregate array_join conv current_timestamp current_timezone date_add "
        "date_format datediff div exists explode from_json from_utc_timestamp get_json_object "
        "json_object_keys last_day make_date md5 posexplode regexp_extract regexp_replace "
        "split timestampadd to_json to_utc_timestamp try_cast unix_micros unix_seconds year".split()
    ),
}
_TYPES_EVERYWHERE = {"bigint", "boolean", "date", "int", "integer", "numeric", "timestamp"}
TYPES = {
    "snowflake": {"text", "timestamp_ntz", "timestamptz", "varchar", "variant"},
    "bigquery": {"bignumeric", "bytes", "datetime", "float64", "int64", "json", "string"},
    "redshift": {"super", "timestamptz", "varchar"},
    "databricks": {"string"},
}
STRATEGIES = {
    "snowflake": {"append", "merge", "delete+insert", "insert_overwrite", "microbatch"},
    "bigquery": {"merge", "insert_overwrite", "microbatch"},
    "redshift": {"append", "delete+insert", "merge", "microbatch"},
    "databricks": {"append", "merge", "insert_overwrite", "replace_where", "delete+insert"},
}
# sqlglot parses these for every dialect.
_NOT_THERE = {
    "snowflake": r"->>|\bat time zone\b|\bdistinct on\b|\bfilter \(|\bisodow\b|\bisoyear\b",
    "bigquery": r"->>|::|\blateral\b|\bat time zone\b|\binterval '|\bdistinct on\b|\bfilter \(",
    "redshift": r"->>|\blateral\b|\bdistinct (from|on)\b|\bfilter \(|\bisodow\b|\bisoyear\b"
    r"|\bunion distinct\b|\bcurrent_timestamp\b",
    "databricks": r"->>|\bat time zone\b|\bdistinct on\b|\bisodow\b|\bisoyear\b",
}
# Functions that Redshift gives no order without a frame.
_FRAMED = (exp.Sum, exp.Count, exp.Min, exp.Max, exp.Avg, exp.FirstValue, exp.LastValue)
# sqlglot knows those of BigQuery and Redshift.
_RESERVED = {
    "snowflake": set(
        "all any between check column connect constraint cross current distinct exists following "
        "for full group having in increment inner intersect into is issue lateral like minus "
        "natural of on order organization qualify regexp row rows sample schema set some start "
        "table trigger union unique using values view when where with".split()
    ),
    "databricks": set(
        "anti cross except full inner intersect join lateral left minus natural on order right "
        "semi union using".split()
    ),
}


def without_text(code: str) -> str:
    """Return lower-case SQL without comments, and with all strings and quoted names empty."""
    code = re.sub(r"/\*.*?\*/", " ", code, flags=re.DOTALL)
    strings_and_comments = r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|--[^\n]*"
    return re.sub(strings_and_comments, lambda text: text[0][0] * 2, code).lower()


def cast_types(code: str) -> Iterator[str]:
    """Yield what casts cast to: of `cast(x as numeric(18,4))` the word `numeric`."""
    for start in re.finditer(r"\b(?:try_|safe_)?cast\(", code):
        depth, end = 1, start.end()
        while depth and end < len(code):
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        wanted = re.search(r"\bas\s+([\w ]+?)\s*(?:\([\d, ]+\))?\s*\)$", code[start.start() : end])
        yield wanted[1] if wanted else code[start.start() : end]


def unknown_types(engine: str, types: Iterator[str] | list[str]) -> list[str]:
    """Return those of `types` that the engine lacks or means differently."""
    bare = {each.split("(")[0].strip().lower() for each in types}
    return sorted(bare - _TYPES_EVERYWHERE - TYPES[engine])


def _shapes(engine: str, statement: exp.Expression) -> Iterator[str]:
    """Yield what is of the dialect by its words, and not by how they stand together."""
    if engine == "bigquery":
        for select in statement.find_all(exp.Select):
            if select.args.get("where") and not select.args.get("from_"):
                yield "where without from"
            group = select.args.get("group")
            for position in group.expressions if group else ():
                if position.is_int and select.selects[int(position.name) - 1].unalias().is_string:
                    yield f"group by the literal at {position.name}"
    if engine == "redshift":
        for window in statement.find_all(exp.Window):
            ordered = window.args.get("order") and not window.args.get("spec")
            if ordered and isinstance(window.this, _FRAMED):
                yield f"window without a frame: {window.this.sql_name().lower()}"


def complaints(engine: str, code: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each thing in a compiled node that this engine would not take."""
    strategy = config.get("incremental_strategy")
    if config.get("materialized") == "incremental" and strategy not in STRATEGIES[engine]:
        yield f"incremental_strategy {strategy} is unknown; see incremental_or_table"
    try:
        statements = sqlglot.parse(code, read=engine, error_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError as error:
        yield f"syntax: {error}"
        return
    dialect = sqlglot.Dialect.get_or_raise(engine)
    reserved = set(getattr(dialect.generator_class, "RESERVED_KEYWORDS", ()))
    reserved |= _RESERVED.get(engine, set())
    for statement in statements:
        if statement is None or isinstance(statement, exp.Command):
            yield "syntax: not a statement that can be parsed"
            continue
        yield from _shapes(engine, statement)
        names = {each.name for each in statement.find_all(exp.Identifier) if not each.quoted}
        for name in sorted(names & reserved):
            yield f"reserved word as a name: {name}"
    bare = without_text(code)
    for name in sorted(set(re.findall(r"\b([a-z_][\w.]*) ?\(", bare))):
        if name not in _SYNTAX | _EVERYWHERE | FUNCTIONS[engine] and "." not in name:
            yield f"function not listed: {name}"
    for name in unknown_types(engine, cast_types(bare)):
        yield f"type not listed: {name}; see as_text and column_type"
    for found in sorted({each[0] for each in re.finditer(_NOT_THERE[engine], bare)}):
        yield f"not in this dialect: {found}"


def main() -> None:
    """Check one node: an object with `code` and `config` on stdin, `complaints` on stdout."""
    node = json.load(sys.stdin)
    found = list(complaints(sys.argv[1], node["code"], node["config"]))
    json.dump({"complaints": found}, sys.stdout)


if __name__ == "__main__":
    main()
