-- Who belongs to which audience now. The snapshot remembers this, so there is nothing here but keys.
with people as (

    select *
    from {{ ref('int_activation__people') }}
    where has_consent and not is_deleted and is_identifiable

),

customer_values as (

    select * from {{ ref('int_activation__customer_values') }}

),

final as (

    select
        {{ as_text("'high_value'") }} as audience_name,
        people.external_id
    from people
    inner join customer_values on customer_values.external_id = people.external_id
    where customer_values.is_high_value

    union all

    select
        {{ as_text("'lapsed'") }} as audience_name,
        people.external_id
    from people
    inner join customer_values on customer_values.external_id = people.external_id
    where customer_values.last_ordered_on < {{ activation_days_ago(var('lapsed_after_days')) }}

)

select * from final
