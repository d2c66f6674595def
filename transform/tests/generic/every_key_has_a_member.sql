{#-
    Fails for every value of a foreign key without a row in the table that it points to. One pass
    for all keys of a model, where dbt's own `relationships` would read a fact once for each.

    Args:
        keys: Column to `model.column`, as in the model's `config.meta.foreign_keys`.
-#}
{% test every_key_has_a_member(model, keys) %}

select
    {%- for column, target in keys.items() %}
    count(case when parent_{{ loop.index }}.{{ target.split('.')[1] }} is null then 1 end) as {{ column }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ model }} as child
{%- for column, target in keys.items() %}
left join (select {{ target.split('.')[1] }} from {{ ref(target.split('.')[0]) }}) as parent_{{ loop.index }}
    on parent_{{ loop.index }}.{{ target.split('.')[1] }} = child.{{ column }}
{%- endfor %}
having false
{%- for column, target in keys.items() %}
    or count(case when parent_{{ loop.index }}.{{ target.split('.')[1] }} is null then 1 end) > 0
{%- endfor %}

{% endtest %}
