-- Summed before the names are joined, so that the joins are over campaign-days and not over ads.

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

sums as (

    select
        date_id,
        account_id,
        campaign_id,
        case
            when min(account_currency) = max(account_currency) then min(account_currency)
        end as account_currency,
        -- a row with clicks and without a source was itself summed over several
        case
            when
                min(click_source) = max(click_source)
                and count(case when clicks is not null and click_source is null then 1 end) = 0
                then min(click_source)
        end as click_source,
        {% for name, data_type in core_measures().items() -%}
        cast(sum({{ name }}) as {{ data_type }}) as {{ name }},
        {% endfor -%}
        cast(sum(source_rows) as bigint) as source_rows,
        max(received_at) as received_at
    from facts
    group by 1, 2, 3

),

final as (

    select
        sums.date_id,
        sums.account_id,
        sums.campaign_id,
        dates.date_day,
        accounts.account_name,
        sums.account_currency,
        campaigns.campaign_name,
        sums.click_source,
        {% for name in core_measures() -%}
        sums.{{ name }},
        {% endfor -%}
        {{ ratio('sums.clicks', 'sums.impressions', times=100) }} as ctr,
        {{ ratio('sums.spend', 'sums.clicks') }} as cpc,
        {{ ratio('sums.spend', 'sums.impressions', times=1000) }} as cpm,
        {{ ratio('sums.purchase_value', 'sums.spend') }} as roas,
        {{ ratio('sums.spend', 'sums.purchases') }} as cpa,
        {{ ratio('sums.spend', 'sums.leads') }} as cost_per_lead,
        sums.source_rows,
        sums.received_at
    from sums
    left join dates on dates.date_id = sums.date_id
    left join accounts on accounts.account_id = sums.account_id
    left join campaigns on campaigns.campaign_id = sums.campaign_id

)

select * from final
