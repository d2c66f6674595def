"""The whole road: Meltano runs the tap, the loader and dbt, from the sandbox into PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import report
from demo import leftovers
from demo.meltano import MeltanoError
from meta_sandbox import Sandbox
from tests.processes import gone, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from demo.database import Database
    from demo.meltano import Meltano

BLOCKS = ("tap-meta-ads", "target-postgres", "dbt-postgres:build")
DAYS = 40
FIELDS = "account_id,account_currency,spend"
# The tap takes the day from Meta's answers, and at half past eleven no account's day ends soon.
NOW = datetime.now(timezone.utc).replace(hour=11, minute=30)
EARLIER = NOW - timedelta(days=3)
FIRST = (EARLIER - timedelta(days=DAYS - 1)).date()


@pytest.fixture
def meltano(project: Callable[..., Meltano]) -> Callable[..., Meltano]:
    """Give a function that makes Meltano for a sandbox."""

    def make(sandbox: Sandbox, **settings: str) -> Meltano:
        return project(
            {
                "TAP_META_ADS_API_URL": sandbox.url,
                "TAP_META_ADS_ACCESS_TOKEN": sandbox.token,
                "TAP_META_ADS_APP_SECRET": sandbox.app_secret,
                "TAP_META_ADS_START_DATE": FIRST.isoformat(),
                "TAP_META_ADS_MAX_RETRY_SECONDS": "10",
                **settings,
            }
        )

    return make


def facts(database: Database) -> dict[tuple[str, str, str], tuple[Decimal, int]]:
    with psycopg.connect(database.url()) as connection:
        rows = connection.execute(
            "select account_id::text, ad_id::text, to_char(to_date(date_id::text, 'YYYYMMDD'),"
            " 'YYYY-MM-DD'), spend, impressions from meta_ads.fact_core_metrics"
        ).fetchall()
    return {
        (account, ad, day): (spend, impressions) for account, ad, day, spend, impressions in rows
    }


def truth(sandbox: Sandbox, until: str) -> dict[tuple[str, str, str], tuple[Decimal, int]]:
    rows = sandbox.truth_insights(level="ad", since=FIRST.isoformat(), until=until)
    return {
        (str(row["account_id"]), str(row["ad_id"]), str(row["date_start"])): (
            Decimal(str(row["spend"])),
            int(str(row["impressions"])),
        )
        for row in rows
    }


def specs_of(text: str) -> dict[str, Any]:
    """Read the charts out of the text of the report's page."""
    specs: dict[str, Any] = json.loads(text.partition('id="specs">')[2].partition("</script>")[0])
    return specs


def spend_on_the_page(database: Database, folder: Path) -> dict[tuple[str, str], float]:
    """Read the spend of each currency and day out of the report's charts."""
    page = report.write(database.url(), f"sqlite:///{folder}/none.db", folder / "report.html")
    specs = specs_of(page.read_text(encoding="utf-8"))
    return {
        (name.removesuffix("-spend"), value["day"][:10]): value["spend"]
        for name, spec in specs.items()
        if re.fullmatch("[A-Z]{3}-spend", name)
        for value in spec["data"]["values"]
    }


def spend_of(sandbox: Sandbox) -> dict[tuple[str, str], float]:
    """Sum up by currency and day, over the days that are complete in all accounts."""
    zones = [account.zone for account in sandbox.world.accounts]
    last = min(datetime.now(zone).date() for zone in zones) - timedelta(days=1)
    rows = sandbox.truth_insights(
        level="account", since=FIRST.isoformat(), until=last.isoformat(), fields=FIELDS
    )
    spent: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        spent[str(row["account_currency"]), str(row["date_start"])] += Decimal(str(row["spend"]))
    return {key: float(value) for key, value in spent.items()}


@pytest.mark.long
def test_the_star_schema_holds_what_meta_has(
    repository: Path,
    tmp_path: Path,
    database: Database,
    hub: tuple[str, list[str]],
    meltano: Callable[..., Meltano],
) -> None:
    definition = (repository / "meltano.yml").read_bytes()
    # Three accounts: US and New Zealand dollars, and yen, which have no cents.
    with Sandbox(seed=5, accounts=3, ads=6, days=DAYS, now=EARLIER) as sandbox:
        last = (EARLIER - timedelta(days=1)).date().isoformat()
        meltano(sandbox, TAP_META_ADS_END_DATE=last).run(BLOCKS, lambda _: None)
        assert facts(database) == truth(sandbox, last)

        # Three days later figures were restated and days have come; only the end is read again.
        sandbox.set_now(NOW)
        sandbox.clear_requests()
        meltano(sandbox).run(BLOCKS, lambda _: None)
        assert facts(database) == truth(sandbox, (NOW + timedelta(days=1)).date().isoformat())
        asked = [str(request) for request in sandbox.requests()]
        assert not [line for line in asked if FIRST.isoformat() in line]
        assert spend_on_the_page(database, tmp_path) == spend_of(sandbox)

        with psycopg.connect(database.url()) as connection:
            names: dict[str, str] = dict(
                connection.execute(
                    "select campaign_id::text, campaign_name from meta_ads.dim_campaign"
                    " where campaign_id <> 0 and not is_inferred"
                ).fetchall()
            )
            failed = connection.execute(
                "select check_name from meta_ads.load_validation where status = 'fail'"
            ).fetchall()
            unnamed = connection.execute(
                "select count(*) from meta_ads.fact_core_metrics"
                " left join meta_ads.dim_campaign using (campaign_id)"
                " where campaign_id = 0 or campaign_name is null"
            ).fetchone()
            currencies = connection.execute(
                "select count(distinct account_currency) from meta_ads.fact_core_metrics"
            ).fetchone()
            column = connection.execute(
                "select data_type from information_schema.columns where table_schema ="
                " 'tap_meta_ads' and table_name = 'ads_insights' and column_name = 'ad_id'"
            ).fetchone()
        campaigns = {str(item["id"]): str(item["name"]) for item in sandbox.truth("campaigns")}
        assert names.items() <= campaigns.items()
        assert names.keys() == campaigns.keys()
        assert failed == []
        assert unnamed == (0,)
        assert currencies == (3,)
        assert column in {("text",), ("character varying",)}
    assert hub[1] == []
    # Meltano writes into its own definition when it misses something there.
    assert (repository / "meltano.yml").read_bytes() == definition


def test_a_failure_is_told_in_few_lines(tmp_path: Path, meltano: Callable[..., Meltano]) -> None:
    with Sandbox(seed=5, accounts=1, ads=3, days=5) as sandbox:
        sandbox.add_token("EAAexpiredMadeUp", state="expired")
        project = meltano(sandbox, TAP_META_ADS_ACCESS_TOKEN="EAAexpiredMadeUp")
        with pytest.raises(MeltanoError) as failure:
            project.run(BLOCKS[:2], lambda _: None)
    said = str(failure.value)
    assert "token" in said.lower()
    assert str(tmp_path / "logs/run.log") in said
    assert len(said.splitlines()) < 20
    everything = said + (tmp_path / "logs/run.log").read_text()
    assert "EAAexpiredMadeUp" not in everything
    assert sandbox.app_secret not in everything


SMALL = ["--accounts=1", "--ads=12", "--days=20"]


def demo(repository: Path, home: Path, *options: str) -> subprocess.Popen[str]:
    # A user's own settings must not reach the demo.
    theirs = {"TAP_META_ADS_ACCOUNT_IDS": '["1"]', "META_ADS_PG_HOST": "nowhere.invalid"}
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--home", str(home), *options],
        cwd=repository,
        env={**os.environ, **theirs},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.long
@pytest.mark.timeout(1200)  # three runs, and those of other tests before each
def test_the_demo_survives_being_killed(
    repository: Path, tmp_path: Path, meltano: Callable[..., Meltano]
) -> None:
    with Sandbox(accounts=1, ads=1, days=1) as sandbox:
        meltano(sandbox)  # so that the demo finds the plugins installed
    home = tmp_path / "demo home"

    killed = demo(repository, home, *SMALL)
    log = home / "logs/run.log"
    # Runs of other tests in the same project come first.
    wait_until(lambda: log.exists() and "Running job" in log.read_text(errors="replace"), 300)
    server = leftovers.read_pid_file(home / "postgres/data").pid
    children = processes_of(home)
    assert server in children
    killed.kill()
    killed.communicate()
    wait_until(lambda: all(gone(pid) for pid in children), 60)

    first = demo(repository, home, *SMALL)
    said, _ = first.communicate(timeout=400)
    assert first.returncode == 0, said
    assert "load_validation:" in said
    assert " 0 fail" in said
    one, two = re.findall(r"Postgres -> Meta .* ok  ([\d,]+) delivered", said)
    assert int(one) > 20 > int(two) > 0
    received = what_meta_received(said)
    # The second day, and how each of its news was handled.
    assert re.search(r"Conversions came late: [\d,]+ purchases more on \d+ days", said)
    assert re.search(r"A campaign was renamed: .+ -> Autumn launch\.", said)
    left = re.search(
        r"1 left the audience lapsed, which has (\d+) of (\d+) now; Meta has (\d+)", said
    )
    assert left is not None
    assert int(left[1]) == int(left[2]) - 1 == int(left[3]) == int(received["people lapsed"][0])
    page = (home / "report.html").read_text(encoding="utf-8")
    assert "Autumn launch" in page
    moves = specs_of(page)["moves"]["data"]["values"]
    assert ("lapsed", "left", -1) in {
        (one["audience"], one["move"], one["people"]) for one in moves
    }
    for reason in ("unknown_currency", "no_identifier", "weak_match_keys"):
        assert reason in page
    assert processes_of(home) == []

    # The advertiser is the same again; another one does not get into the same warehouse.
    other = demo(repository, home, "--ads=5")
    said, _ = other.communicate(timeout=100)
    assert other.returncode == 1
    assert "--ads 12" in said
    assert "Traceback" not in said


def what_meta_received(said: str) -> dict[str, tuple[str, str]]:
    """Read the demo's table: number in all and in this run, by audience and event."""
    lines = said.partition("What Meta received\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(lines) == 4
    return {" ".join(words[:-2]): (words[-2], words[-1]) for words in map(str.split, lines)}


def processes_of(home: Path) -> list[int]:
    """List the processes whose command line names a folder."""
    shown = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True
    )
    lines = [line.split(None, 1) for line in shown.stdout.splitlines()]
    ours = {os.getpid()}
    return [int(pid) for pid, args in lines if str(home) in args and int(pid) not in ours]
