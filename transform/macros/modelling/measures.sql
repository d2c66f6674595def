{#-
    Money that Meta gives in an account's minor units (budgets, bids, caps) as major units.
    `minor_units` is how many make one: 100, or 1 for currencies that Meta counts in whole units.
    By multiplication, since DuckDB divides decimals as floats.
-#}
{% macro from_minor_units(expression, minor_units) -%}
    case {{ minor_units }}
        when 100 then {{ expression }} * 0.01
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
    The aggregate behind a measure, over `json_elements`: the first of its action types (see
    `action_measures` in dbt_project.yml) that occurs. Types overlap and are never added up; one
    type that occurs more than once (split by an action breakdown) is.
-#}
{% macro action_measure(measure) -%}
    coalesce(
    {%- for action_type in var('action_measures')[measure] %}
        sum(
            case
                when {{ json_text('elements.element', 'action_type') }} = '{{ action_type }}'
                    then {{ try_cast(json_text('elements.element', 'value'), 'numeric(18,4)') }}
            end
        )
        {%- if not loop.last %},{% endif %}
    {%- endfor %}
    )
{%- endmacro %}

{#-
    The sum of `value` over a list of action objects, null when no value can be read. For the lists
    that Meta fills with one object (outbound_clicks, video_*_watched_actions).
-#}
{% macro action_list_sum(expression) -%}
    (
        select sum({{ try_cast(json_text('elements.element', 'value'), 'numeric(18,4)') }})
        from {{ json_elements(expression) }}
    )
{%- endmacro %}
