{% set columns = {
    'id': 'text',
    'account_id': 'text',
    'campaign_id': 'text',
    'adset_id': 'text',
    'name': 'text',
    'status': 'text',
    'effective_status': 'text',
    'creative': 'json',
    'conversion_domain': 'text',
    'created_time': 'timestamptz',
    'updated_time': 'timestamptz',
    '_sdc_extracted_at': 'timestamptz',
    '_sdc_received_at': 'timestamptz',
    '_sdc_deleted_at': 'timestamp',
    '_sdc_sync_started_at': 'bigint',
} %}

with source as (

    {{ typed_source('tap_meta_ads', 'ads', columns) }}

),

renamed as (

    select
        {{ meta_id('id') }} as ad_id,
        {{ meta_id('adset_id') }} as adset_id,
        {{ meta_id('campaign_id') }} as campaign_id,
        {{ meta_id('account_id') }} as account_id,
        {{ meta_id(json_text('creative', 'id')) }} as creative_id,
        name as ad_name,
        status,
        effective_status,
        conversion_domain,
        {{ set_time('created_time') }} as created_at,
        {{ set_time('updated_time') }} as updated_at,
        coalesce(effective_status = 'DELETED', false) or _sdc_deleted_at is not null as is_deleted,
        _sdc_extracted_at as extracted_at
    from source

)

select * from renamed
