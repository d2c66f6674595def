"""What stands in the warehouse after a run, as lines for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from demo import table

if TYPE_CHECKING:
    import psycopg

_SCHEMAS = ["tap_meta_ads", "meta_ads", "activation"]

_TABLES = """
    select table_schema, table_name
    from information_schema.tables
    where table_schema = any(%(schemas)s) and table_type = 'BASE TABLE'
    order by array_position(%(schemas)s, table_schema::text), table_name
"""
# Amounts of different currencies cannot be compared, so each currency has its own first places.
_CAMPAIGNS = """
    with per_campaign as (
        select
            account.currency,
            campaign.campaign_name,
            account.account_name,
            sum(fact.spend) as spend,
            sum(fact.impressions) as impressions,
            sum(fact.clicks) as clicks
        from meta_ads.fact_core_metrics as fact
        inner join meta_ads.dim_campaign as campaign using (campaign_id)
        inner join meta_ads.dim_account as account on account.account_id = fact.account_id
        group by campaign.campaign_id, 1, 2, 3
    ),
    placed as (
        select *, row_number() over (partition by currency order by spend desc) as place
        from per_campaign
    )
    select
        campaign_name,
        account_name,
        round(spend, 2),
        currency,
        round(100.0 * clicks / nullif(impressions, 0), 2)
    from placed
    order by place, currency
    limit 3
"""
_PERIOD = """
    select
        min(date_start),
        max(date_start),
        min(date_start) filter (where _sdc_sync_started_at = latest),
        max(date_start) filter (where _sdc_sync_started_at = latest)
    from tap_meta_ads.ads_insights,
        (select max(_sdc_sync_started_at) as latest from tap_meta_ads.ads_insights) as newest
"""
_VALIDATION = """
    select check_name, status, observed, expected, detail from meta_ads.load_validation
    order by array_position(array['fail', 'warn', 'pass'], status), check_name
"""


def rows(connection: psycopg.Connection) -> list[str]:
    """Count the tables of each schema and their rows."""
    tables: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for schema, name in connection.execute(_TABLES, {"schemas": _SCHEMAS}).fetchall():
        found = connection.execute(f'select count(*) from "{schema}"."{name}"').fetchone()  # noqa: S608  # names from the catalogue, quoted
        tables[schema] += 1
        counted[schema] += found[0] if found else 0
    return table.render(
        ["schema", "tables", "rows"],
        [(schema, tables[schema], counted[schema]) for schema in tables],
    )


def campaigns(connection: psycopg.Connection) -> list[str]:
    """Show the campaigns that spent most, the first of each currency before the second."""
    found = connection.execute(_CAMPAIGNS).fetchall()
    return table.render(["campaign", "account", "spend", "currency", "CTR %"], found)


def period(connection: psycopg.Connection) -> str:
    """Say in one sentence which days the last run read, and which the warehouse holds."""
    first, last, since, until = connection.execute(_PERIOD).fetchone() or (None,) * 4
    if since is None:
        return "No Insights were read."
    return f"The last run read {since} to {until}; the warehouse holds {first} to {last}."


def validation(connection: psycopg.Connection) -> tuple[str, list[str]]:
    """Judge by `load_validation`.

    Returns:
        The verdict, and a line for each check that did not pass.
    """
    checks = connection.execute(_VALIDATION).fetchall()
    counts = Counter(status for _, status, *_ in checks)
    verdict = ", ".join(f"{counts[status]} {status}" for status in ("pass", "warn", "fail"))
    remarks = [
        f"{status} {name}: {observed}, expected {expected}. {detail}"
        for name, status, observed, expected, detail in checks
        if status != "pass"
    ]
    return verdict, [table.plain(remark) for remark in remarks]
