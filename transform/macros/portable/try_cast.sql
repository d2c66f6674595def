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

{% macro snowflake__try_cast(expression, type) -%}
    {%- set pattern = number_pattern(type) -%}
    {%- if pattern -%}
    case
        when regexp_like({{ expression }}, '{{ pattern }}')
            then try_cast(trim({{ expression }}) as {{ type }})
    end
    {%- else -%}
    try_cast({{ expression }} as {{ column_type(type) }})
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__try_cast(expression, type) -%}
    {%- set pattern = number_pattern(type) -%}
    {%- if pattern -%}
    case
        when regexp_contains({{ expression }}, '{{ pattern }}')
            then safe_cast(trim({{ expression }}) as {{ type }})
    end
    {%- elif type == 'timestamptz' -%}
    {#- A cast reads no offset without a colon, which is how Meta writes it. -#}
    coalesce(
        safe_cast({{ expression }} as timestamp),
        safe.parse_timestamp('%Y-%m-%dT%H:%M:%E*S%z', {{ expression }})
    )
    {%- else -%}
    safe_cast({{ expression }} as {{ column_type(type) }})
    {%- endif -%}
{%- endmacro %}

{% macro redshift__try_cast(expression, type) -%}
    {#- Its try_cast stops at an empty text, and knows no booleans. -#}
    {%- set pattern = number_pattern(type) -%}
    {%- if pattern -%}
    case
        when {{ expression }} ~ '{{ pattern }}'
            then try_cast(trim({{ expression }}) as {{ type }})
    end
    {%- elif type == 'boolean' -%}
    case
        when lower(trim({{ expression }})) in ('true', 't', 'yes', 'y', '1') then true
        when lower(trim({{ expression }})) in ('false', 'f', 'no', 'n', '0') then false
    end
    {%- else -%}
    try_cast(nullif(trim({{ expression }}), '') as {{ column_type(type) }})
    {%- endif -%}
{%- endmacro %}

{% macro spark__try_cast(expression, type) -%}
    {%- set pattern = number_pattern(type) -%}
    {%- if pattern -%}
    case
        when {{ expression }} rlike '{{ pattern }}'
            then try_cast(trim({{ expression }}) as {{ type }})
    end
    {%- else -%}
    try_cast({{ expression }} as {{ column_type(type) }})
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
