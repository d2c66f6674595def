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

{% macro snowflake__unnest_json_entries(relation, column, carry) -%}
    select
        {% for name in carry -%}
        stored.{{ name }},
        {% endfor -%}
        entries.key,
        cast(entries.value as varchar) as value
    from {{ relation }} as stored,
        lateral flatten(input => stored.{{ column }}, mode => 'OBJECT') as entries
{%- endmacro %}

{#- json_keys puts quotes around some names. -#}
{% macro bigquery__unnest_json_entries(relation, column, carry) -%}
    select
        {% for name in carry -%}
        stored.{{ name }},
        {% endfor -%}
        trim(quoted_key, '"') as key,
        json_value(stored.{{ column }}[trim(quoted_key, '"')]) as value
    from {{ relation }} as stored
    cross join unnest(json_keys(stored.{{ column }}, 1)) as quoted_key
{%- endmacro %}

{% macro redshift__unnest_json_entries(relation, column, carry) -%}
    select
        {% for name in carry -%}
        listed.{{ name }},
        {% endfor -%}
        {{ as_text('key') }} as key,
        case
            when is_object(value) or is_array(value) then json_serialize(value)
            else {{ as_text('value') }}
        end as value
    from (
        select
            {% for name in carry -%}
            stored.{{ name }},
            {% endfor -%}
            case when is_object(stored.{{ column }}) then stored.{{ column }} end as element
        from {{ relation }} as stored
    ) as listed, unpivot listed.element as value at key
{%- endmacro %}

{% macro spark__unnest_json_entries(relation, column, carry) -%}
    select
        {% for name in carry -%}
        stored.{{ name }},
        {% endfor -%}
        entries.key,
        get_json_object(stored.{{ column }}, '$.' || entries.key) as value
    from {{ relation }} as stored
    lateral view explode(json_object_keys(stored.{{ column }})) entries as key
{%- endmacro %}
