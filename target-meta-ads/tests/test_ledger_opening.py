"""Opening a ledger: wrong URLs, other versions, other users, and dry runs that leave nothing."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from target_meta_ads.ledger import Ledger, LedgerError, _engine
from target_meta_ads.ledger._tables import FORMAT, tables
from target_meta_ads.report import Figure
from tests.sample_ledger import AUDIENCE, PIXEL, keys

if TYPE_CHECKING:
    from pathlib import Path

    from demo.database import Database

SECRET = "s3cret-w0rd"


def execute(url: str, statement: str) -> None:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.execute(statement)
        connection.commit()
        connection.close()
    else:
        with psycopg.connect(url) as server:
            server.execute(statement.encode())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (SECRET, "is not a database URL"),
        ("", "is not a database URL"),
        (f"postgresql://u:{SECRET}@host:port/x", "is not a database URL"),
        (f"nosuch://u:{SECRET}@host/x", "no driver for 'nosuch'"),
        (f"mysql+nosuch://u:{SECRET}@host/x", "no driver for 'mysql.nosuch'"),
        (f"oracle://u:{SECRET}@host/x", "no driver for 'oracle'"),
        (f"postgresql+asyncpg://u:{SECRET}@host/x", "made for asyncio|no driver"),
        ("sqlite+aiosqlite:///x.db", "made for asyncio|no driver"),
        (f"postgresql://u:{SECRET}@127.0.0.1:1/x", "127.0.0.1:1/x cannot be used: .*refused"),
        (f"postgresql://127.0.0.1:1/x?password={SECRET}", "cannot be used: .*refused"),
        ("sqlite:////nowhere/at/all/ledger.db", "its folder does not exist"),
    ],
)
def test_wrong_urls(wrong: str, said: str) -> None:
    with pytest.raises(LedgerError, match=said) as caught:
        Ledger.open(wrong)
    message = str(caught.value)
    assert SECRET not in message
    assert "\n" not in message
    assert message.endswith(".")
    cause = caught.value.__cause__
    assert cause is None or SECRET not in str(cause)


def test_a_wrong_password_is_not_shown(database: Database) -> None:
    with pytest.raises(LedgerError, match="password authentication failed") as caught:
        Ledger.open(database.url().replace(database.password, SECRET))
    assert SECRET not in str(caught.value)


def test_a_password_is_taken_out_of_what_a_database_says() -> None:
    kind = _engine.kind_of(f"postgresql://u:{SECRET}@host/x", dry_run=False)
    error = OperationalError(None, None, Exception(f"cannot log in with {SECRET}\nat all.\nSQL"))
    said = str(kind.refusal(error))
    assert said.endswith("cannot be used: cannot log in with *** at all.")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("name,value\n" * 500)
    with pytest.raises(LedgerError, match="is a file of another kind"):
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db")


@pytest.mark.parametrize(
    ("step", "said"),
    [(1, "made by a newer version of target-meta-ads .*upgrade"), (-1, "reads|read")],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_other_formats(url: str, step: int, said: str, *, dry_run: bool) -> None:
    Ledger.open(url).close()
    counters = tables().counters.name
    execute(url, f"UPDATE {counters} SET value = {FORMAT + step} WHERE name = 'format'")
    with pytest.raises(LedgerError, match=said):
        Ledger.open(url, dry_run=dry_run)
    execute(url, f"UPDATE {counters} SET value = {FORMAT} WHERE name = 'format'")
    Ledger.open(url).close()  # nothing is left locked


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_file_in_use(tmp_path: Path, *, dry_run: bool) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    first = Ledger.open(url)
    with pytest.raises(LedgerError, match="is in use by another run: let it finish"):
        Ledger.open(url, dry_run=dry_run)
    first.begin_run()
    first.close()
    first.close()
    Ledger.open(url).close()


def test_a_ledger_in_memory() -> None:
    with Ledger.open("sqlite://") as ledger:
        ledger.accept_events(ledger.claim(PIXEL, keys(3)), keys(3))
        assert ledger.known_events(PIXEL, keys(5)) == set(keys(3))


def test_a_failing_database_is_one_sentence(database: Database) -> None:
    ledger = Ledger.open(database.url())
    execute(database.url(), f"DROP TABLE {tables().events.name}")
    with pytest.raises(LedgerError, match=r"cannot be used: .*events") as caught:
        ledger.claim(PIXEL, keys(2))
    assert "\n" not in str(caught.value)
    ledger.close()


# -- dry runs -------------------------------------------------------------------------------------


def run_through(ledger: Ledger) -> None:
    """Call whatever changes something, and see that it does."""
    rows = [(key, b"row") for key in keys(20)]
    run = ledger.begin_run()
    claim = ledger.claim(AUDIENCE, keys(20))
    assert claim.granted == set(keys(20))
    ledger.accept_members(claim, rows, run)
    assert len(ledger.known_members(AUDIENCE, keys(30))) == 20
    ledger.mark_seen(AUDIENCE, keys(20), run + 1)
    ledger.accept_removals(ledger.claim(AUDIENCE, keys(5)), keys(5))
    assert ledger.forget_people([AUDIENCE], lambda _: True) == 15
    ledger.stage(AUDIENCE, run, [(*row, b"") for row in rows])
    ledger.swap(AUDIENCE, run)
    assert ledger.counts(AUDIENCE, run) == (20, 0)
    ledger.accept_events(ledger.claim(PIXEL, keys(7)), keys(7))
    ledger.claim(PIXEL, keys(9))
    assert ledger.known_events(PIXEL, keys(9)) == set(keys(7))
    ledger.remember_audience("1200", "Buyers", AUDIENCE)
    assert ledger.audiences_of("1200") == [AUDIENCE]
    ledger.prune(datetime.now(timezone.utc))
    ledger.history.note(run, [Figure("people", "records_received", "", 3)])
    assert [figure.value for figure in ledger.history.read() if figure.run == run] == [3]


def test_a_dry_run_makes_no_file(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db", dry_run=True) as ledger:
        run_through(ledger)
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_makes_no_tables(database: Database) -> None:
    with Ledger.open(database.url(), dry_run=True) as ledger:
        run_through(ledger)
    with psycopg.connect(database.url()) as server:
        found = server.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'target_meta_ads%'"
            # Temporary ones go with their connection, whose end takes the server a moment.
            " AND relpersistence <> 't'"
        ).fetchall()
    assert found == []


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    names = [table.name for table in tables().metadata.sorted_tables]
    ask = "SELECT * FROM {} ORDER BY 1, 2"
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        found = {name: connection.execute(ask.format(name)).fetchall() for name in names}
        connection.close()
        return found
    with psycopg.connect(url) as server:
        return {name: server.execute(ask.format(name).encode()).fetchall() for name in names}


def fill(ledger: Ledger) -> None:
    """Have a row in each table."""
    run = ledger.begin_run()
    ledger.remember_audience("1200", "Others", "23852")
    ledger.accept_members(ledger.claim(AUDIENCE, keys(3)), [(key, b"old") for key in keys(3)], run)
    ledger.accept_members(ledger.claim("23852", keys(3)), [(key, b"old") for key in keys(3)], run)
    ledger.accept_events(ledger.claim(PIXEL, keys(9)[7:]), keys(9)[7:])
    ledger.stage("23852", run, [(key, b"new", b"") for key in keys(3)])
    ledger.claim("78", keys(4))
    ledger.claim("79", keys(3))
    ledger.history.note(run, [Figure("people", "records_received", "", 3)])


def test_a_dry_run_keeps_nothing(url: str) -> None:
    with Ledger.open(url) as ledger:
        fill(ledger)
    with Ledger.open(url) as ledger:
        assert len(ledger.lost_events("78")) == 4
        before = ledger.begin_run()
    kept = contents(url)
    assert [name for name, rows in kept.items() if not rows] == [tables().recent.name]
    with Ledger.open(url, dry_run=True) as ledger:
        assert ledger.begin_run() > before
        assert ledger.audiences_of("1200") == [AUDIENCE, "23852"]
        assert ledger.audience_id("1200", "Others") == "23852"
        assert set(ledger.known_members(AUDIENCE, keys(5))) == set(keys(3))
        assert ledger.known_events(PIXEL, keys(20)) == set(keys(9)[7:])
        assert len(ledger.lost_events("78")) == 4
        assert len(ledger.lost_events("79")) == 3
        ledger.accept_events(ledger.claim("78", keys(4)), keys(4))
        assert ledger.lost_events("78") == {}
        assert [figure.value for figure in ledger.history.read()] == [3]
        ledger.history.note(before + 1, [Figure("people", "records_received", "", 4)])
        ledger.forget_people([AUDIENCE, "23852"], lambda _: True)
        ledger.forget_audience("1200", "Others")
        assert ledger.audiences_of("1200") == []
        ledger.prune(datetime.now(timezone.utc))
    assert contents(url) == kept


def test_nobody_waits_for_a_dry_run(database: Database) -> None:
    with Ledger.open(database.url()) as worker:
        fill(worker)
        with Ledger.open(database.url(), dry_run=True) as dry:
            held = dry.claim("78", keys(6))
            assert held.held == set(keys(4))
            assert held.granted == set(keys(6)[4:])
            dry.accept_members(dry.claim(AUDIENCE, keys(8)), [(keys(8)[7], b"dry")], 5)
            dry.mark_seen(AUDIENCE, keys(3), 99)
            # Each of these would wait for ever for a row that the dry run had changed.
            assert worker.claim("78", keys(6)).held == set()
            worker.mark_seen(AUDIENCE, keys(3), worker.begin_run())
            worker.accept_members(worker.claim(AUDIENCE, keys(8)), [(keys(8)[7], b"real")], 5)
            assert dry.known_members(AUDIENCE, keys(8)[7:]) == {keys(8)[7]: b"dry"}
            with Ledger.open(database.url()) as another:
                assert another.begin_run() > 0


def test_only_acceptances_wait_for_the_disk(tmp_path: Path) -> None:
    normal, full = 1, 2  # SQLite's numbers
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:

        def level() -> int:
            driver = ledger._store.connection.connection.driver_connection
            assert driver is not None
            found: int = driver.execute("PRAGMA synchronous").fetchone()[0]
            return found

        run = ledger.begin_run()
        assert level() == full
        claim = ledger.claim(PIXEL, keys(3))
        assert level() == normal
        ledger.accept_events(claim, keys(2))
        assert level() == full
        ledger.release(claim)
        assert level() == normal
        ledger.accept_removals(claim, keys(2))
        assert level() == full
        ledger.mark_seen(AUDIENCE, keys(2), run)
        assert level() == normal
        ledger.accept_members(claim, [(keys(1)[0], b"row")], run)
        assert level() == full
