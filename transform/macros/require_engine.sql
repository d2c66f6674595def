{#-
    Stops a run on an engine that the macros do not reach, with a sentence in place of an SQL error
    somewhere in staging.
-#}
{% macro require_engine() -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'test') -%}
        {{ return(adapter.dispatch('require_engine', 'meta_ads')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__require_engine() -%}
    {{ exceptions.raise_compiler_error(
        "This project builds on Postgres and DuckDB; " ~ target.type ~ " needs its own macros in macros/portable."
    ) }}
{%- endmacro %}

{% macro duckdb__require_engine() -%}{%- endmacro %}

{% macro postgres__require_engine() -%}
    {%- set version = run_query("select current_setting('server_version_num')").columns[0].values()[0] | int -%}
    {%- if version < 160000 -%}
        {{ exceptions.raise_compiler_error(
            "This project needs PostgreSQL 16 or later, for pg_input_is_valid; this server is version "
            ~ (version // 10000) ~ "."
        ) }}
    {%- endif -%}
{%- endmacro %}
