-- Each account-day of Insights with the newest run that read it. Kept as a table, since everything
-- that reads Insights asks for it, and a loader's run touches only the last few weeks.
with runs as (

    select
        coalesce(account_id, 0) as account_id,
        date_start,
        sync_started_at,
        max(received_at) as received_at,
        count(case when not is_deleted then 1 end) as source_rows
    from {{ ref('stg_meta_ads__ads_insights') }}
    group by 1, 2, 3

),

numbered_runs as (

    select
        *,
        row_number() over (
            partition by account_id, date_start
            order by case when sync_started_at is null then 1 else 0 end, sync_started_at desc
        ) as newest_first
    from runs

),

final as (

    select
        account_id,
        {{ date_id('date_start') }} as date_id,
        date_start,
        sync_started_at,
        received_at,
        cast(source_rows as integer) as source_rows
    from numbered_runs
    where newest_first = 1 and source_rows > 0

)

select * from final
