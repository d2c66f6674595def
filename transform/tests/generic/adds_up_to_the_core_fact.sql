{#-
    Warns of every account-day on which the rows of a breakdown add up to another spend or other
    impressions than the same account-day of fact_core_metrics. A warning, because it may be
    nobody's fault: Meta leaves out cells of few people, and the two reports may have been read at
    different times. Account-days that only one of the two has are not compared.

    Meta rounds the spend of each row by itself, so as many half hundredths as there are rows are no
    difference. Half a unit in currencies without hundredths is one.
-#}
{% test adds_up_to_the_core_fact(model) %}

{{ config(severity='warn') }}

with breakdown as (

    select
        account_id,
        date_id,
        sum(source_rows) as source_rows,
        sum(spend) as spend,
        sum(impressions) as impressions
    from {{ model }}
    group by 1, 2

),

core as (

    select
        account_id,
        date_id,
        sum(source_rows) as source_rows,
        sum(spend) as spend,
        sum(impressions) as impressions
    from {{ ref('fact_core_metrics') }}
    group by 1, 2

)

select
    core.account_id,
    core.date_id,
    core.spend as core_spend,
    breakdown.spend as breakdown_spend,
    core.impressions as core_impressions,
    breakdown.impressions as breakdown_impressions
from breakdown
inner join core
    on core.account_id = breakdown.account_id
    and core.date_id = breakdown.date_id
where
    abs(coalesce(breakdown.spend, 0) - coalesce(core.spend, 0))
    > 0.005 * (breakdown.source_rows + core.source_rows)
    or coalesce(breakdown.impressions, 0) <> coalesce(core.impressions, 0)

{% endtest %}
