"""The page for people: what was received, what is true, faults and the clock."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from meta_sandbox._graph.auth import DEFAULT_TOKEN
from meta_sandbox._insights import dates
from meta_sandbox._insights.query import Query
from meta_sandbox._protocol.route import STAGES
from meta_sandbox._serve.forms import ANSWERS, STEPS
from meta_sandbox._serve.html import respond
from meta_sandbox._serve.truth import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.responses import Response

    from meta_sandbox._serve.engine import Engine
    from meta_sandbox._serve.log import Entry
    from meta_sandbox._world.objects import Account

_SHOWN = 50
_DAYS = 7
_REFRESH = ("2", "5", "15", "60")
_FAILED = 400
_TOTALS = ("spend", "impressions", "clicks", "inline_link_clicks")
_EXAMPLE = """\
[{"match": {"edge": "insights", "stage": "poll"},
  "skip": 1, "times": 2,
  "answer": {"error": {"code": 2}}}]"""


class Wanted(NamedTuple):
    """Which requests are shown.

    Attributes:
        edge: Of this edge alone; all when empty.
        account: Of this account alone; all when empty.
        failed: Only those that failed or were cut; all when empty.
    """

    edge: str = ""
    account: str = ""
    failed: str = ""

    def keeps(self, entry: Entry) -> bool:
        """Tell whether a request is one of them."""
        return (
            self.edge in {"", entry.edge}
            and self.account in {"", entry.account_id}
            and (not self.failed or is_failure(entry.status))
        )


def is_failure(status: int) -> bool:
    """Tell whether an HTTP status is one of a failure; 0 is a connection that was cut."""
    return not status or status >= _FAILED


def main_page(
    engine: Engine,
    base: str,
    asked: Mapping[str, str],
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Return the main page.

    Args:
        engine: The sandbox's engine.
        base: Where the sandbox is, as the browser sees it: ``http://host:port``.
        asked: The query: names of ``Wanted``, and ``refresh``, in seconds.
        problem: What is wrong with the form that was sent; empty for nothing.
        typed: What the form held, to be shown again.
    """
    wanted = Wanted(*(asked.get(name, "") for name in Wanted._fields))
    counters = engine.log.counters()
    by_status = cast("Mapping[str, int]", counters["by_status"])
    audiences = [one for one in audience_rows(engine) if one["people"] or one["sessions"]]
    faults = engine.faults.listing()
    now = engine.world.clock.now()
    token = engine.options.token
    return respond(
        "page.html",
        400 if problem else 200,
        base=base,
        refresh=asked.get("refresh") if asked.get("refresh") in _REFRESH else None,
        problem=problem,
        typed=defaultdict(str, typed or {}),
        seed=engine.world.seed,
        now=f"{now:%Y-%m-%d %H:%M:%S}",
        now_value=f"{now:%Y-%m-%dT%H:%M:%S}",
        # One that somebody chose may be a real one.
        token=token if token == DEFAULT_TOKEN else "",
        counters=counters,
        failed=sum(count for status, count in by_status.items() if is_failure(int(status))),
        wanted=wanted,
        entries=engine.log.latest(_SHOWN, wanted.keeps),
        audiences=audiences,
        people=sum(cast("int", one["people"]) for one in audiences),
        events=event_rows(engine),
        days=_DAYS,
        accounts=[_account_row(engine, account) for account in engine.world.accounts],
        kinds=KINDS,
        faults=faults,
        fired=sum(cast("int", fault["fired"]) for fault in faults),
        answers=ANSWERS,
        stages=STAGES,
        example=_EXAMPLE,
        steps=STEPS,
    )


def audience_rows(engine: Engine) -> Iterator[dict[str, object]]:
    """Return what a table says of each audience, newest first."""
    for audience in engine.received.audiences():
        sessions = cast("list[Mapping[str, str]]", audience["sessions"])
        status = cast("Mapping[str, object]", audience["operation_status"])
        lower, upper = (audience[f"approximate_count_{end}_bound"] for end in ("lower", "upper"))
        yield {
            **{name: audience[name] for name in ("id", "account_id", "name", "subtype")},
            "status": status["description"],
            "people": audience["members"],
            "told": f"{lower} to {upper}",
            "sessions": len(sessions),
            "received": sum(int(one["num_received"]) for one in sessions),
            "invalid": sum(int(one["num_invalid_entries"]) for one in sessions),
        }


def event_rows(engine: Engine) -> list[dict[str, object]]:
    """Return what a table says of the events of each pixel, by name."""
    taken, refused = engine.received.event_counts(), engine.received.refused_events()
    rows = []
    for pixel_id in sorted(taken.keys() | refused.keys()):
        counts = taken.get(pixel_id, {})
        raw, counted = (
            cast("Mapping[str, int]", counts.get(v, {})) for v in ("raw", "deduplicated")
        )
        names = refused.get(pixel_id, {})
        rows += [
            {
                "pixel_id": pixel_id,
                "name": name,
                "received": raw.get(name, 0),
                "counted": counted.get(name, 0),
                "refused": names.get(name, 0),
            }
            for name in sorted(raw.keys() | names.keys())
        ]
    return rows


def _account_row(engine: Engine, account: Account) -> dict[str, object]:
    world = engine.world
    return {
        "id": account.account_id,
        "name": account.name,
        "zone": account.zone.key,
        "currency": account.currency,
        "campaigns": len(world.campaigns(account)),
        "ad_sets": len(world.ad_sets(account)),
        "ads": len(world.ads(account)),
        **dict.fromkeys(_TOTALS, "0"),
        **_totals(engine, account),
    }


def _totals(engine: Engine, account: Account) -> Mapping[str, object]:
    today = account.day(engine.world.clock.seconds())
    query = Query(
        account=account.number,
        root=("account", account.id),
        level="account",
        fields=_TOTALS,
        ranges=dates.periods(today - _DAYS, today - 1, "all_days"),
    )
    insights = engine.graph.reports.insights
    rows = insights.page(insights.plan(query), 1).rows
    return cast("Mapping[str, object]", msgspec.json.decode(rows[0])) if rows else {}
