{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['account_id', 'date_id'],
    on_schema_change='append_new_columns',
) }}
-- Two kinds of rows. One per ad and day, on member 0 of type and window, says what was delivered, as
-- fact_core_metrics has it; all others say what came of it. Delivery cannot be split over actions,
-- and repeated on each of them it would be counted once for every type and window.
{% set ad_day = ['date_id', 'account_id', 'campaign_id', 'adset_id', 'ad_id'] %}

with account_days as (

    select * from {{ ref('int_meta_ads__account_days') }} where report = 'ads_insights'

),

core_metrics as (

    select * from {{ ref('fact_core_metrics') }}

),

action_types as (

    select distinct
        action_type,
        attribution_window,
        action_type_id,
        attribution_window_id
    from {{ ref('int_meta_ads__action_types') }}

),

{% if is_incremental() %}
-- Told by the rows with delivery alone: should the core fact lag behind, the account-day is not
-- taken for read, and is read again when the core fact has caught up.
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

    {% if is_incremental() %}
    {{ changed_account_days('account_days', 'loaded_days') }}
    {% else %}
    select
        account_id,
        date_id
    from account_days
    {% endif %}

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
        from (select * from {{ ref('int_meta_ads__ads_insights_current') }}) as insights
        inner join changed_days
            on changed_days.account_id = coalesce(insights.account_id, 0)
            and changed_days.date_id = insights.date_id
        {{ optimization_fence() }}
    )
{%- endset %}

entries as (

    {{ action_entries(changed_rows, ad_day + ['account_currency', 'received_at']) }}

),

-- A type is repeated when the user has the actions divided (by device, by reaction ...).
added_up as (

    select
        {% for name in ad_day -%}
        {{ name }},
        {% endfor -%}
        action_type,
        attribution_window,
        max(account_currency) as account_currency,
        sum(actions) as actions,
        sum(action_value) as action_value,
        max(received_at) as received_at
    from entries
    group by 1, 2, 3, 4, 5, 6, 7

),

action_rows as (

    select
        {% for name in ad_day -%}
        added_up.{{ name }},
        {% endfor -%}
        -- looked up, since a hash for each of millions of rows takes longer than the join
        coalesce(
            action_types.action_type_id, {{ action_type_key('added_up.action_type') }}
        ) as action_type_id,
        coalesce(
            action_types.attribution_window_id, {{ hash_key(['added_up.attribution_window']) }}
        ) as attribution_window_id,
        added_up.account_currency,
        added_up.actions,
        added_up.action_value,
        cast(null as numeric(18,4)) as spend,
        cast(null as bigint) as impressions,
        cast(null as bigint) as clicks,
        {{ as_text('null') }} as click_source,
        0 as source_rows,
        added_up.received_at
    from added_up
    left join action_types
        on action_types.action_type = added_up.action_type
        and action_types.attribution_window = added_up.attribution_window

),

delivery_rows as (

    select
        {% for name in ad_day -%}
        core_metrics.{{ name }},
        {% endfor -%}
        0 as action_type_id,
        0 as attribution_window_id,
        core_metrics.account_currency,
        cast(null as numeric(18,4)) as actions,
        cast(null as numeric(18,4)) as action_value,
        core_metrics.spend,
        core_metrics.impressions,
        core_metrics.clicks,
        core_metrics.click_source,
        core_metrics.source_rows,
        core_metrics.received_at
    from core_metrics
    inner join changed_days
        on changed_days.account_id = core_metrics.account_id
        and changed_days.date_id = core_metrics.date_id

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
