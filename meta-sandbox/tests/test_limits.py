from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox._graph.throttle import Throttle

if TYPE_CHECKING:
    import requests

    from tests.asking import Client
    from tests.conftest import Start


def _header(response: requests.Response, name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads(response.headers[name])


def _number(client: Client) -> str:
    return client.account.removeprefix("act_")


def test_usage_headers_of_an_entity_call(shared: Client) -> None:
    response = shared.get(f"{shared.account}/campaigns")
    (number, (entry,)) = next(iter(_header(response, "x-business-use-case-usage").items()))
    assert number == _number(shared)
    assert entry == {
        "type": "ads_management",
        "call_count": 0,
        "total_cputime": 0,
        "total_time": 0,
        "estimated_time_to_regain_access": 0,
        "ads_api_access_tier": "standard_access",
    }
    usage = _header(response, "x-ad-account-usage")
    assert usage.keys() == {"acc_id_util_pct", "reset_time_duration", "ads_api_access_tier"}
    assert _header(response, "x-app-usage").keys() == {"call_count", "total_time", "total_cputime"}
    assert "x-fb-ads-insights-throttle" not in response.headers


def test_usage_headers_of_insights_and_audiences(start: Start) -> None:
    client = start(tier="development")
    response = client.get(f"{client.account}/insights")
    throttle = _header(response, "x-fb-ads-insights-throttle")
    assert throttle["ads_api_access_tier"] == "development_access"
    assert throttle.keys() == {"app_id_util_pct", "acc_id_util_pct", "ads_api_access_tier"}
    (entry,) = _header(response, "x-business-use-case-usage")[_number(client)]
    assert entry["type"] == "ads_insights"
    audiences = client.get(f"{client.account}/customaudiences")
    (entry,) = _header(audiences, "x-business-use-case-usage")[_number(client)]
    assert entry["type"] == "custom_audience"
    assert "ads_api_access_tier" not in entry
    assert "x-business-use-case-usage" not in client.get("me").headers


def test_headers_that_every_answer_has(shared: Client) -> None:
    for path in (shared.account, "nobody"):
        headers = shared.get(path).headers
        assert headers["content-type"] == "application/json; charset=UTF-8"
        assert headers["cache-control"] == "private, no-cache, no-store, must-revalidate"
        assert headers["expires"] == "Sat, 01 Jan 2000 00:00:00 GMT"
        assert headers["facebook-api-version"] == "v26.0"
        assert {"x-fb-trace-id", "x-fb-request-id", "x-fb-rev", "date"} <= headers.keys()


@pytest.mark.parametrize(
    ("limit", "path", "code", "subcode", "use_case"),
    [
        ("ads_insights", "insights", 80000, 2446079, "ads_insights"),
        ("ads_management", "campaigns", 80004, 2446079, "ads_management"),
        ("custom_audience", "customaudiences", 80003, 2446079, "custom_audience"),
    ],
)
def test_business_limits(
    start: Start, limit: str, path: str, code: int, subcode: int, use_case: str
) -> None:
    client = start(limits={limit: 3})
    other = client.sandbox.world.accounts[1].id
    percents = []
    for _ in range(3):
        response = client.get(f"{client.account}/{path}")
        (entry,) = _header(response, "x-business-use-case-usage")[_number(client)]
        percents.append(entry["call_count"])
    assert percents == [33, 66, 100]
    refused = client.get(f"{client.account}/{path}")
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["error_subcode"]) == (400, code, subcode)
    assert error["message"].startswith(f"(#{code}) There have been too many calls")
    (entry,) = _header(refused, "x-business-use-case-usage")[_number(client)]
    assert (entry["type"], entry["call_count"]) == (use_case, 100)
    assert entry["estimated_time_to_regain_access"] == 60
    assert client.get(f"{other}/{path}").status_code == 200
    client.sandbox.advance(30 * 60)
    late = client.get(f"{client.account}/{path}")
    (entry,) = _header(late, "x-business-use-case-usage")[_number(client)]
    assert entry["estimated_time_to_regain_access"] == 30
    client.sandbox.advance(31 * 60)
    assert client.get(f"{client.account}/{path}").status_code == 200


def test_the_account_score_blocks_and_lifts(start: Start) -> None:
    client = start(tier="development", limits={"account_score": 5})
    statuses = [client.get(f"{client.account}/campaigns").status_code for _ in range(6)]
    assert statuses == [200] * 5 + [400]
    refused = client.get(f"{client.account}/ads")
    error = refused.json()["error"]
    assert (error["code"], error["error_subcode"]) == (17, 2446079)
    assert error["error_user_title"] == "Ad Account Has Too Many API Calls"
    usage = _header(refused, "x-ad-account-usage")
    assert usage["acc_id_util_pct"] == 100
    assert 295 <= usage["reset_time_duration"] <= 300
    client.sandbox.advance(usage["reset_time_duration"] + 1)
    assert client.get(f"{client.account}/campaigns").status_code == 200


@pytest.mark.parametrize(
    ("limit", "path", "code", "subcode"),
    [
        ("app", "me", 4, None),
        ("app_insights", "insights", 4, 1504022),
        ("custom", "ads", 613, 1487742),
    ],
)
def test_limits_of_the_app(
    start: Start, limit: str, path: str, code: int, subcode: int | None
) -> None:
    client = start(limits={limit: 1})
    full = path if path == "me" else f"{client.account}/{path}"
    assert client.get(full).status_code == 200
    error = client.error(full)
    assert (error["code"], error.get("error_subcode")) == (code, subcode)


def test_without_the_flag_nothing_is_refused(shared: Client) -> None:
    statuses = {shared.get(f"{shared.account}/campaigns", limit=1).status_code for _ in range(80)}
    assert statuses == {200}


def test_with_the_flag_metas_limits_hold(start: Start) -> None:
    client = start(tier="development", throttle=True)
    statuses = [client.get(client.account).status_code for _ in range(90)]
    assert statuses[:60] == [200] * 60
    assert statuses[-1] == 400
    assert client.error(client.account)["code"] == 17
    assert client.get(f"{client.account}/insights").status_code == 200


def test_the_tier_decides_over_limits() -> None:
    development = Throttle("development", enforced=True, limits=None)
    standard = Throttle("standard", enforced=True, limits=None)
    for throttle in (development, standard):
        for _ in range(60):
            throttle.charge("1", "ads_management", write=False, active=0, now=0.0)
    assert development.usage("1", "ads_management", active=0, now=0.0).percent == 20
    assert development.usage("1", "ads_management", active=10, now=0.0).percent == 8
    assert standard.usage("1", "ads_management", active=0, now=0.0).percent == 0


@pytest.mark.parametrize("wrong", [{"tier": "gold"}, {"limits": {"colour": 1}}])
def test_limits_that_do_not_exist(start: Start, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"tier|limit"):
        start(**wrong)


def test_refused_calls_do_not_count(start: Start) -> None:
    client = start(limits={"ads_management": 2})
    for _ in range(5):
        client.get(f"{client.account}/ads")
    client.sandbox.advance(3601)
    assert client.get(f"{client.account}/ads").status_code == 200
