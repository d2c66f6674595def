"""An Insights report: its columns and key, what is asked of Meta for it, and what defines it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tap_meta_ads import fields as fields_of_meta
from tap_meta_ads.reports.periods import Period

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
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

DEFAULT_WINDOWS = ("default", "1d_click", "7d_click", "28d_click", "1d_view")

FILTER_OPERATORS = tuple(
    """
    EQUAL NOT_EQUAL GREATER_THAN GREATER_THAN_OR_EQUAL LESS_THAN LESS_THAN_OR_EQUAL IN_RANGE
    NOT_IN_RANGE CONTAIN NOT_CONTAIN CONTAINS_ANY CONTAINS_ALL NOT_CONTAINS_ANY STEM_MATCH IN NOT_IN
    STARTS_WITH ENDS_WITH ANY ALL AFTER BEFORE ON_OR_AFTER ON_OR_BEFORE NONE TOP
    """.split()
)
"""What Meta's `filtering` takes as `operator`."""

_CAMPAIGN_STATUSES = ("ACTIVE", "ARCHIVED", "DELETED", "IN_PROCESS", "PAUSED", "WITH_ISSUES")
_ADSET_STATUSES = (*_CAMPAIGN_STATUSES, "CAMPAIGN_PAUSED")
_AD_STATUSES = (
    *(*_ADSET_STATUSES, "ADSET_PAUSED", "DISAPPROVED"),
    *("PENDING_BILLING_INFO", "PENDING_REVIEW", "PREAPPROVED"),
)
EVERY_STATUS = {
    level: {"field": f"{of}.effective_status", "operator": "IN", "value": [*statuses]}
    for level, of, statuses in (
        ("account", "ad", _AD_STATUSES),  # there is none of an account
        ("campaign", "campaign", _CAMPAIGN_STATUSES),
        ("adset", "adset", _ADSET_STATUSES),
        ("ad", "ad", _AD_STATUSES),
    )
}
"""By level, the filter that names every status. Values: `EffectiveStatus` of Meta's own SDK."""

_ABOUT_STATUS = frozenset({"effective_status", "delivery_info"})
"""Last parts of the fields of a filter on the status. `configured_status` and the like are none of
them: nobody has seen Meta take one of these for such a filter."""

_OF_A_SET = frozenset("IN NOT_IN CONTAINS_ANY CONTAINS_ALL NOT_CONTAINS_ANY ANY ALL NONE".split())
"""Operators whose value is a list in any order."""


_NOTHING = msgspec.Raw(b"null")


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
        """Key of its rows: account, the level's id, first day (and last), breakdowns.

        For a breakdown whose values are objects the id within stands in the key, see `derived`.
        """
        own = () if self.level == "account" else (f"{self.level}_id",)
        days = ("date_start",) if self.time_increment == 1 else ("date_start", "date_stop")
        parts = (f"{name}_id" if _is_object(name) else name for name in self.breakdowns)
        return ("account_id", *own, *days, *parts)

    @property
    def derived(self) -> Mapping[str, tuple[str, str]]:
        """Columns that Meta does not send: each with the column and the member it is taken from.

        The value of an asset breakdown is an object (`{"id": "605...", "text": "..."}`), and an
        object cannot be a key. Its id becomes a column of its own, `body_asset_id` of `body_asset`.
        """
        return {f"{name}_id": (name, "id") for name in self.breakdowns if _is_object(name)}

    def key_of(self, row: Mapping[str, msgspec.Raw]) -> tuple[bytes, ...]:
        """Return what tells a row of Meta's from the others: the JSON of each part of its key."""
        parts = []
        for name in self.keys:
            source, member = self.derived.get(name, (name, None))
            value = row.get(source, _NOTHING)
            if member is not None:
                # The members of an object come in any order.
                known = msgspec.json.decode(value, type=dict[str, msgspec.Raw] | None) or {}
                value = known.get(member, _NOTHING)
            parts.append(bytes(value))
        return tuple(parts)

    @property
    def period(self) -> Period:
        """The periods of its rows."""
        return Period.of(self.time_increment)

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
        kinds |= {name: "object" if _is_object(name) else "string" for name in self.breakdowns}
        return kinds | dict.fromkeys(self.derived, "string")

    def fingerprint(self, columns: tuple[str, ...]) -> str:
        """Changes when rows of this report would be other rows, or would have other columns.

        The order in which columns, breakdowns, windows or filters are written changes no row, nor
        does what the report offers and nobody has selected.

        Args:
            columns: The columns that are selected.
        """
        definition = {
            "level": self.level,
            "time_increment": self.period.increment,
            "columns": sorted(columns),
            "breakdowns": sorted(self.breakdowns),
            "action_breakdowns": sorted(self._action_breakdowns(columns)),
            "action_attribution_windows": sorted(self.action_attribution_windows),
            "filtering": sorted(_canonical(_in_order(item)) for item in self.filtering),
        }
        return hashlib.sha256(_canonical(definition).encode()).hexdigest()[:16]

    def params(
        self,
        window: DateRange,
        columns: tuple[str, ...],
        only: Sequence[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """Meta's parameters for the days of a window.

        Args:
            window: Days that begin where a period does, or within a single one.
            columns: The columns that are wanted.
            only: Filter objects beside the report's own.
        """
        asked = [name for name in columns if name not in self.comes_unasked]
        action_breakdowns = self._action_breakdowns(columns)
        if action_breakdowns and "actions" not in asked:
            # Meta takes no action breakdowns without it, and the other lists are to have them too.
            asked.append("actions")
        return {
            "level": self.level,
            "fields": asked,
            "time_range": {"since": str(window.since), "until": str(window.until)},
            "time_increment": self.period.increment,
            "breakdowns": list(self.breakdowns) or None,
            "action_breakdowns": ["action_type", *action_breakdowns] if action_breakdowns else None,
            "action_attribution_windows": list(self.action_attribution_windows) or None,
            "filtering": self._of_every_status([*plain(self.filtering), *only]) or None,
        }

    @property
    def comes_unasked(self) -> Collection[str]:
        """Columns that Meta sends by itself, or never, and refuses among the fields."""
        return {"date_start", "date_stop", *self.breakdowns, *self.derived}

    def _action_breakdowns(self, columns: Collection[str]) -> tuple[str, ...]:
        """Those that make a difference: `action_type` is always there, and only lists have them."""
        if fields_of_meta.action_lists().isdisjoint(columns):
            return ()
        return tuple(name for name in self.action_breakdowns if name != "action_type")

    def _of_every_status(self, filtering: list[Any]) -> list[Any]:
        """The same filter, by which Meta leaves out nothing archived or deleted by itself.

        Meta's guide to the Insights API, "Deleted and Archived Objects": "if you query using
        `filtering`, status filtering will be applied by default to return only Active objects".
        Without `filtering` Insights have them all. So a day that is read in parts would lose what
        such ads have spent, as it was in Airbyte's source (airbytehq/airbyte#36998), which sends
        all statuses of the level ever since (#39439).

        Args:
            filtering: Meta's filter objects.
        """
        fields = {item["field"].rpartition(".")[2] for item in filtering}
        if not fields or fields & _ABOUT_STATUS:
            return filtering
        return [*filtering, EVERY_STATUS[self.level]]


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same JSON in dicts, lists and plain numbers, so that it can be written down."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, Decimal):  # the SDK reads what has a point so
        return int(value) if value == int(value) else float(value)
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def _canonical(value: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"))


def _in_order(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """A filter with the list that is its value in one order, where any order means the same."""
    value = item.get("value")
    if item.get("operator") in _OF_A_SET and isinstance(value, list | tuple):
        return {**item, "value": sorted(value, key=_canonical)}
    return item


def _is_object(breakdown: str) -> bool:
    """Whether its values are objects: those of the assets of dynamic creatives are, but for one."""
    return breakdown.endswith("_asset") and breakdown != "ad_format_asset"
