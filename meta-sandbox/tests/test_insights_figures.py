from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.asking import Client

_HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"
_WEEK = json.dumps({"since": "2026-11-10", "until": "2026-11-16"})


def test_attribution_windows_in_rows(shared: Client) -> None:
    windows = ["1d_click", "7d_click", "28d_click", "1d_view", "7d_view"]
    asked: dict[str, object] = {"level": "ad", "date_preset": "last_30d", "limit": 500}
    rows = shared.rows(
        f"{shared.account}/insights",
        **asked,
        fields="ad_id,actions,action_values,outbound_clicks,attribution_setting",
        action_attribution_windows=json.dumps(windows),
    )
    plain = shared.rows(f"{shared.account}/insights", **asked, fields="ad_id,actions")
    seen = set()
    for row, other in zip(rows, plain, strict=True):
        values = {a["action_type"]: a["value"] for a in other.get("actions", [])}
        for action in row.get("actions", []):
            seen |= action.keys()
            day, week, month = (int(action.get(f"{n}_click", 0)) for n in ("1d", "7d", "28d"))
            assert day <= week <= month
            assert values.get(action["action_type"], "0") == action["value"]
            if action["action_type"] == "omni_purchase":
                expected = {
                    "1d_click": day,
                    "7d_click": week,
                    "7d_click_1d_view": week + int(action.get("1d_view", 0)),
                }[row["attribution_setting"]]
                assert int(action["value"]) == expected
    assert seen == {"action_type", "value", "1d_click", "7d_click", "28d_click", "1d_view"}


def test_action_breakdowns_divide_actions(shared: Client) -> None:
    asked: dict[str, object] = {"fields": "actions", "time_range": _WEEK}
    (whole,) = shared.rows(f"{shared.account}/insights", **asked)
    (parts,) = shared.rows(
        f"{shared.account}/insights", **asked, action_breakdowns="action_type,action_device"
    )
    assert {"action_type", "action_device", "value"} == parts["actions"][0].keys()
    for name in ("link_click", "omni_purchase"):
        assert shared.action(parts, name) == shared.action(whole, name)


def test_derived_fields_follow_from_the_counts(shared: Client) -> None:
    checked = 0
    for row in shared.sandbox.truth_insights(since="2026-11-12", until="2026-11-13"):
        views, spend = Decimal(str(row["impressions"])), Decimal(str(row["spend"]))
        assert abs(Decimal(str(row["cpm"])) - spend * 1000 / views) < Decimal("0.000001")
        if "clicks" in row:
            clicks = Decimal(str(row["clicks"]))
            assert abs(Decimal(str(row["ctr"])) - clicks * 100 / views) < Decimal("0.000001")
            assert int(str(row["unique_clicks"])) <= clicks <= views
            assert ("cpc" in row) is (clicks > 0)
            checked += 1
        if "inline_link_clicks" in row and row["inline_link_clicks"] != "0":
            assert shared.action(row, "link_click") == Decimal(str(row["inline_link_clicks"]))
        if "purchase_roas" in row:
            value = shared.action(row, "omni_purchase", "action_values")
            assert abs(
                shared.action(row, "omni_purchase", "purchase_roas") - value / spend
            ) < Decimal("0.000001")
    assert checked > 10


def test_metrics_without_data_are_absent(shared: Client) -> None:
    rows = shared.sandbox.truth_insights(since="2026-10-10", until="2026-11-19")
    assert any("video_p25_watched_actions" not in row for row in rows)
    assert any("video_p25_watched_actions" in row for row in rows)
    assert any("inline_link_clicks" not in row and "clicks" in row for row in rows)
    assert any("clicks" not in row and "actions" in row for row in rows)
    assert not any(value in (None, []) for row in rows for value in row.values())


def test_yen_have_no_decimals(shared: Client) -> None:
    tokyo = shared.sandbox.world.accounts[2]
    rows = shared.rows(f"{tokyo.id}/insights", level="ad", fields="spend,cpc,account_currency")
    assert {row["account_currency"] for row in rows} == {"JPY"}
    assert all(row["spend"].isdecimal() for row in rows)
    assert any("." in row["cpc"] for row in rows if "cpc" in row)


def test_late_conversions_show_when_read_again(client: Client) -> None:
    asked: dict[str, object] = {
        "fields": "spend,impressions,actions,action_values",
        "time_range": client.time_range("2026-11-18", "2026-11-18"),
    }
    read = []
    for days in (0, 2, 5, 20, 10, 30):
        client.sandbox.advance(days * 86_400)
        read += client.rows(f"{client.account}/insights", **asked)
    purchases = [client.action(row, "omni_purchase") for row in read]
    assert purchases == sorted(purchases)
    assert purchases[0] < purchases[3]
    assert read[4] == read[5]
    assert len({row["impressions"] for row in read}) == 1
    assert Decimal(read[0]["spend"]) > Decimal(read[2]["spend"]) == Decimal(read[5]["spend"])


def test_today_grows_during_the_day(client: Client) -> None:
    asked: dict[str, object] = {"fields": "impressions", "date_preset": "today"}
    (noon,) = client.rows(f"{client.account}/insights", **asked)
    client.sandbox.advance(4 * 3600)
    (later,) = client.rows(f"{client.account}/insights", **asked)
    assert int(later["impressions"]) > int(noon["impressions"])
    hourly = client.rows(f"{client.account}/insights", **asked, breakdowns=_HOURLY, limit=24)
    assert len(hourly) == 6  # it is 06:30 in Honolulu
    assert hourly[-1][_HOURLY] == "05:00:00 - 05:59:59"
    assert sum(int(row["impressions"]) for row in hourly) == int(later["impressions"])


def test_each_account_has_its_own_today(shared: Client) -> None:
    todays = [
        shared.rows(f"{account.id}/insights", date_preset="yesterday")[0]["date_start"]
        for account in shared.sandbox.world.accounts[:2]
    ]
    assert todays == ["2026-11-19", "2026-11-20"]
