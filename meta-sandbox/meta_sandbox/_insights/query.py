"""An Insights request, read and checked as Meta checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meta_sandbox._insights import breakdowns as bd
from meta_sandbox._insights import dates, names
from meta_sandbox._protocol.errors import GraphError, invalid_insights_field
from meta_sandbox._protocol.filters import Condition, parse_filtering
from meta_sandbox._protocol.params import flag_of, json_of, list_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID_FIELDS = {
    "account": ("account_id",),
    "campaign": ("account_id", "campaign_id"),
    "adset": ("account_id", "campaign_id", "adset_id"),
    "ad": ("account_id", "campaign_id", "adset_id", "ad_id"),
}
_WITHOUT_BREAKDOWNS = frozenset(
    """
    app_store_clicks newsfeed_avg_position newsfeed_clicks newsfeed_impressions relevance_score
    """.split()
)
_REACH_FIELDS = frozenset({"reach", "frequency", "cpp"})
_DEPTH = {"account": 0, "campaign": 1, "adset": 2, "ad": 3}
_MAX_INCREMENT = 90


@dataclass(frozen=True)
class Query:
    """A request that passed Meta's checks.

    Attributes:
        account: Number of the account.
        root: (level, id) of the node the request went to.
        level: ``ad``, ``adset``, ``campaign`` or ``account``.
        fields: Names to put into rows, in order.
        ranges: Periods, each (first day, last day), in the order of rows.
        breakdowns: In the order asked for.
        splits: Action breakdowns other than ``action_type``.
        windows: Attribution windows.
        conditions: ``filtering``.
        sort: (field, whether descending).
        summary: Fields of the summary; None when none was asked for.
    """

    account: int
    root: tuple[str, str]
    level: str
    fields: tuple[str, ...]
    ranges: tuple[dates.Range, ...]
    breakdowns: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sort: tuple[str, bool] | None = None
    summary: tuple[str, ...] | None = None

    @property
    def empty_when_sync(self) -> bool:
        """Whether Meta answers a synchronous call with no rows: the account has not opted in."""
        return bool(bd.OPT_IN.intersection(self.breakdowns))


def parse_query(
    params: Mapping[str, object],
    *,
    version: str,
    account: int,
    root: tuple[str, str],
    today: int,
    retention: str = "error",
) -> Query:
    """Read and check an Insights request.

    Args:
        params: Its parameters.
        version: ``v26.0`` or ``v25.0``.
        account: Number of the account.
        root: (level, id) of the node it went to.
        today: The account's current day.
        retention: What happens to unique counts and hourly figures beyond 13 months: ``error`` or
            ``empty``; observations differ.

    Raises:
        GraphError: Meta would refuse it.
    """
    level = _level(params, root[0])
    fields = _fields(params, version, level)
    breakdowns = _checked(params, "breakdowns", names.BREAKDOWNS[version])
    if "dma" in breakdowns:
        raise GraphError(100, "(#100) dma is not supported; use comscore_market", http=400)
    action_breakdowns = _checked(params, "action_breakdowns", names.ACTION_BREAKDOWNS)
    windows = _checked(params, "action_attribution_windows", names.WINDOWS[version])
    _check_combination(breakdowns, action_breakdowns, fields)
    ranges = _ranges(params, today)
    since = min(first for first, _ in ranges)
    if since < dates.months_before(today, dates.RETENTION_MONTHS):
        raise GraphError(3018)
    fields, ranges = _retained(fields, ranges, breakdowns, today, retention)
    return Query(
        account=account,
        root=root,
        level=level,
        fields=fields,
        ranges=ranges,
        breakdowns=breakdowns,
        splits=tuple(name for name in action_breakdowns if name != "action_type"),
        windows=windows,
        conditions=parse_filtering(params),
        sort=_sort(params),
        summary=_summary(params, version, fields),
    )


def _level(params: Mapping[str, object], root_level: str) -> str:
    level = text_of(params, "level") or root_level
    if level not in names.LEVELS:
        raise _not_one_of("level", frozenset(names.LEVELS))
    if _DEPTH[level] < _DEPTH[root_level]:
        raise GraphError(1, "An unknown error occurred", subcode=99)
    return level


def _fields(params: Mapping[str, object], version: str, level: str) -> tuple[str, ...]:
    asked = list_of(params, "fields")
    if not asked:
        return (*_ID_FIELDS[level], "impressions", "spend")
    if unknown := [name for name in asked if name not in names.FIELDS[version]]:
        raise invalid_insights_field(unknown)
    return tuple(dict.fromkeys(asked))


def _not_one_of(name: str, allowed: frozenset[str]) -> GraphError:
    choices = ", ".join(sorted(allowed))
    return GraphError(100, f"(#100) {name} must be one of the following values: {choices}")


def _checked(params: Mapping[str, object], name: str, allowed: frozenset[str]) -> tuple[str, ...]:
    asked = list_of(params, name) or []
    for place, value in enumerate(asked):
        if value not in allowed:
            raise _not_one_of(f"{name}[{place}]", allowed)
    return tuple(dict.fromkeys(asked))


def _check_combination(
    breakdowns: tuple[str, ...], action_breakdowns: tuple[str, ...], fields: tuple[str, ...]
) -> None:
    actions = action_breakdowns or ("action_type",)
    if not bd.combines(breakdowns, actions, wants_actions="actions" in fields):
        columns = ", ".join(sorted({*breakdowns, *actions, "action_type"}))
        raise GraphError(
            100, f"(#100) Current combination of data breakdown columns ({columns}) is invalid"
        )
    if not breakdowns:
        return
    if refused := [name for name in fields if name in _WITHOUT_BREAKDOWNS]:
        raise invalid_insights_field(refused)
    asked = frozenset(breakdowns)
    for name in fields:
        quartile = name.startswith("video_p") and name.endswith("_watched_actions")
        if (
            (asked & {bd.HOURLY, bd.HOURLY_AUDIENCE} and _is_unique(name))
            or (asked & {bd.HOURLY, bd.HOURLY_AUDIENCE} and name.startswith("video_"))
            or ("region" in asked and (quartile or name == "video_avg_time_watched_actions"))
            or ("frequency_value" in asked and name in names.FIELDS["v26.0"] - _FREQUENCY_FIELDS)
            or (asked & bd.ASSETS and name not in bd.ASSET_FIELDS | _LABEL_FIELDS)
        ):
            raise GraphError(2, f"(#2) Invalid Breakdowns: {name}", subcode=1504041)


_LABEL_FIELDS = frozenset(
    """
    account_id account_name account_currency campaign_id campaign_name adset_id adset_name ad_id
    ad_name date_start date_stop objective
    """.split()
)
_FREQUENCY_FIELDS = _LABEL_FIELDS | {"reach"}


def _is_unique(name: str) -> bool:
    return name.startswith(("unique_", "cost_per_unique_"))


def _ranges(params: Mapping[str, object], today: int) -> tuple[dates.Range, ...]:
    if (several := json_of(params, "time_ranges")) is not None:
        if not isinstance(several, list) or not several:
            raise GraphError(100, "(#100) Param time_ranges must be an array.")
        return tuple(_range(item, f"time_ranges[{place}]") for place, item in enumerate(several))
    if (one := json_of(params, "time_range")) is not None:
        since, until = _range(one, "time_range")
    else:
        preset = text_of(params, "date_preset") or "last_30d"
        if preset not in names.DATE_PRESETS:
            raise _not_one_of("date_preset", names.DATE_PRESETS)
        since, until = dates.PRESETS[preset](today)
    return dates.periods(since, until, _increment(params))


def _range(value: object, name: str) -> dates.Range:
    if not isinstance(value, dict) or not {"since", "until"} <= value.keys():
        raise GraphError(100, f"(#100) Param {name} must have since and until")
    days = []
    for end in ("since", "until"):
        try:
            days.append(dates.day_of(str(value[end])))
        except ValueError:
            raise GraphError(
                100,
                f"(#100) {name}[{end}] Must be a date representation in the format YYYY-MM-DD",
            ) from None
    if days[0] > days[1]:
        raise GraphError(100, f"(#100) {name}: since must not be later than until")
    return days[0], days[1]


def _increment(params: Mapping[str, object]) -> int | str:
    text = text_of(params, "time_increment") or "all_days"
    if text in {"monthly", "all_days"}:
        return text
    if text.isdecimal() and 1 <= int(text) <= _MAX_INCREMENT:
        return int(text)
    raise GraphError(
        100,
        "(#100) time_increment must be an integer between 1 and 90, 'monthly' or 'all_days'",
    )


def _retained(
    fields: tuple[str, ...],
    ranges: tuple[dates.Range, ...],
    breakdowns: tuple[str, ...],
    today: int,
    retention: str,
) -> tuple[tuple[str, ...], tuple[dates.Range, ...]]:
    """Apply what Meta keeps for less than 37 months, which concerns breakdowns only."""
    if not breakdowns:
        return fields, ranges
    since = min(first for first, _ in ranges)
    if since < dates.months_before(today, dates.SHORT_RETENTION_MONTHS):
        # Reach is left out without a word; for the rest Meta's own words promise an error.
        unique = [name for name in fields if _is_unique(name)]
        hourly = {bd.HOURLY, bd.HOURLY_AUDIENCE}.intersection(breakdowns)
        if unique or hourly:
            what = "hourly breakdowns are" if hourly else "breakdowns for unique-count fields are"
            _beyond(f"{what} only available for the last 13 months", retention)
            return fields, ()
        fields = tuple(name for name in fields if name not in _REACH_FIELDS)
    if "frequency_value" in breakdowns and since < dates.months_before(
        today, dates.FREQUENCY_RETENTION_MONTHS
    ):
        _beyond("the frequency_value breakdown is only available for the last 6 months", retention)
        return fields, ()
    return fields, ranges


def _beyond(message: str, retention: str) -> None:
    if retention == "error":
        raise GraphError(100, f"(#100) {message}")


def _sort(params: Mapping[str, object]) -> tuple[str, bool] | None:
    asked = list_of(params, "sort")
    if not asked:
        return None
    if len(asked) > 1:
        raise GraphError(100, "(#100) Param sort must have at most 1 element")
    name, _, direction = asked[0].rpartition("_")
    if direction in {"ascending", "descending"}:
        return name, direction == "descending"
    return asked[0], False


def _summary(
    params: Mapping[str, object], version: str, fields: tuple[str, ...]
) -> tuple[str, ...] | None:
    asked = list_of(params, "summary")
    if asked and asked != ["true"]:
        if unknown := [name for name in asked if name not in names.FIELDS[version]]:
            raise invalid_insights_field(unknown)
        return tuple(asked)
    if asked or flag_of(params, "default_summary"):
        return fields
    return None
