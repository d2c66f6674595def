{#-
    A statement that has the engine look at a table that was just built, for a post-hook; nothing
    where the engine does so by itself. Postgres does in its own time, usually after the models that
    read the table, and until then takes a table that thousands of rows are joined to for a tiny one.
-#}
{% macro analyze(relation) -%}
    {{ return(adapter.dispatch('analyze', 'meta_ads')(relation)) }}
{%- endmacro %}

{% macro default__analyze(relation) -%}{%- endmacro %}

{% macro postgres__analyze(relation) -%}
    analyze {{ relation }}
{%- endmacro %}

{% macro redshift__analyze(relation) -%}{%- endmacro %}
