"""Settings of a made-up plugin: what is wrong with them, in sentences without secrets."""

from __future__ import annotations

import inspect
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from meta_graph import GraphClient
from meta_graph.settings import (
    CLIENT,
    SECRET,
    Quoter,
    account_number,
    close_to,
    plain_number,
    problems,
    secret_names,
    text,
    whole,
    wrong_client,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOKEN = "made-up-token"


class Way(str, Enum):
    UP = "up"
    DOWN = "down"


BLOCK: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {"name": {}, "kind": {"type": "string", "enum": ["a", "b"]}},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["access_token"],
    "properties": {
        **CLIENT,
        "password": {**text("Password", "Another secret."), **SECRET},
        "page_size": whole("Page size", "Rows a page.", minimum=1, maximum=9),
        "way": text("Way", "Where to.", enum=[*Way, None]),
        "code": text("Code", "A code.", pattern="^[0-9]+$", errorMessage="Write digits."),
        "reports": {"type": ["array", "null"], "items": BLOCK},
        "streams": {"type": ["object", "null"], "additionalProperties": BLOCK},
    },
}


def found(**config: Any) -> list[str]:  # noqa: ANN401 - what a file may hold
    def check(given: Mapping[str, Any], quote: Quoter) -> Iterator[str]:
        yield from wrong_client(given)
        if given.get("page_size") == 7:
            yield f"`page_size` is {quote(7)}, which nobody likes."

    config = {"access_token": TOKEN, **config}
    return problems(config, SCHEMA, check, {"reports": "Report", "streams": "Stream"})


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"page_sise": 1}, "Settings: there is no setting `page_sise`. Did you mean `page_size`?"),
        ({"zz": 1}, "Settings: there is no setting `zz`. Known: access_token, api_url,"),
        ({"a\nb": 1}, r"Settings: there is no setting `'a\nb'`. Known: access_token, api_url,"),
        ({"page_size": 0}, "`page_size` is 0, and must be 1 at least."),
        ({"page_size": 10}, "`page_size` is 10, and must be 9 at most."),
        ({"page_size": "x"}, "`page_size` is 'x', and must be of type integer."),
        ({"page_size": 7}, "`page_size` is 7, which nobody likes."),
        ({"request_timeout": 0}, "`request_timeout` is 0, and must be above 0."),
        ({"max_retry_seconds": -1}, "`max_retry_seconds` is -1, and must be 0 at least."),
        ({"way": "left"}, "`way` is 'left'. Choose one of: up, down."),
        ({"code": "x"}, "`code` is 'x'. Write digits."),
        ({"code": 5}, "`code` is 5, and must be of type string."),
        ({"access_token": None}, "`access_token` is empty. Set it."),
        ({"access_token": ""}, "`access_token` is empty or holds white space. Copy it again,"),
        ({"app_secret": "a b"}, "`app_secret` is empty or holds white space. Copy it again,"),
        ({"password": 5}, "`password` is a secret of another type, and must be of type string."),
        ({"api_url": "http://x.example"}, "`api_url` 'http://x.example' is not https, so the"),
        # A block is named by itself in a list, and by its key in an object.
        ({"reports": [{}]}, "`reports[0]`: `kind` is missing. Set it."),
        ({"reports": [{"name": "mine"}]}, "Report 'mine': `kind` is missing. Set it."),
        ({"reports": [{"name": 5, "kind": "c"}]}, "`reports[0].kind` is 'c'. Choose one of: a, b."),
        ({"reports": [5]}, "`reports[0]` is 5, and must be of type object."),
        ({"reports": 5}, "`reports` is 5, and must be of type array."),
        ({"streams": {"*-x": {}}}, "Stream '*-x': `kind` is missing. Set it."),
        (
            {"streams": {"*-x": {"kind": 5}}},
            "Stream '*-x': `kind` is 5, and must be of type string",
        ),
        ({"streams": {"*-x": {"kind": "c"}}}, "Stream '*-x': `kind` is 'c'. Choose one of: a, b."),
        ({"streams": {"x\ny": 5}}, r"Stream 'x\ny' is 5, and must be of type object."),
        ({"streams": {"x": {"kind": "a", "kin": 1}}}, "Stream 'x': there is no setting `kin`. Did"),
    ],
)
def test_one_sentence(config: dict[str, Any], sentence: str) -> None:
    (said,) = found(**config)
    assert said.startswith(sentence)
    assert said.endswith((".", "?"))
    assert "\n" not in said
    assert TOKEN not in said


def test_right_ones() -> None:
    assert found() == []
    assert found(page_size=3, way="up", code=None, reports=[{"kind": "a"}], streams=None) == []


def test_values_are_judged_once_shapes_are_right() -> None:
    assert len(found(page_size=7, app_secret=" ")) == 2
    assert len(found(page_size=7, app_secret=" ", code="x")) == 1


@pytest.mark.parametrize("name", ["code", "way", "page_size", "streams", "reports", "api_url"])
def test_no_secret_is_said(name: str) -> None:
    secret = "hidden/by+its=owner"
    for config in ({"access_token": secret}, {"password": secret}):
        (said,) = found(**config, **{name: f"http://{secret}"})
        assert not any(part in said for part in ("hidden/by", "by+its", "its=owner"))


def test_a_part_of_a_sentence_is_no_secret() -> None:
    # Nobody's token is that short, and hiding it would tear words apart.
    assert found(password="age", page_size=0) == ["`page_size` is 0, and must be 1 at least."]


def test_what_a_quoter_writes() -> None:
    quote = Quoter({"password": ["made-up", {"x": 123456}]}, ["password"])
    assert quote("it is made-up") == "'it is [hidden]'"
    assert quote("123456") == "'[hidden]'"
    assert (quote([1]), quote({}), quote(None), quote(True)) == (  # noqa: FBT003 - a value
        *("a list", "an object"),
        *("null", "true"),
    )
    assert len(quote("x" * 1000)) == 80


def test_names_of_secrets() -> None:
    assert secret_names(SCHEMA) == ["access_token", "app_secret", "password"]


def test_what_may_have_been_meant() -> None:
    assert close_to("emial", ["email", "phone"], "No.") == "Did you mean `email`?"
    assert close_to("fax", ["email", "phone"], "No.") == "No."


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("123", "123"),
        ("act_123", "123"),
        (" act_123 ", "123"),
        (123, "123"),
        ("act_act_1", "act_1"),
    ],
)
def test_account_numbers(given: str | int, number: str) -> None:
    assert account_number(given) == number


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (7, 7),
        (7.0, 7),
        (0.5, 0.5),
        (Decimal("7.0"), 7),
        (Decimal("0.5"), 0.5),
        (float("inf"), float("inf")),
        (Decimal("Infinity"), float("inf")),
    ],
)
def test_plain_numbers(given: float | Decimal, number: float) -> None:
    assert plain_number(given) == number
    assert type(plain_number(given)) is type(number)


@pytest.mark.parametrize("value", ["7", None, [7.0], {}, True])
def test_what_is_no_number_stays(value: object) -> None:
    assert plain_number(value) is value


def test_no_number_at_all_is_none_either() -> None:
    assert str(plain_number(Decimal("NaN"))) == "nan"


def test_the_client_s_settings_are_its_arguments() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    parameters = inspect.signature(GraphClient).parameters
    for name, about in CLIENT.items():
        default = parameters[name].default
        assert about["description"].endswith(".")
        if "default" in about:
            assert about["default"] == default
        else:
            assert default in {None, inspect.Parameter.empty}
