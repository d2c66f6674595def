{#-
    The select list of one kind of member of a dimension: all of `columns` (name to type), in that
    order, out of `values` (name to SQL), null where `values` has none.

    A dimension is a union of members that Meta described, members only inferred, and the Unknown
    one. A union goes by position; one list of columns for all three leaves no room for two columns
    of a type to change places.
-#}
{% macro member_columns(columns, values) -%}
    {%- for name in values if name not in columns -%}
        {{ exceptions.raise_compiler_error(name ~ " is not among the columns of this dimension.") }}
    {%- endfor -%}
    {%- for name, data_type in columns.items() %}
        cast({{ values.get(name, 'null') }} as {{ column_type(data_type) }}) as {{ name }}
        {%- if not loop.last %},{% endif %}
    {%- endfor -%}
{%- endmacro %}
