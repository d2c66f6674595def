{#- A timestamptz as a zoneless timestamp that reads as UTC, whatever the session's zone is. -#}
{% macro to_utc(expression) -%}
    {{ return(adapter.dispatch('to_utc', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__to_utc(expression) -%}
    (({{ expression }}) at time zone 'UTC')
{%- endmacro %}

{% macro snowflake__to_utc(expression) -%}
    cast(convert_timezone('UTC', {{ expression }}) as timestamp_ntz)
{%- endmacro %}

{#- A timestamp there has no zone of its own and reads as UTC already. -#}
{% macro bigquery__to_utc(expression) -%}
    ({{ expression }})
{%- endmacro %}

{#- A timestamp there reads as the session's zone, so it is moved by that. -#}
{% macro spark__to_utc(expression) -%}
    to_utc_timestamp({{ expression }}, current_timezone())
{%- endmacro %}

{#- The timestamptz that a zoneless timestamp in UTC means. -#}
{% macro from_utc(expression) -%}
    {{ return(adapter.dispatch('from_utc', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__from_utc(expression) -%}
    (({{ expression }}) at time zone 'UTC')
{%- endmacro %}

{% macro snowflake__from_utc(expression) -%}
    {{ snowflake__to_timestamptz(expression, 'timestamp_ntz') }}
{%- endmacro %}

{% macro bigquery__from_utc(expression) -%}
    ({{ expression }})
{%- endmacro %}

{% macro spark__from_utc(expression) -%}
    from_utc_timestamp({{ expression }}, current_timezone())
{%- endmacro %}

{#- The time of the statement, as a timestamptz. -#}
{% macro now() -%}
    {{ return(adapter.dispatch('now', 'meta_ads')()) }}
{%- endmacro %}

{% macro default__now() -%}
    current_timestamp
{%- endmacro %}

{% macro redshift__now() -%}
    {#- current_timestamp runs on the leader node only, where no table is -#}
    cast(getdate() as timestamptz)
{%- endmacro %}

{#-
    A date or a time so many days, hours, minutes or seconds later. Not dbt's own, which asks Databricks
    for its version while compiling. On some engines the result has no zone any more, and a date becomes
    a time, so it needs a cast; see `later`.
-#}
{% macro moved(expression, count, period) -%}
    {{ return(adapter.dispatch('moved', 'meta_ads')(expression, count, period)) }}
{%- endmacro %}

{% macro default__moved(expression, count, period) -%}
    {{ dbt.dateadd(period, count, expression) }}
{%- endmacro %}

{% macro spark__moved(expression, count, period) -%}
    timestampadd({{ period }}, {{ count }}, {{ expression }})
{%- endmacro %}

{#- A timestamptz so much later. -#}
{% macro later(expression, count, period) -%}
    cast({{ moved(expression, count, period) }} as {{ column_type('timestamptz') }})
{%- endmacro %}

{#-
    Microseconds since 1970 of a timestamptz as bigint: the same number on every engine, where the
    text of a time depends on the engine and on the session's zone.
-#}
{% macro epoch_microseconds(expression) -%}
    {{ return(adapter.dispatch('epoch_microseconds', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__epoch_microseconds(expression) -%}
    epoch_us({{ expression }})
{%- endmacro %}

{% macro postgres__epoch_microseconds(expression) -%}
    cast(extract(epoch from ({{ expression }})) * 1000000 as bigint)
{%- endmacro %}

{% macro snowflake__epoch_microseconds(expression) -%}
    cast(date_part(epoch_microsecond, {{ expression }}) as bigint)
{%- endmacro %}

{% macro bigquery__epoch_microseconds(expression) -%}
    unix_micros({{ expression }})
{%- endmacro %}

{% macro redshift__epoch_microseconds(expression) -%}
    {#- extract gives a float there -#}
    datediff(microsecond, cast('1970-01-01' as timestamp), {{ to_utc(expression) }})
{%- endmacro %}

{% macro spark__epoch_microseconds(expression) -%}
    unix_micros({{ expression }})
{%- endmacro %}

{#-
    The day of an ad account's calendar that a timestamptz falls on. By the account's offset from
    UTC in hours (UTC where it is null) and not by the name of its zone, which an engine may not
    know. The offset is that of the last extraction, so that a time within an hour of midnight may
    fall on the neighbouring day in the half of the year with the other clock.
-#}
{% macro account_day(expression, offset_hours) -%}
    cast(
        {{ moved(to_utc(expression), 'cast(coalesce(' ~ offset_hours ~ ', 0) * 60 as integer)', 'minute') }}
        as date
    )
{%- endmacro %}
