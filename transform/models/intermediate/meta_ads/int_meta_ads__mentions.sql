{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['account_id', 'date_id'],
    on_schema_change='append_new_columns',
) }}
-- By account-day, as the facts are: a run reads the names in the rows of the days that changed, and
-- what facts that outlive their raw rows point to stays known.
{% set named = ['campaign_id', 'campaign_name', 'adset_id', 'adset_name', 'ad_id', 'ad_name'] %}
-- What the rows of a report name besides the account. Any report may be the only one that knows an
-- entity: they are selected one by one, and reach back differently far.
{% set names_of = {
    'campaigns_insights_weekly': ['campaign_id', 'campaign_name'],
    'campaigns_insights_monthly': ['campaign_id', 'campaign_name'],
    'accounts_insights_monthly': [],
} %}

with account_days as (

    -- of all reports together: a week or a month stands on its first day
    select
        account_id,
        date_id,
        min(date_start) as date_start,
        sum(source_rows) as source_rows,
        max(received_at) as received_at
    from {{ ref('int_meta_ads__account_days') }}
    group by 1, 2

),

changed_days as (

    {{ changed_account_days('account_days', this) }}

),

insights as (

    {% for report in insights_reports() %}
    select
        changed_days.account_id,
        changed_days.date_id,
        insights.account_name,
        insights.account_currency,
        {%- for column in named %}
        {%- if column in names_of.get(report, named) %}
        insights.{{ column }},
        {%- else %}
        {{ 'cast(null as bigint)' if column.endswith('_id') else as_text('null') }} as {{ column }},
        {%- endif %}
        {%- endfor %}
        insights.received_at
    {{ from_changed_days(report) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        account_id,
        date_id,
        account_name,
        account_currency,
        {%- for column in named %}
        {{ column }},
        {%- endfor %}
        cast(count(*) as integer) as source_rows,
        max(received_at) as received_at
    from insights
    group by account_id, date_id, account_name, account_currency, {{ named | join(', ') }}

)

select * from final
