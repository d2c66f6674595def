{#-
    A raw column as the engine's JSON type, with JSON `null` as SQL null.

    target-postgres makes `jsonb` of an object, `jsonb[]` of a list of objects and `text[]` of a
    list of strings; other loaders write JSON as text. A null object arrives as JSON `null`.
-#}
{% macro to_json_value(expression, raw_type) -%}
    {{ return(adapter.dispatch('to_json_value', 'meta_ads')(expression, raw_type)) }}
{%- endmacro %}

{% macro postgres__to_json_value(expression, raw_type) -%}
    {%- if is_text(raw_type) -%}
    nullif({{ try_cast(expression, 'jsonb') }}, 'null'::jsonb)
    {%- elif raw_type == 'jsonb' -%}
    {#- to_jsonb would write every document anew -#}
    nullif({{ expression }}, 'null'::jsonb)
    {%- else -%}
    nullif(to_jsonb({{ expression }}), 'null'::jsonb)
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__to_json_value(expression, raw_type) -%}
    {%- if raw_type == 'json' -%}
    {#- valid by its type; reading every document just to find the nulls would take most of a build -#}
    case when cast({{ expression }} as varchar) <> 'null' then {{ expression }} end
    {%- elif raw_type in ('varchar', 'text') -%}
    case
        when json_valid(cast({{ expression }} as varchar)) and json_type({{ expression }}) <> 'NULL'
            then cast({{ expression }} as json)
    end
    {%- else -%}
    case when {{ expression }} is not null then to_json({{ expression }}) end
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__to_json_value(expression, raw_type) -%}
    {%- set value = 'try_parse_json(' ~ expression ~ ')' if is_text(raw_type) else 'to_variant(' ~ expression ~ ')' -%}
    case when typeof({{ value }}) <> 'NULL_VALUE' then {{ value }} end
{%- endmacro %}

{% macro bigquery__to_json_value(expression, raw_type) -%}
    {%- if is_text(raw_type) -%}
    {%- set value = "safe.parse_json(" ~ expression ~ ", wide_number_mode => 'round')" -%}
    {%- elif raw_type == 'json' -%}
    {%- set value = expression -%}
    {%- else -%}
    {%- set value = 'to_json(' ~ expression ~ ')' -%}
    {%- endif -%}
    case when json_type({{ value }}) <> 'null' then {{ value }} end
{%- endmacro %}

{% macro redshift__to_json_value(expression, raw_type) -%}
    {%- if is_text(raw_type) -%}
    case
        when can_json_parse({{ expression }}) and trim({{ expression }}) <> 'null'
            then json_parse({{ expression }})
    end
    {%- else -%}
    {{ expression }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__to_json_value(expression, raw_type) -%}
    {#- text that is no JSON stays, and every reading of it gives null -#}
    {%- if is_text(raw_type) -%}
    nullif(trim({{ expression }}), 'null')
    {%- else -%}
    nullif(to_json({{ expression }}), 'null')
    {%- endif -%}
{%- endmacro %}

{#- The text of a key of a JSON object. Keys may start with a digit (`7d_click`). -#}
{% macro json_text(expression, key) -%}
    {{ return(adapter.dispatch('json_text', 'meta_ads')(expression, key)) }}
{%- endmacro %}

{% macro default__json_text(expression, key) -%}
    {#- The parentheses matter: DuckDB binds `->>` more loosely than `=`. -#}
    ({{ expression }} ->> '{{ key }}')
{%- endmacro %}

{% macro snowflake__json_text(expression, key) -%}
    cast(get({{ expression }}, '{{ key }}') as varchar)
{%- endmacro %}

{% macro bigquery__json_text(expression, key) -%}
    json_value({{ expression }}, '$."{{ key }}"')
{%- endmacro %}

{% macro redshift__json_text(expression, key) -%}
    {#- By way of text: `column.key` would be read as a table's column. -#}
    nullif(json_extract_path_text(json_serialize({{ expression }}), '{{ key }}', true), '')
{%- endmacro %}

{% macro spark__json_text(expression, key) -%}
    get_json_object({{ expression }}, '$.{{ key }}')
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

{% macro snowflake__json_list(expression) -%}
    case typeof({{ expression }})
        when 'ARRAY' then as_array({{ expression }})
        when 'OBJECT' then array_construct({{ expression }})
        else array_construct()
    end
{%- endmacro %}

{% macro bigquery__json_list(expression) -%}
    {#- null has no elements, as the empty list has none -#}
    case json_type({{ expression }})
        when 'array' then json_query_array({{ expression }})
        when 'object' then [{{ expression }}]
    end
{%- endmacro %}

{% macro redshift__json_list(expression) -%}
    case
        when is_array({{ expression }}) then {{ expression }}
        when is_object({{ expression }}) then array({{ expression }})
    end
{%- endmacro %}

{% macro spark__json_list(expression) -%}
    {#- Read as strings, the objects of a list stay JSON text, with every digit. -#}
    from_json(
        case substr(ltrim({{ expression }}), 1, 1)
            when '[' then {{ expression }}
            when '{' then '[' || {{ expression }} || ']'
        end,
        'array<string>'
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

{% macro snowflake__unnest_json(relation, column, carry) -%}
    select
        {% for name in carry -%}
        stored.{{ name }},
        {% endfor -%}
        elements.value as element,
        elements.index as element_index
    from {{ relation }} as stored,
        lateral flatten(input => {{ json_list('stored.' ~ column) }}) as elements
{%- endmacro %}

{% macro bigquery__unnest_json(relation, column, carry) -%}
    select
        {% for name in carry -%}
        stored.{{ name }},
        {% endfor -%}
        element,
        element_index
    from {{ relation }} as stored
    cross join unnest({{ json_list('stored.' ~ column) }}) as element with offset as element_index
{%- endmacro %}

{% macro redshift__unnest_json(relation, column, carry) -%}
    select
        {% for name in carry -%}
        listed.{{ name }},
        {% endfor -%}
        element,
        element_index
    from (
        select
            {% for name in carry -%}
            stored.{{ name }},
            {% endfor -%}
            {{ json_list('stored.' ~ column) }} as elements
        from {{ relation }} as stored
    ) as listed, listed.elements as element at element_index
{%- endmacro %}

{% macro spark__unnest_json(relation, column, carry) -%}
    select
        {% for name in carry -%}
        stored.{{ name }},
        {% endfor -%}
        elements.element,
        elements.element_index
    from {{ relation }} as stored
    lateral view posexplode({{ json_list('stored.' ~ column) }}) elements as element_index, element
{%- endmacro %}

{#-
    The objects of a JSON list as a FROM item `elements` with one column `element`, to be used in
    a scalar or lateral subquery: one pass over the list of one row, without a key to join back.
    What is no object in a list may be left out, as it has no key to ask for.
    Only where an engine has such subqueries; `action_list_sum`, `list_measure` and `unnest_json`
    are for all.
-#}
{% macro json_elements(expression) -%}
    {{ return(adapter.dispatch('json_elements', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__json_elements(expression) -%}
    {{ exceptions.raise_compiler_error(
        target.type ~ " has no subquery over the list of a row: use list_measure or unnest_json."
    ) }}
{%- endmacro %}

{% macro redshift__json_elements(expression) -%}
    {{ return(default__json_elements(expression)) }}
{%- endmacro %}

{% macro postgres__json_elements(expression) -%}
    {#- What a lax path finds is that of `json_list`, but unpacks a stored list once and not four times. -#}
    jsonb_path_query({{ expression }}, 'lax $[*] ? (@.type() == "object")') as elements (element)
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

{% macro snowflake__json_strings(expression) -%}
    case typeof({{ expression }})
        when 'ARRAY' then nullif(array_to_string(as_array({{ expression }}), ', '), '')
    end
{%- endmacro %}

{% macro bigquery__json_strings(expression) -%}
    (
        select string_agg(json_value(element), ', ' order by element_index)
        from unnest(json_query_array({{ expression }})) as element with offset as element_index
    )
{%- endmacro %}

{% macro redshift__json_strings(expression) -%}
    {#- No aggregate over the list of a row is sure to run there, so by taking the quotes off. -#}
    case
        when is_array({{ expression }}) and get_array_length({{ expression }}) > 0
            then replace(trim('[]"' from json_serialize({{ expression }})), '","', ', ')
    end
{%- endmacro %}

{% macro spark__json_strings(expression) -%}
    nullif(array_join(from_json({{ expression }}, 'array<string>'), ', '), '')
{%- endmacro %}
