{#- Whole seconds since 1970 of a timestamptz, as bigint. -#}
{% macro epoch_seconds(expression) -%}
    {{ return(adapter.dispatch('epoch_seconds', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__epoch_seconds(expression) -%}
    cast(floor(extract(epoch from {{ expression }})) as bigint)
{%- endmacro %}
