{#-
    The staging of an Insights report: its raw table with `columns` (name to type), renamed as the
    marts name them. A whole select.

    Without CTEs: Postgres does not merge a view that has one into the query around it, and would
    parse every list of every row of every day for a sum of spend.
-#}
{% macro staged_insights(table_name, columns) -%}
    {#- Meta's `clicks` are clicks of every kind; the star schema's are link clicks first. -#}
    {%- set renamed = {'clicks': 'all_clicks'} -%}
select
    {%- for name in columns if not name.startswith('_sdc_') %}
    {%- if name.endswith('_id') %}
    {{ meta_id(name) }} as {{ name }},
    {%- elif name in renamed %}
    {{ name }} as {{ renamed[name] }},
    {%- else %}
    {{ name }},
    {%- endif %}
    {%- endfor %}
    _unreadable_values as unreadable_values,
    _sdc_deleted_at is not null as is_deleted,
    _sdc_extracted_at as extracted_at,
    _sdc_received_at as received_at,
    _sdc_sync_started_at as sync_started_at
from (
    {{ typed_source('tap_meta_ads', table_name, columns) }}
) as source
{%- endmacro %}
