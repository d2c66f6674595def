{#-
    A whole select: one row per key of the JSON object in `column`, with the columns of `carry`
    beside it, the `key` and its `value` as text. What is no object has no rows. A select and not an
    expression, as `unnest_json`.
-#}
{% macro unnest_json_entries(relation, column, carry) -%}
    {{ return(adapter.dispatch('unnest_json_entries', 'meta_ads')(relation, column, carry)) }}
{%- endmacro %}

{% macro postgres__unnest_json_entries(relation, column, carry) -%}
    select
        {% for name in carry -%}
        rows.{{ name }},
        {% endfor -%}
        entries.key,
        entries.value
    from {{ relation }} as rows
    cross join lateral
        jsonb_each_text(
            case when jsonb_typeof(rows.{{ column }}) = 'object' then rows.{{ column }} else '{}'::jsonb end
        ) as entries (key, value)
{%- endmacro %}

{#- Keys first and then their texts: a map of the whole object would read 2.50 as the float 2.5. -#}
{% macro duckdb__unnest_json_entries(relation, column, carry) -%}
    select
        {% for name in carry -%}
        listed.{{ name }},
        {% endfor -%}
        listed.key,
        (listed.element ->> listed.key) as value
    from (
        select
            {% for name in carry -%}
            rows.{{ name }},
            {% endfor -%}
            rows.{{ column }} as element,
            unnest(json_keys(rows.{{ column }})) as key
        from {{ relation }} as rows
    ) as listed
{%- endmacro %}
