from __future__ import annotations

import base64
import itertools
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from tests.asking import Client
    from tests.conftest import Start

_EDGES = (
    "campaigns adsets ads adcreatives customaudiences customconversions adimages advideos adlabels "
    "adspixels activities"
).split()
_HIDDEN = ["archived", "deleted"]
_ALL_DELIVERY = "active archived completed deleted inactive rejected pending_review".split()


def _filter(field: str, operator: str, value: object) -> str:
    return json.dumps([{"field": field, "operator": operator, "value": value}])


def test_accounts_are_found_by_the_token(shared: Client) -> None:
    rows = shared.rows("me/adaccounts", fields="id,account_id,name,currency,timezone_name")
    assert [row["account_id"] for row in rows] == [
        account.account_id for account in shared.sandbox.world.accounts
    ]
    assert rows[0]["id"] == f"act_{rows[0]['account_id']}"
    assert shared.get("me/adaccounts").json()["data"][0].keys() == {"account_id", "id"}
    assert shared.get("me").json().keys() == {"id", "name"}


def test_account_fields_have_metas_types(shared: Client) -> None:
    names = (
        "account_status,age,balance,amount_spent,created_time,timezone_offset_hours_utc,business"
    )
    body = shared.get(shared.account, fields=names).json()
    assert body["account_status"] == 1
    assert isinstance(body["age"], float)
    assert body["balance"].isdecimal()
    assert body["created_time"].endswith("-1000")
    assert body["timezone_offset_hours_utc"] == -10
    assert body["business"].keys() == {"id"}


def test_offsets_that_are_no_whole_hours(start: Start) -> None:
    client = start(accounts=6)
    fields = "timezone_name,timezone_offset_hours_utc"
    offsets = {
        row["timezone_name"]: row["timezone_offset_hours_utc"]
        for row in client.rows("me/adaccounts", fields=fields)
    }
    assert offsets["Asia/Kolkata"] == 5.5
    assert offsets["America/New_York"] == -5
    assert offsets["Pacific/Auckland"] == 13


@pytest.mark.parametrize("edge", _EDGES)
def test_every_edge_pages_without_loss_or_repetition(shared: Client, edge: str) -> None:
    params: dict[str, object] = {"since": 0} if edge == "activities" else {}
    whole = shared.get(f"{shared.account}/{edge}", limit=500, **params).json()["data"]
    assert whole
    pages = shared.rows(f"{shared.account}/{edge}", limit=3, **params)
    assert pages == whole


@pytest.mark.parametrize("edge", _EDGES)
@pytest.mark.parametrize("version", ["v25.0", "v26.0"])
def test_every_field_meta_has_may_be_asked_for(shared: Client, edge: str, version: str) -> None:
    from meta_sandbox._graph.edges import edge_of  # noqa: PLC0415 - a look inside, once
    from meta_sandbox._graph.fields import FIELDS  # noqa: PLC0415 - as above

    found = edge_of("AdAccount", edge)
    assert found is not None
    names = ",".join(sorted(FIELDS[version][found.type]))
    path = f"/{version}/{shared.account}/{edge}"
    response = shared.send("GET", path, params={"fields": names, "limit": 5, "since": 0})
    assert response.status_code == 200
    assert response.headers["facebook-api-version"] == version
    assert all(len(row) > 3 for row in response.json()["data"])


def test_a_field_of_a_later_version_does_not_exist_yet(shared: Client) -> None:
    path = f"{shared.account}/campaigns?fields=frequency_control_specs"
    assert shared.send("GET", f"/v26.0/{path}").status_code == 200
    response = shared.send("GET", f"/v25.0/{path}")
    assert response.status_code == 400
    assert response.json()["error"]["message"] == (
        "(#100) Tried accessing nonexisting field (frequency_control_specs) on node type (Campaign)"
    )


def test_the_envelope_of_a_page(shared: Client) -> None:
    first = shared.get(f"{shared.account}/ads", fields="id", limit=4).json()
    paging = first["paging"]
    assert paging.keys() == {"cursors", "next"}
    assert "=" not in paging["cursors"]["after"]
    query = parse_qs(urlsplit(paging["next"]).query)
    assert query["access_token"] == [shared.sandbox.token]
    assert query["after"] == [paging["cursors"]["after"]]
    assert (query["fields"], query["limit"]) == (["id"], ["4"])
    second = shared.session.get(paging["next"], timeout=20).json()
    assert second["paging"].keys() == {"cursors", "next", "previous"}
    back = shared.session.get(second["paging"]["previous"], timeout=20).json()
    assert back["data"] == first["data"]


def test_the_last_page_has_cursors_but_no_next(shared: Client) -> None:
    body = shared.get(f"{shared.account}/campaigns", limit=500).json()
    assert body["paging"].keys() == {"cursors"}
    beyond = shared.get(f"{shared.account}/campaigns", after=body["paging"]["cursors"]["after"])
    assert beyond.content == b'{"data":[]}'


def test_a_listing_without_rows_has_no_paging(shared: Client) -> None:
    response = shared.get(f"{shared.account}/ads", filtering=_filter("ad.id", "IN", ["1"]))
    assert response.content == b'{"data":[]}'


def test_25_rows_come_without_a_limit(start: Start) -> None:
    client = start(ads=60)
    assert len(client.get(f"{client.account}/ads").json()["data"]) == 25


def test_next_can_come_without_the_token(start: Start) -> None:
    client = start(next_with_token=False)
    paging = client.get(f"{client.account}/ads", limit=2).json()["paging"]
    assert "access_token" not in paging["next"]


@pytest.mark.parametrize("asked", ["total_count", "true", "1", '["total_count"]'])
def test_summary_counts_all_rows(shared: Client, asked: str) -> None:
    body = shared.get(f"{shared.account}/ads", limit=2, summary=asked).json()
    assert body["summary"] == {"total_count": len(shared.rows(f"{shared.account}/ads"))}


def test_sparse_pages_are_short_or_empty_but_lose_nothing(start: Start) -> None:
    client = start(sparse_pages=True)
    sizes, params = [], {"limit": 2, "fields": "id"}
    while True:
        body = client.get(f"{client.account}/ads", **params).json()
        sizes.append(len(body["data"]))
        if "next" not in body["paging"]:
            break
        params["after"] = body["paging"]["cursors"]["after"]
    assert 0 in sizes
    assert 1 in sizes
    whole = client.get(f"{client.account}/ads", fields="id", limit=500).json()["data"]
    assert sum(sizes) == len(whole)
    rows = client.rows(f"{client.account}/insights", limit=2, level="ad", fields="ad_id")
    assert len(rows) == len({row["ad_id"] for row in rows}) > 10


def test_archived_and_deleted_objects_hide_until_asked_for(shared: Client) -> None:
    path, fields = f"{shared.account}/ads", "id,effective_status"
    plain = {row["effective_status"] for row in shared.rows(path, fields=fields)}
    assert plain
    assert plain.isdisjoint({"ARCHIVED", "DELETED"})
    archived = shared.rows(path, fields=fields, effective_status='["ARCHIVED"]')
    assert {row["effective_status"] for row in archived} == {"ARCHIVED"}
    hidden = shared.rows(path, fields=fields, filtering=_filter("ad.delivery_info", "IN", _HIDDEN))
    assert {row["effective_status"] for row in hidden} == {"ARCHIVED", "DELETED"}
    every = shared.rows(
        path, fields=fields, filtering=_filter("ad.delivery_info", "IN", _ALL_DELIVERY)
    )
    truth = shared.sandbox.truth("ads", shared.account)
    assert sorted(row["id"] for row in every) == sorted(str(row["id"]) for row in truth)
    by_status = shared.rows(path, filtering=_filter("ad.effective_status", "IN", ["DELETED"]))
    assert by_status
    assert shared.error(path, effective_status='["DELETED"]')["code"] == 100


@pytest.mark.parametrize(
    ("edge", "prefix"), [("campaigns", "campaign"), ("adsets", "adset"), ("ads", "ad")]
)
def test_updates_since_an_instant(start: Start, edge: str, prefix: str) -> None:
    client = start(ads=60)
    path = f"{client.account}/{edge}"
    client.sandbox.advance(40 * 86_400)
    all_rows = client.rows(path, fields="id,updated_time", limit=500)
    edges = sorted(client.sandbox.world.by_id[row["id"]].updated_at(2**40) for row in all_rows)  # type: ignore[union-attr] # no creatives here
    bound = edges[len(edges) // 2]
    newer = client.rows(path, filtering=_filter(f"{prefix}.updated_time", "GREATER_THAN", bound))
    assert 0 < len(newer) < len(all_rows)
    if edge != "campaigns":
        since = client.rows(path, updated_since=bound)
        assert len(since) > len(newer)


def test_filters_reach_up_to_the_campaign(shared: Client) -> None:
    campaign = shared.rows(f"{shared.account}/campaigns")[0]["id"]
    filtered = shared.rows(
        f"{shared.account}/ads", filtering=_filter("campaign.id", "EQUAL", campaign)
    )
    assert filtered == shared.rows(f"{campaign}/ads")
    assert filtered


@pytest.mark.parametrize("field", ["ad.colour", "adgroup.id", "colour"])
def test_a_filter_on_nothing_is_refused(shared: Client, field: str) -> None:
    error = shared.error(f"{shared.account}/ads", filtering=_filter(field, "EQUAL", 1))
    assert error["message"] == f"(#100) Filtering field {field} is invalid"


def test_edges_of_lesser_nodes_agree_with_the_accounts(shared: Client) -> None:
    ads = shared.rows(f"{shared.account}/ads", fields="id,adset_id,campaign_id,creative{id,name}")
    by_set = itertools.groupby(
        sorted(ads, key=lambda ad: ad["adset_id"]), lambda ad: ad["adset_id"]
    )
    for ad_set, group in by_set:
        assert sorted(row["id"] for row in shared.rows(f"{ad_set}/ads")) == sorted(
            ad["id"] for ad in group
        )
    ad = ads[0]
    assert shared.rows(f"{ad['id']}/adcreatives", fields="id,name") == [ad["creative"]]
    sets = shared.rows(f"{ad['campaign_id']}/adsets")
    assert ad["adset_id"] in {row["id"] for row in sets}


@pytest.mark.parametrize("edge", [edge for edge in _EDGES if edge != "activities"])
def test_a_row_of_an_edge_is_the_node_of_its_id(shared: Client, edge: str) -> None:
    fields = "id,title" if edge == "advideos" else "id,name"
    row = shared.get(f"{shared.account}/{edge}", fields=fields, limit=1).json()["data"][0]
    if edge != "adimages":  # an image's id has a colon in it and leads nowhere, as at Meta
        assert shared.get(row["id"], fields=fields).json() == row
        assert shared.get(f"{row['id']}/").json() == {"id": row["id"]}


def test_nested_fields(shared: Client) -> None:
    fields = "name,creative{name,object_type},campaign{objective},adset.as(set){campaign{name}}"
    row = shared.get(f"{shared.account}/ads", fields=fields, limit=1).json()["data"][0]
    assert row.keys() == {"id", "name", "creative", "campaign", "set"}
    assert row["creative"].keys() == {"id", "name", "object_type"}
    assert row["set"]["campaign"].keys() == {"id", "name"}
    assert shared.get(row["id"], fields="creative").json()["creative"].keys() == {"id"}


def test_edges_and_insights_inside_fields(shared: Client) -> None:
    fields = "adsets.limit(1){id},insights.date_preset(last_7d){spend}"
    row = shared.get(f"{shared.account}/campaigns", fields=fields, limit=1).json()["data"][0]
    assert len(row["adsets"]["data"]) == 1
    nested = row["insights"]["data"]
    assert nested == shared.rows(f"{row['id']}/insights", fields="spend", date_preset="last_7d")


@pytest.mark.parametrize(
    ("path", "fields", "name", "node"),
    [
        ("ads", "id,colour", "colour", "Ad"),
        ("ads", "creative{colour}", "colour", "AdCreative"),
        ("campaigns", "creative", "creative", "Campaign"),
        ("", "colour", "colour", "AdAccount"),
    ],
)
def test_unknown_fields(shared: Client, path: str, fields: str, name: str, node: str) -> None:
    error = shared.error(f"{shared.account}/{path}", fields=fields)
    assert (
        error["message"]
        == f"(#100) Tried accessing nonexisting field ({name}) on node type ({node})"
    )
    assert (error["http"], error["code"], error["type"]) == (400, 100, "OAuthException")


@pytest.mark.parametrize("object_id", ["act_1", "120200000000000000", "1", "nobody", "11:22"])
def test_what_does_not_exist(shared: Client, object_id: str) -> None:
    error = shared.error(object_id)
    assert (error["code"], error["error_subcode"], error["http"]) == (100, 33, 400)
    assert error["type"] == "GraphMethodException"
    assert f"Object with ID '{object_id}' does not exist" in error["message"]


def test_an_ad_deleted_for_good_is_known_to_insights_alone(shared: Client) -> None:
    world = shared.sandbox.world
    (ghost,) = [ad for ad in world.ads(world.accounts[0], unlisted=True) if not ad.listed]
    assert shared.error(ghost.id)["error_subcode"] == 33
    listed = shared.rows(
        f"{shared.account}/ads", filtering=_filter("ad.delivery_info", "IN", [*_ALL_DELIVERY, "x"])
    )
    assert ghost.id not in {row["id"] for row in listed}
    rows = shared.rows(
        f"{shared.account}/insights", level="ad", fields="ad_id,ad_name", date_preset="last_90d"
    )
    assert {"ad_id": ghost.id, "ad_name": ghost.name} in [
        {name: row[name] for name in ("ad_id", "ad_name")} for row in rows
    ]


def test_an_object_still_to_come_does_not_exist(client: Client) -> None:
    world = client.sandbox.world
    later = next(ad for ad in world.by_id.values() if ad.created > world.clock.seconds())
    assert client.error(later.id)["error_subcode"] == 33
    client.sandbox.advance(61 * 86_400)
    assert client.get(later.id).json() == {"id": later.id}


def test_pages_that_are_too_large_are_refused(start: Start) -> None:
    client = start(max_rows_per_page=5)
    error = client.error(f"{client.account}/ads", limit=6)
    assert (error["http"], error["code"]) == (500, 1)
    assert error["message"].startswith("Please reduce the amount of data")
    assert len(client.rows(f"{client.account}/ads", limit=5)) > 5


def test_a_cursor_dies_with_its_object(shared: Client) -> None:
    after = base64.urlsafe_b64encode(b"120200000000000000:11").decode()
    assert shared.error(f"{shared.account}/ads", after=after)["code"] == 100


def test_activities_tell_what_was_done(shared: Client) -> None:
    path = f"{shared.account}/activities"
    fields = "event_time,event_type,object_id,extra_data,date_time_in_timezone"
    every = shared.rows(path, since=0, fields=fields, limit=100)
    times = [row["event_time"] for row in every]
    assert times == sorted(times, reverse=True)
    assert times[0].endswith("+0000")
    assert {"create_ad", "update_ad_run_status"} <= {row["event_type"] for row in every}
    assert all(isinstance(json.loads(row["extra_data"]), dict) for row in every)
    assert len(shared.rows(path, fields=fields, limit=100)) < len(every)


def test_leads_are_as_many_as_insights_counts(shared: Client) -> None:
    counted = 0
    for account in shared.sandbox.world.accounts:
        for row in shared.rows(
            f"{account.id}/insights",
            level="ad",
            fields="ad_id,actions",
            date_preset="last_30d",
            limit=500,
        ):
            actions = {a["action_type"]: int(a["value"]) for a in row.get("actions", [])}
            wanted = actions.get("onsite_conversion.lead_grouped", 0)
            if not wanted or shared.get(row["ad_id"]).status_code != 200:
                continue
            counted += 1
            leads = shared.rows(f"{row['ad_id']}/leads", limit=500)
            dates = sorted(
                shared.sandbox.world.accounts[account.number].local_date(
                    _unix(lead["created_time"])
                )
                for lead in leads
            )
            inside = [day for day in dates if row["date_start"] <= day <= row["date_stop"]]
            assert len(inside) == wanted
    assert counted


def _unix(stamp: str) -> float:
    from datetime import datetime  # noqa: PLC0415 - only here

    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S%z").timestamp()


def test_leads_by_form_and_since_an_instant(shared: Client) -> None:
    account = shared.sandbox.world.accounts[0]
    (form,) = shared.rows(f"{account.page_id}/leadgen_forms", fields="id,name,page_id")
    assert form["page_id"] == account.page_id
    leads: list[dict[str, Any]] = shared.rows(f"{form['id']}/leads", limit=200)
    assert len({lead["id"] for lead in leads}) == len(leads) > 1
    assert leads[0].keys() == {"created_time", "id", "field_data"}
    middle = int(_unix(leads[len(leads) // 2]["created_time"]))
    newer = shared.rows(
        f"{form['id']}/leads", filtering=_filter("time_created", "GREATER_THAN", middle), limit=200
    )
    assert [lead["id"] for lead in newer] == [
        lead["id"] for lead in leads if _unix(lead["created_time"]) > middle
    ]


def test_names_survive_the_wire(shared: Client) -> None:
    rows = shared.rows(f"{shared.account}/ads", fields="name", limit=100)
    names = {row["id"]: row["name"] for row in rows}
    world = shared.sandbox.world
    assert names
    for ad_id, name in names.items():
        assert name == world.by_id[ad_id].name_at(world.clock.seconds())  # type: ignore[union-attr] # an ad
    assert any("\n" in name for name in names.values())
    assert any("日" in name or "夏" in name for name in names.values())
