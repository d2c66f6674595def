{#-
    The account-days that a run has to read for a fact, or has to read again if it is incremental: a
    whole select of account_id, date_id and date_start. `available` is a relation of account-days
    with date_start, received_at and source_rows, `loaded` the fact, with received_at and source_rows
    in each of its rows. A fact of several reports has `report` among the `keys`, and both relations
    have it then.

    With the variables `start_date` or `end_date` it is the days of that range. Otherwise it is
    every account-day whose raw rows are not the ones that the fact was made of, told by the time
    the loader received the newest and by their number. A plain high-water mark would be shorter
    and wrong: two loads that overlap in time are not committed in the order of their stamps, and
    the mark of the one that ended first would hide the rows of the other.
-#}
{% macro changed_account_days(available, loaded, keys=['account_id', 'date_id']) -%}
    {%- if not is_incremental() or var('start_date') or var('end_date') -%}
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        date_start
    from {{ available }}
    {%- if is_incremental() %}
    where true
        {%- if var('start_date') %} and date_start >= cast('{{ var("start_date") }}' as date){% endif %}
        {%- if var('end_date') %} and date_start <= cast('{{ var("end_date") }}' as date){% endif %}
    {%- endif %}
    {%- else -%}
    select
        {%- for key in keys %}
        available.{{ key }},
        {%- endfor %}
        available.date_start
    from {{ available }} as available
    left join (
        select
            {%- for key in keys %}
            {{ key }},
            {%- endfor %}
            max(received_at) as received_at,
            sum(source_rows) as source_rows
        from {{ loaded }}
        group by {{ keys | join(', ') }}
    ) as loaded
        on {% for key in keys %}loaded.{{ key }} = available.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    where
        loaded.account_id is null
        or loaded.source_rows <> available.source_rows
        or loaded.received_at <> available.received_at
        -- a loader that leaves no stamp leaves no way to tell, so all is read
        or loaded.received_at is null
        or available.received_at is null
    {%- endif -%}
{%- endmacro %}

{#-
    The from clause of the rows of a report that a run has to read, as `insights`; the query has
    `changed_days` of `changed_account_days` before it. `rows` is a select from the report, where one
    needs columns of its own, and ends where a where clause can follow.
-#}
{% macro from_changed_days(report, rows=none) -%}
    from (
        {{ rows or ('select * from ' ~ ref('int_meta_ads__' ~ report ~ '_current')) }}
        {{ since_the_first_change() }}
    ) as insights
    inner join changed_days
        on changed_days.account_id = coalesce(insights.account_id, 0)
        and changed_days.date_id = insights.date_id
{%- endmacro %}

{#-
    The where clause that spares an incremental run the days before the first of `changed_days`, which
    are most. The join with those days decides; this is what an engine can tell while it reads.
-#}
{% macro since_the_first_change() -%}
    {%- if is_incremental() -%}
    where
        date_start is null
        or date_start >= (select coalesce(min(date_start), {{ no_date() }}) from changed_days)
    {%- endif -%}
{%- endmacro %}

{#-
    The account-days of a report for a test that would take long over all of them: a whole select of
    account_id and date_id. It has those of the last three days of loading, and all of them with
    --full-refresh. The others were tested when they came; what their keys point to, the tests of the
    shorter facts still look up for every day.
-#}
{% macro lately_loaded_days(report) -%}
    select
        account_id,
        date_id
    from {{ ref('int_meta_ads__account_days') }}
    where
        report = '{{ report }}'
        {%- if not flags.FULL_REFRESH %}
        and (
            received_at is null
            or received_at >= (
                select {{ later('max(received_at)', -3, 'day') }}
                from {{ ref('int_meta_ads__account_days') }}
                where report = '{{ report }}'
            )
        )
        {%- endif %}
{%- endmacro %}

{#-
    How a fact is materialized: a table where dbt cannot replace whole account-days, which a merge
    by key is not. BigQuery's adapter knows no `delete+insert`.
-#}
{% macro incremental_or_table() -%}
    {{ return('table' if target.type == 'bigquery' else 'incremental') }}
{%- endmacro %}

{#-
    The strategy of a table that is only added to, or whose `unique_key` is its grain: there BigQuery's
    `merge`, the only one of these that it has, does as `append` and `delete+insert` do.
-#}
{% macro strategy_or_merge(strategy) -%}
    {{ return('merge' if target.type == 'bigquery' else strategy) }}
{%- endmacro %}
