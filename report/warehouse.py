"""What the page asks the warehouse: sums of the last complete days, and how many came and went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from report.figures import MONTH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from typing_extensions import LiteralString

    Rows = list[dict[str, Any]]

# A day is complete when anything was received after its end in the account's own time zone; the
# last one that is so for all accounts. An account without delivery receives nothing, so that its
# own newest receipt would say nothing. What a time zone that PostgreSQL does not know says is UTC.
_THROUGH = """
    with received as (
        select max(received_at) as at, max(date_day) as newest from {marts}.agg_campaign_daily
    )
    select
        min(
            least(
                (received.at at time zone coalesce(zones.name, 'UTC'))::date - 1, received.newest
            )
        ) as through,
        max(received.at) as received_at
    from received, {marts}.dim_account as accounts
    left join pg_timezone_names as zones on zones.name = accounts.timezone_name
    where accounts.account_id in (select account_id from {marts}.agg_campaign_daily)
"""
_CURRENCIES = """
    select
        account_currency as currency,
        max(accounts.currency_minor_units) as minor_units,
        string_agg(distinct accounts.account_name, ', ' order by accounts.account_name) as accounts
    from {marts}.agg_campaign_daily as days
    left join {marts}.dim_account as accounts on accounts.account_id = days.account_id
    where date_day between %(earliest)s and %(through)s and account_currency is not null
    group by 1
    order by sum(days.impressions) desc nulls last, 1
"""
_WITHOUT_CURRENCY = """
    select count(*) as days, sum(impressions) as impressions
    from {marts}.agg_campaign_daily
    where date_day between %(earliest)s and %(through)s and account_currency is null
    having count(*) > 0
"""
_SUMS = """
    sum(spend) as spend,
    sum(impressions) as impressions,
    sum(clicks) as clicks,
    sum(purchases) as purchases,
    sum(purchase_value) as purchase_value
"""
_DAYS = """
    select account_currency as currency, date_day, {sums}
    from {marts}.agg_campaign_daily
    where date_day between %(compared)s and %(through)s
    group by 1, 2
    order by 1, 2
"""
_CAMPAIGNS = """
    select account_currency as currency, campaign_name as name, account_name as of, {sums}
    from {marts}.agg_campaign_daily
    where date_day between %(since)s and %(through)s
    group by 1, campaign_id, 2, 3
    order by 1, sum(spend) desc nulls last, campaign_id
"""
_COUNTRIES = """
    select account_currency as currency, country_name as name, {sums}
    from {marts}.fact_country_metrics
    left join {marts}.dim_country using (country_id)
    where date_id between %(first)s and %(last)s
    group by 1, 2
    order by 1, sum(spend) desc nulls last, 2
"""
_AGES = """
    select
        account_currency as currency,
        age_group_id,
        gender_id,
        max(age_group) as age_group,
        max(gender) as gender,
        {sums}
    from {marts}.fact_age_gender_metrics
    left join {marts}.dim_age_group using (age_group_id)
    left join {marts}.dim_gender using (gender_id)
    where date_id between %(first)s and %(last)s
    group by 1, 2, 3
    order by 1, case when age_group_id = 0 then 99 else age_group_id end, gender_id = 0, gender_id
"""
# Roll-ups hold the purchases of others, so they are left out; windows hold one another, so each
# stands by itself.
_WINDOWS = """
    select
        account_currency as currency,
        attribution_window_name as name,
        sum(actions) as purchases,
        sum(action_value) as purchase_value
    from {marts}.fact_action_metrics
    inner join {marts}.dim_action_type as types using (action_type_id)
    inner join {marts}.dim_attribution_window as windows using (attribution_window_id)
    where
        date_id between %(first)s and %(last)s
        and types.family = 'purchase'
        and not types.is_rollup
        and windows.attribution_window_id <> 0
    group by 1, 2, windows.sort_order
    order by 1, windows.sort_order, 2
"""
_BUDGET_DAYS = """
    select
        account_currency as currency,
        to_date(date_id::text, 'YYYYMMDD') as date_day,
        sum(planned_spend) as planned,
        sum(spend) filter (where planned_spend is not null) as spend
    from {marts}.fact_budget_daily
    where date_id between %(first)s and %(last)s
    group by 1, 2
    order by 1, 2
"""
_BUDGETS = """
    select
        budgets.account_currency as currency,
        campaigns.campaign_name as name,
        sum(planned_spend) as planned,
        sum(spend) filter (where planned_spend is not null) as spend
    from {marts}.fact_budget_daily as budgets
    left join {marts}.dim_campaign as campaigns using (campaign_id)
    where date_id between %(week)s and %(last)s
    group by 1, campaign_id, 2
    having sum(planned_spend) > 0
    order by 1, sum(planned_spend) desc, campaign_id
"""
_CHECKS = """
    select check_name as name, status, observed, expected, detail from {marts}.load_validation
    order by array_position(array['fail', 'warn', 'pass'], status), check_name
"""
_ACCOUNTS = """
    select
        accounts.account_name as name,
        accounts.currency,
        accounts.timezone_name,
        max(days.date_day) as newest,
        max(days.received_at) as received_at
    from {marts}.dim_account as accounts
    left join {marts}.agg_campaign_daily as days using (account_id)
    where account_id <> 0
    group by 1, 2, 3, account_id
    order by max(days.received_at) nulls first, 1
"""
_AUDIENCES = """
    select audience_name as name, count(*) filter (where operation = 'add') as members
    from {activation}.audience_members
    group by 1
    order by 1
"""
# By the snapshot, which keeps every stay: audience_members knows the last one of each person. Its
# times are UTC without a zone.
_MOVES = """
    select name, date_day, sum(joined)::bigint as joined, sum("left")::bigint as left
    from (
        select audience_name as name, dbt_valid_from::date as date_day, 1 as joined, 0 as left
        from {snapshots}.snap_activation__members
        union all
        select audience_name, dbt_valid_to::date, 0, 1
        from {snapshots}.snap_activation__members
    ) as moves
    where date_day between %(recent)s and %(today)s
    group by 1, 2
    order by 2, 1
"""
_OF_MARTS: dict[str, LiteralString] = {
    "currencies": _CURRENCIES,
    "without_currency": _WITHOUT_CURRENCY,
    "days": _DAYS,
    "campaigns": _CAMPAIGNS,
    "countries": _COUNTRIES,
    "ages": _AGES,
    "windows": _WINDOWS,
    "budget_days": _BUDGET_DAYS,
    "budgets": _BUDGETS,
    "checks": _CHECKS,
    "accounts": _ACCOUNTS,
}


class WarehouseError(Exception):
    """The warehouse cannot be asked; the message says why and what to do."""


@dataclass(frozen=True)
class Findings:
    """What the warehouse said.

    Attributes:
        since: The first day of charts and lists. The rows `days` begin earlier where tiles, or what
            those are compared with, do.
        through: The last day that was over in the time zones of all accounts when the loader last
            received anything. That it has received something of each of them it does not tell.
        received_at: When the loader received the newest figures.
        rows: Rows by question, amounts as `Decimal` in the account's currency. `audiences` is
            missing where the warehouse has no such table, `moves` where no snapshot keeps stays.
    """

    since: date
    through: date
    received_at: datetime
    rows: Mapping[str, Rows]


def ask(
    url: str, *, days: int, today: date, marts: str = "meta_ads", activation: str = "activation"
) -> Findings:
    """Ask the warehouse for everything on the page, all of it as of one moment.

    Args:
        url: A URL or a connection string of libpq.
        days: How many days charts and lists go back, the last complete one included.
        today: The date in UTC, which is the last day of comings and goings.
        marts: Schema of the star schema, and with a suffix that of the snapshots.
        activation: Schema of what goes back to Meta.

    Raises:
        WarehouseError: It is not reachable, has no star schema, or that is empty.
    """
    snapshots = f"{marts}_snapshots"
    names = {
        "marts": sql.Identifier(marts),
        "activation": sql.Identifier(activation),
        "snapshots": sql.Identifier(snapshots),
        "sums": sql.SQL(_SUMS),
    }
    try:
        with psycopg.connect(url, row_factory=dict_row) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True

            def rows(question: LiteralString, values: Mapping[str, object]) -> Rows:
                return connection.execute(sql.SQL(question).format(**names), values).fetchall()

            (scope,) = rows(_THROUGH, {})
            if scope["through"] is None:
                raise WarehouseError(
                    f"The schema {marts} has no figures yet: run `meltano run tap-meta-ads "
                    "target-postgres dbt-postgres:build` first."
                )
            through = scope["through"]
            since = through - timedelta(days=days - 1)
            values = {
                "since": since,
                "through": through,
                "earliest": min(since, through - timedelta(days=MONTH - 1)),
                "compared": min(since, through - timedelta(days=2 * MONTH - 1)),
                "recent": today - timedelta(days=MONTH - 1),
                "today": today,
                "first": number_of(since),
                "last": number_of(through),
                "week": number_of(through - timedelta(days=6)),
            }
            found = {name: rows(question, values) for name, question in _OF_MARTS.items()}
            if _has_table(connection, activation, "audience_members"):
                found["audiences"] = rows(_AUDIENCES, values)
                if _has_table(connection, snapshots, "snap_activation__members"):
                    found["moves"] = rows(_MOVES, values)
    except psycopg.errors.UndefinedTable as error:
        raise WarehouseError(
            f"The schema {marts} is not the star schema, or not all of it: "
            f"{error.diag.message_primary}. Build it with `meltano run dbt-postgres:build`."
        ) from error
    except psycopg.Error as error:
        # What libpq advises is indented; of several tries the last line is about the last.
        said = [line for line in str(error).strip().splitlines() if not line[:1].isspace()]
        raise WarehouseError(
            f"The warehouse cannot be asked: {said[-1] if said else type(error).__name__}. Its "
            "address comes from META_ADS_PG_HOST, _PORT, _USER, _PASSWORD and _DATABASE."
        ) from error
    return Findings(since, through, scope["received_at"], found)


def number_of(day: date) -> int:
    """Write a day as `dim_date.date_id` does: yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


def _has_table(connection: psycopg.Connection[dict[str, Any]], schema: str, table: str) -> bool:
    found = connection.execute(
        "select table_name from information_schema.tables"
        " where table_schema = %s and table_name = %s",
        [schema, table],
    ).fetchone()
    return found is not None
