{% set columns = {
    'adset_history_id': 'bigint',
    'adset_id': 'bigint',
    'campaign_id': 'bigint',
    'account_id': 'bigint',
    'version_number': 'integer',
    'valid_from': 'timestamptz',
    'valid_to': 'timestamptz',
    'is_current': 'boolean',
    'changed_columns': 'text',
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
    'read_at': 'timestamptz',
    'is_deleted': 'boolean',
} %}
{% set tracked = {
    'adset_name': 'text',
    'status': 'text',
    'effective_status': 'text',
    'optimization_goal': 'text',
    'billing_event': 'text',
    'bid_strategy': 'text',
    'bid_amount_minor_units': 'numeric(28,4)',
    'daily_budget_minor_units': 'numeric(28,4)',
    'lifetime_budget_minor_units': 'numeric(28,4)',
    'destination_type': 'text',
    'promoted_pixel_id': 'bigint',
    'promoted_page_id': 'bigint',
    'promoted_event_type': 'text',
    'start_at': 'timestamptz',
    'end_at': 'timestamptz',
    'is_deleted': 'boolean',
} %}

with versions as (

    {{ entity_versions('snap_meta_ads__ad_sets', 'adset_id', tracked) }}

),

ad_sets as (

    select * from {{ ref('dim_adset') }}

),

currencies as (

    select account_id, currency_minor_units from {{ ref('dim_account') }}

),

-- an entity whose raw row is gone altogether is no member of the dimension; its versions wait in the
-- snapshot until it is one again
members as (

    select
        {{ member_columns(columns, dict(
            version_values('adset', tracked),
            campaign_id='ad_sets.campaign_id',
            account_id='ad_sets.account_id',
        )) }}
    from versions
    inner join ad_sets on ad_sets.adset_id = versions.adset_id
    left join currencies on currencies.account_id = ad_sets.account_id

),

unknown as (

    select
        {{ member_columns(columns, dict(unknown_version_values('adset'), campaign_id=0, account_id=0)) }}

)

select * from members
union all
select * from unknown
