{#-
    Stops a run whose variables cannot be meant, before anything is built. A day such as `yesterday`
    is one to Postgres and an error in the middle of the run elsewhere.
-#}
{% macro require_variables() -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'test') -%}
        {%- set complaint = variables_complaint() -%}
        {%- if complaint -%}{{ exceptions.raise_compiler_error(complaint) }}{%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- What is wrong with the variables, in one sentence; empty when nothing is. -#}
{% macro variables_complaint() -%}
    {%- set complaints = [] -%}
    {%- for name in ['start_date', 'end_date', 'activation_today', 'crm_example_today'] -%}
        {%- set day = var(name) if name.endswith('date') else named_day(name) -%}
        {%- if day and not modules.re.fullmatch('[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])', day | string) -%}
            {%- do complaints.append("The variable " ~ name ~ " must be a day as YYYY-MM-DD, not " ~ day ~ ".") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not complaints and var('start_date') and var('end_date') and var('start_date') | string > var('end_date') | string -%}
        {%- do complaints.append(
            "The variable start_date, " ~ var('start_date') ~ ", must not be after end_date, " ~ var('end_date') ~ "."
        ) -%}
    {%- endif -%}
    {%- for name in ['max_hours_since_load', 'high_value_days', 'lapsed_after_days'] -%}
        {%- if var(name) is not number or var(name) is boolean or var(name) <= 0 -%}
            {%- do complaints.append("The variable " ~ name ~ " must be a number above 0, not " ~ var(name) ~ ".") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set ratio = var('max_leaving_ratio') -%}
    {%- if ratio is not number or ratio is boolean or ratio < 0 or ratio > 1 -%}
        {%- do complaints.append("The variable max_leaving_ratio must be a number from 0 to 1, not " ~ ratio ~ ".") -%}
    {%- endif -%}
    {{ return(complaints[0] if complaints else '') }}
{%- endmacro %}
