{#-
    Says after a build what load_validation found: a line with the counts, and one for each check
    that did not pass. Says nothing when this command has not built the table.
-#}
{% macro summarise_load_validation() -%}
    {%- if execute and flags.WHICH in ('run', 'build') and flags.EMPTY is not true -%}
        {%- set built = [] -%}
        {%- for result in results
            if result.node.resource_type == 'model'
            and result.node.name == 'load_validation'
            and result.status == 'success' -%}
            {%- do built.append(result.node.relation_name) -%}
        {%- endfor -%}
        {%- if built -%}
            {%- set checks = run_query(
                "select status, check_name, observed, expected from " ~ built[0]
                ~ " order by case status when 'fail' then 1 when 'warn' then 2 else 3 end, check_name"
            ).rows -%}
            {%- set counts = {'pass': 0, 'warn': 0, 'fail': 0} -%}
            {%- for check in checks -%}
                {%- do counts.update({check[0]: counts[check[0]] + 1}) -%}
            {%- endfor -%}
            {%- do log(
                "load_validation: " ~ counts['pass'] ~ " pass, " ~ counts['warn'] ~ " warn, "
                ~ counts['fail'] ~ " fail", info=true
            ) -%}
            {%- for check in checks if check[0] != 'pass' -%}
                {%- do log(
                    "load_validation: " ~ check[0] ~ " " ~ check[1] ~ ": " ~ check[2] ~ ", expected " ~ check[3],
                    info=true
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
