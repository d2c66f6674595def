-- Shows in dbt's own output which checks only warn; see the table for what they found.
{{ config(severity='warn') }}

select * from {{ ref('load_validation') }} where status = 'warn'
