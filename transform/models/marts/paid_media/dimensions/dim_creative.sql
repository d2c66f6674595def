{% set columns = {
    'creative_id': 'bigint',
    'meta_creative_id': 'text',
    'account_id': 'bigint',
    'creative_name': 'text',
    'title': 'text',
    'body': 'text',
    'object_type': 'text',
    'call_to_action_type': 'text',
    'link_url': 'text',
    'url_host': 'text',
    'url_path': 'text',
    'url_tags': 'text',
    'utm_source': 'text',
    'utm_medium': 'text',
    'utm_campaign': 'text',
    'utm_term': 'text',
    'utm_content': 'text',
    'image_url': 'text',
    'video_id': 'bigint',
    'effective_object_story_id': 'text',
    'is_deleted': 'boolean',
    'is_inferred': 'boolean',
    'extracted_at': 'timestamptz',
} %}
-- Where the specification of a post holds what the creative itself may leave out, the likeliest
-- first: a post with a link or of several cards, a video, a catalogue's template.
{% set specified = {
    'title': [
        ['link_data', 'name'],
        ['video_data', 'title'],
        ['template_data', 'name'],
    ],
    'body': [
        ['link_data', 'message'],
        ['video_data', 'message'],
        ['template_data', 'message'],
        ['photo_data', 'caption'],
        ['text_data', 'message'],
    ],
    'call_to_action_type': [
        ['link_data', 'call_to_action', 'type'],
        ['video_data', 'call_to_action', 'type'],
        ['template_data', 'call_to_action', 'type'],
    ],
    'link_url': [
        ['link_data', 'link'],
        ['video_data', 'call_to_action', 'value', 'link'],
        ['template_data', 'link'],
        ['link_data', 'call_to_action', 'value', 'link'],
        ['link_data', 'child_attachments', 0, 'link'],
    ],
} %}

with creatives as (

    select * from {{ ref('stg_meta_ads__ad_creatives') }} where creative_id is not null

),

ads as (

    select * from {{ ref('stg_meta_ads__ads') }} where creative_id is not null

),

completed as (

    select
        creative_id,
        account_id,
        creative_name,
        {% for name, paths in specified.items() -%}
        coalesce(
            nullif(trim({{ name }}), '')
            {%- for path in paths %},
            nullif(trim({{ json_path_text('object_story_spec', path) }}), '')
            {%- endfor %}
        ) as {{ name }},
        {% endfor -%}
        object_type,
        url_tags,
        image_url,
        video_id,
        effective_object_story_id,
        is_deleted,
        extracted_at
    from creatives

),

parsed as (

    select
        *,
        {{ url_host('link_url') }} as url_host,
        {{ url_path('link_url') }} as url_path,
        {{ url_query('link_url') }} as link_query
    from completed

),

-- Meta adds the tags to the link when it is clicked, so they come first.
tagged as (

    select
        *,
        {% for name in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] -%}
        coalesce(
            {{ query_parameter('url_tags', name) }},
            {{ query_parameter('link_query', name) }}
        ) as {{ name }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from parsed

),

members as (

    select
        {{ member_columns(columns, {
            'creative_id': 'creative_id',
            'meta_creative_id': 'creative_id',
            'account_id': 'coalesce(account_id, 0)',
            'creative_name': 'creative_name',
            'title': 'title',
            'body': 'body',
            'object_type': 'object_type',
            'call_to_action_type': 'call_to_action_type',
            'link_url': 'link_url',
            'url_host': 'url_host',
            'url_path': 'url_path',
            'url_tags': 'url_tags',
            'utm_source': 'utm_source',
            'utm_medium': 'utm_medium',
            'utm_campaign': 'utm_campaign',
            'utm_term': 'utm_term',
            'utm_content': 'utm_content',
            'image_url': 'image_url',
            'video_id': 'video_id',
            'effective_object_story_id': 'effective_object_story_id',
            'is_deleted': 'is_deleted',
            'is_inferred': 'false',
            'extracted_at': 'extracted_at',
        }) }}
    from tagged

),

-- A creative that was left out of the stream, or that is gone at Meta while its ads are not.
mentioned as (

    select
        ads.creative_id,
        max(ads.account_id) as account_id
    from ads
    left join creatives on creatives.creative_id = ads.creative_id
    where creatives.creative_id is null and ads.creative_id <> 0
    group by 1

),

inferred as (

    select
        {{ member_columns(columns, {
            'creative_id': 'creative_id',
            'meta_creative_id': 'creative_id',
            'account_id': 'coalesce(account_id, 0)',
            'is_deleted': 'false',
            'is_inferred': 'true',
        }) }}
    from mentioned

),

unknown as (

    select
        {{ member_columns(columns, {
            'creative_id': 0,
            'account_id': 0,
            'creative_name': "'Unknown'",
            'is_deleted': 'false',
            'is_inferred': 'false',
        }) }}

)

select * from members
union all
select * from inferred
union all
select * from unknown
