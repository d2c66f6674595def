{#-
    The text of a value inside a JSON document: `path` is a list of keys, and of positions from 0
    where there is a list. Null where any step leads nowhere or the value is JSON null.
-#}
{% macro json_path_text(expression, path) -%}
    {{ return(adapter.dispatch('json_path_text', 'meta_ads')(expression, path)) }}
{%- endmacro %}

{% macro postgres__json_path_text(expression, path) -%}
    ({{ expression }} #>> '{ {{- path | join(',') -}} }')
{%- endmacro %}

{% macro duckdb__json_path_text(expression, path) -%}
    {%- set steps = [] -%}
    {%- for step in path -%}
        {%- do steps.append('[' ~ step ~ ']' if step is number else '."' ~ step ~ '"') -%}
    {%- endfor -%}
    ({{ expression }} ->> '${{ steps | join }}')
{%- endmacro %}
