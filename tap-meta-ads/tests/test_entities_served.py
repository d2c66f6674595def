"""Every entity stream against the sandbox, over HTTP: all that is there, and nothing refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from meta_graph import Call, GraphClient, GraphError, PermissionDeniedError
from meta_sandbox import Sandbox
from tap_meta_ads.accounts import Account
from tap_meta_ads.engine.tasks import decode_page
from tap_meta_ads.entities.definitions import ENTITIES, Entity
from tap_meta_ads.entities.listing import instant
from tests.track_driver import BY_NAME, Reading, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=timezone.utc)
TRUTH = {
    "ad_accounts": "accounts",
    "campaigns": "campaigns",
    "ad_sets": "adsets",
    "ads": "ads",
    "ad_creatives": "creatives",
    "custom_audiences": "customaudiences",
    "custom_conversions": "customconversions",
    "ad_images": "adimages",
    "ad_videos": "advideos",
    "ad_labels": "adlabels",
    "ad_pixels": "adspixels",
    "activities": "activities",
    "leads": "leads",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(accounts=2, ads=40, days=60, now=NOW) as running:
        yield running


def ask(sandbox: Sandbox, stream: str, token: str = "", **more: Any) -> Reading:  # noqa: ANN401 - fields of a track
    """Read a stream of the sandbox's first account, call by call."""
    account = Account(sandbox.world.accounts[0].account_id)
    with GraphClient(token or sandbox.token, api_url=sandbox.url) as client:

        def answer(call: Call) -> Any:  # noqa: ANN401 - JSON
            is_page = bool(call.edge)
            try:
                return client.send(replace(call, decode=decode_page) if is_page else call)
            except GraphError as error:
                return error

        def batch(calls: Sequence[Call]) -> list[Any]:
            return client.batch([replace(call, decode=decode_page) for call in calls], again=False)

        return read(stream, answer, batch=batch, **{"account": account, "started": NOW, **more})


def wanted(entity: Entity, sandbox: Sandbox, version: str = "v26.0") -> list[dict[str, Any]]:
    """What is there of an entity, without what is no column."""
    account = sandbox.world.accounts[0].account_id
    kinds = entity.kinds(version)
    rows = sandbox.truth(TRUTH[entity.name], account)
    return [{name: value for name, value in row.items() if name in kinds} for row in rows]


def by_all(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_all_that_is_there_is_read_once_with_all_columns(sandbox: Sandbox, entity: Entity) -> None:
    # The clock runs on, by which an account grows older; nothing else is made meanwhile.
    made = ask(sandbox, entity.name, start=NOW - timedelta(days=1000))
    assert made.left_out == {}
    keys = [row[entity.key] for row in made.rows]
    assert len(set(keys)) == len(keys) > 0
    assert all(isinstance(key, str) and key for key in keys)
    # What grows by the second, and the key that is made here.
    moving = {"ad_accounts": {"age"}, "activities": {"id"}}.get(entity.name, set())
    rows = [{n: v for n, v in row.items() if n not in moving} for row in made.rows]
    there = [{n: v for n, v in row.items() if n not in moving} for row in wanted(entity, sandbox)]
    assert by_all(rows) == by_all(there)
    assert all(row.keys() <= entity.kinds("v26.0").keys() for row in made.rows)


@pytest.mark.parametrize("version", ["v25.0", "v26.0"])
@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_columns_are_metas_with_the_account_and_the_key(entity: Entity, version: str) -> None:
    kinds = entity.kinds(version)
    assert kinds["account_id"] == kinds[entity.key] == "string"
    assert not entity.left_out & kinds.keys()
    assert entity.unselected <= BY_NAME[entity.name].kinds("v26.0").keys()
    assert {entity.key, entity.replication_key} & entity.unselected == set()
    asked = set(entity.asked(kinds, version))
    made_here = kinds.keys() - asked
    assert made_here <= {"account_id", "id"}
    assert ("id" in made_here) is (entity.name == "activities")
    assert entity.replication_key in {"", *asked}


@pytest.mark.parametrize("stream", ["campaigns", "ad_sets", "ads", "activities", "leads"])
def test_the_next_run_reads_what_came_since(sandbox: Sandbox, stream: str) -> None:
    key = BY_NAME[stream].replication_key
    everything = ask(sandbox, stream).rows
    since = sorted(filter(None, (instant(row[key]) for row in everything)))[len(everything) // 2]
    made = ask(sandbox, stream, since=since)
    newer = [row for row in everything if (time := instant(row[key])) and time >= since]
    assert 0 < len(newer) < len(everything)
    assert by_all(made.rows) == by_all(newer)
    assert made.read_to is not None
    assert since <= made.read_to < NOW
    # The second of the bookmark itself is read again, since more may have come in it.
    again = ask(sandbox, stream, since=made.read_to)
    left = [row for row in newer if (time := instant(row[key])) and time >= made.read_to]
    assert by_all(again.rows) == by_all(left)


@pytest.mark.parametrize("stream", ["ads", "activities", "leads", "ad_images"])
def test_small_pages_bring_the_same(sandbox: Sandbox, stream: str) -> None:
    whole, paged = (ask(sandbox, stream, page=size) for size in (500, 7))
    assert by_all(whole.rows) == by_all(paged.rows)
    assert len(paged.calls) > len(whole.calls)


def test_a_token_without_the_business_still_reads_its_account(sandbox: Sandbox) -> None:
    sandbox.add_token("reads-only", scopes=["ads_read"])
    made = ask(sandbox, "ad_accounts", token="reads-only")
    assert len(made.rows) == 1
    assert "owner" in made.left_out


def test_a_token_without_leads_is_denied_by_two_calls(sandbox: Sandbox) -> None:
    sandbox.add_token("no-leads", scopes=["ads_read"])
    made = Reading()
    account = Account(sandbox.world.accounts[0].account_id)
    with pytest.raises(PermissionDeniedError, match="leads_retrieval"):
        ask(sandbox, "leads", token="no-leads", account=account, reading=made)
    assert [call.edge for call in made.calls] == ["ads", "leads", "permissions"]


def test_ads_of_a_page_that_is_not_ours_are_left_out_of_leads(sandbox: Sandbox) -> None:
    whole = ask(sandbox, "leads").rows
    ours = whole[-1]["ad_id"]
    others = {"edge": "leads", "path": f"(?<!{ours})/leads$"}
    foreign = {"code": 200, "message": "(#200) No leads access to this page"}
    sandbox.add_fault({"match": others, "times": None, "answer": {"error": foreign}})
    try:
        made = ask(sandbox, "leads")
    finally:
        sandbox.clear_faults()
    assert by_all(made.rows) == by_all([row for row in whole if row["ad_id"] == ours])
    assert {row["ad_id"] for row in whole} - {ours} <= {*made.results[-1].left_out}
    # Once the page is granted, all of them come.
    again = ask(sandbox, "leads", since=NOW, behind=frozenset(made.results[-1].left_out))
    assert by_all(again.rows) == by_all([row for row in whole if row["ad_id"] != ours])


def test_leads_come_in_batches(sandbox: Sandbox) -> None:
    sandbox.clear_requests()
    made = ask(sandbox, "leads", since=NOW - timedelta(days=3))
    assert made.rows
    ads = {call.path for call in made.calls if call.edge == "leads"}
    assert len(ads) > 2
    # The ads, the first ad, and all others at once.
    assert len(made.asked) == 3
    exchanges = [entry["edge"] for entry in sandbox.requests() if not entry["in_batch"]]
    assert exchanges == ["ads", "leads", "batch"]


def test_calls_of_a_whole_account(sandbox: Sandbox) -> None:
    """As many as there are full pages, and not one more."""
    streams = ("campaigns", "ad_sets", "ads", "ad_creatives")
    calls = {name: len(ask(sandbox, name).calls) for name in streams}
    assert calls == dict.fromkeys(streams, 1)
