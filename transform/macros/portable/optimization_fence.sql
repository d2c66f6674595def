{#-
    Stands at the end of a subquery whose rows are to be found before anything is made of them.

    Postgres takes a join for as selective as its statistics tell, which of tables as new as these
    are none. Left alone it may take the lists of all days apart, to find out only then which few
    days have changed.
-#}
{% macro optimization_fence() -%}
    {{ return(adapter.dispatch('optimization_fence', 'meta_ads')()) }}
{%- endmacro %}

{% macro default__optimization_fence() -%}{%- endmacro %}

{% macro postgres__optimization_fence() -%}
    offset 0
{%- endmacro %}

{% macro redshift__optimization_fence() -%}{%- endmacro %}
