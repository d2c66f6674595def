from __future__ import annotations

import json
import re
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from meta_sandbox._serve.faults import Call, parse_fault, parse_faults

if TYPE_CHECKING:
    from tests.asking import Client
    from tests.conftest import Start

_ADS: dict[str, object] = {"edge": "ads"}


def _script(client: Client, answer: dict[str, object], **more: object) -> None:
    client.sandbox.add_fault({"match": _ADS, "answer": answer, **more})


def _ads(client: Client, **params: object) -> requests.Response:
    return client.get(f"{client.account}/ads", **params)


@pytest.mark.parametrize(
    ("answer", "http", "code", "subcode", "words"),
    [
        ({"error": {"code": 2}}, 503, 2, None, "Service temporarily unavailable"),
        ({"error": {"code": 1}}, 500, 1, None, "reduce the amount of data"),
        ({"error": {"code": 80004}}, 400, 80004, 2446079, "too many calls"),
        ({"error": {"code": 190, "subcode": 463}}, 400, 190, 463, "expired"),
        ({"error": {"http": 418, "code": 7, "message": "m"}}, 418, 7, None, "m"),
        ({"not_found": True}, 400, 100, 33, "does not exist"),
        ({"permission": True}, 403, 200, None, "NOT grant"),
        ({"throttle": {"code": 17}}, 400, 17, 2446079, "User request limit"),
        ({"remove_field": "name"}, 400, 100, None, "nonexisting field (name) on node type (Ad)"),
    ],
)
def test_errors(
    client: Client,
    answer: dict[str, object],
    http: int,
    code: int,
    subcode: int | None,
    words: str,
) -> None:
    _script(client, answer)
    response = _ads(client, fields="id,name")
    error = response.json()["error"]
    assert (response.status_code, error["code"], error.get("error_subcode")) == (
        http,
        code,
        subcode,
    )
    assert words in error["message"]
    assert error["fbtrace_id"]
    assert _ads(client, fields="id,name").status_code == 200


def test_an_error_has_what_else_the_script_says(client: Client) -> None:
    _script(client, {"error": {"code": 2, "is_transient": False, "error_user_msg": "é"}})
    error = _ads(client).json()["error"]
    assert error["is_transient"] is False
    assert error["error_user_msg"] == "é"


@pytest.mark.parametrize("kind", ["reset", "drop_after"])
def test_connections_are_cut(client: Client, kind: str) -> None:
    _script(client, {"kind": kind})
    with pytest.raises(requests.ConnectionError):
        _ads(client)
    assert _ads(client).status_code == 200
    assert client.sandbox.requests()[0]["status"] == 0


def test_a_job_is_made_although_the_answer_is_lost(client: Client) -> None:
    client.sandbox.add_fault({"match": {"stage": "submit"}, "answer": {"kind": "drop_after"}})
    with pytest.raises(requests.ConnectionError):
        client.post(f"{client.account}/insights")
    first = client.sandbox.engine.graph.reports.jobs
    client.post(f"{client.account}/insights")
    assert len(first._jobs) == 2


def test_bodies_are_broken(client: Client) -> None:
    _script(client, {"kind": "truncate"})
    response = _ads(client)
    assert response.status_code == 200
    with pytest.raises(ValueError, match="char"):
        response.json()
    _script(client, {"kind": "short_body"})
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        _ads(client)
    _script(client, {"kind": "html"})
    response = _ads(client)
    assert (response.status_code, response.headers["content-type"]) == (502, "text/html")
    _script(client, {"kind": {"kind": "empty", "http": 503}})
    response = _ads(client)
    assert (response.status_code, response.content) == (503, b"")


def test_silence_ends_when_the_client_gives_up(client: Client) -> None:
    _script(client, {"kind": "hang"})
    with pytest.raises(requests.ReadTimeout):
        client.session.get(f"{client.sandbox.url}/v26.0/{client.account}/ads", timeout=0.2)
    assert _ads(client).status_code == 200


def test_silence_ends_by_itself(client: Client) -> None:
    _script(client, {"kind": {"kind": "hang", "seconds": 0.1}})
    with pytest.raises(requests.ConnectionError):
        _ads(client)


def test_stopping_does_not_wait_for_a_silent_request(start: Start) -> None:
    client = start()
    _script(client, {"kind": "hang"})
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            _ads(client)
        except requests.ConnectionError as error:
            failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    deadline = time.monotonic() + 5
    while not client.sandbox.requests() and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    began = time.monotonic()
    client.sandbox.stop()
    thread.join(5)
    assert time.monotonic() - began < 2
    assert failures


def test_answers_are_delayed(client: Client) -> None:
    _script(client, {"delay_ms": 120})
    began = time.monotonic()
    assert _ads(client).status_code == 200
    assert time.monotonic() - began >= 0.12
    assert float(str(client.sandbox.requests()[0]["duration_ms"])) >= 120


def test_a_scripted_throttle_says_when_it_ends(client: Client) -> None:
    _script(client, {"throttle": {"code": 80004, "minutes": 7, "headers": {"x-own": "1"}}})
    response = _ads(client)
    usage = json.loads(response.headers["x-business-use-case-usage"])
    (entry,) = usage[client.account.removeprefix("act_")]
    assert entry["estimated_time_to_regain_access"] == 7
    assert response.headers["x-own"] == "1"
    _script(client, {"throttle": {"code": 17, "seconds": 45}})
    usage = json.loads(_ads(client).headers["x-ad-account-usage"])
    assert (usage["acc_id_util_pct"], usage["reset_time_duration"]) == (100, 45)


def test_a_field_meta_dropped_hurts_only_those_who_ask_for_it(client: Client) -> None:
    client.sandbox.add_fault(
        {"match": {"edge": "insights"}, "times": None, "answer": {"remove_field": "cpp"}}
    )
    path = f"{client.account}/insights"
    for _ in range(2):
        error = client.error(path, fields="spend,cpp")
        assert error["message"].startswith("(#100) cpp is not valid for fields param.")
    assert client.rows(path, fields="spend")


def test_a_field_nobody_expects(client: Client) -> None:
    client.sandbox.add_fault(
        {"answer": {"add_field": {"name": "new", "value": {"a": 1}}}, "times": 2}
    )
    assert all(row["new"] == {"a": 1} for row in _ads(client).json()["data"])
    assert client.get("me").json()["new"] == {"a": 1}


def test_skip_times_and_order(client: Client) -> None:
    _script(client, {"error": {"code": 2}}, skip=1, times=2)
    _script(client, {"error": {"code": 1}}, times=1)
    assert [_ads(client).status_code for _ in range(5)] == [500, 503, 503, 200, 200]
    _script(client, {"error": {"code": 2}}, times=None)
    assert {_ads(client).status_code for _ in range(4)} == {503}
    client.sandbox.clear_faults()
    assert _ads(client).status_code == 200


def test_one_page_of_a_listing(client: Client) -> None:
    client.sandbox.add_fault(
        {"match": {"edge": "ads", "page": 2}, "answer": {"error": {"code": 2}}}
    )
    first = _ads(client, limit=3).json()
    after = first["paging"]["cursors"]["after"]
    assert _ads(client, limit=3, after=after).status_code == 503
    assert _ads(client, limit=3, after=after).status_code == 200


_CALL = Call("GET", "/v26.0/act_1/ads", "1", "ads", "list", 1, '{"limit":"25"}', ("id", "name"))


@pytest.mark.parametrize(
    ("match", "hits"),
    [
        ({}, True),
        ({"method": "get"}, True),
        ({"method": "POST"}, False),
        ({"path": r"act_\d+/ads$"}, True),
        ({"path": "^/ads"}, False),
        ({"account_id": "act_1"}, True),
        ({"account_id": "1"}, True),
        ({"account_id": "2"}, False),
        ({"edge": "ads", "stage": "list", "page": 1}, True),
        ({"edge": "adsets"}, False),
        ({"stage": "node"}, False),
        ({"page": 2}, False),
        ({"contains": '"25"'}, True),
        ({"contains": "26"}, False),
    ],
)
def test_what_a_fault_matches(match: dict[str, object], *, hits: bool) -> None:
    fault = parse_fault({"match": match, "answer": {"kind": "reset"}})
    assert fault.hits(_CALL) is hits


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (5, "Expected 'object', got 'int'."),
        ({"match": {}}, "Object missing required field 'answer'."),
        ({"answer": {}}, "A fault needs an 'answer' that says what happens."),
        (
            {"answer": {"kind": "reset"}, "match": {"colour": 1}},
            (
                "In 'match': object contains unknown field 'colour'; "
                "allowed are method, path, account_id, edge, stage, page, contains."
            ),
        ),
        (
            {"answer": {"job": {"outcome": "late"}}},
            (
                "In 'answer.job.outcome': invalid enum value 'late'; allowed are failed, skipped, "
                "stuck, running_100, unreadable, lost, expired, late_visible."
            ),
        ),
        (
            {"answer": {"throttle": {"minute": 1}}},
            (
                "In 'answer.throttle': object contains unknown field 'minute'; "
                "allowed are code, subcode, minutes, seconds, headers."
            ),
        ),
        (
            {"answer": {"kind": "reset"}, "match": {"path": "("}},
            (
                "match.path is no regular expression: "
                "missing ), unterminated subpattern at position 0."
            ),
        ),
        ({"answer": {"kind": "reset"}, "times": 0}, "In 'times': expected 'int' >= 1."),
    ],
)
def test_what_is_wrong_with_a_fault_is_one_sentence(rule: object, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        parse_faults(rule)


def test_of_several_faults_all_are_taken_or_none(client: Client) -> None:
    rules = [{"answer": {"kind": "reset"}}, {"answer": {"kind": "explode"}}]
    response = client.send("POST", "/__sandbox/faults", json=rules)
    assert response.json()["error"].startswith("Fault 2: ")
    assert client.send("GET", "/__sandbox/faults").json() == []


@pytest.mark.parametrize(
    ("skip", "times", "seen", "fired"),
    [(0, 1, 0, 0), (0, 1, 3, 1), (2, 1, 2, 0), (2, 2, 3, 1), (1, None, 9, 8)],
)
def test_how_often_a_fault_has_fired(skip: int, times: int | None, seen: int, fired: int) -> None:
    fault = parse_fault({"skip": skip, "times": times, "answer": {"kind": "reset"}})
    hits = [fault.hits(_CALL) for _ in range(seen)]
    assert fault.fired == sum(hits) == fired


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"answer": {}},
        {"answer": {"kind": "explode"}},
        {"answer": {"job": "late"}},
        {"answer": {"kind": "reset"}, "match": {"colour": 1}},
        {"answer": {"kind": "reset"}, "match": {"stage": "lunch"}},
        {"answer": {"kind": "reset"}, "match": []},
        {"answer": {"kind": "reset"}, "when": 1},
        {"answer": {"kind": "reset"}, "times": "3"},
        {"answer": {"colour": 1}},
    ],
)
def test_faults_that_make_no_sense_are_refused(client: Client, rule: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        client.sandbox.add_fault(rule)
    assert client.send("POST", "/__sandbox/faults", json=rule).status_code == 400


# Batches


def _batch(client: Client, *urls: str, **more: object) -> list[Any]:
    operations = [{"method": "GET", "relative_url": url} for url in urls]
    response = client.post("", batch=json.dumps(operations), **more)
    assert response.status_code == 200, response.text
    found: list[Any] = response.json()
    return found


def test_a_batch_answers_in_order(shared: Client) -> None:
    good, bad, versioned = _batch(
        shared, f"{shared.account}/ads?limit=1", "nobody", f"v25.0/{shared.account}?fields=name"
    )
    assert (good["code"], bad["code"], versioned["code"]) == (200, 400, 200)
    assert json.loads(good["body"])["data"]
    assert json.loads(bad["body"])["error"]["error_subcode"] == 33
    headers = {header["name"].lower(): header["value"] for header in versioned["headers"]}
    assert headers["facebook-api-version"] == "v25.0"
    assert "x-business-use-case-usage" in headers


def test_batches_as_json_and_without_headers(shared: Client) -> None:
    body = {"batch": [{"method": "GET", "relative_url": "me"}], "include_headers": False}
    (part,) = shared.send("POST", "/", json=body).json()
    assert part.keys() == {"code", "body"}


def test_a_batch_can_submit_jobs(shared: Client) -> None:
    operation = {
        "method": "POST",
        "relative_url": f"{shared.account}/insights",
        "body": "level=campaign&fields=spend",
    }
    (part,) = shared.post("", batch=json.dumps([operation])).json()
    run = json.loads(part["body"])["report_run_id"]
    assert "spend" in shared.rows(f"{run}/insights")[0]


def test_an_operation_may_have_its_own_token(client: Client) -> None:
    client.sandbox.add_token("other", state="expired")
    own, common = _batch(client, "me?access_token=other", "me")
    assert (own["code"], common["code"]) == (400, 200)


@pytest.mark.parametrize(
    "batch",
    [
        "",
        "{}",
        "[]",
        '[{"method":"GET"}]',
        json.dumps([{"method": "GET", "relative_url": "me"}] * 51),
    ],
    ids=["none", "object", "empty", "incomplete", "51"],
)
def test_batches_that_are_refused(shared: Client, batch: str) -> None:
    assert shared.post("", batch=batch).json()["error"]["code"] == 100


def test_a_batch_needs_a_token(shared: Client) -> None:
    response = shared.send("POST", "/v26.0/", data={"batch": "[]"}, headers={"Authorization": ""})
    assert response.json()["error"]["code"] == 104


def test_every_operation_counts_as_a_call(start: Start) -> None:
    client = start(limits={"ads_management": 3})
    parts = _batch(client, *[client.account] * 5)
    assert [part["code"] for part in parts] == [200, 200, 200, 400, 400]
    counters = client.sandbox.counters()
    assert (counters["requests"], counters["calls"]) == (1, 5)
    assert counters["by_edge"] == {"batch": 1, "node": 5}


def test_faults_strike_operations_and_whole_batches(client: Client) -> None:
    client.sandbox.add_fault({"match": {"edge": "me"}, "answer": {"kind": "timed_out"}})
    first, second = _batch(client, "me", "me")
    assert first is None
    assert second["code"] == 200
    client.sandbox.add_fault({"match": {"stage": "batch"}, "answer": {"error": {"code": 960}}})
    assert client.post("", batch="[]").json()["error"]["code"] == 960
