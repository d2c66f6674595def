from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from tests.asking import Client
    from tests.conftest import Start

_KEYS = ("EMAIL", "PHONE", "FN", "LN", "EXTERN_ID")
_DEVICE = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


A, B, C = sha("a"), sha("b"), sha("c")


def _send(
    client: Client,
    audience_id: str,
    schema: object,
    data: object,
    *,
    method: str = "POST",
    **payload: object,
) -> requests.Response:
    body = {"payload": {"schema": schema, "data": data, **payload}}
    return client.send(method, f"/v26.0/{audience_id}/users", json=body)


def _good(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


@pytest.fixture
def audience(client: Client) -> str:
    return client.sandbox.add_audience("People")


def test_the_answer_is_as_recorded(client: Client, audience: str) -> None:
    answer = _good(_send(client, audience, ["EMAIL", "FN"], [[A, B]]))
    assert list(answer) == [
        "audience_id",
        "session_id",
        "num_received",
        "num_invalid_entries",
        "invalid_entry_samples",
    ]
    assert answer["audience_id"] == audience
    assert isinstance(answer["session_id"], str)
    assert int(answer["session_id"]) > 2**53
    assert (answer["num_received"], answer["num_invalid_entries"]) == (1, 0)
    assert answer["invalid_entry_samples"] == {}
    assert client.sandbox.members(audience) == [{"EMAIL": A, "FN": B}]


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        ("EMAIL_SHA256", [A, B]),
        ("EMAIL_SHA256", [[A], [B]]),
        ("EMAIL", [A, B]),
        (["EMAIL"], [[A], [B]]),
        (["EMAIL"], [A, B]),
        (["EMAIL_SHA256"], [[A], [B]]),
    ],
)
def test_a_single_key_may_be_flat_or_nested(
    client: Client, audience: str, schema: object, data: object
) -> None:
    assert _good(_send(client, audience, schema, data))["num_received"] == 2
    assert client.sandbox.members(audience) == [{"EMAIL": A}, {"EMAIL": B}]


@pytest.mark.parametrize("encoding", ["json", "form", "multipart", "query", "json text"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_encodings(client: Client, audience: str, encoding: str, method: str) -> None:
    if method == "DELETE":
        _good(_send(client, audience, "EMAIL", [A]))
    payload = {"schema": ["EMAIL"], "data": [[A]]}
    text = json.dumps(payload)
    encodings: dict[str, dict[str, Any]] = {
        "json": {"json": {"payload": payload}},
        "form": {"data": {"payload": text}},
        "multipart": {"files": {"payload": (None, text)}},
        "query": {"params": {"payload": text}},
        "json text": {"json": {"payload": text}},
    }
    answer = _good(client.send(method, f"/v26.0/{audience}/users", **encodings[encoding]))
    assert answer["num_received"] == 1
    assert len(client.sandbox.members(audience)) == (method == "POST")


def test_a_removal_may_be_a_post(client: Client, audience: str) -> None:
    _good(_send(client, audience, "EMAIL", [A, B]))
    body = {"payload": {"schema": "EMAIL", "data": [A]}, "method": "DELETE"}
    _good(client.send("POST", f"/v26.0/{audience}/users", json=body))
    assert client.sandbox.members(audience) == [{"EMAIL": B}]
    assert client.sandbox.requests()[-1]["method"] == "DELETE"


def test_a_long_url_never_reaches_graph(client: Client, audience: str) -> None:
    def remove(count: int) -> requests.Response:
        hashes = [sha(str(number)) for number in range(count)]
        payload = json.dumps({"schema": "EMAIL", "data": [[text] for text in hashes]})
        return client.send("DELETE", f"/v26.0/{audience}/users", params={"payload": payload})

    assert remove(250).status_code == 200
    refused = remove(300)
    assert refused.status_code == 414
    assert refused.headers["content-type"] == "text/html"
    assert refused.text.startswith("<!DOCTYPE html>")


def test_blanks_are_absent_and_order_does_not_matter(client: Client, audience: str) -> None:
    _good(_send(client, audience, ["EMAIL", "PHONE", "FN"], [[A, "", B], ["", C, ""]]))
    _good(_send(client, audience, ["FN", "EMAIL"], [[B, A]]))
    assert client.sandbox.members(audience) == [{"EMAIL": A, "FN": B}, {"PHONE": C}]


def test_all_keys_come_back_as_they_were_sent(client: Client, audience: str) -> None:
    hashed = "EMAIL PHONE GEN DOBY DOBM DOBD LN FN FI CT ST ZIP COUNTRY".split()
    schema = ["EXTERN_ID", *hashed, "MADID"]
    row = ["Kunde 1 é", *(sha(key) for key in hashed), _DEVICE]
    _good(_send(client, audience, schema, [row]))
    (member,) = client.sandbox.members(audience)
    assert member == dict(zip(schema, row, strict=True))


@pytest.mark.parametrize(
    ("schema", "row", "reason"),
    [
        (["EMAIL", "EXTERN_ID"], [A, ""], "empty external ID"),
        (["EMAIL", "EXTERN_ID"], [A, "  "], "empty external ID"),
        (["EMAIL", "FN"], ["mary@example.com", A], "EMAIL is not a SHA-256 hash"),
        (["EMAIL", "FN"], [A.upper(), A], "EMAIL is not a SHA-256 hash"),
        (["EMAIL", "FN"], [f" {A[2:]} ", A], "EMAIL is not a SHA-256 hash"),
        (["EMAIL", "FN"], [A, A[:32]], "FN is not a SHA-256 hash"),
        (["COUNTRY", "EMAIL"], ["us", A], "COUNTRY is not a SHA-256 hash"),
        (["MADID", "EMAIL"], [sha(_DEVICE), A], "MADID is not a mobile advertiser id"),
        (["MADID", "EMAIL"], [_DEVICE.upper(), A], "MADID is not a mobile advertiser id"),
        (["EMAIL", "FN"], ["", ""], "no identifier"),
        (["EMAIL", "DATA_PROCESSING_OPTIONS"], [A, "LDU"], "DATA_PROCESSING_OPTIONS is neither"),
        (["EMAIL", "DATA_PROCESSING_OPTIONS_STATE"], [A, 5], "STATE is neither 0 nor 1000"),
        (["EMAIL", "DATA_PROCESSING_OPTIONS_COUNTRY"], [A, 5], "COUNTRY is neither 0 nor 1"),
    ],
)
def test_invalid_entries(
    client: Client, audience: str, schema: list[str], row: list[object], reason: str
) -> None:
    good: list[object] = [B if key not in {"EXTERN_ID", "MADID"} else "x" for key in schema]
    good = [_DEVICE if key == "MADID" else cell for key, cell in zip(schema, good, strict=True)]
    options = {"DATA_PROCESSING_OPTIONS": ["LDU"], "DATA_PROCESSING_OPTIONS_STATE": 1000}
    options["DATA_PROCESSING_OPTIONS_COUNTRY"] = 1
    good = [options.get(key, cell) for key, cell in zip(schema, good, strict=True)]
    answer = _good(_send(client, audience, schema, [good, row, good]))
    assert (answer["num_received"], answer["num_invalid_entries"]) == (3, 1)
    ((sample, why),) = answer["invalid_entry_samples"].items()
    assert json.loads(sample) == row
    assert sample == json.dumps(row, separators=(",", ":"))
    assert why.startswith(reason) or reason in why
    assert len(client.sandbox.members(audience)) == 1


def test_samples_are_a_hundred_at_most(client: Client, audience: str) -> None:
    rows = [[f"mail{number}@example.com"] for number in range(150)]
    answer = _good(_send(client, audience, ["EMAIL"], rows))
    assert answer["num_invalid_entries"] == 150
    assert len(answer["invalid_entry_samples"]) == 100


@pytest.mark.parametrize(
    ("payload", "code", "words"),
    [
        (None, 100, "Missing required parameter: payload"),
        ([], 100, "payload must be an object"),
        ({}, 100, "payload[schema] is required"),
        ({"schema": []}, 100, "payload[schema] is required"),
        ({"schema": ["EMAIL", "MAIL"], "data": [[A, A]]}, 100, "unknown key: MAIL"),
        ({"schema": ["EMAIL", "EMAIL_SHA256"], "data": [[A, A]]}, 100, "key: EMAIL_SHA256"),
        ({"schema": ["EMAIL", "EMAIL"], "data": [[A, A]]}, 100, "names a key twice"),
        ({"schema": ["LOOKALIKE_VALUE"], "data": [[1]]}, 100, "no key to match people by"),
        ({"schema": "EMAIL"}, 100, "payload[data] must be a non-empty array"),
        ({"schema": "EMAIL", "data": []}, 100, "payload[data] must be a non-empty array"),
        ({"schema": "EMAIL", "data": A}, 100, "payload[data] must be a non-empty array"),
        ({"schema": ["EMAIL", "FN"], "data": [A, A]}, 100, "must be an array of arrays"),
        ({"schema": ["EMAIL", "FN"], "data": [[A]]}, 100, "Data is missing or does not match"),
        ({"schema": ["EMAIL"], "data": [[A, A]]}, 100, "Data is missing or does not match"),
        ({"schema": ["EMAIL", "FN"], "data": [[A, A], [A, None]]}, 100, "[1][1] (FN) must be a s"),
        ({"schema": ["FN", "EXTERN_ID"], "data": [[A, 7]]}, 100, "[0][1] (EXTERN_ID) must be"),
        ({"schema": ["EMAIL", "LOOKALIKE_VALUE"], "data": [[A, 1]]}, 100, "Value-Based"),
        ({"schema": "EMAIL", "data": [A] * 10_001}, 105, "10001 rows"),
        ({"schema": ["PAGEUID", "EMAIL"], "data": [["1", A]]}, 100, "cannot be combined"),
        ({"schema": ["PAGEUID"], "data": [["1"]], "is_raw": True}, 100, "needs page_ids"),
        (
            {"schema": ["PAGEUID"], "data": [["1"]], "is_raw": True, "page_ids": ["1", "2"]},
            100,
            "page_ids with exactly",
        ),
        ({"schema": ["PAGEUID"], "data": [["1"]], "page_ids": ["1"]}, 100, "is_raw to be true"),
        ({"schema": "UID", "data": ["1"], "is_raw": True}, 100, "needs app_ids"),
        ({"schema": "UID", "data": ["1"], "app_ids": []}, 100, "needs app_ids"),
    ],
)
def test_payloads_that_are_refused(
    client: Client, audience: str, payload: object, code: int, words: str
) -> None:
    body = {} if payload is None else {"payload": payload}
    response = client.send("POST", f"/v26.0/{audience}/users", json=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == code
    assert words in error["message"]
    assert client.sandbox.members(audience) == []


def test_broken_json_is_refused(client: Client, audience: str) -> None:
    response = client.post(f"{audience}/users", payload='{"schema": ')
    assert response.json()["error"]["message"] == "(#100) Param payload must be valid JSON"


@pytest.mark.parametrize("raw", [True, "true"])
def test_page_scoped_ids(client: Client, audience: str, raw: object) -> None:
    _good(_send(client, audience, ["PAGEUID"], [["123"]], is_raw=raw, page_ids=["9"]))
    assert client.sandbox.members(audience) == [{"PAGEUID": "123"}]


@pytest.mark.parametrize("apps", [["9"], ["9", "10"]])
def test_ids_of_apps_as_the_sdks_send_them(client: Client, audience: str, apps: list[str]) -> None:
    payload = {"schema": "UID", "data": ["123"], "is_raw": False, "app_ids": apps}
    response = client.send("POST", f"/v26.0/{audience}/users", json={"payload": payload})
    assert response.status_code == 200
    assert client.sandbox.members(audience) == [{"UID": "123"}]


def test_value_based_audiences(client: Client) -> None:
    made = client.post(
        f"{client.account}/customaudiences",
        name="Values",
        subtype="CUSTOM",
        customer_file_source="USER_PROVIDED_ONLY",
        is_value_based="true",
    ).json()["id"]
    refused = _send(client, made, ["EMAIL"], [[A]])
    assert refused.json()["error"]["message"] == (
        "(#100) Value-Based Custom Audience requires LOOKALIKE_VALUE attribute"
    )
    schema = ["EMAIL", "LOOKALIKE_VALUE"]
    answer = _good(_send(client, made, schema, [[A, 44.5], [B, "0.9"], [C, -1], [C, "much"]]))
    assert answer["num_invalid_entries"] == 2
    assert client.sandbox.members(made) == [
        {"EMAIL": A, "LOOKALIKE_VALUE": 44.5},
        {"EMAIL": B, "LOOKALIKE_VALUE": "0.9"},
    ]
    _good(_send(client, made, schema, [[A, 50]]))
    assert client.sandbox.members(made)[0] == {"EMAIL": A, "LOOKALIKE_VALUE": 50}
    _good(_send(client, made, ["EMAIL"], [[A]], method="DELETE"))
    assert [member["EMAIL"] for member in client.sandbox.members(made)] == [B]


def test_limited_data_use(client: Client, audience: str) -> None:
    options = "DATA_PROCESSING_OPTIONS"
    schema = ["EMAIL", options, f"{options}_COUNTRY", f"{options}_STATE"]
    _good(_send(client, audience, schema, [[A, ["LDU"], 1, 1000], [B, [], 0, 0]]))
    assert client.sandbox.members(audience) == [
        {"EMAIL": A, options: ["LDU"], f"{options}_COUNTRY": 1, f"{options}_STATE": 1000},
        {"EMAIL": B, options: [], f"{options}_COUNTRY": 0, f"{options}_STATE": 0},
    ]


@pytest.mark.parametrize(
    ("removal", "left"),
    [
        ({"EMAIL": A}, ["2", "4"]),
        ({"EMAIL": A, "PHONE": C}, ["1", "2"]),
        ({"EMAIL": A, "FN": sha("other")}, ["1", "2", "3", "4"]),
        ({"EMAIL": A, "LN": sha("unheard of")}, ["2", "4"]),
        ({"PHONE": B}, ["2", "3", "4"]),
        ({"EXTERN_ID": "2"}, ["1", "3", "4"]),
        ({"EXTERN_ID": "2", "EMAIL": A}, ["1", "2", "3", "4"]),
        ({"FN": sha("fn")}, ["1", "2", "3", "4"]),
        ({"EMAIL": sha("nobody")}, ["1", "2", "3", "4"]),
    ],
)
def test_whom_a_removal_means(client: Client, removal: dict[str, str], left: list[str]) -> None:
    fn = sha("fn")
    people = [
        {"EXTERN_ID": "1", "EMAIL": A, "PHONE": B, "FN": fn},
        {"EXTERN_ID": "2", "EMAIL": B, "FN": fn},
        {"EXTERN_ID": "3", "EMAIL": A, "FN": fn},
        {"EXTERN_ID": "4", "PHONE": C, "FN": fn},
    ]
    audience_id = client.sandbox.add_audience("Some", members=people)
    answer = _good(
        _send(client, audience_id, list(removal), [list(removal.values())], method="DELETE")
    )
    assert answer["num_received"] == 1
    assert [member["EXTERN_ID"] for member in client.sandbox.members(audience_id)] == left


def test_a_row_of_names_means_its_equal_only(client: Client, audience: str) -> None:
    _good(_send(client, audience, ["FN", "LN"], [[A, B]]))
    _good(_send(client, audience, ["FN", "EMAIL"], [[A, C]]))
    _good(_send(client, audience, ["FN"], [[A]], method="DELETE"))
    assert len(client.sandbox.members(audience)) == 2
    _good(_send(client, audience, ["LN", "FN"], [[B, A]], method="DELETE"))
    assert client.sandbox.members(audience) == [{"EMAIL": C, "FN": A}]


def test_people_come_and_go_and_come(client: Client, audience: str) -> None:
    for _ in range(3):
        _good(_send(client, audience, ["EMAIL", "PHONE"], [[A, B], [A, C]]))
        assert len(client.sandbox.members(audience)) == 2
        _good(_send(client, audience, "PHONE_SHA256", [C], method="DELETE"))
        assert client.sandbox.members(audience) == [{"EMAIL": A, "PHONE": B}]
    _good(_send(client, audience, "EMAIL_SHA256", [A], method="DELETE"))
    assert client.sandbox.members(audience) == []


def test_a_floor_under_removals(start: Start) -> None:
    client = start(min_audience=2)
    audience_id = client.sandbox.add_audience(
        "Small", members=[{"EMAIL": A}, {"EMAIL": B}, {"EMAIL": C}]
    )
    refused = _send(client, audience_id, "EMAIL", [A, B], method="DELETE")
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["error_subcode"]) == (400, 200, 1870047)
    assert len(client.sandbox.members(audience_id)) == 3
    _good(_send(client, audience_id, "EMAIL", [A], method="DELETE"))
    _good(_send(client, audience_id, "EMAIL", [sha("nobody")], method="DELETE"))
    assert len(client.sandbox.members(audience_id)) == 2


def test_erasing_from_every_audience_of_the_account(client: Client) -> None:
    sandbox = client.sandbox
    people = [{"EMAIL": A, "EXTERN_ID": "1"}, {"EMAIL": B, "EXTERN_ID": "2"}]
    here = [sandbox.add_audience(name, members=people) for name in ("x", "y")]
    other = sandbox.world.accounts[1].account_id
    there = sandbox.add_audience("z", account_id=other, members=people)
    body = {"payload": {"schema": ["EMAIL"], "data": [[A]]}}
    answer = _good(client.send("DELETE", f"/v26.0/{client.account}/usersofanyaudience", json=body))
    assert answer["account_id"] == client.account.removeprefix("act_")
    assert answer["num_received"] == 1
    assert [[m["EXTERN_ID"] for m in sandbox.members(a)] for a in here] == [["2"], ["2"]]
    assert len(sandbox.members(there)) == 2


def test_members_given_in_python_must_be_good(client: Client) -> None:
    with pytest.raises(ValueError, match="1 members would not be taken: EMAIL is not"):
        client.sandbox.add_audience("x", members=[{"EMAIL": "mary@example.com"}])
    with pytest.raises(ValueError, match="unknown key: MAIL"):
        client.sandbox.add_audience("x", members=[{"MAIL": A}])
    with pytest.raises(ValueError, match="no account 1"):
        client.sandbox.add_audience("x", account_id="1")
    assert len(client.sandbox.audiences(client.account)) == 4


@pytest.mark.parametrize("kind", ["reset", "drop_after"])
def test_a_lost_connection_may_have_done_the_work(client: Client, audience: str, kind: str) -> None:
    client.sandbox.add_fault({"match": {"edge": "users"}, "answer": {"kind": kind}})
    session = {"session_id": 5, "batch_seq": 1, "last_batch_flag": True}
    body = {"session": session, "payload": {"schema": "EMAIL", "data": [A]}}
    with pytest.raises(OSError):  # noqa: PT011 - whatever a cut connection is called
        client.send("POST", f"/v26.0/{audience}/users", json=body)
    assert len(client.sandbox.members(audience)) == (kind == "drop_after")
    again = _good(client.send("POST", f"/v26.0/{audience}/users", json=body))
    assert again["num_received"] == 1
    assert len(client.sandbox.members(audience)) == 1


@pytest.mark.parametrize("stage", ["write", None])
def test_faults_by_what_a_request_contains(
    client: Client, audience: str, stage: str | None
) -> None:
    match = {"edge": "users", "contains": B, **({"stage": stage} if stage else {})}
    client.sandbox.add_fault(
        {"match": match, "answer": {"throttle": {"code": 80003, "minutes": 4}}}
    )
    _good(_send(client, audience, "EMAIL", [A]))
    refused = _send(client, audience, "EMAIL", [B])
    assert refused.json()["error"]["code"] == 80003
    usage = json.loads(refused.headers["x-business-use-case-usage"])
    (entry,) = usage[client.account.removeprefix("act_")]
    assert entry["type"] == "custom_audience"
    assert entry["estimated_time_to_regain_access"] == 4
    assert client.sandbox.members(audience) == [{"EMAIL": A}]


def test_members_in_a_batch(client: Client, audience: str) -> None:
    payload = json.dumps({"schema": "EMAIL", "data": [A]})
    operations = [
        {"method": "POST", "relative_url": f"{audience}/users", "body": f"payload={payload}"},
        {"method": "GET", "relative_url": f"{audience}?fields=name"},
    ]
    response = client.send("POST", "/v26.0", data={"batch": json.dumps(operations)})
    assert [part["code"] for part in response.json()] == [200, 200]
    assert client.sandbox.members(audience) == [{"EMAIL": A}]
