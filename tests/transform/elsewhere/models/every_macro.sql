-- What the models do not reach with raw tables of the declared types: text in place of everything,
-- and macros that stand ready.
{% set types = ['text', 'bigint', 'integer', 'numeric(18,4)', 'date', 'boolean', 'timestamptz', 'json'] %}

with stored as (

    select
        {{ as_text("'1'") }} as anything,
        {{ to_json_value("'[1]'", 'text') }} as listed,
        {{ now() }} as read_at,
        12 as clicks,
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
        {{ json_path_text('stored.listed', ['cards', 0, 'link']) }} as link,
        {{ regex_group('stored.anything', '^(?:a|b)([[:space:]]|[^][x[:space:]]|[[]|[]])') }} as grouped,
        {{ ratio('stored.clicks', 'stored.clicks + 1', 4) }} as rate,
        {{ ratio('stored.clicks', 'stored.clicks + 1', 10, times=1000) }} as fine_rate,
        {{ from_utc(to_utc('stored.read_at')) }} as read_at_again,
        {{ later('stored.read_at', -1, 'second') }} as second_before,
        {{ epoch_seconds('stored.read_at') }} as seconds,
        {{ epoch_microseconds('stored.read_at') }} as microseconds,
        {{ account_day('stored.read_at', '1.5') }} as account_day,
        {{ days_between('stored.day', 'current_date') }} as days,
        {{ digits('stored.anything') }} as digits,
        {{ iso_year('stored.day') }} as iso_year,
        {{ period_end('month', 'stored.day') }} as month_end,
        case when {{ is_distinct('stored.anything', 'null') }} then 1 end as differs
    from stored

),

elements as (

    {{ unnest_json('stored', 'listed', ['anything', 'day']) }}

),

entries as (

    {{ unnest_json_entries('elements', 'element', ['element_index']) }}

)

select
    typed.*,
    entries.element_index,
    entries.key,
    entries.value
from typed
cross join entries
