"""Insights reports as data: the presets, and what a user's own report may say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_meta_ads import fields as fields_of_meta

if TYPE_CHECKING:
    from datetime import date

    from tap_meta_ads.dates import DateRange

LEVELS = ("account", "campaign", "adset", "ad")
"""Meta's levels, each within the one before."""

LEVEL_FIELDS: Mapping[str, tuple[str, ...]] = {
    "account": ("account_id", "account_name", "account_currency"),
    "campaign": ("campaign_id", "campaign_name"),
    "adset": ("adset_id", "adset_name"),
    "ad": ("ad_id", "ad_name"),
}
"""What names an object of each level; a report has those of its level and of the levels above."""

DELIVERY = """
    impressions reach frequency spend social_spend cpm cpp
    clicks unique_clicks ctr unique_ctr cpc cost_per_unique_click
    inline_link_clicks unique_inline_link_clicks inline_link_click_ctr cost_per_inline_link_click
    inline_post_engagement cost_per_inline_post_engagement
    outbound_clicks unique_outbound_clicks outbound_clicks_ctr cost_per_outbound_click website_ctr
    full_view_impressions full_view_reach
""".split()

RESULTS = """
    actions action_values unique_actions cost_per_action_type cost_per_unique_action_type
    conversions conversion_values cost_per_conversion purchase_roas website_purchase_roas
    results cost_per_result
""".split()

VIDEO = """
    video_play_actions video_thruplay_watched_actions video_30_sec_watched_actions
    video_avg_time_watched_actions video_p25_watched_actions video_p50_watched_actions
    video_p75_watched_actions video_p95_watched_actions video_p100_watched_actions
""".split()

ABOUT_THE_AD = """
    objective optimization_goal buying_type attribution_setting created_time updated_time
    quality_ranking engagement_rate_ranking conversion_rate_ranking
""".split()

DEFAULT_WINDOWS = ("default", "1d_click", "7d_click", "28d_click", "1d_view")

FILTER_OPERATORS = tuple(
    """
    EQUAL NOT_EQUAL GREATER_THAN GREATER_THAN_OR_EQUAL LESS_THAN LESS_THAN_OR_EQUAL IN_RANGE
    NOT_IN_RANGE CONTAIN NOT_CONTAIN CONTAINS_ANY CONTAINS_ALL NOT_CONTAINS_ANY STEM_MATCH IN NOT_IN
    STARTS_WITH ENDS_WITH ANY ALL AFTER BEFORE ON_OR_AFTER ON_OR_BEFORE NONE TOP
    """.split()
)
"""What Meta's `filtering` takes as `operator`."""

RETIRED: Mapping[str, Mapping[str, str]] = {
    "action_attribution_windows": {
        "7d_view": "Use `1d_view`, or remove it.",
        "28d_view": "Use `1d_view`, or remove it.",
    },
    "breakdowns": {"dma": "Use `comscore_market`."},
}
"""What Meta's tables still list and no longer answers: setting, value and what to do instead."""

HOURLY_MONTHS = 13
"""What Meta keeps of hourly figures."""

PEOPLE = frozenset({"reach", "frequency", "cpp"})
"""Figures that count people, beside all that are called unique: Meta has none by the hour."""


@dataclass(frozen=True)
class Report:
    """One Insights report.

    Attributes:
        name: Name of its stream.
        level: One of `LEVELS`.
        fields: What is asked for beside the ids and names of the level and those above.
        breakdowns: Meta's breakdowns; each is a column and a part of the key.
        action_breakdowns: Breakdowns of the actions, `action_type` when empty.
        action_attribution_windows: Windows, each a number in every action.
        time_increment: Days of a row; `weekly`, `monthly` or `all_days`.
        filtering: Meta's filter objects.
        lookback_days: In place of `insights_lookback_days`.
        start_date: In place of `start_date`.
        selected: Whether it is selected without a catalog.
    """

    name: str
    level: str = "ad"
    fields: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    action_breakdowns: tuple[str, ...] = ()
    action_attribution_windows: tuple[str, ...] = DEFAULT_WINDOWS
    time_increment: int | str = 1
    filtering: tuple[Mapping[str, Any], ...] = ()
    lookback_days: int | None = None
    start_date: date | None = None
    selected: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """Key of its rows: account, the level's id, first day (and last), breakdowns."""
        own = () if self.level == "account" else (f"{self.level}_id",)
        days = ("date_start",) if self.time_increment == 1 else ("date_start", "date_stop")
        return ("account_id", *own, *days, *self.breakdowns)

    @property
    def columns(self) -> tuple[str, ...]:
        """All fields asked of Meta: ids and names of the levels first, then the report's own."""
        above = LEVELS[: LEVELS.index(self.level) + 1]
        named = [name for level in above for name in LEVEL_FIELDS[level]]
        return tuple(dict.fromkeys([*named, *self.fields]))

    def kinds(self, version: str) -> dict[str, str]:
        """Column and kind of its rows, see `fields.KINDS`."""
        known = fields_of_meta.table(version, "AdsInsights")
        kinds = {name: known.get(name, "string") for name in self.columns}
        kinds |= {"date_start": "date", "date_stop": "date"}
        return kinds | {name: _breakdown_kind(name) for name in self.breakdowns}

    def fingerprint(self, columns: tuple[str, ...]) -> str:
        """Changes when rows of this report would be other rows, or would have other columns.

        The order in which columns, breakdowns, windows or filters are written changes no row.

        Args:
            columns: The columns that are selected.
        """
        definition = {
            "level": self.level,
            "time_increment": self.time_increment,
            "columns": sorted(columns),
            "breakdowns": sorted(self.breakdowns),
            "action_breakdowns": sorted(self.action_breakdowns),
            "action_attribution_windows": sorted(self.action_attribution_windows),
            "filtering": sorted(_canonical(item) for item in self.filtering),
        }
        return hashlib.sha256(_canonical(definition).encode()).hexdigest()[:16]

    def params(self, window: DateRange, columns: tuple[str, ...]) -> dict[str, Any]:
        """Meta's parameters for the days of a window."""
        asked = [name for name in columns if name not in self.breakdowns]
        return {
            "level": self.level,
            "fields": [name for name in asked if name not in {"date_start", "date_stop"}],
            "time_range": {"since": str(window.since), "until": str(window.until)},
            "time_increment": self.time_increment,
            "breakdowns": list(self.breakdowns) or None,
            "action_breakdowns": list(self.action_breakdowns) or None,
            "action_attribution_windows": list(self.action_attribution_windows) or None,
            "filtering": _plain(self.filtering) or None,
        }


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same JSON in dicts and lists, so that it can be written down."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _canonical(value: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))


def _breakdown_kind(name: str) -> str:
    """Breakdown values are texts, but for the assets of dynamic creatives, which are objects."""
    return "object" if name.endswith("_asset") and name != "ad_format_asset" else "string"


PRESETS = (Report("ads_insights", fields=(*DELIVERY, *RESULTS, *VIDEO, *ABOUT_THE_AD)),)
"""The reports when `insights_reports` is not set."""


def own(config: Mapping[str, Any], start_date: date | None) -> Report:
    """A report of the setting `insights_reports`, after the setting was checked."""
    given = {name: value for name, value in config.items() if value is not None}
    for name in ("fields", "breakdowns", "action_breakdowns", "action_attribution_windows"):
        if name in given:
            # What is named twice is one column, and one part of the key.
            given[name] = tuple(dict.fromkeys(given[name]))
    if "filtering" in given:
        given["filtering"] = tuple(_plain(given["filtering"]))
    if not given.get("fields"):
        given["fields"] = PRESETS[0].fields
    return Report(**(given | {"start_date": start_date}))
