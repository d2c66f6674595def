{% set columns = {
    'event_id': 'text',
    'event_name': 'text',
    'event_time': 'timestamptz',
    'action_source': 'text',
    'event_source_url': 'text',
    'external_id': 'text',
    'email': 'text',
    'phone': 'text',
    'first_name': 'text',
    'last_name': 'text',
    'gender': 'text',
    'birth_date': 'date',
    'city': 'text',
    'state': 'text',
    'zip': 'text',
    'country': 'text',
    'client_ip_address': 'text',
    'client_user_agent': 'text',
    'fbc': 'text',
    'fbp': 'text',
    'lead_id': 'text',
    'value': 'numeric(18,4)',
    'currency': 'text',
    'order_id': 'text',
    'content_ids': 'text',
    'num_items': 'integer',
} %}
{% set identifiers = [
    'email', 'phone', 'first_name', 'last_name', 'gender', 'birth_date', 'city', 'state', 'zip',
    'country',
] %}

with purchases as (

    select * from {{ ref('int_activation__purchases') }}

),

leads as (

    select * from {{ ref('stg_crm__leads') }} where lead_id is not null

),

customers as (

    select * from {{ ref('int_activation__customers') }}

),

people as (

    select * from {{ ref('int_activation__people') }}

),

purchase_events as (

    {% set values = {
        'event_id': "'purchase-' || purchases.order_id",
        'event_name': "'Purchase'",
        'event_time': 'purchases.ordered_at',
        'value': 'purchases.amount',
        'external_id': 'purchases.external_id',
    } -%}
    {% for name in [
        'action_source', 'event_source_url', 'client_ip_address', 'client_user_agent', 'fbc', 'fbp',
        'currency', 'order_id', 'content_ids', 'num_items',
    ] %}{% do values.update({name: 'purchases.' ~ name}) %}{% endfor -%}
    {% for name in identifiers %}{% do values.update({name: 'people.' ~ name}) %}{% endfor -%}
    select
        {{ member_columns(columns, values) }}
    from purchases
    inner join people on people.external_id = purchases.external_id
    where
        people.has_consent
        and not people.is_deleted
        -- Meta refuses a Purchase without them
        and purchases.amount >= 0
        and purchases.currency is not null

),

-- A lead that has become a customer says so, or has a customer's e-mail address.
matched_leads as (

    select
        leads.*,
        case when length(lead_id) between 15 and 18 and {{ digits('lead_id') }} = lead_id then lead_id end
            as meta_lead_id,
        coalesce(customers.external_id, namesakes.external_id) as external_id
    from leads
    left join customers on customers.customer_id = leads.customer_id
    left join people as namesakes on namesakes.own_address = lower(trim(leads.email))

),

lead_events as (

    {% set values = {
        'event_id': "'lead-' || leads.lead_id",
        'event_name': "'Lead'",
        'event_time': 'leads.created_at',
        'action_source': "'system_generated'",
        'external_id': 'leads.external_id',
        'lead_id': 'leads.meta_lead_id',
    } -%}
    {% for name in identifiers %}{% do values.update({name: 'people.' ~ name}) %}{% endfor -%}
    {% for name in ['email', 'phone', 'first_name', 'last_name', 'zip', 'country'] -%}
        {% do values.update({name: 'coalesce(leads.' ~ name ~ ', people.' ~ name ~ ')'}) %}
    {%- endfor -%}
    select
        {{ member_columns(columns, values) }}
    from matched_leads as leads
    left join people on people.external_id = leads.external_id
    where
        leads.marketing_consent
        and not coalesce(leads.is_test, false)
        -- a customer's no, or deletion, holds for what the customer was before
        and (people.external_id is null or (people.has_consent and not people.is_deleted))

),

events as (

    select * from purchase_events
    union all
    select * from lead_events

)

-- Meta refuses a whole request for one event that is too old: over 7 days, and over 62 in a shop. An
-- hour less, since the events are on their way for a while after this.
select *
from events
where
    event_time <= {{ activation_now() }}
    and event_time >= case action_source
        when 'physical_store' then {{ later(activation_now(), -(62 * 24 - 1), 'hour') }}
        else {{ later(activation_now(), -(7 * 24 - 1), 'hour') }}
    end
