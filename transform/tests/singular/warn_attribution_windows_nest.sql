{{ config(severity='warn') }}
-- A longer window after a click holds the shorter: 1d_click <= 7d_click <= 28d_click. Meta leaves out
-- a window that is zero as well as one that was not asked for. So an absent window counts as 0 where
-- the account-day has that window for any ad and type at all, which shows that it was asked for,
-- and is not judged elsewhere.
with lately as (

    {{ lately_loaded_days('ads_insights') }}

),

figures as (

    select
        metrics.account_id,
        metrics.date_id,
        metrics.campaign_id,
        metrics.adset_id,
        metrics.ad_id,
        metrics.action_type_id,
        max(case when windows.attribution_window = '1d_click' then metrics.actions end) as within_1_day,
        max(case when windows.attribution_window = '7d_click' then metrics.actions end) as within_7_days,
        max(case when windows.attribution_window = '28d_click' then metrics.actions end) as within_28_days
    from (select * from {{ ref('fact_action_metrics') }}) as metrics
    inner join (select * from {{ ref('dim_attribution_window') }}) as windows
        on windows.attribution_window_id = metrics.attribution_window_id
    inner join lately
        on lately.account_id = metrics.account_id
        and lately.date_id = metrics.date_id
    where windows.attribution_window in ('1d_click', '7d_click', '28d_click')
    group by 1, 2, 3, 4, 5, 6

),

asked as (

    select
        account_id,
        date_id,
        count(within_1_day) > 0 as for_1_day,
        count(within_7_days) > 0 as for_7_days,
        count(within_28_days) > 0 as for_28_days
    from figures
    group by 1, 2

),

compared as (

    select
        figures.account_id,
        figures.date_id,
        figures.ad_id,
        figures.action_type_id,
        case when asked.for_1_day then coalesce(figures.within_1_day, 0) end as within_1_day,
        case when asked.for_7_days then coalesce(figures.within_7_days, 0) end as within_7_days,
        case when asked.for_28_days then coalesce(figures.within_28_days, 0) end as within_28_days
    from figures
    inner join asked
        on asked.account_id = figures.account_id
        and asked.date_id = figures.date_id

)

select * from compared
where
    within_1_day > within_7_days
    or within_7_days > within_28_days
    or within_1_day > within_28_days
