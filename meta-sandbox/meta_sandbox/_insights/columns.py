"""The fields of an Insights row: for each name, how its value is made from added-up figures.

A function that returns None leaves its field out of the row, as Meta does with metrics that have
no data. Names that Meta takes and that are not listed here never have data in the sandbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from meta_sandbox._insights import actions as act
from meta_sandbox._insights.facts import UNIQUE_SHARE, Facts, ceil_share, decimal, money
from meta_sandbox._world import metrics as m

if TYPE_CHECKING:
    from collections.abc import Callable

    from meta_sandbox._world.objects import Account, Ad, AdSet, Campaign

Value = object


class Row(NamedTuple):
    """What a row is made from.

    Attributes:
        facts: The figures.
        now: The clock's instant, for names.
        windows: Requested attribution windows.
        splits: Requested action breakdowns other than ``action_type``.
    """

    facts: Facts
    now: float
    windows: tuple[str, ...]
    splits: tuple[str, ...]
    account: Account
    campaign: Campaign | None
    ad_set: AdSet | None
    ad: Ad | None


def _per(numerator: int, denominator: int | None, scale: int = 1) -> str | None:
    return decimal(numerator, denominator * scale) if denominator else None


def _cost(row: Row, count: int | None, of: int = 1) -> str | None:
    return _per(row.facts.spend * of, count, 10**row.account.minor_digits)


def _share(row: Row, count: int | None) -> str | None:
    """Return a count in percent of the impressions."""
    return None if count is None else _per(100 * count, row.facts.impressions)


def _text(count: int | None) -> str | None:
    return None if count is None else str(count)


def _unique(count: int | None) -> int | None:
    return None if count is None else ceil_share(count, UNIQUE_SHARE)


def _one(row: Row, action_type: str, count: int) -> list[act.Entry] | None:
    """Return a list of a single on-Meta action, the form of outbound clicks and video views."""
    return act.render([(action_type, (count, count, count, count, 0, 0))], row.windows, row.splits)


def _quotient(action_type: str, value: str | None) -> list[act.Entry] | None:
    return None if value is None else [{"action_type": action_type, "value": value}]


def _video(least: int) -> Callable[[Row], Value | None]:
    return lambda row: _one(row, "video_view", row.facts.viewers(least))


def _video_length(row: Row) -> Value | None:
    plays = row.facts.viewers(m.PLAY)
    if not plays:
        return None
    average = decimal(row.facts.atoms[m.WATCHED], plays, 0)
    return [{"action_type": "video_view", "value": average}]


def _curve(row: Row) -> Value | None:
    plays = row.facts.viewers(m.PLAY)
    if not plays:
        return None
    marks = (m.PLAY, m.TWO_SECONDS, m.THREE_SECONDS, m.P25, m.P50, m.P75, m.P95, m.P100)
    kept = [100 * row.facts.viewers(mark) // plays for mark in marks]
    return [{"action_type": "video_view", "value": kept}]


# Objective -> what Ads Manager calls the result of such a campaign.
_RESULTS: dict[str, tuple[str, Callable[[Facts], int]]] = {
    "OUTCOME_SALES": (
        "actions:offsite_conversion.fb_pixel_purchase",
        lambda facts: (facts.windows(0) or (0,))[0],
    ),
    "OUTCOME_LEADS": (
        "actions:lead",
        lambda facts: (
            (facts.windows(m.CONVERSIONS.index("lead")) or (0,))[0] + facts.atoms[m.FORM_LEAD]
        ),
    ),
    "OUTCOME_TRAFFIC": ("actions:link_click", lambda facts: facts.link_clicks),
    "OUTCOME_ENGAGEMENT": ("actions:post_engagement", lambda facts: facts.post_engagement),
    "OUTCOME_AWARENESS": ("reach", lambda facts: facts.reach),
}


def _result(row: Row, write: Callable[[int], str]) -> Value | None:
    if row.campaign is None:
        return None
    indicator, count_of = _RESULTS[row.campaign.objective]
    count = count_of(row.facts)
    entry: act.Entry = {"indicator": indicator}
    if count:
        entry["values"] = [{"value": write(count), "attribution_windows": ["default"]}]
    return [entry]


def _ranking(place: int) -> Callable[[Row], Value | None]:
    grades = ("ABOVE_AVERAGE", "AVERAGE", "BELOW_AVERAGE_35", "BELOW_AVERAGE_20")

    def grade(row: Row) -> Value | None:
        if row.ad is None:
            return None
        if row.facts.impressions < 500:  # noqa: PLR2004 - Meta gives no grade below that
            return "UNKNOWN"
        return grades[(row.ad.number + place) % len(grades)]

    return grade


def _roas(only: str) -> Callable[[Row], Value | None]:
    return lambda row: act.return_on_spend(
        act.tally_values(row.facts), row.facts.spend, row.windows, row.splits, only
    )


def _costs(tally: Callable[[Row], act.Tally]) -> Callable[[Row], Value | None]:
    return lambda row: act.cost_per(
        tally(row), row.facts.spend, row.account.minor_digits, row.windows, row.splits
    )


def _counts(tally: Callable[[Row], act.Tally]) -> Callable[[Row], Value | None]:
    return lambda row: act.render(tally(row), row.windows, row.splits)


def _actions(row: Row) -> act.Tally:
    """Return the tally of actions, which several fields of a row are made from."""
    kept = row.facts.kept
    if "actions" not in kept:
        kept["actions"] = act.tally_actions(row.facts)
    return cast("act.Tally", kept["actions"])


def _unique_actions(row: Row) -> act.Tally:
    return act.uniques(_actions(row), windows=bool(row.windows))


def _conversions(row: Row) -> act.Tally:
    return act.tally_conversions(row.facts)


def _unique_conversions(row: Row) -> act.Tally:
    return act.uniques(_conversions(row), windows=bool(row.windows))


#: Field -> its value in a row, or None where it has none.
COLUMNS: dict[str, Callable[[Row], Value | None]] = {
    "account_id": lambda row: row.account.account_id,
    "account_name": lambda row: row.account.name,
    "account_currency": lambda row: row.account.currency,
    "campaign_id": lambda row: row.campaign and row.campaign.id,
    "campaign_name": lambda row: row.campaign and row.campaign.name_at(row.now),
    "objective": lambda row: row.campaign and row.campaign.objective,
    "buying_type": lambda row: row.campaign and "AUCTION",
    "adset_id": lambda row: row.ad_set and row.ad_set.id,
    "adset_name": lambda row: row.ad_set and row.ad_set.name_at(row.now),
    "attribution_setting": lambda row: row.ad_set and row.ad_set.attribution,
    "optimization_goal": lambda row: row.ad_set and row.ad_set.optimization_goal,
    "ad_id": lambda row: row.ad and row.ad.id,
    "ad_name": lambda row: row.ad and row.ad.name_at(row.now),
    "created_time": lambda row: row.account.local_date(
        (row.ad or row.ad_set or row.campaign or row.account).created
    ),
    "updated_time": lambda row: (
        (lowest := row.ad or row.ad_set or row.campaign)
        and row.account.local_date(lowest.updated_at(row.now))
    ),
    "impressions": lambda row: str(row.facts.impressions),
    "reach": lambda row: str(row.facts.reach),
    "frequency": lambda row: _per(row.facts.impressions, row.facts.reach),
    "spend": lambda row: money(row.facts.spend, row.account.minor_digits),
    "social_spend": lambda row: money(row.facts.spend // 20, row.account.minor_digits),
    "clicks": lambda row: _text(row.facts.clicks),
    "unique_clicks": lambda row: _text(_unique(row.facts.clicks)),
    "ctr": lambda row: _share(row, row.facts.clicks),
    "unique_ctr": lambda row: _share(row, _unique(row.facts.clicks)),
    "cpc": lambda row: _cost(row, row.facts.clicks),
    "cpm": lambda row: _cost(row, row.facts.impressions, 1000),
    "cpp": lambda row: _cost(row, row.facts.reach, 1000),
    "cost_per_unique_click": lambda row: _cost(row, _unique(row.facts.clicks)),
    "inline_link_clicks": lambda row: _text(row.facts.inline_link_clicks),
    "inline_link_click_ctr": lambda row: _share(row, row.facts.inline_link_clicks),
    "cost_per_inline_link_click": lambda row: _cost(row, row.facts.inline_link_clicks),
    "unique_inline_link_clicks": lambda row: _text(_unique(row.facts.inline_link_clicks)),
    "unique_inline_link_click_ctr": lambda row: _share(row, _unique(row.facts.inline_link_clicks)),
    "unique_link_clicks_ctr": lambda row: _share(row, _unique(row.facts.inline_link_clicks)),
    "cost_per_unique_inline_link_click": lambda row: _cost(
        row, _unique(row.facts.inline_link_clicks)
    ),
    "inline_post_engagement": lambda row: str(row.facts.post_engagement),
    "cost_per_inline_post_engagement": lambda row: _cost(row, row.facts.post_engagement),
    "quality_ranking": _ranking(0),
    "engagement_rate_ranking": _ranking(1),
    "conversion_rate_ranking": _ranking(2),
    "outbound_clicks": lambda row: _one(row, "outbound_click", row.facts.outbound_clicks),
    "unique_outbound_clicks": lambda row: _one(
        row, "outbound_click", ceil_share(row.facts.outbound_clicks, UNIQUE_SHARE)
    ),
    "outbound_clicks_ctr": lambda row: _quotient(
        "outbound_click", _share(row, row.facts.outbound_clicks or None)
    ),
    "cost_per_outbound_click": lambda row: _quotient(
        "outbound_click", _cost(row, row.facts.outbound_clicks)
    ),
    "cost_per_unique_outbound_click": lambda row: _quotient(
        "outbound_click", _cost(row, ceil_share(row.facts.outbound_clicks, UNIQUE_SHARE))
    ),
    "website_ctr": lambda row: _quotient("link_click", _share(row, row.facts.link_clicks or None)),
    "landing_page_view_per_link_click": lambda row: _per(
        row.facts.atoms[m.LANDING], row.facts.link_clicks
    ),
    "actions": _counts(_actions),
    "unique_actions": _counts(_unique_actions),
    "action_values": lambda row: act.amounts(
        act.tally_values(row.facts), row.account.minor_digits, row.windows, row.splits
    ),
    "cost_per_action_type": _costs(_actions),
    "cost_per_unique_action_type": _costs(_unique_actions),
    "conversions": _counts(_conversions),
    "unique_conversions": _counts(_unique_conversions),
    "cost_per_conversion": _costs(_conversions),
    "cost_per_unique_conversion": _costs(_unique_conversions),
    "purchase_roas": _roas("omni_purchase"),
    "website_purchase_roas": _roas("offsite_conversion.fb_pixel_purchase"),
    "video_play_actions": _video(m.PLAY),
    "video_continuous_2_sec_watched_actions": _video(m.TWO_SECONDS),
    "video_30_sec_watched_actions": _video(m.P75),
    "video_thruplay_watched_actions": _video(m.P50),
    "video_p25_watched_actions": _video(m.P25),
    "video_p50_watched_actions": _video(m.P50),
    "video_p75_watched_actions": _video(m.P75),
    "video_p95_watched_actions": _video(m.P95),
    "video_p100_watched_actions": _video(m.P100),
    "video_avg_time_watched_actions": _video_length,
    "video_play_curve_actions": _curve,
    "cost_per_thruplay": lambda row: _quotient("video_view", _cost(row, row.facts.viewers(m.P50))),
    "results": lambda row: _result(row, str),
    "cost_per_result": lambda row: _result(row, lambda count: _cost(row, count) or "0"),
}
