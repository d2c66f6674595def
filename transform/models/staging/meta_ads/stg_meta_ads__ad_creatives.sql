{% set columns = {
    'id': 'text',
    'account_id': 'text',
    'name': 'text',
    'status': 'text',
    'title': 'text',
    'body': 'text',
    'object_type': 'text',
    'call_to_action_type': 'text',
    'link_url': 'text',
    'object_story_spec': 'json',
    'url_tags': 'text',
    'image_url': 'text',
    'video_id': 'text',
    'effective_object_story_id': 'text',
    '_sdc_extracted_at': 'timestamptz',
    '_sdc_received_at': 'timestamptz',
    '_sdc_deleted_at': 'timestamp',
    '_sdc_sync_started_at': 'bigint',
} %}

with source as (

    {{ typed_source('tap_meta_ads', 'ad_creatives', columns) }}

),

renamed as (

    select
        {{ meta_id('id') }} as creative_id,
        {{ meta_id('account_id') }} as account_id,
        name as creative_name,
        status,
        title,
        body,
        object_type,
        call_to_action_type,
        link_url,
        object_story_spec,
        url_tags,
        image_url,
        {{ meta_id('video_id') }} as video_id,
        effective_object_story_id,
        coalesce(status = 'DELETED', false) or _sdc_deleted_at is not null as is_deleted,
        _sdc_extracted_at as extracted_at
    from source

)

select * from renamed
