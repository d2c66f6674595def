"""A run that is killed, and started again with the state it left, ends as an undisturbed one."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from demo.meltano import Meltano
from meta_sandbox import Sandbox
from tests.singer import TAP, Output, arguments, started
from tests.worlds import NOW, WINDOWS, differences, fetched_again, keyed, synced, upserted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.database import Database

STREAMS = ("ad_accounts", "ads", "ads_insights", "campaigns")
DAYS = 40
# An account's age in days, which goes on while the test runs.
MOVING = {"age"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=11, accounts=2, ads=8, days=DAYS, now=NOW) as running:
        yield running


@pytest.fixture(scope="session")
def target_postgres(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The loader, as `meltano.yml` installs it."""
    home = tmp_path_factory.mktemp("meltano")
    meltano = Meltano(repository, home, {})
    folder = repository / ".meltano"
    folder.mkdir(exist_ok=True)
    with (folder / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if meltano.needs_install():
            meltano.install(lambda _line: None)
    return folder / "loaders" / "target-postgres" / "venv" / "bin" / "target-postgres"


class Pipe:
    """`tap-meta-ads | target-postgres`, with a test between the two that counts lines.

    Args:
        sandbox: Meta.
        database: The warehouse.
        target: The loader.
        folder: For the configurations.
    """

    def __init__(self, sandbox: Sandbox, database: Database, target: Path, folder: Path) -> None:
        start = str((NOW - timedelta(days=DAYS - 1)).date())
        self._config = {
            "access_token": sandbox.token,
            "api_url": sandbox.url,
            "start_date": start,
        }
        self._target = target
        self._folder = folder
        self._target_config = folder / "target.json"
        self._target_config.write_text(
            json.dumps(
                {
                    "host": database.host,
                    "port": database.port,
                    "user": database.user,
                    "password": database.password,
                    "database": database.database,
                    "default_target_schema": "raw",
                    "add_record_metadata": True,
                    "validate_records": False,
                    # Small, so that rows arrive in several batches and states between them.
                    "batch_size_rows": 200,
                }
            )
        )

    def run(
        self,
        state: dict[str, Any] | None,
        *,
        kill_tap_after: int | None = None,
        kill_target_too: bool = False,
    ) -> tuple[int, dict[str, Any] | None]:
        """Run until the end, or kill the tap after so many lines.

        Returns:
            The lines that the tap had written, and the last state that the loader gave back.
        """
        tap_command = [str(TAP), *arguments(self._folder, self._config, state, STREAMS)]
        target_command = [str(self._target), "--config", str(self._target_config)]
        log = (self._folder / "log.txt").open("ab")
        with (
            log,
            subprocess.Popen(tap_command, stdout=subprocess.PIPE, stderr=log) as tap,
            subprocess.Popen(
                target_command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            ) as target,
        ):
            assert tap.stdout
            assert target.stdin
            assert target.stdout
            lines = 0
            for line in tap.stdout:
                target.stdin.write(line)
                lines += 1
                if lines == kill_tap_after:
                    tap.kill()
                    if kill_target_too:
                        target.stdin.flush()
                        target.kill()
                    break
            try:
                target.stdin.close()
            except BrokenPipeError:
                assert kill_target_too
            states = target.stdout.read().splitlines()
        if kill_tap_after is None:
            assert (tap.returncode, target.returncode) == (0, 0), log.name
        return lines, json.loads(states[-1]) if states else state


def tables(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables, without what the loader notes of its own runs."""
    found = {}
    with psycopg.connect(database.url()) as connection:
        for stream in STREAMS:
            columns = [
                row[0]
                for row in connection.execute(
                    "select column_name from information_schema.columns "
                    "where table_schema = 'raw' and table_name = %s order by 1",
                    [stream],
                )
                if not row[0].startswith("_sdc_") and row[0] not in MOVING
            ]
            chosen = sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns
            )
            query = sql.SQL("select {} from raw.{} order by 1, 2, 3, 4")
            rows = connection.execute(query.format(chosen, sql.Identifier(stream))).fetchall()
            found[stream] = [columns, sorted(rows, key=str)]
    return found


@pytest.mark.parametrize("kill_target_too", [False, True], ids=["tap", "both"])
def test_killed_and_resumed_ends_like_undisturbed(
    sandbox: Sandbox,
    database: Database,
    target_postgres: Path,
    tmp_path: Path,
    kill_target_too: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    whole = Pipe(sandbox, database, target_postgres, tmp_path)
    lines, _ = whole.run(None)
    undisturbed = tables(database)
    assert len(undisturbed["ads_insights"][1]) > 300
    with psycopg.connect(database.url(), autocommit=True) as connection:
        connection.execute("drop schema raw cascade")
    moments = random.Random(5).sample(range(1, lines), 4)
    state = None
    for moment in moments:
        _, state = whole.run(state, kill_tap_after=moment, kill_target_too=kill_target_too)
    _, state = whole.run(state)
    assert tables(database) == undisturbed
    assert state
    for partition in state["bookmarks"]["ads_insights"]["partitions"]:
        assert len(partition["synced"]) == 1


BACKFILL_DAYS = 90
BACKFILL_START = str((NOW - timedelta(days=BACKFILL_DAYS - 1)).date())
KILLS = 20
MODES: dict[str, dict[str, Any]] = {
    "auto": {},
    "async": {},
    # Small, so that it is killed between the pages of a window too.
    "sync": {"page_size": 2},
}
KEYS = ("account_id", "ad_id", "date_start")


def read_lines(
    sandbox: Sandbox, folder: Path, state: dict[str, Any] | None, mode: str, count: int | None
) -> Output:
    """Run the tap on a backfill and read its lines; kill it once so many have come.

    The pipe holds no more than a page of memory, so the tap is about as far as its reader.
    """
    config = {
        "access_token": sandbox.token,
        "api_url": sandbox.url,
        "start_date": BACKFILL_START,
        "insights_lookback_days": 0,
        "insights_mode": mode,
        "insights_window_days": 3,
        **MODES[mode],
    }
    lines: list[bytes] = []
    log = folder / "backfill.log"
    log.write_bytes(b"")
    reading, writing = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    given = arguments(folder, config, state, ("ads_insights",))
    with started(given, writing, log) as tap, os.fdopen(reading, "rb") as pipe:
        os.close(writing)
        for line in pipe:
            lines.append(line)
            if len(lines) == count:
                tap.kill()
                break
        status = tap.wait(60)
    return Output(status, log.read_text(encoding="utf-8"), [line.decode() for line in lines])


def days_kept(state: dict[str, Any]) -> int:
    """How many days a state names as complete, over all accounts."""
    ranges = (days for account in synced(state, "ads_insights").values() for days in account)
    return sum((days.until - days.since).days + 1 for days in ranges)


@pytest.mark.parametrize("mode", MODES)
def test_a_backfill_killed_twenty_times_misses_nothing_and_repeats_nothing(
    tmp_path: Path, mode: str
) -> None:
    with Sandbox(seed=13, accounts=2, ads=6, days=BACKFILL_DAYS, now=NOW) as sandbox:
        whole = len(read_lines(sandbox, tmp_path, None, mode, None).lines)
        # So small that the run cannot end before the last of them.
        rng, most = random.Random(17), whole // (KILLS + 2)
        moments = [rng.randrange(1, most) for _ in range(KILLS)]
        outputs: list[Output] = []
        state: dict[str, Any] | None = None
        again: list[str] = []
        for moment in [*moments, None]:
            sandbox.clear_requests()
            output = read_lines(sandbox, tmp_path, state, mode, moment)
            assert output.status == (0 if moment is None else -signal.SIGKILL), output.log[-3000:]
            again += fetched_again(sandbox, state, "ads_insights")
            outputs.append(output)
            state = output.states[-1] if output.states else state
        truth = keyed(sandbox.truth_insights(since=BACKFILL_START, windows=WINDOWS), KEYS)
        assert len(truth) > 500
        assert differences(upserted(outputs, "ads_insights", KEYS), truth) == []
        assert again == []
        # A state came often enough for the resumes to be resumes, and no day was lost on the way.
        kept = [days_kept(output.state) for output in outputs[:-1] if output.states]
        assert len(kept) >= KILLS // 4
        assert kept == sorted(kept)
        assert kept[-1] > 0
