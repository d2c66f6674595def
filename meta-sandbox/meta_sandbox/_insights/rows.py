"""Rows of a plan: figures added up by object, period and breakdown, and written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meta_sandbox._insights import breakdowns as bd
from meta_sandbox._insights import dates
from meta_sandbox._insights.columns import COLUMNS, Row
from meta_sandbox._insights.facts import Facts
from meta_sandbox._insights.plan import ROW_VALUES, Plan, Subject
from meta_sandbox._world import metrics as m

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meta_sandbox._world.objects import Account, Ad
    from meta_sandbox._world.world import World

_ALL_HOURS = 24


def make_rows(
    world: World, plan: Plan, subject: Subject, since: int, until: int
) -> Iterator[dict[str, object]]:
    """Return the rows of one object and period: one, or one per breakdown value with figures.

    Args:
        world: The world.
        plan: The plan.
        subject: One of its objects.
        since: First day of the period, as a proleptic ordinal.
        until: Last day.
    """
    breakdowns = plan.query.breakdowns
    groups = _add_up(world, plan, subject, since, until)
    stop = {"date_start": dates.iso(since), "date_stop": dates.iso(until)}
    hourly = {bd.HOURLY, bd.HOURLY_AUDIENCE}.intersection(breakdowns)
    for keys in sorted(groups):
        facts = groups[keys]
        if not all(c.holds(ROW_VALUES[c.field](facts)) for c in plan.row_conditions):
            continue
        row = _row(world, plan, facts, subject)
        shown: dict[str, object] = {
            name: value for name, column in plan.columns if (value := column(row)) is not None
        }
        if hourly:
            # People cannot be told apart by the hour; Meta says nobody was reached.
            shown.update({name: "0" for name in ("reach", "frequency") if name in shown})
        yield (
            {**shown, **stop, **_breakdown_values(plan, keys, facts)}
            if breakdowns
            else {
                **shown,
                **stop,
            }
        )


def make_summary(world: World, plan: Plan) -> dict[str, object] | None:
    """Return the totals over all rows; None when the query does not ask for them."""
    query = plan.query
    if query.summary is None or not query.ranges:
        return None
    since = min(first for first, _ in query.ranges)
    until = max(last for _, last in query.ranges)
    ads = tuple(ad for subject in plan.subjects for ad in subject.ads)
    facts = Facts()
    for cell, _ in _cells(world, plan.account, ads, since, until):
        facts.add(cell.ad, cell.counts, cell.price)
    if facts.first_ad is None:
        return None
    row = _row(world, plan, facts, Subject(ads, None, None, None))
    values = ((name, COLUMNS[name](row)) for name in query.summary if name in COLUMNS)
    return {
        **{name: value for name, value in values if value is not None},
        "date_start": dates.iso(since),
        "date_stop": dates.iso(until),
    }


def _add_up(
    world: World, plan: Plan, subject: Subject, since: int, until: int
) -> dict[bd.Keys, Facts]:
    """Add up a subject's cells by breakdown values; without breakdowns under an empty key."""
    groups: dict[bd.Keys, Facts] = {}
    cells = _cells(world, plan.account, subject.ads, since, until)
    dealt = tuple(name for name in plan.query.breakdowns if name not in bd.ASSETS)
    if not dealt:
        for cell, _ in cells:
            # An ad has one creative, so an asset breakdown sorts whole cells.
            own: bd.Keys = (cell.ad.creative.id,) if plan.assets else ()
            groups.setdefault(own, Facts()).add(cell.ad, cell.counts, cell.price)
    elif plan.family is not None:
        for cell, hours in cells:
            own = (cell.ad.creative.id,) if plan.assets else ()
            for keys, counts in bd.split(world.seed, cell, dealt, plan.family, hours).items():
                groups.setdefault(own + keys, Facts()).add(cell.ad, counts, cell.price)
    return groups


def _breakdown_values(plan: Plan, keys: bd.Keys, facts: Facts) -> dict[str, object]:
    dealt = iter(keys[len(plan.assets) :])
    return {
        name: bd.asset_value(name, facts.first_ad) if name in bd.ASSETS else next(dealt)
        for name in plan.query.breakdowns
    }


def _row(world: World, plan: Plan, facts: Facts, subject: Subject) -> Row:
    return Row(
        facts=facts,
        now=world.clock.seconds(),
        windows=plan.query.windows,
        splits=plan.query.splits,
        account=plan.account,
        campaign=subject.campaign,
        ad_set=subject.ad_set,
        ad=subject.ad,
    )


def _cells(
    world: World, account: Account, ads: tuple[Ad, ...], since: int, until: int
) -> Iterator[tuple[m.Cell, int]]:
    """Return each ad's days with delivery, and how many hours of each day have passed."""
    now = world.clock.now().astimezone(account.zone)
    today, hour, seed = now.toordinal(), now.hour, world.seed
    until = min(until, today)
    for ad in ads:
        for first, last in ad.delivery_days:
            for day in range(max(since, first), min(until, last) + 1):
                if cell := m.cell(seed, ad, day, today, hour):
                    yield cell, hour if day == today else _ALL_HOURS
