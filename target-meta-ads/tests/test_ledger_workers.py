"""Several workers, and workers that die: nothing is sent by two, and nothing is forgotten."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier, Lock
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import String

from target_meta_ads.ledger import Claim, Ledger, LedgerError
from target_meta_ads.ledger._claims import Claims
from target_meta_ads.ledger._tables import tables
from tests.processes import wait_until
from tests.sample_ledger import AUDIENCE, PIXEL, keys

if TYPE_CHECKING:
    from demo.database import Database


# A worker to be killed: it does what it is told, says so, and waits for ever.
WORKER = """
import os, signal, sys, threading
from target_meta_ads.ledger import Ledger, _claims

url, moment = sys.argv[1:]
keys = [bytes([number]) * 16 for number in range(4)]
ledger = Ledger.open(url)
run = ledger.begin_run()
members, events = ledger.claim("23851", keys), ledger.claim("77", keys)
if moment == "accepting":
    # Everything is written, and nothing committed.
    _claims.Claims.settle = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    ledger.accept_events(events, keys)
if moment == "accepted":
    ledger.accept_members(members, [(key, b"packed") for key in keys], run)
    ledger.accept_events(events, keys[:3])
print("done", flush=True)
threading.Event().wait()
"""
WORKERS_KEYS = [bytes([number]) * 16 for number in range(4)]


def killed_worker(url: str, moment: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, url, moment], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert said == ("" if moment == "accepting" else "done\n")


def buried(ledger: Ledger) -> set[bytes]:
    """Return what was lost once the server knows that the worker's connection is gone."""
    wait_until(lambda: bool(ledger.lost_events(PIXEL)))
    return set(ledger.lost_events(PIXEL))


@pytest.mark.parametrize("moment", ["claimed", "accepting"])
def test_a_killed_worker_is_dead_at_once(url: str, moment: str) -> None:
    killed_worker(url, moment)
    with Ledger.open(url) as ledger:
        assert buried(ledger) == set(WORKERS_KEYS)
        assert ledger.known_events(PIXEL, WORKERS_KEYS) == set()
        claim = ledger.claim(PIXEL, WORKERS_KEYS)
        assert claim.granted == set(claim.first_sent) == set(WORKERS_KEYS)
        assert ledger.claim(AUDIENCE, WORKERS_KEYS).granted == set(WORKERS_KEYS)


def test_what_a_killed_worker_had_accepted_stays(url: str) -> None:
    killed_worker(url, "accepted")
    with Ledger.open(url) as ledger:
        assert buried(ledger) == set(WORKERS_KEYS[3:])
        assert ledger.known_members(AUDIENCE, WORKERS_KEYS) == dict.fromkeys(
            WORKERS_KEYS, b"packed"
        )
        claim = ledger.claim(PIXEL, WORKERS_KEYS)
        assert claim.done == set(WORKERS_KEYS[:3])
        assert claim.granted == set(claim.first_sent) == set(WORKERS_KEYS[3:])


def test_what_another_worker_sends_is_held(database: Database) -> None:
    first, second = Ledger.open(database.url()), Ledger.open(database.url())
    claim = first.claim(PIXEL, keys(10))
    other = second.claim(PIXEL, keys(15))
    assert other.held == set(keys(10))
    assert other.granted == set(keys(5, 10))
    assert other.done == set()
    assert second.lost_events(PIXEL) == {}
    assert second.claim("78", keys(15)).held == set()
    first.accept_events(claim, keys(4))
    other = second.claim(PIXEL, keys(10))
    assert other.done == set(keys(4))
    assert other.held == set(keys(6, 4))
    first.release(claim)
    assert second.claim(PIXEL, keys(10)).granted == set(keys(6, 4))
    first.close()
    second.close()


def test_a_worker_without_its_connection_is_dead_and_knows_it(database: Database) -> None:
    first, second = Ledger.open(database.url()), Ledger.open(database.url())
    claim = first.claim(PIXEL, keys(3))
    with psycopg.connect(database.url(), autocommit=True) as server:
        ended = server.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks"
            " WHERE locktype = 'advisory' ORDER BY objid LIMIT 1"
        ).fetchone()
    assert ended == (True,)
    assert set(second.claim(PIXEL, keys(3)).first_sent) == set(keys(3))
    with pytest.raises(LedgerError, match="cannot be used"):
        first.accept_events(claim, keys(3))
    first.close()
    second.close()


def test_two_ledgers_in_one_database_do_not_meet(database: Database) -> None:
    with psycopg.connect(database.url()) as server:
        server.execute("CREATE SCHEMA other")
    apart = database.url() + "?options=-csearch_path%3Dother"
    killed = Ledger.open(apart)
    killed.claim(PIXEL, keys(3))
    with Ledger.open(database.url()) as same_number:
        assert same_number.lost_events(PIXEL) == {}
        assert same_number.claim(PIXEL, keys(3)).granted == set(keys(3))
        killed.close()
        with Ledger.open(apart) as after:
            assert set(after.lost_events(PIXEL)) == set(keys(3))


def test_two_workers_are_never_granted_the_same(database: Database) -> None:
    workers, everything = 4, keys(600)
    at_once = Barrier(workers)
    watch = Lock()
    sending: set[bytes] = set()
    sent: list[bytes] = []
    wrong: list[str] = []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        at_once.wait(30)
        with Ledger.open(database.url()) as ledger:  # all of them make the tables, too
            while True:
                known = ledger.known_events(PIXEL, everything)
                left = [key for key in everything if key not in known]
                if not left:
                    return
                claim = ledger.claim(PIXEL, dice.sample(left, min(50, len(left))))
                with watch:
                    if sending & claim.granted or claim.granted.intersection(sent):
                        wrong.append("granted twice")
                    if not claim.granted.isdisjoint(claim.held | claim.done):
                        wrong.append("granted and not")
                    sending.update(claim.granted)
                accepted = sorted(claim.granted)[: dice.randrange(len(claim.granted) + 1)]
                # What is noted here must be so before others can be granted the rest.
                with watch:
                    sending.difference_update(claim.granted)
                    sent.extend(accepted)
                ledger.accept_events(claim, accepted)
                ledger.release(claim)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    assert wrong == []
    assert sorted(sent) == sorted(everything)


def test_a_worker_waits_for_one_who_is_claiming(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Claims._write

    def waiting(server: psycopg.Connection[tuple[int]]) -> bool:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return server.execute(asked).fetchone() == (1,)

    def second() -> Claim:
        with Ledger.open(database.url()) as ledger:
            return ledger.claim(PIXEL, keys(5, 2))

    with (
        Ledger.open(database.url()) as first,
        psycopg.connect(database.url(), autocommit=True) as server,
        ThreadPoolExecutor(1) as pool,
    ):
        first.release(first.claim(PIXEL, keys(1)))
        asked: list[Future[Claim]] = []

        def slow(claims: Claims, *what: Any) -> int:  # noqa: ANN401 - handed on
            if not asked:  # it has looked at all claims, and its own is not there yet
                asked.append(pool.submit(second))
                wait_until(lambda: asked[0].done() or waiting(server))
            return write(claims, *what)

        monkeypatch.setattr(Claims, "_write", slow)
        claim = first.claim(PIXEL, keys(5))
        other = asked[0].result(30)
    assert claim.granted == set(keys(5))
    assert other.held == set(keys(3, 2))
    assert other.granted == set(keys(2, 5))


def test_workers_change_one_audience_at_the_same_time(database: Database) -> None:
    workers = 3
    at_once = Barrier(workers)

    def work(number: int) -> int:
        with Ledger.open(database.url()) as ledger:
            run = ledger.begin_run()
            at_once.wait(30)
            for start in range(0, 2000, 500):
                shared = keys(500, start)
                ledger.mark_seen(AUDIENCE, shared, run)
                claim = ledger.claim(AUDIENCE, shared)
                rows = [(key, b"%d" % number) for key in claim.granted]
                ledger.accept_members(claim, rows, run)
                ledger.mark_seen(AUDIENCE, shared, run)
                ledger.remember_audience("1200", "Buyers", AUDIENCE)
            return run

    with ThreadPoolExecutor(workers) as pool:
        runs = list(pool.map(work, range(workers)))
    assert len(set(runs)) == workers
    with Ledger.open(database.url()) as ledger:
        assert ledger.counts(AUDIENCE, min(runs)) == (2000, 0)
        assert ledger.audience_id("1200", "Buyers") == AUDIENCE


def test_what_a_living_worker_staged_is_not_pruned(database: Database) -> None:
    first, second = Ledger.open(database.url()), Ledger.open(database.url())
    run = first.begin_run()
    first.stage(AUDIENCE, run, [(key, b"row", b"") for key in keys(3)])
    now = second._store._clock()
    second.prune(now)
    assert len(next(first.staged(AUDIENCE, run, 5))) == 3
    first.close()
    second.prune(now)
    assert list(second.staged(AUDIENCE, run, 5)) == []
    second.close()


def test_no_column_is_meant_for_a_personal_value() -> None:
    texts = {
        f"{name}.{column.name}"
        for name, table in vars(tables()).items()
        if name != "metadata"
        for column in table.c
        if isinstance(column.type, String)
    }
    names = {"counters.name", "destinations.id", "recent.table"}
    names |= {f"figures.{name}" for name in ("stream", "name", "detail")}
    assert texts == names | {f"audiences.{name}" for name in ("account_id", "name", "audience_id")}
