-- Money and ids must not pass through binary floats: no column of the marts is one.
{% for schema in [target.schema, 'activation'] %}
select
    table_name,
    column_name,
    data_type
from {{ columns_of_marts(schema) }}
where
    lower(table_schema) = lower('{{ schema }}')
    and lower(data_type) in ('real', 'float', 'double', 'double precision', 'float4', 'float8', 'float64')
{% if not loop.last %}union all{% endif %}
{% endfor %}
-- depends_on: {{ ref('load_validation') }}
