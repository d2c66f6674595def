-- `dbt run` takes no snapshot, so that what stops one has to stop this table by itself.
{{ config(
    pre_hook="{{ stop_when_too_many_leave(ref('snap_activation__members'), ref('int_activation__members')) }}",
) }}
{% set identifiers = [
    'email', 'phone', 'first_name', 'last_name', 'gender', 'birth_date', 'city', 'state', 'zip',
    'country',
] %}
{% set snapshot = ref('snap_activation__members') %}

with members as (

    select * from {{ ref('int_activation__members') }}

),

stays as (

    {% if execute and not is_snapshot_taken(snapshot) -%}
    -- `dbt run` takes no snapshot; before the first one nobody has left
    select
        {{ as_text('null') }} as audience_name,
        {{ as_text('null') }} as external_id,
        cast(null as timestamp) as dbt_valid_from,
        cast(null as timestamp) as dbt_valid_to
    from (select 1 as missing) as stored
    where false
    {%- else -%}
    select
        audience_name,
        external_id,
        dbt_valid_from,
        dbt_valid_to
    from {{ snapshot }}
    {%- endif %}

),

people as (

    select * from {{ ref('int_activation__people') }}

),

customer_values as (

    select * from {{ ref('int_activation__customer_values') }}

),

last_stays as (

    select
        audience_name,
        external_id,
        max({{ from_utc('dbt_valid_from') }}) as entered_at,
        -- null while the last stay lasts
        case when count(*) = count(dbt_valid_to) then max({{ from_utc('dbt_valid_to') }}) end as left_at
    from stays
    group by 1, 2

),

-- Everybody who is a member, and everybody who ever was one. Who left is asked of the members and not
-- of the snapshot's end of the stay, so that a build of this table alone never adds who has withdrawn.
operations as (

    select
        members.audience_name,
        members.external_id,
        'add' as operation,
        case when last_stays.left_at is null then last_stays.entered_at end as entered_at,
        cast(null as {{ column_type('timestamptz') }}) as left_at
    from members
    left join last_stays
        on last_stays.audience_name = members.audience_name
        and last_stays.external_id = members.external_id

    union all

    select
        last_stays.audience_name,
        last_stays.external_id,
        'remove' as operation,
        last_stays.entered_at,
        last_stays.left_at
    from last_stays
    left join members
        on members.audience_name = last_stays.audience_name
        and members.external_id = last_stays.external_id
    where members.external_id is null

),

final as (

    select
        {{ as_text('operations.audience_name') }} as audience_name,
        {{ as_text('operations.external_id') }} as external_id,
        {{ as_text('operations.operation') }} as operation,
        -- all null for who is gone from the CRM: the external_id has to do for the removal
        {% for name in identifiers -%}
        cast(people.{{ name }} as {{ 'date' if name == 'birth_date' else column_type('text') }}) as {{ name }},
        {% endfor -%}
        cast(
            case when operations.audience_name = 'high_value' then customer_values.lifetime_value end
            as numeric(18,4)
        ) as value,
        coalesce(cast({{ to_utc('operations.entered_at') }} as date), {{ activation_today() }}) as member_since,
        operations.left_at
    from operations
    left join people on people.external_id = operations.external_id
    left join customer_values on customer_values.external_id = operations.external_id

)

select * from final
