{#- Fails unless the dimension, whose key the test stands at, has exactly one member 0. -#}
{% test one_unknown_member(model, column_name) %}

select count(*) as members
from {{ model }}
where {{ column_name }} = 0
having count(*) <> 1

{% endtest %}
