-- Per account-day, the facts are exactly the raw rows that hold: nothing lost, nothing twice.
with facts as (

    select
        account_id,
        date_id,
        sum(source_rows) as source_rows,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(all_clicks) as all_clicks
    from {{ ref('fact_core_metrics') }}
    group by 1, 2

),

insights as (

    select
        coalesce(account_id, 0) as account_id,
        date_id,
        count(*) as source_rows,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(all_clicks) as all_clicks
    from {{ ref('int_meta_ads__ads_insights_current') }}
    group by 1, 2

)

select
    insights.account_id,
    insights.date_id,
    insights.spend as source_spend,
    facts.spend as fact_spend
from insights
left join facts
    on facts.account_id = insights.account_id
    and facts.date_id = insights.date_id
where
    facts.account_id is null
    or facts.source_rows <> insights.source_rows
    or facts.spend is distinct from insights.spend
    or facts.impressions is distinct from insights.impressions
    or facts.all_clicks is distinct from insights.all_clicks
