{#-
    Fails unless the versions of each entity follow each other without gap or overlap: each ends where
    the next begins, and only the last one is current.

    Args:
        key: Column of the entity's id; 0, the Unknown member, is left out.
-#}
{% test one_version_at_a_time(model, key) %}

with versions as (

    select
        {{ key }},
        version_number,
        valid_from,
        valid_to,
        is_current,
        lead(valid_from) over (partition by {{ key }} order by version_number) as next_valid_from
    from {{ model }}
    where {{ key }} <> 0

)

select *
from versions
where
    valid_from is null
    or valid_from >= valid_to
    or is_current <> (next_valid_from is null)
    or valid_to <> coalesce(next_valid_from, {{ no_end() }})

{% endtest %}
