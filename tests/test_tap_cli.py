"""The tap's command line, as a user calls it, and what it says at the end of a run."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox import Sandbox
from tests.singer import TAP, Output, catalog, run_tap
from tests.worlds import NOW, WINDOWS, asked, differences, keyed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

START = str((NOW - timedelta(days=9)).date())
REPORT = {"name": "daily", "fields": ["spend", "impressions", "actions"]}
KEYS = ("account_id", "ad_id", "date_start")
HOURS = "hourly_stats_aggregated_by_advertiser_time_zone"
STREAMS = (
    *("ad_accounts", "campaigns", "ad_sets", "ads", "ad_creatives", "custom_audiences"),
    *("custom_conversions", "ad_images", "ad_videos", "ad_labels", "ad_pixels", "activities"),
    *("leads", "ads_insights", "ads_insights_age_and_gender", "ads_insights_country"),
    *("ads_insights_region", "ads_insights_placement", "ads_insights_device"),
    *("ads_insights_hourly", "campaigns_insights_weekly", "campaigns_insights_monthly"),
    "accounts_insights_monthly",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=31, accounts=2, ads=5, days=10, now=NOW) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(sandbox: Sandbox) -> None:
    sandbox.clear_faults()
    sandbox.clear_requests()


def config(sandbox: Sandbox, **more: object) -> dict[str, Any]:
    return {
        "access_token": sandbox.token,
        "api_url": sandbox.url,
        "start_date": START,
        "insights_reports": [REPORT],
        **more,
    }


def command(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Call the installed command."""
    return subprocess.run(
        [str(TAP), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "ignore", **(environment or {})},
        timeout=60,
    )


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip().splitlines()[-1]


# ---------------------------------------------------------------- without a run


def test_about_tells_settings_and_streams_as_json(tmp_path: Path) -> None:
    done = command("--about", "--format=json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    about = json.loads(done.stdout)
    assert about["name"] == "tap-meta-ads"
    properties = about["settings"]["properties"]
    assert {"access_token", "account_ids", "insights_reports", "max_concurrency"} <= {*properties}
    assert properties["access_token"]["secret"] is True
    assert {"catalog", "discover", "state", "about", "stream-maps"} <= {*about["capabilities"]}
    assert "batch" not in about["capabilities"]


@pytest.mark.parametrize("flags", [(), ("--format=markdown",)])
def test_about_is_also_for_people(tmp_path: Path, flags: tuple[str, ...]) -> None:
    done = command("--about", *flags, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    for setting in ("access_token", "insights_lookback_days", "max_retry_seconds"):
        assert setting in done.stdout


def test_discover_needs_no_token_and_names_all_streams(tmp_path: Path) -> None:
    done = command("--discover", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    streams = {stream["tap_stream_id"]: stream for stream in json.loads(done.stdout)["streams"]}
    assert set(streams) == set(STREAMS)
    for name, stream in streams.items():
        properties = stream["schema"]["properties"]
        assert stream["key_properties"], name
        assert set(stream["key_properties"]) <= set(properties), name
        selected = {
            tuple(entry["breadcrumb"]): entry["metadata"]["inclusion"]
            for entry in stream["metadata"]
        }
        assert {selected["properties", key] for key in stream["key_properties"]} == {"automatic"}


def test_discover_shows_the_reports_of_the_settings(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config(sandbox)))
    done = command("--discover", "--config=config.json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    names = {stream["tap_stream_id"] for stream in json.loads(done.stdout)["streams"]}
    assert "daily" in names
    assert "ads_insights" not in names
    # Nobody need be asked for it.
    assert sandbox.requests() == []


def test_test_reads_a_row_or_so_of_each_stream(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config(sandbox)))
    done = command("--config=config.json", "--test", folder=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    assert " ERROR " not in done.stderr
    messages = map(json.loads, done.stdout.splitlines())
    rows = Counter(message["stream"] for message in messages if message["type"] == "RECORD")
    accounts = len(sandbox.world.accounts)
    assert {"ad_accounts", "ads", "daily"} <= rows.keys()
    assert max(rows.values()) <= accounts
    assert sandbox.token not in done.stdout + done.stderr


def test_test_fails_with_one_sentence(sandbox: Sandbox, tmp_path: Path) -> None:
    wrong = config(sandbox, access_token="EAAwrong0123456789abcdefghijk")
    (tmp_path / "config.json").write_text(json.dumps(wrong))
    done = command("--config=config.json", "--test", folder=tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "access_token" in last_words(done)
    assert wrong["access_token"] not in done.stderr


def test_settings_come_from_the_environment(sandbox: Sandbox, tmp_path: Path) -> None:
    variables = {
        "TAP_META_ADS_ACCESS_TOKEN": sandbox.token,
        "TAP_META_ADS_API_URL": sandbox.url,
        "TAP_META_ADS_START_DATE": START,
        "TAP_META_ADS_INSIGHTS_REPORTS": json.dumps([REPORT]),
        "TAP_META_ADS_ACCOUNT_IDS": json.dumps([sandbox.world.accounts[1].account_id]),
        "TAP_META_ADS_MAX_CONCURRENCY": "2",
    }
    done = command("--config=ENV", folder=tmp_path, environment=variables)
    assert done.returncode == 0, done.stderr[-3000:]
    output = Output(done.returncode, done.stderr, done.stdout.splitlines())
    only = sandbox.world.accounts[1].account_id
    truth = sandbox.truth_insights(since=START, account_id=only)
    assert len(output.rows("daily")) == len(truth)


@pytest.mark.parametrize("number", [0.5, 1.5, 20.0])
def test_settings_may_be_no_whole_numbers(sandbox: Sandbox, number: float) -> None:
    settings = config(sandbox, request_timeout=number, max_retry_seconds=number)
    # Also where there is something to wait for.
    sandbox.add_fault({"match": {"edge": "insights"}, "answer": {"kind": "html"}})
    output = run_tap(settings, streams=("daily",))
    assert "Traceback" not in output.log
    assert output.status == 0 or "max_retry_seconds" in output.last_words


def test_a_filter_may_hold_no_whole_number(sandbox: Sandbox) -> None:
    seen = {"field": "impressions", "operator": "GREATER_THAN", "value": 500.5}
    output = run_tap(
        config(sandbox, insights_reports=[{**REPORT, "filtering": [seen]}]), streams=("daily",)
    )
    assert output.status == 0, output.last_words
    true = [
        row
        for row in sandbox.truth_insights(since=START, windows=WINDOWS)
        if Decimal(str(row["impressions"])) > Decimal("500.5")
    ]
    assert true
    assert differences(keyed(output.rows("daily"), KEYS), keyed(true, KEYS)) == []


WRONG: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a name that does not exist": ({"acces_token": "x"}, ("acces_token",)),
    "a start in the future": ({"start_date": "2999-01-01"}, ("start_date", "2999-01-01")),
    "a mode that does not exist": ({"insights_mode": "fast"}, ("insights_mode", "fast")),
    "a token with white space": ({"access_token": "EAA bc"}, ("access_token",)),
    "a number that is none": ({"max_concurrency": "many"}, ("max_concurrency",)),
    "an unknown field": (
        {"insights_reports": [{"name": "mine", "fields": ["spendings"]}]},
        ("mine", "spendings"),
    ),
    "a figure that there is not by the hour": (
        {"insights_reports": [{"name": "mine", "fields": ["reach"], "breakdowns": [HOURS]}]},
        ("mine", "reach"),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_named_before_anything_is_asked(sandbox: Sandbox, case: str) -> None:
    change, words = WRONG[case]
    output = run_tap(config(sandbox, **change))
    assert output.status != 0
    assert "Traceback" not in output.log
    ending = "\n".join(output.log.strip().splitlines()[-3:])
    assert [word for word in words if word not in ending] == []
    assert sandbox.requests() == []


# ---------------------------------------------------------------- what the SDK offers


def test_stream_maps_rename_drop_and_filter(sandbox: Sandbox) -> None:
    maps = {
        "ads": {
            "__alias__": "our_ads",
            "label": "name",
            "name": None,
            "__filter__": "effective_status != 'ARCHIVED'",
        },
        "campaigns": None,
        "daily": {"cents": "float(spend) * 100", "actions": None},
    }
    output = run_tap(config(sandbox, stream_maps=maps), streams=("ads", "campaigns", "daily"))
    assert output.status == 0, output.log[-3000:]
    assert {m["stream"] for m in output.messages if m["type"] != "STATE"} == {"our_ads", "daily"}
    true = {row["id"]: row for row in sandbox.truth("ads")}
    kept = {key: row for key, row in true.items() if row["effective_status"] != "ARCHIVED"}
    assert 0 < len(kept) <= len(true)
    rows = keyed(output.rows("our_ads"), ("id",))
    assert {key[0]: row["label"] for key, row in rows.items()} == {
        key: row["name"] for key, row in kept.items()
    }
    assert all("name" not in row for row in rows.values())
    daily = keyed(output.rows("daily"), KEYS)
    expected = keyed(sandbox.truth_insights(since=START), KEYS)
    assert daily.keys() == expected.keys()
    for key, row in daily.items():
        assert "actions" not in row
        assert round(row["cents"]) == Decimal(str(expected[key]["spend"])) * 100
        assert row["spend"] == Decimal(str(expected[key]["spend"]))


def test_stream_maps_leave_the_state_alone(sandbox: Sandbox) -> None:
    maps = {"daily": {"__filter__": "int(impressions) > 10**9"}}
    mapped = run_tap(config(sandbox, stream_maps=maps), streams=("daily",))
    plain = run_tap(config(sandbox), streams=("daily",))
    assert (mapped.status, plain.status) == (0, 0)
    assert mapped.rows("daily") == []
    assert mapped.state == plain.state


def test_flattening_makes_columns_of_objects(sandbox: Sandbox) -> None:
    flat = run_tap(
        config(sandbox, flattening_enabled=True, flattening_max_depth=2),
        streams=("daily", "ad_creatives", "ads"),
    )
    nested = run_tap(config(sandbox), streams=("daily", "ad_creatives", "ads"))
    assert (flat.status, nested.status) == (0, 0), flat.log[-3000:]
    for stream in ("daily", "ad_creatives", "ads"):
        assert len(flat.rows(stream)) == len(nested.rows(stream)) > 0
        for message in flat.messages:
            if message["type"] == "RECORD":
                assert not any(
                    isinstance(value, dict | list) for value in message["record"].values()
                )
    for row, other in zip(
        sorted(flat.rows("daily"), key=lambda row: [row[key] for key in KEYS]),
        sorted(nested.rows("daily"), key=lambda row: [row[key] for key in KEYS]),
        strict=True,
    ):
        assert row["spend"] == other["spend"]
        actions = json.loads(row["actions"], parse_float=Decimal) if row["actions"] else None
        assert actions == other["actions"]


def test_a_deselected_column_is_not_asked_and_not_written(sandbox: Sandbox) -> None:
    chosen = catalog(("daily", "ads"), [REPORT])
    for stream in chosen["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] in (["properties", "actions"], ["properties", "tracking_specs"]):
                entry["metadata"]["selected"] = False
    output = run_tap(config(sandbox), chosen=chosen)
    assert output.status == 0, output.log[-3000:]
    rows = keyed(output.rows("daily"), KEYS)
    assert all("actions" not in row for row in rows.values())
    assert all("tracking_specs" not in row for row in output.rows("ads"))
    assert differences(rows, keyed(sandbox.truth_insights(since=START), KEYS)) == []
    texts = [json.dumps([e["query"], e["body"]]) for e in sandbox.requests()]
    assert [text for text in texts if "actions" in text and "action_" not in text] == []
    assert [text for text in texts if "tracking_specs" in text] == []


def test_a_key_cannot_be_deselected(sandbox: Sandbox) -> None:
    chosen = catalog(("daily",), [REPORT])
    for stream in chosen["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "ad_id"]:
                entry["metadata"]["selected"] = False
    output = run_tap(config(sandbox), chosen=chosen)
    assert output.status == 0, output.log[-3000:]
    assert (
        differences(
            keyed(output.rows("daily"), KEYS),
            keyed(sandbox.truth_insights(since=START, windows=WINDOWS), KEYS),
        )
        == []
    )


# ---------------------------------------------------------------- what a run says at its end


def recap(output: Output) -> dict[str, Any]:
    """The run's summary for machines: the one JSON line."""
    found = [line[line.index("{") :] for line in output.log.splitlines() if '"totals"' in line]
    assert len(found) == 1
    made: dict[str, Any] = json.loads(found[0])
    return made


def metrics(output: Output, name: str) -> dict[tuple[str, str], float]:
    """Account and stream -> the value of a metric."""
    lines = [line.partition("METRIC: ")[2] for line in output.log.splitlines()]
    points = [json.loads(line) for line in lines if line]
    found: dict[tuple[str, str], float] = {}
    for point in points:
        if point["metric"] == name:
            account = (point["tags"].get("context") or {}).get("account_id", "")
            key = (account, point["tags"].get("stream", ""))
            found[key] = found.get(key, 0) + point["value"]
    return found


@pytest.mark.parametrize("mode", ["auto", "async", "sync"])
def test_the_summary_counts_what_was_done(sandbox: Sandbox, mode: str) -> None:
    fault = {"match": {"edge": "insights"}, "skip": 1, "answer": {"error": {"code": 2}}}
    sandbox.add_fault(fault)
    settings = config(sandbox, insights_mode=mode, insights_window_days=3)
    output = run_tap(settings, streams=("ads", "daily"))
    assert output.status == 0, output.log[-3000:]
    told = recap(output)
    by_owner = {(one["account_id"], one["stream"]): one for one in told["streams"]}
    written = Counter(
        (m["record"]["account_id"], m["stream"]) for m in output.messages if m["type"] == "RECORD"
    )
    assert {owner: one["rows"] for owner, one in by_owner.items() if one["rows"]} == written
    assert told["totals"]["rows"] == written.total()
    for account in sandbox.truth("accounts"):
        number = str(account["account_id"])
        true = sandbox.truth_insights(since=START, account_id=number, fields="spend")
        one = by_owner[number, "daily"]
        assert Decimal(one["spend"]) == sum(Decimal(str(row["spend"])) for row in true)
        assert one["currency"] == account["currency"]
        assert by_owner[number, "ads"]["spend"] is None
    received = sandbox.counters()
    assert told["totals"]["requests"] == received["calls"]
    jobs = sum(
        entry["stage"] == "submit" and entry["status"] == 200 for entry in sandbox.requests()
    )
    assert told["totals"]["jobs"] in {jobs, jobs + 1}  # one that failed may count or not
    assert told["totals"]["retries"] == 1
    assert told["totals"]["windows"] == len(
        {(account, days) for account, days, _ in asked(sandbox)}
    )


def test_the_summary_is_told_three_times_over(sandbox: Sandbox) -> None:
    output = run_tap(config(sandbox), streams=("ads", "daily"))
    told = recap(output)
    # For people.
    line = next(line for line in output.log.splitlines() if f"Run {told['run_id'][:8]}" in line)
    assert f"{told['totals']['rows']} rows" in line
    for one in told["streams"]:
        if one["spend"]:
            assert one["currency"] in line
    # For machines that read the SDK's metrics.
    counted = metrics(output, "record_count")
    for one in told["streams"]:
        if one["stream"]:
            assert counted[one["account_id"], one["stream"]] == one["rows"]
    requests = metrics(output, "meta_requests")
    assert sum(requests.values()) == told["totals"]["requests"] == sandbox.counters()["calls"]


def test_the_summary_names_what_was_left_out_and_why(sandbox: Sandbox) -> None:
    lost = sandbox.world.accounts[1].account_id
    for rule in (
        {"match": {"edge": "insights", "account_id": lost}, "answer": {"permission": True}},
        {"match": {"edge": "insights"}, "answer": {"remove_field": "actions"}},
        {"match": {"edge": "ads"}, "answer": {"add_field": {"name": "gold", "value": "1"}}},
    ):
        sandbox.add_fault({**rule, "times": None})
    output = run_tap(config(sandbox), streams=("ads", "daily"))
    assert output.status == 0, output.log[-3000:]
    by_owner = {(one["account_id"], one["stream"]): one for one in recap(output)["streams"]}
    kept = sandbox.world.accounts[0].account_id
    assert "ads_read" in by_owner[lost, "daily"]["skipped"]
    assert by_owner[kept, "daily"]["skipped"] is None
    assert by_owner[lost, "ads"]["skipped"] is None
    assert list(by_owner[kept, "daily"]["fields_left_out"]) == ["actions"]
    assert by_owner[kept, "ads"]["new_fields"] == {"gold": by_owner[kept, "ads"]["rows"]}
    line = next(line for line in output.log.splitlines() if "| Run " in line)
    for words in (lost, "daily.actions", "ads.gold"):
        assert words in line


def test_a_run_that_fails_says_so_last_and_still_tells_what_it_did(sandbox: Sandbox) -> None:
    fault = {"match": {"edge": "insights"}, "skip": 2, "times": None}
    sandbox.add_fault({**fault, "answer": {"error": {"code": 190, "subcode": 463}}})
    settings = config(sandbox, insights_window_days=2, insights_mode="sync")
    output = run_tap(settings, streams=("ads", "daily"))
    assert output.status != 0
    assert "access_token" in output.last_words
    told = recap(output)
    assert told["totals"]["rows"] == sum(m["type"] == "RECORD" for m in output.messages)


def test_each_line_of_a_report_says_which_run_account_and_query(sandbox: Sandbox) -> None:
    sandbox.add_fault({"match": {"edge": "insights"}, "answer": {"error": {"code": 2}}})
    output = run_tap(config(sandbox), streams=("daily",))
    run_id = recap(output)["run_id"]
    again = next(line for line in output.log.splitlines() if "Trying again" in line)
    reading = [line for line in output.log.splitlines() if "daily: reading" in line]
    assert len(reading) == 2
    fingerprints = {p["report"][:8] for p in output.state["bookmarks"]["daily"]["partitions"]}
    for line in (again, *reading):
        assert run_id[:8] in line
        assert any(account.account_id in line for account in sandbox.world.accounts)
        assert any(fingerprint in line for fingerprint in fingerprints)
