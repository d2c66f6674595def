-- A CRM holds one person several times: an account, a till's receipt, a newsletter. Records with one
-- e-mail address are one person, whose external_id is the oldest of them, deleted or not, so that it
-- stays when a record goes. Without this one record could be added and another removed, and Meta
-- would take both for the same person. Phones do not count: households share them.
with customers as (

    select * from {{ ref('stg_crm__customers') }} where customer_id is not null

),

addressed as (

    select
        *,
        case when email like '%_@_%._%' then lower(trim(email)) end as address
    from customers

),

counted as (

    select
        *,
        -- an address that many records share was typed in to get past a form; it is nobody's own
        coalesce(count(address) over (partition by address) > 5, false) as is_address_shared
    from addressed

),

keyed as (

    select
        *,
        case when not is_address_shared then address end as own_address,
        coalesce(case when not is_address_shared then address end, 'customer ' || customer_id) as person
    from counted

),

final as (

    select
        first_value(customer_id) over (
            partition by person
            order by case when created_at is null then 1 else 0 end, created_at, customer_id
            -- Redshift wants it said
            rows between unbounded preceding and current row
        ) as external_id,
        row_number() over (
            partition by person
            order by
                case when is_deleted then 1 else 0 end,
                case when created_at is null then 1 else 0 end,
                created_at,
                customer_id
        ) as live_first,
        customer_id,
        own_address,
        case when not is_address_shared then email end as email,
        phone,
        first_name,
        last_name,
        gender,
        birth_date,
        city,
        state,
        zip,
        country,
        marketing_consent,
        is_deleted
    from keyed

)

select * from final
