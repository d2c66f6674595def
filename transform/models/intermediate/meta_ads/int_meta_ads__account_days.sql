{{ config(post_hook='{{ analyze(this) }}') }}
-- Each account-day of each report with the newest run that read it and the sums of its rows, which
-- the facts have to match. Kept as a table, since everything that reads Insights asks for it; and
-- the raw tables are read in whole only here.
--
-- Weeks and months are the calendar's, and stand on their first day. The range that a run asked for
-- may cut one, and it is then another row to the loader. Of the periods that lie in one week or month
-- the longest counts, whichever was read last: five days read again do not replace the month.
with runs as (

    {% for report in insights_reports() %}
    {% set period = insights_periods().get(report) %}
    select
        '{{ report }}' as report,
        coalesce(account_id, 0) as account_id,
        date_start,
        sync_started_at,
        {{ 'date_stop' if period else 'date_start' }} as stops_on,
        {{ period_start(period, 'date_start') if period else 'date_start' }} as stands_on,
        max(received_at) as received_at,
        count(case when not is_deleted then 1 end) as source_rows,
        sum(case when not is_deleted then spend end) as spend,
        sum(case when not is_deleted then impressions end) as impressions,
        sum(case when not is_deleted then all_clicks end) as all_clicks,
        sum(case when not is_deleted then unreadable_values end) as unreadable_values,
        count(case when not is_deleted and date_stop <> date_start then 1 end) as rows_of_several_days
    from {{ ref('stg_meta_ads__' ~ report) }}
    -- not by the report: BigQuery groups by no literal
    group by 2, 3, 4{{ ', 5' if period }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

numbered_runs as (

    select
        *,
        row_number() over (
            partition by report, account_id, stands_on
            order by
                coalesce({{ days_between('date_start', 'stops_on') }}, 0) desc,
                case when sync_started_at is null then 1 else 0 end,
                sync_started_at desc,
                date_start
        ) as best_first
    from runs

),

final as (

    select
        {{ as_text('report') }} as report,
        account_id,
        {{ date_id('stands_on') }} as date_id,
        date_start,
        stops_on as date_stop,
        sync_started_at,
        received_at,
        cast(source_rows as integer) as source_rows,
        cast(spend as numeric(28,4)) as spend,
        cast(impressions as bigint) as impressions,
        cast(all_clicks as bigint) as all_clicks,
        cast(unreadable_values as integer) as unreadable_values,
        cast(rows_of_several_days as integer) as rows_of_several_days
    from numbered_runs
    where best_first = 1 and source_rows > 0

)

select * from final
