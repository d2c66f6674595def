{#-
    For `pre_hook` of a model that joins by ranges: keeps the engine from nested loops where it has
    another way. Postgres takes about one row out of a join by range, whatever comes out, and then
    reads the next table once for each of what are half a million. Ends with the model's transaction.
-#}
{% macro without_nested_loops() -%}
    {{ return(adapter.dispatch('without_nested_loops', 'meta_ads')()) }}
{%- endmacro %}

{% macro default__without_nested_loops() -%}{%- endmacro %}

{% macro postgres__without_nested_loops() -%}
    set local enable_nestloop = off
{%- endmacro %}

{% macro redshift__without_nested_loops() -%}{%- endmacro %}
