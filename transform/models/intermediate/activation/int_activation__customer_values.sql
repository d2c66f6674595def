-- Amounts of different currencies are never added: a customer is of high value when the purchases in
-- one of them are. The value is told in the first currency of `high_value_minimum`, as Meta compares
-- the values of an audience with each other and knows no currency there.
with purchases as (

    select * from {{ ref('int_activation__purchases') }} where external_id is not null

),

by_currency as (

    select
        external_id,
        currency,
        max(ordered_on) as last_ordered_on,
        cast(
            sum(
                case
                    when ordered_on >= {{ activation_days_ago(var('high_value_days')) }}
                        then kept_amount
                end
            ) as numeric(28,4)
        ) as currency_value
    from purchases
    group by 1, 2

),

final as (

    select
        external_id,
        max(last_ordered_on) as last_ordered_on,
        cast(max(currency_value * {{ worth_of_one('currency') }}) as numeric(18,4)) as lifetime_value,
        count(case when currency_value >= {{ high_value_minimum('currency') }} then 1 end) > 0 as is_high_value
    from by_currency
    group by 1

)

select * from final
