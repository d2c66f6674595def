{% set columns = {
    'ad_history_id': 'bigint',
    'ad_id': 'bigint',
    'adset_id': 'bigint',
    'campaign_id': 'bigint',
    'account_id': 'bigint',
    'version_number': 'integer',
    'valid_from': 'timestamptz',
    'valid_to': 'timestamptz',
    'is_current': 'boolean',
    'changed_columns': 'text',
    'ad_name': 'text',
    'status': 'text',
    'effective_status': 'text',
    'meta_creative_id': 'text',
    'conversion_domain': 'text',
    'created_at': 'timestamptz',
    'read_at': 'timestamptz',
    'is_deleted': 'boolean',
} %}
{% set tracked = {
    'ad_name': 'text',
    'status': 'text',
    'effective_status': 'text',
    'meta_creative_id': 'text',
    'conversion_domain': 'text',
    'is_deleted': 'boolean',
} %}

with versions as (

    {{ entity_versions('snap_meta_ads__ads', 'ad_id', tracked) }}

),

ads as (

    select * from {{ ref('dim_ad') }}

),

-- an entity whose raw row is gone altogether is no member of the dimension; its versions wait in the
-- snapshot until it is one again
members as (

    select
        {{ member_columns(columns, dict(
            version_values('ad', tracked),
            adset_id='ads.adset_id',
            campaign_id='ads.campaign_id',
            account_id='ads.account_id',
        )) }}
    from versions
    inner join ads on ads.ad_id = versions.ad_id

),

unknown as (

    select
        {{ member_columns(columns, dict(unknown_version_values('ad'), adset_id=0, campaign_id=0, account_id=0)) }}

)

select * from members
union all
select * from unknown
