{{ config(post_hook='{{ analyze(this) }}') }}
-- Each account-day of each report with the newest run that read it and the sums of its rows, which
-- the facts have to match. Kept as a table, since everything that reads Insights asks for it; and
-- the raw tables are read in whole only here. Rows of a week or a month stand on its first day.
with runs as (

    {% for report in insights_reports() %}
    select
        '{{ report }}' as report,
        coalesce(account_id, 0) as account_id,
        date_start,
        sync_started_at,
        max(received_at) as received_at,
        count(case when not is_deleted then 1 end) as source_rows,
        sum(case when not is_deleted then spend end) as spend,
        sum(case when not is_deleted then impressions end) as impressions,
        sum(case when not is_deleted then all_clicks end) as all_clicks,
        sum(case when not is_deleted then unreadable_values end) as unreadable_values,
        count(case when not is_deleted and date_stop <> date_start then 1 end) as rows_of_several_days
    from {{ ref('stg_meta_ads__' ~ report) }}
    -- not by the report: BigQuery groups by no literal
    group by 2, 3, 4
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

numbered_runs as (

    select
        *,
        row_number() over (
            partition by report, account_id, date_start
            order by case when sync_started_at is null then 1 else 0 end, sync_started_at desc
        ) as newest_first
    from runs

),

final as (

    select
        {{ as_text('report') }} as report,
        account_id,
        {{ date_id('date_start') }} as date_id,
        date_start,
        sync_started_at,
        received_at,
        cast(source_rows as integer) as source_rows,
        cast(spend as numeric(28,4)) as spend,
        cast(impressions as bigint) as impressions,
        cast(all_clicks as bigint) as all_clicks,
        cast(unreadable_values as integer) as unreadable_values,
        cast(rows_of_several_days as integer) as rows_of_several_days
    from numbered_runs
    where newest_first = 1 and source_rows > 0

)

select * from final
