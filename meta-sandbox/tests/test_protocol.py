from __future__ import annotations

import pytest

from meta_sandbox._protocol.errors import CATALOG, GraphError, known
from meta_sandbox._protocol.filters import parse_filtering
from meta_sandbox._protocol.messages import parse_body
from meta_sandbox._protocol.paging import Cursor, decode_cursor
from meta_sandbox._protocol.params import flag_of, json_of, list_of, parse_form, whole_of
from meta_sandbox._protocol.route import Route, parse_path, stage_of
from meta_sandbox._protocol.selection import parse_fields


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("s[]=A&s[]=B", {"s": ["A", "B"]}),
        ("s[0]=A&s[1]=B", {"s": ["A", "B"]}),
        ("t[since]=1&t[until]=2", {"t": {"since": "1", "until": "2"}}),
        ("fields=id%2Cname&x=%F0%9F%8E%81", {"fields": "id,name", "x": "🎁"}),
    ],
)
def test_forms(text: str, params: dict[str, object]) -> None:
    assert parse_form(text) == params


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a,b", ["a", "b"]),
        (" a , b ", ["a", "b"]),
        ('["a","b"]', ["a", "b"]),
        ("['a']", ["a"]),
        (["a"], ["a"]),
        ("", []),
        ("[]", []),
    ],
)
def test_lists_in_all_their_forms(value: object, expected: list[str]) -> None:
    assert list_of({"x": value}, "x") == expected
    assert list_of({}, "x") is None


@pytest.mark.parametrize("value", ['{"a":1}', '["a"', {"a": 1}])
def test_what_is_no_list(value: object) -> None:
    with pytest.raises(GraphError, match="#100"):
        list_of({"x": value}, "x")


def test_single_values() -> None:
    params = {"n": "7", "bad": "x", "yes": "true", "no": "0", "j": "{'a': 1}", "empty": ""}
    assert whole_of(params, "n") == 7
    assert whole_of(params, "empty") is None
    assert flag_of(params, "yes")
    assert not flag_of(params, "no", default=True)
    assert flag_of(params, "other", default=True)
    assert json_of(params, "j") == {"a": 1}
    assert json_of(params, "empty") is None
    with pytest.raises(GraphError, match="integer"):
        whole_of(params, "bad")


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("application/json", b'{"a":"1"}'),
        ("application/x-www-form-urlencoded", b"a=1"),
        (
            "multipart/form-data; boundary=XX",
            b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--XX--\r\n',
        ),
    ],
)
def test_bodies(kind: str, raw: bytes) -> None:
    assert parse_body(kind, raw) == {"a": "1"}
    assert parse_body(kind, b"") == {}


@pytest.mark.parametrize("raw", [b"{", b"[1]"])
def test_broken_json_is_metas_error(raw: bytes) -> None:
    with pytest.raises(GraphError, match="JSON"):
        parse_body("application/json", raw)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("id", ["id"]),
        (" id , name ,", ["id", "name"]),
        ("creative{id,name},x", ["creative", "x"]),
        ("ads.limit(5){id}", ["ads"]),
    ],
)
def test_selections(text: str, names: list[str]) -> None:
    assert [field.name for field in parse_fields(text)] == names


def test_nested_selections_and_modifiers() -> None:
    (field,) = parse_fields("insights.time_range({'since':'a','until':'b'}).as(i){spend,x{y}}")
    assert field.modifiers == {"time_range": "{'since':'a','until':'b'}", "as": "i"}
    assert field.shown_as == "i"
    assert field.inner is not None
    assert [inner.name for inner in field.inner] == ["spend", "x"]


@pytest.mark.parametrize("text", ["a{b", "a}", "a b", "a.limit", "a.limit(5", "%"])
def test_broken_selections(text: str) -> None:
    with pytest.raises(GraphError, match="Syntax error") as caught:
        parse_fields(text)
    assert caught.value.code == 2500


_NAME, _NUMBER = "Black Friday", 7


@pytest.mark.parametrize(
    ("operator", "value", "actual", "holds"),
    [
        ("EQUAL", "a", "a", True),
        ("EQUAL", ["a"], "b", False),
        ("NOT_EQUAL", "a", "b", True),
        ("IN", ["a", "b"], "b", True),
        ("NOT_IN", ["a", "b"], "b", False),
        ("GREATER_THAN", 7, _NUMBER, False),
        ("GREATER_THAN", "6", _NUMBER, True),
        ("GREATER_THAN_OR_EQUAL", 7, _NUMBER, True),
        ("LESS_THAN", 7, _NUMBER, False),
        ("LESS_THAN_OR_EQUAL", 7, _NUMBER, True),
        ("IN_RANGE", [1, 7], _NUMBER, True),
        ("NOT_IN_RANGE", [1, 7], _NUMBER, False),
        ("CONTAIN", "friday", _NAME, True),
        ("NOT_CONTAIN", "friday", _NAME, False),
        ("CONTAINS_ALL", ["black", "cyber"], _NAME, False),
        ("CONTAINS_ANY", ["black", "cyber"], _NAME, True),
        ("STARTS_WITH", "Black", _NAME, True),
        ("ENDS_WITH", "Black", _NAME, False),
        ("AFTER", 6, _NUMBER, True),
        ("ON_OR_BEFORE", 6, _NUMBER, False),
        ("in", ["a"], "a", True),
    ],
)
def test_operators(operator: str, value: object, actual: str | int, *, holds: bool) -> None:
    filtering = [{"field": "ad.x", "operator": operator, "value": value}]
    (condition,) = parse_filtering({"filtering": filtering})
    assert condition.holds(actual) is holds


@pytest.mark.parametrize(
    "filtering",
    [
        "{}",
        '[{"field":"a"}]',
        '[{"field":"a","operator":"LIKE","value":1}]',
        '[{"field":"a","operator":"IN","value":[]}]',
    ],
)
def test_broken_filters(filtering: str) -> None:
    with pytest.raises(GraphError, match="#100"):
        parse_filtering({"filtering": filtering})


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", Route("", "", "", extra=False)),
        ("/v26.0/", Route("v26.0", "", "", extra=False)),
        ("/v26.0/act_1/ads/", Route("v26.0", "act_1", "ads", extra=False)),
        ("/me", Route("", "me", "", extra=False)),
        ("//v25.0//1//insights", Route("v25.0", "1", "insights", extra=False)),
        ("/v26.0/1/a/b", Route("v26.0", "1", "a", extra=True)),
    ],
)
def test_paths(path: str, route: Route) -> None:
    assert parse_path(path) == route


@pytest.mark.parametrize(
    ("method", "path", "is_job", "stage"),
    [
        ("POST", "/", False, "batch"),
        ("GET", "/", False, "node"),
        ("GET", "/act_1", False, "node"),
        ("GET", "/act_1/ads", False, "list"),
        ("GET", "/act_1/insights", False, "sync_insights"),
        ("POST", "/act_1/insights", False, "submit"),
        ("GET", "/9", True, "poll"),
        ("GET", "/9/insights", True, "read"),
        ("POST", "/act_1/ads", False, "write"),
    ],
)
def test_stages(method: str, path: str, *, is_job: bool, stage: str) -> None:
    assert stage_of(method, parse_path(path), is_job=is_job) == stage


@pytest.mark.parametrize("page", [1, 9, 10, 123])
@pytest.mark.parametrize("place", ["", "0.0.3", "120", "1:5d", "5d5d5d", "d", "2026-11-20|ad"])
def test_cursors_survive_their_text(place: str, page: int) -> None:
    cursor = Cursor(place, page)
    text = cursor.encode()
    assert "=" not in text
    assert decode_cursor(text) == cursor


@pytest.mark.parametrize("text", ["?", "MAZDZD", "%%%", "QQ"])
def test_a_foreign_cursor_is_refused(text: str) -> None:
    with pytest.raises(GraphError, match="cursor"):
        decode_cursor(text)


@pytest.mark.parametrize("key", CATALOG, ids=str)
def test_every_known_error_has_a_whole_envelope(key: tuple[int, int | None]) -> None:
    error = GraphError(key[0], subcode=key[1])
    assert error.envelope["code"] == key[0]
    assert error.envelope.get("error_subcode") == key[1]
    assert error.envelope["message"]
    assert 400 <= error.http < 600
    assert b'"fbtrace_id":"x"' in error.body("x")


def test_unknown_codes_still_have_a_text() -> None:
    assert known(4711).message == "(#4711) An error occurred"
    assert known(190, 999).message == CATALOG[190, None].message
    assert GraphError(1, "own", http=503, data={"is_transient": True}).envelope == {
        "message": "own",
        "code": 1,
        "is_transient": True,
    }
