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
    insights.value,
    cast(count(*) as bigint) as source_rows
-- what is listed goes first, which is all or nearly all: the rest is soon counted
from (
    select {{ known_value(breakdown) }} as value
    from {{ ref('int_meta_ads__' ~ report ~ '_current') }}
) as insights
left join (select * from {{ ref(seed) }}) as listed
    on listed.{{ column }} = insights.value
where insights.value is not null and listed.{{ column }} is null
group by insights.value
{% if not loop.last %}union all{% endif %}
{% endfor %}
