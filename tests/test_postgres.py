"""The embedded PostgreSQL: starts, stays, stops, also after the worst ends of its starter."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from demo import leftovers
from demo.postgres import Postgres, PostgresError
from tests.processes import gone, ps, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from demo.database import Database

# A starter to be killed: says its server's number when it is up, then waits for ever.
STARTER = """
import sys, threading, pathlib
from demo.postgres import Postgres
from demo import leftovers
folder = pathlib.Path(sys.argv[1])
with Postgres(folder) as server:
    print(leftovers.read_pid_file(folder / "data").pid, server.url(), flush=True)
    threading.Event().wait()
"""


@pytest.fixture
def start(repository: Path) -> Iterator[Callable[[Path], tuple[subprocess.Popen[str], int]]]:
    """Give a function that starts a server from a process of its own."""
    started = []

    def begin(folder: Path) -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(folder)],
            cwd=repository,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process, int(process.stdout.readline().split()[0])

    yield begin
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_serves_utf8_in_utc_over_tcp_only(database: Database) -> None:
    with psycopg.connect(database.url()) as connection:
        row = connection.execute(
            "select current_setting('server_encoding'), current_setting('TimeZone'),"
            " current_setting('unix_socket_directories'), current_setting('listen_addresses'),"
            " upper('é'), array(select unnest(array['b', 'a', 'B']) order by 1)"
        ).fetchone()
    assert row == ("UTF8", "UTC", "", "127.0.0.1", "É", ["B", "a", "b"])


def test_refuses_a_wrong_password(postgres: Postgres) -> None:
    wrong = postgres.url().replace(postgres.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_data_and_password_stay(tmp_path: Path) -> None:
    with Postgres(tmp_path / "pg") as server:
        password = server.password
        with psycopg.connect(server.url()) as connection:
            connection.execute("create table kept as select 7 as number")
    with Postgres(tmp_path / "pg") as server:
        assert server.password == password
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("select number from kept").fetchone() == (7,)
    secret = tmp_path / "pg" / "password"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "pg" / "data").stat().st_mode) == 0o700


def test_works_in_folders_closed_to_others(tmp_path: Path) -> None:
    # As root the server runs as another user; no mode of ours or of our parents may change.
    closed = tmp_path / "a closed folder"
    closed.mkdir(mode=0o700)
    before = [folder.stat().st_mode for folder in closed.parents]
    mask = os.umask(0o077)
    try:
        with (
            Postgres(closed / "deep" / "pg") as server,
            psycopg.connect(server.url()) as connection,
        ):
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        os.umask(mask)
    assert [folder.stat().st_mode for folder in closed.parents] == before
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_one_folder_one_server(tmp_path: Path) -> None:
    with (
        Postgres(tmp_path / "pg"),
        pytest.raises(PostgresError, match=f"in use by process {os.getpid()}"),
    ):
        Postgres(tmp_path / "pg").start()


def test_stops_when_its_starter_is_killed(
    tmp_path: Path, start: Callable[[Path], tuple[subprocess.Popen[str], int]]
) -> None:
    starter, server = start(tmp_path / "pg")
    starter.kill()
    starter.wait()
    wait_until(lambda: gone(server))


def test_stops_when_its_keeper_is_killed(
    tmp_path: Path, start: Callable[[Path], tuple[subprocess.Popen[str], int]]
) -> None:
    starter, server = start(tmp_path / "pg")
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child of its parent's end")
    os.kill(int(ps(server, "ppid")), signal.SIGKILL)
    wait_until(lambda: gone(server))
    starter.kill()


def test_starts_at_once_after_a_kill(
    tmp_path: Path, start: Callable[[Path], tuple[subprocess.Popen[str], int]]
) -> None:
    starter, _ = start(tmp_path / "pg")
    starter.kill()
    starter.wait()
    with Postgres(tmp_path / "pg") as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_starts_over_the_pid_file_of_a_killed_server(tmp_path: Path) -> None:
    with Postgres(tmp_path / "pg"):
        left = (tmp_path / "pg/data/postmaster.pid").read_text()
    # The number now belongs to a process that is alive and no server: this very one.
    lines = left.splitlines()
    lines[0] = str(os.getppid())
    (tmp_path / "pg/data/postmaster.pid").write_text("\n".join(lines) + "\n")
    with Postgres(tmp_path / "pg") as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert not gone(os.getppid())


def test_ends_a_server_that_lost_its_keeper(tmp_path: Path) -> None:
    with Postgres(tmp_path / "pg") as first:
        server = leftovers.read_pid_file(tmp_path / "pg/data").pid
        # What macOS leaves after its keeper was killed: a server, and nobody who holds the lock.
        leftovers.stop_server(tmp_path / "pg/data", 30)
        wait_until(lambda: gone(server))
        assert first.port


def test_leaves_the_server_of_another_folder_alone(tmp_path: Path) -> None:
    with Postgres(tmp_path / "first") as first:
        shutil.copytree(tmp_path / "first/data", tmp_path / "second/data")
        shutil.copy(tmp_path / "first/password", tmp_path / "second/password")
        with Postgres(tmp_path / "second") as second:
            assert second.port != first.port
        with psycopg.connect(first.url()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_half_made_data_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "pg/data.new/base").mkdir(parents=True)
    (tmp_path / "pg/data.new/PG_VERSION").write_text("18\n")
    with Postgres(tmp_path / "pg") as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert not (tmp_path / "pg/data.new").exists()


def test_says_what_postgresql_said(tmp_path: Path) -> None:
    with Postgres(tmp_path / "pg"):
        pass
    (tmp_path / "pg/data/PG_VERSION").write_text("9.6\n")
    with pytest.raises(PostgresError, match="incompatible"):
        Postgres(tmp_path / "pg").start()
    # The failed start holds nothing back.
    (tmp_path / "pg/data/PG_VERSION").write_text("18\n")
    with Postgres(tmp_path / "pg"):
        pass


@pytest.mark.parametrize(
    ("command_line", "ours"),
    [
        (["/x/bin/postgres", "-D", "/data", "-p", "1"], True),
        (["/x/bin/postgres", "-p", "1", "-D", "/data"], True),
        (["/x/bin/postgres", "-D", "/other"], False),
        (["/usr/bin/vim", "-D", "/data"], False),
        (["/x/bin/postgres", "-D"], False),
        ([], False),
    ],
)
def test_serves_tells_our_server(command_line: list[str], ours: bool, tmp_path: Path) -> None:  # noqa: FBT001  # a table's column
    data = tmp_path.__class__("/data")
    assert leftovers.serves(command_line, data) is ours


@pytest.mark.parametrize(
    ("text", "pid"),
    [
        ("12\n/data\n1\n5\n\n127.0.0.1\n1 2\nready   \n", 12),
        ("12\n/data\n", 12),
        ("12", 12),
        ("", 0),
        ("no number\n/data\n", 0),
    ],
)
def test_pid_files_may_be_half_written(tmp_path: Path, text: str, pid: int) -> None:
    (tmp_path / "postmaster.pid").write_text(text)
    found = leftovers.read_pid_file(tmp_path)
    assert found.pid == pid
    assert found.ready is ("ready" in text)
