"""Every preset is asked of the sandbox, which knows Meta's rules from elsewhere than the tap."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from meta_sandbox import Sandbox
from tap_meta_ads import fields
from tap_meta_ads.dates import DateRange
from tap_meta_ads.reports.presets import PRESETS, own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_meta_ads.reports.report import Report

TODAY = datetime.now(timezone.utc).date()

# What the sandbox's advertiser has figures of, wherever they are asked for.
ALWAYS = {
    *"spend impressions reach frequency clicks unique_clicks ctr cpc cpm actions".split(),
    *"inline_link_clicks outbound_clicks objective".split(),
}

# Its sales happen off Meta, which does not tell of them by region or by the hour.
SALES = {"action_values", "purchase_roas"}
WITHOUT_SALES = {"ads_insights_region", "ads_insights_hourly"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, accounts=1, ads=12, days=60) as running:
        yield running


def rows(sandbox: Sandbox, version: str, report: Report, days: int = 45) -> list[dict[str, Any]]:
    """All rows of the last days, asked with all columns, as the tap asks for them."""
    yesterday = TODAY - timedelta(days=2)
    left = DateRange(report.period.start(yesterday - timedelta(days=days)), yesterday)
    window = report.period.first(left, days)
    params = report.params(window, tuple(report.kinds(version)))
    query = {name: json.dumps(value) for name, value in params.items() if value is not None}
    query |= {name: str(params[name]) for name in ("level", "time_increment")}
    (account,) = get(sandbox, f"{version}/me/adaccounts", {})
    return get(sandbox, f"{version}/{account['id']}/insights", query | {"limit": "500"})


def get(sandbox: Sandbox, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        more = {} if after is None else {"after": after}
        answer = requests.get(
            f"{sandbox.url}/{path}",
            params=query | more,
            headers={"Authorization": f"Bearer {sandbox.token}"},
            timeout=30,
        )
        body = answer.json()
        assert answer.status_code == 200, body
        found += body["data"]
        paging = body.get("paging", {})
        if "next" not in paging:
            return found
        after = paging["cursors"]["after"]


@pytest.mark.parametrize("version", fields.versions())
@pytest.mark.parametrize("report", PRESETS, ids=lambda report: report.name)
def test_every_preset_is_answered_with_its_columns(
    sandbox: Sandbox, report: Report, version: str
) -> None:
    answered = rows(sandbox, version, report)
    assert answered
    keys = [tuple(row[name] for name in report.keys) for row in answered]
    assert len(set(keys)) == len(keys)
    seen = {name for row in answered for name in row}
    kinds = report.kinds(version)
    assert seen <= kinds.keys()
    assert kinds.keys() & ALWAYS <= seen
    assert seen & SALES == (set() if report.name in WITHOUT_SALES else SALES)
    if "reach" in kinds:
        # It would be 0 everywhere, where Meta cannot tell.
        assert any(row["reach"] != "0" for row in answered)


def test_periods_are_metas(sandbox: Sandbox) -> None:
    for name in ("campaigns_insights_weekly", "campaigns_insights_monthly"):
        (report,) = (one for one in PRESETS if one.name == name)
        for row in rows(sandbox, "v26.0", report):
            start, stop = (date.fromisoformat(row[f"date_{end}"]) for end in ("start", "stop"))
            assert start == report.period.start(start)
            assert stop == report.period.end(start)


@pytest.mark.parametrize("breakdown", ["body_asset", "image_asset", "call_to_action_asset"])
def test_a_derived_key_is_in_every_row(sandbox: Sandbox, breakdown: str) -> None:
    report = own({"name": "mine", "breakdowns": [breakdown]}, None, "v26.0")
    ((column, (source, member)),) = report.derived.items()
    assert column in report.keys
    answered = rows(sandbox, "v26.0", report, days=7)
    assert answered
    assert all(isinstance(row[source][member], str) for row in answered)
