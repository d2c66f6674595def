"""No plain identifier of the input is left anywhere: logs, states, ledger, rejects, reports."""

from __future__ import annotations

import base64
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from meta_sandbox import Sandbox
from tests.targets import (
    EVENTS,
    MEMBERS,
    as_bytes,
    config,
    messages,
    record,
    rejects,
    run_target,
    schema,
)
from tests.test_target_events import event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.database import Database

# All made up, and none of them a word that stands in a log line anyway.
PERSON = {
    "email": "Xenia.Quittenbaum@Mail.Example",
    "phone": "+49 170 5550123",
    "first_name": "Xeniandra",
    "last_name": "Quittenbaum",
    "birth_date": "1987-03-21",
    "city": "Oberknatterhausen",
    "state": "Sonnenfeldland",
    "zip": "98761",
    "country": "DE",
    "mobile_advertiser_id": "AEBE52E7-03EE-455A-B3C4-E57283966239",
}
SPELLINGS = (
    *PERSON.values(),
    "xenia.quittenbaum",
    "quittenbaum",
    "Quittenbaum",
    "491705550123",
    "1705550123",
    "19870321",
    "oberknatterhausen",
    "aebe52e7-03ee-455a-b3c4-e57283966239",
    "10.77.66.55",
)
# Two letters stand in many words; a device id goes plain to Meta, and so into the ledger.
LOOKED_FOR = [one for one in SPELLINGS if len(one) > 2]
PLAIN_BY_META = {one for one in LOOKED_FOR if one.lower().startswith("aebe52e7")}

DEBUG = """
version: 1
disable_existing_loggers: false
formatters: {plain: {format: "%(name)s %(levelname)s %(message)s"}}
handlers: {err: {class: logging.StreamHandler, formatter: plain, stream: ext://sys.stderr}}
root: {level: DEBUG, handlers: [err]}
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, accounts=1, ads=2, days=2) as running:
        yield running


def given() -> list[dict[str, Any]]:
    """Good people and events, bad ones of each kind, and keys that are people themselves."""
    member = {"external_id": "7", **PERSON}
    members: list[dict[str, Any]] = [
        {**member, "operation": "add"},
        {**member, "external_id": "8", "operation": "perhaps"},
        {"external_id": None, "operation": "add", "email": PERSON["email"]},
        {"external_id": "", "operation": "add", "email": None, "phone": "12"},
    ]
    bought = {**PERSON, "client_ip_address": "10.77.66.55", "external_id": "7"}
    orders = [
        event(1, **bought),
        event(2, **bought, search_string="refuse 1."),
        event(3, **{**bought, "event_time": 5}),
        event(4, **{**bought, "value": PERSON["email"]}),
    ]
    by_mail = [{"email": PERSON["email"], "phone": PERSON["phone"], "operation": "no"}]
    return [
        *messages(MEMBERS, members, ["external_id"]),
        *messages("by-mail-audience_members", by_mail, ["email", "phone"]),
        *messages(EVENTS, orders, ["event_id"]),
    ]


def left_behind(folder: Path, *texts: str) -> dict[str, list[str]]:
    """Where which spelling was found."""
    files = {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and path.name != "config.json"
    }
    files |= {f"text {number}": text.encode() for number, text in enumerate(texts)}
    found: dict[str, list[str]] = {}
    for name, content in files.items():
        for spelling in LOOKED_FOR:
            if name.startswith("ledger.db") and spelling in PLAIN_BY_META:
                continue
            for encoded in (spelling.encode(), base64.b64encode(spelling.encode()).rstrip(b"=")):
                if encoded in content:
                    found.setdefault(name, []).append(spelling)
    return found


def by_mail_apart(settings: dict[str, Any]) -> None:
    """Give the stream whose key is personal an audience of its own: one takes one stream."""
    block = settings["streams"]["*-audience_members"]
    settings["streams"]["by-mail-audience_members"] = {**block, "audience_name": "By mail"}


@pytest.mark.parametrize("stream_map", [False, True])
def test_nothing_is_left_behind(sandbox: Sandbox, tmp_path: Path, *, stream_map: bool) -> None:
    settings = config(
        sandbox, tmp_path, members={"operation_column": "operation"}, max_reject_ratio=1
    )
    by_mail_apart(settings)
    if stream_map:
        settings["stream_maps"] = {MEMBERS: {"email": "record['email']", "shout": "str(email)"}}
    message = f"(#100) {PERSON['email'].lower()} and 10.77.66.55 are not what Meta expects"
    answer = {"error": {"code": 100, "message": message}}
    match = {"edge": "events", "contains": "refuse 1."}
    sandbox.add_fault({"match": match, "times": None, "answer": answer})
    logging = tmp_path.parent / f"{tmp_path.name}.yml"
    logging.write_text(DEBUG, encoding="utf-8")
    environment = {"SINGER_SDK_LOG_CONFIG": str(logging), "TARGET_META_ADS_LOGLEVEL": "DEBUG"}

    output = run_target(settings, given(), tmp_path, environment=environment)

    assert output.status == 0, output.log
    assert "DEBUG" in output.log
    codes = sorted(one["code"] for one in rejects(tmp_path))
    assert codes == [
        "100",
        "event_too_old",
        "no_identifier",
        "no_key",
        "unknown_operation",
        "unknown_operation",
        "unreadable_value",
    ]
    (by_mail,) = [one for one in rejects(tmp_path) if one["stream"].startswith("by-mail")]
    assert all(str(value).startswith("sha256:") for value in by_mail["key"].values())
    assert left_behind(tmp_path, output.log, json.dumps(output.states)) == {}


BROKEN = {
    "no JSON": b'{"type": "RECORD", "stream": "x", "record": {"email": "xenia.quittenbaum@',
    "no message": b'["Quittenbaum"]',
    "no type": b'{"email": "Xenia.Quittenbaum@Mail.Example"}',
    "another type": b'{"type": "Quittenbaum"}',
    "no stream": b'{"type": "RECORD", "record": {"email": "Xenia.Quittenbaum@Mail.Example"}}',
    "no record": b'{"type": "RECORD", "stream": "activation-audience_members"}',
    "no schema": as_bytes([record("unknown", PERSON)]),
    "no key": as_bytes([record(MEMBERS, PERSON)]),
    "a batch": b'{"type": "BATCH", "stream": "x", "encoding": {}, "manifest": ["Quittenbaum"]}',
    "bytes that are no text": b'{"type": "RECORD", "stream": "\xff\xfe Quittenbaum"}',
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_bad_line_is_not_shown(sandbox: Sandbox, tmp_path: Path, broken: str) -> None:
    member = {"external_id": "7", **PERSON}
    lines = [schema(MEMBERS, member, ["external_id"]), record(MEMBERS, member)]
    output = run_target(
        config(sandbox, tmp_path), as_bytes(lines) + BROKEN[broken] + b"\n", tmp_path
    )
    assert output.status == 1, output.log
    assert "Traceback" not in output.log
    assert "ERROR" in output.last_words
    assert left_behind(tmp_path, output.log, json.dumps(output.states)) == {}


def test_a_crash_shows_nobody(sandbox: Sandbox, tmp_path: Path) -> None:
    # The ledger is broken under its feet: whatever is said then, it is not said with the record.
    member = {"external_id": "7", **PERSON}
    settings = config(sandbox, tmp_path)
    assert run_target(settings, messages(MEMBERS, [member], ["external_id"]), tmp_path).status == 0
    with sqlite3.connect(tmp_path / "ledger.db") as ledger:
        ledger.execute("drop table target_meta_ads_members")
    ledger.close()
    changed = [{**member, "email": "other@mail.example"}]
    output = run_target(settings, messages(MEMBERS, changed, ["external_id"]), tmp_path)
    assert output.status != 0
    assert output.states == []
    assert left_behind(tmp_path, output.log) == {}


def test_a_ledger_in_postgres_has_no_plain_value(
    sandbox: Sandbox, tmp_path: Path, database: Database
) -> None:
    settings = config(
        sandbox,
        tmp_path,
        ledger_url=database.url(),
        members={"operation_column": "operation"},
        max_reject_ratio=1,
    )
    by_mail_apart(settings)
    output = run_target(settings, given(), tmp_path)
    assert output.status == 0, output.log
    with psycopg.connect(database.url()) as connection:
        names = connection.execute(
            "select tablename from pg_tables where tablename like 'target_meta_ads_%'"
        ).fetchall()
        kept = "".join(
            repr(
                connection.execute(
                    sql.SQL("select * from {}").format(sql.Identifier(name))
                ).fetchall()
            )
            for (name,) in names
        )
    assert "Customers" in kept
    for spelling in LOOKED_FOR:
        if spelling not in PLAIN_BY_META:
            assert spelling not in kept
