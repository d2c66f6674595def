{% set columns = {
    'id': 'text',
    'account_id': 'text',
    'name': 'text',
    'objective': 'text',
    'buying_type': 'text',
    'status': 'text',
    'effective_status': 'text',
    'bid_strategy': 'text',
    'daily_budget': 'numeric(28,4)',
    'lifetime_budget': 'numeric(28,4)',
    'spend_cap': 'numeric(28,4)',
    'special_ad_categories': 'json',
    'start_time': 'timestamptz',
    'stop_time': 'timestamptz',
    'created_time': 'timestamptz',
    'updated_time': 'timestamptz',
    '_sdc_extracted_at': 'timestamptz',
    '_sdc_received_at': 'timestamptz',
    '_sdc_deleted_at': 'timestamp',
    '_sdc_sync_started_at': 'bigint',
} %}

with source as (

    {{ typed_source('tap_meta_ads', 'campaigns', columns) }}

),

renamed as (

    select
        {{ meta_id('id') }} as campaign_id,
        {{ meta_id('account_id') }} as account_id,
        name as campaign_name,
        objective,
        buying_type,
        status,
        effective_status,
        bid_strategy,
        daily_budget as daily_budget_minor_units,
        lifetime_budget as lifetime_budget_minor_units,
        -- the number by which Meta's reference has a campaign's limit removed
        nullif(spend_cap, 922337203685478) as spend_cap_minor_units,
        {{ json_strings('special_ad_categories') }} as special_ad_categories,
        {{ set_time('start_time') }} as start_at,
        {{ set_time('stop_time') }} as stop_at,
        {{ set_time('created_time') }} as created_at,
        {{ set_time('updated_time') }} as updated_at,
        coalesce(effective_status = 'DELETED', false) or _sdc_deleted_at is not null as is_deleted,
        _sdc_extracted_at as extracted_at
    from source

)

select * from renamed
