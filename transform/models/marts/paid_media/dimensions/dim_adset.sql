{% set columns = {
    'adset_id': 'bigint',
    'meta_adset_id': 'text',
    'campaign_id': 'bigint',
    'account_id': 'bigint',
    'adset_name': 'text',
    'status': 'text',
    'effective_status': 'text',
    'optimization_goal': 'text',
    'billing_event': 'text',
    'bid_strategy': 'text',
    'bid_amount': 'numeric(18,4)',
    'daily_budget': 'numeric(18,4)',
    'lifetime_budget': 'numeric(18,4)',
    'destination_type': 'text',
    'promoted_pixel_id': 'bigint',
    'promoted_page_id': 'bigint',
    'promoted_event_type': 'text',
    'start_at': 'timestamptz',
    'end_at': 'timestamptz',
    'created_at': 'timestamptz',
    'updated_at': 'timestamptz',
    'is_deleted': 'boolean',
    'is_inferred': 'boolean',
    'extracted_at': 'timestamptz',
} %}

with ad_sets as (

    select * from {{ ref('stg_meta_ads__ad_sets') }} where adset_id is not null

),

mentioned as (

    select * from {{ ref('int_meta_ads__mentioned_entities') }} where entity_type = 'adset'

),

accounts as (

    select * from {{ ref('dim_account') }}

),

members as (

    select
        {{ member_columns(columns, {
            'adset_id': 'ad_sets.adset_id',
            'meta_adset_id': 'ad_sets.adset_id',
            'campaign_id': 'coalesce(ad_sets.campaign_id, 0)',
            'account_id': 'coalesce(ad_sets.account_id, 0)',
            'adset_name': 'ad_sets.adset_name',
            'status': 'ad_sets.status',
            'effective_status': 'ad_sets.effective_status',
            'optimization_goal': 'ad_sets.optimization_goal',
            'billing_event': 'ad_sets.billing_event',
            'bid_strategy': 'ad_sets.bid_strategy',
            'bid_amount': from_minor_units('ad_sets.bid_amount_minor_units', 'accounts.currency_minor_units'),
            'daily_budget': from_minor_units('ad_sets.daily_budget_minor_units', 'accounts.currency_minor_units'),
            'lifetime_budget': from_minor_units('ad_sets.lifetime_budget_minor_units', 'accounts.currency_minor_units'),
            'destination_type': 'ad_sets.destination_type',
            'promoted_pixel_id': 'ad_sets.promoted_pixel_id',
            'promoted_page_id': 'ad_sets.promoted_page_id',
            'promoted_event_type': 'ad_sets.promoted_event_type',
            'start_at': 'ad_sets.start_at',
            'end_at': 'ad_sets.end_at',
            'created_at': 'ad_sets.created_at',
            'updated_at': 'ad_sets.updated_at',
            'is_deleted': 'ad_sets.is_deleted',
            'is_inferred': 'false',
            'extracted_at': 'ad_sets.extracted_at',
        }) }}
    from ad_sets
    left join accounts on accounts.account_id = ad_sets.account_id

),

inferred as (

    select
        {{ member_columns(columns, {
            'adset_id': 'mentioned.entity_id',
            'meta_adset_id': 'mentioned.entity_id',
            'campaign_id': 'coalesce(mentioned.campaign_id, 0)',
            'account_id': 'coalesce(mentioned.account_id, 0)',
            'adset_name': 'mentioned.entity_name',
            'is_deleted': 'false',
            'is_inferred': 'true',
        }) }}
    from mentioned
    left join ad_sets on ad_sets.adset_id = mentioned.entity_id
    where ad_sets.adset_id is null

),

unknown as (

    select
        {{ member_columns(columns, {
            'adset_id': 0,
            'campaign_id': 0,
            'account_id': 0,
            'adset_name': "'Unknown'",
            'is_deleted': 'false',
            'is_inferred': 'false',
        }) }}

)

select * from members
union all
select * from inferred
union all
select * from unknown
