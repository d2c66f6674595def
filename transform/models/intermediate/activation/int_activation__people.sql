{# A blank cell of the record that speaks for a person is filled from the person's other records, #}
{% set personal = ['email', 'phone', 'first_name', 'last_name', 'gender', 'birth_date'] %}
{# but not the parts of an address, since two halves of two addresses are none. #}
{% set address = ['city', 'state', 'zip', 'country'] %}

with customers as (

    select * from {{ ref('int_activation__customers') }}

),

people as (

    select
        external_id,
        max(own_address) as own_address,
        {% for name in personal -%}
        coalesce(
            max(case when live_first = 1 then {{ name }} end),
            max(case when not is_deleted then {{ name }} end)
        ) as {{ name }},
        {% endfor -%}
        {% for name in address -%}
        max(case when live_first = 1 then {{ name }} end) as {{ name }},
        {% endfor -%}
        count(case when not is_deleted then 1 end) = 0 as is_deleted,
        -- one record's yes is enough, and one record's no is the last word
        count(case when not is_deleted and marketing_consent then 1 end) > 0
        and count(case when not is_deleted and not marketing_consent then 1 end) = 0 as has_consent
    from customers
    group by 1

),

final as (

    select
        *,
        -- what Meta can tell a person by; an external_id alone is known to nobody but us
        coalesce(
            email like '%_@_%._%'
            or length({{ regex_group(digits('phone'), '^0*([0-9]*)') }}) >= 7
            or (
                first_name is not null
                and last_name is not null
                and (zip is not null or birth_date is not null)
            ),
            false
        ) as is_identifiable
    from people

)

select * from final
