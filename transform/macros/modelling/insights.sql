{#-
    The reports of the tap that the facts are made of; `int_meta_ads__account_days` has the
    account-days of each.
-#}
{% macro insights_reports() -%}
    {{ return([
        'ads_insights',
        'ads_insights_age_and_gender',
        'ads_insights_country',
        'ads_insights_region',
        'ads_insights_placement',
        'ads_insights_device',
        'campaigns_insights_weekly',
        'campaigns_insights_monthly',
        'accounts_insights_monthly',
    ]) }}
{%- endmacro %}

{#- Those of them whose rows are of a whole week or month, and which it is. All others have days. -#}
{% macro insights_periods() -%}
    {{ return({
        'campaigns_insights_weekly': 'week',
        'campaigns_insights_monthly': 'month',
        'accounts_insights_monthly': 'month',
    }) }}
{%- endmacro %}

{#-
    The rows of a report that still hold: a whole select. The loader upserts by key and never
    deletes, so a row that Meta no longer returns (an ad merged away, a day restated) stays in the
    raw table. It is known by its account-day having been read again without it: the tap reads whole
    days of an account, so of each account-day only the rows of its newest run count. Of a week or a
    month it is the longest period of those that were read of it, and the newest run of that.

    The run is told by `_sdc_sync_started_at`, one value for everything a loader process wrote, and
    not by the times of single records, of which an account-day has as many as rows. Its limits:
      * A day whose every row has vanished leaves no newer row to tell, and its old rows stay.
      * A run that broke off within a day leaves some of its rows new and hides the others until the
        next run, which reads the day again because no state was written for it.
      * Rows without the stamp (the loader's add_record_metadata was off) all count.
      * A month that a `start_date` set later cuts keeps what its last whole reading brought.

    Without CTEs, so that Postgres merges a view of this into the query around it. The subqueries are
    for `dbt build --empty`, which gives each ref an alias of its own.
-#}
{% macro current_rows(report) -%}
{%- set period = insights_periods().get(report) -%}
select
    account_days.date_id,
    insights.*
from (select * from {{ ref('stg_meta_ads__' ~ report) }}) as insights
inner join (select * from {{ ref('int_meta_ads__account_days') }}) as account_days
    on account_days.report = '{{ report }}'
    and account_days.account_id = coalesce(insights.account_id, 0)
    -- by the number and not the date: one is stored, of the other, which may be null, Postgres
    -- knows too little to join by a hash, and would sort a million rows instead
    and account_days.date_id = {{ date_id(period_start(period, 'insights.date_start') if period else 'insights.date_start') }}
where
    not insights.is_deleted
    {%- if period %}
    and not {{ is_distinct('insights.date_start', 'account_days.date_start') }}
    and not {{ is_distinct('insights.date_stop', 'account_days.date_stop') }}
    {%- endif %}
    and (
        account_days.sync_started_at is null
        -- later than the newest is what was loaded since that table was built
        or insights.sync_started_at >= account_days.sync_started_at
    )
{%- endmacro %}
