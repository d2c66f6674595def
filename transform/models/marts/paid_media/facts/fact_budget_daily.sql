{{ config(pre_hook="{{ without_nested_loops() }}") }}
-- Spend against budget: a row per day and campaign or ad set that carried a budget. Days are settled
-- by what was so at the end of the day in the account's own calendar.
{% set carries_budget = "(coalesce(daily_budget, 0) > 0 or coalesce(lifetime_budget, 0) > 0)" %}

with accounts as (

    select * from {{ ref('dim_account') }}

),

dates as (

    select date_id from {{ ref('dim_date') }} where date_id <> 0

),

campaign_history as (

    select * from {{ ref('dim_campaign_history') }} where campaign_history_id <> 0

),

adset_history as (

    select * from {{ ref('dim_adset_history') }} where adset_history_id <> 0

),

-- the only pass over the ads' days; both levels are sums of this
adset_days as (

    select
        account_id,
        campaign_id,
        adset_id,
        date_id,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        min(click_source) as first_source,
        max(click_source) as last_source,
        count(case when clicks is not null and click_source is null then 1 end) as mixed_rows
    from {{ ref('fact_core_metrics') }}
    where date_id <> 0
    group by 1, 2, 3, 4

),

account_bounds as (

    select
        account_id,
        min(date_id) as first_date_id,
        max(date_id) as last_date_id
    from adset_days
    group by 1

),

delivered as (

    {% for level in ['campaign', 'adset'] %}
    select
        '{{ level }}' as budget_level,
        {{ level }}_id as entity_id,
        date_id,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        case
            when min(first_source) = max(last_source) and sum(mixed_rows) = 0 then min(first_source)
        end as click_source
    from adset_days
    where {{ level }}_id <> 0
    group by 2, 3
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

versions as (

    {% for level, end_column in [('campaign', 'stop_at'), ('adset', 'end_at')] %}
    select
        '{{ level }}' as budget_level,
        {{ level }}_id as entity_id,
        {{ level }}_history_id as history_id,
        campaign_id,
        account_id,
        version_number,
        valid_from,
        valid_to,
        is_current,
        is_deleted,
        effective_status,
        daily_budget,
        lifetime_budget,
        created_at,
        coalesce(start_at, created_at) as start_at,
        {{ end_column }} as end_at
    from {{ level }}_history
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- From the day that a version began on until the one that the next began on, without that, it is what
-- the days ended with; that is none for one that lasted within a day. The first one also stands for
-- all days before it.
version_days as (

    select
        versions.*,
        accounts.currency,
        {{ account_day('versions.valid_from', 'accounts.timezone_offset_hours') }} as read_day,
        case
            when versions.version_number = 1 then {{ no_date() }}
            else {{ account_day('versions.valid_from', 'accounts.timezone_offset_hours') }}
        end as from_day,
        case
            when versions.is_current then cast('9999-12-31' as date)
            else {{ account_day('versions.valid_to', 'accounts.timezone_offset_hours') }}
        end as until_day,
        {{ account_day('versions.created_at', 'accounts.timezone_offset_hours') }} as created_day,
        {{ account_day('versions.start_at', 'accounts.timezone_offset_hours') }} as start_day,
        -- the end is exclusive: a schedule that ends at midnight has its last day before it
        {{ account_day(
            later('versions.end_at', -1, 'second'), 'accounts.timezone_offset_hours'
        ) }} as last_day
    from versions
    left join accounts on accounts.account_id = versions.account_id

),

holding_versions as (

    select
        *,
        {{ date_id('read_day') }} as read_date_id,
        {{ date_id('from_day') }} as from_date_id,
        {{ date_id('until_day') }} as until_date_id,
        -- 0 where it is not known when it was created or began, and so no bound
        {{ date_id('created_day') }} as created_date_id,
        {{ date_id('start_day') }} as start_date_id,
        case when last_day is null then 99991231 else {{ date_id('last_day') }} end as last_date_id,
        {{ carries_budget }} as carries_budget,
        case
            when start_day <= last_day then {{ days_between('start_day', 'last_day') }} + 1
        end as scheduled_days
    from version_days

),

active_days as (

    select
        holding_versions.budget_level,
        holding_versions.entity_id,
        dates.date_id
    from holding_versions
    inner join account_bounds on account_bounds.account_id = holding_versions.account_id
    inner join dates
        on dates.date_id >= account_bounds.first_date_id
        and dates.date_id <= account_bounds.last_date_id
        and dates.date_id >= holding_versions.from_date_id
        and dates.date_id < holding_versions.until_date_id
        and dates.date_id >= holding_versions.created_date_id
        and dates.date_id >= holding_versions.start_date_id
        and dates.date_id <= holding_versions.last_date_id
    where
        holding_versions.carries_budget
        and holding_versions.effective_status = 'ACTIVE'
        and not holding_versions.is_deleted

),

active_or_delivered_days as (

    select
        budget_level,
        entity_id,
        date_id
    from active_days
    union all
    select
        budget_level,
        entity_id,
        date_id
    from delivered
    where spend <> 0

),

-- in two steps, as one engine has no `union distinct` and another no `union`
entity_days as (

    select distinct
        budget_level,
        entity_id,
        date_id
    from active_or_delivered_days

),

spent as (

    select
        entity_days.budget_level,
        entity_days.entity_id,
        entity_days.date_id,
        -- Meta sends no row where nothing was delivered; what it left out of a row it sent stays null
        case when delivered.entity_id is null then 0 else delivered.spend end as spend,
        case when delivered.entity_id is null then 0 else delivered.impressions end as impressions,
        case when delivered.entity_id is null then 0 else delivered.clicks end as clicks,
        delivered.click_source,
        sum(case when delivered.entity_id is null then 0 else delivered.spend end) over (
            partition by entity_days.budget_level, entity_days.entity_id
            order by entity_days.date_id
            -- Redshift wants it said
            rows between unbounded preceding and current row
        ) as spend_to_date
    from entity_days
    left join delivered
        on delivered.budget_level = entity_days.budget_level
        and delivered.entity_id = entity_days.entity_id
        and delivered.date_id = entity_days.date_id

),

budgeted as (

    select
        spent.*,
        holding_versions.account_id,
        holding_versions.campaign_id,
        holding_versions.history_id,
        holding_versions.currency,
        holding_versions.effective_status,
        -- only the first version reaches back before its reading
        spent.date_id < holding_versions.read_date_id as is_backcast,
        nullif(holding_versions.daily_budget, 0) as daily_budget,
        nullif(holding_versions.lifetime_budget, 0) as lifetime_budget,
        case
            when holding_versions.daily_budget > 0 then holding_versions.daily_budget
            when holding_versions.scheduled_days is null then null
            when spent.date_id < holding_versions.start_date_id or spent.date_id > holding_versions.last_date_id then 0
            else {{ ratio('holding_versions.lifetime_budget', 'holding_versions.scheduled_days', 4) }}
        end as planned_spend
    from spent
    inner join holding_versions
        on holding_versions.budget_level = spent.budget_level
        and holding_versions.entity_id = spent.entity_id
        and spent.date_id >= holding_versions.from_date_id
        and spent.date_id < holding_versions.until_date_id
    where holding_versions.carries_budget

),

final as (

    select
        budgeted.date_id,
        budgeted.account_id,
        budgeted.campaign_id,
        case when budgeted.budget_level = 'adset' then budgeted.entity_id else 0 end as adset_id,
        case
            when budgeted.budget_level = 'campaign' then budgeted.history_id
            else coalesce(campaign_versions.history_id, 0)
        end as campaign_history_id,
        case when budgeted.budget_level = 'adset' then budgeted.history_id else 0 end as adset_history_id,
        {{ as_text('budgeted.budget_level') }} as budget_level,
        budgeted.currency as account_currency,
        budgeted.effective_status,
        budgeted.is_backcast,
        cast(budgeted.daily_budget as numeric(18,4)) as daily_budget,
        cast(budgeted.lifetime_budget as numeric(18,4)) as lifetime_budget,
        cast(budgeted.planned_spend as numeric(18,4)) as planned_spend,
        cast(budgeted.spend as numeric(18,4)) as spend,
        cast(budgeted.spend_to_date as numeric(18,4)) as spend_to_date,
        {{ ratio('cast(budgeted.spend as numeric(18,4))', 'cast(budgeted.planned_spend as numeric(18,4))', 6) }}
            as pacing,
        {{ ratio('cast(budgeted.spend_to_date as numeric(18,4))', 'cast(budgeted.lifetime_budget as numeric(18,4))', 6) }}
            as lifetime_pacing,
        cast(budgeted.impressions as bigint) as impressions,
        cast(budgeted.clicks as bigint) as clicks,
        {{ as_text('budgeted.click_source') }} as click_source
    from budgeted
    left join holding_versions as campaign_versions
        on budgeted.budget_level = 'adset'
        and campaign_versions.budget_level = 'campaign'
        and campaign_versions.entity_id = budgeted.campaign_id
        and budgeted.date_id >= campaign_versions.from_date_id
        and budgeted.date_id < campaign_versions.until_date_id
    -- A budget is on one level at Meta. Where a reading caught a move of it half way, the campaign's
    -- counts, so that no spend stands against two budgets.
    where not coalesce(campaign_versions.carries_budget, false)

)

select * from final
