"""Programs of others work with the sandbox as they do with Meta: none of them knows that it is one.

Each is installed from the package index into an environment of its own, the one that the
benchmarks use too, and runs as a process. What it has read is compared with the sandbox's truth,
and what the sandbox has received with what it was given to send.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from datetime import date, datetime, timezone
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.delivery import peer
from benchmarks.delivery.records import EVENTS, PEOPLE
from benchmarks.extraction.checks import check, truth
from benchmarks.extraction.peers import TAP_FACEBOOK
from benchmarks.extraction.server import serve
from benchmarks.extraction.tools import TapFacebook, Work
from benchmarks.peers import NoPythonError, Peer, ensure
from meta_sandbox import Sandbox
from tests.strangers import ADDRESS, SDK, keep_from_meta, program, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.delivery.records import Kind

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=timezone.utc)
_SCENES = Path(__file__).parent / "elsewhere" / "sdk.py"


def installed(stranger: Peer) -> Path:
    """The Python of a stranger's environment."""
    try:
        return ensure(stranger)
    except NoPythonError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def sdk_python() -> Path:
    return installed(SDK)


@pytest.fixture(scope="module")
def tap_python() -> Path:
    return installed(TAP_FACEBOOK)


@pytest.fixture(scope="module")
def condor_python() -> Path:
    return installed(peer.CONDOR)


@pytest.fixture(autouse=True)
def _nobody_reaches_meta(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_from_meta(monkeypatch)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=1, accounts=3, ads=30, days=20, now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def play(sdk_python: Path, sandbox: Sandbox) -> Callable[..., Any]:
    """Play a scene of `elsewhere/sdk.py`, and return what the SDK has returned."""

    def scene(name: str, /, token: str | None = None, **arguments: object) -> Any:  # noqa: ANN401 - JSON of any shape
        command = [str(sdk_python), str(_SCENES), sandbox.url, token or sandbox.token, name]
        return json.loads(run([*command, json.dumps(arguments)]))

    return scene


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_curl_asks_as_the_readme_says(
    repository: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (repository / "meta-sandbox" / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^(curl .*)$", readme, re.MULTILINE)
    monkeypatch.setenv("TOKEN", sandbox.token)
    said = json.loads(run(["sh", "-c", command.replace(ADDRESS, sandbox.url)]))
    true = sandbox.truth("accounts")
    assert said["data"] == [{"name": one["name"], "id": one["id"]} for one in true]


# facebook-business


def test_the_sdk_is_pointed_at_it_as_the_readme_says(
    repository: Path, sdk_python: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", sandbox.token)
    said = run([str(sdk_python), "-c", program(repository, "os.environ", sandbox.url)])
    true = sandbox.truth("accounts")
    assert said.splitlines() == [f"{one['id']} {one['name']} {one['currency']}" for one in true]


def test_the_sdk_reads_accounts(play: Callable[..., Any], sandbox: Sandbox) -> None:
    fields = ["id", "account_id", "name", "currency", "timezone_name"]
    true = sandbox.truth("accounts")
    assert len(true) == 3
    assert play("accounts", fields=fields) == [{f: row[f] for f in fields} for row in true]


@pytest.mark.parametrize(
    ("edge", "kind"), [("campaigns", "campaigns"), ("ad_sets", "adsets"), ("ads", "ads")]
)
def test_the_sdk_reads_objects_page_by_page(
    play: Callable[..., Any], sandbox: Sandbox, edge: str, kind: str
) -> None:
    account = sandbox.world.accounts[0].id
    fields = ["id", "name", "effective_status", "updated_time"]
    true = [
        {name: row[name] for name in fields}
        for row in sandbox.truth(kind, account)
        if row["effective_status"] not in {"ARCHIVED", "DELETED"}
    ]
    assert len(true) >= 3
    found = play("listing", account=account, edge=edge, fields=fields, limit=2)
    assert sorted(found["rows"], key=itemgetter("id")) == sorted(true, key=itemgetter("id"))
    assert found["total"] == len(true)
    assert found["calls"] == -(-len(true) // 2)


PARAMS = {
    "level": "ad",
    "time_increment": 1,
    "time_range": {"since": "2026-11-10", "until": "2026-11-19"},
    "breakdowns": ["publisher_platform"],
    "limit": 100,
}
FIGURES = ["account_id", "ad_id", "ad_name", "impressions", "spend", "actions", "purchase_roas"]


def true_figures(sandbox: Sandbox, account: str) -> list[dict[str, object]]:
    rows = sandbox.truth_insights(
        account_id=account,
        since="2026-11-10",
        until="2026-11-19",
        breakdowns="publisher_platform",
        fields=FIGURES,
    )
    assert len(rows) > 200
    return rows


def test_the_sdk_reads_insights_at_once(play: Callable[..., Any], sandbox: Sandbox) -> None:
    account = sandbox.world.accounts[0].id
    rows = play("insights", account=account, fields=FIGURES, params=PARAMS)
    assert rows == true_figures(sandbox, account)


def test_the_sdk_sees_a_report_job_through(play: Callable[..., Any], sandbox: Sandbox) -> None:
    account = sandbox.world.accounts[1].id
    job = {"outcome": "running_100", "polls": 2}
    sandbox.add_fault({"match": {"stage": "submit"}, "answer": {"job": job}})
    done = play("report", account=account, fields=FIGURES, params=PARAMS)
    assert done["polls"] == [["Job Running", 100], ["Job Running", 100], ["Job Completed", 100]]
    assert done["rows"] == true_figures(sandbox, account)


def test_the_sdk_asks_for_many_objects_in_one_batch(
    play: Callable[..., Any], sandbox: Sandbox
) -> None:
    true = sandbox.truth("ads", sandbox.world.accounts[0].id)[:5]
    ids = [str(row["id"]) for row in true]
    done = play("batch", ads=[*ids, "1"], fields=["id", "name"])
    assert done["found"] == [{"id": row["id"], "name": row["name"]} for row in true]
    assert done["failed"] == [100]
    assert done["rounds"] == sandbox.counters()["requests"] == 1


def test_the_sdk_asks_again_for_what_a_batch_left_out(
    play: Callable[..., Any], sandbox: Sandbox
) -> None:
    ids = [str(row["id"]) for row in sandbox.truth("ads", sandbox.world.accounts[0].id)[:3]]
    sandbox.add_fault({"match": {"path": ids[1]}, "answer": {"kind": "timed_out"}})
    done = play("batch", ads=ids, fields=["id"])
    assert [row["id"] for row in done["found"]] == [ids[0], ids[2], ids[1]]
    assert done["rounds"] == sandbox.counters()["requests"] == 2


def test_the_sdk_fills_an_audience(play: Callable[..., Any], sandbox: Sandbox) -> None:
    done = play("audience", account=sandbox.world.accounts[0].id, name="Buyers")
    added, removed, with_keys, of_app = done["answers"]
    assert (added["num_received"], added["num_invalid_entries"]) == (3, 0)
    assert (removed["num_received"], removed["num_invalid_entries"]) == (1, 0)
    assert with_keys["session_id"] == "4711"
    assert list(with_keys["invalid_entry_samples"].values()) == ["empty external ID"]
    assert of_app["num_received"] == 1
    assert sandbox.members(done["id"]) == [
        {"EMAIL": sha("ann@example.com")},
        {"EMAIL": sha("cy@example.com")},
        {"EXTERN_ID": "c-4", "EMAIL": sha("dee@example.com"), "COUNTRY": sha("de")},
        {"UID": "10012345"},
    ]
    assert done["read"]["name"] == "Buyers"
    assert done["read"]["operation_status"]["code"] == 200
    assert {"session_id": "4711", "num_received": "2"} in done["sessions"]


@pytest.mark.parametrize(
    ("count", "method", "status", "left"),
    [(250, "DELETE", 200, 0), (300, "DELETE", 414, 300), (300, "POST", 200, 0)],
)
def test_the_sdk_takes_a_removal_too_long_for_a_url_for_done(
    play: Callable[..., Any], sandbox: Sandbox, count: int, method: str, status: int, left: int
) -> None:
    people = [f"person{number}@example.com" for number in range(count)]
    members = [{"EMAIL": sha(person)} for person in people]
    audience = sandbox.add_audience("Many", members=members)
    assert play("removal", audience_id=audience, people=people, method=method) == status
    assert len(sandbox.members(audience)) == left


def test_the_sdk_sends_events(play: Callable[..., Any], sandbox: Sandbox) -> None:
    pixel = sandbox.world.accounts[0].pixel_id
    at = int(NOW.timestamp()) - 3600
    assert play("events", pixel=pixel, at=at) == {"received": 3, "messages": []}
    purchase, lead = sandbox.events(pixel)
    assert purchase == {
        "event_name": "Purchase",
        "event_time": at,
        "event_id": "order-1",
        "event_source_url": "https://shop.example.com/thanks",
        "action_source": "website",
        "user_data": {
            "em": [sha("ann@example.com")],
            "ph": [sha("4915100000000")],
            "external_id": ["c-1"],
        },
        "custom_data": {"value": 12.5, "currency": "eur", "order_id": "1"},
        "test_event_code": "TEST1",
    }
    assert lead["user_data"] == {"em": [sha("bob@example.com")]}
    assert sandbox.event_counts()[pixel]["raw"] == {"Purchase": 2, "Lead": 1}


def test_the_sdk_raises_what_meta_refuses(play: Callable[..., Any], sandbox: Sandbox) -> None:
    account = sandbox.world.accounts[0].id
    error = play("failure", account=account, fields=["colour"])
    assert (error["http"], error["code"], error["type"]) == (400, 100, "OAuthException")
    assert "nonexisting field (colour)" in error["message"]

    error = play("failure", account=account, fields=["id"], token="EAAwrong")
    assert (error["http"], error["code"]) == (401, 190)

    sandbox.add_fault({"answer": {"throttle": {"code": 80004, "minutes": 7}}})
    error = play("failure", account=account, fields=["id"])
    assert (error["http"], error["code"], error["subcode"]) == (400, 80004, 2446079)
    (usage,) = json.loads(error["headers"]["x-business-use-case-usage"])[account[4:]]
    assert usage["estimated_time_to_regain_access"] == 7


# tap-facebook


def test_tap_facebook_reads_the_truth(tap_python: Path, tmp_path: Path) -> None:
    since, until = date(2026, 11, 17), date(2026, 11, 19)
    streams = ("insights", "campaigns", "ad_sets", "ads", "ad_creatives")
    tap = TapFacebook(tap_python)
    with serve(accounts=2, ads=12, days=10, latency_ms=0, job_seconds=0) as server:
        work = Work(server.url, server.token, server.accounts, since, until, streams)
        lines = "".join(map(run, tap.commands(work, tmp_path))).encode().splitlines()
        true = truth(server, streams, since, until)
        calls = server.counters()["by_edge"]
    checked = check(tap.rows(iter(lines)), true)
    assert checked.is_right, checked.words
    assert all(true.values())
    assert checked.spend > 0
    # A job a day, of each of two accounts; creatives by batches.
    assert calls["poll"] >= 6
    assert calls["batch"] >= 2


def test_tap_facebook_is_pointed_at_it_as_the_readme_says(
    repository: Path, tap_python: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    config = {
        "access_token": sandbox.token,
        "account_id": sandbox.world.accounts[0].account_id,
        "start_date": "2026-11-17T00:00:00Z",
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    command = [str(tap_python), "-c", program(repository, "tap_facebook", sandbox.url)]
    said = run([*command, "--config", str(path), "--discover"])
    assert "ads_insights" in {stream["stream"] for stream in json.loads(said)["streams"]}
    assert sandbox.counters()["by_edge"] == {"adaccounts": 1}


# condor-retl-meta


def delivered(python: Path, kind: Kind, url: str, to: str, folder: Path) -> list[dict[str, Any]]:
    """Let condor-retl-meta deliver sixty records; return the records."""
    records, database = folder / "records.jsonl", folder / "records.duckdb"
    kind.write(records, 60, NOW)
    run(peer.load_command(python, kind.name, database, records))
    said = run(peer.run_command(python, kind.name, database, url, to))
    assert json.loads(said) == {"status": "succeeded", "confirmed": 60}
    messages = map(json.loads, records.read_text(encoding="utf-8").splitlines())
    return [message["record"] for message in messages if message["type"] == "RECORD"]


def condor_sandbox() -> Sandbox:
    # The token is the one that stands in the benchmark's script.
    return Sandbox(accounts=1, ads=3, days=5, now=NOW, token="benchmark")


def test_condor_delivers_people(condor_python: Path, tmp_path: Path) -> None:
    with condor_sandbox() as sandbox:
        audience = sandbox.add_audience("Buyers")
        people = delivered(condor_python, PEOPLE, sandbox.url, audience, tmp_path)
        members = sandbox.members(audience)
    assert members == [
        {"EMAIL": sha(one["email"].strip().lower()), "PHONE": sha(one["phone"].strip().lower())}
        for one in people
    ]


def test_condor_delivers_events(condor_python: Path, tmp_path: Path) -> None:
    with condor_sandbox() as sandbox:
        pixel = sandbox.world.accounts[0].pixel_id
        sent = delivered(condor_python, EVENTS, sandbox.url, pixel, tmp_path)
        events: list[Any] = sandbox.events(pixel)
    figures = [(e["custom_data"]["order_id"], e["custom_data"]["value"]) for e in events]
    assert Counter(figures) == Counter((one["order_id"], one["value"]) for one in sent)
    emails = Counter(value for event in events for value in event["user_data"]["em"])
    assert emails == Counter(sha(one["email"].strip().lower()) for one in sent)
