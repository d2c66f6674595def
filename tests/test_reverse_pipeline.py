"""The way back: Meltano runs tap-postgres and the target, from PostgreSQL into the sandbox."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest
import yaml
from psycopg import sql

from demo.meltano import MeltanoError, clean
from meta_sandbox import Sandbox
from target_meta_ads.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import LiteralString

    from demo.database import Database
    from demo.meltano import Meltano

BLOCKS = ("tap-postgres", "target-meta-ads")
NOW = datetime.now(timezone.utc)
# Names that a person typed: blanks, capitals, accents, another script.
NAMES = [(" Ada ", "Lovelace"), ("José", "Ñuñez-O'Neil"), ("Владимир", "Иванов"), ("愛", "山田")]
PEOPLE = [
    {
        "audience_name": audience,
        "external_id": f"{audience}-{number}",
        "operation": "add",
        "email": f" Person{number}@Example.COM ",
        "phone": f"+1 (415) 555-01{number:02d}",
        "first_name": NAMES[number % 4][0],
        "last_name": NAMES[number % 4][1],
        "gender": "Female" if number % 2 else None,
        "birth_date": date(1980, 2, 1 + number % 28),
        "city": "San Francisco",
        "state": "California",
        "zip": "94110",
        "country": "US",
        "value": number * 10 if audience == "high_value" else None,
        "member_since": NOW.date(),
    }
    for audience, count in (("high_value", 25), ("lapsed", 12))
    for number in range(count)
]
EVENTS = [
    {
        "event_id": f"purchase-{number}",
        "event_name": "Purchase",
        "event_time": NOW - timedelta(hours=number),
        "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks",
        "external_id": f"high_value-{number}",
        "email": f"person{number}@example.com",
        "client_ip_address": "192.0.2.1",
        "client_user_agent": "Mozilla/5.0",
        "value": 12.5 + number,
        "currency": "EUR",
        "order_id": str(number),
        "content_ids": '["SKU-1", "SKU-2"]',
        "num_items": 2,
    }
    for number in range(30)
] + [
    {
        "event_id": f"lead-{number}",
        "event_name": "Lead",
        "event_time": NOW - timedelta(days=number),
        "action_source": "system_generated",
        "phone": f"(415) 555-01{number:02d}",
        "country": "US",
        "lead_id": f"5254594878346{number:02d}",
    }
    for number in range(6)
]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(accounts=1, ads=2, days=2) as running:
        yield running


@pytest.fixture
def meltano(
    project: Callable[..., Meltano], tmp_path: Path, sandbox: Sandbox
) -> Callable[..., Meltano]:
    account = sandbox.world.accounts[0]

    def make(environment: str = "demo", **settings: str) -> Meltano:
        given = {
            "TARGET_META_ADS_API_URL": sandbox.url,
            "TARGET_META_ADS_ACCESS_TOKEN": sandbox.token,
            "TARGET_META_ADS_APP_SECRET": sandbox.app_secret,
            "TARGET_META_ADS_AD_ACCOUNT_ID": account.id,
            "TARGET_META_ADS_LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.db'}",
            "TARGET_META_ADS_REJECTS_PATH": str(tmp_path / "rejects.jsonl"),
            "TARGET_META_ADS_MAX_RETRY_SECONDS": "10",
            "META_ADS_PIXEL_ID": account.pixel_id,
            **settings,
        }
        return project(given, environment)

    return make


@pytest.fixture
def activation(repository: Path, database: Database) -> Database:
    """Make the activation tables as the dbt project declares them, and fill them."""
    path = repository / "transform/models/marts/activation/_activation__models.yml"
    models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    keys = {"audience_members": "audience_name, external_id", "conversion_events": "event_id"}
    with psycopg.connect(database.url()) as connection:
        connection.execute("create schema activation")
        # Neither this table nor another schema is anybody's business at Meta.
        connection.execute("create table activation.private_notes (email text)")
        connection.execute("create table public.conversion_events (email text)")
        for model in models:
            columns = ", ".join(
                f'"{column["name"]}" {column["data_type"]}' for column in model["columns"]
            )
            name = model["name"]
            connection.execute(
                f"create table activation.{name} ({columns}, primary key ({keys[name]}))"
            )
    insert(database, "audience_members", PEOPLE)
    insert(database, "conversion_events", EVENTS)
    return database


def insert(database: Database, table: str, rows: list[dict[str, Any]]) -> None:
    with psycopg.connect(database.url()) as connection:
        for row in rows:
            query = sql.SQL("insert into activation.{} ({}) values ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join(sql.Placeholder() * len(row)),
            )
            connection.execute(query, list(row.values()))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def run(meltano: Meltano) -> dict[str, int]:
    """Run the line, and return what the target counts, over both streams."""
    counts: Counter[str] = Counter()

    def read(line: str) -> None:
        if found := re.search(
            r"target-meta-ads METRIC .*metric_name=(\w+) metric_value=(\d+)", line
        ):
            counts[found[1]] += int(found[2])

    meltano.run(BLOCKS, read)
    return dict(counts)


def members(sandbox: Sandbox) -> dict[str, dict[str, dict[str, object]]]:
    """Return who is in the audiences, by name and `external_id`; nobody may be there twice."""
    found = {}
    for audience in sandbox.audiences():
        people = sandbox.members(str(audience["id"]))
        by_id = {str(person["EXTERN_ID"]): person for person in people}
        assert len(by_id) == len(people)
        if people:
            found[str(audience["name"])] = by_id
    return found


def writes(sandbox: Sandbox) -> list[str]:
    return [str(request["path"]) for request in sandbox.requests() if request["method"] != "GET"]


def execute(database: Database, *statements: LiteralString) -> None:
    with psycopg.connect(database.url()) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.long
def test_everybody_and_every_event_arrive_once(
    repository: Path,
    tmp_path: Path,
    hub: tuple[str, list[str]],
    activation: Database,
    sandbox: Sandbox,
    meltano: Callable[..., Meltano],
) -> None:
    definition = (repository / "meltano.yml").read_bytes()
    pixel = sandbox.world.accounts[0].pixel_id
    counts = run(meltano())
    assert counts["records_delivered"] == len(PEOPLE) + len(EVENTS)
    assert counts["records_rejected"] == 0
    there = members(sandbox)
    assert {name: set(people) for name, people in there.items()} == {
        name: {str(one["external_id"]) for one in PEOPLE if one["audience_name"] == name}
        for name in ("high_value", "lapsed")
    }
    # By hand, by Meta's rules: a trimmed, lower-case address, digits alone, no accents left out.
    jose = there["lapsed"]["lapsed-1"]
    assert jose["EMAIL"] == digest("person1@example.com")
    assert jose["PHONE"] == digest("14155550101")
    assert jose["FN"] == digest("josé")
    assert jose["GEN"] == digest("f")
    assert [jose[key] for key in ("DOBY", "DOBM", "DOBD")] == list(
        map(digest, ("1980", "02", "02"))
    )
    events = {str(event["event_id"]): event for event in sandbox.events(pixel, view="raw")}
    assert len(sandbox.events(pixel, view="raw")) == len(EVENTS)
    assert set(events) == {event["event_id"] for event in EVENTS}
    second = cast("dict[str, Any]", events["purchase-2"])
    assert second["event_time"] == int((NOW - timedelta(hours=2)).timestamp())
    assert second["custom_data"]["value"] == 14.5
    assert second["custom_data"]["content_ids"] == ["SKU-1", "SKU-2"]
    third = cast("dict[str, Any]", events["lead-3"])
    assert str(third["user_data"]["lead_id"]) == EVENTS[33]["lead_id"]
    assert third["user_data"]["ph"] == [digest("14155550103")]

    # The same once more: Meta has it all.
    sandbox.clear_requests()
    counts = run(meltano())
    assert counts["records_unchanged"] == len(PEOPLE) + len(EVENTS)
    assert counts["records_delivered"] == 0
    assert writes(sandbox) == []

    # One leaves, one has another address, one buys: these and nobody else.
    execute(
        activation,
        "update activation.audience_members set operation = 'remove', left_at = now()"
        " where external_id = 'lapsed-3'",
        "update activation.audience_members set email = 'new@example.com'"
        " where external_id = 'high_value-4'",
    )
    insert(activation, "conversion_events", [{**EVENTS[0], "event_id": "purchase-new"}])
    counts = run(meltano())
    assert counts["records_delivered"] == 3
    changed = members(sandbox)
    assert set(there["lapsed"]) - set(changed["lapsed"]) == {"lapsed-3"}
    assert changed["high_value"].pop("high_value-4")["EMAIL"] == digest("new@example.com")
    there["high_value"].pop("high_value-4")
    assert changed["high_value"] == there["high_value"]
    ids = [str(event["event_id"]) for event in sandbox.events(pixel, view="raw")]
    assert ids == [*events, "purchase-new"]

    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", dry_run=True) as ledger:
        remembered = Counter[str]()
        for figure in ledger.history.read():
            remembered[figure.name] += figure.value
    assert remembered["records_delivered"] == len(PEOPLE) + len(EVENTS) + 3
    assert remembered["match_key_filled"] > 0

    assert not (tmp_path / "rejects.jsonl").exists()
    assert hub[1] == []
    assert (repository / "meltano.yml").read_bytes() == definition
    logged = (tmp_path / "logs/run.log").read_text(encoding="utf-8").lower()
    assert "example.com" not in logged
    assert sandbox.token.lower() not in logged


@pytest.mark.parametrize("environment", ["demo", "prod"])
@pytest.mark.usefixtures("activation")
def test_a_dry_run_sends_nothing(
    tmp_path: Path, sandbox: Sandbox, meltano: Callable[..., Meltano], environment: str
) -> None:
    path = tmp_path / "dry.jsonl"
    settings = {
        "TARGET_META_ADS_DRY_RUN": "true",
        "TARGET_META_ADS_DRY_RUN_PATH": str(path),
    }
    run(meltano(environment, **settings))
    assert writes(sandbox) == []
    assert not (tmp_path / "ledger.db").exists()
    text = path.read_text(encoding="utf-8")
    assert digest("person1@example.com") in text
    assert "example.com" not in text.replace("shop.example.com", "")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"TARGET_META_ADS_MAX_REMOVAL_RATIO": "2"}, "`max_removal_ratio` is 2"),
        ({"META_ADS_PIXEL_ID": ""}, "`pixel_id` is "),
    ],
)
@pytest.mark.usefixtures("activation")
def test_a_wrong_setting_is_told_before_anything_is_sent(
    sandbox: Sandbox,
    meltano: Callable[..., Meltano],
    settings: dict[str, str],
    sentence: str,
) -> None:
    with pytest.raises(MeltanoError) as failure:
        run(meltano(**settings))
    assert sentence in str(failure.value)
    assert len(str(failure.value).splitlines()) < 20
    assert sandbox.requests() == []


@pytest.mark.parametrize(("environment", "folder"), [("prod", ""), ("demo", ".demo/")])
def test_each_environment_remembers_by_itself(
    repository: Path, tmp_path: Path, environment: str, folder: str
) -> None:
    (tmp_path / "env").touch()
    meltano = [sys.executable, str(Path(sys.executable).with_name("meltano"))]
    said = subprocess.run(
        [
            *(*meltano, f"--environment={environment}", f"--env-file={tmp_path / 'env'}"),
            *("invoke", "--dump=config", "target-meta-ads"),
        ],
        cwd=repository,
        env={
            **clean(os.environ),
            "MELTANO_DATABASE_URI": f"sqlite:///{tmp_path / 'meltano.db'}",
            "META_ADS_PIXEL_ID": "2345678901",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    config = json.loads(said.stdout)
    place = f"{repository}/{folder}"
    assert config["ledger_url"] == f"sqlite:///{place}target_meta_ads.db"
    assert config["rejects_path"] == f"{place}rejects.jsonl"
    assert config["dry_run_path"] == f"{place}dry_run.jsonl"
    assert config["streams"]["activation-conversion_events"]["pixel_id"] == "2345678901"
