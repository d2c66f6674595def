{% set columns = {
    'campaign_id': 'bigint',
    'meta_campaign_id': 'text',
    'account_id': 'bigint',
    'campaign_name': 'text',
    'objective': 'text',
    'buying_type': 'text',
    'status': 'text',
    'effective_status': 'text',
    'bid_strategy': 'text',
    'daily_budget': 'numeric(18,4)',
    'lifetime_budget': 'numeric(18,4)',
    'spend_cap': 'numeric(18,4)',
    'special_ad_categories': 'text',
    'start_at': 'timestamptz',
    'stop_at': 'timestamptz',
    'created_at': 'timestamptz',
    'updated_at': 'timestamptz',
    'is_deleted': 'boolean',
    'is_inferred': 'boolean',
    'extracted_at': 'timestamptz',
} %}

with campaigns as (

    select * from {{ ref('stg_meta_ads__campaigns') }} where campaign_id is not null

),

mentioned as (

    select * from {{ ref('int_meta_ads__mentioned_entities') }} where entity_type = 'campaign'

),

accounts as (

    select * from {{ ref('dim_account') }}

),

members as (

    select
        {{ member_columns(columns, {
            'campaign_id': 'campaigns.campaign_id',
            'meta_campaign_id': 'campaigns.campaign_id',
            'account_id': 'coalesce(campaigns.account_id, 0)',
            'campaign_name': 'campaigns.campaign_name',
            'objective': 'campaigns.objective',
            'buying_type': 'campaigns.buying_type',
            'status': 'campaigns.status',
            'effective_status': 'campaigns.effective_status',
            'bid_strategy': 'campaigns.bid_strategy',
            'daily_budget': from_minor_units('campaigns.daily_budget_minor_units', 'accounts.currency_minor_units'),
            'lifetime_budget': from_minor_units('campaigns.lifetime_budget_minor_units', 'accounts.currency_minor_units'),
            'spend_cap': from_minor_units('campaigns.spend_cap_minor_units', 'accounts.currency_minor_units'),
            'special_ad_categories': 'campaigns.special_ad_categories',
            'start_at': 'campaigns.start_at',
            'stop_at': 'campaigns.stop_at',
            'created_at': 'campaigns.created_at',
            'updated_at': 'campaigns.updated_at',
            'is_deleted': 'campaigns.is_deleted',
            'is_inferred': 'false',
            'extracted_at': 'campaigns.extracted_at',
        }) }}
    from campaigns
    left join accounts on accounts.account_id = campaigns.account_id

),

inferred as (

    select
        {{ member_columns(columns, {
            'campaign_id': 'mentioned.entity_id',
            'meta_campaign_id': 'mentioned.entity_id',
            'account_id': 'coalesce(mentioned.account_id, 0)',
            'campaign_name': 'mentioned.entity_name',
            'is_deleted': 'false',
            'is_inferred': 'true',
        }) }}
    from mentioned
    left join campaigns on campaigns.campaign_id = mentioned.entity_id
    where campaigns.campaign_id is null

),

unknown as (

    select
        {{ member_columns(columns, {
            'campaign_id': 0,
            'account_id': 0,
            'campaign_name': "'Unknown'",
            'is_deleted': 'false',
            'is_inferred': 'false',
        }) }}

)

select * from members
union all
select * from inferred
union all
select * from unknown
