-- What is tracked of ad sets: one row each that has an id. Money stays in minor units, as Meta gave it.
with ad_sets as (

    select * from {{ ref('stg_meta_ads__ad_sets') }} where adset_id is not null

),

final as (

    select
        adset_id,
        adset_name,
        status,
        effective_status,
        optimization_goal,
        billing_event,
        bid_strategy,
        bid_amount_minor_units,
        daily_budget_minor_units,
        lifetime_budget_minor_units,
        destination_type,
        promoted_pixel_id,
        promoted_page_id,
        promoted_event_type,
        start_at,
        end_at,
        is_deleted,
        created_at,
        updated_at,
        {{ read_at('extracted_at') }} as read_at
    from ad_sets

)

select * from final
