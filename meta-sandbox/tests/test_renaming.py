"""A client renames campaigns, ad sets and ads."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from meta_sandbox import Sandbox
from tests.asking import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


@pytest.fixture
def client() -> Iterator[Client]:
    with Sandbox(accounts=1, ads=12, days=20, now=NOW) as sandbox:
        yield Client(sandbox)


@pytest.mark.parametrize("kind", ["campaigns", "adsets", "ads"])
def test_a_new_name_holds_from_now_on(client: Client, kind: str) -> None:
    listed = client.rows(f"{client.account}/{kind}", fields="name,updated_time", limit=5)
    first, other = listed[:2]
    client.sandbox.set_now(NOW.replace(hour=13))
    answer = client.post(first["id"], name="Spring — neu 🌷")
    assert answer.json() == {"success": True}

    shown = client.get(first["id"], fields="name,updated_time").json()
    assert shown["name"] == "Spring — neu 🌷"
    at = datetime.strptime(shown["updated_time"], "%Y-%m-%dT%H:%M:%S%z")
    assert at == NOW.replace(hour=13)
    assert client.get(other["id"], fields="name,updated_time").json() == other
    changed = [one["name"] for one in client.sandbox.truth(kind) if one["id"] == first["id"]]
    assert changed == ["Spring — neu 🌷"]
    client.sandbox.set_now(NOW)
    assert client.get(first["id"], fields="name").json()["name"] == first["name"]


def test_insights_and_activities_tell_the_new_name(client: Client) -> None:
    rows = client.sandbox.truth_insights(level="campaign", since="2026-11-15", until="2026-11-19")
    campaign = str(rows[0]["campaign_id"])
    client.post(campaign, name="Another")
    shown = client.rows(
        f"{client.account}/insights",
        level="campaign",
        fields="campaign_id,campaign_name",
        date_preset="last_14d",
    )
    assert {row["campaign_name"] for row in shown if row["campaign_id"] == campaign} == {"Another"}
    done = client.rows(f"{client.account}/activities", fields="event_type,object_id,object_name")
    assert {
        "event_type": "update_campaign_name",
        "object_id": campaign,
        "object_name": "Another",
    } in done


def test_the_same_name_changes_nothing(client: Client) -> None:
    first = client.rows(f"{client.account}/campaigns", fields="name,updated_time")[0]
    client.post(first["id"], name=first["name"])
    assert client.get(first["id"], fields="name,updated_time").json() == first


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "name is required"),
        ({"name": " "}, "name is required"),
        ({"name": "x" * 401}, "at most 400"),
        ({"name": "x", "status": "PAUSED"}, "not status"),
    ],
)
def test_what_is_refused(client: Client, given: dict[str, str], said: str) -> None:
    campaign = client.rows(f"{client.account}/campaigns", fields="name")[0]
    answer = client.post(campaign["id"], **given)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 100
    assert said in answer.json()["error"]["message"]
    assert client.get(campaign["id"], fields="name").json() == campaign


def test_a_token_that_only_reads_may_not(client: Client) -> None:
    client.sandbox.add_token("EAAreader", scopes=["ads_read"])
    campaign = client.rows(f"{client.account}/campaigns", fields="name")[0]
    client.session.headers["Authorization"] = "Bearer EAAreader"
    answer = client.post(campaign["id"], name="Other")
    assert answer.json()["error"]["code"] == 200
