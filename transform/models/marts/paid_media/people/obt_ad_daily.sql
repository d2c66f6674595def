-- Every row of fact_core_metrics beside the names that its keys stand for. The joins keep a row even
-- where a partial build left a dimension behind.

with facts as (

    select * from {{ ref('fact_core_metrics') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

adsets as (

    select * from {{ ref('dim_adset') }}

),

ads as (

    select * from {{ ref('dim_ad') }}

),

creatives as (

    select * from {{ ref('dim_creative') }}

),

final as (

    select
        facts.date_id,
        facts.account_id,
        facts.campaign_id,
        facts.adset_id,
        facts.ad_id,
        cast(coalesce(ads.creative_id, 0) as bigint) as creative_id,
        dates.date_day,
        dates.date_name,
        dates.year_number,
        dates.quarter_number,
        dates.month_number,
        dates.month_name,
        dates.month_start_day,
        dates.iso_year,
        dates.iso_week,
        dates.week_start_day,
        dates.day_of_week,
        dates.day_name,
        dates.is_weekend,
        accounts.account_name,
        facts.account_currency,
        accounts.timezone_name as account_timezone_name,
        accounts.business_name,
        accounts.country_code as account_country_code,
        campaigns.campaign_name,
        campaigns.objective as campaign_objective,
        campaigns.buying_type as campaign_buying_type,
        campaigns.effective_status as campaign_effective_status,
        adsets.adset_name,
        adsets.optimization_goal as adset_optimization_goal,
        adsets.billing_event as adset_billing_event,
        adsets.destination_type as adset_destination_type,
        adsets.effective_status as adset_effective_status,
        ads.ad_name,
        ads.effective_status as ad_effective_status,
        creatives.creative_name,
        creatives.title as creative_title,
        creatives.object_type as creative_object_type,
        creatives.call_to_action_type as creative_call_to_action_type,
        creatives.url_host,
        creatives.url_path,
        creatives.utm_source,
        creatives.utm_medium,
        creatives.utm_campaign,
        creatives.utm_term,
        creatives.utm_content,
        facts.click_source,
        {% for name in core_measures() -%}
        facts.{{ name }},
        {% endfor -%}
        {{ ratio('facts.clicks', 'facts.impressions', times=100) }} as ctr,
        {{ ratio('facts.spend', 'facts.clicks') }} as cpc,
        {{ ratio('facts.spend', 'facts.impressions', times=1000) }} as cpm,
        {{ ratio('facts.spend', 'facts.purchases') }} as cost_per_purchase,
        {{ ratio('facts.purchase_value', 'facts.spend') }} as roas,
        facts.source_rows,
        facts.received_at
    from facts
    left join dates on dates.date_id = facts.date_id
    left join accounts on accounts.account_id = facts.account_id
    left join campaigns on campaigns.campaign_id = facts.campaign_id
    left join adsets on adsets.adset_id = facts.adset_id
    left join ads on ads.ad_id = facts.ad_id
    left join creatives on creatives.creative_id = ads.creative_id

)

select * from final
