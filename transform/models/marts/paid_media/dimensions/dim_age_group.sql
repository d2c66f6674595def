{% set columns = {
    'age_group_id': 'bigint',
    'age_group': 'text',
    'min_age': 'integer',
    'max_age': 'integer',
} %}

with age_groups as (

    select * from {{ ref('meta_age_groups') }}

),

members as (

    select
        {{ member_columns(columns, {
            'age_group_id': 'age_groups.age_group_id',
            'age_group': 'age_groups.age_group',
            'min_age': 'age_groups.min_age',
            'max_age': 'age_groups.max_age',
        }) }}
    from age_groups

),

unknown as (

    select
        {{ member_columns(columns, {'age_group_id': 0, 'age_group': "'Unknown'"}) }}

)

select * from members
union all
select * from unknown
