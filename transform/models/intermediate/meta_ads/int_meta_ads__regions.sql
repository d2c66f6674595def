{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
) }}
{{ accumulated_members(
    'ads_insights_region',
    'region_id',
    {'region_name': 'region'},
    this,
) }}
