{#-
    A day that a variable names, or else an environment variable: META_ADS_ and its name in capitals.
    Runners such as Meltano hand on the environment, and no `--vars`. Empty where neither is set.
-#}
{% macro named_day(name) -%}
    {{ return(var(name) or env_var('META_ADS_' ~ name | upper, '')) }}
{%- endmacro %}

{#- The day that activation counts back from, in UTC: `activation_today`, else today. -#}
{% macro activation_today() -%}
    {%- if named_day('activation_today') -%}
    cast('{{ named_day("activation_today") }}' as date)
    {%- else -%}
    cast({{ to_utc(now()) }} as date)
    {%- endif -%}
{%- endmacro %}

{#-
    The moment that ages of events are counted from: the time of the build, and the end of the day
    when `activation_today` names one.
-#}
{% macro activation_now() -%}
    {%- if named_day('activation_today') -%}
    {{ later(
        "cast('" ~ named_day('activation_today') ~ " 00:00:00+00:00' as " ~ column_type('timestamptz') ~ ")", 24, 'hour'
    ) }}
    {%- else -%}
    {{ now() }}
    {%- endif -%}
{%- endmacro %}

{#- The first of the last `days` days, all of which are at most that many days before today. -#}
{% macro activation_days_ago(days) -%}
    cast({{ moved(activation_today(), '-1 * ' ~ days, 'day') }} as date)
{%- endmacro %}

{#-
    A time of the example CRM, which tells how many days before `crm_example_today`, else before
    today, and when on that day, in UTC.
-#}
{% macro example_time(days_ago, time_of_day) -%}
    {%- set named = named_day('crm_example_today') -%}
    {%- set today = "cast('" ~ named ~ "' as date)" if named else activation_today() -%}
    {%- set day = 'cast(' ~ moved(today, '-1 * ' ~ days_ago, 'day') ~ ' as date)' -%}
    cast(
        {{ as_text(day) }} || ' ' || {{ time_of_day }} || '+00:00'
        as {{ column_type('timestamptz') }}
    )
{%- endmacro %}

{#-
    What makes a customer one of high value in a currency, by `high_value_minimum`; null for a
    currency that it does not name.
-#}
{% macro high_value_minimum(currency) -%}
    cast(
        case {{ currency }}
        {%- for code, minimum in var('high_value_minimum').items() %} when '{{ code }}' then {{ decimal(minimum) }}
        {%- endfor %}
        end as numeric(18,4)
    )
{%- endmacro %}

{#-
    How many of the first currency of `high_value_minimum` one of this currency is worth, going by
    the minimums. Divided here and not in SQL, since DuckDB divides decimals as floats.
-#}
{% macro worth_of_one(currency) -%}
    {%- set minimums = var('high_value_minimum') -%}
    {%- set base = minimums.values() | first -%}
    cast(
        case {{ currency }}
        {%- for code, minimum in minimums.items() %} when '{{ code }}' then {{ decimal('%.12f' | format(base / minimum)) }}
        {%- endfor %}
        end as {{ column_type('numeric(18,12)') }}
    )
{%- endmacro %}

{#-
    Stops a build in which more than `max_leaving_ratio` of an audience's members would leave it: an
    empty or half-loaded CRM looks just like customers who left, and would have them all removed at
    Meta. Ten or fewer say nothing and pass.

    Args:
        snapshot: The relation of the snapshot.
        members: The relation of the members as they are now.
-#}
{% macro stop_when_too_many_leave(snapshot, members) -%}
    {%- if execute and not flags.EMPTY and is_snapshot_taken(snapshot) -%}
        {%- set counts = run_query(leaving_sql(snapshot, members)).rows -%}
        {%- for audience, before, leaving in counts
            if leaving > 10 and leaving > before * var('max_leaving_ratio') -%}
            {{ exceptions.raise_compiler_error(
                leaving ~ " of the " ~ before ~ " members of the audience " ~ audience ~ " would leave it, which is "
                ~ "more than the variable max_leaving_ratio (" ~ var('max_leaving_ratio') ~ ") allows. Look at the CRM's "
                ~ "tables; if it is right, build once with --vars '{max_leaving_ratio: 1}'."
            ) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Per audience how many are members by the snapshot, and how many of them no longer are. -#}
{% macro leaving_sql(snapshot, members) -%}
    select
        before.audience_name,
        count(*) as members,
        count(case when members.external_id is null then 1 end) as leaving
    from {{ snapshot }} as before
    left join {{ members }} as members
        on members.audience_name = before.audience_name
        and members.external_id = before.external_id
    where before.dbt_valid_to is null
    group by 1
    order by 1
{%- endmacro %}
