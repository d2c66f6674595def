"""Wrong settings and inputs, as a user meets them: one sentence, and nothing has reached Meta."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox import Sandbox
from tests.targets import EVENTS, MEMBERS, config, messages, run_target
from tests.test_target_audiences import person
from tests.test_target_events import event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, accounts=1, ads=1, days=1) as running:
        yield running


def members(settings: dict[str, Any]) -> dict[str, Any]:
    block: dict[str, Any] = settings["streams"]["*-audience_members"]
    return block


def orders(settings: dict[str, Any]) -> dict[str, Any]:
    block: dict[str, Any] = settings["streams"]["*-conversion_events"]
    return block


WRONG: dict[str, tuple[Change, str]] = {
    "a setting that does not exist": (lambda c: c.update(acess_token="x"), "`access_token`"),
    "no token": (lambda c: c.pop("access_token"), "access_token"),
    "a token with white space": (lambda c: c.update(access_token="a b"), "access_token"),
    "clear text over the net": (lambda c: c.update(api_url="http://meta.example"), "api_url"),
    "no version": (lambda c: c.update(api_version="26"), "api_version"),
    "no account for a name": (lambda c: c.pop("ad_account_id"), "ad_account_id"),
    "an account that is none": (lambda c: c.update(ad_account_id="act_x"), "ad_account_id"),
    "a country that is none": (lambda c: c.update(default_country="Germany"), "default_country"),
    "a ratio above one": (lambda c: c.update(max_reject_ratio=5), "max_reject_ratio"),
    "no concurrency": (lambda c: c.update(max_concurrency=0), "max_concurrency"),
    "no database": (lambda c: c.update(ledger_url="ledger.db"), "ledger_url"),
    "no streams": (lambda c: c.update(streams={}), "streams"),
    "an unknown choice": (lambda c: c.update(on_unmapped_stream="skip"), "on_unmapped_stream"),
    "two names of one audience": (lambda c: members(c).update(audience_id="1"), "audience_name"),
    "no name of an audience": (lambda c: members(c).pop("audience_name"), "audience_id"),
    "a mode that is none": (lambda c: members(c).update(sync_mode="sync"), "sync_mode"),
    "a key of a block": (lambda c: members(c).update(sync="mirror"), "`sync`"),
    "no destination": (lambda c: members(c).pop("destination"), "destination"),
    "a pixel that is none": (lambda c: orders(c).update(pixel_id="main"), "pixel_id"),
    "pixel and routes": (lambda c: orders(c).update(event_routes={"Lead": "1"}), "event_routes"),
    "a default that is none": (
        lambda c: orders(c).update(defaults={"action_source": "shop"}),
        "action_source",
    ),
    "a column that the stream lacks": (
        lambda c: members(c).update(fields={"email": "mail_address"}),
        "mail_address",
    ),
    "an operation column that it lacks": (
        lambda c: members(c).update(operation_column="what"),
        "what",
    ),
    "a stream that nothing maps": (
        lambda c: c["streams"].pop("*-audience_members"),
        MEMBERS,
    ),
    "a stream that two fit": (
        lambda c: c["streams"].update(
            {"activation-*": members(c), "*-audience_membe??": members(c)}
        ),
        "activation-audience_members",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_setting(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    change, word = WRONG[kind]
    settings = config(sandbox, tmp_path)
    change(settings)
    sandbox.clear_requests()
    lines = [
        *messages(MEMBERS, [person(1)], ["external_id"]),
        *messages(EVENTS, [event(1)], ["event_id"]),
    ]
    output = run_target(settings, lines, tmp_path)
    assert output.status == 1, output.log
    errors = [line for line in output.log.splitlines() if "| ERROR" in line]
    assert any(word in line for line in errors), output.log
    assert len(output.log.splitlines()) <= 12
    assert "Traceback" not in output.log
    assert output.states == []
    assert [one for one in sandbox.requests() if one["method"] != "GET"] == []
    assert sandbox.token not in output.log


def test_streams_from_the_environment(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = config(sandbox, tmp_path)
    streams = settings.pop("streams")
    lines = messages(MEMBERS, [person(1)], ["external_id"])
    for value, status in ((json.dumps(streams), 0), ("{not JSON", 1)):
        variables = {f"TARGET_META_ADS_{name.upper()}": str(one) for name, one in settings.items()}
        variables["TARGET_META_ADS_STREAMS"] = value
        output = run_target({}, lines, tmp_path, environment=variables, flags=["--config=ENV"])
        assert output.status == status, output.log
        assert "Traceback" not in output.log
    assert "TARGET_META_ADS_STREAMS" in output.last_words


def test_a_dry_run_sends_nothing_and_shows_everything(sandbox: Sandbox, tmp_path: Path) -> None:
    would_send = f"{tmp_path}/would.jsonl"
    named = {"audience_name": "Dry"}
    settings = config(sandbox, tmp_path, dry_run=True, dry_run_path=would_send, members=named)
    sandbox.clear_requests()
    lines = [
        *messages(MEMBERS, [person(number) for number in range(25)], ["external_id"]),
        *messages(EVENTS, [event(number) for number in range(1_500)], ["event_id"]),
    ]
    output = run_target(settings, lines, tmp_path)
    assert output.status == 0, output.log
    assert output.states == []
    assert "What would be done:" in output.log
    assert [one for one in sandbox.requests() if one["method"] != "GET"] == []
    assert not (tmp_path / "ledger.db").exists()
    would = [json.loads(line) for line in (tmp_path / "would.jsonl").read_text().splitlines()]
    paths = [one["path"] for one in would]
    account = settings["ad_account_id"]
    pixel_id = settings["streams"]["*-conversion_events"]["pixel_id"]
    users = ["new:Dry/users", f"act_{account}/customaudiences"]
    assert sorted(paths) == sorted([*users, *[f"{pixel_id}/events"] * 2])
    # And then it is sent just so.
    run_target({**settings, "dry_run": False}, lines, tmp_path)
    sent = sandbox.events(view="raw")
    dry = [
        one for call in would if call["path"].endswith("/events") for one in call["body"]["data"]
    ]
    assert sent == dry


def test_too_many_rejects_fail_the_run_and_hold_the_state(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = [person(number) for number in range(8)]
    rows += [{"external_id": "", "member": str(number)} for number in range(2)]
    lines = messages(MEMBERS, [{"member": str(n), **row} for n, row in enumerate(rows)], ["member"])
    output = run_target(config(sandbox, tmp_path), lines, tmp_path)
    assert output.status == 1
    assert "2 of 10 records were rejected" in output.last_words
    assert output.states == []
    settings = config(sandbox, tmp_path, max_reject_ratio=0.2)
    assert run_target(settings, lines, tmp_path).status == 0
