{#- Whole seconds since 1970 of a timestamptz, as bigint. -#}
{% macro epoch_seconds(expression) -%}
    {{ return(adapter.dispatch('epoch_seconds', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__epoch_seconds(expression) -%}
    cast(floor(extract(epoch from {{ expression }})) as bigint)
{%- endmacro %}

{% macro snowflake__epoch_seconds(expression) -%}
    cast(date_part(epoch_second, {{ expression }}) as bigint)
{%- endmacro %}

{% macro bigquery__epoch_seconds(expression) -%}
    unix_seconds({{ expression }})
{%- endmacro %}

{% macro redshift__epoch_seconds(expression) -%}
    datediff(second, cast('1970-01-01' as timestamp), {{ to_utc(expression) }})
{%- endmacro %}

{% macro spark__epoch_seconds(expression) -%}
    unix_seconds({{ expression }})
{%- endmacro %}
