"""The page's charts, as Altair makes them of plain rows. Pure.

Charts take the width of the page and their colours of text and grid from it, since the page is
light or dark (`page.js`). Colours of data are the same in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from report.deliveries import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from report.deliveries import Delivery
    from report.figures import Named, Sums

BLUE, TEAL, AMBER, ROSE, GREY = "#4c83ee", "#1fa187", "#e09f1f", "#e0607e", "#8d97a8"
_HEIGHT = 190
_ROW = 30
"""Pixels of a bar that lies."""

_AMOUNT = ",.2~f"
_SHORT = "~s"

Spec = dict[str, Any]


def spend(days: Sequence[tuple[date, Sums]]) -> Spec:
    """Spend per day, as bars."""
    values = [{"day": _local(day), "spend": _number(sums.spend)} for day, sums in days]
    bars = _chart(values, "Spend per day").mark_bar(color=BLUE, opacity=0.85)
    return _spec(
        bars.encode(
            x=_day(),
            y=alt.Y("spend:Q", title=None, axis=alt.Axis(format=_SHORT)),
            tooltip=[_day_tip(), alt.Tooltip("spend:Q", title="Spend", format=_AMOUNT)],
        )
    )


def ratio(
    name: str,
    title: str,
    colour: str,
    days: Sequence[tuple[date, Sums]],
    weeks: Sequence[tuple[date, Sums]],
) -> Spec:
    """A ratio of each day, faint, and of the seven days up to it.

    Args:
        name: The ratio: a property of `Sums`.
        title: What people call it.
        colour: Of its line.
        days: The days.
        weeks: For each day the sums of seven.
    """
    single = [{"day": _local(day), "value": _number(getattr(one, name))} for day, one in days]
    rolled = [{"day": _local(day), "value": _number(getattr(one, name))} for day, one in weeks]
    value = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(format="~g"))

    def line(values: list[Spec], width: float, opacity: float, words: str) -> alt.Chart:
        tips = [_day_tip(), alt.Tooltip("value:Q", title=f"{title}, {words}", format=".2f")]
        chart = _chart(values, f"{title}, {words}")
        chart = chart.mark_line(color=colour, strokeWidth=width, opacity=opacity)
        drawn: alt.Chart = chart.encode(x=_day(), y=value, tooltip=tips)
        return drawn

    return _spec(line(single, 1, 0.4, "one day") + line(rolled, 2.5, 1, "seven days"))


def ranking(rows: Sequence[Named], title: str) -> Spec:
    """Spend of campaigns or countries, as bars that lie, coloured by ROAS."""
    values = [
        {
            "place": place,
            # Two campaigns of one name are two bars.
            "label": f"{place}. {_cut(row.name or 'Unknown')}",
            "name": row.name or "Unknown",
            "of": row.of,
            "spend": _number(row.sums.spend),
            "roas": _number(row.sums.roas),
            "ctr": _number(row.sums.ctr),
        }
        for place, row in enumerate(rows, 1)
    ]
    tips = [
        alt.Tooltip("name:N", title="Name"),
        *([alt.Tooltip("of:N", title="Account")] if any(row.of for row in rows) else []),
        alt.Tooltip("spend:Q", title="Spend", format=_AMOUNT),
        alt.Tooltip("roas:Q", title="ROAS", format=".2f"),
        alt.Tooltip("ctr:Q", title="CTR %", format=".2f"),
    ]
    # Without `invalid` a bar whose ROAS is not known would not be drawn.
    bars = _chart(values, title).mark_bar(cornerRadiusEnd=3, invalid=None)
    return _spec(
        bars.encode(
            y=alt.Y(
                "label:N",
                title=None,
                sort=alt.EncodingSortField("place"),
                axis=alt.Axis(labelLimit=170),
            ),
            x=alt.X("spend:Q", title="Spend", axis=alt.Axis(format=_SHORT)),
            color=alt.Color(
                "roas:Q",
                title="ROAS",
                scale=alt.Scale(range=[AMBER, TEAL], domainMin=0),
                legend=alt.Legend(orient="top", gradientLength=140, gradientThickness=8),
            ),
            tooltip=tips,
        ),
        height=_ROW * max(len(values), 1),
    )


def ages(rows: Sequence[tuple[str, str, Sums]], name: str, title: str) -> Spec:
    """A figure by age group, the genders side by side.

    Args:
        rows: Age group, gender and their sums, in the order in which they are shown.
        name: The figure: an attribute or a property of `Sums`.
        title: What people call it.
    """
    values = [
        {"age": age, "gender": gender, "value": _number(getattr(sums, name))}
        for age, gender, sums in rows
    ]
    genders = ["female", "male", "Unknown"]
    return _spec(
        _chart(values, f"{title} by age and gender")
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("age:N", title=None, sort=_in_order(values, "age"), axis=_FLAT),
            xOffset=alt.XOffset("gender:N", sort=genders),
            y=alt.Y("value:Q", title=title, axis=alt.Axis(format=_SHORT)),
            color=_coloured("gender", genders, [ROSE, BLUE, GREY]),
            tooltip=[
                alt.Tooltip("age:N", title="Age"),
                alt.Tooltip("gender:N", title="Gender"),
                alt.Tooltip("value:Q", title=title, format=_AMOUNT),
            ],
        )
    )


def windows(rows: Sequence[tuple[str, Decimal | None, Decimal | None]]) -> Spec:
    """Purchases by attribution window, side by side.

    Args:
        rows: Window, purchases and ROAS, in the windows' order.
    """
    values = [
        {"window": name, "purchases": _number(purchases), "roas": _number(roas)}
        for name, purchases, roas in rows
    ]
    bars = _chart(values, "Purchases by attribution window").mark_bar(color=TEAL, cornerRadiusEnd=3)
    return _spec(
        bars.encode(
            y=alt.Y("window:N", title=None, sort=_in_order(values, "window"), axis=_LONG),
            x=alt.X("purchases:Q", title="Purchases", axis=alt.Axis(format=_SHORT)),
            tooltip=[
                alt.Tooltip("window:N", title="Window"),
                alt.Tooltip("purchases:Q", title="Purchases", format=_AMOUNT),
                alt.Tooltip("roas:Q", title="ROAS", format=".2f"),
            ],
        ),
        height=_ROW * max(len(values), 1),
    )


def pacing(days: Sequence[tuple[date, Decimal | None, Decimal | None]]) -> Spec:
    """What was planned per day, as a line, over what was spent, as bars.

    Args:
        days: Day, planned and spent.
    """
    values = [
        {"day": _local(day), "planned": _number(planned), "spent": _number(spent)}
        for day, planned, spent in days
    ]
    tips = [
        _day_tip(),
        alt.Tooltip("planned:Q", title="Planned", format=_AMOUNT),
        alt.Tooltip("spent:Q", title="Spent", format=_AMOUNT),
    ]
    base = _chart(values, "Planned and spent per day").encode(x=_day(), tooltip=tips)
    spent = base.mark_bar(color=BLUE, opacity=0.85).encode(
        y=alt.Y("spent:Q", title=None, axis=alt.Axis(format=_SHORT))
    )
    planned = base.mark_line(color=AMBER, strokeWidth=2, interpolate="step").encode(
        y=alt.Y("planned:Q", title=None)
    )
    return _spec(spent + planned)


def moves(rows: Sequence[tuple[str, date, int, int]]) -> Spec:
    """People who came into audiences, upwards, and who left them, downwards.

    Args:
        rows: Audience, day, joined and left.
    """
    values = [
        {"audience": name, "day": _local(day), "people": people, "move": move}
        for name, day, joined, left in rows
        for people, move in ((joined, "joined"), (-left, "left"))
        if people
    ]
    return _spec(
        _chart(values, "People who joined and left audiences per day")
        .mark_bar(size=14)
        .encode(
            x=_day(),
            y=alt.Y("people:Q", title=None, axis=alt.Axis(format="~d", tickMinStep=1)),
            color=_coloured("audience", sorted({name for name, *_ in rows})),
            tooltip=[
                _day_tip(),
                alt.Tooltip("audience:N", title="Audience"),
                alt.Tooltip("move:N", title="Move"),
                alt.Tooltip("people:Q", title="People"),
            ],
        )
    )


def runs(deliveries: Sequence[Delivery]) -> Spec:
    """What became of the records of one stream, run by run."""
    outcomes = [name for name in OUTCOMES if any(name in one.told for one in deliveries)]
    values = [
        {
            "run": one.ended_at.strftime("%Y-%m-%d %H:%M:%S"),
            "outcome": outcome,
            "place": OUTCOMES.index(outcome),
            "records": one.counts.get(outcome, 0),
        }
        for one in deliveries
        for outcome in outcomes
    ]
    return _spec(
        _chart(values, "Records by outcome, run by run")
        .mark_bar()
        .encode(
            y=alt.Y("run:N", title=None, sort=_in_order(values, "run"), axis=_LONG),
            x=alt.X("records:Q", title="Records", axis=alt.Axis(format="~s", tickMinStep=1)),
            color=_coloured("outcome", outcomes, [_OUTCOME_COLOURS[name] for name in outcomes]),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("run:N", title="Run ended (UTC)"),
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("records:Q", title="Records", format=","),
            ],
        ),
        height=_ROW * max(len(deliveries), 1),
    )


def match_keys(delivery: Delivery) -> Spec:
    """How many of a stream's records gave each match key, in per cent."""
    values = [
        {
            "key": key,
            "share": 100 * filled / records if records else None,
            "filled": filled,
            "records": records,
            "dropped": ", ".join(
                f"{count:,} {reason}" for reason, count in delivery.dropped.get(key, {}).items()
            )
            or "none",
        }
        for key, (filled, records) in delivery.keys.items()
    ]
    values.sort(key=lambda value: -(value["share"] or 0.0))  # type: ignore[operator] # a number
    bars = _chart(values, f"Match keys of {delivery.stream}").mark_bar(
        color=TEAL, cornerRadiusEnd=3
    )
    return _spec(
        bars.encode(
            y=alt.Y("key:N", title=None, sort=_in_order(values, "key"), axis=_LONG),
            x=alt.X("share:Q", title="% of records", scale=alt.Scale(domain=[0, 100])),
            tooltip=[
                alt.Tooltip("key:N", title="Match key"),
                alt.Tooltip("filled:Q", title="Filled", format=","),
                alt.Tooltip("records:Q", title="Records", format=","),
                alt.Tooltip("dropped:N", title="Dropped"),
            ],
        ),
        height=22 * max(len(values), 1),
    )


_OUTCOME_COLOURS = dict(zip(OUTCOMES, [TEAL, GREY, "#c5ccd8", ROSE, AMBER], strict=True))
_FLAT = alt.Axis(labelAngle=0)
_LONG = alt.Axis(labelLimit=190)


def _chart(values: list[Spec], title: str) -> alt.Chart:
    # The title is for who cannot see the chart; the page writes its own above it.
    chart: alt.Chart = alt.Chart(alt.InlineData(values=values), description=title)
    return chart


def _day() -> alt.X:
    return alt.X(
        "day:T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True, tickCount=6)
    )


def _day_tip() -> alt.Tooltip:
    return alt.Tooltip("day:T", title="Day", format="%Y-%m-%d")


def _coloured(field: str, names: list[str], colours: list[str] | None = None) -> alt.Color:
    scale = alt.Scale(domain=names, range=colours) if colours else alt.Scale(domain=names)
    return alt.Color(f"{field}:N", title=None, scale=scale, legend=alt.Legend(orient="top"))


def _in_order(values: list[Spec], name: str) -> list[str]:
    return list(dict.fromkeys(value[name] for value in values))


def _cut(name: str, longest: int = 34) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _local(day: date) -> str:
    # A day alone is midnight in London to a browser, and the day before to one in New York.
    return f"{day.isoformat()}T00:00:00"


def _number(value: Decimal | int | None) -> float | None:
    return None if value is None else float(value)


def _spec(chart: alt.Chart | alt.LayerChart | alt.FacetChart, height: int = _HEIGHT) -> Spec:
    sized = chart.properties(width="container", height=height)
    with alt.data_transformers.enable(consolidate_datasets=False):
        spec: Spec = sized.to_dict(format="vega-lite")
    # In place of Altair's own: the page's knows light and dark. What is not known is no low figure.
    spec["config"] = {"scale": {"invalid": {"color": {"value": GREY}}}}
    return spec
