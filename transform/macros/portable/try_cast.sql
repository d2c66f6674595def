{#-
    Text as `type`, or null where it cannot be read. dbt's own safe_cast is a plain cast on
    Postgres and DuckDB, and one bad value would stop the whole build.

    Numbers are held to one grammar on every engine: Postgres alone would take '0x1F', '1_000' and
    'NaN' (which poisons every sum), DuckDB alone would round '12.7' to the integer 13.
-#}
{% macro try_cast(expression, type) -%}
    {{ return(adapter.dispatch('try_cast', 'meta_ads')(expression, type)) }}
{%- endmacro %}

{% macro default__try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}

{% macro postgres__try_cast(expression, type) -%}
    {%- set pattern = number_pattern(type) -%}
    case
        when pg_input_is_valid({{ expression }}, '{{ type }}')
            {%- if pattern %} and {{ expression }} ~ '{{ pattern }}'{% endif %}
            then cast({{ expression }} as {{ type }})
    end
{%- endmacro %}

{% macro duckdb__try_cast(expression, type) -%}
    {%- set pattern = number_pattern(type) -%}
    {%- if pattern -%}
    case
        when regexp_matches({{ expression }}, '{{ pattern }}')
            then try_cast(trim({{ expression }}) as {{ type }})
    end
    {%- else -%}
    try_cast({{ expression }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{#- The regular expression of a number of this type, in the syntax that all engines share. -#}
{% macro number_pattern(type) -%}
    {%- if type in ('bigint', 'integer') -%}
        {{ return('^ *[+-]?[0-9]+ *$') }}
    {%- elif type.startswith('numeric') -%}
        {{ return('^ *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})? *$') }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#-
    A count out of text: whole numbers, also where they are written `8.0`. 18 digits always fit
    into a bigint, so the outer cast cannot fail.
-#}
{% macro try_cast_count(expression) -%}
    cast({{ try_cast(expression, 'numeric(18,0)') }} as bigint)
{%- endmacro %}

{#-
    An id of Meta's as its bigint: exact digits or null, never by way of a float. `act_`, which
    stands before an ad account's id in some of Meta's answers, is dropped.
-#}
{% macro meta_id(expression) -%}
    {{ try_cast("replace(" ~ expression ~ ", 'act_', '')", 'bigint') }}
{%- endmacro %}
