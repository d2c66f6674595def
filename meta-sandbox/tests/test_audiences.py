from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from meta_sandbox._graph.audiences import MAX_AUDIENCES, STATES

if TYPE_CHECKING:
    import requests

    from tests.asking import Client
    from tests.conftest import Start

_GOOD = {"name": "Buyers", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
_HASH = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"
_PAYLOAD = json.dumps({"schema": "EMAIL_SHA256", "data": [_HASH]})


def _make(client: Client, **more: object) -> str:
    response = client.post(f"{client.account}/customaudiences", **{**_GOOD, **more})
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


def _error(response: requests.Response) -> tuple[int, int, int | None]:
    assert response.status_code >= 400, response.text
    error = response.json()["error"]
    return response.status_code, error["code"], error.get("error_subcode")


def test_a_new_audience_is_listed_first(client: Client) -> None:
    first = _make(client, description="é", audience_labels='["HIGH_VALUE_CUSTOMERS"]')
    second = _make(client, name="Others")
    listed = client.rows(f"{client.account}/customaudiences", fields="id,name", limit=2)
    assert [row["id"] for row in listed][:2] == [second, first]
    assert len(listed) == 6
    times = client.rows(f"{client.account}/customaudiences", fields="time_created")
    created = [row["time_created"] for row in times]
    assert created == sorted(created, reverse=True)
    row = client.get(
        first, fields="name,description,subtype,account_id,audience_labels,customer_file_source"
    ).json()
    assert row == {
        "id": first,
        "name": "Buyers",
        "description": "é",
        "subtype": "CUSTOM",
        "account_id": client.account.removeprefix("act_"),
        "audience_labels": ["HIGH_VALUE_CUSTOMERS"],
        "customer_file_source": "USER_PROVIDED_ONLY",
    }


def test_a_body_may_be_json(client: Client) -> None:
    response = client.send("POST", f"/v26.0/{client.account}/customaudiences", json=_GOOD)
    assert response.json()["id"].isdecimal()


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"name": ""}, 100, "name is required"),
        ({"subtype": ""}, 100, "subtype is required"),
        ({"subtype": "FRIENDS"}, 100, "subtype must be one of"),
        ({"subtype": "LOOKALIKE"}, 2654, "subtype LOOKALIKE"),
        ({"customer_file_source": ""}, 100, "customer_file_source is required"),
        ({"customer_file_source": "ME"}, 100, "customer_file_source must be one of"),
    ],
)
def test_what_an_audience_needs(
    client: Client, change: dict[str, object], code: int, words: str
) -> None:
    response = client.post(f"{client.account}/customaudiences", **{**_GOOD, **change})
    assert _error(response)[:2] == (400, code)
    assert words in response.json()["error"]["message"]
    assert len(client.rows(f"{client.account}/customaudiences")) == 4


def test_an_account_has_so_many_audiences_at_most(client: Client) -> None:
    for number in range(MAX_AUDIENCES - 1):
        client.sandbox.add_audience(f"{number}")
    response = client.post(f"{client.account}/customaudiences", **_GOOD)
    assert _error(response) == (400, 2654, None)
    other = f"act_{client.sandbox.world.accounts[1].account_id}"
    assert client.post(f"{other}/customaudiences", **_GOOD).status_code == 200


def test_update_and_delete(client: Client) -> None:
    audience_id = _make(client)
    answer = client.post(audience_id, name="Renamed", description="", retention_days=30)
    assert answer.json() == {"success": True}
    row = client.get(audience_id, fields="name,description,retention_days").json()
    assert row == {"id": audience_id, "name": "Renamed", "description": "", "retention_days": 30}
    assert _error(client.post(audience_id, customer_file_source="ME"))[1] == 100
    answer = client.send("DELETE", f"/v26.0/{audience_id}")
    assert answer.json() == {"success": True}
    assert _error(client.get(audience_id)) == (400, 100, 33)
    assert _error(client.send("DELETE", f"/v26.0/{audience_id}")) == (400, 100, 33)
    assert _error(client.post(f"{audience_id}/users", payload=_PAYLOAD)) == (400, 1487366, None)
    assert len(client.rows(f"{client.account}/customaudiences")) == 4


def test_an_audience_that_somebody_else_deleted(client: Client) -> None:
    audience_id = _make(client)
    client.sandbox.set_audience_state(audience_id, "deleted")
    assert _error(client.get(audience_id)) == (400, 100, 33)
    listed = client.rows(f"{client.account}/customaudiences")
    assert audience_id not in {row["id"] for row in listed}


def test_a_method_may_stand_in_a_parameter(client: Client) -> None:
    audience_id = _make(client)
    assert client.post(audience_id, method="delete").json() == {"success": True}


@pytest.mark.parametrize(("state", "details"), STATES.items())
def test_states_of_audiences(client: Client, state: str, details: tuple[int, int | None]) -> None:
    audience_id = _make(client)
    client.sandbox.set_audience_state(audience_id, state)
    http = 400
    ways = {
        "add": client.post(f"{audience_id}/users", payload=_PAYLOAD),
        "remove": client.post(f"{audience_id}/users", payload=_PAYLOAD, method="DELETE"),
        "replace": client.post(
            f"{audience_id}/usersreplace",
            payload=_PAYLOAD,
            session='{"session_id": 1, "batch_seq": 1, "last_batch_flag": true}',
        ),
    }
    refused = {way: _error(ways[way]) for way in ways if ways[way].status_code != 200}
    only = {"too_large": {"replace"}, "replace_failed": {"replace"}, "too_small": {"remove"}}
    assert refused.keys() == only.get(state, ways.keys())
    assert set(refused.values()) == {(http, details[0], details[1])}
    client.sandbox.set_audience_state(audience_id, "normal")
    assert client.post(f"{audience_id}/users", payload=_PAYLOAD).status_code == 200


@pytest.mark.parametrize("state", [name for name, state in STATES.items() if state.of_account])
def test_states_of_accounts(client: Client, state: str) -> None:
    client.sandbox.set_audience_state(client.account, state)
    error = client.post(f"{client.account}/customaudiences", **_GOOD).json()["error"]
    assert (error["code"], error["error_subcode"]) == STATES[state][:2]
    if "terms" in state:
        assert error["error_user_msg"].endswith(f"?act={client.account[4:]}")
    known = client.rows(f"{client.account}/customaudiences", fields="id")
    assert _error(client.post(f"{known[0]['id']}/users", payload=_PAYLOAD))[1] == error["code"]
    other = f"act_{client.sandbox.world.accounts[1].account_id}"
    assert client.post(f"{other}/customaudiences", **_GOOD).status_code == 200


def test_a_scripted_refusal_names_the_account_too(client: Client) -> None:
    client.sandbox.add_fault(
        {
            "match": {"edge": "customaudiences", "stage": "write"},
            "answer": {"error": {"code": 200, "subcode": 1870034}},
        }
    )
    response = client.post(f"{client.account}/customaudiences", **_GOOD)
    assert _error(response) == (400, 200, 1870034)
    assert response.json()["error"]["error_user_msg"].endswith(f"?act={client.account[4:]}")


def test_a_flagged_audience_says_so_and_cannot_be_edited(client: Client) -> None:
    audience_id = _make(client)
    client.sandbox.set_audience_state(audience_id, "flagged")
    status = client.get(audience_id, fields="operation_status").json()["operation_status"]
    assert status["code"] == 471
    assert _error(client.post(audience_id, name="x")) == (400, 100, 1713231)


@pytest.mark.parametrize(
    ("object_id", "state", "words"),
    [
        ("act_1", "no_business", "no account act_1"),
        ("1", "flagged", "no audience 1"),
        ("1", "happy", "A state is one of normal, flagged"),
        ("act_1", "flagged", "A state is one of normal, terms_not_accepted"),
    ],
)
def test_wrong_states(client: Client, object_id: str, state: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        client.sandbox.set_audience_state(object_id, state)


def test_only_customer_file_audiences_take_people(client: Client) -> None:
    rows = client.rows(f"{client.account}/customaudiences", fields="id,subtype")
    for row in rows:
        response = client.post(f"{row['id']}/users", payload=_PAYLOAD)
        if row["subtype"] == "CUSTOM":
            assert response.status_code == 200
        else:
            assert _error(response) == (400, 2650, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "{account}/campaigns"),
        ("DELETE", "{account}/customaudiences"),
        ("POST", "{audience}/sessions"),
        ("DELETE", "{audience}/usersreplace"),
        ("POST", "{pixel}/users"),
        ("POST", "{audience}/events"),
        ("POST", "1234567891234569/events"),
        ("DELETE", "{account}"),
    ],
)
def test_other_writes_are_refused_as_before(client: Client, method: str, path: str) -> None:
    audience_id = _make(client)
    pixel = client.sandbox.world.accounts[0].pixel_id
    path = path.format(account=client.account, audience=audience_id, pixel=pixel)
    response = client.send(method, f"/v26.0/{path}", data={"name": "x"})
    assert _error(response) == (400, 100, 33)
    assert f"Unsupported {method.lower()} request" in response.json()["error"]["message"]


def test_writing_needs_its_permission(client: Client) -> None:
    client.sandbox.add_token("EAAReader", scopes=["ads_read"])
    client.session.headers["Authorization"] = "Bearer EAAReader"
    response = client.post(f"{client.account}/customaudiences", **_GOOD)
    assert _error(response) == (403, 200, None)
    assert "ads_management" in response.json()["error"]["message"]


def test_an_account_of_somebody_else_is_closed(client: Client) -> None:
    audience_id = _make(client)
    client.sandbox.add_token("EAAOther", accounts=[client.sandbox.world.accounts[1].account_id])
    client.session.headers["Authorization"] = "Bearer EAAOther"
    assert _error(client.post(f"{audience_id}/users", payload=_PAYLOAD)) == (403, 200, None)


@pytest.mark.parametrize(
    ("size", "bounds"),
    [
        (0, (-1, -1)),
        (1, (20, 1000)),
        (999, (20, 1000)),
        (1000, (1000, 1200)),
        (12_345, (12_000, 15_000)),
    ],
)
def test_sizes_are_told_roughly(client: Client, size: int, bounds: tuple[int, int]) -> None:
    members = [{"EXTERN_ID": str(number)} for number in range(size)]
    audience_id = client.sandbox.add_audience("Sized", members=members)
    row = client.get(
        audience_id,
        fields="approximate_count_lower_bound,approximate_count_upper_bound,delivery_status",
    ).json()
    lower, upper = row["approximate_count_lower_bound"], row["approximate_count_upper_bound"]
    assert (lower, upper) == bounds
    assert row["delivery_status"]["code"] == (200 if size else 300)
    assert len(client.sandbox.members(audience_id)) == size


def test_calls_count_for_custom_audiences(start: Start) -> None:
    client = start(limits={"custom_audience": 2})
    audience_id = client.sandbox.add_audience("x")
    first = client.post(f"{audience_id}/users", payload=_PAYLOAD)
    usage = json.loads(first.headers["x-business-use-case-usage"])
    (entry,) = usage[client.account.removeprefix("act_")]
    assert entry["type"] == "custom_audience"
    assert entry["call_count"] == 50
    assert client.get(audience_id).status_code == 200
    refused = client.post(f"{audience_id}/users", payload=_PAYLOAD)
    assert _error(refused) == (400, 80003, 2446079)
    assert len(client.sandbox.members(audience_id)) == 1


def test_the_limit_grows_with_the_audiences(start: Start) -> None:
    client = start(throttle=True, tier="development", accounts=1)
    graph = client.sandbox.engine.graph
    client.sandbox.add_audience("x")
    client.get(f"{client.account}/customaudiences")
    route_limits = graph.throttle._limit("custom_audience", len(client.sandbox.audiences()))
    assert route_limits == 5_000 + 40 * 5
