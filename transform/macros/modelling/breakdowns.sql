{#- A value of a breakdown; null where Meta says nothing, or says `unknown`. -#}
{% macro known_value(expression) -%}
    case when lower(trim({{ expression }})) not in ('', 'unknown') then trim({{ expression }}) end
{%- endmacro %}

{#-
    A value of an open breakdown as its dimension names it. A word and not null, so that the key of
    a member can be computed again from the columns of its dimension.
-#}
{% macro named_value(expression) -%}
    coalesce({{ known_value(expression) }}, 'unknown')
{%- endmacro %}

{#- The key of a member of an open dimension, 0 when nothing is known of any of its values. -#}
{% macro open_member_id(expressions) -%}
    {%- set named = [] -%}
    {%- for expression in expressions -%}
        {%- do named.append(named_value(expression)) -%}
    {%- endfor -%}
    case
        when {{ named | join(" = 'unknown' and ") }} = 'unknown' then 0
        else {{ hash_key(named) }}
    end
{%- endmacro %}

{#-
    The members of an open dimension: a whole select of `key` and of `columns` (name of the member's
    column to the report's). Members are only ever added, `loaded` being those of earlier runs: an
    incremental fact keeps the days that are gone from the raw tables, and still needs theirs. So
    the model must not be built anew either, not even by --full-refresh.

    Every raw row counts, not only those that hold, which is more than enough and costs no join.
-#}
{% macro accumulated_members(report, key, columns, loaded) -%}
with insights as (

    select * from {{ ref('stg_meta_ads__' ~ report) }}

),

named as (

    select distinct
        {%- for name, column in columns.items() %}
        {{ named_value(column) }} as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from insights

),

members as (

    select
        {{ open_member_id(columns) }} as {{ key }},
        {{ columns.keys() | join(',\n        ') }}
    from named

)

select * from members
where
    {{ key }} <> 0
    {% if is_incremental() -%}
    and {{ key }} not in (select {{ key }} from {{ loaded }})
    {%- endif %}
{%- endmacro %}

{#-
    A fact of a breakdown report; see `insights_fact` for `keys`.

    `has_off_meta` is false for breakdowns by which Meta does not tell what happened off its apps
    (region among them): it leaves those actions out without a word, and a sum that looks like
    leads or purchases would be a part of them.
-#}
{% macro breakdown_fact(report, keys, has_off_meta=true) -%}
    {%- set measures = [
        'impressions', 'spend', 'inline_link_clicks', 'link_clicks', 'outbound_clicks',
        'all_clicks', 'inline_post_engagement', 'video_plays', 'video_thruplays',
    ] -%}
    {%- if has_off_meta -%}
        {%- do measures.extend(['landing_page_views', 'leads', 'purchases', 'purchase_value']) -%}
    {%- endif -%}
    {{ insights_fact(report, measures, keys) }}
{%- endmacro %}
