{% set columns = {
    'date_id': 'integer',
    'date_day': 'date',
    'date_name': 'text',
    'year_number': 'integer',
    'quarter_number': 'integer',
    'month_number': 'integer',
    'month_name': 'text',
    'day_of_month': 'integer',
    'iso_year': 'integer',
    'iso_week': 'integer',
    'day_of_week': 'integer',
    'day_name': 'text',
    'week_start_day': 'date',
    'month_start_day': 'date',
    'is_weekend': 'boolean',
    'is_month_end': 'boolean',
} %}

{% set today = date_id('current_date') %}

with years as (

    -- from the first with data through this one and the last with data; of the mentions, since they
    -- are kept, as the facts are, where the raw rows are not
    select
        least(coalesce(min(date_id), {{ today }}), {{ today }}) as first_date_id,
        greatest(coalesce(max(date_id), {{ today }}), {{ today }}) as last_date_id
    from {{ ref('int_meta_ads__mentions') }}
    where date_id <> 0

),

bounds as (

    select
        cast({{ dbt.concat(['substr(' ~ as_text('first_date_id') ~ ', 1, 4)', "'-01-01'"]) }} as date) as first_day,
        cast({{ dbt.concat(['substr(' ~ as_text('last_date_id') ~ ', 1, 4)', "'-12-31'"]) }} as date) as last_day
    from years

),

days as (

    {{ date_series(
        '(select first_day from bounds)',
        '(select last_day from bounds)'
    ) }}

),

parts as (

    select
        date_day,
        {{ date_id('date_day') }} as date_id,
        cast(extract(year from date_day) as integer) as year_number,
        cast(extract(quarter from date_day) as integer) as quarter_number,
        cast(extract(month from date_day) as integer) as month_number,
        cast(extract(day from date_day) as integer) as day_of_month,
        {{ iso_year('date_day') }} as iso_year,
        {{ iso_week('date_day') }} as iso_week,
        {{ iso_day_of_week('date_day') }} as day_of_week,
        {{ week_start('date_day') }} as week_start_day,
        {{ period_start('month', 'date_day') }} as month_start_day,
        {{ period_end('month', 'date_day') }} as month_end_day
    from days

),

members as (

    select
        {{ member_columns(columns, {
            'date_id': 'date_id',
            'date_day': 'date_day',
            'date_name': as_text('date_day'),
            'year_number': 'year_number',
            'quarter_number': 'quarter_number',
            'month_number': 'month_number',
            'month_name': name_of('month_number', [
                'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
                'September', 'October', 'November', 'December',
            ]),
            'day_of_month': 'day_of_month',
            'iso_year': 'iso_year',
            'iso_week': 'iso_week',
            'day_of_week': 'day_of_week',
            'day_name': name_of('day_of_week', [
                'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday',
            ]),
            'week_start_day': 'week_start_day',
            'month_start_day': 'month_start_day',
            'is_weekend': 'day_of_week >= 6',
            'is_month_end': 'date_day = month_end_day',
        }) }}
    from parts

),

unknown as (

    select
        {{ member_columns(columns, {'date_id': 0, 'date_name': "'Unknown'"}) }}

)

select * from members
union all
select * from unknown
