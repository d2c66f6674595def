-- Money and ids must not pass through binary floats: no column of the marts is one.
select
    table_name,
    column_name,
    data_type
from {{ columns_of_marts() }}
where
    lower(table_schema) in (lower('{{ target.schema }}'), 'activation')
    and lower(data_type) in ('real', 'float', 'double', 'double precision', 'float4', 'float8', 'float64')
-- depends_on: {{ ref('load_validation') }}
