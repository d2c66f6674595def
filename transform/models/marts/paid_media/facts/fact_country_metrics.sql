{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['account_id', 'date_id'],
    on_schema_change='append_new_columns',
) }}
{{ breakdown_fact('ads_insights_country', keys={
    'country_id': {'listed_in': 'dim_country.country_code', 'value': 'country'},
}) }}
