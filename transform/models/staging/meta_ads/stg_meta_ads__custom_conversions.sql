{% set columns = {
    'id': 'text',
    'account_id': 'text',
    'name': 'text',
    'description': 'text',
    'custom_event_type': 'text',
    'event_source_type': 'text',
    'rule': 'text',
    'default_conversion_value': 'numeric(28,4)',
    'retention_days': 'bigint',
    'pixel': 'json',
    'is_archived': 'boolean',
    'is_unavailable': 'boolean',
    'creation_time': 'timestamptz',
    'first_fired_time': 'timestamptz',
    'last_fired_time': 'timestamptz',
    '_sdc_extracted_at': 'timestamptz',
    '_sdc_received_at': 'timestamptz',
    '_sdc_deleted_at': 'timestamp',
    '_sdc_sync_started_at': 'bigint',
} %}

with source as (

    {{ typed_source('tap_meta_ads', 'custom_conversions', columns) }}

),

renamed as (

    select
        {{ meta_id('id') }} as custom_conversion_id,
        {{ meta_id('account_id') }} as account_id,
        name as custom_conversion_name,
        description,
        custom_event_type,
        event_source_type,
        rule,
        default_conversion_value,
        retention_days,
        {{ meta_id(json_text('pixel', 'id')) }} as pixel_id,
        is_archived,
        is_unavailable,
        {{ set_time('creation_time') }} as created_at,
        {{ set_time('first_fired_time') }} as first_fired_at,
        {{ set_time('last_fired_time') }} as last_fired_at,
        _sdc_deleted_at is not null as is_deleted,
        _sdc_extracted_at as extracted_at
    from source

)

select * from renamed
