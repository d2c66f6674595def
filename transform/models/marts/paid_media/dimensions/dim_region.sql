{% set columns = {
    'region_id': 'bigint',
    'region_name': 'text',
} %}

with regions as (

    select * from {{ ref('int_meta_ads__regions') }}

),

members as (

    select
        {{ member_columns(columns, {
            'region_id': 'regions.region_id',
            'region_name': 'regions.region_name',
        }) }}
    from regions

),

unknown as (

    select
        {{ member_columns(columns, {'region_id': 0, 'region_name': "'Unknown'"}) }}

)

select * from members
union all
select * from unknown
