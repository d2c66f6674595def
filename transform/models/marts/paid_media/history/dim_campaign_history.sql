{% set columns = {
    'campaign_history_id': 'bigint',
    'campaign_id': 'bigint',
    'account_id': 'bigint',
    'version_number': 'integer',
    'valid_from': 'timestamptz',
    'valid_to': 'timestamptz',
    'is_current': 'boolean',
    'changed_columns': 'text',
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
    'read_at': 'timestamptz',
    'is_deleted': 'boolean',
} %}
{% set tracked = {
    'campaign_name': 'text',
    'objective': 'text',
    'buying_type': 'text',
    'status': 'text',
    'effective_status': 'text',
    'bid_strategy': 'text',
    'daily_budget_minor_units': 'numeric(28,4)',
    'lifetime_budget_minor_units': 'numeric(28,4)',
    'spend_cap_minor_units': 'numeric(28,4)',
    'special_ad_categories': 'text',
    'start_at': 'timestamptz',
    'stop_at': 'timestamptz',
    'is_deleted': 'boolean',
} %}

with versions as (

    {{ entity_versions('snap_meta_ads__campaigns', 'campaign_id', tracked) }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

currencies as (

    select account_id, currency_minor_units from {{ ref('dim_account') }}

),

-- an entity whose raw row is gone altogether is no member of the dimension; its versions wait in the
-- snapshot until it is one again
members as (

    select
        {{ member_columns(columns, dict(
            version_values('campaign', tracked),
            account_id='campaigns.account_id',
        )) }}
    from versions
    inner join campaigns on campaigns.campaign_id = versions.campaign_id
    left join currencies on currencies.account_id = campaigns.account_id

),

unknown as (

    select
        {{ member_columns(columns, dict(unknown_version_values('campaign'), account_id=0)) }}

)

select * from members
union all
select * from unknown
