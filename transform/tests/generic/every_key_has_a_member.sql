{#-
    Fails for every value of a foreign key without a row in the table that it points to. One pass
    for all keys of a model, where dbt's own `relationships` would read a fact once for each.

    Args:
        keys: Column to `model.column`, as in the model's `config.meta.foreign_keys`.
        report: For a fact that is long, the report it is made of: then only the account-days that
            were loaded lately are looked at, as in `lately_loaded_days`.
-#}
{% test every_key_has_a_member(model, keys, report=none) %}

select
    {%- for column, target in keys.items() %}
    count(case when parent_{{ loop.index }}.{{ target.split('.')[1] }} is null then 1 end) as {{ column }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ model }} as child
{%- if report %}
inner join ({{ lately_loaded_days(report) }}) as lately
    on lately.account_id = child.account_id
    and lately.date_id = child.date_id
{%- endif %}
{%- for column, target in keys.items() %}
left join (select {{ target.split('.')[1] }} from {{ ref(target.split('.')[0]) }}) as parent_{{ loop.index }}
    on parent_{{ loop.index }}.{{ target.split('.')[1] }} = child.{{ column }}
{%- endfor %}
having false
{%- for column, target in keys.items() %}
    or count(case when parent_{{ loop.index }}.{{ target.split('.')[1] }} is null then 1 end) > 0
{%- endfor %}

{% endtest %}
