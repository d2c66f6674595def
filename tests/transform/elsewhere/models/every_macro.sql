-- What the models do not reach with raw tables of the declared types: text in place of everything,
-- and macros that stand ready.
{% set types = ['text', 'bigint', 'integer', 'numeric(18,4)', 'date', 'boolean', 'timestamptz', 'json'] %}

with stored as (

    select
        {{ as_text("'1'") }} as anything,
        {{ to_json_value("'[1]'", 'text') }} as listed,
        current_date as day

),

typed as (

    select
        {% for type in types -%}
        {{ typed_column('stored.anything', column_type('text') | lower, type) }} as column_{{ loop.index }},
        {% endfor -%}
        {{ to_timestamptz('stored.day', 'date') }} as midnight,
        {{ hash_key(['stored.anything', 'stored.day']) }} as hashed,
        {{ json_strings('stored.listed') }} as joined,
        {{ json_text('stored.listed', '7d_click') }} as windowed,
        {{ iso_year('stored.day') }} as iso_year,
        {{ period_end('month', 'stored.day') }} as month_end,
        case when {{ is_distinct('stored.anything', 'null') }} then 1 end as differs
    from stored

),

elements as (

    {{ unnest_json('stored', 'listed', ['anything', 'day']) }}

)

select
    typed.*,
    elements.element_index
from typed
cross join elements
