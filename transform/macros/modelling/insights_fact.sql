{#-
    The measures of the facts: the type, and where a report has the figure.
      column    a column of the report
      first_of  a list of actions, by the first of the measure's action types that occurs
                (`action_measures` in dbt_project.yml, under `types` or else the measure's name)
      sum_of    a list of actions that Meta fills with one
-#}
{% macro insights_measures() -%}
    {{ return({
        'impressions': {'type': 'bigint', 'column': 'impressions'},
        'spend': {'type': 'numeric(18,4)', 'column': 'spend'},
        'inline_link_clicks': {'type': 'bigint', 'column': 'inline_link_clicks'},
        'link_clicks': {'type': 'bigint', 'first_of': 'actions'},
        'outbound_clicks': {'type': 'bigint', 'sum_of': 'outbound_clicks'},
        'all_clicks': {'type': 'bigint', 'column': 'all_clicks'},
        'inline_post_engagement': {'type': 'bigint', 'column': 'inline_post_engagement'},
        'landing_page_views': {'type': 'bigint', 'first_of': 'actions'},
        'leads': {'type': 'numeric(18,4)', 'first_of': 'actions'},
        'purchases': {'type': 'numeric(18,4)', 'first_of': 'actions'},
        'purchase_value': {'type': 'numeric(18,4)', 'first_of': 'action_values', 'types': 'purchases'},
        'video_views': {'type': 'bigint', 'first_of': 'actions'},
        'video_plays': {'type': 'bigint', 'sum_of': 'video_play_actions'},
        'video_thruplays': {'type': 'bigint', 'sum_of': 'video_thruplay_watched_actions'},
        'video_p25_views': {'type': 'bigint', 'sum_of': 'video_p25_watched_actions'},
        'video_p50_views': {'type': 'bigint', 'sum_of': 'video_p50_watched_actions'},
        'video_p75_views': {'type': 'bigint', 'sum_of': 'video_p75_watched_actions'},
        'video_p95_views': {'type': 'bigint', 'sum_of': 'video_p95_watched_actions'},
        'video_p100_views': {'type': 'bigint', 'sum_of': 'video_p100_watched_actions'},
    }) }}
{%- endmacro %}

{#- The measures of fact_core_metrics, name to type, for the tables made of it. -#}
{% macro core_measures() -%}
    {%- set measures = {'clicks': 'bigint'} -%}
    {%- for name, source in insights_measures().items() -%}
        {%- do measures.update({name: source.type}) -%}
    {%- endfor -%}
    {{ return(measures) }}
{%- endmacro %}

{#-
    A fact by account, day, campaign, ad set and ad, and by the `keys` of a breakdown: a whole
    select. Its model is incremental with the account-day as `unique_key`, which is coarser than the
    grain on purpose: a changed account-day is deleted whole before its rows go in again, so that a
    row that vanished at Meta vanishes here too.

    Args:
        report: Stream of the tap that the fact is made of, with an `int_meta_ads__<report>_current`.
        measures: Names out of `insights_measures`, besides `clicks`, which every fact has. The four
            that clicks are taken from must be among them.
        keys: Column of the fact to where it comes from, which is one of
            {'listed_in': 'dimension.column', 'value': column of the report}, 0 for a value that is
            not in that column, or {'hash_of': [columns of the report]}.
-#}
{% macro insights_fact(report, measures, keys={}) -%}
{%- set sources = insights_measures() -%}
{%- set grain = ['date_id', 'account_id', 'campaign_id', 'adset_id', 'ad_id'] + keys.keys() | list -%}
{%- set listed = keys.items() | selectattr('1.listed_in', 'defined') | list -%}
with account_days as (

    select * from {{ ref('int_meta_ads__account_days') }} where report = '{{ report }}'

),

{% for key, source in listed -%}
{%- set dimension = source.listed_in.split('.')[0] -%}
{{ dimension }} as (

    select * from {{ ref(dimension) }}

),

{% endfor -%}
changed_days as (

    {{ changed_account_days('account_days', this) }}

),

changed_insights as (

    select insights.*
    {{ from_changed_days(report) }}
    {{ optimization_fence() }}

),

measured as (

    select
        insights.date_id,
        -- what has no readable id belongs to the Unknown member; its figures must not get lost
        coalesce(insights.account_id, 0) as account_id,
        coalesce(insights.campaign_id, 0) as campaign_id,
        coalesce(insights.adset_id, 0) as adset_id,
        coalesce(insights.ad_id, 0) as ad_id,
        {%- for key, source in keys.items() %}
        {%- if 'listed_in' in source %}
        coalesce({{ source.listed_in.split('.')[0] }}.{{ key }}, 0) as {{ key }},
        {%- else %}
        {%- set values = [] %}
        {%- for column in source.hash_of %}{% do values.append('insights.' ~ column) %}{% endfor %}
        {{ open_member_id(values) }} as {{ key }},
        {%- endif %}
        {%- endfor %}
        insights.account_currency,
        {%- for name in measures %}
        {%- if 'column' in sources[name] %}
        insights.{{ sources[name].column }} as {{ name }},
        {%- elif 'sum_of' in sources[name] %}
        {{ action_list_sum('insights.' ~ sources[name].sum_of) }} as {{ name }},
        {%- else %}
        {{ list_measure('insights.' ~ sources[name].first_of, sources[name].types or name) }} as {{ name }},
        {%- endif %}
        {%- endfor %}
        insights.received_at
    from changed_insights as insights
    {%- for key, source in listed %}
    {%- set dimension = source.listed_in.split('.')[0] %}
    left join {{ dimension }}
        on {{ source.listed_in }} = {{ known_value('insights.' ~ source.value) }}
    {%- endfor %}
    {%- for list in ['actions', 'action_values'] %}
    {%- set taken = [] %}
    {%- for name in measures if sources[name].first_of == list %}
    {%- do taken.append(sources[name].types or name) %}
    {%- endfor %}
    {%- if taken %}
    {{ join_list_measures('insights.' ~ list, taken) }}
    {%- endif %}
    {%- endfor %}

),

cascaded as (

    select
        *,
        {{ click_cascade() }} as clicks,
        {{ click_source() }} as click_source
    from measured

),

-- One row each already, but for the Unknown members of a day, which may stand for several.
final as (

    select
        {%- for name in grain %}
        {{ name }},
        {%- endfor %}
        max(account_currency) as account_currency,
        cast(sum(clicks) as bigint) as clicks,
        case when min(click_source) = max(click_source) then min(click_source) end as click_source,
        {%- for name in measures %}
        cast(sum({{ name }}) as {{ sources[name].type }}) as {{ name }},
        {%- endfor %}
        cast(count(*) as integer) as source_rows,
        max(received_at) as received_at
    from cascaded
    group by {{ grain | join(', ') }}

)

select * from final
{%- endmacro %}
