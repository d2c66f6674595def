{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['action_type', 'attribution_window'],
    on_schema_change='append_new_columns',
    full_refresh=false,
) }}
-- What has ever been seen stays, as facts point to it: also when the raw rows have been pruned since,
-- and through --full-refresh. A run looks at what the loader has received since the last one, and
-- at three days before it: loads that overlap in time are not committed in the order of their
-- stamps, and a bare high-water mark would pass over the types of the one that ended last.
with insights as (

    select * from {{ ref('stg_meta_ads__ads_insights') }}

),

{% if is_incremental() %}
seen as (

    select {{ dbt.dateadd('day', -3, 'max(received_at)') }} as read_since from {{ this }}

),
{% endif %}

{% set new_rows -%}
(
        select insights.*
        from insights
        {% if is_incremental() %}
        cross join seen
        -- a row without a stamp may be new, and without any stamp all may
        where insights.received_at >= seen.read_since
            or insights.received_at is null
            or seen.read_since is null
        {% endif %}
    )
{%- endset %}

entries as (

    {{ action_entries(new_rows, ['received_at']) }}

),

final as (

    select
        cast(action_type as text) as action_type,
        cast(attribution_window as text) as attribution_window,
        {{ action_type_key('action_type') }} as action_type_id,
        {{ hash_key(['attribution_window']) }} as attribution_window_id,
        max(received_at) as received_at
    from entries
    group by action_type, attribution_window

)

select * from final
