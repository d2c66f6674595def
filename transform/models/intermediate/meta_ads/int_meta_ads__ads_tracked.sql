-- What is tracked of ads: one row each that has an id.
with ads as (

    select * from {{ ref('stg_meta_ads__ads') }} where ad_id is not null

),

final as (

    select
        ad_id,
        ad_name,
        status,
        effective_status,
        {{ as_text('creative_id') }} as meta_creative_id,
        conversion_domain,
        is_deleted,
        created_at,
        updated_at,
        {{ read_at('extracted_at') }} as read_at
    from ads

)

select * from final
