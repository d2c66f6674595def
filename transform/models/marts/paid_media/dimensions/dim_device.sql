{% set columns = {
    'device_id': 'bigint',
    'device_platform': 'text',
    'device_name': 'text',
} %}

with device_platforms as (

    select * from {{ ref('meta_device_platforms') }}

),

members as (

    select
        {{ member_columns(columns, {
            'device_id': 'device_platforms.device_id',
            'device_platform': 'device_platforms.device_platform',
            'device_name': 'device_platforms.device_name',
        }) }}
    from device_platforms

),

unknown as (

    select
        {{ member_columns(columns, {'device_id': 0, 'device_name': "'Unknown'"}) }}

)

select * from members
union all
select * from unknown
