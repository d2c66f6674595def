from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
import requests

from meta_sandbox import DEFAULT_APP_SECRET, DEFAULT_TOKEN, Sandbox
from meta_sandbox.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.asking import Client
    from tests.conftest import Start


def _lines(response: requests.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.content.splitlines()]


def test_requests_are_remembered(client: Client) -> None:
    client.get(f"{client.account}/ads", limit=2, fields="id")
    client.post(f"{client.account}/insights", level="ad")
    client.get("nobody")
    first, second, third = client.send("GET", "/__sandbox/requests").json()
    assert first["method"] == "GET"
    assert first["path"] == f"/v26.0/{client.account}/ads"
    assert first["query"] == {"limit": "2", "fields": "id"}
    assert (first["status"], first["edge"], first["stage"]) == (200, "ads", "list")
    assert first["account_id"] == client.account.removeprefix("act_")
    assert first["token_in"] == "header"
    assert second["body"] == {"level": "ad"}
    assert second["stage"] == "submit"
    assert (third["status"], third["code"], third["fault"]) == (400, 100, False)
    assert client.sandbox.requests() == [first, second, third]
    assert client.send("DELETE", "/__sandbox/requests").json() == {"success": True}
    assert client.sandbox.requests() == []


def test_counters(client: Client) -> None:
    for _ in range(3):
        client.get(f"{client.account}/ads")
    client.get("nobody")
    assert client.send("GET", "/__sandbox/counters").json() == {
        "requests": 4,
        "calls": 4,
        "by_edge": {"ads": 3, "node": 1},
        "by_stage": {"list": 3, "node": 1},
        "by_status": {"200": 3, "400": 1},
    }
    client.sandbox.clear_requests()
    assert client.sandbox.counters()["requests"] == 0


def test_the_log_is_bounded_but_the_counters_are_not(start: Start) -> None:
    client = start(log_size=5)
    for _ in range(8):
        client.get("me")
    assert [entry["number"] for entry in client.sandbox.requests()] == [4, 5, 6, 7, 8]
    assert client.sandbox.counters()["requests"] == 8


def test_no_token_and_no_proof_is_ever_shown(start: Start) -> None:
    client = start(token="EAAgivenByAPerson")
    secret = "EAAveryGeheim"
    client.sandbox.add_token(secret)
    operation = {"method": "GET", "relative_url": f"me?access_token={secret}&appsecret_proof=p00f"}
    client.get("me", access_token=secret, appsecret_proof="p00f")
    client.get("debug_token", input_token=secret)
    client.post(f"{client.account}/insights", access_token=secret, note=f"my {secret}")
    client.send("POST", "/", json={"access_token": secret, "batch": [operation]})
    client.post("", batch=json.dumps([operation]))
    client.send("POST", "/v26.0/me", data=b"{", headers={"content-type": "application/json"})
    shown = json.dumps(client.sandbox.requests())
    page = client.send("GET", "/__sandbox/").text
    for text in (shown, page):
        assert secret not in text
        assert client.sandbox.token not in text
        assert "p00f" not in text
    assert "redacted" in shown
    places = [entry["token_in"] for entry in client.sandbox.requests()]
    assert {"header"} <= set(places)


def test_where_the_token_was(shared: Client) -> None:
    token = shared.sandbox.token
    url = f"{shared.sandbox.url}/v26.0/me"
    with requests.Session() as session:
        session.get(url, params={"access_token": token, "x": "where"}, timeout=10)
        session.post(url, data={"access_token": token, "x": "where"}, timeout=10)
        session.get(url, params={"x": "where"}, timeout=10)
    entries = [e for e in shared.sandbox.requests() if "where" in json.dumps(e)]
    assert [entry["token_in"] for entry in entries] == ["query", "body", "none"]


@pytest.mark.parametrize(
    ("kind", "edge"),
    [
        ("campaigns", "campaigns"),
        ("adsets", "adsets"),
        ("ads", "ads"),
        ("creatives", "adcreatives"),
        ("customaudiences", "customaudiences"),
        ("customconversions", "customconversions"),
        ("adimages", "adimages"),
        ("adlabels", "adlabels"),
        ("adspixels", "adspixels"),
    ],
)
def test_the_truth_about_objects(shared: Client, kind: str, edge: str) -> None:
    account = shared.account
    rows = _lines(shared.send("GET", f"/__sandbox/truth/{kind}", params={"account_id": account}))
    assert rows == shared.sandbox.truth(kind, account)
    served = {
        row["id"]: row for row in shared.rows(f"{account}/{edge}", fields="id,name", limit=200)
    }
    truth = {row["id"]: {"id": row["id"], "name": row["name"]} for row in rows}
    assert served.items() <= truth.items()
    assert len(shared.sandbox.truth(kind)) > len(rows)


def test_the_truth_about_activities_and_leads(shared: Client) -> None:
    account = shared.account
    fields = "event_time,event_type,object_id,extra_data"
    rows = shared.rows(f"{account}/activities", fields=fields, since=0, limit=200)
    truth = shared.sandbox.truth("activities", account)
    assert rows == [{name: row[name] for name in fields.split(",")} for row in truth]
    ads = [str(ad["id"]) for ad in shared.sandbox.truth("ads", account)]
    leads = [row["id"] for ad in ads for row in shared.rows(f"{ad}/leads", limit=200)]
    assert leads
    assert leads == [row["id"] for row in shared.sandbox.truth("leads", account)]


def test_the_truth_about_accounts(shared: Client) -> None:
    rows = _lines(shared.send("GET", "/__sandbox/truth/accounts"))
    assert [row["id"] for row in rows] == [row["id"] for row in shared.rows("me/adaccounts")]
    assert shared.send("GET", "/__sandbox/truth/colours").status_code == 404


def test_the_truth_about_figures(shared: Client) -> None:
    params = {"since": "2026-11-18", "until": "2026-11-19", "fields": "ad_id,spend"}
    rows = _lines(shared.send("GET", "/__sandbox/truth/insights", params=params))
    assert rows == shared.sandbox.truth_insights(**params)
    assert {row["date_start"] for row in rows} == {"2026-11-18", "2026-11-19"}
    weekly = {"level": "account", "time_increment": "7", "breakdowns": "age", "windows": "1d_click"}
    rows = _lines(shared.send("GET", "/__sandbox/truth/insights", params=weekly))
    assert rows
    assert all("age" in row for row in rows)


@pytest.mark.parametrize(
    "params",
    [
        {"level": "x"},
        {"colour": "1"},
        {"since": "today"},
        {"fields": "x"},
        {"breakdowns": "x"},
        {"account_id": "1"},
        {"time_increment": "x"},
    ],
    ids=str,
)
def test_questions_that_have_no_truth(shared: Client, params: dict[str, str]) -> None:
    response = shared.send("GET", "/__sandbox/truth/insights", params=params)
    assert response.status_code == 400
    assert response.json()["error"]


def test_faults_over_http(client: Client) -> None:
    rules = [{"match": {"edge": "me"}, "answer": {"kind": "html"}}, {"answer": {"kind": "empty"}}]
    assert len(client.send("POST", "/__sandbox/faults", json=rules).json()) == 2
    assert client.get("me").status_code == 502
    assert client.send("GET", "/__sandbox/faults").json()[0]["seen"] == 1
    assert client.send("DELETE", "/__sandbox/faults").json() == []
    assert client.get("me").status_code == 200
    broken = client.send("POST", "/__sandbox/faults", data=b"{")
    assert broken.status_code == 400


def test_the_clock_over_http(client: Client) -> None:
    def ask(body: object) -> requests.Response:
        return client.send("POST", "/__sandbox/clock", json=body)

    moved = ask({"now": "2026-12-24T18:00:00Z"}).json()["now"]
    assert moved.startswith("2026-12-24T18:00:0")
    moved = ask({"advance_seconds": 3600}).json()["now"]
    assert moved.startswith("2026-12-24T19:00:0")
    assert client.send("GET", "/__sandbox/clock").json()["now"].startswith("2026-12-24T19:00:0")
    for wrong in (
        {},
        {"now": "x"},
        {"now": "2026-01-01T00:00:00"},
        {"now": "x", "advance_seconds": 1},
    ):
        assert ask(wrong).status_code == 400


def test_tokens_over_http(client: Client) -> None:
    body = {"token": "T", "state": "valid", "accounts": [client.account], "scopes": ["ads_read"]}
    assert client.send("POST", "/__sandbox/tokens", json=body).json() == {"success": True}
    headers = {"Authorization": "Bearer T"}
    response = client.send("GET", "/v26.0/me/adaccounts", headers=headers)
    assert [row["id"] for row in response.json()["data"]] == [client.account]
    for wrong in ({}, {"token": "x", "state": "tired"}, {"token": "x", "colour": 1}, {"token": ""}):
        assert client.send("POST", "/__sandbox/tokens", json=wrong).status_code == 400


def test_many_threads_at_once(client: Client) -> None:
    failures: list[object] = []

    def ask() -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {client.sandbox.token}"
            for _ in range(10):
                response = session.get(
                    f"{client.sandbox.url}/v26.0/{client.account}/insights",
                    params={"level": "ad", "time_increment": "1", "limit": "20"},
                    timeout=30,
                )
                if response.status_code != 200 or len(response.json()["data"]) != 20:
                    failures.append(response.text)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        client.sandbox.requests()
        client.sandbox.counters()
        client.sandbox.add_fault({"match": {"edge": "x"}, "answer": {"kind": "html"}})
    for thread in threads:
        thread.join(60)
    assert not failures
    assert client.sandbox.counters()["requests"] == 80


def test_latency_is_added_to_every_request(start: Start) -> None:
    client = start(latency_ms=60)
    assert client.get("me").elapsed >= timedelta(milliseconds=60)


def test_two_sandboxes_side_by_side(start: Start) -> None:
    one, two = start(seed=1), start(seed=2)
    assert one.sandbox.url != two.sandbox.url
    assert one.account != two.account
    assert two.error(one.account)["error_subcode"] == 33


@pytest.mark.parametrize(
    "wrong", [{"deprecated": "x"}, {"retention": "x"}, {"tier": "x"}, {"colour": 1}], ids=str
)
def test_options_that_do_not_exist(wrong: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Sandbox(ads=1, **wrong)  # type: ignore[arg-type] # that is the test


def test_a_port_that_is_taken_is_an_error(client: Client) -> None:
    port = int(client.sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match=r"in use"):
        Sandbox(ads=1, port=port)


# The command


@pytest.fixture
def serve() -> Iterator[Any]:
    """Start the command; what it started is ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*flags: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        command = [sys.executable, "-m", "meta_sandbox.cli", "serve", "--port", "0", "--ads", "5"]
        process = subprocess.Popen(
            [*command, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )
        started.append(process)
        assert process.stdout is not None
        return process, json.loads(process.stdout.readline())

    yield begin
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def test_the_first_line_says_where(serve: Any, tmp_path: Path) -> None:  # noqa: ANN401 - a fixture
    file = tmp_path / "ready.json"
    process, ready = serve("--accounts", "2", "--ready-file", str(file))
    assert ready == json.loads(file.read_text())
    assert (ready["token"], ready["app_secret"]) == (DEFAULT_TOKEN, DEFAULT_APP_SECRET)
    assert ready["pid"] == process.pid
    headers = {"Authorization": f"Bearer {ready['token']}"}
    body = requests.get(f"{ready['url']}/v26.0/me/adaccounts", headers=headers, timeout=10).json()
    assert [row["account_id"] for row in body["data"]] == ready["accounts"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signals_end_it_cleanly(serve: Any, name: str) -> None:  # noqa: ANN401 - a fixture
    process, ready = serve()
    with requests.Session() as session:
        session.get(f"{ready['url']}/__sandbox/counters", timeout=10)
        process.send_signal(getattr(signal, name))
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_it_ends_with_its_standard_input(serve: Any) -> None:  # noqa: ANN401 - a fixture
    process, _ = serve("--exit-with-stdin")
    process.stdin.close()
    assert process.wait(timeout=10) == 0


def test_flags_reach_the_sandbox(serve: Any, tmp_path: Path) -> None:  # noqa: ANN401 - a fixture
    faults = tmp_path / "faults.json"
    faults.write_text('[{"match": {"edge": "me"}, "answer": {"kind": "html"}}]')
    flags = "--token T --now 2026-11-20T12:00:00Z --limit ads_management=1 --next-without-token"
    _, ready = serve(*flags.split(), "--faults", str(faults))
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer T"
        assert session.get(f"{ready['url']}/me", timeout=10).status_code == 502
        path = f"{ready['url']}/act_{ready['accounts'][0]}"
        page = session.get(f"{path}/ads", params={"limit": 1}, timeout=10).json()
        assert "access_token" not in page["paging"]["next"]
        assert session.get(f"{path}/ads", timeout=10).json()["error"]["code"] == 80004
        now = session.get(f"{ready['url']}/__sandbox/clock", timeout=10).json()["now"]
    at = datetime.fromisoformat(now)
    assert timedelta(0) <= at - datetime(2026, 11, 20, 12, tzinfo=timezone.utc) < timedelta(hours=1)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--accounts 0", "A world needs at least one account"),
        ("--limit x=1", "argument --limit: 'x=1' is no limit such as ads_insights=10"),
        ("--now lunch", "argument --now: 'lunch' is no instant such as 2026-11-20T12:00:00Z"),
        ("--port 99999", "argument --port: '99999' is no port: 0 to 65535"),
        ("--log-size -1", "argument --log-size: '-1' is no whole number of 0 or more"),
        ("--latency nan", "argument --latency: 'nan' is no number of 0 or more"),
        ("--latency soon", "argument --latency: 'soon' is no number of 0 or more"),
        ("--host 192.0.2.1", "Cannot listen on 192.0.2.1 port 0: "),
        ("--ready-file /nowhere/at/all", "/nowhere/at/all.part: No such file or directory."),
        ("--faults /nowhere/at/all.json", "/nowhere/at/all.json: No such file or directory."),
    ],
)
def test_flags_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], flags: str, words: str
) -> None:
    assert words in _refused(capsys, flags.split())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'[{"answer": ]', "is not JSON: Expecting value: line 1 column 13 (char 12)."),
        (b"\xff", "is not a text in UTF-8."),
        (b"5", "Expected 'object', got 'int'."),
        (b'{"answer": {"kind": "reset"}, "tmes": 2}', "unknown field 'tmes'; allowed are answer,"),
        (
            b'[{"answer": {"kind": "reset"}}, {"answer": {"kind": "rest"}}]',
            "Fault 2: In 'answer.kind': invalid enum value 'rest'; allowed are reset, hang,",
        ),
    ],
)
def test_files_of_faults_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "faults.json"
    file.write_bytes(content)
    said = _refused(capsys, ["--faults", str(file)])
    assert said.startswith(f"meta-sandbox: {file}")
    assert words in said
    assert said.count("\n") == 1


def _refused(capsys: pytest.CaptureFixture[str], flags: list[str]) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--port", "0", "--ads", "3", *flags])
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_help_is_told_without_defaults_that_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: meta-sandbox serve [flag ...]\n")
    assert "(default: 8080)" in said
    assert not re.search(r"default: (None|False|\[\])", said)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"meta-sandbox {version('meta-sandbox')}\n"
