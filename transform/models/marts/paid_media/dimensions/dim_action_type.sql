{% set columns = {
    'action_type_id': 'bigint',
    'action_type': 'text',
    'action_type_name': 'text',
    'family': 'text',
    'channel': 'text',
    'is_rollup': 'boolean',
    'custom_conversion_id': 'bigint',
    'is_listed': 'boolean',
} %}
-- What can be told of a type that the seed does not list by how its name is built: family, channel
-- and whether it repeats other types. The first pattern that fits counts. Where none says so,
-- `is_rollup` is null and never false: the type may repeat others, and `where not is_rollup` leaves
-- it out then. These repeat others: custom conversions, which count events that are counted anyway;
-- custom events by name, beside the type that counts all of them; omni_* and *_total, the totals of
-- all channels; onsite_web_* and onsite_app_*, cuts across channels with the pixel's events in them;
-- and offsite_*_add_*, a website's events with others added to them.
{% set custom_conversion = 'offsite_conversion.custom.' %}
{#- (pattern, family, channel, is_rollup) -#}
{% set patterns = [
    (custom_conversion ~ '%', "'custom_conversion'", "'any'", 'true'),
    ('offsite_conversion.fb_pixel_custom.%', "'custom_event'", "'website'", 'true'),
    ('app_custom_event.other.%', "'custom_event'", "'app'", 'true'),
    ('offsite_conversion.%', 'null', "'website'", 'null'),
    ('app_custom_event.%', 'null', "'app'", 'null'),
    ('onsite_conversion.%', 'null', "'on_meta'", 'null'),
    ('offline_conversion.%', 'null', "'offline'", 'null'),
    ('omni_%', 'null', "'any'", 'true'),
    ('%_total', 'null', "'any'", 'true'),
    ('onsite_web_%', 'null', "'any'", 'true'),
    ('onsite_app_%', 'null', "'any'", 'true'),
    ('offsite_%_add_%', 'null', "'any'", 'true'),
    ('%_website', 'null', "'website'", 'null'),
    ('%_mobile_app', 'null', "'app'", 'null'),
    ('%_on_facebook', 'null', "'on_meta'", 'null'),
    ('%_offline', 'null', "'offline'", 'null'),
] %}
{% set judged = {} %}
{% for attribute in ['family', 'channel', 'is_rollup'] %}
{% set place = loop.index %}
{% set cases -%}
case
    {%- for pattern in patterns %}
            when unlisted.action_type like '{{ pattern[0] }}' then {{ pattern[place] }}
    {%- endfor %}
        end
{%- endset %}
{% do judged.update({attribute: cases}) %}
{% endfor %}

with listed as (

    select * from {{ ref('meta_action_types') }}

),

seen as (

    select distinct
        action_type,
        action_type_id
    from {{ ref('int_meta_ads__action_types') }}
    where action_type <> ''

),

custom_conversions as (

    select
        custom_conversion_id,
        max(custom_conversion_name) as custom_conversion_name
    from {{ ref('stg_meta_ads__custom_conversions') }}
    where custom_conversion_id is not null
    group by 1

),

unlisted as (

    select
        seen.action_type_id,
        seen.action_type,
        case
            when seen.action_type like '{{ custom_conversion }}%'
                then {{ try_cast("substr(seen.action_type, " ~ (custom_conversion | length + 1) ~ ")", 'bigint') }}
        end as custom_conversion_id
    from seen
    left join listed on listed.action_type = seen.action_type
    where listed.action_type is null

),

listed_members as (

    select
        {{ member_columns(columns, {
            'action_type_id': hash_key(['listed.action_type']),
            'action_type': 'listed.action_type',
            'action_type_name': 'listed.action_type_name',
            'family': 'listed.family',
            'channel': 'listed.channel',
            'is_rollup': 'listed.is_rollup',
            'is_listed': 'true',
        }) }}
    from listed

),

unlisted_members as (

    select
        {{ member_columns(columns, {
            'action_type_id': 'unlisted.action_type_id',
            'action_type': 'unlisted.action_type',
            'action_type_name':
                "coalesce(nullif(trim(custom_conversions.custom_conversion_name), ''), unlisted.action_type)",
            'family': judged.family,
            'channel': judged.channel,
            'is_rollup': judged.is_rollup,
            'custom_conversion_id': 'unlisted.custom_conversion_id',
            'is_listed': 'false',
        }) }}
    from unlisted
    left join custom_conversions
        on custom_conversions.custom_conversion_id = unlisted.custom_conversion_id

),

unknown as (

    select
        {{ member_columns(columns, {
            'action_type_id': 0,
            'action_type_name': "'Unknown'",
            'is_listed': 'false',
        }) }}

)

select * from listed_members
union all
select * from unlisted_members
union all
select * from unknown
