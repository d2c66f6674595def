{#- The digits 0 to 9 of a text, in their order. -#}
{% macro digits(expression) -%}
    {{ return(adapter.dispatch('digits', 'meta_ads')(expression)) }}
{%- endmacro %}

{% macro default__digits(expression) -%}
    regexp_replace({{ expression }}, '[^0-9]', '')
{%- endmacro %}

{#- The others replace the first one only, unless told. -#}
{% macro postgres__digits(expression) -%}
    regexp_replace({{ expression }}, '[^0-9]', '', 'g')
{%- endmacro %}

{% macro duckdb__digits(expression) -%}
    {{ return(postgres__digits(expression)) }}
{%- endmacro %}

{% macro redshift__digits(expression) -%}
    {{ return(default__digits(expression)) }}
{%- endmacro %}

{#- A text without the blanks around it, null when nothing is left. -#}
{% macro filled(expression) -%}
    nullif(trim({{ expression }}), '')
{%- endmacro %}
