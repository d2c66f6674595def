{#-
    A raw table with the columns of `columns`, in those types: a whole select. Types are the
    engine's, and `json` for its JSON type.

    A column that the table lacks (a field that was not selected in the tap) is a null of its type,
    and a table that does not exist (a stream that was not selected) is an empty relation, so that
    neither breaks the build. Columns that nobody asked for are left alone. Nothing is asked of the
    database while parsing, and a compile without any raw table works. With the variable
    `assume_raw_tables` nothing is asked at all.

    Besides these columns there is `_unreadable_values`: how many cells of the row hold
    text that could not be read as the declared type and therefore came out null.
-#}
{% macro typed_source(source_name, table_name, columns) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- if not execute -%}
    select * from {{ relation }}
    {%- else -%}
    {%- set raw = raw_columns(source_name, table_name) -%}
    {#- a loader may have made them in upper case, as Snowflake does with names without quotes -#}
    {%- set stored_names = {} -%}
    {%- for name in raw -%}{%- do stored_names.update({name | lower: name}) -%}{%- endfor -%}
    {%- set unreadable = [] -%}
    select
    {%- for name, data_type in columns.items() %}
        {%- if name in stored_names %}
            {%- set stored = 'stored.' ~ adapter.quote(stored_names[name]) %}
            {%- set raw_type = raw[stored_names[name]] | lower %}
            {%- set typed = typed_column(stored, raw_type, data_type) %}
            {%- if is_checked_on_reading(raw_type, data_type) %}
                {%- do unreadable.append([stored, typed]) %}
            {%- endif %}
        {%- else %}
            {%- set typed = 'cast(null as ' ~ column_type(data_type) ~ ')' %}
        {%- endif %}
        {{ typed }} as {{ name }},
    {%- endfor %}
        0
        {%- for stored, typed in unreadable %}
        + case when trim({{ stored }}) <> '' and {{ typed }} is null then 1 else 0 end
        {%- endfor %} as _unreadable_values
    from {% if raw %}(select * from {{ relation }}) as stored{% else %}(select 1 as missing) as stored where false{% endif %}
    {%- endif -%}
{%- endmacro %}

{#-
    The columns that the raw table really has, name to type; empty when there is no such table.
    With the variable `assume_raw_tables` it is what the source declares, so that `dbt compile` needs
    no database. A macro of its own because a unit test, whose input is no table, has to say what is
    there.
-#}
{% macro raw_columns(source_name, table_name) -%}
    {%- if var('assume_raw_tables') -%}
        {{ return(declared_columns(source_name, table_name)) }}
    {%- endif -%}
    {%- set declared = source(source_name, table_name) -%}
    {%- set relation = adapter.get_relation(declared.database, declared.schema, declared.identifier) -%}
    {%- set columns = {} -%}
    {%- if relation is not none -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do columns.update({column.name: column.dtype}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}

{#- The columns that a source declares in YAML, as a loader would have made them. -#}
{% macro declared_columns(source_name, table_name) -%}
    {%- set columns = {} -%}
    {%- for declared in graph.sources.values()
        if declared.source_name == source_name and declared.name == table_name -%}
        {%- for column in declared.columns.values() -%}
            {%- do columns.update({unquoted_name(column.name): column_type(column.data_type)}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#- One raw column as the declared type. -#}
{% macro typed_column(expression, raw_type, data_type) -%}
    {%- if data_type == 'json' -%}
    {{ to_json_value(expression, raw_type) }}
    {%- elif data_type == 'timestamptz' -%}
    {{ to_timestamptz(expression, raw_type) }}
    {%- elif not is_checked_on_reading(raw_type, data_type) -%}
    cast({{ expression }} as {{ column_type(data_type) }})
    {%- elif data_type == 'bigint' -%}
    {{ try_cast_count(expression) }}
    {%- else -%}
    {{ try_cast(expression, data_type) }}
    {%- endif -%}
{%- endmacro %}

{#- Whether a raw column is text that has to turn out a number, a date or a flag. -#}
{% macro is_checked_on_reading(raw_type, data_type) -%}
    {{ return(
        is_text(raw_type)
        and data_type not in ('text', 'json', 'timestamptz')
    ) }}
{%- endmacro %}
