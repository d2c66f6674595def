-- Money and ids must not pass through binary floats: no column of the marts is one.
select
    table_name,
    column_name,
    data_type
from information_schema.columns
where
    table_schema = '{{ target.schema }}'
    and lower(data_type) in ('real', 'float', 'double', 'double precision', 'float4', 'float8')
-- depends_on: {{ ref('load_validation') }}
