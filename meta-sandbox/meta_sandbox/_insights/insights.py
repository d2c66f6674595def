"""Insights: rows for a query, page by page, made when they are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from meta_sandbox._insights.plan import Plan, make_plan
from meta_sandbox._insights.rows import make_rows, make_summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meta_sandbox._insights.query import Query
    from meta_sandbox._world.world import World

_HALF_HOUR = 1800
_CACHE_BYTES = 96 * 1024 * 1024
_OVERHEAD = 200
_PLANS = 64
_encode = msgspec.json.encode

#: Where a page begins: object, period, part within the period.
Position = tuple[int, int, int]
START: Position = (0, 0, 0)


class Page(NamedTuple):
    """A page of rows, each encoded as JSON; ``after`` is None on the last one."""

    rows: list[bytes]
    after: Position | None


class Insights:
    """Answers queries about one world. Rows once made are kept, up to a bound.

    Args:
        world: The world.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._plans: OrderedDict[tuple[Query, int], Plan] = OrderedDict()
        self._made = 0
        self._cache: OrderedDict[tuple[int, int, int], list[bytes]] = OrderedDict()
        self._cached_bytes = 0

    def plan(self, query: Query) -> Plan:
        """Work out a query: which objects, which columns, how they split.

        Raises:
            GraphError: A filter is about a field that does not exist.
        """
        # The figures and names of this world change on the hour or half-hour, nowhere between.
        key = (query, int(self._world.clock.seconds()) // _HALF_HOUR)
        with self._lock:
            if found := self._plans.get(key):
                self._plans.move_to_end(key)
                return found
            self._made += 1
            number = self._made
        plan = make_plan(self._world, query, number)
        with self._lock:
            self._plans[key] = plan
            while len(self._plans) > _PLANS:
                self._plans.popitem(last=False)
        return plan

    def page(self, plan: Plan, limit: int, position: Position = START) -> Page:
        """Return a page of rows.

        Args:
            plan: The query, worked out.
            limit: At most so many rows.
            position: Where to begin.
        """
        if plan.query.sort is not None:
            everything = self._sorted(plan)
            end = position[0] + limit
            after = (end, 0, 0) if end < len(everything) else None
            return Page(everything[position[0] : end], after)
        rows: list[bytes] = []
        for place, row in self._rows(plan, position):
            if len(rows) == limit:
                return Page(rows, place)
            rows.append(row)
        return Page(rows, None)

    def page_before(self, plan: Plan, limit: int, position: Position) -> tuple[Page, Position]:
        """Return the page that ends where another one begins, and where it begins itself.

        Going back means counting from the start: rows are made in one direction only.
        """
        if plan.query.sort is not None:
            begin = (max(0, position[0] - limit), 0, 0)
            return self.page(plan, position[0] - begin[0], begin), begin
        held: deque[tuple[Position, bytes]] = deque(maxlen=limit)
        for place, row in self._rows(plan, START):
            if place >= position:
                break
            held.append((place, row))
        begin = held[0][0] if held else START
        return Page([row for _, row in held], position if held else None), begin

    def all_rows(self, plan: Plan) -> Iterator[bytes]:
        """Return every row of a query, encoded, without keeping them."""
        world = self._world
        for subject in plan.subjects:
            for since, until in plan.query.ranges:
                yield from map(_encode, make_rows(world, plan, subject, since, until))

    def summary(self, plan: Plan) -> dict[str, object] | None:
        """Return the totals over all rows; None when the query does not ask for them."""
        return make_summary(self._world, plan)

    def _rows(self, plan: Plan, position: Position) -> Iterator[tuple[Position, bytes]]:
        place, period, part = position
        spans = len(plan.query.ranges)
        for at in range(place, len(plan.subjects)):
            for span in range(period, spans):
                for nth, row in enumerate(self._group(plan, at, span)[part:], part):
                    yield (at, span, nth), row
                part = 0
            period = 0

    def _group(self, plan: Plan, at: int, span: int) -> list[bytes]:
        """Return the rows of one object and period, from the cache if they are there."""
        subject, (since, until) = plan.subjects[at], plan.query.ranges[span]
        if not any(
            first <= until and since <= last
            for ad in subject.ads
            for first, last in ad.delivery_days
        ):
            return []
        key = (plan.number, at, span)
        with self._lock:
            if (found := self._cache.get(key)) is not None:
                self._cache.move_to_end(key)
                return found
        rows = [_encode(row) for row in make_rows(self._world, plan, subject, since, until)]
        with self._lock:
            if key not in self._cache:
                self._cache[key] = rows
                self._cached_bytes += _weight(rows)
            while self._cached_bytes > _CACHE_BYTES:
                _, dropped = self._cache.popitem(last=False)
                self._cached_bytes -= _weight(dropped)
        return rows

    def _sorted(self, plan: Plan) -> list[bytes]:
        name, descending = plan.query.sort or ("", False)
        field, _, action = name.partition(":")
        return sorted(
            self.all_rows(plan),
            key=lambda row: _sort_key(msgspec.json.decode(row), field, action),
            reverse=descending,
        )


def _sort_key(row: dict[str, object], field: str, action: str) -> tuple[float, str]:
    value = row.get(field)
    if isinstance(value, list):
        value = next((e.get("value") for e in value if e.get("action_type") == action), None)
    try:
        return float(str(value)), ""
    except ValueError:
        return float("-inf"), str(value or "")


def _weight(rows: list[bytes]) -> int:
    return _OVERHEAD + sum(map(len, rows))
