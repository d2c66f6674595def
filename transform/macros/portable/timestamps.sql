{#-
    A column of type `raw_type` as timestamptz, null where it cannot be read.

    A zoneless column needs a zone. target-postgres creates `timestamp` columns and sends values
    with their offset, which Postgres turns into the session's time zone; reading them in a
    session of the same server and role is the exact inverse. DuckDB's session zone is that of
    the machine it happens to run on, so there UTC is the only answer that does not move.
-#}
{% macro to_timestamptz(expression, raw_type) -%}
    {{ return(adapter.dispatch('to_timestamptz', 'meta_ads')(expression, raw_type)) }}
{%- endmacro %}

{% macro default__to_timestamptz(expression, raw_type) -%}
    {%- if raw_type.startswith(('timestamp', 'date')) -%}
    cast({{ expression }} as {{ column_type('timestamptz') }})
    {%- else -%}
    {{ try_cast(as_text(expression), 'timestamptz') }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__to_timestamptz(expression, raw_type) -%}
    {%- if raw_type in ('timestamp with time zone', 'timestamptz') -%}
    {{ expression }}
    {%- elif raw_type.startswith(('timestamp', 'date')) -%}
    (cast({{ expression }} as timestamp) at time zone 'UTC')
    {%- else -%}
    {{ try_cast(as_text(expression), 'timestamptz') }}
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__to_timestamptz(expression, raw_type) -%}
    {%- if raw_type.startswith(('timestamp_tz', 'timestamp_ltz', 'timestamptz')) -%}
    cast({{ expression }} as timestamptz)
    {%- elif raw_type.startswith(('timestamp', 'date')) -%}
    to_timestamp_tz(
        to_varchar(cast({{ expression }} as timestamp_ntz), 'YYYY-MM-DD HH24:MI:SS.FF6') || ' +0000',
        'YYYY-MM-DD HH24:MI:SS.FF6 TZHTZM'
    )
    {%- else -%}
    {{ default__to_timestamptz(expression, raw_type) }}
    {%- endif -%}
{%- endmacro %}

{% macro redshift__to_timestamptz(expression, raw_type) -%}
    {{ return(duckdb__to_timestamptz(expression, raw_type)) }}
{%- endmacro %}

{#- A time that Meta shows for "not set": the last second before 1970. Read as null. -#}
{% macro set_time(expression) -%}
    case
        when {{ expression }} > cast('1970-01-01 00:00:00+00' as {{ column_type('timestamptz') }})
            then {{ expression }}
    end
{%- endmacro %}

{#- One row a day from the first to the last date, both date expressions, as column `date_day`. -#}
{% macro date_series(first_day, last_day) -%}
    {{ return(adapter.dispatch('date_series', 'meta_ads')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__date_series(first_day, last_day) -%}
    {#- dbt.date_spine would ask the database for the range while compiling; a fixed number line
        of 120 years needs no connection. -#}
    select cast({{ dbt.dateadd('day', 'numbers.generated_number - 1', first_day) }} as date) as date_day
    from ({{ dbt.generate_series(43830) }}) as numbers
    where {{ dbt.dateadd('day', 'numbers.generated_number - 1', first_day) }} <= {{ last_day }}
{%- endmacro %}

{% macro postgres__date_series(first_day, last_day) -%}
    select cast(days.date_day as date) as date_day
    from generate_series({{ first_day }}, {{ last_day }}, interval '1 day') as days (date_day)
{%- endmacro %}

{% macro duckdb__date_series(first_day, last_day) -%}
    {{ return(postgres__date_series(first_day, last_day)) }}
{%- endmacro %}

{% macro redshift__date_series(first_day, last_day) -%}
    {#- its generate_series runs on the leader node only, where no table is -#}
    {{ return(default__date_series(first_day, last_day)) }}
{%- endmacro %}

{% macro bigquery__date_series(first_day, last_day) -%}
    select date_day
    from unnest(generate_date_array({{ first_day }}, {{ last_day }})) as date_day
{%- endmacro %}

{% macro spark__date_series(first_day, last_day) -%}
    select date_add({{ first_day }}, cast(numbers.generated_number - 1 as int)) as date_day
    from ({{ dbt.generate_series(43830) }}) as numbers
    where numbers.generated_number <= datediff({{ last_day }}, {{ first_day }}) + 1
{%- endmacro %}

{#- A date as the integer yyyymmdd, 0 (the Unknown member of dim_date) for null. -#}
{% macro date_id(expression) -%}
    coalesce(
        cast(
            extract(year from {{ expression }}) * 10000
            + extract(month from {{ expression }}) * 100
            + extract(day from {{ expression }})
            as integer
        ),
        0
    )
{%- endmacro %}

{#-
    The name that stands at a 1-based position of a list, as text. Spelled out, because the
    engines' own month and day names depend on the server's locale.
-#}
{% macro name_of(expression, names) -%}
    case {{ expression }}
    {%- for name in names %} when {{ loop.index }} then '{{ name }}'{% endfor %}
    end
{%- endmacro %}

{#- A date that stands for none where dates are compared, as null equals nothing. -#}
{% macro no_date() -%}
    cast('0001-01-01' as date)
{%- endmacro %}

{#- The moment a whole number of hours ago. -#}
{% macro hours_ago(hours) -%}
    {{ return(adapter.dispatch('hours_ago', 'meta_ads')(hours | int)) }}
{%- endmacro %}

{% macro default__hours_ago(hours) -%}
    current_timestamp - interval '{{ hours }} hours'
{%- endmacro %}

{% macro snowflake__hours_ago(hours) -%}
    dateadd(hour, -{{ hours }}, current_timestamp)
{%- endmacro %}

{% macro bigquery__hours_ago(hours) -%}
    timestamp_sub(current_timestamp(), interval {{ hours }} hour)
{%- endmacro %}

{% macro redshift__hours_ago(hours) -%}
    dateadd(hour, -{{ hours }}, getdate())
{%- endmacro %}

{% macro spark__hours_ago(hours) -%}
    current_timestamp() - interval {{ hours }} hours
{%- endmacro %}

{#- A timestamptz as text in UTC, to be read by people. -#}
{% macro utc_text(expression) -%}
    {{ return(adapter.dispatch('utc_text', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__utc_text(expression) -%}
    {{ as_text(expression ~ " at time zone 'UTC'") }} || ' UTC'
{%- endmacro %}

{% macro snowflake__utc_text(expression) -%}
    to_varchar(convert_timezone('UTC', {{ expression }}), 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
{%- endmacro %}

{% macro bigquery__utc_text(expression) -%}
    format_timestamp('%F %T UTC', {{ expression }}, 'UTC')
{%- endmacro %}

{% macro spark__utc_text(expression) -%}
    date_format(to_utc_timestamp({{ expression }}, current_timezone()), 'yyyy-MM-dd HH:mm:ss') || ' UTC'
{%- endmacro %}
