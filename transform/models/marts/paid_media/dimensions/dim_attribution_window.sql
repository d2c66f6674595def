{% set columns = {
    'attribution_window_id': 'bigint',
    'attribution_window': 'text',
    'attribution_window_name': 'text',
    'click_days': 'integer',
    'view_days': 'integer',
    'kind': 'text',
    'sort_order': 'integer',
    'is_listed': 'boolean',
} %}

with listed as (

    select * from {{ ref('meta_attribution_windows') }}

),

seen as (

    select distinct
        attribution_window,
        attribution_window_id
    from {{ ref('int_meta_ads__action_types') }}

),

listed_members as (

    select
        {{ member_columns(columns, {
            'attribution_window_id': hash_key(['listed.attribution_window']),
            'attribution_window': 'listed.attribution_window',
            'attribution_window_name': 'listed.attribution_window_name',
            'click_days': 'listed.click_days',
            'view_days': 'listed.view_days',
            'kind': 'listed.kind',
            'sort_order': 'listed.sort_order',
            'is_listed': 'true',
        }) }}
    from listed

),

unlisted_members as (

    select
        {{ member_columns(columns, {
            'attribution_window_id': 'seen.attribution_window_id',
            'attribution_window': 'seen.attribution_window',
            'attribution_window_name': 'seen.attribution_window',
            'is_listed': 'false',
        }) }}
    from seen
    left join listed on listed.attribution_window = seen.attribution_window
    where listed.attribution_window is null

),

unknown as (

    select
        {{ member_columns(columns, {
            'attribution_window_id': 0,
            'attribution_window_name': "'Unknown'",
            'is_listed': 'false',
        }) }}

)

select * from listed_members
union all
select * from unlisted_members
union all
select * from unknown
