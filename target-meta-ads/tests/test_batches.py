from __future__ import annotations

import pytest

from target_meta_ads.audiences.batches import Batch, Batches, Claimed
from target_meta_ads.audiences.calls import MOST_ROWS
from target_meta_ads.delivery.destinations import Entry, Source
from target_meta_ads.ledger import Claim
from target_meta_ads.report import StreamReport
from tests.fake_meta import key, packed

SOURCE = Source(StreamReport("people"), lambda identity, _: {"id": identity[0]})


def entry(name: str, number: int = 1, rows: int = 1, **more: str) -> Entry:
    """A person with some rows."""
    emails = [f"{name}{at}@a.example" for at in range(rows)]
    return Entry(number, SOURCE, key(name), (name,), packed(name, *emails, **more))


def names(batch: Batch | None) -> list[str]:
    return [] if batch is None else [entry.identity[0] for entry in batch.entries]


def sent(batches: Batches) -> list[Batch]:
    """All that may be sent now."""
    return list(iter(batches.next, None))


def whole(batches: Batches, *people: str) -> Batch:
    """A batch of people that was sent."""
    for name in people:
        batch = batches.put(entry(name), is_removal=False)
    batches.close(batch)
    assert batches.next() is batch
    return batch


# Put and closed.


def test_people_of_one_kind_share_a_batch() -> None:
    batches = Batches()
    first = batches.put(entry("a"), is_removal=False)
    assert batches.put(entry("b", rows=2), is_removal=False) is first
    others = [
        batches.put(entry("c"), is_removal=True),
        batches.put(entry("d", FN="d"), is_removal=False),
    ]
    assert len({id(batch) for batch in (first, *others)}) == 3
    assert (names(first), first.rows) == (["a", "b"], 3)
    assert (batches.held, batches.waiting, batches.next()) == (4, 0, None)


@pytest.mark.parametrize(("rows", "is_closed"), [(1, False), (2, True)])
def test_rows_that_do_not_fit_any_more_close_a_batch(rows: int, *, is_closed: bool) -> None:
    batches = Batches()
    first = batches.put(entry("a"), is_removal=False)
    first.rows = MOST_ROWS - 1
    second = batches.put(entry("b", rows=rows), is_removal=False)
    assert (second is not first) is is_closed
    assert batches.waiting == int(is_closed)
    batches.close_if_full(first)
    assert sent(batches) == [first]


def test_only_batches_with_records_up_to_a_number_are_closed() -> None:
    batches = Batches()
    early = batches.put(entry("a", 3), is_removal=False)
    batches.put(entry("b", 9), is_removal=False)
    batches.put(entry("c", 4), is_removal=True)
    batches.close_up_to(3)
    assert sent(batches) == [early]
    assert batches.held == 1


def test_closing_a_batch_twice_queues_it_once() -> None:
    batches = Batches()
    batch = batches.put(entry("a"), is_removal=False)
    batches.close(batch)
    newer = batches.put(entry("b"), is_removal=False)
    batches.close(batch)
    assert (batches.waiting, batches.held) == (1, 1)
    assert sent(batches) == [batch]
    batches.close(newer)
    assert sent(batches) == [newer]


# One after the other.


def test_a_batch_waits_for_those_before_it_and_closes_them() -> None:
    batches = Batches()
    removals = [
        batches.put(entry("a"), is_removal=True),
        batches.put(entry("b", FN="x"), is_removal=True),
    ]
    add = batches.put(entry("a", LN="y"), is_removal=False)
    add.after.update(removals)
    batches.close(add)
    assert set(sent(batches)) == set(removals)
    batches.settle(removals[0])
    assert batches.next() is None
    batches.settle(removals[1])
    assert sent(batches) == [add]


def test_nobody_waits_for_a_batch_that_was_left_by_all() -> None:
    batches = Batches()
    removal, add = (batches.put(entry("a"), is_removal=way) for way in (True, False))
    add.after.add(removal)
    batches.close(add)
    batches.leave(removal, [*removal.entries])
    assert sent(batches) == [add]


def test_followers_are_those_who_belong_to_the_batch_that_they_wait_for() -> None:
    batches = Batches()
    removal = batches.put(entry("a"), is_removal=True)
    add = batches.put(entry("a", 5), is_removal=False)
    batches.put(entry("b", 6), is_removal=False)
    second = batches.put(entry("a", 7, FN="x"), is_removal=True)
    stranger = batches.put(entry("a", 8, FN="x"), is_removal=False)
    for later in (add, second):
        later.after.add(removal)
    found = batches.take_followers(removal, {key("a")})
    assert sorted((entry.number, is_removal) for entry, is_removal in found) == [
        (5, False),
        (7, True),
    ]
    assert names(add) == ["b"]  # who has nobody to wait for stays
    assert second not in list(batches)
    assert names(stranger) == ["a"]
    assert batches.has_any_of([key("a")])  # in the removal itself


# Pending.


def test_whoever_is_in_two_batches_is_pending_until_both_are_settled() -> None:
    batches = Batches()
    removal, add = (batches.put(entry("a"), is_removal=way) for way in (True, False))
    assert batches.has_any_of([key("b"), key("a")])
    batches.settle(removal)
    assert batches.has_any_of([key("a")])
    batches.settle(add)
    assert not batches.has_any_of([key("a")])
    assert list(batches) == []


@pytest.mark.parametrize("is_sent", [True, False])
def test_what_is_dropped_is_what_was_not_sent(*, is_sent: bool) -> None:
    batches = Batches()
    batches.close(batches.put(entry("a"), is_removal=False))
    first = batches.next() if is_sent else None
    batches.put(entry("b"), is_removal=False)
    batches.close(batches.put(entry("c"), is_removal=True))
    dropped = {entry.identity[0] for entry in batches.drop()}
    assert dropped == ({"b", "c"} if is_sent else {"a", "b", "c"})
    assert list(batches) == ([first] if is_sent else [])
    assert batches.has_any_of([key("a")]) is is_sent
    assert not batches.has_any_of([key("b"), key("c")])


# Split.


@pytest.mark.parametrize(
    ("people", "halves"),
    [("a", ["a"]), ("ab", ["a", "b"]), ("abc", ["ab", "c"]), ("abcd", ["ab", "cd"]), ("", [])],
)
def test_what_is_left_of_a_batch_goes_first_in_two_halves(people: str, halves: list[str]) -> None:
    batches = Batches()
    batch = whole(batches, "a", "b", "c", "d", "e")
    batches.close(batches.put(entry("z"), is_removal=False))
    batches.split(batch, [one for one in batch.entries if one.identity[0] in people])
    again = sent(batches)
    assert ["".join(names(half)) for half in again] == [*halves, "z"]
    assert [half.rows for half in again] == [len(half) for half in [*halves, "z"]]
    for name in "abcde":
        assert batches.has_any_of([key(name)]) is (name in people)


def test_whoever_waits_for_a_batch_waits_for_both_halves() -> None:
    batches = Batches()
    for name in "ab":
        removal = batches.put(entry(name), is_removal=True)
        add = batches.put(entry(name), is_removal=False)
    add.after.add(removal)
    batches.close(add)
    assert sent(batches) == [removal]
    batches.split(removal, removal.entries)
    first, second = sent(batches)
    batches.settle(first)
    assert batches.next() is None
    batches.settle(second)
    assert sent(batches) == [add]
    batches.settle(add)
    assert not batches.has_any_of([key("a"), key("b")])


def test_a_claim_is_shared_until_the_last_of_all_parts_is_settled() -> None:
    batches = Batches()
    batch = whole(batches, "a", "b", "c")
    shared = batch.whole = Claimed(Claim(1, "1"), 1)
    batches.split(batch, batch.entries)
    first, second = sent(batches)
    assert first.whole is second.whole is shared
    assert shared.batches == 2
    batches.split(first, first.entries)
    assert shared.batches == 3
    for left, part in enumerate((second, *sent(batches))):
        assert shared.batches == 3 - left
        batches.settle(part)
    assert shared.batches == 0


def test_a_claim_of_which_nothing_is_sent_again_is_over() -> None:
    batches = Batches()
    batch = whole(batches, "a")
    shared = batch.whole = Claimed(Claim(1, "1"), 1)
    batches.split(batch, [])
    assert shared.batches == 0
    assert list(batches) == []


def test_dropped_halves_give_up_their_shares() -> None:
    batches = Batches()
    batch = whole(batches, "a", "b")
    shared = batch.whole = Claimed(Claim(1, "1"), 1)
    batches.split(batch, batch.entries)
    assert {entry.identity[0] for entry in batches.drop()} == {"a", "b"}
    assert shared.batches == 0
