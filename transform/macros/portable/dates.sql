{#- Day of the week of a date, 1 is Monday and 7 is Sunday. -#}
{% macro iso_day_of_week(expression) -%}
    {{ return(adapter.dispatch('iso_day_of_week', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__iso_day_of_week(expression) -%}
    cast(extract(isodow from {{ expression }}) as integer)
{%- endmacro %}

{% macro snowflake__iso_day_of_week(expression) -%}
    cast(dayofweekiso({{ expression }}) as integer)
{%- endmacro %}

{% macro bigquery__iso_day_of_week(expression) -%}
    mod(extract(dayofweek from {{ expression }}) + 5, 7) + 1
{%- endmacro %}

{% macro redshift__iso_day_of_week(expression) -%}
    cast(mod(cast(extract(dow from {{ expression }}) as integer) + 6, 7) + 1 as integer)
{%- endmacro %}

{% macro spark__iso_day_of_week(expression) -%}
    cast(extract(dayofweek_iso from {{ expression }}) as integer)
{%- endmacro %}

{#- Week of a date by ISO 8601, 1 to 53. -#}
{% macro iso_week(expression) -%}
    {{ return(adapter.dispatch('iso_week', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__iso_week(expression) -%}
    cast(extract(week from {{ expression }}) as integer)
{%- endmacro %}

{% macro snowflake__iso_week(expression) -%}
    cast(weekiso({{ expression }}) as integer)
{%- endmacro %}

{% macro bigquery__iso_week(expression) -%}
    extract(isoweek from {{ expression }})
{%- endmacro %}

{#- The year that the ISO week of a date belongs to. -#}
{% macro iso_year(expression) -%}
    {{ return(adapter.dispatch('iso_year', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__iso_year(expression) -%}
    cast(extract(isoyear from {{ expression }}) as integer)
{%- endmacro %}

{% macro snowflake__iso_year(expression) -%}
    cast(yearofweekiso({{ expression }}) as integer)
{%- endmacro %}

{% macro redshift__iso_year(expression) -%}
    cast(to_char({{ expression }}, 'IYYY') as integer)
{%- endmacro %}

{% macro spark__iso_year(expression) -%}
    cast(extract(yearofweek from {{ expression }}) as integer)
{%- endmacro %}

{#- The Monday on or before a date. -#}
{% macro week_start(expression) -%}
    {{ return(adapter.dispatch('week_start', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__week_start(expression) -%}
    cast({{ dbt.date_trunc('week', expression) }} as date)
{%- endmacro %}

{% macro snowflake__week_start(expression) -%}
    {#- its date_trunc follows a parameter of the session -#}
    dateadd(day, 1 - dayofweekiso({{ expression }}), {{ expression }})
{%- endmacro %}

{% macro bigquery__week_start(expression) -%}
    date_trunc({{ expression }}, isoweek)
{%- endmacro %}

{#- The first day of the week, a Monday, or of the month of a date. -#}
{% macro period_start(period, expression) -%}
    {%- if period == 'week' -%}
    {{ week_start(expression) }}
    {%- else -%}
    cast({{ dbt.date_trunc(period, expression) }} as date)
    {%- endif -%}
{%- endmacro %}

{#- The last day of the month or the year of a date. -#}
{% macro period_end(period, expression) -%}
    {{ return(adapter.dispatch('period_end', 'meta_ads')(period, expression)) }}
{%- endmacro %}

{% macro default__period_end(period, expression) -%}
    cast({{ dbt.last_day(expression, period) }} as date)
{%- endmacro %}

{% macro spark__period_end(period, expression) -%}
    {#- dbt's own asks the cluster for its version while compiling -#}
    {%- if period == 'year' -%}
    make_date(year({{ expression }}), 12, 31)
    {%- else -%}
    last_day({{ expression }})
    {%- endif -%}
{%- endmacro %}

{#- How many days the second of two dates is after the first. -#}
{% macro days_between(first_day, last_day) -%}
    {{ return(adapter.dispatch('days_between', 'meta_ads')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, last_day) -%}
    {{ dbt.datediff(first_day, last_day, 'day') }}
{%- endmacro %}

{% macro bigquery__days_between(first_day, last_day) -%}
    date_diff({{ last_day }}, {{ first_day }}, day)
{%- endmacro %}

{% macro spark__days_between(first_day, last_day) -%}
    {#- dbt's own asks the cluster for its version while compiling -#}
    datediff({{ last_day }}, {{ first_day }})
{%- endmacro %}
