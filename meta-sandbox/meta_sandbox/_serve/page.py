"""The page for people: who the advertiser is, what is true, what was received."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, cast

import msgspec

from meta_sandbox._insights import dates
from meta_sandbox._insights.query import Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from meta_sandbox._serve.engine import Engine
    from meta_sandbox._world.objects import Account

_SHOWN = 50
_DAYS = 7
_LONGEST = 160
_HASH = re.compile(r"\b([0-9a-f]{8})(?:[0-9a-f]{56}\b|[0-9a-f]+…)")
_TOTALS = ("spend", "impressions", "clicks", "inline_link_clicks")
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
td.n, th.n { text-align: right; }
code { font-size: .85rem; overflow-wrap: anywhere; } .quiet { color: #888; }
"""


def document(title: str, body: str) -> str:
    """Return a page as HTML, without anything from elsewhere."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    )


def shorten(text: str) -> str:
    """Cut the hashes in a text to their first eight digits; also one that is cut already."""
    return _HASH.sub(r"\1…", text)


def render_page(engine: Engine) -> str:
    """Return the page as HTML."""
    now = engine.world.clock.now()
    counters = engine.log.counters()
    entries = engine.log.entries()[-_SHOWN:]
    return document(
        "Graph API sandbox",
        f"<p>A made-up advertiser, seed {engine.world.seed}. "
        f"Its clock says {now:%Y-%m-%d %H:%M:%S} UTC. Money is in each account's own currency.</p>"
        f"<h2>The truth, last {_DAYS} finished days</h2>{_truth(engine)}"
        f"<h2>Received</h2>{_counters(counters)}"
        '<p><a href="/__sandbox/received">Audiences and events</a>, as they were sent here.</p>'
        f"<h2>Last {len(entries)} requests</h2>{requests_table(reversed(entries))}"
        f"<h2>Faults in force</h2>{_faults(engine.faults.listing())}"
        '<p class="quiet">For programs: <code>/__sandbox/requests</code>, '
        "<code>/__sandbox/counters</code>, <code>/__sandbox/truth/insights</code>.</p>",
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """Return a table; the first cells are text, the last ``numbers`` of them figures."""
    words = len(head) - numbers
    cells = "".join(
        f"<th{_class(place >= words)}>{escape(name)}</th>" for place, name in enumerate(head)
    )
    lines = "".join(
        f"<tr>{''.join(f'<td{_class(n >= words)}>{cell}</td>' for n, cell in enumerate(row))}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>"


def _class(is_number: bool) -> str:  # noqa: FBT001 - a cell is one or the other
    return ' class="n"' if is_number else ""


def _truth(engine: Engine) -> str:
    world = engine.world
    head = ("account", "name", "time zone", "currency", "campaigns", "ad sets", "ads", *_TOTALS)
    rows = []
    for account in world.accounts:
        counts = (world.campaigns(account), world.ad_sets(account), world.ads(account))
        totals = _totals(engine, account)
        rows.append(
            (
                f"<code>{account.account_id}</code>",
                escape(account.name),
                escape(account.zone.key),
                account.currency,
                *(str(len(things)) for things in counts),
                *(escape(str(totals.get(name, "0"))) for name in _TOTALS),
            )
        )
    return table(head, rows, 3 + len(_TOTALS))


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


def _counters(counters: Mapping[str, object]) -> str:
    by_edge = cast("Mapping[str, int]", counters["by_edge"])
    by_status = cast("Mapping[str, int]", counters["by_status"])
    statuses = ", ".join(f"{count} with {status}" for status, count in by_status.items()) or "none"
    rows = [(escape(edge), str(count)) for edge, count in by_edge.items()]
    return (
        f"<p>{counters['requests']} requests, {counters['calls']} calls as Meta counts them. "
        f"By HTTP status: {escape(statuses)} (0: connection cut).</p>"
        + (table(("edge", "calls"), rows, 1) if rows else "")
    )


def requests_table(entries: Iterable[Mapping[str, object]]) -> str:
    """Return a table of requests as the log has them."""
    rows = []
    for entry in entries:
        asked = {
            **cast("dict[str, object]", entry["query"]),
            **cast("dict[str, object]", entry["body"]),
        }
        text = msgspec.json.encode(asked).decode() if asked else ""
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        code = "" if entry["code"] is None else f" / {entry['code']}"
        rows.append(
            (
                str(entry["number"]),
                escape(str(entry["method"])),
                f"<code>{escape(str(entry['path']))}</code>",
                f"<code>{shorten(escape(text))}</code>",
                f"{entry['status']}{code}",
                f"{entry['duration_ms']}",
            )
        )
    return table(("no.", "method", "path", "asked for", "status / code", "ms"), rows, 2)


def _faults(faults: Iterable[Mapping[str, object]]) -> str:
    items = "".join(
        f"<li><code>{escape(msgspec.json.encode(fault).decode())}</code></li>" for fault in faults
    )
    return f"<ul>{items}</ul>" if items else '<p class="quiet">None.</p>'
