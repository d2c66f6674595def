-- One row per check. `is_violated` decides; `severity` says what a violation amounts to: an error
-- makes the status `fail` (figures are wrong), a warning `warn` (figures may be incomplete).
{% set named = [
    ('account', 'dim_account', 'account_id', 'account_name'),
    ('campaign', 'dim_campaign', 'campaign_id', 'campaign_name'),
    ('adset', 'dim_adset', 'adset_id', 'adset_name'),
    ('ad', 'dim_ad', 'ad_id', 'ad_name'),
] %}
{% set reconciled = ['spend', 'impressions', 'all_clicks'] %}
{% set breakdowns = ['age_gender', 'country', 'region', 'placement', 'device'] %}

with totals as (

    select
        count(*) as fact_rows,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        count(case when impressions > 0 then 1 end) as rows_with_impressions,
        count(case when impressions > 0 and clicks is null then 1 end) as rows_without_clicks,
        count(case when 0 in (date_id, account_id, campaign_id, adset_id, ad_id) then 1 end) as rows_of_unknown,
        max(received_at) as received_at
    from {{ ref('fact_core_metrics') }}

),

core_days as (

    select
        account_id,
        date_id,
        sum(source_rows) as source_rows,
        {% for name in reconciled -%}
        sum({{ name }}) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fact_core_metrics') }}
    group by 1, 2

),

source_days as (

    select * from {{ ref('int_meta_ads__account_days') }} where report = 'ads_insights'

),

source_totals as (

    select
        coalesce(sum(spend), 0) as spend,
        coalesce(sum(impressions), 0) as impressions,
        coalesce(sum(all_clicks), 0) as all_clicks
    from source_days

),

-- account-days that are gone from the raw tables keep their facts, and have nothing to compare with
compared_totals as (

    select
        coalesce(sum(core_days.spend), 0) as spend,
        coalesce(sum(core_days.impressions), 0) as impressions,
        coalesce(sum(core_days.all_clicks), 0) as all_clicks
    from core_days
    inner join source_days
        on source_days.account_id = core_days.account_id
        and source_days.date_id = core_days.date_id

),

raw_totals as (

    select
        coalesce(sum(unreadable_values), 0) as unreadable_values,
        coalesce(sum(case when report like 'ads_insights%' then rows_of_several_days end), 0)
            as rows_of_several_days
    from {{ ref('int_meta_ads__account_days') }}

),

-- Meta rounds the spend of each row by itself, so that half a hundredth for each row is no
-- difference; in currencies without hundredths half a unit is one. From an account's first day in a
-- breakdown on, a day that the breakdown lacks counts as 0: it was not read on that day, or is no
-- longer. Before that day, and on days that the core fact lacks, there is nothing to compare.
{% for breakdown in breakdowns %}
{{ breakdown }}_days as (

    select
        account_id,
        date_id,
        sum(source_rows) as source_rows,
        sum(spend) as spend,
        sum(impressions) as impressions
    from {{ ref('fact_' ~ breakdown ~ '_metrics') }}
    group by 1, 2

),

{{ breakdown }}_begins as (

    select
        account_id,
        min(date_id) as first_date_id
    from {{ breakdown }}_days
    where date_id <> 0
    group by 1

),

{{ breakdown }}_differences as (

    select count(*) as account_days
    from core_days
    inner join {{ breakdown }}_begins as begins
        on begins.account_id = core_days.account_id
        and begins.first_date_id <= core_days.date_id
    left join {{ breakdown }}_days as breakdown_days
        on breakdown_days.account_id = core_days.account_id
        and breakdown_days.date_id = core_days.date_id
    where
        abs(coalesce(breakdown_days.spend, 0) - coalesce(core_days.spend, 0))
        > 0.005 * (coalesce(breakdown_days.source_rows, 0) + core_days.source_rows)
        or coalesce(breakdown_days.impressions, 0) <> coalesce(core_days.impressions, 0)

),
{% endfor %}

unlisted_values as (

    select
        coalesce(sum(source_rows), 0) as source_rows,
        min(breakdown || ' ' || value) as example
    from {{ ref('int_meta_ads__unlisted_values') }}

),

unknown_currencies as (

    select count(*) as accounts
    from {{ ref('dim_account') }}
    where account_id <> 0 and currency_minor_units is null

),

{% for level, dimension, id, name in named %}
{{ level }}s_without_name as (

    select count(*) as members
    from (select * from {{ ref(dimension) }}) as members
    where
        members.{{ id }} <> 0
        and trim(coalesce(members.{{ name }}, '')) = ''
        and exists (
            select 1 from (select * from {{ ref('fact_core_metrics') }}) as facts
            where facts.{{ id }} = members.{{ id }}
        )

),
{% endfor %}

unlisted_types as (

    select
        count(*) as members,
        min(action_type) as example
    from {{ ref('dim_action_type') }}
    -- custom conversions and events are a user's own, and in nobody's list
    where action_type_id <> 0 and not is_listed and family is null

),

checks as (

    {% for level, dimension, id, name in named %}
    select
        '{{ level }}_names_known' as check_name,
        'warn' as severity,
        members > 0 as is_violated,
        {{ as_text('members') }} as observed,
        '0' as expected,
        'Members of {{ dimension }} that have facts and no name.' as detail
    from {{ level }}s_without_name
    union all
    {% endfor %}
    select
        'facts_present',
        'warn',
        fact_rows = 0,
        {{ as_text('fact_rows') }},
        '> 0',
        'Rows of fact_core_metrics.'
    from totals
    union all
    select
        'members_known',
        'warn',
        rows_of_unknown > 0,
        {{ as_text('rows_of_unknown') }},
        '0',
        'Rows of fact_core_metrics with an Unknown day, account, campaign, ad set or ad.'
    from totals
    union all
    select
        'currencies_known',
        'warn',
        accounts > 0,
        {{ as_text('accounts') }},
        '0',
        'Accounts whose currency is missing or not in meta_currencies, so that their budgets are null.'
    from unknown_currencies
    union all
    select
        'clicks_where_impressions',
        'warn',
        rows_without_clicks > 0,
        {{ as_text('rows_without_clicks') }},
        '0',
        'Rows with impressions and no click field, out of ' || {{ as_text('rows_with_impressions') }} || ' with impressions.'
    from totals
    union all
    select
        'clicks_not_missing',
        'error',
        rows_with_impressions > 0 and rows_without_clicks = rows_with_impressions,
        {{ as_text('rows_with_impressions - rows_without_clicks') }},
        '> 0',
        'Rows with impressions and clicks. None means that no click field is selected in the tap.'
    from totals
    union all
    select
        'ctr_plausible',
        'error',
        coalesce(clicks < 0 or impressions < 0 or clicks > impressions, false),
        coalesce(
            {{ as_text('cast(clicks * 100.0 / nullif(impressions, 0) as numeric(18,4))') }}, 'no impressions'
        ),
        '0 to 100',
        'Clicks per impression over all rows, in percent.'
    from totals
    union all
    select
        'numbers_readable',
        'error',
        unreadable_values > 0,
        {{ as_text('unreadable_values') }},
        '0',
        'Cells of Insights that hold text where a number or a date belongs, and count as absent.'
    from raw_totals
    union all
    select
        'rows_of_one_day',
        'error',
        rows_of_several_days > 0,
        {{ as_text('rows_of_several_days') }},
        '0',
        'Rows of daily reports that span more than a day, which stand on their first day here.'
    from raw_totals
    union all
    {% for name in reconciled %}
    select
        '{{ name }}_matches_source',
        'error',
        compared_totals.{{ name }} <> source_totals.{{ name }},
        {{ as_text('compared_totals.' ~ name) }},
        {{ as_text('source_totals.' ~ name) }},
        'Sum of {{ name }} in fact_core_metrics against the raw rows that hold.'
    from compared_totals
    cross join source_totals
    union all
    {% endfor %}
    {% for breakdown in breakdowns %}
    select
        '{{ breakdown }}_matches_core',
        'warn',
        account_days > 0,
        {{ as_text('account_days') }},
        '0',
        'Account-days on which fact_{{ breakdown }}_metrics, once begun, and fact_core_metrics differ in impressions, or in spend by more than rounding.'
    from {{ breakdown }}_differences
    union all
    {% endfor %}
    select
        'breakdown_values_listed',
        'warn',
        source_rows > 0,
        {{ as_text('source_rows') }},
        '0',
        'Rows whose age, gender, country or device is not in its list and counts as Unknown'
        || coalesce(', such as ' || example || '.', '.')
    from unlisted_values
    union all
    select
        'action_types_listed',
        'warn',
        members > 0,
        {{ as_text('members') }},
        '0',
        'Action types that are not in meta_action_types, and so in no family'
        || coalesce(', such as ' || example || '.', '.')
    from unlisted_types
    union all
    select
        'loaded_lately',
        'warn',
        received_at is null or received_at < {{ hours_ago(var("max_hours_since_load")) }},
        coalesce({{ utc_text('received_at') }}, 'never'),
        'within {{ var("max_hours_since_load") | int }} hours',
        'When the loader received the newest record behind a fact.'
    from totals

)

select
    {{ as_text('check_name') }} as check_name,
    {{ as_text("case when not is_violated then 'pass' when severity = 'error' then 'fail' else 'warn' end") }}
        as status,
    {{ as_text('severity') }} as severity,
    {{ as_text('observed') }} as observed,
    {{ as_text('expected') }} as expected,
    {{ as_text('detail') }} as detail
from checks
