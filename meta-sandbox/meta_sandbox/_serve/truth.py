"""The truth to compare with: every object and every figure, as Meta would give them by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from meta_sandbox._graph import assets
from meta_sandbox._graph.audiences import list_audiences
from meta_sandbox._graph.views import Node, Values, view
from meta_sandbox._insights import dates, names
from meta_sandbox._insights.breakdowns import HOURLY
from meta_sandbox._insights.columns import COLUMNS
from meta_sandbox._insights.query import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from meta_sandbox._serve.engine import Engine
    from meta_sandbox._world.objects import Account
    from meta_sandbox._world.world import World


def _activities(world: World, account: Account) -> list[Node]:
    return assets.activities(world, account, 0, world.clock.seconds())


def _leads(world: World, account: Account) -> list[Node]:
    return [lead for ad in world.ads(account) for lead in assets.leads(world, ad, 0)]


_LISTS: dict[str, Callable[[World, Account], Iterable[Node]]] = {
    "accounts": lambda _, account: [Node("AdAccount", account)],
    "campaigns": lambda world, account: [Node("Campaign", t) for t in world.campaigns(account)],
    "adsets": lambda world, account: [Node("AdSet", t) for t in world.ad_sets(account)],
    "ads": lambda world, account: [Node("Ad", thing) for thing in world.ads(account)],
    "creatives": lambda world, account: [Node("AdCreative", t) for t in world.creatives(account)],
    "customaudiences": list_audiences,
    "customconversions": assets.conversions,
    "adimages": assets.images,
    "advideos": assets.videos,
    "adlabels": assets.labels,
    "adspixels": assets.pixels,
    "activities": _activities,
    "leads": _leads,
}
#: Kinds of objects that the truth is told about.
KINDS = tuple(_LISTS)


def object_rows(world: World, kind: str, account_id: str | None = None) -> Iterator[Values]:
    """Return every object of a kind, archived and deleted ones too, with all its fields.

    Args:
        world: The world.
        kind: One of ``KINDS``.
        account_id: Only of this account.

    Raises:
        ValueError: There is no such kind or account.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no truth about {kind}; ask for {', '.join(KINDS)}.")
    make = _LISTS[kind]
    for account in _accounts(world, account_id or ""):
        for node in make(world, account):
            yield {name: _plain(value) for name, value in view(world, node).items()}


def object_lines(engine: Engine, kind: str, account_id: str | None) -> Iterator[bytes]:
    """Return the same, each row encoded as JSON."""
    return (msgspec.json.encode(row) for row in object_rows(engine.world, kind, account_id))


class TruthQuery(NamedTuple):
    """What figures the truth is asked for.

    Attributes:
        level: ``ad``, ``adset``, ``campaign`` or ``account``.
        since: First day, ``YYYY-MM-DD``; the first of the account's history when empty.
        until: Last day; the account's current one when empty.
        account_id: Only this account; all when empty.
        breakdowns: As in Meta's parameter.
        windows: As in Meta's ``action_attribution_windows``.
        time_increment: As in Meta's parameter.
        fields: As in Meta's parameter; all that ever have data when empty.
    """

    level: str = "ad"
    since: str = ""
    until: str = ""
    account_id: str = ""
    breakdowns: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    time_increment: str = "1"
    fields: tuple[str, ...] = ()


def read_truth_query(params: Mapping[str, object]) -> TruthQuery:
    """Read a query from parameters; lists may be sequences or texts with commas.

    Raises:
        ValueError: A name or value is none that the sandbox knows.
    """
    if unknown := set(params) - set(TruthQuery._fields):
        raise ValueError(
            f"Unknown: {', '.join(sorted(unknown))}; known: {', '.join(TruthQuery._fields)}."
        )
    query = TruthQuery(
        **{
            name: _names(value) if name in _LISTED else str(value)
            for name, value in params.items()
            if value is not None
        }  # type: ignore[arg-type] # lists become tuples, all else text, as the fields say
    )
    if query.level not in names.LEVELS:
        raise ValueError(f"A level is one of {', '.join(names.LEVELS)}, not {query.level!r}.")
    if unknown := set(query.fields) - names.FIELDS["v26.0"]:
        raise ValueError(f"Insights has no field {', '.join(sorted(unknown))}.")
    if unknown := set(query.breakdowns) - names.BREAKDOWNS["v26.0"]:
        raise ValueError(f"Insights has no breakdown {', '.join(sorted(unknown))}.")
    if query.time_increment not in {"monthly", "all_days"}:
        int(query.time_increment)
    return query


_LISTED = frozenset({"breakdowns", "windows", "fields"})


def _names(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(str(part).strip() for part in parts if part)  # type: ignore[attr-defined] # a sequence by now


def insights_lines(engine: Engine, asked: TruthQuery) -> Iterator[bytes]:
    """Return every Insights row, encoded as JSON, account by account.

    Args:
        engine: The sandbox's engine.
        asked: Which rows, and what of them.

    Raises:
        ValueError: There is no such account, or a date cannot be read.
    """
    insights = engine.graph.reports.insights
    queries = [
        _query(engine.world, account, asked)
        for account in _accounts(engine.world, asked.account_id)
    ]
    return (row for query in queries for row in insights.all_rows(insights.plan(query)))


def _query(world: World, account: Account, asked: TruthQuery) -> Query:
    since = _day(asked.since, account.first_day)
    today = account.day(world.clock.seconds())
    until = _day(asked.until, today)
    increment = asked.time_increment
    if increment == "1":
        until = min(until, today)  # days ahead have no rows, and there is no end of them
    hourly = HOURLY in asked.breakdowns
    return Query(
        account=account.number,
        root=("account", account.id),
        level=asked.level,
        fields=asked.fields or tuple(name for name in COLUMNS if not (hourly and "unique" in name)),
        ranges=dates.periods(since, until, int(increment) if increment.isdecimal() else increment)
        if since <= until
        else (),
        breakdowns=asked.breakdowns,
        windows=asked.windows,
    )


def _accounts(world: World, account_id: str) -> Iterable[Account]:
    if not account_id:
        return world.accounts
    account = world.account(account_id)
    if account is None:
        raise ValueError(f"There is no account {account_id}.")
    return (account,)


def _day(text: str, default: int) -> int:
    return dates.day_of(text) if text else default


def _plain(value: object) -> object:
    """Show a nested object by its id alone, as Graph does when nothing of it is selected."""
    if isinstance(value, Node):
        thing = value.thing
        return {"id": thing["id"] if isinstance(thing, dict) else getattr(thing, "id", None)}
    return value
