{#-
    The account-days that an incremental fact has to read again: a whole select of account_id and
    date_id. `available` is a relation of account-days with date_start, received_at and
    source_rows, `loaded` the fact, with received_at and source_rows in each of its rows. A fact of
    several reports has `report` among the `keys`, and both relations have it then.

    With the variables `start_date` or `end_date` it is the days of that range. Otherwise it is
    every account-day whose raw rows are not the ones that the fact was made of, told by the time
    the loader received the newest and by their number. A plain high-water mark would be shorter
    and wrong: two loads that overlap in time are not committed in the order of their stamps, and
    the mark of the one that ended first would hide the rows of the other.
-#}
{% macro changed_account_days(available, loaded, keys=['account_id', 'date_id']) -%}
    {%- if var('start_date') or var('end_date') -%}
    select
        {%- for key in keys %}
        {{ key }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ available }}
    where true
        {%- if var('start_date') %} and date_start >= cast('{{ var("start_date") }}' as date){% endif %}
        {%- if var('end_date') %} and date_start <= cast('{{ var("end_date") }}' as date){% endif %}
    {%- else -%}
    select
        {%- for key in keys %}
        available.{{ key }}{{ ',' if not loop.last }}
        {%- endfor %}
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
