-- Of the breakdowns that have a list, the values that are not in it, other than `unknown`.
{% set breakdowns = [
    ('ads_insights_age_and_gender', 'age', 'meta_age_groups', 'age_group'),
    ('ads_insights_age_and_gender', 'gender', 'meta_genders', 'gender'),
    ('ads_insights_country', 'country', 'iso_countries', 'country_code'),
    ('ads_insights_device', 'device_platform', 'meta_device_platforms', 'device_platform'),
] %}

{% for report, breakdown, seed, column in breakdowns %}
select
    '{{ breakdown }}' as breakdown,
    counted.value,
    counted.source_rows
from (
    select
        {{ known_value(breakdown) }} as value,
        cast(count(*) as bigint) as source_rows
    from {{ ref('int_meta_ads__' ~ report ~ '_current') }}
    group by 1
) as counted
left join (select * from {{ ref(seed) }}) as listed
    on listed.{{ column }} = counted.value
where counted.value is not null and listed.{{ column }} is null
{% if not loop.last %}union all{% endif %}
{% endfor %}
