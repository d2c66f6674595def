{#-
    dbt's own answer, but for a compile without a database (`assume_raw_tables`), where it cannot be
    asked whether the table stands: then it stands if the variable `assume_built` says so.
-#}
{% macro is_incremental() -%}
    {%- if execute and var('assume_raw_tables') -%}
        {{ return(var('assume_built') and model.config.materialized == 'incremental') }}
    {%- endif -%}
    {{ return(dbt.is_incremental()) }}
{%- endmacro %}
