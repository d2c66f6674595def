{#-
    Money that Meta gives in an account's minor units (budgets, bids, caps) as major units.
    `minor_units` is how many make one: 100, or 1 for currencies that Meta counts in whole units.
    By multiplication, since DuckDB divides decimals as floats.
-#}
{% macro from_minor_units(expression, minor_units) -%}
    case {{ minor_units }}
        when 100 then {{ expression }} * {{ decimal('0.01') }}
        when 1 then {{ expression }}
    end
{%- endmacro %}

{#-
    What counts as a click, by falling through on null only: a row that says 0 link clicks had
    none, and must not be given its likes and profile taps instead. Null when Meta sent no click
    field at all, which is not 0 either.
-#}
{% macro click_cascade() -%}
    coalesce(inline_link_clicks, link_clicks, outbound_clicks, all_clicks)
{%- endmacro %}

{#- Which field `click_cascade` took, by Meta's own name; null when it took none. -#}
{% macro click_source() -%}
    case
        when inline_link_clicks is not null then 'inline_link_clicks'
        when link_clicks is not null then 'link_clicks'
        when outbound_clicks is not null then 'outbound_clicks'
        when all_clicks is not null then 'clicks'
    end
{%- endmacro %}

{#-
    A report with the lists that `click_cascade` may need as `needed_actions` and
    `needed_outbound_clicks`: a select that a where clause can follow. Opening lists takes long, and
    only a row without the first kind of clicks needs them; in the others they are null here.
-#}
{% macro with_lists_for_clicks(relation) -%}
        select
            *,
            case when inline_link_clicks is null then actions end as needed_actions,
            case when inline_link_clicks is null then outbound_clicks end as needed_outbound_clicks
        from {{ relation }}
{%- endmacro %}

{#-
    What `click_cascade` reads, for the select list, of such a report as `insights`. The FROM clause
    has to end with `join_list_measures('insights.needed_actions', ['link_clicks'])`.
-#}
{% macro clicks_of_every_kind() -%}
        insights.inline_link_clicks,
        {{ list_measure('insights.needed_actions', 'link_clicks') }} as link_clicks,
        {{ action_list_sum('insights.needed_outbound_clicks') }} as outbound_clicks,
        insights.all_clicks
{%- endmacro %}

{#-
    A measure of an action list, for the select list: the first of its action types (see
    `action_measures` in dbt_project.yml) that occurs. Types overlap and are never added up; one
    type that occurs more than once (split by an action breakdown) is.

    `list` is `relation.column`. The FROM clause has to end with `join_list_measures` of the same
    list: Postgres works out all its measures there in one pass over each list, and the others one
    by one where they are selected.
-#}
{% macro list_measure(list, measure) -%}
    {{ return(adapter.dispatch('list_measure', 'meta_ads')(list, measure)) }}
{%- endmacro %}

{% macro default__list_measure(list, measure) -%}
    coalesce(
    {%- for action_type in var('action_measures')[measure] %}
        {{ action_list_sum(list, action_type) }},
    {%- endfor %}
        {#- not every engine takes a coalesce of one #}
        null
    )
{%- endmacro %}

{% macro postgres__list_measure(list, measure) -%}
    {{ list.split('.')[1] }}_measures.{{ measure }}
{%- endmacro %}

{% macro duckdb__list_measure(list, measure) -%}
    {{ return(default__list_measure(list, measure)) }}
{%- endmacro %}

{% macro redshift__list_measure(list, measure) -%}
    {{ return(default__list_measure(list, measure)) }}
{%- endmacro %}

{#- What `list_measure` needs in the FROM clause for these measures of a list. -#}
{% macro join_list_measures(list, measures) -%}
    {{ return(adapter.dispatch('join_list_measures', 'meta_ads')(list, measures)) }}
{%- endmacro %}

{% macro default__join_list_measures(list, measures) -%}{%- endmacro %}

{% macro postgres__join_list_measures(list, measures) -%}
    cross join lateral (
        select
            {%- for measure in measures %}
            {{ action_measure(measure) }} as {{ measure }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from {{ json_elements(list) }}
    ) as {{ list.split('.')[1] }}_measures
{%- endmacro %}

{% macro redshift__join_list_measures(list, measures) -%}{%- endmacro %}

{#- The aggregate behind `list_measure`, over `json_elements`. -#}
{% macro action_measure(measure) -%}
    coalesce(
    {%- for action_type in var('action_measures')[measure] %}
        sum({{ action_value('elements.element', action_type) }})
        {%- if not loop.last %},{% endif %}
    {%- endfor %}
    )
{%- endmacro %}

{#- The number in `value` of an action object, of this type if one is given. -#}
{% macro action_value(element, action_type=none) -%}
    {%- set value = try_cast(json_text(element, 'value'), 'numeric(18,4)') -%}
    {%- if action_type is none -%}
    {{ value }}
    {%- else -%}
    case
        when {{ json_text(element, 'action_type') }} = '{{ action_type }}'
            then {{ value }}
    end
    {%- endif -%}
{%- endmacro %}

{#-
    The sum of `value` over a list of action objects, null when no value can be read. For the lists
    that Meta fills with one object (outbound_clicks, video_*_watched_actions), or of one type.
-#}
{% macro action_list_sum(list, action_type=none) -%}
    {{ return(adapter.dispatch('action_list_sum', 'meta_ads')(list, action_type)) }}
{%- endmacro %}

{% macro default__action_list_sum(list, action_type) -%}
    (
        select sum({{ action_value('elements.element', action_type) }})
        from {{ json_elements(list) }}
    )
{%- endmacro %}

{#-
    A lateral subquery would be a join by the whole text of the list: several times the memory and
    the time. What is written more than once in a select, the list above all, is worked out once.
-#}
{% macro duckdb__action_list_sum(list, action_type) -%}
    list_sum([
        {{ try_cast('entry.value', 'numeric(18,4)') }}
        for entry in json_transform(
            case json_type({{ list }}) when 'OBJECT' then json_array({{ list }}) else {{ list }} end,
            '[{"action_type": "VARCHAR", "value": "VARCHAR"}]'
        )
        {%- if action_type is not none %}
        if entry.action_type = '{{ action_type }}'
        {%- endif %}
    ])
{%- endmacro %}

{% macro bigquery__action_list_sum(list, action_type) -%}
    (
        select sum({{ action_value('element', action_type) }})
        from unnest({{ json_list(list) }}) as element
    )
{%- endmacro %}

{% macro redshift__action_list_sum(list, action_type) -%}
    {#- A subquery may go over a column of the query around it, though not over an expression. -#}
    (
        select sum({{ action_value('element', action_type) }})
        from {{ list }} as element
    )
{%- endmacro %}

{#- Snowflake has no subquery over the list of a row, Databricks none that all runtimes take. -#}
{% macro snowflake__action_list_sum(list, action_type) -%}
    reduce(
        {{ json_list(list) }},
        cast(null as numeric(18,4)),
        (total, element) -> {{ running_sum('total', action_value('element', action_type)) }}
    )
{%- endmacro %}

{% macro spark__action_list_sum(list, action_type) -%}
    aggregate(
        {{ json_list(list) }},
        cast(null as numeric(18,4)),
        (total, element) -> {{ running_sum('total', action_value('element', action_type)) }}
    )
{%- endmacro %}

{#- One step of a sum that stays null until there is something to add. -#}
{% macro running_sum(total, value) -%}
    cast(coalesce({{ total }} + {{ value }}, {{ value }}, {{ total }}) as numeric(18,4))
{%- endmacro %}
