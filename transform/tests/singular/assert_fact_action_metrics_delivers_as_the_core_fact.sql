-- Per account-day, the delivery that stands beside the actions is that of the core fact, once.
with lately as (

    {{ lately_loaded_days('ads_insights') }}

),

deliveries as (

    select
        metrics.account_id,
        metrics.date_id,
        sum(metrics.spend) as spend,
        sum(metrics.impressions) as impressions,
        sum(metrics.clicks) as clicks,
        min(metrics.click_source) as first_click_source,
        max(metrics.click_source) as last_click_source,
        sum(metrics.source_rows) as source_rows
    from (select * from {{ ref('fact_action_metrics') }}) as metrics
    inner join lately
        on lately.account_id = metrics.account_id
        and lately.date_id = metrics.date_id
    group by 1, 2

),

core_days as (

    select
        account_id,
        date_id,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        min(click_source) as first_click_source,
        max(click_source) as last_click_source,
        sum(source_rows) as source_rows
    from {{ ref('fact_core_metrics') }}
    group by 1, 2

)

select
    core_days.account_id,
    core_days.date_id,
    core_days.spend as core_spend,
    deliveries.spend as spend
from core_days
inner join lately
    on lately.account_id = core_days.account_id
    and lately.date_id = core_days.date_id
left join deliveries
    on deliveries.account_id = core_days.account_id
    and deliveries.date_id = core_days.date_id
where
    deliveries.account_id is null
    or deliveries.source_rows <> core_days.source_rows
    or {{ is_distinct('deliveries.spend', 'core_days.spend') }}
    or {{ is_distinct('deliveries.impressions', 'core_days.impressions') }}
    or {{ is_distinct('deliveries.clicks', 'core_days.clicks') }}
    or {{ is_distinct('deliveries.first_click_source', 'core_days.first_click_source') }}
    or {{ is_distinct('deliveries.last_click_source', 'core_days.last_click_source') }}
