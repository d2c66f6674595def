with source as (

    select
        *,
        {{ example_time('days_ago', 'time_of_day') }} as ordered_at
    from {{ ref('crm_orders') }}

),

renamed as (

    select
        {{ filled('order_id') }} as order_id,
        {{ filled('customer_id') }} as customer_id,
        ordered_at,
        status as order_status,
        is_test,
        amount,
        refunded_amount,
        upper({{ filled('currency') }}) as currency,
        case channel
            when 'web' then 'website'
            when 'store' then 'physical_store'
            -- orders that the shop's people take in by phone
            else 'system_generated'
        end as action_source,
        {{ filled('page_url') }} as event_source_url,
        {{ filled('client_ip_address') }} as client_ip_address,
        {{ filled('client_user_agent') }} as client_user_agent,
        -- as Meta's pixel forms its cookies: version, subdomain, milliseconds of their making, value
        'fb.1.' || {{ as_text(epoch_seconds('ordered_at')) }} || '000.' || {{ filled('fbclid') }} as fbc,
        'fb.1.' || {{ as_text(epoch_seconds('ordered_at')) }} || '000.' || {{ filled('browser_id') }} as fbp,
        -- goods have no quotes in their numbers
        '["' || replace({{ filled('skus') }}, '|', '", "') || '"]' as content_ids,
        num_items
    from source

)

select * from renamed
