-- Every account, campaign, ad set and ad that something refers to, with the best that is known of
-- it from there: the name in its newest Insights row before a bare id in a child entity. Dimensions
-- take from here the members that their own stream does not have (an ad deleted for good, a stream
-- that was not selected), so that no fact row points into the void.
{% set levels = [
    ('account', 'account_id', 'account_name'),
    ('campaign', 'campaign_id', 'campaign_name'),
    ('adset', 'adset_id', 'adset_name'),
    ('ad', 'ad_id', 'ad_name'),
] %}
with insights as (

    select * from {{ ref('int_meta_ads__mentions') }}

),

campaigns as (

    select * from {{ ref('stg_meta_ads__campaigns') }}

),

ad_sets as (

    select * from {{ ref('stg_meta_ads__ad_sets') }}

),

ads as (

    select * from {{ ref('stg_meta_ads__ads') }}

),

ad_creatives as (

    select * from {{ ref('stg_meta_ads__ad_creatives') }}

),

numbered_ad_days as (

    select
        account_id,
        account_name,
        account_currency,
        campaign_id,
        campaign_name,
        adset_id,
        adset_name,
        ad_id,
        ad_name,
        date_id,
        row_number() over (
            partition by account_id, campaign_id, adset_id, ad_id
            order by date_id desc, account_name, campaign_name, adset_name, ad_name
        ) as newest_first
    from insights

),

newest_ad_days as (

    select * from numbered_ad_days where newest_first = 1

),

mentions as (

    {% for level, id, name in levels %}
    select
        '{{ level }}' as entity_type,
        {{ id }} as entity_id,
        {{ name }} as entity_name,
        account_id,
        campaign_id,
        adset_id,
        account_currency,
        date_id
    from newest_ad_days
    union all
    {% endfor %}
    {% for child, parents in [
        ('ads', ['account', 'campaign', 'adset']),
        ('ad_sets', ['account', 'campaign']),
        ('campaigns', ['account']),
        ('ad_creatives', ['account']),
    ] %}
    {% set child_loop = loop %}
    {% for parent in parents %}
    select
        '{{ parent }}' as entity_type,
        {{ parent }}_id as entity_id,
        {{ as_text('null') }} as entity_name,
        account_id,
        {{ 'campaign_id' if 'campaign' in parents else 'cast(null as bigint)' }} as campaign_id,
        {{ 'adset_id' if 'adset' in parents else 'cast(null as bigint)' }} as adset_id,
        {{ as_text('null') }} as account_currency,
        0 as date_id
    from {{ child }}
    {% if not (child_loop.last and loop.last) %}union all{% endif %}
    {% endfor %}
    {% endfor %}

),

numbered_mentions as (

    select
        *,
        row_number() over (
            partition by entity_type, entity_id
            order by
                case when entity_name is null then 1 else 0 end,
                date_id desc,
                campaign_id,
                adset_id,
                entity_name
        ) as best_first
    from mentions
    where entity_id is not null and entity_id <> 0

),

final as (

    select
        entity_type,
        entity_id,
        entity_name,
        account_id,
        campaign_id,
        adset_id,
        account_currency
    from numbered_mentions
    where best_first = 1

)

select * from final
