-- What is tracked of campaigns: one row each that has an id. Money stays in minor units, as Meta gave it.
with campaigns as (

    select * from {{ ref('stg_meta_ads__campaigns') }} where campaign_id is not null

),

final as (

    select
        campaign_id,
        campaign_name,
        objective,
        buying_type,
        status,
        effective_status,
        bid_strategy,
        daily_budget_minor_units,
        lifetime_budget_minor_units,
        spend_cap_minor_units,
        special_ad_categories,
        start_at,
        stop_at,
        is_deleted,
        created_at,
        updated_at,
        {{ read_at('extracted_at') }} as read_at
    from campaigns

)

select * from final
