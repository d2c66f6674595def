{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['account_id', 'date_id'],
    on_schema_change='append_new_columns',
) }}
-- `unique_key` is coarser than the grain on purpose: a changed account-day is deleted whole before
-- its rows go in again, so that a row that vanished at Meta vanishes here too.
{% set counts = [
    'impressions', 'clicks', 'inline_link_clicks', 'link_clicks', 'outbound_clicks', 'all_clicks',
    'inline_post_engagement', 'landing_page_views', 'video_views', 'video_plays',
    'video_thruplays', 'video_p25_views', 'video_p50_views', 'video_p75_views', 'video_p95_views',
    'video_p100_views',
] %}
{% set amounts = ['spend', 'leads', 'purchases', 'purchase_value'] %}

with insights as (

    select * from {{ ref('int_meta_ads__ads_insights_current') }}

),

account_days as (

    select * from {{ ref('int_meta_ads__account_days') }} where report = 'ads_insights'

),

changed_days as (

    {% if is_incremental() %}
    {{ changed_account_days('account_days', this) }}
    {% else %}
    select
        account_id,
        date_id
    from account_days
    {% endif %}

),

measured as (

    select
        insights.date_id,
        -- what has no readable id belongs to the Unknown member; its figures must not get lost
        coalesce(insights.account_id, 0) as account_id,
        coalesce(insights.campaign_id, 0) as campaign_id,
        coalesce(insights.adset_id, 0) as adset_id,
        coalesce(insights.ad_id, 0) as ad_id,
        insights.account_currency,
        insights.spend,
        insights.impressions,
        insights.inline_link_clicks,
        action_sums.link_clicks,
        {{ action_list_sum('insights.outbound_clicks') }} as outbound_clicks,
        insights.all_clicks,
        insights.inline_post_engagement,
        action_sums.landing_page_views,
        action_sums.leads,
        action_sums.purchases,
        value_sums.purchase_value,
        action_sums.video_views,
        {{ action_list_sum('insights.video_play_actions') }} as video_plays,
        {{ action_list_sum('insights.video_thruplay_watched_actions') }} as video_thruplays,
        {{ action_list_sum('insights.video_p25_watched_actions') }} as video_p25_views,
        {{ action_list_sum('insights.video_p50_watched_actions') }} as video_p50_views,
        {{ action_list_sum('insights.video_p75_watched_actions') }} as video_p75_views,
        {{ action_list_sum('insights.video_p95_watched_actions') }} as video_p95_views,
        {{ action_list_sum('insights.video_p100_watched_actions') }} as video_p100_views,
        insights.received_at
    from insights
    inner join changed_days
        on changed_days.account_id = coalesce(insights.account_id, 0)
        and changed_days.date_id = insights.date_id
    cross join lateral (
        select
            {{ action_measure('link_clicks') }} as link_clicks,
            {{ action_measure('landing_page_views') }} as landing_page_views,
            {{ action_measure('leads') }} as leads,
            {{ action_measure('purchases') }} as purchases,
            {{ action_measure('video_views') }} as video_views
        from {{ json_elements('insights.actions') }}
    ) as action_sums
    cross join lateral (
        select {{ action_measure('purchases') }} as purchase_value
        from {{ json_elements('insights.action_values') }}
    ) as value_sums

),

cascaded as (

    select
        *,
        {{ click_cascade() }} as clicks,
        {{ click_source() }} as click_source
    from measured

),

-- One row each already, but for the Unknown ad of a day, which may stand for several.
final as (

    select
        date_id,
        account_id,
        campaign_id,
        adset_id,
        ad_id,
        max(account_currency) as account_currency,
        case when min(click_source) = max(click_source) then min(click_source) end as click_source,
        {% for name in counts -%}
        cast(sum({{ name }}) as bigint) as {{ name }},
        {% endfor -%}
        {% for name in amounts -%}
        cast(sum({{ name }}) as numeric(18,4)) as {{ name }},
        {% endfor -%}
        cast(count(*) as integer) as source_rows,
        max(received_at) as received_at
    from cascaded
    group by 1, 2, 3, 4, 5

)

select * from final
