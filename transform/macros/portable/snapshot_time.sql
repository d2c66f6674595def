{#-
    dbt's own time of a snapshot is the clock of the session's zone without the zone, which moves with
    the machine and with daylight saving. Here it is UTC on every engine.
-#}
{% macro default__snapshot_get_time() -%}
    {{ to_utc(now()) }}
{%- endmacro %}
