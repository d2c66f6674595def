"""The shapes of answers: Meta's two envelopes, and all that is no envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meta_graph import (
    GraphError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
    ThrottledError,
    TokenError,
    TokenExpiredError,
    UnavailableError,
    UnknownFieldError,
)
from meta_graph._classify import classify, parse
from meta_graph._rules import refused_fields

HTML = b"<!DOCTYPE html><html><body>Sorry, something went wrong.</body></html>"


def error_of(status: int | None, payload: Any, **more: Any) -> GraphError | None:  # noqa: ANN401 - JSON
    return classify(status, payload, more.pop("headers", {}), **more)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        {"data": []},
        {"id": "120330000000000001"},
        {"success": True},
        True,
        "120330000000000001",
        {"events_received": 1, "messages": [], "fbtrace_id": "Axxxxxxxxxxxxxxxxxxxxxx"},
        # A failed report job is a good answer that tells of a failure.
        {"id": "1", "async_status": "Job Failed", "error_code": 2601, "error_message": "made up"},
        {"data": {"error": {"code": 190, "message": "of the token that was asked about"}}},
    ],
)
def test_good_answers(payload: object) -> None:
    assert error_of(200, payload) is None


@pytest.mark.parametrize("body", [b"", b" ", HTML, b'{"data": [{"id": "1', b"[" * 100_000, b"\xff"])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, UnavailableError),
        (204, UnavailableError),
        (302, RequestError),
        (400, UnavailableError),  # Meta gives its reasons: a body that cannot be read was cut off
        (401, TokenError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (408, UnavailableError),
        (413, RequestError),
        (429, ThrottledError),
        (500, UnavailableError),
        (502, UnavailableError),
        (503, UnavailableError),
        (None, UnavailableError),
    ],
)
def test_what_is_no_json(body: bytes, status: int | None, expected: type[GraphError]) -> None:
    error = error_of(status, parse(body), account="1200", edge="ads")
    assert type(error) is expected
    assert error.failure.http_status == status
    assert str(error).startswith("account 1200, edge ads: Meta sent an answer that is not JSON.")


@pytest.mark.parametrize(
    ("status", "payload", "expected"),
    [
        (400, {}, RequestError),
        (400, [], RequestError),
        (400, "no", RequestError),
        (500, {}, UnavailableError),
        (500, [1], UnavailableError),
        (503, {"error": None}, UnavailableError),
        (403, {"data": []}, PermissionDeniedError),
    ],
)
def test_json_without_a_reason(status: int, payload: object, expected: type[GraphError]) -> None:
    error = error_of(status, payload)
    assert type(error) is expected
    assert error.failure.message == "Meta sent an answer without a reason"


def test_an_error_in_an_answer_that_calls_itself_good() -> None:
    error = error_of(200, {"error": {"code": 190, "message": "made up", "error_subcode": 463}})
    assert type(error) is TokenExpiredError


def test_all_facts_are_kept() -> None:
    payload = {
        "error": {
            "message": "Invalid parameter",
            "type": "OAuthException",
            "code": 100,
            "error_subcode": 1713230,
            "is_transient": False,
            "error_user_title": "Liste gesperrt",
            "error_user_msg": "Bitte zuerst die Liste prüfen.",
            "error_data": '{"blame_field_specs": [["payload"]]}',
            "fbtrace_id": "Amade-up_trace",
        }
    }
    error = error_of(400, payload, account="1200", edge="users")
    assert type(error) is PermissionDeniedError
    failure = error.failure
    assert (error.code, error.subcode, failure.http_status) == (100, 1713230, 400)
    assert (error.account, failure.edge, error.fbtrace_id) == ("1200", "users", "Amade-up_trace")
    assert failure.is_transient is False
    assert str(error) == (
        "account 1200, edge users: Invalid parameter - Liste gesperrt - Bitte zuerst die Liste "
        "prüfen. Meta has flagged this audience: see it in Ads Manager. "
        "(code 100/1713230, HTTP 400, fbtrace_id Amade-up_trace)"
    )


def test_a_text_told_twice_is_kept_once() -> None:
    error = error_of(400, {"error": {"code": 100, "message": "Same", "error_user_msg": "Same "}})
    assert error is not None
    assert error.failure.message == "Same"


@pytest.mark.parametrize(
    "error_data", ["text", '{"blame_field_specs": []}', {"blame_field_specs": [["x"]]}, [], None, 7]
)
def test_error_data_of_any_shape(error_data: object) -> None:
    payload = {"error": {"message": "too low", "code": 1487901, "error_data": error_data}}
    assert type(error_of(400, payload)) is RequestError


@pytest.mark.parametrize(
    ("payload", "expected", "code"),
    [
        ({"error_code": 190, "error_description": "Invalid token."}, TokenError, 190),
        ({"error": "invalid_request", "error_description": "No code."}, RequestError, None),
        ({"error": "invalid_request"}, RequestError, None),
        ({"error": {"code": "190", "error_subcode": "463"}}, TokenExpiredError, 190),
        ({"error": {"code": "what", "message": "?"}}, RequestError, None),
        ({"error": {"code": 190.5, "message": "?"}}, RequestError, None),
        ({"error": {}}, RequestError, None),
    ],
)
def test_other_forms_of_errors(payload: object, expected: type[GraphError], code: int) -> None:
    error = error_of(400, payload)
    assert type(error) is expected
    assert error.code == code
    assert error.failure.message


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("(#100) Tried accessing nonexisting field (placements)", ("placements",)),
        ("(#100) Tried accessing nonexisting field (a) on node type (AdAccount)", ("a",)),
        ("(#100) Unknown fields: my_name.", ("my_name",)),
        ("(#100) Unknown fields: one, two", ("one", "two")),
        ("(#100) Unknown field: one.", ("one",)),
        ("(#100) score is not valid for fields param. please check https://x.example/", ("score",)),
        ("(#100) a, b are not valid for fields param. please check", ("a", "b")),
        ("(#100) Filtering field status is invalid", ()),
        ("(#100) Current combination of data breakdown columns (age, dma) is invalid", ()),
        ("", ()),
    ],
)
def test_fields_that_meta_refuses(message: str, names: tuple[str, ...]) -> None:
    assert refused_fields(message) == names
    # The text for users, in any language, does not get in the way.
    error = error_of(400, {"error": {"code": 100, "message": message, "error_user_msg": "Hélas."}})
    if names:
        assert type(error) is UnknownFieldError
        assert error.fields == names
    else:
        assert type(error) is RequestError


def test_a_throttle_takes_its_wait_from_the_headers() -> None:
    usage = {"1200": [{"type": "ads_insights", "estimated_time_to_regain_access": 7}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
    payload = {"error": {"code": 80000, "message": "too many calls"}}
    error = error_of(400, payload, headers=headers, account="1200", use_case="ads_insights")
    assert isinstance(error, ThrottledError)
    assert error.wait_seconds == 7 * 60


def test_words_are_redacted() -> None:
    payload = {"error": {"code": 190, "message": "Malformed access token", "error_user_msg": "abc"}}
    error = error_of(400, payload, redact=lambda text: text.replace("abc", "-"))
    assert error is not None
    assert error.failure.message == "Malformed access token - -"
