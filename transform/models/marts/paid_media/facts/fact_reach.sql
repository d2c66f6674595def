{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['account_id', 'date_id', 'report'],
    on_schema_change='append_new_columns',
) }}
-- (report, level, period, the ids that its rows have below the account)
{% set sources = [
    ('ads_insights', 'ad', 'day', ['campaign_id', 'adset_id', 'ad_id']),
    ('campaigns_insights_weekly', 'campaign', 'week', ['campaign_id']),
    ('campaigns_insights_monthly', 'campaign', 'month', ['campaign_id']),
    ('accounts_insights_monthly', 'account', 'month', []),
] %}
{% set people = ['reach', 'unique_clicks', 'unique_inline_link_clicks'] %}
{% set keys = ['report', 'account_id', 'date_id'] %}

with account_days as (

    select * from {{ ref('int_meta_ads__account_days') }}
    where report in ({% for source in sources %}'{{ source[0] }}'{{ ', ' if not loop.last }}{% endfor %})

),

changed_days as (

    {{ changed_account_days('account_days', this, keys) }}

),

measured as (

    {% for report, level, period, ids in sources %}
    select
        '{{ level }}' as level,
        '{{ period }}' as period,
        '{{ report }}' as report,
        insights.date_id,
        insights.date_start,
        insights.date_stop,
        coalesce(insights.account_id, 0) as account_id,
        {% for id in ['campaign_id', 'adset_id', 'ad_id'] -%}
        {{ 'coalesce(insights.' ~ id ~ ', 0)' if id in ids else 0 }} as {{ id }},
        {% endfor -%}
        insights.account_currency,
        {% for name in people -%}
        insights.{{ name }},
        {% endfor -%}
        insights.frequency,
        insights.impressions,
        insights.spend,
        {{ clicks_of_every_kind() }},
        insights.received_at
    from (
        {{ with_lists_for_clicks(ref('int_meta_ads__' ~ report ~ '_current')) }}
        {{ since_the_first_change() }}
    ) as insights
    inner join changed_days
        on changed_days.report = '{{ report }}'
        and changed_days.account_id = coalesce(insights.account_id, 0)
        and changed_days.date_id = insights.date_id
    {{ join_list_measures('insights.needed_actions', ['link_clicks']) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

cascaded as (

    select
        *,
        {{ click_cascade() }} as clicks,
        {{ click_source() }} as click_source
    from measured

),

-- One row each already, but for the Unknown ad or campaign. What it did can be added up; the people
-- of several rows cannot.
final as (

    select
        {{ as_text('level') }} as level,
        {{ as_text('period') }} as period,
        {{ as_text('report') }} as report,
        date_id,
        min(date_start) as date_start,
        max(date_stop) as date_stop,
        account_id,
        cast(campaign_id as bigint) as campaign_id,
        cast(adset_id as bigint) as adset_id,
        cast(ad_id as bigint) as ad_id,
        max(account_currency) as account_currency,
        {% for name in people -%}
        cast(case when count(*) = 1 then max({{ name }}) end as bigint) as {{ name }},
        {% endfor -%}
        cast(case when count(*) = 1 then max(frequency) end as numeric(18,6)) as frequency,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(spend) as numeric(18,4)) as spend,
        cast(sum(clicks) as bigint) as clicks,
        case when min(click_source) = max(click_source) then min(click_source) end as click_source,
        cast(count(*) as integer) as source_rows,
        max(received_at) as received_at
    from cascaded
    group by level, period, report, date_id, account_id, campaign_id, adset_id, ad_id

)

select * from final
