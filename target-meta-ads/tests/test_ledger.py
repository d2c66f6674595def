"""The ledger's methods, each on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from target_meta_ads.ledger import Claim, Ledger, without_doubt
from target_meta_ads.ledger._claims import Claims
from tests.sample_ledger import ACCOUNT, AUDIENCE, OTHER, PIXEL, add, key, keys, labelled, people

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sample_ledger import Clock


def test_names_of_audiences(ledger: Ledger, reopen: Callable[[], Ledger]) -> None:
    assert ledger.audience_id(ACCOUNT, "Buyers") is None
    ledger.remember_audience(ACCOUNT, "Buyers", AUDIENCE)
    ledger.remember_audience("1201", "Buyers", "23860")
    ledger.remember_audience(ACCOUNT, "Buyers", OTHER)
    ledger = reopen()
    assert ledger.audience_id(ACCOUNT, "Buyers") == OTHER
    assert ledger.audience_id("1201", "Buyers") == "23860"
    ledger.forget_audience(ACCOUNT, "Buyers")
    ledger.forget_audience(ACCOUNT, "never heard of")
    assert ledger.audience_id(ACCOUNT, "Buyers") is None
    assert ledger.audience_id("1201", "Buyers") == "23860"


def test_audiences_of_an_account(ledger: Ledger) -> None:
    assert ledger.audiences_of(ACCOUNT) == []
    ledger.remember_audience(ACCOUNT, "Buyers", "3")
    ledger.remember_audience("1201", "Theirs", "2")
    run = ledger.begin_run()
    for audience in ("1", "2"):
        add(ledger, audience, range(2), run)
    ledger.release(ledger.claim(PIXEL, keys(1)))
    assert ledger.audiences_of(ACCOUNT) == ["1", "3"]
    assert ledger.audiences_of("1201") == ["1", "2"]


def test_numbers_of_runs_grow(ledger: Ledger, reopen: Callable[[], Ledger]) -> None:
    runs = [ledger.begin_run(), ledger.begin_run(), reopen().begin_run(), reopen().begin_run()]
    assert runs == sorted(set(runs))


def test_members_are_known_once_accepted(ledger: Ledger, reopen: Callable[[], Ledger]) -> None:
    run = ledger.begin_run()
    rows = people(range(25))
    claim = ledger.claim(AUDIENCE, [row[0] for row in rows])
    assert ledger.known_members(AUDIENCE, claim.granted) == {}
    ledger.accept_members(claim, rows, run)
    assert ledger.known_members(AUDIENCE, keys(30)) == dict(rows)
    ledger = reopen()
    assert ledger.known_members(AUDIENCE, keys(30)) == dict(rows)
    assert ledger.known_members(AUDIENCE, keys(1)) == dict(rows[:1])
    assert ledger.known_members(OTHER, keys(30)) == {}


@pytest.mark.parametrize("count", [1, 2, 10, 11, 899, 900, 901, 1801])
def test_any_number_of_keys(ledger: Ledger, count: int) -> None:
    run = ledger.begin_run()
    add(ledger, AUDIENCE, range(count), run)
    assert len(ledger.known_members(AUDIENCE, keys(count + 5))) == count
    assert ledger.counts(AUDIENCE, run + 1) == (count, count)
    ledger.mark_seen(AUDIENCE, keys(count), run + 1)
    assert ledger.counts(AUDIENCE, run + 1) == (count, 0)
    ledger.accept_removals(ledger.claim(AUDIENCE, keys(count)), keys(count))
    assert ledger.counts(AUDIENCE, run + 1) == (0, 0)


def test_a_changed_person_replaces(ledger: Ledger) -> None:
    run = ledger.begin_run()
    add(ledger, AUDIENCE, range(3), run)
    claim = ledger.claim(AUDIENCE, keys(1))
    ledger.accept_members(claim, [(key(0), b"old"), (key(0), b"new")], run)
    assert ledger.known_members(AUDIENCE, keys(1)) == {key(0): b"new"}
    assert ledger.counts(AUDIENCE, run) == (3, 0)


def test_removed_are_unknown_and_unknown_ones_do_no_harm(ledger: Ledger) -> None:
    run = ledger.begin_run()
    add(ledger, AUDIENCE, range(5), run)
    add(ledger, OTHER, range(5), run)
    claim = ledger.claim(AUDIENCE, keys(10))
    ledger.accept_removals(claim, keys(3))
    ledger.accept_removals(claim, keys(1, 9))
    assert set(ledger.known_members(AUDIENCE, keys(10))) == set(keys(2, 3))
    assert len(ledger.known_members(OTHER, keys(10))) == 5


def test_who_was_not_seen(ledger: Ledger, reopen: Callable[[], Ledger]) -> None:
    add(ledger, AUDIENCE, range(50), ledger.begin_run())
    ledger = reopen()
    run = ledger.begin_run()
    ledger.mark_seen(AUDIENCE, keys(20), run)
    ledger.mark_seen(AUDIENCE, keys(1, 1000), run)
    ledger.mark_seen(AUDIENCE, keys(10), run - 1)  # a slower run, which began before
    add(ledger, AUDIENCE, range(50, 55), run)
    add(ledger, AUDIENCE, range(55, 56), run + 1)
    assert ledger.counts(AUDIENCE, run) == (56, 30)
    assert ledger.counts(OTHER, run) == (0, 0)
    pages = list(ledger.unseen(AUDIENCE, run, 7))
    assert [len(page) for page in pages] == [7, 7, 7, 7, 2]
    assert sorted(row for page in pages for row in page) == sorted(people(range(20, 50)))
    assert list(ledger.unseen(OTHER, run, 7)) == []


def test_who_was_just_added_is_seen_by_the_next_run(ledger: Ledger) -> None:
    add(ledger, AUDIENCE, range(5), ledger.begin_run())
    run = ledger.begin_run()
    ledger.mark_seen(AUDIENCE, keys(3), run)
    assert ledger.counts(AUDIENCE, run) == (5, 2)


def test_unseen_is_stable_while_they_are_removed(ledger: Ledger) -> None:
    add(ledger, AUDIENCE, range(40), ledger.begin_run())
    run = ledger.begin_run()
    given: list[bytes] = []
    for page in ledger.unseen(AUDIENCE, run, 6):
        asked = [row[0] for row in page]
        given += asked
        ledger.accept_removals(ledger.claim(AUDIENCE, asked), asked[:4])
    assert sorted(given) == sorted(keys(40))
    assert ledger.counts(AUDIENCE, run)[0] == 40 - 6 * 4 - 4


def test_people_are_forgotten_by_what_is_in_their_rows(ledger: Ledger) -> None:
    run = ledger.begin_run()
    add(ledger, AUDIENCE, range(30), run)
    add(ledger, OTHER, range(20, 50), run)
    gone = {b"\x01" + str(number).encode() for number in range(18, 22)}
    assert ledger.forget_people([AUDIENCE, OTHER, "unheard of"], gone.__contains__) == 6
    assert ledger.forget_people([], gone.__contains__) == 0
    assert ledger.counts(AUDIENCE, run) == (26, 0)
    assert set(ledger.known_members(OTHER, keys(50))) == set(keys(28, 22))


def test_events_of_a_store_are_known_for_longer(ledger: Ledger, clock: Clock) -> None:
    claim = ledger.claim(PIXEL, keys(2))
    ledger.accept_events(claim, keys(1), seconds=62 * 86_400)
    ledger.accept_events(claim, keys(1, 1))
    clock.move(days=61)
    ledger.prune(clock.now)
    assert ledger.known_events(PIXEL, keys(2)) == set(keys(1))
    clock.move(days=2)
    ledger.prune(clock.now)
    assert ledger.known_events(PIXEL, keys(2)) == set()


def test_people_whom_a_dead_worker_was_adding(ledger: Ledger, reopen: Callable[[], Ledger]) -> None:
    run = ledger.begin_run()
    add(ledger, AUDIENCE, range(1), run)
    claim = ledger.claim(AUDIENCE, keys(4), [b"new0", b"new1", b"new2", b"new3"])
    ledger.accept_members(claim, [(key(1), b"new1")], run)
    ledger.claim(AUDIENCE, keys(1, 7), [])  # of a removal nothing is uncertain
    ledger = reopen()
    ledger.bury_dead(AUDIENCE)
    known = ledger.known_members(AUDIENCE, keys(9))
    assert {name: without_doubt(packed) for name, packed in known.items()} == {
        key(0): known[key(0)],
        key(1): b"new1",
        key(2): b"new2",
        key(3): b"new3",
    }
    assert known[key(1)] == b"new1"
    assert known[key(2)] != b"new2"  # so it is not taken for unchanged
    assert ledger.counts(AUDIENCE, ledger.begin_run())[0] == 4


def test_events_are_known_for_seven_days(
    ledger: Ledger, reopen: Callable[[], Ledger], clock: Clock
) -> None:
    claim = ledger.claim(PIXEL, keys(5))
    assert claim.granted == set(keys(5))
    ledger.accept_events(claim, keys(5))
    ledger = reopen()
    clock.move(days=6, hours=23)
    assert ledger.known_events(PIXEL, keys(10)) == set(keys(5))
    assert ledger.known_events("78", keys(10)) == set()
    again = ledger.claim(PIXEL, keys(10))
    assert again.granted == set(keys(5, 5))
    assert again.done == set(keys(5))
    ledger.release(again)
    clock.move(hours=1)
    assert ledger.known_events(PIXEL, keys(10)) == set()
    late = ledger.claim(PIXEL, keys(1))
    assert late.granted == set(keys(1))
    ledger.accept_events(late, keys(1))
    assert ledger.known_events(PIXEL, keys(10)) == set(keys(1))


def test_released_claims_leave_nothing(ledger: Ledger, reopen: Callable[[], Ledger]) -> None:
    claim = ledger.claim(PIXEL, keys(5))
    ledger.release(claim)
    ledger.release(claim)
    ledger = reopen()
    assert ledger.lost_events(PIXEL) == {}
    assert ledger.claim(PIXEL, keys(5)).first_sent == {}


def test_a_killed_run_leaves_what_it_may_have_sent(
    ledger: Ledger, reopen: Callable[[], Ledger], clock: Clock
) -> None:
    began = clock.now
    claim = ledger.claim(PIXEL, keys(10))
    clock.move(minutes=1)
    ledger.accept_events(claim, keys(2))  # what is left keeps its time
    clock.move(minutes=1)
    ledger.claim(PIXEL, keys(2, 20))
    assert ledger.lost_events(PIXEL) == {}
    ledger = reopen()
    lost = dict.fromkeys(keys(8, 2), began) | dict.fromkeys(keys(2, 20), clock.now)
    assert ledger.lost_events(PIXEL) == lost
    clock.move(hours=1)
    ledger.claim(PIXEL, keys(5))  # and killed again: the first time counts
    ledger = reopen()
    claim = ledger.claim(PIXEL, keys(5))
    assert claim.first_sent == dict.fromkeys(keys(3, 2), began)
    assert claim.done == set(keys(2))
    assert ledger.lost_events(PIXEL) == lost
    ledger.accept_events(claim, keys(2, 2))
    ledger.release(claim)
    left = {name: sent for name, sent in lost.items() if name not in keys(4)}
    assert ledger.lost_events(PIXEL) == left
    ledger = reopen()
    assert ledger.lost_events(PIXEL) == left
    assert ledger.lost_events("78") == {}


def test_nobody_is_lost_from_an_audience_for_good(
    ledger: Ledger, reopen: Callable[[], Ledger], clock: Clock
) -> None:
    ledger.claim(AUDIENCE, keys(10))
    ledger = reopen()
    claim = ledger.claim(AUDIENCE, keys(4))
    assert claim.first_sent == dict.fromkeys(keys(4), clock.now)
    ledger.accept_members(claim, people(range(2)), ledger.begin_run())
    ledger.accept_removals(claim, keys(2, 2))
    assert ledger.claim(AUDIENCE, keys(4)).first_sent == {}


def test_replacing_an_audience(ledger: Ledger) -> None:
    old, run = ledger.begin_run(), ledger.begin_run()
    add(ledger, AUDIENCE, range(10), old)
    add(ledger, OTHER, range(10), old)
    ledger.stage(AUDIENCE, run, labelled(people(range(5, 25))))
    ledger.stage(AUDIENCE, run, [(key(6), b"first", b"1"), (key(6), b"second", b"2")])
    ledger.stage(OTHER, run, labelled(people(range(30, 33))))
    ledger.stage(AUDIENCE, old, labelled(people(range(60, 62))))
    ledger.unstage(AUDIENCE, [*keys(1, 5), *keys(3, 30)])
    assert ledger.counts(AUDIENCE, run) == (10, 10)
    pages = list(ledger.staged(AUDIENCE, run, 8))
    assert [len(page) for page in pages] == [8, 8, 3]
    assert pages == list(ledger.staged(AUDIENCE, run, 8))
    new = dict(people(range(6, 25))) | {key(6): b"second"}
    assert {name: packed for page in pages for name, packed, _ in page} == new
    assert {name: label for page in pages for name, _, label in page}[key(6)] == b"2"
    ledger.swap(AUDIENCE, run)
    assert ledger.known_members(AUDIENCE, keys(50)) == new
    assert ledger.counts(AUDIENCE, run) == (19, 0)
    assert list(ledger.staged(AUDIENCE, run, 8)) == []
    assert len(next(ledger.staged(AUDIENCE, old, 8))) == 2
    assert len(next(ledger.staged(OTHER, run, 8))) == 3
    assert ledger.counts(OTHER, run) == (10, 10)


def test_old_things_are_pruned(ledger: Ledger, reopen: Callable[[], Ledger], clock: Clock) -> None:
    ledger.stage(AUDIENCE, ledger.begin_run(), labelled(people(range(3))))
    ledger.accept_events(ledger.claim(PIXEL, keys(3)), keys(3))
    ledger.claim(PIXEL, keys(3, 3))
    clock.move(days=1)
    ledger.claim(PIXEL, keys(3, 6))
    ledger = reopen()
    run = ledger.begin_run()
    ledger.stage(OTHER, run, labelled(people(range(3))))
    ledger.accept_events(ledger.claim(PIXEL, keys(3, 10)), keys(3, 10))
    own = ledger.claim(PIXEL, keys(1, 50))
    clock.move(days=61)
    ledger.prune(clock.now)
    assert set(ledger.lost_events(PIXEL)) == set(keys(6, 3))
    clock.move(seconds=1)
    ledger.prune(clock.now)
    assert set(ledger.lost_events(PIXEL)) == set(keys(3, 6))
    assert list(ledger.staged(AUDIENCE, run - 1, 10)) == []
    assert len(next(ledger.staged(OTHER, run, 10))) == 3
    clock.move(days=-61)  # as if asked earlier: what is pruned is gone
    assert ledger.known_events(PIXEL, keys(20)) == set()
    ledger.accept_events(own, own.granted)
    assert ledger.known_events(PIXEL, own.granted) == own.granted


def test_nothing_to_do(ledger: Ledger) -> None:
    run = ledger.begin_run()
    assert ledger.known_members(AUDIENCE, []) == {}
    assert ledger.known_events(PIXEL, []) == set()
    assert ledger.counts(AUDIENCE, run) == (0, 0)
    assert ledger.lost_events(PIXEL) == {}
    assert ledger.audiences_of(ACCOUNT) == []
    claim = ledger.claim(AUDIENCE, [])
    assert claim == Claim(0, AUDIENCE)
    for each in (claim, ledger.claim(PIXEL, keys(2))):
        ledger.accept_members(each, [], run)
        ledger.accept_removals(each, [])
        ledger.accept_events(each, [])
        ledger.release(each)
    ledger.mark_seen(AUDIENCE, [], run)
    ledger.mark_seen(AUDIENCE, keys(2), run)
    ledger.stage(AUDIENCE, run, [])
    ledger.unstage(AUDIENCE, [])
    ledger.unstage(AUDIENCE, keys(2))
    ledger.swap(AUDIENCE, run)
    ledger.prune(datetime.now(timezone.utc))
    assert list(ledger.staged(AUDIENCE, run, 5)) == []
    assert list(ledger.unseen(AUDIENCE, run, 5)) == []
    assert ledger.counts(AUDIENCE, run) == (0, 0)


def test_what_is_accepted_counts_without_a_claim(ledger: Ledger) -> None:
    claim = ledger.claim(PIXEL, keys(2))
    ledger.release(claim)
    ledger.accept_events(claim, keys(3))
    assert ledger.known_events(PIXEL, keys(5)) == set(keys(3))


def test_a_call_that_fails_leaves_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ledger.begin_run()
    add(ledger, AUDIENCE, range(2), run)
    claim, first = ledger.claim(AUDIENCE, keys(4)), ledger.claim(OTHER, keys(4))

    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(Claims, "settle", fail)
        for each in (claim, first):
            with pytest.raises(RuntimeError):
                ledger.accept_members(each, people(range(4)), run)
    assert ledger.known_members(AUDIENCE, keys(4)) == dict(people(range(2)))
    assert ledger.known_members(OTHER, keys(4)) == {}
    ledger.accept_members(first, people(range(4)), run)
    assert ledger.known_members(OTHER, keys(4)) == dict(people(range(4)))
