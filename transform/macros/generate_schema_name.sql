{#-
    The schema of a model: the profile's own when none is configured, the profile's with a suffix
    when the configured name starts with an underscore (`_staging` -> `meta_ads_staging`), and
    otherwise exactly the configured name. dbt's own rule would prefix the latter too, and a
    reverse ETL would look for `activation` and find `meta_ads_activation`.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif custom_schema_name.startswith('_') -%}
        {{ target.schema }}{{ custom_schema_name | trim }}
    {%- else -%}
        {{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
