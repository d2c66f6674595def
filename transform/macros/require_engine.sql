{#-
    Stops a run on an engine that the macros do not reach, with a sentence in place of an SQL error
    somewhere in staging, and warns on those that they reach on paper only.
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

{% macro snowflake__require_engine() -%}{{ warn_of_untried_engine() }}{%- endmacro %}
{% macro bigquery__require_engine() -%}{{ warn_of_untried_engine() }}{%- endmacro %}
{% macro redshift__require_engine() -%}{{ warn_of_untried_engine() }}{%- endmacro %}
{% macro databricks__require_engine() -%}{{ warn_of_untried_engine() }}{%- endmacro %}

{% macro warn_of_untried_engine() -%}
    {%- do exceptions.warn(
        "The SQL of this project for " ~ target.type ~ " has been compiled and its syntax checked, but it has "
        ~ "never been run there, so compare its figures with Ads Manager before you rely on them."
    ) -%}
{%- endmacro %}
