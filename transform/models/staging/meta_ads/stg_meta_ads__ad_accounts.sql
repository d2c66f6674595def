{% set columns = {
    'account_id': 'text',
    'name': 'text',
    'account_status': 'bigint',
    'currency': 'text',
    'timezone_name': 'text',
    'timezone_offset_hours_utc': 'numeric(6,2)',
    'business': 'json',
    'business_name': 'text',
    'business_country_code': 'text',
    'spend_cap': 'numeric(28,4)',
    'amount_spent': 'numeric(28,4)',
    'min_daily_budget': 'numeric(28,4)',
    'created_time': 'timestamptz',
    '_sdc_extracted_at': 'timestamptz',
    '_sdc_received_at': 'timestamptz',
    '_sdc_deleted_at': 'timestamp',
    '_sdc_sync_started_at': 'bigint',
} %}

with source as (

    {{ typed_source('tap_meta_ads', 'ad_accounts', columns) }}

),

renamed as (

    select
        {{ meta_id('account_id') }} as account_id,
        name as account_name,
        account_status,
        currency,
        timezone_name,
        timezone_offset_hours_utc as timezone_offset_hours,
        {{ meta_id(json_text('business', 'id')) }} as business_id,
        coalesce({{ json_text('business', 'name') }}, business_name) as business_name,
        business_country_code as country_code,
        spend_cap as spend_cap_minor_units,
        amount_spent as amount_spent_minor_units,
        min_daily_budget as min_daily_budget_minor_units,
        {{ set_time('created_time') }} as created_at,
        _sdc_deleted_at is not null as is_deleted,
        _sdc_extracted_at as extracted_at
    from source

)

select * from renamed
