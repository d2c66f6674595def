{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['account_id', 'date_id'],
    on_schema_change='append_new_columns',
    post_hook='{{ index_deliveries(this) }}',
) }}
-- Two kinds of rows. One per ad and day, on member 0 of type and window, says what was delivered, as
-- fact_core_metrics has it; all others say what came of it. Delivery cannot be split over actions,
-- and repeated on each of them it would be counted once for every type and window.
{% set ad_day = ['account_id', 'date_id', 'campaign_id', 'adset_id', 'ad_id'] %}

with account_days as (

    select * from {{ ref('int_meta_ads__account_days') }} where report = 'ads_insights'

),

-- The keys of the types and windows that are listed, once each and not again for millions of rows.
listed_types as (

    select
        action_type,
        {{ action_type_key('action_type') }} as action_type_id
    from {{ ref('meta_action_types') }}
    {{ optimization_fence() }}

),

listed_windows as (

    select
        attribution_window,
        {{ hash_key(['attribution_window']) }} as attribution_window_id
    from {{ ref('meta_attribution_windows') }}
    {{ optimization_fence() }}

),

{% if is_incremental() %}
-- the rows with the delivery, as every ad and day has one of them
loaded_days as (

    select
        account_id,
        date_id,
        source_rows,
        received_at
    from {{ this }}
    where source_rows > 0

),
{% endif %}

changed_days as (

    {{ changed_account_days('account_days', 'loaded_days') }}

),

{% set changed_rows -%}
(
        select
            insights.date_id,
            coalesce(insights.account_id, 0) as account_id,
            coalesce(insights.campaign_id, 0) as campaign_id,
            coalesce(insights.adset_id, 0) as adset_id,
            coalesce(insights.ad_id, 0) as ad_id,
            insights.account_currency,
            insights.received_at,
            insights.actions,
            insights.action_values,
            insights.conversions,
            insights.conversion_values
        {{ from_changed_days('ads_insights') }}
        {{ optimization_fence() }}
    )
{%- endset %}

entries as (

    {{ action_entries(changed_rows, ad_day + ['account_currency', 'received_at']) }}

),

identified as (

    select
        entries.*,
        coalesce(listed_types.action_type_id, {{ action_type_key('entries.action_type') }}) as action_type_id,
        coalesce(
            listed_windows.attribution_window_id, {{ hash_key(['entries.attribution_window']) }}
        ) as attribution_window_id
    from entries
    left join listed_types on listed_types.action_type = entries.action_type
    left join listed_windows on listed_windows.attribution_window = entries.attribution_window

),

-- A type is repeated when the user has the actions divided (by device, by reaction ...).
action_rows as (

    select
        {% for name in ad_day -%}
        {{ name }},
        {% endfor -%}
        action_type_id,
        attribution_window_id,
        max(account_currency) as account_currency,
        sum(actions) as actions,
        sum(action_value) as action_value,
        cast(null as numeric(18,4)) as spend,
        cast(null as bigint) as impressions,
        cast(null as bigint) as clicks,
        {{ as_text('null') }} as click_source,
        0 as source_rows,
        max(received_at) as received_at
    from identified
    group by {{ ad_day | join(', ') }}, action_type_id, attribution_window_id

),

-- As fact_core_metrics has it; made here so that this longest of all tables need not wait for it.
measured as (

    select
        {% for name in ad_day if name != 'date_id' -%}
        coalesce(insights.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        insights.date_id,
        insights.account_currency,
        insights.spend,
        insights.impressions,
        {{ clicks_of_every_kind() }},
        insights.received_at
    {{ from_changed_days('ads_insights', with_lists_for_clicks(ref('int_meta_ads__ads_insights_current'))) }}
    {{ join_list_measures('insights.needed_actions', ['link_clicks']) }}

),

cascaded as (

    select
        *,
        {{ click_cascade() }} as clicks,
        {{ click_source() }} as click_source
    from measured

),

delivery_rows as (

    select
        {% for name in ad_day -%}
        {{ name }},
        {% endfor -%}
        0 as action_type_id,
        0 as attribution_window_id,
        max(account_currency) as account_currency,
        cast(null as numeric(18,4)) as actions,
        cast(null as numeric(18,4)) as action_value,
        cast(sum(spend) as numeric(18,4)) as spend,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        case when min(click_source) = max(click_source) then min(click_source) end as click_source,
        cast(count(*) as integer) as source_rows,
        max(received_at) as received_at
    from cascaded
    group by {{ ad_day | join(', ') }}

),

all_rows as (

    select * from delivery_rows
    union all
    select * from action_rows

),

final as (

    select
        date_id,
        account_id,
        campaign_id,
        adset_id,
        ad_id,
        cast(action_type_id as bigint) as action_type_id,
        cast(attribution_window_id as bigint) as attribution_window_id,
        account_currency,
        cast(actions as numeric(18,4)) as actions,
        cast(action_value as numeric(18,4)) as action_value,
        spend,
        impressions,
        clicks,
        click_source,
        source_rows,
        received_at
    from all_rows

)

select * from final
-- In the order of the primary key, whose index then grows at its end: half the time of the insert,
-- and the rows of an account-day lie together when they are replaced.
order by account_id, date_id, campaign_id, adset_id, ad_id, action_type_id, attribution_window_id
