from __future__ import annotations

import json
from typing import Any

import pytest

from target_meta_ads.audiences import rows
from target_meta_ads.audiences.verdict import NO_REASON, Verdict, verdict
from tests.fake_meta import digest, packed

ADA = packed("a", "ada@a.example")
BEA = packed("b", "bea@a.example", "bea@b.example")
CEE = packed("c", "cee@a.example")


def text(content: bytes, at: int = 0, **how: Any) -> str:  # noqa: ANN401 - as `json.dumps`
    """A row as Meta quotes it."""
    return json.dumps(rows.unpack(content)[1][at], **how)


def answer(count: object, samples: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"num_received": 4, "num_invalid_entries": count, "invalid_entry_samples": samples}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        [],
        "fine",
        answer(0, {}),
        answer("0", {}),
        answer(None, None),
        answer(0, {text(ADA): "named, and none is counted"}),
        answer(-1, {}),
        answer("many", {}),
    ],
)
def test_nobody_is_invalid(payload: object) -> None:
    assert verdict(payload, [ADA, BEA, CEE]) == Verdict([], is_complete=True)


@pytest.mark.parametrize(
    "samples",
    [
        {text(ADA): "empty"},
        {text(ADA, separators=(",", ":")): "empty"},
        {text(ADA, indent=2): "empty"},
        [{text(ADA): "empty"}],
    ],
)
@pytest.mark.parametrize("count", [1, "1"])
def test_one_row_is_named_however_it_is_spaced(samples: object, count: object) -> None:
    found = verdict(answer(count, samples), [CEE, ADA, BEA])
    assert found == Verdict([(1, "empty", True)], is_complete=True)


@pytest.mark.parametrize("samples", [[text(ADA)], [rows.unpack(ADA)[1][0]]])
def test_a_list_of_rows_gives_no_reason(samples: object) -> None:
    found = verdict(answer(1, samples), [ADA, CEE])
    assert found == Verdict([(0, NO_REASON, True)], is_complete=True)


def test_a_reason_that_is_no_text() -> None:
    found = verdict(answer(1, {text(ADA): 17}), [ADA, CEE])
    assert found == Verdict([(0, "17", True)], is_complete=True)


def test_letters_that_json_may_escape() -> None:
    person = packed("ü/ñ", "ada@a.example")
    for quoted in (
        text(person),
        text(person, ensure_ascii=False),
        text(person).replace("/", r"\/"),
    ):
        found = verdict(answer(1, {quoted: "empty"}), [CEE, person])
        assert found == Verdict([(1, "empty", True)], is_complete=True)


def test_one_of_a_persons_rows() -> None:
    for at in (0, 1):
        found = verdict(answer(1, {text(BEA, at): "bad"}), [ADA, BEA])
        assert found == Verdict([(1, "bad", False)], is_complete=True)


def test_all_rows_of_a_person() -> None:
    samples = {text(BEA, 0): "bad", text(BEA, 1): "worse"}
    found = verdict(answer(2, samples), [ADA, BEA])
    assert found == Verdict([(1, "bad", True)], is_complete=True)


def test_two_people_with_the_same_row_are_both_found() -> None:
    # As keys of an object, the two are one sample.
    for count in (1, 2):
        found = verdict(answer(count, {text(ADA): "bad"}), [ADA, CEE, ADA])
        assert found == Verdict([(0, "bad", True), (2, "bad", True)], is_complete=True)


def test_more_are_invalid_than_are_named() -> None:
    people = [packed(f"p{number}", f"{number}@a.example") for number in range(150)]
    samples = {text(one): "bad" for one in people[20:120]}
    found = verdict(answer(130, samples), people)
    assert found == Verdict([(at, "bad", True) for at in range(20, 120)], is_complete=False)


@pytest.mark.parametrize("samples", [{}, [], None, {"not a row": "bad"}, {'["other"]': "bad"}])
def test_invalid_ones_of_which_none_is_named(samples: object) -> None:
    assert verdict(answer(1, samples), [ADA, CEE]) == Verdict([], is_complete=False)


def test_all_are_invalid_named_or_not() -> None:
    samples = {text(CEE): "bad"}
    found = verdict(answer(4, samples), [ADA, BEA, CEE])
    expected = [(0, NO_REASON, True), (1, NO_REASON, True), (2, "bad", True)]
    assert found == Verdict(expected, is_complete=True)


def test_one_person_alone_who_is_not_named() -> None:
    assert verdict(answer(1, {}), [ADA]) == Verdict([(0, NO_REASON, True)], is_complete=True)
    assert verdict(answer(2, {}), [BEA]) == Verdict([(0, NO_REASON, True)], is_complete=True)


def test_counts_beyond_what_was_sent() -> None:
    found = verdict(answer(7, {text(ADA): "bad"}), [ADA, CEE])
    assert found == Verdict([(0, "bad", True), (1, NO_REASON, True)], is_complete=True)


def test_rows_with_blank_cells() -> None:
    row = [b""] * len(rows.KEYS)
    row[rows.KEYS.index("EMAIL")] = bytes.fromhex(digest("x"))
    person = rows.pack(rows.bits("EMAIL", "FN", "ZIP"), [row])
    assert text(person) == json.dumps([digest("x"), "", ""])
    found = verdict(answer(1, {text(person): "bad"}), [ADA, person])
    assert found == Verdict([(1, "bad", True)], is_complete=True)


# A session of several requests, of which Meta may or may not count the earlier ones again.

NAMED = {text(ADA): "bad"}


@pytest.mark.parametrize(
    ("count", "before", "expected"),
    [
        (1, 0, Verdict([(0, "bad", True)], is_complete=True)),
        (1, 5, Verdict([(0, "bad", True)], is_complete=True)),  # it counts each request anew
        (6, 5, Verdict([(0, "bad", True)], is_complete=True)),  # it counts all of the session
        (7, 5, Verdict([(0, "bad", True)], is_complete=False)),  # one more, which it does not name
        (
            9,  # all four rows of the request
            5,
            Verdict(
                [(0, "bad", True), (1, NO_REASON, True), (2, NO_REASON, True)], is_complete=True
            ),
        ),
    ],
)
def test_invalid_ones_of_earlier_requests(count: int, before: int, expected: Verdict) -> None:
    assert verdict(answer(count, NAMED), [ADA, BEA, CEE], before) == expected


def test_a_person_alone_with_a_bad_row_that_is_not_named() -> None:
    # Sent again in halves, it would be sent for ever.
    assert verdict(answer(1, {}), [BEA]) == Verdict([(0, NO_REASON, False)], is_complete=True)
