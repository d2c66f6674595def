-- Per account-day, the delivery that stands beside the actions is that of the core fact, once.
with deliveries as (

    select
        account_id,
        date_id,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(source_rows) as source_rows
    from {{ ref('fact_action_metrics') }}
    group by 1, 2

),

core_days as (

    select
        account_id,
        date_id,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
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
left join deliveries
    on deliveries.account_id = core_days.account_id
    and deliveries.date_id = core_days.date_id
where
    deliveries.account_id is null
    or deliveries.source_rows <> core_days.source_rows
    or {{ is_distinct('deliveries.spend', 'core_days.spend') }}
    or {{ is_distinct('deliveries.impressions', 'core_days.impressions') }}
    or {{ is_distinct('deliveries.clicks', 'core_days.clicks') }}
