"""A query worked out: which objects make rows, which columns they have, how figures split."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from meta_sandbox._insights import breakdowns as bd
from meta_sandbox._insights.columns import COLUMNS
from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._world.attributes import HIDDEN, STATUS_FIELDS, attribute

if TYPE_CHECKING:
    from collections.abc import Callable

    from meta_sandbox._insights import dates
    from meta_sandbox._insights.columns import Row
    from meta_sandbox._insights.facts import Facts
    from meta_sandbox._insights.query import Query
    from meta_sandbox._protocol.filters import Condition, Scalar
    from meta_sandbox._world.objects import Account, Ad, AdSet, Campaign
    from meta_sandbox._world.world import World


class Subject(NamedTuple):
    """One object whose figures make rows: an ad, or all (filtered) ads of something above it."""

    ads: tuple[Ad, ...]
    campaign: Campaign | None
    ad_set: AdSet | None
    ad: Ad | None


class Plan(NamedTuple):
    """A query with everything about it worked out but the figures.

    Attributes:
        number: Tells plans apart.
        row_conditions: The part of ``filtering`` that is about a row's own figures.
        columns: (field, what makes its value).
        family: How the breakdowns split a day; None when they have no data here.
        assets: The asset breakdowns among those asked for.
        points: About how many data points this comes to: rows times fields.
    """

    number: int
    query: Query
    account: Account
    subjects: tuple[Subject, ...]
    row_conditions: tuple[Condition, ...]
    columns: tuple[tuple[str, Callable[[Row], object]], ...]
    family: bd.Family | None
    assets: tuple[str, ...]
    points: int


#: Filter fields about a row's own figures.
ROW_VALUES: dict[str, Callable[[Facts], Scalar]] = {
    **dict.fromkeys(("impressions", "ad.impressions"), lambda facts: facts.impressions),
    **dict.fromkeys(("spend", "ad.spend"), lambda facts: facts.spend),
    **dict.fromkeys(("clicks", "ad.clicks"), lambda facts: facts.clicks or 0),
    **dict.fromkeys(("reach", "ad.reach"), lambda facts: facts.reach),
}


def make_plan(world: World, query: Query, number: int) -> Plan:
    """Work out a query.

    Without ``filtering`` archived and deleted ads are counted as all others are. With it, and no
    condition on the status, Meta leaves them out ("Deleted and Archived Objects" in its guide to
    the Insights API).

    Raises:
        GraphError: A filter is about a field that does not exist.
    """
    now = world.clock.seconds()
    account = world.accounts[query.account]
    about_rows = tuple(c for c in query.conditions if c.field in ROW_VALUES)
    about_ads = [c for c in query.conditions if c.field not in ROW_VALUES]
    if bare := [c.field for c in about_ads if "." not in c.field]:
        raise _invalid(bare[0])
    shows_hidden = not query.conditions or any(
        c.field.rpartition(".")[2] in STATUS_FIELDS for c in query.conditions
    )
    level, root = query.root
    ads = [
        ad
        for ad in world.ads(account, unlisted=True)
        if (level == "account" or root in (ad.id, ad.ad_set.id, ad.campaign.id))
        and all(_meets(ad, condition, now) for condition in about_ads)
        and (shows_hidden or ad.effective_status(now) not in HIDDEN)
    ]
    family = bd.family_of(query.breakdowns)
    subjects = _subjects(query.level, ads)
    rows = sum(_periods_with_delivery(subject.ads, query.ranges) for subject in subjects)
    parts = bd.values_of(query.breakdowns, family) if family else 1
    return Plan(
        number=number,
        query=query,
        account=account,
        subjects=subjects,
        row_conditions=about_rows,
        columns=tuple((name, COLUMNS[name]) for name in query.fields if name in COLUMNS),
        family=family,
        assets=tuple(name for name in query.breakdowns if name in bd.ASSETS),
        points=rows * parts * max(1, len(query.fields)),
    )


def _meets(ad: Ad, condition: Condition, now: float) -> bool:
    value = attribute(ad, condition.field, now)
    if value is None:
        raise _invalid(condition.field)
    return condition.holds(value)


def _invalid(field: str) -> GraphError:
    return GraphError(100, f"(#100) Filtering field {field} is invalid")


def _subjects(level: str, ads: list[Ad]) -> tuple[Subject, ...]:
    if level == "ad":
        return tuple(Subject((ad,), ad.campaign, ad.ad_set, ad) for ad in ads)
    if level == "account":
        return (Subject(tuple(ads), None, None, None),) if ads else ()
    groups: dict[str, list[Ad]] = {}
    for ad in ads:
        groups.setdefault(ad.campaign.id if level == "campaign" else ad.ad_set.id, []).append(ad)
    return tuple(
        Subject(
            tuple(group),
            group[0].campaign,
            group[0].ad_set if level == "adset" else None,
            None,
        )
        for group in groups.values()
    )


def _periods_with_delivery(ads: tuple[Ad, ...], ranges: tuple[dates.Range, ...]) -> int:
    """Count the periods in which any of the ads may have delivered."""
    starts = [first for first, _ in ranges]
    ends = [last for _, last in ranges]
    if starts != sorted(starts) or ends != sorted(ends):
        return len(ranges)  # ``time_ranges`` in any order; there are few of them
    spans = sorted(
        (bisect_left(ends, first), bisect_right(starts, last))
        for ad in ads
        for first, last in ad.delivery_days
    )
    count = upto = 0
    for low, high in spans:
        count += max(0, high - max(low, upto))
        upto = max(upto, high)
    return count
