{#-
    The entries of the action lists of `relation`, flat: a whole select with the columns of `carry`,
    `action_type`, `attribution_window`, and in one of `actions` and `action_value` the figure; the
    other is null. An entry whose figure cannot be read has no row, since it says nothing.

    `relation` is a ref or a select in parentheses, and has the four lists. It is written out once
    per list: as a CTE Postgres would keep it aside, with all lists of all rows in it.

      * The plain `value` is the window `default`; every other key is a window of its own name,
        whether or not the project has heard of it, but for those of `action_attributes`.
      * A type that is missing or blank is ''.
      * `conversions` repeats types of `actions` under the same name, and `conversion_values` those of
        `action_values`. A type of these counts only where the row's former list does not have it.
-#}
{% macro action_entries(relation, carry) -%}
    {%- for items, preferred, measure in [
        ('actions', none, 'actions'),
        ('action_values', none, 'action_value'),
        ('conversions', 'actions', 'actions'),
        ('conversion_values', 'action_values', 'action_value'),
    ] %}
    {%- set kept = carry + ([preferred] if preferred else []) %}
    select
        {%- for name in carry %}
        figures.{{ name }},
        {%- endfor %}
        figures.action_type,
        figures.attribution_window,
        {{ 'figures.figure' if measure == 'actions' else 'cast(null as numeric(18,4))' }} as actions,
        {{ 'figures.figure' if measure == 'action_value' else 'cast(null as numeric(18,4))' }} as action_value
    from (
        select
            {%- for name in carry %}
            entries.{{ name }},
            {%- endfor %}
            entries.action_type,
            case when entries.key = 'value' then 'default' else entries.key end as attribution_window,
            {{ try_cast('entries.value', 'numeric(18,4)') }} as figure
        from (
            {{ unnest_json_entries('(' ~ typed_elements(relation, items, kept) ~ ')', 'element', kept + ['action_type']) }}
        ) as entries
        where
            entries.key not like 'action%'
            and entries.key not in ({% for name in action_attributes() %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
            {%- if preferred %}
            and not {{ has_action_type('entries.' ~ preferred, 'entries.action_type') }}
            {%- endif %}
    ) as figures
    where figures.figure is not null
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}

{#- Whether a list of action objects has one of this type, for the where clause. -#}
{% macro has_action_type(list, action_type) -%}
    {{ return(adapter.dispatch('has_action_type', 'meta_ads')(list, action_type)) }}
{%- endmacro %}

{% macro default__has_action_type(list, action_type) -%}
    exists (
        select 1
        from {{ json_elements(list) }}
        where {{ action_type_of('elements.element') }} = {{ action_type }}
    )
{%- endmacro %}

{% macro snowflake__has_action_type(list, action_type) -%}
    coalesce(
        array_contains(
            to_variant({{ action_type }}),
            transform({{ json_list(list) }}, element -> to_variant({{ action_type_of('element') }}))
        ),
        false
    )
{%- endmacro %}

{% macro bigquery__has_action_type(list, action_type) -%}
    exists (
        select 1
        from unnest({{ json_list(list) }}) as element
        where {{ action_type_of('element') }} = {{ action_type }}
    )
{%- endmacro %}

{#- As text, in which Meta's types need no escapes: no subquery over the list of a row is sure to run there. -#}
{% macro redshift__has_action_type(list, action_type) -%}
    coalesce(strpos(json_serialize({{ list }}), '"action_type":"' || {{ action_type }} || '"') > 0, false)
{%- endmacro %}

{% macro spark__has_action_type(list, action_type) -%}
    coalesce(
        exists({{ json_list(list) }}, element -> {{ action_type_of('element') }} = {{ action_type }}), false
    )
{%- endmacro %}

{#- The elements of one list, with their type read beside them. -#}
{% macro typed_elements(relation, items, carry) -%}
    select
        {%- for name in carry %}
        unnested.{{ name }},
        {%- endfor %}
        {{ action_type_of('unnested.element') }} as action_type,
        unnested.element
    from (
        {{ unnest_json(relation, items, carry) }}
    ) as unnested
{%- endmacro %}

{#- The type of an action object, '' where it is missing or blank. -#}
{% macro action_type_of(element) -%}
    coalesce(trim({{ json_text(element, 'action_type') }}), '')
{%- endmacro %}

{#-
    Keys of an action object that are no attribution windows, beside those that begin with `action`:
    what the user has the actions divided by, from the parameter action_breakdowns and the fields of
    AdsActionStats in Meta's Marketing API v26.0. A new one that is not here does no harm as long as
    its values are no numbers. `default` is no field of Meta's; with it a `value` could count twice.
-#}
{% macro action_attributes() -%}
    {{ return([
        'conversion_destination',
        'default',
        'interactive_component_sticker_id',
        'interactive_component_sticker_response',
        'is_business_ai_assisted',
        'matched_persona_id',
        'matched_persona_name',
        'promoted_product_set_result',
        'signal_source_bucket',
        'standard_event_content_type',
        'user_segment_key',
    ]) }}
{%- endmacro %}

{#- The key of an action type; a row without a type belongs to the Unknown member. -#}
{% macro action_type_key(expression) -%}
    case when {{ expression }} = '' then 0 else {{ hash_key([expression]) }} end
{%- endmacro %}

{#-
    Has Postgres find the few rows with a delivery without reading all of fact_action_metrics, for a
    post-hook: an incremental run asks them which account-days it has.
-#}
{% macro index_deliveries(relation) -%}
    {%- if execute -%}
    {{ return(adapter.dispatch('index_deliveries', 'meta_ads')(relation)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__index_deliveries(relation) -%}{%- endmacro %}

{% macro postgres__index_deliveries(relation) -%}
    {%- set partial = run_query(
        "select 1 from pg_index where indrelid = to_regclass('" ~ relation ~ "') and indpred is not null"
    ) -%}
    {%- if not partial.rows -%}
    create index on {{ relation }} (account_id, date_id) include (source_rows, received_at) where source_rows > 0
    {%- endif -%}
{%- endmacro %}

{% macro redshift__index_deliveries(relation) -%}{%- endmacro %}
