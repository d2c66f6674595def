{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['account_id', 'date_id'],
    on_schema_change='append_new_columns',
) }}
-- By account-day, as the facts are, so that the dimensions have exactly what the facts point to:
-- what stays in the one when raw rows are pruned stays in the other.
with account_days as (

    select * from {{ ref('int_meta_ads__account_days') }} where report = 'ads_insights'

),

{% if is_incremental() %}
loaded_days as (

    select
        account_id,
        date_id,
        max(received_at) as received_at,
        max(source_rows) as source_rows
    from {{ this }}
    group by 1, 2

),
{% endif %}

changed_days as (

    {{ changed_account_days('account_days', 'loaded_days') }}

),

{% set changed_rows -%}
(
        select
            coalesce(insights.account_id, 0) as account_id,
            insights.date_id,
            insights.actions,
            insights.action_values,
            insights.conversions,
            insights.conversion_values
        {{ from_changed_days('ads_insights') }}
        {{ optimization_fence() }}
    )
{%- endset %}

entries as (

    {{ action_entries(changed_rows, ['account_id', 'date_id']) }}

),

pairs as (

    select
        account_id,
        date_id,
        action_type,
        attribution_window
    from entries
    union all
    -- a day on which nobody did anything was read too
    select
        account_id,
        date_id,
        '' as action_type,
        'default' as attribution_window
    from changed_days

),

found as (

    select distinct * from pairs

),

final as (

    select
        found.account_id,
        found.date_id,
        {{ as_text('found.action_type') }} as action_type,
        {{ as_text('found.attribution_window') }} as attribution_window,
        {{ action_type_key('found.action_type') }} as action_type_id,
        {{ hash_key(['found.attribution_window']) }} as attribution_window_id,
        account_days.source_rows,
        account_days.received_at
    from found
    inner join account_days
        on account_days.account_id = found.account_id
        and account_days.date_id = found.date_id

)

select * from final
