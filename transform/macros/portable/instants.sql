{#- A timestamptz as a zoneless timestamp that reads as UTC, whatever the session's zone is. -#}
{% macro to_utc(expression) -%}
    {{ return(adapter.dispatch('to_utc', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__to_utc(expression) -%}
    (({{ expression }}) at time zone 'UTC')
{%- endmacro %}

{#- The timestamptz that a zoneless timestamp in UTC means. -#}
{% macro from_utc(expression) -%}
    {{ return(adapter.dispatch('from_utc', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__from_utc(expression) -%}
    (({{ expression }}) at time zone 'UTC')
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

{#-
    The day of an ad account's calendar that a timestamptz falls on. By the account's offset from
    UTC in hours (UTC where it is null) and not by the name of its zone, which an engine may not
    know. The offset is that of the last extraction, so that a time within an hour of midnight may
    fall on the neighbouring day in the half of the year with the other clock.
-#}
{% macro account_day(expression, offset_hours) -%}
    cast(
        {{ dbt.dateadd('minute', 'cast(coalesce(' ~ offset_hours ~ ', 0) * 60 as integer)', to_utc(expression)) }}
        as date
    )
{%- endmacro %}
