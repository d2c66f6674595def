{#-
    Fails for every account-day on which a fact is not exactly the raw rows that hold: something is
    lost, or in it twice.

    Args:
        report: Stream of the tap that the fact is made of.
-#}
{% test equals_its_source(model, report) %}

with facts as (

    select
        account_id,
        date_id,
        sum(source_rows) as source_rows,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(all_clicks) as all_clicks
    from {{ model }}
    group by 1, 2

),

account_days as (

    select * from {{ ref('int_meta_ads__account_days') }} where report = '{{ report }}'

)

select
    account_days.account_id,
    account_days.date_id,
    account_days.spend as source_spend,
    facts.spend as fact_spend
from account_days
left join facts
    on facts.account_id = account_days.account_id
    and facts.date_id = account_days.date_id
where
    facts.account_id is null
    or facts.source_rows <> account_days.source_rows
    or {{ is_distinct('facts.spend', 'account_days.spend') }}
    or {{ is_distinct('facts.impressions', 'account_days.impressions') }}
    or {{ is_distinct('facts.all_clicks', 'account_days.all_clicks') }}

{% endtest %}
