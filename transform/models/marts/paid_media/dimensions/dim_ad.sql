{% set columns = {
    'ad_id': 'bigint',
    'meta_ad_id': 'text',
    'adset_id': 'bigint',
    'campaign_id': 'bigint',
    'account_id': 'bigint',
    'creative_id': 'bigint',
    'ad_name': 'text',
    'status': 'text',
    'effective_status': 'text',
    'conversion_domain': 'text',
    'created_at': 'timestamptz',
    'updated_at': 'timestamptz',
    'is_deleted': 'boolean',
    'is_inferred': 'boolean',
    'extracted_at': 'timestamptz',
} %}

with ads as (

    select * from {{ ref('stg_meta_ads__ads') }} where ad_id is not null

),

mentioned as (

    select * from {{ ref('int_meta_ads__mentioned_entities') }} where entity_type = 'ad'

),

members as (

    select
        {{ member_columns(columns, {
            'ad_id': 'ads.ad_id',
            'meta_ad_id': 'ads.ad_id',
            'adset_id': 'coalesce(ads.adset_id, 0)',
            'campaign_id': 'coalesce(ads.campaign_id, 0)',
            'account_id': 'coalesce(ads.account_id, 0)',
            'creative_id': 'coalesce(ads.creative_id, 0)',
            'ad_name': 'ads.ad_name',
            'status': 'ads.status',
            'effective_status': 'ads.effective_status',
            'conversion_domain': 'ads.conversion_domain',
            'created_at': 'ads.created_at',
            'updated_at': 'ads.updated_at',
            'is_deleted': 'ads.is_deleted',
            'is_inferred': 'false',
            'extracted_at': 'ads.extracted_at',
        }) }}
    from ads

),

inferred as (

    select
        {{ member_columns(columns, {
            'ad_id': 'mentioned.entity_id',
            'meta_ad_id': 'mentioned.entity_id',
            'adset_id': 'coalesce(mentioned.adset_id, 0)',
            'campaign_id': 'coalesce(mentioned.campaign_id, 0)',
            'account_id': 'coalesce(mentioned.account_id, 0)',
            'creative_id': 0,
            'ad_name': 'mentioned.entity_name',
            'is_deleted': 'false',
            'is_inferred': 'true',
        }) }}
    from mentioned
    left join ads on ads.ad_id = mentioned.entity_id
    where ads.ad_id is null

),

unknown as (

    select
        {{ member_columns(columns, {
            'ad_id': 0,
            'adset_id': 0,
            'campaign_id': 0,
            'account_id': 0,
            'creative_id': 0,
            'ad_name': "'Unknown'",
            'is_deleted': 'false',
            'is_inferred': 'false',
        }) }}

)

select * from members
union all
select * from inferred
union all
select * from unknown
