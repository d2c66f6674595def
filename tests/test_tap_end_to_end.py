"""The tap against the sandbox, each in a process or thread of its own, over HTTP."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import requests

from meta_sandbox import Sandbox
from tests.singer import Output, run_tap
from tests.worlds import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = str((NOW - timedelta(days=59)).date())


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=7, accounts=3, ads=12, days=60, now=NOW) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(sandbox: Sandbox) -> Iterator[None]:
    sandbox.clear_faults()
    sandbox.clear_requests()
    yield
    sandbox.clear_faults()


def config(sandbox: Sandbox, **more: object) -> dict[str, Any]:
    return {
        "access_token": sandbox.token,
        "api_url": sandbox.url,
        "start_date": START,
        "max_retry_seconds": 5,
        **more,
    }


def truth(sandbox: Sandbox, what: str, **query: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{sandbox.url}/__sandbox/truth/{what}", params=query, timeout=60)
    answer.raise_for_status()
    return [json.loads(line, parse_float=Decimal) for line in answer.text.splitlines()]


def insights_truth(sandbox: Sandbox) -> dict[tuple[str, str, str], dict[str, Any]]:
    until = str((NOW + timedelta(days=1)).date())
    rows = truth(sandbox, "insights", level="ad", since=START, until=until)
    return {(row["account_id"], row["ad_id"], row["date_start"]): row for row in rows}


def test_insights_equal_the_truth_exactly_once(sandbox: Sandbox) -> None:
    output = run_tap(config(sandbox), streams=("ads_insights",))
    assert output.status == 0, output.log
    rows = output.rows("ads_insights")
    keys = Counter((row["account_id"], row["ad_id"], row["date_start"]) for row in rows)
    expected = insights_truth(sandbox)
    assert set(keys.values()) == {1}
    assert keys.keys() == expected.keys()
    for row in rows:
        true = expected[row["account_id"], row["ad_id"], row["date_start"]]
        # Digit by digit: 5.10 is not 5.1.
        assert str(row["spend"]) == true["spend"]
        assert row["impressions"] == int(true["impressions"])
        assert row["campaign_id"] == true["campaign_id"]


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_modes_give_the_same_rows(sandbox: Sandbox, mode: str) -> None:
    auto = run_tap(config(sandbox), streams=("ads_insights",)).rows("ads_insights")
    other = run_tap(config(sandbox, insights_mode=mode), streams=("ads_insights",))
    assert other.status == 0, other.log
    by_key = {(row["account_id"], row["ad_id"], row["date_start"]): row for row in auto}
    assert {
        (row["account_id"], row["ad_id"], row["date_start"]): row
        for row in other.rows("ads_insights")
    } == by_key


def test_entities_are_all_there_with_their_whole_ids(sandbox: Sandbox) -> None:
    output = run_tap(
        config(sandbox),
        streams=("ad_accounts", "campaigns", "ad_sets", "ads", "ad_creatives"),
    )
    assert output.status == 0, output.log
    for stream, what in {
        "campaigns": "campaigns",
        "ad_sets": "adsets",
        "ads": "ads",
        "ad_creatives": "creatives",
    }.items():
        rows = output.rows(stream)
        listed = {row["id"] for row in truth(sandbox, what)}
        assert Counter(row["id"] for row in rows) == Counter(listed), stream
        assert all(row["name"] for row in rows), stream
        assert min(len(identity) for identity in listed) >= 18
    accounts = {row["account_id"] for row in output.rows("ad_accounts")}
    assert accounts == {row["account_id"] for row in truth(sandbox, "accounts")}


def test_state_names_closed_ranges_up_to_yesterday(sandbox: Sandbox) -> None:
    output = run_tap(config(sandbox), streams=("ads_insights",))
    zones = {row["account_id"]: row["timezone_name"] for row in truth(sandbox, "accounts")}
    partitions = output.state["bookmarks"]["ads_insights"]["partitions"]
    assert {partition["context"]["account_id"] for partition in partitions} == set(zones)
    for partition in partitions:
        today = NOW.astimezone(ZoneInfo(zones[partition["context"]["account_id"]])).date()
        yesterday = str(today - timedelta(days=1))
        assert partition["synced"] == [[START, yesterday]]
        assert partition["replication_key"] == "date_start"
        assert partition["replication_key_value"] == yesterday
        assert set(partition["context"]) == {"account_id"}


def test_a_second_run_reads_the_lookback_only(sandbox: Sandbox) -> None:
    first = run_tap(config(sandbox), streams=("ads_insights",))
    second = run_tap(config(sandbox), streams=("ads_insights",), state=first.state)
    oldest = min(row["date_start"] for row in second.rows("ads_insights"))
    assert date.fromisoformat(oldest) >= NOW.date() - timedelta(days=29)
    assert "the lookback window" in second.log


def test_an_earlier_start_fetches_the_earlier_days_and_the_lookback(sandbox: Sandbox) -> None:
    later = str((NOW - timedelta(days=45)).date())
    first = run_tap(config(sandbox, start_date=later), streams=("ads_insights",))
    second = run_tap(
        config(sandbox, insights_lookback_days=2), streams=("ads_insights",), state=first.state
    )
    days = {row["date_start"] for row in second.rows("ads_insights")}
    middle = [day for day in days if later <= day < str((NOW - timedelta(days=5)).date())]
    assert min(days) < later
    assert middle == []
    merged = second.state["bookmarks"]["ads_insights"]["partitions"]
    assert all(len(partition["synced"]) == 1 for partition in merged)


def test_a_changed_report_is_fetched_anew_and_says_so(sandbox: Sandbox) -> None:
    report = {"name": "daily", "fields": ["spend"]}
    first = run_tap(config(sandbox, insights_reports=[report]))
    report = {"name": "daily", "fields": ["spend", "clicks"]}
    second = run_tap(config(sandbox, insights_reports=[report]), state=first.state)
    assert "has changed" in second.log
    assert len(second.rows("daily")) == len(first.rows("daily"))


def test_entities_are_read_again_only_when_changed(sandbox: Sandbox) -> None:
    streams = ("campaigns", "ad_sets", "ads")
    first = run_tap(config(sandbox), streams=streams)
    second = run_tap(config(sandbox), streams=streams, state=first.state)
    assert second.status == 0
    for stream in streams:
        assert len(second.rows(stream)) < len(first.rows(stream)), stream


def token_left_out_of(output: Output, *secrets: str) -> bool:
    everything = output.log + "\n".join(output.lines)
    return not any(secret in everything for secret in secrets)


@pytest.mark.parametrize(
    ("state", "words"), [("expired", "expired"), ("invalid", "Make a new access token")]
)
def test_a_bad_token_says_what_to_do(sandbox: Sandbox, state: str, words: str) -> None:
    token = f"EAAbad{state}0123456789abcdefghij"
    sandbox.add_token(token, state=state)
    output = run_tap(
        config(sandbox, access_token=token), environment={"TAP_META_ADS_LOGLEVEL": "DEBUG"}
    )
    last = output.log.strip().splitlines()[-1]
    assert output.status != 0
    assert words in last
    assert "Traceback" not in output.log
    assert token_left_out_of(output, token)


def test_an_account_without_permission_costs_the_others_nothing(sandbox: Sandbox) -> None:
    ids = [row["account_id"] for row in truth(sandbox, "accounts")]
    token = "EAAsome0123456789abcdefghijklmnop"
    sandbox.add_token(token, accounts=ids[:2])
    output = run_tap(
        config(sandbox, access_token=token, account_ids=ids), streams=("ads_insights", "campaigns")
    )
    assert output.status == 0, output.log
    assert f"Account {ids[2]} is left out" in output.log.strip().splitlines()[-1]
    assert "access" in output.log.strip().splitlines()[-1]
    assert re.search(rf" \[run [0-9a-f]{{8}}, account {ids[2]}\]$", output.log.strip())
    expected = {key for key in insights_truth(sandbox) if key[0] != ids[2]}
    rows = output.rows("ads_insights")
    assert {(row["account_id"], row["ad_id"], row["date_start"]) for row in rows} == expected
    partitions = output.state["bookmarks"]["ads_insights"]["partitions"]
    assert ids[2] not in {partition["context"]["account_id"] for partition in partitions}


def test_an_account_that_does_not_exist_is_named(sandbox: Sandbox) -> None:
    real = truth(sandbox, "accounts")[0]["account_id"]
    output = run_tap(
        config(sandbox, account_ids=[f"act_{real}", "999000999000999"]), streams=("campaigns",)
    )
    assert output.status == 0, output.log
    assert "Account 999000999000999 is left out" in output.log
    assert output.rows("campaigns")


def test_with_fail_one_bad_account_fails_the_run(sandbox: Sandbox) -> None:
    output = run_tap(
        config(sandbox, account_ids=["999000999000999"], on_account_error="fail"),
        streams=("campaigns",),
    )
    assert output.status != 0
    assert "999000999000999" in output.log.strip().splitlines()[-1]


def test_no_account_left_is_an_error(sandbox: Sandbox) -> None:
    output = run_tap(config(sandbox, account_ids=["999000999000999"]), streams=("campaigns",))
    assert output.status != 0
    assert "No ad account is left" in output.log.strip().splitlines()[-1]
    assert "Traceback" not in output.log


def test_secrets_are_in_no_log_line_at_debug_level(sandbox: Sandbox) -> None:
    output = run_tap(
        config(sandbox, app_secret=sandbox.app_secret),
        environment={"TAP_META_ADS_LOGLEVEL": "DEBUG", "LOGLEVEL": "DEBUG"},
    )
    assert output.status == 0, output.log[-2000:]
    assert "DEBUG" in output.log
    assert token_left_out_of(output, sandbox.token, sandbox.app_secret)


DEBUG = """
version: 1
disable_existing_loggers: false
formatters: {plain: {format: "%(name)s %(levelname)s %(message)s"}}
handlers: {err: {class: logging.StreamHandler, formatter: plain, stream: ext://sys.stderr}}
root: {level: DEBUG, handlers: [err]}
"""


def test_no_value_of_a_stream_map_is_in_a_log_line_at_debug_level(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    logging = tmp_path / "logging.yml"
    logging.write_text(DEBUG, encoding="utf-8")
    told = {"__filter__": "'MADE UP OF ' + id"}  # a truth that is a value
    output = run_tap(
        config(sandbox, stream_maps={"campaigns": told}),
        streams=("campaigns",),
        environment={"SINGER_SDK_LOG_CONFIG": str(logging)},
    )
    assert output.rows("campaigns")
    assert "DEBUG" in output.log
    assert "MADE UP OF 1" not in output.log


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "reset"},
        {"kind": "truncate"},
        {"kind": "html"},
        {"kind": "empty"},
        {"error": {"http": 500, "code": 1, "message": "An unknown error occurred"}},
        {"error": {"http": 503, "code": 2}},
        {"error": {"http": 400, "code": 17, "subcode": 2446079}},
    ],
    ids=lambda answer: str(answer.get("kind") or answer["error"]["code"]),
)
def test_passing_faults_cost_no_row(sandbox: Sandbox, answer: dict[str, Any]) -> None:
    sandbox.add_fault({"match": {"edge": "insights"}, "skip": 1, "times": 1, "answer": answer})
    output = run_tap(config(sandbox, max_retry_seconds=60), streams=("ads_insights",))
    assert output.status == 0, output.log
    assert "Trying again" in output.log
    assert len(output.rows("ads_insights")) == len(insights_truth(sandbox))


def test_a_field_that_meta_refuses_is_left_out_and_named(sandbox: Sandbox) -> None:
    sandbox.add_fault(
        {"match": {"edge": "insights"}, "times": None, "answer": {"remove_field": "social_spend"}}
    )
    output = run_tap(config(sandbox), streams=("ads_insights",))
    assert output.status == 0, output.log
    assert "Meta refuses social_spend" in output.log
    rows = output.rows("ads_insights")
    assert len(rows) == len(insights_truth(sandbox))
    assert {row["social_spend"] for row in rows} == {None}
