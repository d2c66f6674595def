{% set columns = {
    'id': 'text',
    'account_id': 'text',
    'campaign_id': 'text',
    'name': 'text',
    'status': 'text',
    'effective_status': 'text',
    'optimization_goal': 'text',
    'billing_event': 'text',
    'bid_strategy': 'text',
    'bid_amount': 'numeric(28,4)',
    'daily_budget': 'numeric(28,4)',
    'lifetime_budget': 'numeric(28,4)',
    'destination_type': 'text',
    'promoted_object': 'json',
    'start_time': 'timestamptz',
    'end_time': 'timestamptz',
    'created_time': 'timestamptz',
    'updated_time': 'timestamptz',
    '_sdc_extracted_at': 'timestamptz',
    '_sdc_received_at': 'timestamptz',
    '_sdc_deleted_at': 'timestamp',
    '_sdc_sync_started_at': 'bigint',
} %}

with source as (

    {{ typed_source('tap_meta_ads', 'ad_sets', columns) }}

),

renamed as (

    select
        {{ meta_id('id') }} as adset_id,
        {{ meta_id('campaign_id') }} as campaign_id,
        {{ meta_id('account_id') }} as account_id,
        name as adset_name,
        status,
        effective_status,
        optimization_goal,
        billing_event,
        bid_strategy,
        bid_amount as bid_amount_minor_units,
        daily_budget as daily_budget_minor_units,
        lifetime_budget as lifetime_budget_minor_units,
        destination_type,
        {{ meta_id(json_text('promoted_object', 'pixel_id')) }} as promoted_pixel_id,
        {{ meta_id(json_text('promoted_object', 'page_id')) }} as promoted_page_id,
        {{ json_text('promoted_object', 'custom_event_type') }} as promoted_event_type,
        {{ set_time('start_time') }} as start_at,
        {{ set_time('end_time') }} as end_at,
        {{ set_time('created_time') }} as created_at,
        {{ set_time('updated_time') }} as updated_at,
        coalesce(effective_status = 'DELETED', false) or _sdc_deleted_at is not null as is_deleted,
        _sdc_extracted_at as extracted_at
    from source

)

select * from renamed
