{#-
    A raw column as the engine's JSON type, with JSON `null` as SQL null.

    target-postgres makes `jsonb` of an object, `jsonb[]` of a list of objects and `text[]` of a
    list of strings; other loaders write JSON as text. A null object arrives as JSON `null`.
-#}
{% macro to_json_value(expression, raw_type) -%}
    {{ return(adapter.dispatch('to_json_value', 'meta_ads')(expression, raw_type)) }}
{%- endmacro %}

{% macro postgres__to_json_value(expression, raw_type) -%}
    {%- if raw_type in ('text', 'character varying') -%}
    nullif({{ try_cast(expression, 'jsonb') }}, 'null'::jsonb)
    {%- else -%}
    nullif(to_jsonb({{ expression }}), 'null'::jsonb)
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__to_json_value(expression, raw_type) -%}
    {%- if raw_type in ('json', 'varchar', 'text') -%}
    case
        when json_valid(cast({{ expression }} as varchar)) and json_type({{ expression }}) <> 'NULL'
            then cast({{ expression }} as json)
    end
    {%- else -%}
    case when {{ expression }} is not null then to_json({{ expression }}) end
    {%- endif -%}
{%- endmacro %}

{#-
    The text of a key of a JSON object. The parentheses matter: DuckDB binds `->>` more loosely
    than `=`. Keys may start with a digit (`7d_click`).
-#}
{% macro json_text(expression, key) -%}
    ({{ expression }} ->> '{{ key }}')
{%- endmacro %}

{#-
    A list, whatever arrived: a single object is a list of one, anything else is empty. Meta has
    answered with an object where its reference promises a list.
-#}
{% macro json_list(expression) -%}
    {{ return(adapter.dispatch('json_list', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro postgres__json_list(expression) -%}
    case jsonb_typeof({{ expression }})
        when 'array' then {{ expression }}
        when 'object' then jsonb_build_array({{ expression }})
        else '[]'::jsonb
    end
{%- endmacro %}

{% macro duckdb__json_list(expression) -%}
    cast(
        case json_type({{ expression }})
            when 'ARRAY' then {{ expression }}
            when 'OBJECT' then json_array({{ expression }})
            else cast('[]' as json)
        end as json[]
    )
{%- endmacro %}

{#-
    A whole select: one row per element of `column`, with the columns of `carry` beside it, the
    `element` itself and its `element_index` from 0. A select and not an expression, because
    engines differ in where an unnest may stand.
-#}
{% macro unnest_json(relation, column, carry) -%}
    {{ return(adapter.dispatch('unnest_json', 'meta_ads')(relation, column, carry)) }}
{%- endmacro %}

{% macro postgres__unnest_json(relation, column, carry) -%}
    select
        {% for name in carry -%}
        rows.{{ name }},
        {% endfor -%}
        elements.element,
        elements.ordinality - 1 as element_index
    from {{ relation }} as rows
    cross join lateral
        jsonb_array_elements({{ json_list('rows.' ~ column) }})
        with ordinality as elements (element, ordinality)
{%- endmacro %}

{% macro duckdb__unnest_json(relation, column, carry) -%}
    select
        {% for name in carry -%}
        listed.{{ name }},
        {% endfor -%}
        unnest(listed.elements) as element,
        generate_subscripts(listed.elements, 1) - 1 as element_index
    from (
        select
            {% for name in carry -%}
            rows.{{ name }},
            {% endfor -%}
            {{ json_list('rows.' ~ column) }} as elements
        from {{ relation }} as rows
    ) as listed
{%- endmacro %}

{#-
    The elements of a JSON list as a FROM item `elements` with one column `element`, to be used in
    a scalar or lateral subquery: one pass over the list of one row, without a key to join back.
-#}
{% macro json_elements(expression) -%}
    {{ return(adapter.dispatch('json_elements', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro postgres__json_elements(expression) -%}
    jsonb_array_elements({{ json_list(expression) }}) as elements (element)
{%- endmacro %}

{% macro duckdb__json_elements(expression) -%}
    (select unnest({{ json_list(expression) }}) as element) as elements
{%- endmacro %}

{#- The strings of a JSON list, joined by a comma and a space; null for an empty list. -#}
{% macro json_strings(expression) -%}
    {{ return(adapter.dispatch('json_strings', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro postgres__json_strings(expression) -%}
    (
        select string_agg(elements.element, ', ' order by elements.ordinality)
        from jsonb_array_elements_text({{ json_list(expression) }})
            with ordinality as elements (element, ordinality)
    )
{%- endmacro %}

{% macro duckdb__json_strings(expression) -%}
    case json_type({{ expression }})
        when 'ARRAY' then nullif(array_to_string(from_json({{ expression }}, '["VARCHAR"]'), ', '), '')
    end
{%- endmacro %}
