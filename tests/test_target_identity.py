"""Who is who in an audience: without a key, with a shared identifier, by the ids of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meta_sandbox import Sandbox
from tests.targets import (
    MEMBERS,
    audience,
    config,
    messages,
    run_target,
    sha,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PHONE_OF_ALL = "+16505550199"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, accounts=1, ads=4, days=4) as running:
        yield running


def test_who_shares_an_identifier_with_somebody_whom_a_mirror_removes_stays(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Meta removes by identifiers, whoever they are of."""
    one = {"customer": 1, "email": "one@mail.example", "phone": PHONE_OF_ALL}
    two = {"customer": 2, "email": "", "phone": PHONE_OF_ALL}
    settings = config(sandbox, tmp_path, members={"sync_mode": "mirror"})
    for rows in ([one, two], [two]):
        output = run_target(settings, messages(MEMBERS, rows, ["customer"]), tmp_path)
        assert output.status == 0, output.log
    counts = output.counts(MEMBERS)
    assert (counts["delivered"], counts["unchanged"], counts["removed"]) == (0, 1, 1)
    (left,) = sandbox.members(audience(sandbox))
    assert left == {"PHONE": sha(PHONE_OF_ALL.lstrip("+"))}


def test_a_mirror_without_a_key_keeps_who_got_an_address(sandbox: Sandbox, tmp_path: Path) -> None:
    """Without a key somebody with a new address is somebody new, and the old one is removed."""
    people_before = [{"email": f"p{number}@mail.example", "phone": ""} for number in range(4)]
    changed = {**people_before[0], "phone": PHONE_OF_ALL}
    settings = config(sandbox, tmp_path, members={"sync_mode": "mirror"})
    for rows in (people_before, [changed, *people_before[1:3]]):
        output = run_target(settings, messages(MEMBERS, rows, []), tmp_path)
        assert output.status == 0, output.log
    assert output.counts(MEMBERS)["removed"] == 2
    members = sandbox.members(audience(sandbox))
    assert {one["EMAIL"]: one.get("PHONE") for one in members} == {
        sha("p0@mail.example"): sha(PHONE_OF_ALL.lstrip("+")),
        sha("p1@mail.example"): None,
        sha("p2@mail.example"): None,
    }
    before = len(sandbox.requests())
    run_target(settings, messages(MEMBERS, [changed, *people_before[1:3]], []), tmp_path)
    calls = [one for one in sandbox.requests()[before:] if "/users" in str(one["path"])]
    assert calls == []  # nothing is left to do


@pytest.mark.parametrize("sync_mode", ["upsert", "mirror", "replace", "remove", "erase"])
def test_ids_of_a_page_go_with_their_page(sandbox: Sandbox, tmp_path: Path, sync_mode: str) -> None:
    rows = [{"customer": number, "page_scoped_user_id": 5000 + number} for number in range(3)]
    block: dict[str, str | None] = {"page_id": "901", "sync_mode": "upsert"}
    settings = config(sandbox, tmp_path, members=block)
    run_target(settings, messages(MEMBERS, rows[:2], ["customer"]), tmp_path)
    block["sync_mode"] = sync_mode
    if sync_mode == "erase":
        block["audience_name"] = None
    settings = config(sandbox, tmp_path, members=block)
    output = run_target(settings, messages(MEMBERS, rows[1:], ["customer"]), tmp_path)
    assert output.status == 0, output.log
    assert output.counts(MEMBERS)["rejected"] == 0
    left = {
        "upsert": {"5000", "5001", "5002"},
        "mirror": {"5001", "5002"},
        "replace": {"5001", "5002"},
        "remove": {"5000"},
        "erase": {"5000"},
    }
    assert {one["PAGEUID"] for one in sandbox.members(audience(sandbox))} == left[sync_mode]


def test_without_a_key_an_upsert_keeps_the_old_address_too(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = config(sandbox, tmp_path, members={"sync_mode": "upsert"})
    for mail in ("old@mail.example", "new@mail.example"):
        row = {"email": mail, "phone": PHONE_OF_ALL}
        output = run_target(settings, messages(MEMBERS, [row], []), tmp_path)
        assert output.status == 0, output.log
    members = sandbox.members(audience(sandbox))
    assert {one["EMAIL"] for one in members} == {sha("old@mail.example"), sha("new@mail.example")}


@pytest.mark.parametrize(
    ("setting", "first", "second", "words"),
    [
        ("page_id", "901", "902", "`page_id` 901 and 902"),
        ("value_based", True, False, "is value-based: set `value_based: true`"),
    ],
)
def test_two_streams_that_say_otherwise_of_one_audience(
    sandbox: Sandbox, tmp_path: Path, setting: str, first: object, second: object, words: str
) -> None:
    row = {"customer": 1, "email": "one@mail.example", "value": 5}
    blocks = {}
    made = config(sandbox, tmp_path, members={"value_based": setting == "value_based"})
    adding = made["streams"]["*-audience_members"]
    for name, value in (("north", first), ("south", second)):
        block = {**adding, "page_id": "901", "sync_mode": "remove", setting: value}
        blocks[f"{name}-audience_members"] = block
    if setting == "value_based":
        upload = {**made, "streams": {MEMBERS: {**adding, "page_id": "901"}}}
        assert run_target(upload, messages(MEMBERS, [row], ["customer"]), tmp_path).status == 0
    lines = [line for name in blocks for line in messages(name, [row], ["customer"])]
    output = run_target({**made, "streams": blocks}, lines, tmp_path)
    assert output.status == 1
    assert words in output.last_words
