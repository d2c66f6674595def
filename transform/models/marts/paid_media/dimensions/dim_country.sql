{% set columns = {
    'country_id': 'bigint',
    'country_code': 'text',
    'country_alpha3': 'text',
    'country_name': 'text',
} %}

with countries as (

    select * from {{ ref('iso_countries') }}

),

members as (

    select
        {{ member_columns(columns, {
            'country_id': 'countries.country_id',
            'country_code': 'countries.country_code',
            'country_alpha3': 'countries.country_alpha3',
            'country_name': 'countries.country_name',
        }) }}
    from countries

),

unknown as (

    select
        {{ member_columns(columns, {'country_id': 0, 'country_name': "'Unknown'"}) }}

)

select * from members
union all
select * from unknown
