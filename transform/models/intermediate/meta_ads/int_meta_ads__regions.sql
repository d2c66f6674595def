{{ config(
    materialized='incremental',
    incremental_strategy=strategy_or_merge('append'),
    full_refresh=false,
) }}
{{ accumulated_members(
    'ads_insights_region',
    'region_id',
    {'region_name': 'region'},
    this,
) }}
