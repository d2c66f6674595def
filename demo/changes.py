"""What a run changed in the warehouse: late conversions, other names, who left an audience."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from demo import table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import psycopg

_PURCHASES = """
    select account_id, date_day, sum(coalesce(purchases, 0))
    from meta_ads.agg_campaign_daily
    group by 1, 2
"""
_NAMES = """
    select campaign_id, campaign_name from meta_ads.dim_campaign where campaign_id <> 0
"""
_MEMBERS = """
    select audience_name, count(*) filter (where operation = 'add')
    from activation.audience_members
    group by 1
"""
_BUILT = """
    select count(*) = 3 from information_schema.tables
    where (table_schema, table_name) in (
        ('meta_ads', 'agg_campaign_daily'),
        ('meta_ads', 'dim_campaign'),
        ('activation', 'audience_members')
    )
"""


@dataclass(frozen=True)
class Snapshot:
    """What stood in the warehouse, and at Meta, at one moment.

    Attributes:
        purchases: Purchases by account and day.
        names: Names of campaigns by their ids.
        members: How many people the warehouse wants in each audience.
        people: How many people Meta has in each audience.
    """

    purchases: Mapping[tuple[int, date], Decimal] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    members: Mapping[str, int] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)


def look(connection: psycopg.Connection, people: Mapping[str, int]) -> Snapshot:
    """Take a snapshot; an empty one before the star schema is there."""
    if connection.execute(_BUILT).fetchone() != (True,):
        return Snapshot()
    return Snapshot(
        {(account, day): many for account, day, many in connection.execute(_PURCHASES)},
        dict(connection.execute(_NAMES).fetchall()),
        dict(connection.execute(_MEMBERS).fetchall()),
        dict(people),
    )


def told(before: Snapshot, after: Snapshot) -> list[str]:
    """Say what is other than before, a line each; nothing where there was nothing before."""
    return [*_late(before, after), *_renamed(before, after), *_left(before, after)]


def _late(before: Snapshot, after: Snapshot) -> list[str]:
    """Purchases that were added to days which were over when they were loaded first.

    The last day of each account was not, so it is left out.
    """
    last: dict[int, date] = {}
    for account, day in before.purchases:
        last[account] = max(day, last.get(account, day))
    more: Counter[date] = Counter()
    for (account, day), many in after.purchases.items():
        was = before.purchases.get((account, day))
        if was is not None and day < last[account] and many > was:
            more[day] += int(many - was)
    if not more:
        return []
    worst = max(more, key=lambda day: (more[day], day))

    def of_day(snapshot: Snapshot) -> Decimal:
        known = (many for (_, day), many in snapshot.purchases.items() if day == worst)
        return sum(known, Decimal(0))

    added = f"{sum(more.values()):,} purchases more on {len(more)} days that were over already"
    change = f"{of_day(before):,.0f} -> {of_day(after):,.0f}"
    return [f"Conversions came late: {added}, most on {worst}: {change}."]


def _renamed(before: Snapshot, after: Snapshot) -> list[str]:
    return [
        f"A campaign was renamed: {table.plain(before.names[campaign])} -> {table.plain(name)}. "
        "dim_campaign has the new name, dim_campaign_history both."
        for campaign, name in sorted(after.names.items())
        if before.names.get(campaign, name) != name
    ]


def _left(before: Snapshot, after: Snapshot) -> list[str]:
    return [
        f"{was - after.members[audience]} left the audience {table.plain(audience)}, which has "
        f"{after.members[audience]:,} of {was:,} now; Meta has {after.people.get(audience, 0):,}."
        for audience, was in sorted(before.members.items())
        if after.members.get(audience, was) < was
    ]
