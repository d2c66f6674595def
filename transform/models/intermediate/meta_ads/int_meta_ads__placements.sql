{{ config(
    materialized='incremental',
    incremental_strategy=strategy_or_merge('append'),
    full_refresh=false,
) }}
{{ accumulated_members(
    'ads_insights_placement',
    'placement_id',
    {'publisher_platform': 'publisher_platform', 'platform_position': 'platform_position'},
    this,
) }}
