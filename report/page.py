"""The whole page as HTML, out of what warehouse and ledger said. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from report import charts
from report.deliveries import newest
from report.figures import MONTH, Sums, change, halves, listed, rolling, total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from report.charts import Spec
    from report.deliveries import Delivery
    from report.figures import Named
    from report.warehouse import Findings

UNKNOWN = "\N{EN DASH}"
"""What stands for a figure that is not known."""

_WEEK = 7
_BUDGETS = 10
"""Budgets that the page shows one by one."""

_RUNS = 12
"""Runs of the target that the page shows."""


@dataclass(frozen=True)
class Tile:
    """One figure at the top.

    Attributes:
        title: What it is.
        value: As text.
        change: By how many per cent it grew, as text; empty where that is not known.
        is_good: Whether that is good news; None where it is neither.
    """

    title: str
    value: str
    change: str
    is_good: bool | None


@dataclass(frozen=True)
class Audience:
    """How many people are in an audience, and how many came and went in the last `MONTH` days.

    Attributes:
        name: Its name.
        members: Who is in it now.
        joined: Stays that began; None where that is not known.
        left: Stays that ended; None where that is not known.
    """

    name: str
    members: int
    joined: int | None
    left: int | None


@dataclass(frozen=True)
class Money:
    """One currency: its figures cannot be added to those of another.

    Attributes:
        currency: ISO 4217.
        accounts: Names of its accounts.
        tiles: The figures at the top.
        campaigns: Those that spent most.
        countries: Those that cost most.
        windows: Attribution windows: name, purchases, value and ROAS.
        budgets: Campaigns of the last seven days: name, planned, spent and pacing in per cent.
        charts: Charts by their places on the page.
        digits: Decimals of its amounts.
    """

    currency: str
    accounts: str
    tiles: Sequence[Tile]
    campaigns: Sequence[Named]
    countries: Sequence[Named]
    windows: Sequence[tuple[str, Decimal | None, Decimal | None, Decimal | None]]
    budgets: Sequence[tuple[str, Decimal, Decimal | None, Decimal | None]]
    charts: Mapping[str, Spec]
    digits: int


def render(
    findings: Findings,
    runs: Sequence[Delivery],
    *,
    title: str,
    made_at: datetime,
    remark: str = "",
) -> str:
    """Return the page: one HTML file that opens without a network and asks nobody for anything.

    Args:
        findings: What the warehouse said.
        runs: What the ledger said.
        title: The page's heading.
        made_at: When it is made.
        remark: A sentence below the heading, such as why no run is known.
    """
    moneys = [_money(findings, row) for row in findings.rows["currencies"]]
    last = newest(runs)
    figures = {
        f"{money.currency}-{place}": spec
        for money in moneys
        for place, spec in money.charts.items()
    }
    audiences = _audiences(findings)
    if audiences and (moves := findings.rows.get("moves")):
        figures["moves"] = charts.moves(
            [(row["name"], row["date_day"], row["joined"], row["left"]) for row in moves]
        )
    for place, delivery in enumerate(last):
        of_stream = [one for one in runs if one.stream == delivery.stream]
        figures[f"runs-{place}"] = charts.runs(of_stream[-_RUNS:])
        figures[f"keys-{place}"] = charts.match_keys(delivery)
    template = _environment().get_template("page.html.jinja")
    return template.render(
        title=title,
        remark=remark,
        made_at=made_at,
        findings=findings,
        rows=findings.rows,
        quiet=[
            row
            for row in findings.rows["accounts"]
            if row["newest"] is not None and findings.since <= row["newest"] < findings.through
        ],
        moneys=moneys,
        audiences=audiences,
        last=last,
        month=MONTH,
        specs=Markup(_json(figures)),  # noqa: S704  # escaped there
        vega=Markup(_vega()),  # noqa: S704  # a library's code
        script=Markup(_beside("page.js")),  # noqa: S704  # our own
        style=Markup(_beside("page.css")),  # noqa: S704  # our own
    )


def _money(findings: Findings, row: Mapping[str, Any]) -> Money:
    rows = findings.rows
    currency = row["currency"]

    def own(name: str) -> list[dict[str, Any]]:
        return [one for one in rows[name] if one["currency"] == currency]

    known = [(one["date_day"], Sums.of(one)) for one in own("days")]
    days = [(day, sums) for day, sums in known if day >= findings.since]
    weeks = [(day, sums) for day, sums in rolling(known, _WEEK) if day >= findings.since]
    spent = total(sums for _, sums in days)
    campaigns, countries = listed(own("campaigns")), listed(own("countries"))
    # Of a unit's parts, as 100 cents: their zeros.
    digits = 2 if row["minor_units"] is None else len(str(row["minor_units"])) - 1
    ages = [
        (one["age_group"] or "Unknown", one["gender"] or "Unknown", Sums.of(one))
        for one in own("ages")
    ]
    windows = [
        (
            one["name"],
            one["purchases"],
            one["purchase_value"],
            Sums(spend=spent.spend, purchase_value=one["purchase_value"]).roas,
        )
        for one in own("windows")
    ]
    budget_days = [(one["date_day"], one["planned"], one["spend"]) for one in own("budget_days")]
    drawn = {
        "spend": charts.spend(days),
        "roas": charts.ratio("roas", "ROAS", charts.TEAL, days, weeks),
        "ctr": charts.ratio("ctr", "CTR %", charts.AMBER, days, weeks),
        "campaigns": charts.ranking(campaigns, "Spend by campaign"),
        "countries": charts.ranking(countries, "Spend by country"),
        "ages-spend": charts.ages(ages, "spend", "Spend"),
        "ages-roas": charts.ages(ages, "roas", "ROAS"),
        "windows": charts.windows([(name, count, roas) for name, count, _, roas in windows]),
        "pacing": charts.pacing(budget_days),
    }
    return Money(
        currency,
        row["accounts"] or "",
        _tiles(known, findings.through, digits),
        campaigns,
        countries,
        windows,
        _budgets(own("budgets")),
        drawn,
        digits,
    )


def _budgets(
    rows: Sequence[Mapping[str, Any]],
) -> list[tuple[str, Decimal, Decimal | None, Decimal | None]]:
    """The largest budgets, how much of each was spent, and all others as one."""
    cut = _BUDGETS if len(rows) > _BUDGETS + 1 else len(rows)
    found = [(one["name"] or "Unknown", one["planned"], one["spend"]) for one in rows[:cut]]
    if rest := rows[cut:]:
        spent = [one["spend"] for one in rest if one["spend"] is not None]
        planned = sum(one["planned"] for one in rest)
        found.append((f"{len(rest)} others", planned, sum(spent) if spent else None))
    return [
        (name, planned, spent, None if spent is None or not planned else 100 * spent / planned)
        for name, planned, spent in found
    ]


def _audiences(findings: Findings) -> list[Audience]:
    moves = findings.rows.get("moves")

    def moved(name: str, way: str) -> int | None:
        return None if moves is None else sum(one[way] for one in moves if one["name"] == name)

    return [
        Audience(
            row["name"], row["members"], moved(row["name"], "joined"), moved(row["name"], "left")
        )
        for row in findings.rows.get("audiences", [])
    ]


def _tiles(days: Sequence[tuple[date, Sums]], through: date, digits: int) -> list[Tile]:
    now, before = halves(days, through, MONTH)

    def tile(title: str, name: str, digits: int, *, good: int) -> Tile:
        value = getattr(now, name)
        grown = None if before is None else change(value, getattr(before, name))
        is_good = None
        if good and grown is not None and round(grown):
            is_good = (grown > 0) == (good > 0)
        return Tile(
            title,
            number(value, digits),
            "" if grown is None else f"{grown:+.0f} %",
            is_good,
        )

    return [
        tile("Spend", "spend", digits, good=0),
        tile("Purchase value", "purchase_value", digits, good=1),
        tile("ROAS", "roas", 2, good=1),
        tile("CTR %", "ctr", 2, good=1),
        tile("Cost per purchase", "cpa", digits, good=-1),
        tile("Purchases", "purchases", 0, good=1),
    ]


def number(value: Decimal | int | None, digits: int = 0) -> str:
    """Write a number for people; what is not known is a dash."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def moment(value: datetime | None) -> str:
    """Write an instant in UTC, to the minute."""
    if value is None:
        return UNKNOWN
    return f"{value.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, moment=moment)
    return environment


def _json(value: object) -> str:
    """Write JSON that may stand inside of a `<script>` element: no name in it can end that."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache  # it takes a second or two to put together
def _vega() -> str:
    # The Vega-Lite that the charts are written for: v6.1.0 is 6.1 there.
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", version)
    # What is read as HTML ends a script at the first of these, be it in a string or not.
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _beside(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
