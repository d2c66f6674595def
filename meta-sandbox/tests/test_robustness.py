"""Whatever is sent, Graph answers: with rows or with an error of Meta's form."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meta_sandbox import DEFAULT_TOKEN, World
from meta_sandbox._options import Options
from meta_sandbox._protocol.messages import Request
from meta_sandbox._serve.engine import Engine
from meta_sandbox._world.draw import FORM, RUN, encode_id

if TYPE_CHECKING:
    from tests.asking import Client

_NOW = datetime(2026, 11, 20, 12, 30, tzinfo=timezone.utc)
_ENGINE = Engine(World(1, accounts=1, ads=6, days=20, now=_NOW), Options())
_ACCOUNT = _ENGINE.world.accounts[0].id
_CAMPAIGN = _ENGINE.world.campaigns()[0].id
_PATHS = ["", "me", "me/adaccounts", "debug_token", _ACCOUNT, _CAMPAIGN, "act_", "9", "\x00", "🎁"]
_FORM = encode_id(1, FORM, 0)
_ENGINE.process(
    Request("POST", f"/{_ACCOUNT}/insights", {"access_token": DEFAULT_TOKEN}, {}, {}, "http://x")
)
_PATHS += [f"{_FORM}/leads", _FORM, f"{_CAMPAIGN}/insights", encode_id(1, RUN, 0)]
_PATHS += [f"{encode_id(1, RUN, 0)}/insights", f"{_ENGINE.world.ads()[0].id}/leads"]
_PATHS += [f"{_ACCOUNT}/{edge}" for edge in ("ads", "adsets", "activities", "adimages", "insights")]
_NAMES = """
fields limit after before filtering effective_status updated_since since until level breakdowns
action_breakdowns action_attribution_windows time_range time_ranges time_increment date_preset sort
summary default_summary batch ids hashes method input_token appsecret_proof appsecret_time
""".split()
_VALUES = [
    "id,name",
    "insights{spend}",
    "ads.limit(x){id}",
    "creative{",
    "-1",
    "0",
    "99999999999999999999",
    "1e5",
    "[]",
    "{}",
    "[1,null]",
    "null",
    "true",
    '{"since":"2026-11-01","until":"2026-11-03"}',
    '{"since":"0001-01-01","until":"9999-12-31"}',
    '{"since":null,"until":[]}',
    '[{"since":"2026-11-01","until":"2026-11-03"}]',
    '[{"field":"ad.id","operator":"GREATER_THAN","value":"x"}]',
    '[{"field":"ad.updated_time","operator":"IN_RANGE","value":[1]}]',
    '[{"field":"impressions","operator":"GREATER_THAN","value":null}]',
    '[{"field":"time_created","operator":"GREATER_THAN","value":"x"}]',
    "age,gender",
    "body_asset",
    "spend,actions,impressions",
    "campaign",
    "1d_click,7d_view",
    "actions:x_descending",
    "POST",
    "GET",
    "MDox",
]
_value = st.one_of(
    st.sampled_from(_VALUES),
    st.text(max_size=12),
    st.integers(),
    st.none(),
    st.lists(st.sampled_from(_VALUES), max_size=3),
    st.dictionaries(st.sampled_from(["since", "until"]), st.sampled_from(_VALUES)),
)
_params = st.dictionaries(st.sampled_from(_NAMES), _value, max_size=5)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    path=st.sampled_from(_PATHS),
    query=_params,
    body=_params,
)
def test_every_request_has_an_answer(
    method: str, path: str, query: dict[str, Any], body: dict[str, Any]
) -> None:
    _check(method, path, query, body)


@pytest.mark.parametrize("name", ["filtering", "fields", "limit", "time_range", "since", "after"])
def test_every_parameter_takes_any_value(name: str) -> None:
    for path in _PATHS:
        for value in _VALUES:
            _check("GET", path, {name: value, "updated_since": value}, {})


def _check(method: str, path: str, query: dict[str, Any], body: dict[str, Any]) -> None:
    headers = {"authorization": f"Bearer {DEFAULT_TOKEN}"}
    outcome = _ENGINE.process(Request(method, f"/v26.0/{path}", query, body, headers, "http://x"))
    assert outcome.response is not None
    decoded = msgspec.json.decode(outcome.response.body)
    if outcome.response.status == 200:
        assert isinstance(decoded, dict | list)
    else:
        assert decoded["error"]["code"] == outcome.code
        assert decoded["error"]["message"]


def test_a_failure_of_the_sandbox_is_not_metas(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(client.sandbox.engine.graph, "answer", fail)
    with caplog.at_level(logging.ERROR, "meta_sandbox"):
        response = client.get("me")
    assert response.status_code == 500
    assert "sandbox_failure" in response.json()
    assert "a mistake of ours" in caplog.text


def test_a_body_that_cannot_be_read_is_remembered(client: Client) -> None:
    headers = {"content-type": "application/json"}
    response = client.send("POST", "/v26.0/me", data=b"{", headers=headers)
    assert response.json()["error"]["message"] == "(#100) The request body is not valid JSON"
    (entry,) = client.sandbox.requests()
    assert (entry["status"], entry["code"]) == (400, 100)


@pytest.mark.parametrize("kind", ["form", "multipart", "json"])
def test_bodies_of_all_kinds(client: Client, kind: str) -> None:
    values = {"level": "campaign", "fields": "spend"}
    kinds: dict[str, dict[str, Any]] = {
        "form": {"data": values},
        "multipart": {"files": {name: (None, value) for name, value in values.items()}},
        "json": {"json": values},
    }
    response = client.send("POST", f"/v26.0/{client.account}/insights", **kinds[kind])
    assert response.json().keys() == {"report_run_id"}
    assert client.sandbox.requests()[0]["body"] == values
