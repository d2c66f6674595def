"""Every Insights stream that comes with the tap, compared with the truth, column by column."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from meta_sandbox import Sandbox
from tests.singer import Output, run_tap
from tests.worlds import DAY, NOW, WINDOWS, Range, Row, differences, keyed, today_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Just past the first of the month after a 29 February, while it is Sunday evening in Honolulu and
# Monday in Auckland. Without a start_date the tap asks for 450 days before that.
LEAP = datetime(2028, 3, 6, 5, 30, tzinfo=timezone.utc)
DAYS = 13
HOURS = "hourly_stats_aggregated_by_advertiser_time_zone"


class Preset(NamedTuple):
    """What is promised of a stream.

    Attributes:
        level: Meta's level.
        breakdowns: Meta's breakdowns.
        increment: Meta's increment, or `weekly`.
        has: Columns that it must have.
    """

    level: str
    breakdowns: tuple[str, ...] = ()
    increment: str = "1"
    has: tuple[str, ...] = ("spend", "impressions", "clicks")

    @property
    def keys(self) -> tuple[str, ...]:
        own = () if self.level == "account" else (f"{self.level}_id",)
        days = ("date_start",) if self.increment == "1" else ("date_start", "date_stop")
        return ("account_id", *own, *days, *self.breakdowns)


PEOPLE = ("spend", "reach", "frequency")
PRESETS = {
    "ads_insights": Preset("ad", has=(*PEOPLE, "clicks", "inline_link_clicks", "actions")),
    "ads_insights_age_and_gender": Preset("ad", ("age", "gender")),
    "ads_insights_country": Preset("ad", ("country",)),
    "ads_insights_region": Preset("ad", ("region",)),
    "ads_insights_placement": Preset("ad", ("publisher_platform", "platform_position")),
    "ads_insights_device": Preset("ad", ("device_platform",)),
    "ads_insights_hourly": Preset("ad", (HOURS,)),
    "campaigns_insights_weekly": Preset("campaign", (), "weekly", PEOPLE),
    "campaigns_insights_monthly": Preset("campaign", (), "monthly", PEOPLE),
    "accounts_insights_monthly": Preset("account", (), "monthly", PEOPLE),
}
UNSELECTED = {
    "ads_insights_hourly",
    "campaigns_insights_weekly",
    "campaigns_insights_monthly",
    "accounts_insights_monthly",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, accounts=3, ads=3, days=DAYS, now=LEAP) as running:
        yield running


@pytest.fixture(scope="module", params=["auto", "async", "sync"])
def output(request: pytest.FixtureRequest, sandbox: Sandbox) -> Output:
    # Another second or hour is another amount of today's figures and late conversions.
    sandbox.set_now(LEAP)
    config = {
        "access_token": sandbox.token,
        "api_url": sandbox.url,
        "insights_mode": request.param,
        # Each of the many jobs takes a second, and most of the 450 days are empty.
        "insights_window_days": 90,
        "max_concurrency": 32,
    }
    found = run_tap(config, streams=tuple(PRESETS))
    assert found.status == 0, found.log[-3000:]
    return found


def period(day: date, increment: str) -> Range:
    """The whole period around a day."""
    if increment == "weekly":
        monday = day - DAY * day.weekday()
        return Range(monday, monday + DAY * 6)
    if increment == "monthly":
        first = day.replace(day=1)
        following = (first + DAY * 31).replace(day=1)
        return Range(first, following - DAY)
    return Range(day, day)


def truth(
    sandbox: Sandbox, preset: Preset, fields: tuple[str, ...], since: date, *, open_end: bool = True
) -> Iterator[Mapping[str, Any]]:
    """The rows of a stream: each period by itself, from a day up to each account's today.

    Args:
        sandbox: Meta.
        preset: The stream.
        fields: Its columns.
        since: The first day that is asked for.
        open_end: Whether a period that still runs has its last day as `date_stop`.
    """
    for account in sandbox.truth("accounts"):
        today = today_of(sandbox, account)
        asked: dict[str, object] = {
            "level": preset.level,
            "account_id": account["account_id"],
            "breakdowns": preset.breakdowns,
            "windows": WINDOWS,
            "fields": [name for name in fields if name not in preset.breakdowns],
        }
        if preset.increment == "1":
            yield from sandbox.truth_insights(since=str(since), **asked)
            continue
        day = since
        while day <= today:
            whole = period(day, preset.increment)
            last = min(whole.until, today)
            asked |= {"since": str(day), "until": str(last), "time_increment": "all_days"}
            for row in sandbox.truth_insights(**asked):
                yield {**row, "date_stop": str(whole.until)} if open_end else row
            day = whole.until + DAY


def columns_of(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(name for name in rows[0] if name not in {"date_start", "date_stop"})


@pytest.mark.parametrize("stream", PRESETS)
def test_rows_equal_the_truth_exactly_once(output: Output, sandbox: Sandbox, stream: str) -> None:
    preset = PRESETS[stream]
    rows = output.rows(stream)
    assert {*preset.has, *preset.keys} <= rows[0].keys()
    found = keyed(rows, preset.keys)
    # Long before the first figure, so that no period is cut.
    since = date(2027, 12, 27) if preset.increment == "weekly" else date(2027, 12, 1)
    sandbox.set_now(LEAP)
    expected = keyed(truth(sandbox, preset, columns_of(rows), since), preset.keys)
    assert differences(found, expected) == []
    days = {row["date_start"] for row in rows}
    if preset.increment == "1":
        assert {"2028-02-28", "2028-02-29", "2028-03-01", "2028-03-05", "2028-03-06"} <= days
    assert {row["account_id"] for row in rows} == {a.account_id for a in sandbox.world.accounts}


@pytest.mark.parametrize("stream", PRESETS)
def test_keys_are_texts_and_figures_numbers(output: Output, stream: str) -> None:
    schema = next(m for m in output.messages if m["type"] == "SCHEMA" and m["stream"] == stream)
    assert tuple(schema["key_properties"]) == PRESETS[stream].keys
    properties = schema["schema"]["properties"]
    for row in output.rows(stream):
        assert all(isinstance(row[key], str) and row[key] for key in PRESETS[stream].keys)
        assert row.keys() == properties.keys()
        assert not any(isinstance(row[name], str) for name in PRESETS[stream].has[:1])


def test_breakdowns_add_up_to_the_spend(output: Output) -> None:
    spent = {stream: sum(row["spend"] for row in output.rows(stream)) for stream in PRESETS}
    assert set(spent.values()) == {spent["ads_insights"]}


# What cuts a period: the first day and the last one that are asked for.
CUT = ("campaigns_insights_weekly", "campaigns_insights_monthly")


@pytest.fixture(scope="module")
def present() -> Iterator[Sandbox]:
    with Sandbox(seed=6, accounts=2, ads=5, days=50, now=NOW) as running:
        yield running


@pytest.mark.parametrize("days", [24, 25, 31])
def test_periods_are_cut_by_the_first_day_alone(present: Sandbox, days: int) -> None:
    since = NOW.date() - timedelta(days=days)
    config = {
        "access_token": present.token,
        "api_url": present.url,
        "start_date": str(since),
        "insights_window_days": 3,
    }
    output = run_tap(config, streams=CUT)
    assert output.status == 0, output.log[-3000:]
    for stream in CUT:
        rows = output.rows(stream)
        found = keyed(rows, PRESETS[stream].keys)
        true = truth(present, PRESETS[stream], columns_of(rows), since)
        assert differences(found, keyed(true, PRESETS[stream].keys)) == []


def test_periods_end_with_the_last_day_asked_for(present: Sandbox) -> None:
    since, until = NOW.date() - timedelta(days=24), NOW.date() - timedelta(days=5)
    config = {
        "access_token": present.token,
        "api_url": present.url,
        "start_date": str(since),
        "end_date": str(until),
    }
    output = run_tap(config, streams=CUT)
    assert output.status == 0, output.log[-3000:]
    for stream in CUT:
        rows = output.rows(stream)
        assert max(row["date_stop"] for row in rows) == str(until)
        shown = {row["date_start"] for row in rows}
        assert min(shown) == str(since)
        increment = PRESETS[stream].increment
        starts = {period(since + DAY * n, increment).since for n in range(20)}
        assert shown <= {str(max(day, since)) for day in starts}


def test_a_running_week_keeps_its_key_from_day_to_day() -> None:
    # It begins on a Monday, and tomorrow it is still the same week.
    monday = NOW - timedelta(days=NOW.weekday() + 7)
    with Sandbox(seed=8, accounts=1, ads=4, days=40, now=monday + timedelta(days=2)) as sandbox:
        config = {
            "access_token": sandbox.token,
            "api_url": sandbox.url,
            "start_date": str((monday - timedelta(days=28)).date()),
        }
        stream = "campaigns_insights_weekly"
        first = run_tap(config, streams=(stream,))
        sandbox.set_now(monday + timedelta(days=3))
        second = run_tap(config, streams=(stream,), state=first.state)
        assert (first.status, second.status) == (0, 0), second.log[-3000:]
        keys = PRESETS[stream].keys
        newest = max(row["date_start"] for row in first.rows(stream))
        assert newest == str(monday.date())
        of_first = {key for key in keyed(first.rows(stream), keys) if newest in key}
        of_second = {key for key in keyed(second.rows(stream), keys) if newest in key}
        assert of_first
        assert of_first <= of_second


def test_which_streams_are_read_without_being_asked_for(present: Sandbox) -> None:
    start = str(NOW.date() - timedelta(days=1))
    output = run_tap({"access_token": present.token, "api_url": present.url, "start_date": start})
    assert output.status == 0, output.log[-3000:]
    streams = {message["stream"] for message in output.messages if message["type"] == "SCHEMA"}
    assert streams & PRESETS.keys() == PRESETS.keys() - UNSELECTED
