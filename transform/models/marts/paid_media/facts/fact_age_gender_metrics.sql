{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['account_id', 'date_id'],
    on_schema_change='append_new_columns',
) }}
{{ breakdown_fact('ads_insights_age_and_gender', keys={
    'age_group_id': {'listed_in': 'dim_age_group.age_group', 'value': 'age'},
    'gender_id': {'listed_in': 'dim_gender.gender', 'value': 'gender'},
}) }}
