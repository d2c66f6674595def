{% set columns = {
    'placement_id': 'bigint',
    'publisher_platform': 'text',
    'platform_position': 'text',
    'placement_name': 'text',
    'surface': 'text',
} %}
{% set platforms = {
    'facebook': 'Facebook',
    'instagram': 'Instagram',
    'messenger': 'Messenger',
    'audience_network': 'Audience Network',
    'threads': 'Threads',
    'whatsapp': 'WhatsApp',
    'unknown': 'Unknown platform',
} %}
-- Meta's word for a position, without the platform that some carry in front (instagram_stories),
-- to how a person reads it and to the surface. Any other position is read as its words, on `other`.
{% set positions = {
    'feed': ('Feed', 'feed'),
    'profile_feed': ('profile feed', 'feed'),
    'video_feeds': ('video feeds', 'feed'),
    'biz_disco_feed': ('Business Explore', 'feed'),
    'stories': ('Stories', 'stories'),
    'story': ('Stories', 'stories'),
    'status': ('Status', 'stories'),
    'reels': ('Reels', 'reels'),
    'reels_overlay': ('ads on Reels', 'reels'),
    'profile_reels': ('profile Reels', 'reels'),
    'search': ('search results', 'search'),
    'explore': ('Explore', 'explore'),
    'explore_home': ('Explore home', 'explore'),
    'explore_grid_home': ('Explore home', 'explore'),
    'marketplace': ('Marketplace', 'marketplace'),
    'inbox': ('inbox', 'messages'),
    'sponsored_messages': ('sponsored messages', 'messages'),
    'instream_video': ('in-stream video', 'in-stream'),
    'right_hand_column': ('right column', 'right column'),
    'an_classic': ('native, banner and interstitial', 'audience network'),
    'rewarded_video': ('rewarded video', 'audience network'),
    'notification': ('notifications', 'other'),
    'unknown': ('unknown position', 'other'),
} %}

with placements as (

    select * from {{ ref('int_meta_ads__placements') }}

),

positioned as (

    select
        placement_id,
        publisher_platform,
        platform_position,
        case
            when substr(platform_position, 1, length(publisher_platform) + 1) = publisher_platform || '_'
                then substr(platform_position, length(publisher_platform) + 2)
            else platform_position
        end as own_position
    from placements

),

named as (

    select
        placement_id,
        publisher_platform,
        platform_position,
        case publisher_platform
            {%- for platform, name in platforms.items() %}
            when '{{ platform }}' then '{{ name }}'
            {%- endfor %}
            else replace(publisher_platform, '_', ' ')
        end as platform_name,
        case own_position
            {%- for position, (name, surface) in positions.items() %}
            when '{{ position }}' then '{{ name }}'
            {%- endfor %}
            else replace(own_position, '_', ' ')
        end as position_name,
        case
            -- other people's apps and sites, whatever the position there
            when publisher_platform = 'audience_network' then 'audience network'
            {%- for position, (name, surface) in positions.items() %}
            when own_position = '{{ position }}' then '{{ surface }}'
            {%- endfor %}
            else 'other'
        end as surface
    from positioned

),

members as (

    select
        {{ member_columns(columns, {
            'placement_id': 'named.placement_id',
            'publisher_platform': 'named.publisher_platform',
            'platform_position': 'named.platform_position',
            'placement_name': "named.platform_name || ' ' || named.position_name",
            'surface': 'named.surface',
        }) }}
    from named

),

unknown as (

    select
        {{ member_columns(columns, {'placement_id': 0, 'placement_name': "'Unknown'"}) }}

)

select * from members
union all
select * from unknown
