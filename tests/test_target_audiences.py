"""People from the target to the sandbox's audiences, over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from meta_sandbox import Sandbox
from tests.targets import (
    MEMBERS,
    Output,
    as_bytes,
    audience,
    config,
    messages,
    people,
    record,
    rejects,
    run_target,
    schema,
    sha,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

KEYS = ["external_id"]
STREAMS = ("north-audience_members", "south-audience_members")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, accounts=1, ads=4, days=4) as running:
        yield running


def person(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A person."""
    made = {
        "external_id": f"c{number}",
        "email": f"person{number}@mail.example",
        "phone": f"+1650555{number:04d}",
        "first_name": "Mary",
        "last_name": "Smith",
        "zip": "94025",
        "country": "US",
    }
    return {**made, **more}


def run(
    sandbox: Sandbox,
    folder: Path,
    rows: Iterable[Mapping[str, Any]],
    *,
    every: int = 0,
    more: Mapping[str, Any] | None = None,
    **block: Any,  # noqa: ANN401 - JSON
) -> Output:
    settings = config(sandbox, folder, members=block, **(more or {}))
    return run_target(settings, messages(MEMBERS, [*rows], KEYS, every), folder)


def test_upsert_sends_what_is_new_or_changed(sandbox: Sandbox, tmp_path: Path) -> None:
    first = run(sandbox, tmp_path, [person(1), person(2)])
    assert first.status == 0, first.log
    second = run(sandbox, tmp_path, [person(1), person(2, email="new@mail.example"), person(3)])
    assert second.counts(MEMBERS) == {
        "received": 3,
        "delivered": 2,
        "unchanged": 1,
        "rejected": 0,
    }
    found = people(sandbox)
    assert found.keys() == {"c1", "c2", "c3"}
    assert found["c2"]["EMAIL"] == sha("new@mail.example")
    assert found["c1"] == {
        "EXTERN_ID": "c1",
        "EMAIL": sha("person1@mail.example"),
        "PHONE": sha("16505550001"),
        "FN": sha("mary"),
        "LN": sha("smith"),
        "ZIP": sha("94025"),
        "COUNTRY": sha("us"),
    }


@pytest.mark.parametrize("by_column", [False, True])
def test_an_audience_takes_one_stream(sandbox: Sandbox, tmp_path: Path, *, by_column: bool) -> None:
    """The first person of one stream is not the first person of the other."""
    named = {"audience_name": None, "audience_column": "list"} if by_column else {}
    lines: list[dict[str, Any]] = []
    for shop in ("north", "south"):
        rows = [person(1, email=f"{shop}@mail.example", list="Customers")]
        lines += messages(f"{shop}-audience_members", rows, KEYS)
    settings = config(sandbox, tmp_path, members=named)
    output = run_target(settings, lines, tmp_path)
    assert output.status == 1
    one, other = "'north-audience_members'", "'south-audience_members'"
    assert f"gets people from the streams {one} and {other}. Give each" in output.last_words
    assert "mail.example" not in output.log


def test_a_mirror_removes_who_is_gone(sandbox: Sandbox, tmp_path: Path) -> None:
    everybody = [person(number) for number in range(100)]
    assert run(sandbox, tmp_path, everybody, sync_mode="mirror").status == 0
    fewer = run(sandbox, tmp_path, everybody[:60], sync_mode="mirror")
    assert fewer.status == 0, fewer.log
    assert fewer.counts(MEMBERS)["removed"] == 40
    assert people(sandbox).keys() == {row["external_id"] for row in everybody[:60]}


@pytest.mark.parametrize("ending", ["no state", "cut line", "no records"])
def test_half_an_input_removes_nobody(sandbox: Sandbox, tmp_path: Path, ending: str) -> None:
    rows = [person(number) for number in range(100)]
    run(sandbox, tmp_path, rows, sync_mode="mirror")
    lines = messages(MEMBERS, rows[:90], KEYS)
    given = {"no state": lines[:-1], "cut line": lines, "no records": lines[:1]}[ending]
    text = as_bytes(given)
    if ending == "cut line":
        text = text[:-1]
    output = run_target(config(sandbox, tmp_path, members={"sync_mode": "mirror"}), text, tmp_path)
    assert output.status == 0, output.log
    assert "nobody was removed" in output.log
    assert len(people(sandbox)) == 100


@pytest.mark.parametrize(
    ("left", "ratio", "is_done"),
    [(40, 0.5, False), (50, 0.5, True), (0, 0.5, False), (0, 0.99, False), (0, 1, True)],
)
def test_a_mirror_asks_before_it_removes_many(
    sandbox: Sandbox, tmp_path: Path, left: int, ratio: float, *, is_done: bool
) -> None:
    rows = [person(number) for number in range(100)]
    run(sandbox, tmp_path, rows, sync_mode="mirror")
    lines = [schema(MEMBERS, rows[0], KEYS), *(record(MEMBERS, row) for row in rows[:left])]
    settings = config(sandbox, tmp_path, members={"sync_mode": "mirror"}, max_removal_ratio=ratio)
    output = run_target(settings, [*lines, state({})], tmp_path)
    assert output.status == (0 if is_done else 1)
    assert len(people(sandbox)) == (left if is_done else 100)
    if not is_done:
        assert "`max_removal_ratio`" in output.last_words


def test_a_mirror_is_complete_by_the_version_that_was_activated(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = [person(number) for number in range(10)]
    run(sandbox, tmp_path, rows, sync_mode="mirror")
    lines = messages(MEMBERS, rows[:8], KEYS)[:-1]
    lines.append({"type": "ACTIVATE_VERSION", "stream": MEMBERS, "version": 1})
    output = run_target(config(sandbox, tmp_path, members={"sync_mode": "mirror"}), lines, tmp_path)
    assert output.status == 0, output.log
    assert len(people(sandbox)) == 8


@pytest.mark.parametrize(("sync_mode", "done"), [("mirror", "removed"), ("replace", "replaced")])
def test_too_many_rejects_remove_nobody(
    sandbox: Sandbox, tmp_path: Path, sync_mode: str, done: str
) -> None:
    rows = [{"customer": number, "email": f"p{number}@mail.example"} for number in range(10)]
    wrong = [{**row, "email": "n/a"} for row in rows[6:]]
    # Beside a stream that is so long that of all the records few are rejected.
    beside = [{"customer": number, "email": f"q{number}@mail.example"} for number in range(90)]
    settings = config(sandbox, tmp_path, members={"sync_mode": sync_mode})
    block = settings["streams"]["*-audience_members"]
    settings["streams"]["beside"] = {**block, "audience_name": "Beside"}
    keys = ["customer"]
    assert run_target(settings, messages(MEMBERS, rows, keys), tmp_path).status == 0
    given = [*messages(MEMBERS, rows[:6] + wrong, keys), *messages("beside", beside, keys)]
    output = run_target(settings, given, tmp_path)
    assert output.status == 1
    assert f"nobody was {done}, since rejected records count as missing" in output.last_words
    assert f"Of stream {MEMBERS!r} 4 of 10 records were rejected" in output.last_words
    assert len(sandbox.members(audience(sandbox))) == 10
    assert len(sandbox.members(audience(sandbox, "Beside"))) == 90


def test_replace_swaps_all_members(sandbox: Sandbox, tmp_path: Path) -> None:
    run(sandbox, tmp_path, [person(number) for number in range(100)], sync_mode="replace")
    without_id = [{**person(500), "external_id": "", "member": "x"}]
    rows = [{**person(number), "member": str(number)} for number in range(50, 25_000)]
    settings = config(sandbox, tmp_path, members={"sync_mode": "replace"})
    lines = messages(MEMBERS, [*rows, *without_id], ["member"])
    output = run_target(settings, lines, tmp_path)
    assert output.status == 0, output.log
    assert output.counts(MEMBERS)["delivered"] == 24_951
    members = sandbox.members(audience(sandbox))
    assert {one.get("EXTERN_ID") for one in members} == {
        *(row["external_id"] for row in rows),
        None,
    }
    assert len(members) == 24_951
    swaps = [one for one in sandbox.requests() if "usersreplace" in str(one["path"])]
    assert len(swaps) == 1 + 3


def test_replace_needs_a_complete_input_and_somebody_in_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = [person(number) for number in range(100)]
    run(sandbox, tmp_path, rows, sync_mode="replace")
    settings = config(sandbox, tmp_path, members={"sync_mode": "replace"})
    half = run_target(settings, messages(MEMBERS, rows[:50], KEYS)[:-1], tmp_path)
    assert half.status == 1
    assert "not replaced" in half.last_words
    nobody = run_target(settings, [schema(MEMBERS, rows[0], KEYS), state({})], tmp_path)
    assert nobody.status == 1
    assert "would empty" in nobody.last_words
    assert len(people(sandbox)) == 100


def two_streams(
    rows: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Two streams whose keys are the numbers of their rows: the first of one is not the other's."""
    given: list[dict[str, Any]] = []
    for stream, some in zip(STREAMS, (rows, others), strict=True):
        numbered = [{**row, "request": number} for number, row in enumerate(some)]
        given += messages(stream, numbered, ["request"])
    return given


def test_remove_takes_people_out_known_or_not(sandbox: Sandbox, tmp_path: Path) -> None:
    run(sandbox, tmp_path, [person(number) for number in range(10)])
    other = tmp_path / "other"
    other.mkdir()
    # With a ledger that has never heard of them.
    given = two_streams([person(number) for number in range(5, 10)], [person(10), person(11)])
    settings = config(sandbox, other, members={"sync_mode": "remove"})
    output = run_target(settings, given, other)
    assert output.status == 0, output.log
    assert [output.counts(stream)["delivered"] for stream in STREAMS] == [5, 2]
    assert people(sandbox).keys() == {f"c{number}" for number in range(5)}


def test_operations_and_deleted_rows(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = [
        {**person(1), "operation": "add", "_sdc_deleted_at": None},
        {**person(2), "operation": "add", "_sdc_deleted_at": None},
        {**person(2), "operation": "remove", "_sdc_deleted_at": None},
        {**person(3), "operation": "remove", "_sdc_deleted_at": None},
        {**person(3), "operation": "add", "_sdc_deleted_at": None},
        {**person(4), "operation": "add", "_sdc_deleted_at": "2026-11-01T00:00:00Z"},
        {**person(5), "operation": "perhaps", "_sdc_deleted_at": None},
    ]
    more = {"max_reject_ratio": 0.5}
    output = run(sandbox, tmp_path, rows, operation_column="operation", more=more)
    assert output.status == 0, output.log
    assert people(sandbox).keys() == {"c1", "c3"}
    assert output.counts(MEMBERS) == {
        "received": 7,
        "delivered": 4,
        "unchanged": 0,
        "rejected": 1,
        "superseded": 2,
    }
    assert [one["code"] for one in rejects(tmp_path)] == ["unknown_operation"]


def test_many_audiences_from_one_stream(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = [{**person(number), "list": f"List {number % 3}"} for number in range(30)]
    rows.append({**person(99), "list": sandbox.add_audience("By its id")})
    flagged = sandbox.add_audience("Flagged")
    sandbox.set_audience_state(flagged, "flagged")
    rows.append({**person(98), "list": "Flagged"})
    settings = config(sandbox, tmp_path, members={"audience_name": None, "audience_column": "list"})
    output = run_target(settings, messages(MEMBERS, rows, ["external_id", "list"]), tmp_path)
    assert output.status == 1
    assert "'Flagged'" in output.last_words
    assert "flagged" in output.last_words
    for number in range(3):
        assert len(people(sandbox, f"List {number}")) == 10
    assert people(sandbox, "By its id").keys() == {"c99"}
    assert output.counts(MEMBERS)["undelivered"] == 1


def test_several_identifiers_of_one_person(sandbox: Sandbox, tmp_path: Path) -> None:
    row = person(1, email=["a@mail.example", "b@mail.example", "n/a"], phone=None)
    assert run(sandbox, tmp_path, [row]).status == 0
    found = sandbox.members(audience(sandbox))
    assert {one["EMAIL"] for one in found} == {sha("a@mail.example"), sha("b@mail.example")}
    assert {one["EXTERN_ID"] for one in found} == {"c1"}
    # Changed to one, the other is removed.
    assert run(sandbox, tmp_path, [person(1, email="b@mail.example", phone=None)]).status == 0
    assert [one["EMAIL"] for one in sandbox.members(audience(sandbox))] == [sha("b@mail.example")]


def test_value_based_and_limited_data_use(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = [
        person(1, value=12.5, data_processing_options=["LDU"]),
        person(2, value=0, data_processing_options=[]),
        person(3, value=None, data_processing_options=None),
    ]
    more = {"max_reject_ratio": 0.5}
    output = run(sandbox, tmp_path, rows, value_based=True, more=more)
    assert output.status == 0, output.log
    found = people(sandbox)
    assert found["c1"]["LOOKALIKE_VALUE"] == "12.5"
    assert found["c1"]["DATA_PROCESSING_OPTIONS"] == ["LDU"]
    assert found["c2"]["LOOKALIKE_VALUE"] == "0"
    assert [one["code"] for one in rejects(tmp_path)] == ["no_value"]


def test_a_request_that_is_too_large_is_sent_in_halves(sandbox: Sandbox, tmp_path: Path) -> None:
    answer = {"error": {"code": 105}}
    sandbox.add_fault({"match": {"edge": "users"}, "times": 3, "answer": answer})
    output = run(sandbox, tmp_path, [person(number) for number in range(1_000)])
    assert output.status == 0, output.log
    assert len(people(sandbox)) == 1_000


STATES: dict[str, tuple[str, str]] = {
    "flagged": ("flagged", "Ads Manager"),
    "deleted": ("100/33", "Check the id"),
    "not_shared": ("1487301", "Share"),
}


@pytest.mark.parametrize("condition", STATES)
def test_an_audience_that_cannot_be_used(sandbox: Sandbox, tmp_path: Path, condition: str) -> None:
    run(sandbox, tmp_path, [person(1)])
    found = audience(sandbox)
    sandbox.set_audience_state(found, condition)
    settings = config(sandbox, tmp_path, members={"audience_id": found, "audience_name": None})
    output = run_target(settings, messages(MEMBERS, [person(2)], KEYS), tmp_path)
    assert output.status == 1
    assert output.states == []
    assert all(word in output.last_words for word in (found, *STATES[condition]))


def test_terms_that_nobody_has_accepted(sandbox: Sandbox, tmp_path: Path) -> None:
    account = str(sandbox.truth("accounts")[0]["account_id"])
    sandbox.set_audience_state(f"act_{account}", "terms_not_accepted")
    output = run(sandbox, tmp_path, [person(1)])
    assert output.status == 1
    assert f"customaudiences/tos/?act={account}" in output.last_words


def test_a_removal_that_meta_refuses_is_a_warning(sandbox: Sandbox, tmp_path: Path) -> None:
    run(sandbox, tmp_path, [person(number) for number in range(10)])
    sandbox.set_audience_state(audience(sandbox), "too_small")
    output = run(sandbox, tmp_path, [person(1)], sync_mode="remove")
    assert output.status == 0, output.log
    assert "1870047" in output.log
    assert output.counts(MEMBERS)["not removed"] == 1
    assert output.states == [{MEMBERS: 1}]
    sandbox.set_audience_state(audience(sandbox), "normal")
    again = run(sandbox, tmp_path, [person(1)], sync_mode="remove")
    assert again.counts(MEMBERS)["delivered"] == 1
    assert len(people(sandbox)) == 9


def test_erasure_from_every_audience(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = [{**person(number), "list": f"List {number % 2}"} for number in range(20)]
    rows += [{**person(number), "list": "All"} for number in range(20)]
    columns = {"audience_name": None, "audience_column": "list"}
    settings = config(sandbox, tmp_path, members=columns)
    run_target(settings, messages(MEMBERS, rows, ["external_id", "list"]), tmp_path)
    erasing = config(sandbox, tmp_path, members={"audience_name": None, "sync_mode": "erase"})
    erased = run_target(erasing, two_streams([person(3)], [person(4)]), tmp_path)
    assert erased.status == 0, erased.log
    left = {f"c{number}" for number in range(20)} - {"c3", "c4"}
    assert people(sandbox, "All").keys() == left
    # And the ledger has forgotten them: they are added again where they stand in the source.
    again = run_target(settings, messages(MEMBERS, rows, ["external_id", "list"]), tmp_path)
    assert again.counts(MEMBERS)["delivered"] == 4
    assert len(people(sandbox, "All")) == 20
