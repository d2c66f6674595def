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

{% macro snowflake__json_path_text(expression, path) -%}
    {%- set reached = namespace(value=expression) -%}
    {%- for step in path -%}
        {%- set reached.value = 'get(' ~ reached.value ~ ', ' ~ (step if step is number else "'" ~ step ~ "'") ~ ')' -%}
    {%- endfor -%}
    cast({{ reached.value }} as varchar)
{%- endmacro %}

{% macro bigquery__json_path_text(expression, path) -%}
    {%- set steps = [] -%}
    {%- for step in path -%}
        {%- do steps.append('[' ~ step ~ ']' if step is number else '."' ~ step ~ '"') -%}
    {%- endfor -%}
    json_value({{ expression }}, '${{ steps | join }}')
{%- endmacro %}

{#- By way of text, as `json_text` there. -#}
{% macro redshift__json_path_text(expression, path) -%}
    {%- set reached = namespace(value='json_serialize(' ~ expression ~ ')') -%}
    {%- for step in path -%}
        {%- if step is number -%}
            {%- set reached.value = 'json_extract_array_element_text(' ~ reached.value ~ ', ' ~ step ~ ', true)' -%}
        {%- else -%}
            {%- set reached.value = "json_extract_path_text(" ~ reached.value ~ ", '" ~ step ~ "', true)" -%}
        {%- endif -%}
    {%- endfor -%}
    nullif({{ reached.value }}, '')
{%- endmacro %}

{% macro spark__json_path_text(expression, path) -%}
    {%- set steps = [] -%}
    {%- for step in path -%}
        {%- do steps.append('[' ~ step ~ ']' if step is number else '.' ~ step) -%}
    {%- endfor -%}
    get_json_object({{ expression }}, '${{ steps | join }}')
{%- endmacro %}
