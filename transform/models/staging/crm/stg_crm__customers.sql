with source as (

    select * from {{ ref('crm_customers') }}

),

renamed as (

    select
        {{ filled('customer_id') }} as customer_id,
        {{ filled('email') }} as email,
        {{ filled('phone') }} as phone,
        {{ filled('first_name') }} as first_name,
        {{ filled('last_name') }} as last_name,
        {{ filled('gender') }} as gender,
        birth_date,
        {{ filled('city') }} as city,
        {{ filled('state') }} as state,
        {{ filled('zip') }} as zip,
        {{ filled('country') }} as country,
        marketing_consent,
        {{ example_time('created_days_ago', "'00:00:00'") }} as created_at,
        deleted_days_ago is not null as is_deleted
    from source

)

select * from renamed
