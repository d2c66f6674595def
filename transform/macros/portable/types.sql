{#-
    The engine's name of a type. Models and macros name types as Postgres does; only those that an
    engine lacks or means differently stand in its list. `json` is the engine's JSON type.
-#}
{% macro column_type(data_type) -%}
    {{ return(adapter.dispatch('type_names', 'meta_ads')().get(data_type, data_type)) }}
{%- endmacro %}

{% macro default__type_names() -%}{{ return({}) }}{%- endmacro %}

{% macro postgres__type_names() -%}{{ return({'json': 'jsonb'}) }}{%- endmacro %}

{% macro snowflake__type_names() -%}{{ return({'json': 'variant'}) }}{%- endmacro %}

{% macro bigquery__type_names() -%}
    {#- BigQuery's timestamp is an instant, its datetime has no zone; its numeric has nine decimals. -#}
    {{ return({
        'text': 'string',
        'timestamptz': 'timestamp',
        'numeric(18,10)': 'bignumeric(18,10)',
        'numeric(18,12)': 'bignumeric(18,12)',
    }) }}
{%- endmacro %}

{% macro redshift__type_names() -%}
    {#- Redshift's text is varchar(256), and a cast to it cuts off what is longer. -#}
    {{ return({'json': 'super', 'text': 'varchar(65535)'}) }}
{%- endmacro %}

{% macro spark__type_names() -%}
    {#- JSON as text, which every runtime reads: a variant needs a newer one, and cannot be built. -#}
    {{ return({'json': 'string', 'text': 'string', 'timestamptz': 'timestamp'}) }}
{%- endmacro %}

{#- Anything as text; `cast(... as text)` would be an unknown type on some engines. -#}
{% macro as_text(expression) -%}
    cast({{ expression }} as {{ column_type('text') }})
{%- endmacro %}

{#- A number with decimals, which no engine may take for a float. -#}
{% macro decimal(number) -%}
    {{ return(adapter.dispatch('decimal', 'meta_ads')(number)) }}
{%- endmacro %}

{% macro default__decimal(number) -%}{{ return(number) }}{%- endmacro %}

{% macro bigquery__decimal(number) -%}{{ return("bignumeric '" ~ number ~ "'") }}{%- endmacro %}

{#- Whether a type, as the adapter tells it, is text. -#}
{% macro is_text(raw_type) -%}
    {{ return((raw_type | lower).split('(')[0] in ('text', 'varchar', 'character varying', 'string')) }}
{%- endmacro %}

{#- How the engine writes a name that was created without quotes. -#}
{% macro unquoted_name(name) -%}
    {{ return(adapter.dispatch('unquoted_name', 'meta_ads')(name)) }}
{%- endmacro %}

{% macro default__unquoted_name(name) -%}{{ return(name) }}{%- endmacro %}

{% macro snowflake__unquoted_name(name) -%}{{ return(name | upper) }}{%- endmacro %}

{#- Whether two values differ, where null equals null and nothing else. -#}
{% macro is_distinct(left, right) -%}
    {{ return(adapter.dispatch('is_distinct', 'meta_ads')(left, right)) }}
{%- endmacro %}

{% macro default__is_distinct(left, right) -%}
    {{ left }} is distinct from {{ right }}
{%- endmacro %}

{% macro redshift__is_distinct(left, right) -%}
    coalesce({{ left }} <> {{ right }}, {{ left }} is not null or {{ right }} is not null)
{%- endmacro %}

{#- The engine's list of the columns in a schema, by default that of the marts, to select from. -#}
{% macro columns_of_marts(schema=none) -%}
    {{ return(adapter.dispatch('columns_of_marts', 'meta_ads')(schema or target.schema)) }}
{%- endmacro %}

{% macro default__columns_of_marts(schema) -%}
    information_schema.columns
{%- endmacro %}

{% macro bigquery__columns_of_marts(schema) -%}
    {{ adapter.quote(target.database) }}.{{ adapter.quote(schema) }}.information_schema.columns
{%- endmacro %}
