from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.asking import Client
    from tests.conftest import Start

_SUMMED = ("impressions", "clicks", "inline_link_clicks", "spend")
_HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"
_BREAKDOWNS = (
    "age",
    "gender",
    "age,gender",
    "country",
    "region",
    "country,region",
    "publisher_platform",
    "publisher_platform,platform_position",
    "device_platform",
    "publisher_platform,device_platform",
    "product_id",
    "comscore_market",
    _HOURLY,
)


_WEEK = json.dumps({"since": "2026-11-10", "until": "2026-11-16"})


def _totals(
    rows: Iterable[dict[str, Any]], *keys: str
) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """Sums of the summed fields by keys; a field that no row has is left out."""
    found: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        sums = found[tuple(row[key] for key in keys)]
        for name in _SUMMED:
            if name in row:
                sums[name] = sums.get(name, Decimal(0)) + Decimal(row[name])
    return dict(found)


def test_what_is_served_is_the_truth(shared: Client) -> None:
    fields = ["ad_id", "ad_name", "campaign_name", "actions", "action_values", "reach", *_SUMMED]
    for account in shared.sandbox.world.accounts:
        served = shared.rows(
            f"{account.id}/insights",
            level="ad",
            time_increment=1,
            fields=",".join(fields),
            time_range=_WEEK,
            limit=50,
        )
        truth = shared.sandbox.truth_insights(
            account_id=account.id, fields=fields, since="2026-11-10", until="2026-11-16"
        )
        assert served == truth
        assert len({(row["ad_id"], row["date_start"]) for row in served}) == len(served) > 30


def test_the_truth_ends_today_whatever_is_asked(shared: Client) -> None:
    asked = {"since": "2026-11-15", "fields": "spend"}
    everything = shared.sandbox.truth_insights(**asked, until="9999-12-31")
    assert everything == shared.sandbox.truth_insights(**asked)
    assert everything


def test_defaults(shared: Client) -> None:
    (row,) = shared.rows(f"{shared.account}/insights")
    assert row.keys() == {"account_id", "impressions", "spend", "date_start", "date_stop"}
    assert (row["date_start"], row["date_stop"]) == ("2026-10-21", "2026-11-19")
    campaign = shared.rows(f"{shared.account}/campaigns")[0]["id"]
    (row,) = shared.rows(f"{campaign}/insights")
    assert row["campaign_id"] == campaign
    assert row.keys() - {"account_id", "campaign_id"} == {
        "impressions",
        "spend",
        "date_start",
        "date_stop",
    }


def test_numbers_are_texts_and_ids_too(shared: Client) -> None:
    row = shared.sandbox.truth_insights(since="2026-11-15", until="2026-11-15")[0]
    lists = {name for name, value in row.items() if isinstance(value, list)}
    assert {"actions", "outbound_clicks", "results"} <= lists
    assert all(isinstance(row[name], str) for name in row.keys() - lists)
    assert list(row)[-2:] == ["date_start", "date_stop"]


@pytest.mark.parametrize("breakdowns", _BREAKDOWNS)
def test_breakdowns_add_up_to_the_total(shared: Client, breakdowns: str) -> None:
    asked: dict[str, object] = {
        "level": "ad",
        "time_increment": 1,
        "fields": ",".join(("ad_id", "actions", *_SUMMED)),
        "time_range": shared.time_range("2026-11-14", "2026-11-20"),
        "limit": 500,
    }
    path = f"{shared.account}/insights"
    whole = shared.rows(path, **asked)
    parts = shared.rows(path, **asked, breakdowns=breakdowns)
    assert _totals(parts, "ad_id", "date_start") == _totals(whole, "ad_id", "date_start")
    keys = ("ad_id", "date_start", *breakdowns.split(","))
    assert len({tuple(row[key] for key in keys) for row in parts}) == len(parts) > len(whole)
    off_meta = breakdowns not in {"region", "country,region", "comscore_market", _HOURLY}
    for name in ("omni_purchase", "link_click", "onsite_conversion.lead_grouped"):
        expected = sum(shared.action(row, name) for row in whole)
        shown = name != "omni_purchase" or off_meta
        assert sum(shared.action(row, name) for row in parts) == (expected if shown else 0)
    assert sum(shared.action(row, "omni_purchase") for row in whole) > 0


@pytest.mark.parametrize("level", ["adset", "campaign", "account"])
@pytest.mark.parametrize("increment", ["1", "7", "monthly", "all_days"])
def test_levels_and_increments_agree(shared: Client, level: str, increment: str) -> None:
    key = f"{level}_id"
    asked: dict[str, object] = {
        "fields": ",".join(("account_id", "campaign_id", "adset_id", "reach", "ad_id", *_SUMMED)),
        "time_range": shared.time_range("2026-10-20", "2026-11-10"),
        "limit": 500,
    }
    path = f"{shared.account}/insights"
    daily = shared.rows(path, **asked, level="ad", time_increment="1")
    rows = shared.rows(path, **asked, level=level, time_increment=increment)
    assert _totals(rows, key) == _totals(daily, key)
    for row in rows:
        inside = [
            day
            for day in daily
            if day[key] == row[key] and row["date_start"] <= day["date_start"] <= row["date_stop"]
        ]
        reaches = [int(day["reach"]) for day in inside]
        assert max(reaches) <= int(row["reach"]) <= sum(reaches)
        assert int(row["reach"]) <= int(row["impressions"])
    below = {"adset": {"ad_id"}, "campaign": {"ad_id", "adset_id"}}
    absent = below.get(level, {"ad_id", "adset_id", "campaign_id"})
    assert all(row.keys().isdisjoint(absent) for row in rows)


def test_periods_of_seven_days(shared: Client) -> None:
    rows = shared.rows(
        f"{shared.account}/insights",
        time_increment=7,
        time_range=shared.time_range("2026-11-01", "2026-11-10"),
    )
    assert [(row["date_start"], row["date_stop"]) for row in rows] == [
        ("2026-11-01", "2026-11-07"),
        ("2026-11-08", "2026-11-10"),
    ]


def test_several_ranges_at_once(shared: Client) -> None:
    ranges = [
        json.loads(shared.time_range("2026-11-01", "2026-11-05")),
        json.loads(shared.time_range("2026-11-03", "2026-11-09")),
    ]
    rows = shared.rows(
        f"{shared.account}/insights", time_ranges=json.dumps(ranges), time_increment=1
    )
    assert [(row["date_start"], row["date_stop"]) for row in rows] == [
        ("2026-11-01", "2026-11-05"),
        ("2026-11-03", "2026-11-09"),
    ]


def test_ranges_in_bracket_form_and_json_bodies(shared: Client) -> None:
    expected = shared.rows(f"{shared.account}/insights", time_range=_WEEK)
    bracket = {"time_range[since]": "2026-11-10", "time_range[until]": "2026-11-16"}
    assert shared.get(f"{shared.account}/insights", **bracket).json()["data"] == expected
    body = {"time_range": {"since": "2026-11-10", "until": "2026-11-16"}, "fields": ["spend"]}
    run = shared.send("POST", f"/v26.0/{shared.account}/insights", json=body).json()
    assert shared.rows(f"{run['report_run_id']}/insights")[0]["spend"] == expected[0]["spend"]


def test_nothing_delivered_is_an_empty_list_without_paging(shared: Client) -> None:
    response = shared.get(
        f"{shared.account}/insights", time_range=shared.time_range("2026-05-01", "2026-05-02")
    )
    assert response.content == b'{"data":[]}'
    future = shared.get(
        f"{shared.account}/insights", time_range=shared.time_range("2026-12-01", "2026-12-02")
    )
    assert future.content == b'{"data":[]}'


def test_a_whole_account_rests_on_some_days(shared: Client) -> None:
    rows = shared.rows(f"{shared.account}/insights", time_increment=1, date_preset="last_90d")
    assert 50 < len(rows) < 60


def test_insights_of_a_node_are_its_share_of_the_accounts(shared: Client) -> None:
    fields = ",".join(("campaign_id", "adset_id", "ad_id", *_SUMMED))
    rows = shared.rows(f"{shared.account}/insights", level="ad", fields=fields, time_range=_WEEK)
    ad = rows[0]
    for node, level in (("ad_id", "ad"), ("adset_id", "adset"), ("campaign_id", "campaign")):
        own = [row for row in rows if row[node] == ad[node]]
        below = shared.rows(f"{ad[node]}/insights", level="ad", fields=fields, time_range=_WEEK)
        assert below == own
        (whole,) = shared.rows(f"{ad[node]}/insights", fields=fields, time_range=_WEEK)
        assert _totals([whole])[()] == _totals(own)[()]
        assert level


def test_archived_and_deleted_ads_are_in_insights(shared: Client) -> None:
    world, now = shared.sandbox.world, shared.sandbox.world.clock.seconds()
    statuses = {ad.id: ad.effective_status(now) for ad in world.ads(unlisted=True)}
    rows = shared.rows(
        f"{shared.account}/insights", level="ad", fields="ad_id", date_preset="last_90d", limit=500
    )
    assert {"ACTIVE", "ARCHIVED", "DELETED"} <= {statuses[row["ad_id"]] for row in rows}


_EVERY_STATUS = {
    "field": "ad.effective_status",
    "operator": "IN",
    "value": """
    ACTIVE ADSET_PAUSED ARCHIVED CAMPAIGN_PAUSED DELETED DISAPPROVED PAUSED PENDING_REVIEW
    """.split(),
}


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("ad.effective_status", "IN", ["ARCHIVED", "DELETED"]),
        ("campaign.delivery_info", "IN", ["inactive"]),
        ("ad.name", "CONTAIN", "#1"),
        ("campaign.updated_time", "GREATER_THAN", 1_793_000_000),
    ],
)
def test_filters_on_objects(shared: Client, field: str, operator: str, value: object) -> None:
    asked: dict[str, object] = {"level": "ad", "fields": "ad_id,spend", "date_preset": "last_90d"}
    rows = shared.rows(f"{shared.account}/insights", **asked, limit=500)
    filtering = json.dumps([{"field": field, "operator": operator, "value": value}])
    some = shared.rows(f"{shared.account}/insights", **asked, filtering=filtering)
    assert 0 < len(some) < len(rows)
    assert all(row in rows for row in some)


@pytest.mark.parametrize("level", ["ad", "account"])
@pytest.mark.parametrize("field", ["ad.id", "impressions"])
def test_filters_that_say_nothing_of_the_status_leave_archived_and_deleted_ads_out(
    shared: Client, level: str, field: str
) -> None:
    world, now = shared.sandbox.world, shared.sandbox.world.clock.seconds()
    asked: dict[str, object] = {"fields": "ad_id,spend", "date_preset": "last_90d", "limit": 500}
    path = f"{shared.account}/insights"
    hidden = {
        ad.id
        for ad in world.ads(world.accounts[0], unlisted=True)
        if ad.effective_status(now) in {"ARCHIVED", "DELETED"}
    }
    rows = shared.rows(path, **asked, level="ad")
    shown = [row for row in rows if row["ad_id"] not in hidden]
    assert 0 < len(shown) < len(rows)
    every: dict[str, dict[str, Any]] = {
        "ad.id": {"operator": "IN", "value": [row["ad_id"] for row in rows]},
        "impressions": {"operator": "GREATER_THAN", "value": -1},
    }
    condition = {"field": field, **every[field]}
    for filtering, expected in (([condition], shown), ([condition, _EVERY_STATUS], rows)):
        some = shared.rows(path, **asked, level=level, filtering=json.dumps(filtering))
        if level == "ad":
            assert some == expected
        assert _totals(some) == _totals(expected)


def test_filters_by_ids_narrow_the_levels_above_too(shared: Client) -> None:
    asked: dict[str, object] = {"fields": "campaign_id,ad_id,spend", "time_range": _WEEK}
    rows = shared.rows(f"{shared.account}/insights", **asked, level="ad")
    chosen = [row["ad_id"] for row in rows[:2]]
    by_id = {"field": "ad.id", "operator": "IN", "value": chosen}
    filtering = json.dumps([by_id, _EVERY_STATUS])
    some = shared.rows(f"{shared.account}/insights", **asked, level="account", filtering=filtering)
    assert Decimal(some[0]["spend"]) == sum(Decimal(row["spend"]) for row in rows[:2])


@pytest.mark.parametrize("field", ["impressions", "ad.impressions", "spend"])
def test_filters_on_figures(shared: Client, field: str) -> None:
    name = field.removeprefix("ad.")
    asked: dict[str, object] = {"level": "ad", "fields": name, "time_range": _WEEK, "limit": 500}
    rows = shared.rows(f"{shared.account}/insights", **asked)
    scale = 100 if name == "spend" else 1
    middle = sorted(Decimal(row[name]) for row in rows)[len(rows) // 2]
    by_figure = {"field": field, "operator": "GREATER_THAN", "value": int(middle * scale)}
    filtering = json.dumps([by_figure, _EVERY_STATUS])
    some = shared.rows(f"{shared.account}/insights", **asked, filtering=filtering)
    assert some == [row for row in rows if Decimal(row[name]) > middle]


def test_a_bare_status_is_no_filter_field(shared: Client) -> None:
    filtering = '[{"field":"effective_status","operator":"IN","value":["ACTIVE"]}]'
    error = shared.error(f"{shared.account}/insights", filtering=filtering)
    assert error["message"] == "(#100) Filtering field effective_status is invalid"


def test_sorting(shared: Client) -> None:
    path, asked = f"{shared.account}/insights", {"level": "ad", "fields": "spend,actions"}
    rows = shared.rows(path, **asked, sort="spend_descending", limit=4)
    spends = [Decimal(row["spend"]) for row in rows]
    assert spends == sorted(spends, reverse=True)
    assert len(rows) == len(shared.rows(path, **asked, limit=500))
    by_action = shared.rows(path, **asked, sort="actions:link_click_ascending")
    clicks = [shared.action(row, "link_click") for row in by_action]
    assert clicks == sorted(clicks)
    assert shared.error(path, sort='["spend","clicks"]')["code"] == 100


def test_summary_is_the_total(shared: Client) -> None:
    asked: dict[str, object] = {"level": "ad", "fields": "spend,impressions", "time_range": _WEEK}
    body = shared.get(f"{shared.account}/insights", **asked, summary='["spend"]', limit=3).json()
    (whole,) = shared.rows(f"{shared.account}/insights", fields="spend", time_range=_WEEK)
    assert body["summary"] == whole
    default = shared.get(f"{shared.account}/insights", **asked, default_summary="true").json()
    assert default["summary"].keys() == {"spend", "impressions", "date_start", "date_stop"}


def test_pages_go_both_ways(shared: Client) -> None:
    path = f"{shared.account}/insights"
    asked: dict[str, object] = {"level": "ad", "breakdowns": "age", "fields": "ad_id", "limit": 5}
    first = shared.get(path, **asked).json()
    second = shared.get(path, **asked, after=first["paging"]["cursors"]["after"]).json()
    assert second["data"] != first["data"]
    back = shared.get(path, **asked, before=second["paging"]["cursors"]["before"]).json()
    assert back["data"] == first["data"]
    assert back["paging"]["cursors"]["after"]
    link = shared.session.get(first["paging"]["next"], timeout=20).json()
    assert link["data"] == second["data"]


def test_asset_breakdowns_hold_objects(shared: Client) -> None:
    asked: dict[str, object] = {"level": "ad", "fields": "ad_id,spend", "time_range": _WEEK}
    rows = shared.rows(f"{shared.account}/insights", **asked, breakdowns="body_asset", limit=200)
    assert all(row["body_asset"].keys() == {"text", "id"} for row in rows)
    whole = shared.rows(f"{shared.account}/insights", **asked, limit=200)
    assert _totals(rows, "ad_id") == _totals(whole, "ad_id")
    mixed = shared.rows(
        f"{shared.account}/insights", **asked, breakdowns="age,image_asset", limit=500
    )
    assert _totals(mixed, "ad_id") == _totals(whole, "ad_id")
    assert {"age", "image_asset"} <= mixed[0].keys()


def test_breakdowns_that_need_opting_in_come_empty(start: Start) -> None:
    client = start()
    asked: dict[str, object] = {
        "fields": "spend",
        "breakdowns": "publisher_platform,impression_device",
    }
    assert client.get(f"{client.account}/insights", **asked).content == b'{"data":[]}'
    opted_in = start(opted_in=True)
    assert opted_in.rows(f"{opted_in.account}/insights", **asked)


@pytest.mark.parametrize("version", ["v25.0", "v26.0"])
def test_every_field_and_breakdown_name_is_taken(start: Start, version: str) -> None:
    from meta_sandbox._insights import names  # noqa: PLC0415 - a look inside, once

    client = start(ads=3, accounts=1, opted_in=True)
    path = f"/{version}/{client.account}/insights"
    fields = ",".join(sorted(names.FIELDS[version]))
    assert client.send("GET", path, params={"fields": fields, "level": "ad"}).status_code == 200
    alone = {"dma", "impression_device", "platform_position", "frequency_value"}
    for breakdown in sorted(names.BREAKDOWNS[version] - alone):
        response = client.send("GET", path, params={"breakdowns": breakdown, "fields": "spend"})
        assert response.status_code == 200, breakdown


def test_large_pages_and_queries_are_refused(start: Start) -> None:
    client = start(max_rows_per_page=50, max_sync_points=2_000, max_insights_points=20_000)
    path = f"{client.account}/insights"
    error = client.error(path, level="ad", time_increment=1, limit=51)
    assert (error["http"], error["code"], error["error_subcode"]) == (400, 100, 1487534)
    assert "reduce the amount of data" in error["message"]
    wide: dict[str, object] = {"level": "ad", "time_increment": 1, "breakdowns": "age"}
    assert client.error(path, **wide)["error_subcode"] == 1487534
    assert "report_run_id" in client.post(path, **wide).json()
    more = {
        **wide,
        "date_preset": "last_90d",
        "fields": "spend,clicks,impressions,reach,cpm,cpc,ctr",
    }
    assert client.post(path, **more).json()["error"]["error_subcode"] == 1487534
