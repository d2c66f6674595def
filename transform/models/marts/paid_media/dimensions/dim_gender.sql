{% set columns = {
    'gender_id': 'bigint',
    'gender': 'text',
} %}

with genders as (

    select * from {{ ref('meta_genders') }}

),

members as (

    select
        {{ member_columns(columns, {
            'gender_id': 'genders.gender_id',
            'gender': 'genders.gender',
        }) }}
    from genders

),

unknown as (

    select
        {{ member_columns(columns, {'gender_id': 0, 'gender': "'Unknown'"}) }}

)

select * from members
union all
select * from unknown
