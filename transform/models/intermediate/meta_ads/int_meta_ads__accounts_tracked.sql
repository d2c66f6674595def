-- What is tracked of an ad account: one row per account with an id. Left out is what moves by itself:
-- amount_spent, min_daily_budget (follows exchange rates) and the offset from UTC (follows the clock).
with ad_accounts as (

    select * from {{ ref('stg_meta_ads__ad_accounts') }} where account_id is not null

),

final as (

    select
        account_id,
        account_name,
        account_status,
        currency,
        timezone_name,
        business_id,
        business_name,
        country_code,
        spend_cap_minor_units,
        is_deleted,
        created_at,
        cast(null as {{ column_type('timestamptz') }}) as updated_at,
        {{ read_at('extracted_at') }} as read_at
    from ad_accounts

)

select * from final
