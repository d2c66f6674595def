-- Orders that stand: paid, not handed back, no test, and not of the future. What is not paid yet will
-- be one later, under the same order_id.
with orders as (

    select * from {{ ref('stg_crm__orders') }}

),

customers as (

    select * from {{ ref('int_activation__customers') }}

),

final as (

    select
        orders.order_id,
        customers.external_id,
        orders.ordered_at,
        cast({{ to_utc('orders.ordered_at') }} as date) as ordered_on,
        orders.amount,
        orders.amount - coalesce(orders.refunded_amount, 0) as kept_amount,
        orders.currency,
        orders.action_source,
        orders.event_source_url,
        orders.client_ip_address,
        orders.client_user_agent,
        orders.fbc,
        orders.fbp,
        orders.content_ids,
        orders.num_items
    from orders
    left join customers on customers.customer_id = orders.customer_id
    where
        orders.order_status = 'paid'
        and not coalesce(orders.is_test, false)
        and (coalesce(orders.refunded_amount, 0) = 0 or orders.refunded_amount < orders.amount)
        and orders.ordered_at <= {{ activation_now() }}

)

select * from final
