"""People who are to be in no audience of an account, over a real ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_meta import ACCOUNT, GONE, FakeMeta, key, packed, refusal
from tests.fake_run import working

if TYPE_CHECKING:
    from pathlib import Path

    from target_meta_ads.ledger import Ledger

PEOPLE = ["a", "b", "c"]


def known(ledger: Ledger, audience: str) -> set[str]:
    """Whom the ledger has in an audience."""
    found = ledger.known_members(audience, [key(name) for name in PEOPLE])
    return {name for name in PEOPLE if key(name) in found}


def filled(folder: Path, meta: FakeMeta) -> None:
    """Two audiences of the account with the same people, and one of another account."""
    with working(folder, meta) as run:
        for audience in ("1", "2", "3"):
            run.people(run.audience(audience), PEOPLE)
        run.ledger.remember_audience(ACCOUNT, "one", "1")
        run.ledger.remember_audience("88", "of another account", "3")
        run.settle()


def test_whoever_is_erased_is_in_no_audience_of_the_account_and_forgotten(tmp_path: Path) -> None:
    meta = FakeMeta()
    filled(tmp_path, meta)
    with working(tmp_path, meta) as run:
        erasure = run.erasure()
        run.person(erasure, "other key", packed("b", "b@a.example"), is_removal=True)
        run.state(1)
        run.settle()
        assert run.states == [1]
        assert run.counts() == {"received": 1, "delivered": 1}
        # By what they are known by, and not by their keys: the stream may be another one.
        assert known(run.ledger, "1") == {"a", "c"}
        assert known(run.ledger, "2") == {"a", "c"}
        assert known(run.ledger, "3") == {"a", "b", "c"}
    asked = meta.requests()[-1]
    assert (asked.method, asked.path) == ("DELETE", "act_77/usersofanyaudience")
    assert meta.ids("1") == ["a", "c"]
    with working(tmp_path, meta) as run:  # who is added again is sent again
        run.people(run.audience("1"), PEOPLE)
        run.settle()
        assert run.counts() == {"received": 3, "delivered": 1, "unchanged": 2}


def test_one_identifier_is_enough_to_be_forgotten_by(tmp_path: Path) -> None:
    meta = FakeMeta()
    filled(tmp_path, meta)
    with working(tmp_path, meta) as run:
        erasure = run.erasure()
        run.person(erasure, "x", packed("other id", "a@a.example"), is_removal=True)
        run.person(erasure, "y", packed("b", "other@a.example"), is_removal=True)
        run.settle()
        assert known(run.ledger, "1") == {"c"}


def test_the_same_erasure_is_sent_by_each_run(tmp_path: Path) -> None:
    meta = FakeMeta()
    for _ in range(2):
        with working(tmp_path, meta) as run:
            run.person(run.erasure(), "a", packed("a", "a@a.example"), is_removal=True)
            run.settle()
            assert run.counts() == {"received": 1, "delivered": 1}
    assert len(meta.log) == 2


def test_who_was_not_erased_is_not_forgotten(tmp_path: Path) -> None:
    meta = FakeMeta()
    filled(tmp_path, meta)
    meta.refuses = lambda _: refusal(*GONE)
    with working(tmp_path, meta) as run:
        erasure = run.erasure()
        run.person(erasure, "a", packed("a", "a@a.example"), is_removal=True)
        run.state(1)
        run.settle()
        assert run.states == []
        assert run.counts() == {"received": 1, "undelivered": 1}
        assert known(run.ledger, "1") == {"a", "b", "c"}
        (failure,) = run.delivery.failures
        assert failure.startswith("all audiences of account 77: ")


def test_an_invalid_one_is_rejected_and_not_forgotten(tmp_path: Path) -> None:
    meta = FakeMeta()
    filled(tmp_path, meta)
    meta.is_invalid = lambda row: "bad" if row["EXTERN_ID"] == "a" else None
    with working(tmp_path, meta) as run:
        erasure = run.erasure()
        for name in ("a", "b"):
            run.person(erasure, name, packed(name, f"{name}@a.example"), is_removal=True)
        run.settle()
        assert [one["key"] for one in run.rejects()] == [{"id": "a"}]
        assert known(run.ledger, "1") == {"a", "c"}


def test_after_a_signal_whoever_was_erased_is_forgotten(tmp_path: Path) -> None:
    meta = FakeMeta()
    filled(tmp_path, meta)
    with working(tmp_path, meta) as run:
        erasure = run.erasure()
        run.person(erasure, "a", packed("a", "a@a.example"), is_removal=True)
        run.state(1)
        erasure.close(1)
        run.delivery.tick()
        run.delivery.finish_in_flight()
        assert run.states == [1]
        assert known(run.ledger, "1") == {"b", "c"}


def test_whom_a_dead_worker_was_adding_is_forgotten_too(tmp_path: Path) -> None:
    meta = FakeMeta()
    with working(tmp_path, meta) as run:
        people = run.audience()
        run.people(people, PEOPLE)
        people.close(3)
        run.delivery.tick()
        assert run.sends.in_flight == 1
    with working(tmp_path, meta) as run:
        run.audience()
        assert known(run.ledger, "1") == {"a", "b", "c"}  # of whom nobody is certain
        run.person(run.erasure(), "a", packed("a", "a@a.example"), is_removal=True)
        run.settle()
        assert known(run.ledger, "1") == {"b", "c"}
