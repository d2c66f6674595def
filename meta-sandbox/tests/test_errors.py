"""What Meta refuses, and how it says so."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.asking import Client
    from tests.conftest import Start

_COLUMNS = "(#100) Current combination of data breakdown columns"
_HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"
_OLD = '{"since":"2025-06-01","until":"2025-06-02"}'  # 17 months ago
_ANCIENT = '{"since":"2023-10-19","until":"2023-10-21"}'  # 37 months and a day


def _asked(**params: object) -> dict[str, object]:
    return {"level": "ad", "fields": "spend", **params}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            _asked(fields="spend,colour"),
            "(#100) colour is not valid for fields param. please check",
        ),
        (_asked(fields="a,b"), "(#100) a, b are not valid for fields param. please check"),
        (_asked(fields="spend,age"), "(#100) age is not valid for fields param. please check"),
        (
            _asked(fields="relevance_score", breakdowns="age"),
            "(#100) relevance_score is not valid for fields param.",
        ),
        (_asked(breakdowns="Age"), "(#100) breakdowns[0] must be one of the following values: ad_"),
        (_asked(breakdowns="dma"), "(#100) dma is not supported"),
        (
            _asked(breakdowns="age,gender,country"),
            f"{_COLUMNS} (action_type, age, country, gender) is invalid",
        ),
        (
            _asked(breakdowns="country", action_breakdowns="action_device"),
            f"{_COLUMNS} (action_device, action_type, country) is invalid",
        ),
        (
            _asked(breakdowns="platform_position", fields="actions"),
            f"{_COLUMNS} (action_type, platform_position) is invalid",
        ),
        (_asked(action_breakdowns="x"), "(#100) action_breakdowns[0] must be one of"),
        (
            _asked(action_attribution_windows="2d_click"),
            "(#100) action_attribution_windows[0] must",
        ),
        (_asked(level="adgroup"), "(#100) level must be one of the following values"),
        (_asked(date_preset="lifetime"), "(#100) date_preset must be one of the following values"),
        (_asked(time_increment="0"), "(#100) time_increment must be an integer between 1 and 90"),
        (_asked(time_increment="91"), "(#100) time_increment must be an integer between 1 and 90"),
        (_asked(time_increment="weekly"), "(#100) time_increment must be an integer"),
        (_asked(time_range="{"), "(#100) Param time_range must be valid JSON"),
        (_asked(time_range='{"since":"2026-01-01"}'), "(#100) Param time_range must have since"),
        (
            _asked(time_range='{"since":"2026-13-01","until":"2026-01-01"}'),
            "(#100) time_range[since] Must be a date representation in the format YYYY-MM-DD",
        ),
        (
            _asked(time_range='{"since":"2026-02-01","until":"2026-01-01"}'),
            "(#100) time_range: since must not be later than until",
        ),
        (_asked(time_ranges="[]"), "(#100) Param time_ranges must be an array."),
        (_asked(limit="0"), "(#100) Param limit must be a positive integer"),
        (_asked(limit="x"), "(#100) Param limit must be an integer"),
        (_asked(after="x"), "(#100) Invalid cursor value"),
        (_asked(summary='["colour"]'), "(#100) colour is not valid for fields param."),
        (
            _asked(breakdowns="age", fields="unique_clicks", time_range=_OLD),
            "(#100) breakdowns for unique-count fields are only available for the last 13 months",
        ),
        (
            _asked(breakdowns=_HOURLY, time_range=_OLD),
            "(#100) hourly breakdowns are only available for the last 13 months",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_insights_requests_that_meta_refuses(
    shared: Client, params: dict[str, object], message: str
) -> None:
    error = shared.error(f"{shared.account}/insights", **params)
    assert error["message"].startswith(message)
    assert (error["http"], error["code"], error["type"]) == (400, 100, "OAuthException")
    refused = shared.post(f"{shared.account}/insights", **params)
    if not {"limit", "after"} & params.keys():
        assert refused.json()["error"]["message"] == error["message"]


@pytest.mark.parametrize(
    ("breakdown", "field"),
    [
        (_HOURLY, "unique_clicks"),
        (_HOURLY, "video_p25_watched_actions"),
        ("region", "video_p75_watched_actions"),
        ("region", "video_avg_time_watched_actions"),
        ("body_asset", "reach,frequency"),
    ],
)
def test_fields_that_a_breakdown_has_no_data_for(
    shared: Client, breakdown: str, field: str
) -> None:
    error = shared.error(f"{shared.account}/insights", **_asked(breakdowns=breakdown, fields=field))
    assert (error["http"], error["code"], error["error_subcode"]) == (400, 2, 1504041)
    assert error["error_user_title"] == "Invalid Breakdowns"


def test_no_figures_beyond_37_months(shared: Client) -> None:
    error = shared.error(f"{shared.account}/insights", time_range=_ANCIENT)
    assert (error["http"], error["code"]) == (400, 3018)
    assert error["message"] == (
        "(#3018) The start date of the time range cannot be beyond 37 months from the current date"
    )
    edge = '{"since":"2023-10-20","until":"2023-10-21"}'
    assert shared.get(f"{shared.account}/insights", time_range=edge).json() == {"data": []}


def test_reach_by_age_beyond_13_months_is_left_out_without_a_word(start: Start) -> None:
    client = start(days=560)
    old: dict[str, object] = {"fields": "reach,frequency,spend", "time_range": _OLD}
    by_age = client.rows(f"{client.account}/insights", **old, breakdowns="age")
    assert by_age
    assert all(row.keys() == {"spend", "date_start", "date_stop", "age"} for row in by_age)
    assert "reach" in client.rows(f"{client.account}/insights", **old)[0]


def test_retention_can_answer_with_nothing(start: Start) -> None:
    client = start(days=560, retention="empty")
    asked = _asked(breakdowns="age", fields="unique_clicks", time_range=_OLD)
    assert client.get(f"{client.account}/insights", **asked).json() == {"data": []}


def test_a_level_above_the_node(shared: Client) -> None:
    campaign = shared.rows(f"{shared.account}/campaigns")[0]["id"]
    error = shared.error(f"{campaign}/insights", level="account")
    assert (error["http"], error["code"], error["error_subcode"]) == (500, 1, 99)


@pytest.mark.parametrize("path", ["?ids=1,2", "v26.0/?ids=1,2", "v25.0/?ids=act_1"])
def test_the_parameter_ids_is_gone(shared: Client, path: str) -> None:
    response = shared.send("GET", f"/{path}")
    assert response.status_code == 500
    error = response.json()["error"]
    assert error["code"] == 100
    assert error["message"] == "The ids query parameter is deprecated in v26.0+."


@pytest.mark.parametrize(
    ("path", "component"),
    [("act/x/y", "x"), ("act/colours", "colours"), ("me/colours", "colours")],
)
def test_paths_that_lead_nowhere(shared: Client, path: str, component: str) -> None:
    error = shared.error(path.replace("act", shared.account, 1))
    assert (error["code"], error["message"]) == (2500, f"Unknown path components: /{component}")


def test_what_cannot_be_written(shared: Client) -> None:
    response = shared.post(f"{shared.account}/ads", name="x")
    assert response.json()["error"]["error_subcode"] == 33
    assert response.json()["error"]["message"].startswith("Unsupported post request.")


# Versions


def test_versions_that_are_served(shared: Client) -> None:
    for path, version in (("/v25.0", "v25.0"), ("/v26.0", "v26.0"), ("", "v26.0")):
        response = shared.send("GET", f"{path}/me")
        assert response.status_code == 200
        assert response.headers["facebook-api-version"] == version


@pytest.mark.parametrize("version", ["v24.0", "v12.0"])
def test_expired_versions(start: Start, version: str) -> None:
    client = start()
    error = client.send("GET", f"/{version}/me").json()["error"]
    assert error["code"] == 2635
    upgrading = start(deprecated="upgrade")
    response = upgrading.send("GET", f"/{version}/me")
    assert response.status_code == 200
    assert response.headers["x-ad-api-version-warning"] == (
        f"The call has been auto-upgraded to v25.0 as {version} has been deprecated"
    )


@pytest.mark.parametrize("version", ["v27.0", "v26.1"])
def test_versions_that_do_not_exist(shared: Client, version: str) -> None:
    error = shared.send("GET", f"/{version}/me").json()["error"]
    assert (error["code"], error["message"]) == (2500, f"Unknown path components: /{version}")


# Tokens


def _without_header(client: Client, path: str, **params: object) -> tuple[int, dict[str, Any]]:
    response = client.send("GET", path, params=params, headers={"Authorization": ""})
    body = response.json()
    return response.status_code, body.get("error", body)


@pytest.mark.parametrize("scheme", ["Bearer", "OAuth", "bearer"])
def test_tokens_in_the_header(shared: Client, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {shared.sandbox.token}"}
    assert shared.send("GET", "/v26.0/me", headers=headers).status_code == 200


def test_tokens_in_query_and_form(shared: Client) -> None:
    status, _ = _without_header(shared, "/v26.0/me", access_token=shared.sandbox.token)
    assert status == 200
    response = shared.send(
        "POST",
        f"/v26.0/{shared.account}/insights",
        data={"access_token": shared.sandbox.token},
        headers={"Authorization": ""},
    )
    assert "report_run_id" in response.json()


def test_a_missing_token(shared: Client) -> None:
    status, error = _without_header(shared, f"/v26.0/{shared.account}")
    assert (status, error["code"]) == (400, 104)
    status, error = _without_header(shared, "/v26.0/me/adaccounts")
    assert (status, error["code"]) == (400, 2500)


@pytest.mark.parametrize(
    ("state", "http", "subcode", "words"),
    [
        ("invalid", 401, None, "Cannot parse access token"),
        ("expired", 400, 463, "Session has expired"),
        ("password_changed", 400, 460, "changed their password"),
        ("app_removed", 400, 458, "has not authorized application"),
    ],
)
def test_bad_tokens(client: Client, state: str, http: int, subcode: int | None, words: str) -> None:
    client.sandbox.add_token("T", state=state)
    status, error = _without_header(client, "/v26.0/me", access_token="T")
    assert (status, error["code"], error.get("error_subcode")) == (http, 190, subcode)
    assert words in str(error["message"])
    told = client.get("debug_token", input_token="T").json()["data"]
    assert told["is_valid"] is False
    assert told["error"]["code"] == 190


def test_an_unknown_token(shared: Client) -> None:
    status, error = _without_header(shared, "/v26.0/me", access_token="nobody's")
    assert (status, error["code"]) == (401, 190)


def test_a_token_expires_by_the_clock(client: Client) -> None:
    soon = int(client.sandbox.world.clock.seconds()) + 60
    client.sandbox.add_token("T", expires_at=soon)
    assert _without_header(client, "/v26.0/me", access_token="T")[0] == 200
    assert client.get("debug_token", input_token="T").json()["data"]["expires_at"] == soon
    client.sandbox.advance(61)
    _, error = _without_header(client, "/v26.0/me", access_token="T")
    assert error["error_subcode"] == 463


def test_a_token_for_some_accounts(client: Client) -> None:
    first, second, _ = client.sandbox.world.accounts
    client.sandbox.add_token("T", accounts=[second.id])
    _, body = _without_header(client, "/v26.0/me/adaccounts", access_token="T")
    assert [row["account_id"] for row in body["data"]] == [second.account_id]
    status, error = _without_header(client, f"/v26.0/{first.id}/ads", access_token="T")
    assert (status, error["code"]) == (403, 200)
    assert error["message"] == (
        "(#200) Ad account owner has NOT grant ads_management or ads_read permission"
    )
    campaign = client.rows(f"{client.account}/campaigns")[0]["id"]
    assert _without_header(client, f"/v26.0/{campaign}", access_token="T")[0] == 403
    run = client.post(f"{client.account}/insights").json()["report_run_id"]
    assert _without_header(client, f"/v26.0/{run}", access_token="T")[0] == 403
    assert _without_header(client, f"/v26.0/{second.id}", access_token="T")[0] == 200


def test_scopes(client: Client) -> None:
    ad = client.rows(f"{client.account}/ads")[0]["id"]
    client.sandbox.add_token("none", scopes=["business_management"])
    client.sandbox.add_token("read", scopes=["ads_read"])
    for path, token, params in (
        (client.account, "none", {}),
        (f"{ad}/leads", "read", {}),
        (client.account, "read", {"fields": "id,owner"}),
    ):
        status, error = _without_header(client, f"/v26.0/{path}", access_token=token, **params)
        assert (status, error["code"]) == (403, 200)
    assert _without_header(client, f"/v26.0/{client.account}", access_token="read")[0] == 200
    _, told = _without_header(client, "/v26.0/me/permissions", access_token="read")
    assert told == {"data": [{"permission": "ads_read", "status": "granted"}]}


def test_debug_token_tells_what_a_token_may(shared: Client) -> None:
    told = shared.get("debug_token", input_token=shared.sandbox.token).json()["data"]
    assert told["is_valid"] is True
    assert told["expires_at"] == 0
    assert "ads_read" in told["scopes"]
    assert shared.get("debug_token", input_token="x").json()["data"]["is_valid"] is False
    assert shared.error("debug_token")["code"] == 100


# Proofs


def _proof(client: Client, message: str) -> str:
    secret = client.sandbox.app_secret.encode()
    return hmac.new(secret, message.encode(), hashlib.sha256).hexdigest()


def test_a_proof_is_checked_when_sent(shared: Client) -> None:
    good = _proof(shared, shared.sandbox.token)
    assert shared.get("me", appsecret_proof=good).status_code == 200
    error = shared.error("me", appsecret_proof=good[::-1])
    assert (error["http"], error["code"]) == (400, 100)
    assert error["type"] == "GraphMethodException"
    assert error["message"] == "Invalid appsecret_proof provided in the API argument"


def test_a_proof_can_be_required(start: Start) -> None:
    client = start(require_proof=True, app_secret="s3cret", token="T0ken")
    error = client.error("me")
    assert error["message"] == "API calls from the server require an appsecret_proof argument"
    assert client.get("me", appsecret_proof=_proof(client, "T0ken")).status_code == 200
    batch = json.dumps([{"method": "GET", "relative_url": "me"}])
    response = client.post("", batch=batch, appsecret_proof=_proof(client, "T0ken"))
    assert response.json()[0]["code"] == 200


def test_a_proof_with_its_time_is_good_for_five_minutes(client: Client) -> None:
    at = int(client.sandbox.world.clock.seconds())
    params = {
        "appsecret_time": at,
        "appsecret_proof": _proof(client, f"{client.sandbox.token}|{at}"),
    }
    assert client.get("me", **params).status_code == 200
    client.sandbox.advance(301)
    assert client.error("me", **params)["code"] == 100
