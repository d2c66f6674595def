with source as (

    select * from {{ ref('crm_leads') }}

),

renamed as (

    select
        {{ filled('lead_id') }} as lead_id,
        {{ filled('customer_id') }} as customer_id,
        {{ filled('email') }} as email,
        {{ filled('phone') }} as phone,
        {{ filled('first_name') }} as first_name,
        {{ filled('last_name') }} as last_name,
        {{ filled('zip') }} as zip,
        {{ filled('country') }} as country,
        marketing_consent,
        is_test,
        {{ example_time('days_ago', 'time_of_day') }} as created_at
    from source

)

select * from renamed
