{% set columns = {
    'account_id': 'bigint',
    'meta_account_id': 'text',
    'account_name': 'text',
    'account_status': 'bigint',
    'account_status_name': 'text',
    'currency': 'text',
    'currency_minor_units': 'integer',
    'timezone_name': 'text',
    'timezone_offset_hours': 'numeric(6,2)',
    'business_id': 'bigint',
    'business_name': 'text',
    'country_code': 'text',
    'spend_cap': 'numeric(18,4)',
    'amount_spent': 'numeric(18,4)',
    'min_daily_budget': 'numeric(18,4)',
    'created_at': 'timestamptz',
    'is_deleted': 'boolean',
    'is_inferred': 'boolean',
    'extracted_at': 'timestamptz',
} %}

with accounts as (

    select * from {{ ref('stg_meta_ads__ad_accounts') }} where account_id is not null

),

mentioned as (

    select * from {{ ref('int_meta_ads__mentioned_entities') }} where entity_type = 'account'

),

currencies as (

    select * from {{ ref('meta_currencies') }}

),

statuses as (

    select * from {{ ref('meta_account_statuses') }}

),

described as (

    select
        accounts.*,
        coalesce(accounts.currency, mentioned.account_currency) as known_currency
    from accounts
    left join mentioned on mentioned.entity_id = accounts.account_id

),

members as (

    select
        {{ member_columns(columns, {
            'account_id': 'described.account_id',
            'meta_account_id': 'described.account_id',
            'account_name': 'described.account_name',
            'account_status': 'described.account_status',
            'account_status_name': 'statuses.account_status_name',
            'currency': 'described.known_currency',
            'currency_minor_units': 'currencies.minor_units',
            'timezone_name': 'described.timezone_name',
            'timezone_offset_hours': 'described.timezone_offset_hours',
            'business_id': 'described.business_id',
            'business_name': 'described.business_name',
            'country_code': 'described.country_code',
            'spend_cap': from_minor_units('described.spend_cap_minor_units', 'currencies.minor_units'),
            'amount_spent': from_minor_units('described.amount_spent_minor_units', 'currencies.minor_units'),
            'min_daily_budget': from_minor_units('described.min_daily_budget_minor_units', 'currencies.minor_units'),
            'created_at': 'described.created_at',
            'is_deleted': 'described.is_deleted',
            'is_inferred': 'false',
            'extracted_at': 'described.extracted_at',
        }) }}
    from described
    left join currencies on currencies.currency = described.known_currency
    left join statuses on statuses.account_status = described.account_status

),

inferred as (

    select
        {{ member_columns(columns, {
            'account_id': 'mentioned.entity_id',
            'meta_account_id': 'mentioned.entity_id',
            'account_name': 'mentioned.entity_name',
            'currency': 'mentioned.account_currency',
            'currency_minor_units': 'currencies.minor_units',
            'is_deleted': 'false',
            'is_inferred': 'true',
        }) }}
    from mentioned
    left join currencies on currencies.currency = mentioned.account_currency
    left join accounts on accounts.account_id = mentioned.entity_id
    where accounts.account_id is null

),

unknown as (

    select
        {{ member_columns(columns, {
            'account_id': 0,
            'account_name': "'Unknown'",
            'is_deleted': 'false',
            'is_inferred': 'false',
        }) }}

)

select * from members
union all
select * from inferred
union all
select * from unknown
