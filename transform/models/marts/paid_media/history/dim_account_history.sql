{% set columns = {
    'account_history_id': 'bigint',
    'account_id': 'bigint',
    'version_number': 'integer',
    'valid_from': 'timestamptz',
    'valid_to': 'timestamptz',
    'is_current': 'boolean',
    'changed_columns': 'text',
    'account_name': 'text',
    'account_status': 'bigint',
    'currency': 'text',
    'timezone_name': 'text',
    'business_id': 'bigint',
    'business_name': 'text',
    'country_code': 'text',
    'spend_cap': 'numeric(18,4)',
    'created_at': 'timestamptz',
    'read_at': 'timestamptz',
    'is_deleted': 'boolean',
} %}
{% set tracked = {
    'account_name': 'text',
    'account_status': 'bigint',
    'currency': 'text',
    'timezone_name': 'text',
    'business_id': 'bigint',
    'business_name': 'text',
    'country_code': 'text',
    'spend_cap_minor_units': 'numeric(28,4)',
    'is_deleted': 'boolean',
} %}

with versions as (

    {{ entity_versions('snap_meta_ads__accounts', 'account_id', tracked) }}

),

currencies as (

    select account_id, currency_minor_units from {{ ref('dim_account') }}

),

-- an entity whose raw row is gone altogether is no member of the dimension; its versions wait in the
-- snapshot until it is one again
members as (

    select
        {{ member_columns(columns, version_values('account', tracked)) }}
    from versions
    inner join currencies on currencies.account_id = versions.account_id

),

unknown as (

    select
        {{ member_columns(columns, unknown_version_values('account')) }}

)

select * from members
union all
select * from unknown
