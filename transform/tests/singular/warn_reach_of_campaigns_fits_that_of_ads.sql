{{ config(severity='warn') }}
-- A campaign reached in its week or month at least as many people as any of its ads on any day of it,
-- and at most as many as all ads on all days together. The latter can be said only where every day
-- is there, which the impressions show, as they do add up: if the ads' days have those of the whole
-- period, none is missing. Only periods of the last three days of loading are looked at: the older
-- ones were when they came. Meta estimates reach, so this warns.
with reach as (

    select * from {{ ref('fact_reach') }}

),

newest as (

    select {{ later('max(received_at)', -3, 'day') }} as since from reach where level = 'campaign'

),

periods as (

    select
        reach.report,
        reach.account_id,
        reach.campaign_id,
        {{ date_id('reach.date_start') }} as first_date_id,
        {{ date_id('reach.date_stop') }} as last_date_id,
        reach.reach,
        reach.impressions
    from reach
    cross join newest
    where
        reach.level = 'campaign'
        and reach.reach is not null
        and (reach.received_at >= newest.since or reach.received_at is null)

),

compared as (

    select
        periods.report,
        periods.account_id,
        periods.campaign_id,
        periods.first_date_id,
        periods.reach,
        periods.impressions,
        max(ads.reach) as highest_of_ads,
        sum(ads.reach) as sum_of_ads,
        sum(ads.impressions) as impressions_of_ads,
        count(case when ads.reach is null then 1 end) as ads_without_reach
    from periods
    inner join reach as ads
        on ads.account_id = periods.account_id
        and ads.campaign_id = periods.campaign_id
        and ads.date_id between periods.first_date_id and periods.last_date_id
        and ads.level = 'ad'
    group by 1, 2, 3, 4, 5, 6

)

select * from compared
where
    highest_of_ads > reach
    or (
        reach > sum_of_ads
        and impressions_of_ads >= impressions
        and ads_without_reach = 0
    )
