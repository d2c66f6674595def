"""Errors as objects: what they keep when they are copied, pickled and written."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from meta_graph import (
    Failure,
    GraphError,
    InsecureUrlError,
    ThrottledError,
    UnknownFieldError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURE = Failure("Too fast", "Wait.", 4, 1504022, 400, "Atrace", "1200", "insights")
SENTENCE = (
    "account 1200, edge insights: Too fast. Wait. (code 4/1504022, HTTP 400, fbtrace_id Atrace)"
)
ERRORS = [
    GraphError(FAILURE),
    ThrottledError(FAILURE, 90.0),
    UnknownFieldError(FAILURE, ("a", "b")),
    InsecureUrlError("not https"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "twin_of", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_a_copy_keeps_everything(
    error: GraphError, twin_of: Callable[[GraphError], GraphError]
) -> None:
    twin = twin_of(error)
    assert type(twin) is type(error)
    assert vars(twin) == vars(error)
    assert str(twin) == str(error)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_other_facts_change_nothing_else(error: GraphError) -> None:
    before = str(error)
    twin = error.about(advice="Go home.", account="77")
    assert type(twin) is type(error)
    assert (twin.advice, twin.account) == ("Go home.", "77")
    assert str(twin).startswith("account 77")
    assert "Go home." in str(twin)
    assert {**vars(twin), "failure": None} == {**vars(error), "failure": None}
    assert str(error) == before


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (Failure("No"), "No."),
        (Failure("No. "), "No."),
        (Failure("No", "Do it."), "No. Do it."),
        (Failure("No", account="1"), "account 1: No."),
        (Failure("No", edge="ads"), "edge ads: No."),
        (Failure("No", code=1), "No. (code 1)"),
        (Failure("No", code=1, subcode=2, http_status=400), "No. (code 1/2, HTTP 400)"),
        (Failure("No", fbtrace_id="A"), "No. (fbtrace_id A)"),
        (FAILURE, SENTENCE),
    ],
)
def test_sentences(failure: Failure, sentence: str) -> None:
    assert failure.sentence() == sentence
    assert str(GraphError(failure)) == sentence


def test_an_insecure_url_is_a_wrong_value_too() -> None:
    assert isinstance(InsecureUrlError("x"), ValueError)
