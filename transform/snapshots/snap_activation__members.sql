{% snapshot snap_activation__members %}
{{ config(
    unique_key=['audience_name', 'external_id'],
    strategy='check',
    check_cols=['audience_name'],
    hard_deletes='invalidate',
    pre_hook="{{ stop_when_too_many_leave(this, ref('int_activation__members')) }}",
) }}
-- Only the key, so that nothing of a person outlives its deletion from the CRM. A membership has no
-- attributes to change: it begins (a version), ends (the version is closed), and may begin again (a
-- new version). `--full-refresh` leaves snapshots alone.
-- depends_on: {{ ref('int_activation__members') }}
{% if execute and flags.EMPTY and is_snapshot_taken(this) %}
-- `--empty` reads no rows, which must not look as if everybody had left
select
    audience_name,
    external_id
from {{ this }}
where dbt_valid_to is null
{% else %}
select
    audience_name,
    external_id
from {{ ref('int_activation__members') }}
{% endif %}
{% endsnapshot %}
