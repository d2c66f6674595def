{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['account_id', 'date_id'],
    on_schema_change='append_new_columns',
) }}
{{ breakdown_fact('ads_insights_placement', keys={
    'placement_id': {'hash_of': ['publisher_platform', 'platform_position']},
}) }}
