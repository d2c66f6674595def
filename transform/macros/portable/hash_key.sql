{#-
    A 60-bit key out of text columns, the same number on every engine: the first 15 hexadecimal
    digits of an MD5. For dimensions without an id of Meta's (placements, action types). 60 bits
    keep it positive in a bigint and leave 0 to the Unknown member.
-#}
{% macro hash_key(expressions) -%}
    {{ return(adapter.dispatch('hash_key', 'meta_ads')(expressions)) }}
{%- endmacro %}

{% macro default__hash_key(expressions) -%}
    cast('0x' || substr({{ hash_input(expressions) }}, 1, 15) as bigint)
{%- endmacro %}

{% macro postgres__hash_key(expressions) -%}
    cast(cast('x' || substr({{ hash_input(expressions) }}, 1, 15) as bit(60)) as bigint)
{%- endmacro %}

{% macro snowflake__hash_key(expressions) -%}
    cast(to_number(substr({{ hash_input(expressions) }}, 1, 15), 'XXXXXXXXXXXXXXX') as bigint)
{%- endmacro %}

{% macro redshift__hash_key(expressions) -%}
    strtol(substring({{ hash_input(expressions) }}, 1, 15), 16)
{%- endmacro %}

{% macro spark__hash_key(expressions) -%}
    cast(conv(substr({{ hash_input(expressions) }}, 1, 15), 16, 10) as bigint)
{%- endmacro %}

{#- The MD5 of the values with a separator that no name of Meta's contains; null is not ''. -#}
{% macro hash_input(expressions) -%}
    {%- set parts = [] -%}
    {%- for expression in expressions -%}
        {%- do parts.append("coalesce(" ~ as_text(expression) ~ ", '_null_')") -%}
        {%- if not loop.last -%}{%- do parts.append("'|'") -%}{%- endif -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('md5_of_text', 'meta_ads')(dbt.concat(parts))) }}
{%- endmacro %}

{% macro default__md5_of_text(expression) -%}
    {{ dbt.hash(expression) }}
{%- endmacro %}

{% macro redshift__md5_of_text(expression) -%}
    {#- dbt's own casts to text, which is 256 bytes there -#}
    md5({{ expression }})
{%- endmacro %}
