from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from target_meta_ads.audiences.lookup import Audience, audience_of, chosen, creation, problem
from target_meta_ads.errors import StoppedError
from target_meta_ads.streams.blocks import AudienceStream

PLAIN = Audience("238", "Customers", "CUSTOM", 200, "Normal", is_value_based=False)
STREAM = AudienceStream("people")
WITH_VALUES = replace(STREAM, value_based=True)


@pytest.mark.parametrize(
    ("payload", "audience"),
    [
        (
            {
                "id": "238",
                "name": "Customers",
                "subtype": "CUSTOM",
                "operation_status": {"code": 200, "description": "Normal"},
                "is_value_based": False,
            },
            PLAIN,
        ),
        ({"id": 238}, Audience("238", "", "CUSTOM", None, "", None)),
        (
            {"id": "1", "name": None, "subtype": "LOOKALIKE", "operation_status": {"code": 471}},
            Audience("1", "", "LOOKALIKE", 471, "", None),
        ),
        (
            {"id": "1", "operation_status": None, "is_value_based": True},
            Audience("1", "", "CUSTOM", None, "", is_value_based=True),
        ),
    ],
)
def test_an_audience_of_metas_json(payload: dict[str, Any], audience: Audience) -> None:
    assert audience_of(payload) == audience


@pytest.mark.parametrize(
    ("audience", "stream"),
    [
        (PLAIN, STREAM),
        (replace(PLAIN, is_value_based=None), STREAM),
        (replace(PLAIN, is_value_based=None), WITH_VALUES),
        (replace(PLAIN, is_value_based=True), WITH_VALUES),
        (replace(PLAIN, status=None), STREAM),
        (replace(PLAIN, status=300, status_words="Being updated"), STREAM),
    ],
)
def test_audiences_that_take_people(audience: Audience, stream: AudienceStream) -> None:
    assert problem(audience, stream) is None


@pytest.mark.parametrize(
    ("audience", "stream", "words"),
    [
        (replace(PLAIN, subtype="LOOKALIKE"), STREAM, ["LOOKALIKE", "CUSTOM"]),
        (replace(PLAIN, subtype="WEBSITE"), WITH_VALUES, ["WEBSITE"]),
        (replace(PLAIN, status=471, status_words="Policy"), STREAM, ["flagged", "Policy"]),
        (PLAIN, WITH_VALUES, ["not value-based", "`value_based`"]),
        (replace(PLAIN, is_value_based=True), STREAM, ["`value_based: true`", "`value`"]),
    ],
)
def test_why_an_audience_takes_nobody(
    audience: Audience, stream: AudienceStream, words: list[str]
) -> None:
    said = problem(audience, stream)
    assert said is not None
    assert said.startswith("Audience 'Customers' (238) ")
    assert said.endswith(".")
    assert all(word in said for word in words)


def test_the_one_of_a_name() -> None:
    other = replace(PLAIN, id="9", name="customers")
    assert chosen("Customers", []) is None
    assert chosen("Customers", [other]) is None
    assert chosen("Customers", [other, PLAIN]) is PLAIN


def test_a_name_that_several_have() -> None:
    found = [PLAIN, replace(PLAIN, id="12"), replace(PLAIN, id="9", name="other")]
    with pytest.raises(StoppedError, match=r"2 audiences.*'Customers' \(12, 238\).*`audience_id`"):
        chosen("Customers", found)


@pytest.mark.parametrize(
    ("stream", "more"),
    [
        (STREAM, {}),
        (replace(STREAM, description="From the shop"), {"description": "From the shop"}),
        (WITH_VALUES, {"is_value_based": True}),
        (
            replace(STREAM, customer_file_source="BOTH_USER_AND_PARTNER_PROVIDED"),
            {"customer_file_source": "BOTH_USER_AND_PARTNER_PROVIDED"},
        ),
    ],
)
def test_what_creates_an_audience(stream: AudienceStream, more: dict[str, Any]) -> None:
    assert creation("New", stream) == {
        "name": "New",
        "subtype": "CUSTOM",
        "customer_file_source": "USER_PROVIDED_ONLY",
        **more,
    }
